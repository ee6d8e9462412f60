"""The transitions of a spec on columns: which answer what, and what they do.

Belongs here: guards over all pairs of local states and events at once; updates and messages of the
pairs that are taken. Never here: what is sent already, or how states are kept (`checkers.explore`).

Columns come, and what is found goes, in the machine's own memory; between the two the kernels run
wherever their library has its arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.arrays.codes import Codes
from model.arrays.kernels import Columns, Kernel, Kernels, plain
from model.arrays.library import host, there
from model.lang.expr import Expr, Kind, walk
from model.lang.sorts import NODE, MaybeSort, SetSort, Sort
from model.lang.spec import Spec, Transition, initial_value

CRASH = "crash"
EVENT_KINDS = frozenset({Kind.FIELD, Kind.SENDER})
LOCAL_KINDS = frozenset({Kind.VAR})
MOST_PAIRS = 1 << 18
"""Guards are computed for so many pairs at once."""

Key = tuple[int, ...]
"""A message: its number, source, destination, and the codes of its fields."""


@dataclass
class Effects:
    """What some pairs of a local state and an event, all of one row, do.

    `columns`: the variables after; `inside`: whether all results lie within the bounds;
    `sends`: for each pair the messages.
    """

    columns: dict[str, Any]
    inside: Any
    sends: list[list[Key]]


class Row:
    """One transition, its expressions made kernels; clauses by what they read."""

    def __init__(self, t: Transition, kernels: Kernels, messages: Mapping[str, int]) -> None:
        self.transition = t
        self.label, self.kind = t.label, t.kind
        self.local: list[Kernel] = []
        self.event: list[Kernel] = []
        self.both: list[Kernel] = []
        for clause in t.clauses:
            kinds = {e.kind for e in walk(clause.expr)}
            reads_event, reads_local = bool(kinds & EVENT_KINDS), bool(kinds & LOCAL_KINDS)
            where = self.both if reads_event and reads_local else self.local
            where = self.event if reads_event and not reads_local else where
            where.append(kernels.compile(clause.expr))
        self.updates = [(n, e.sort, kernels.compile(e)) for n, e in t.updates.items()]
        self.sends = [
            (
                messages[out.message.__name__],
                out.to.sort,
                kernels.compile(out.to),
                [(e.sort, kernels.compile(e)) for e in out.fields.values()],
            )
            for out in t.sends
        ]
        self.effective = bool(t.updates or t.sends or t.ghosts)
        self.reply = "" if t.reply is None else t.reply.decl.__name__


class Rows:
    """All rows of a spec, for one configuration and one array library."""

    def __init__(self, spec: Spec, codes: Codes, config: Mapping[str, Any], xp: Any = np) -> None:
        """Compile; `config` holds the constants as the reference meaning writes them."""
        self.spec, self.codes, self.xp = spec, codes, xp
        given = {name: (d.sort, config[name]) for name, d in spec.config.parts.items()}
        self.kernels = Kernels(codes, given, xp)
        self.variables: dict[str, Sort] = {n: d.sort for n, d in spec.variables.items()}
        self.messages = {name: i for i, name in enumerate(spec.messages)}
        self.message_names = list(spec.messages)
        self.fields: dict[str, dict[str, Sort]] = {
            name: {n: d.sort for n, d in e.parts.items()} for name, e in spec.events.items()
        }
        self.rows: dict[str, list[Row]] = {}
        self.refusals: dict[str, list[Row]] = {}
        for name, event in spec.events.items():
            rules, refusals = spec.rules_of(event), spec.refusals_of(event)
            self.rows[name] = [Row(t, self.kernels, self.messages) for t in rules]
            self.refusals[name] = [Row(t, self.kernels, self.messages) for t in refusals]
        crashes = [t for t in spec.transitions if t.kind == "environment"]
        self.rows[CRASH] = [Row(t, self.kernels, self.messages) for t in crashes]
        self.refusals[CRASH] = []
        self.fields[CRASH] = {}
        self.labels = [t.label for t in spec.transitions]
        self.by_label = {r.label: r for rows in self.rows.values() for r in rows}
        self.by_label |= {r.label: r for rows in self.refusals.values() for r in rows}

    def first(self, me: int) -> dict[str, int]:
        """Return the first values of a node's variables."""
        columns = Columns(me=me)
        found = {}
        for name in self.variables:
            value = self.kernels.compile(initial_value(self.spec, name))(columns)
            found[name] = int(value)
        return found

    def enabled(
        self,
        event: str,
        me: int,
        local: Mapping[str, Any],
        fields: Mapping[str, Any],
        sender: Any,
        shape: tuple[int, int],
    ) -> list[tuple[Row, Any]]:
        """Return for each row of an event where it answers: an array of (local state, event).

        `local` holds columns of shape (L,), `fields` and `sender` of (K,), and `shape` is (L, K).
        Of the refusals, those are left out that nothing ever reaches.
        """
        found: list[tuple[Row, Any]] = []
        none: Any = np.ones(shape, bool)
        local, fields = self._there(local), self._there(fields)
        sender = there(self.xp, sender)
        for row in self.rows[event]:
            mask = self._guard(row, me, local, fields, sender, shape)
            if mask is not None:
                found.append((row, mask))
                none &= ~mask
        for row in self.refusals[event]:
            if not none.any():
                break
            mask = self._guard(row, me, local, fields, sender, shape)
            if mask is None:
                continue
            mask &= none
            none &= ~mask
            found.append((row, mask))
        return found

    def _guard(
        self,
        row: Row,
        me: int,
        local: Mapping[str, Any],
        fields: Mapping[str, Any],
        sender: Any,
        shape: tuple[int, int],
    ) -> Any:
        """Return where a row's guard holds, None for nowhere."""
        of_local = self._all(row.local, Columns(me=me, local=local), shape[0])
        if of_local is None:
            return None
        of_event = self._all(row.event, Columns(me=me, sender=sender, fields=fields), shape[1])
        if of_event is None:
            return None
        mask = np.zeros(shape, bool)
        if not row.both:
            mask[np.ix_(of_local, of_event)] = True
            return mask
        xp = self.xp
        at_event = there(xp, of_event)
        given = {n: xp.take(v, at_event)[None, :] for n, v in fields.items()}
        source = None if sender is None else xp.take(sender, at_event)[None, :]
        step = max(1, MOST_PAIRS // max(1, len(of_event)))
        for at in range(0, len(of_local), step):
            part = of_local[at : at + step]
            at_local = there(xp, part)
            held = {n: xp.take(v, at_local)[:, None] for n, v in local.items()}
            columns = Columns(me=me, sender=source, local=held, fields=given)
            good: Any = True
            for clause in row.both:
                value = clause(columns)
                good = good & value
                if not (good if plain(good) else xp.any(good)):
                    break
            mask[np.ix_(part, of_event)] = host(good)
        return mask

    def answering(
        self,
        event: str,
        me: int,
        local: Mapping[str, Any],
        fields: Mapping[str, Any],
        sender: Any,
        count: int,
    ) -> list[tuple[Row, Any]]:
        """Return for each row that answers the places, among `count` pairs, where it does.

        Where two rules answer one pair, which is a mistake of the spec, it is with both.
        """
        columns = self.columns(me, sender, local, fields)
        left = np.ones(count, bool)
        found = []
        for row in (*self.rows[event], *self.refusals[event]):
            good: Any = True
            for clause in (*row.local, *row.event, *row.both):
                good = good & clause(columns)
            mask = np.broadcast_to(host(good), (count,))
            if row.kind == "refusal":
                mask = mask & left
            if mask.any():
                found.append((row, np.flatnonzero(mask)))
                left &= ~mask
        return found

    def _all(self, clauses: list[Kernel], columns: Columns, count: int) -> Any:
        good: Any = True
        for clause in clauses:
            good = good & clause(columns)
        if plain(good):
            return np.arange(count) if good else None
        found = np.flatnonzero(host(good))
        return found if len(found) else None

    def _there(self, columns: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return columns in arrays of the kernels' library."""
        if self.xp is np:
            return columns
        return {name: there(self.xp, column) for name, column in columns.items()}

    def columns(
        self,
        me: int,
        sender: Any,
        local: Mapping[str, Any],
        fields: Mapping[str, Any],
        after: Mapping[str, Any] | None = None,
    ) -> Columns:
        """Return what kernels are computed on, of columns in the machine's own memory."""
        local, fields, after = map(self._there, (local, fields, after or {}))
        return Columns(me, there(self.xp, sender), local, after, fields)

    def effects(
        self,
        row: Row,
        me: int,
        local: Mapping[str, Any],
        fields: Mapping[str, Any],
        sender: Any,
        count: int,
        skip: frozenset[int] = frozenset(),
    ) -> Effects:
        """Return what a row does for `count` pairs, given as columns of that length.

        Messages with a number in `skip` are as if not sent.
        """
        columns = self.columns(me, sender, local, fields)
        inside = np.ones(count, bool)
        after = {}
        for name, sort, kernel in row.updates:
            after[name] = self._column(sort, kernel(columns), count)
            inside &= self.codes.inside(sort, after[name])
        sends: list[list[Key]] = [[] for _ in range(count)]
        for number, sort, to, parts in row.sends:
            if number in skip:
                continue
            where = self._column(sort, to(columns), count)
            values = []
            for part_sort, kernel in parts:
                value = self._column(part_sort, kernel(columns), count)
                inside &= self.codes.inside(part_sort, value)
                values.append(value)
            if isinstance(sort, SetSort):
                receivers = [(d, np.flatnonzero(where >> d & 1)) for d in range(self.codes.nodes)]
                inside &= self.codes.inside(sort, where)
            else:
                if isinstance(sort, MaybeSort):
                    where = where - 1
                else:
                    inside &= self.codes.inside(NODE, where)
                receivers = [(d, np.flatnonzero(where == d)) for d in range(self.codes.nodes)]
            rows = np.stack(values, 1).tolist() if values else [[]] * count
            for receiver, pairs in receivers:
                for pair in pairs.tolist():
                    sends[pair].append((number, me, receiver, *rows[pair]))
        return Effects(after, inside, sends)

    def _column(self, sort: Sort, value: Any, count: int) -> Any:
        return np.broadcast_to(np.asarray(host(value), np.int64), (count,))

    def compile(self, expr: Expr) -> Kernel:
        """Return the kernel of any expression of the spec."""
        return self.kernels.compile(expr)


def codes_for(spec: Spec, bounds: Any) -> Codes:
    """Return the codes that a spec needs within bounds: how far its rules reach beyond them."""
    deepest, owners = 1, False
    for t in spec.transitions:
        for expr in t.expressions():
            deepest = max(deepest, _depth(expr))
            owners = owners or any(e.kind is Kind.OWNER for e in walk(expr))
    for s in spec.statements.values():
        told = [s.formula] if s.formula is not None else list(s.per_transition.values())
        owners = owners or any(e.kind is Kind.OWNER for f in told for e in walk(f))
    return Codes(bounds, deepest, owners)


def _depth(expr: Expr) -> int:
    """Return how many FRESH stand within each other."""
    inner = max((_depth(a) for a in expr.args), default=0)
    return inner + (expr.kind is Kind.FRESH)
