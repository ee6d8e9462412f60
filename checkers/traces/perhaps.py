"""What the proof may remember: rows that some order of the same records adds, if not this one.

Belongs here: for a row of a ghost, which record adds it, and which have to come before that one.
Never here: whether a ghost depends on the order at all (`memory`).

"A proposal is late if a later herald was elected before it": where nothing tells which of the two
was first, in some order it is. Which row a proposal would add is known beforehand; it does so if
there is a row of another ghost that satisfies a condition. That row is looked for among all that
need not come after the proposal: take what happened before its record, and that; then what happened
before the proposal, and that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeAlias

from checkers.traces.compiled import FastGhost
from checkers.traces.cuts import Clock, Stamp, Stamps, View, each
from checkers.traces.formulas import mentions, reads_others
from model.evaluate import Event, GlobalState
from model.evaluate.search import FormulaCompiler, Goal, Part, Search, is_relational
from model.evaluate.state import Row, Schema
from model.evaluate.terms import Closure, Frame
from model.lang import Spec
from model.lang.expr import Kind
from model.lang.tables import GhostUpdate

Way: TypeAlias = tuple[Stamp, ...]
"""The record that adds a row, and those that have to be there before it."""


@dataclass
class _Update:
    """A ghost update whose rows are known before it is known whether they are added."""

    rows: FastGhost
    searches: list[tuple[FormulaCompiler, Search]] | None
    """For what has to be there; None where nothing has to be."""


class Perhaps:
    """The rows that some order adds. Use: `take` for each step; then `rows` and `ways`."""

    def __init__(self, spec: Spec, schema: Schema, clock: Clock, state: GlobalState) -> None:
        self._clock, self._state = clock, state
        self._view = View(schema, clock, state)
        self._view.nodes = {node: {} for node in state.nodes}
        self.names = _told(spec)
        """The ghosts of which this can be told."""
        self._updates: dict[str, list[_Update]] = {}
        for t in spec.transitions:
            made = [self._compiled(u) for u in t.ghosts if u.relation.name in self.names]
            if made:
                self._updates[t.label] = made
        self._taken: dict[str, dict[Row, list[tuple[Stamp, Frame, _Update]]]]
        self._taken = {name: {} for name in self.names}
        self._adding: Stamp = 0
        self._found: dict[Way, None] = {}

    def take(self, label: str, event: Event) -> None:
        """Note what the step that is being taken may add; its node is as it was before it."""
        updates = self._updates.get(label)
        if updates is None:
            return
        local = self._state.nodes[event.node]
        f = Frame(self._state.config, event.node, local, event.fields, event.sender, self._view)
        for update in updates:
            for row in update.rows.rows(f):
                rows = self._taken[update.rows.relation]
                rows.setdefault(row, []).append((self._clock.stamp, f, update))

    def rows(self, name: str) -> list[Row]:
        """Return all rows that some order adds, and perhaps more."""
        return list(self._taken[name])

    def ways(self, name: str, row: Row) -> list[Way]:
        """Return how a row can come to be, none if it cannot."""
        self._found = {}
        for stamp, f, update in self._taken[name].get(row, ()):
            if update.searches is None:
                self._found[stamp,] = None
                continue
            self._adding = stamp
            self._view.cut = self._clock.unheard(stamp)
            for compiler, search in update.searches:
                search(compiler.frame(f))
        return list(self._found)

    def _compiled(self, update: GhostUpdate) -> _Update:
        rows = FastGhost(replace(update, bound=(), where=None))
        if update.where is None:
            return _Update(rows, None)
        compiler = FormulaCompiler()
        goals = compiler.goals(update.where, compiler.bind(update.bound, {}), True)
        return _Update(rows, [(compiler, self._search(compiler, goal)) for goal in goals])

    def _search(self, compiler: FormulaCompiler, goal: Goal) -> Search:
        atoms: list[tuple[str, list[Closure]]] = [
            (part.expr.data, [compiler.compile(a, part.scope) for a in part.expr.args])
            for part in goal.parts
            if part.is_atom
        ]

        def collect(f: Frame) -> bool:
            stamps = [self._stamps(name, tuple([a(f) for a in args])) for name, args in atoms]
            for chosen in product(*stamps):
                self._found[(self._adding, *chosen)] = None
            return False

        slots = dict(compiler.slots)
        return compiler.plan(Goal(goal.parts, slots), frozenset(), collect)

    def _stamps(self, name: str, row: Row) -> list[Stamp]:
        rows: Mapping[Row, Stamps] = self._state.ghosts[name].rows  # type: ignore[assignment]
        return [one for one in each(rows[row]) if self._view.has(one)]


def _told(spec: Spec) -> frozenset[str]:
    """Return the ghosts whose rows are known before it is known whether they are added."""
    updates = [u for t in spec.transitions for u in t.ghosts]
    ordered = {u.relation.name for u in updates if u.where is not None}
    untold = {u.relation.name for u in updates if not _is_told(u, ordered)}
    return frozenset(ordered - untold)


def _is_told(update: GhostUpdate, ordered: set[str]) -> bool:
    if update.where is None:
        return True
    if any(mentions(a, Kind.BOUND) for a in update.args) or reads_others(update.where):
        return False
    compiler = FormulaCompiler()
    goals = compiler.goals(update.where, compiler.bind(update.bound, {}), True)
    return all(_is_plain(part, ordered) for goal in goals for part in goal.parts)


def _is_plain(part: Part, ordered: set[str]) -> bool:
    """Tell whether a part of a condition asks for a row that hangs on no order, or for values."""
    if part.is_atom:
        return part.expr.kind is Kind.GHOST and part.expr.data not in ordered
    return not is_relational(part.expr)
