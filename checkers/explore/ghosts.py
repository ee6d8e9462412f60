"""The ghost relations as one more part of a state, where a statement speaks of them.

Belongs here: the distinct sets of tuples, numbered, and what each step adds to each. Never here:
what has no ghosts.

What a step adds may depend on the tuples that there are. So for each local state and event there is
a *gain*, and a table from a set and a gain to the next set, filled as it is met.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.arrays import Columns, NoMeaning, Rows
from model.arrays.kernels import Kernel
from model.arrays.library import there
from model.lang import Spec
from model.lang.declare import GhostUpdate
from model.lang.expr import Kind, walk
from model.lang.sorts import BoolSort, Sort
from model.lang.spec import Statement

NOTHING = -1
_SETS = 40
"""Bits for the number of a set."""
Row = tuple[int, ...]


def paired(sets: Any, gains: Any) -> Any:
    """Return one number for each set and gain."""
    return gains << _SETS | sets


@dataclass(eq=False)
class _Update:
    """One ghost update of a row, its expressions made kernels."""

    relation: str
    columns: tuple[Sort, ...]
    args: list[Kernel]
    where: Kernel | None = None
    source: str = ""
    pattern: list[tuple[str | None, Kernel | None]] = field(default_factory=list)


@dataclass(eq=False)
class _Gain:
    """What one step adds: tuples known by now, and updates that look at what there is."""

    tuples: int
    open: list[tuple[_Update, Columns]]


class Ghosts:
    """The sets of ghost tuples of one search."""

    def __init__(self, rows: Rows, relations: frozenset[str]) -> None:
        self.rows, self.relations = rows, relations
        self.tuples: list[tuple[str, Row]] = []
        self.tuple_number: dict[tuple[str, Row], int] = {}
        self.sets: list[int] = [0]
        self.set_number: dict[int, int] = {0: 0}
        self._gains: list[_Gain] = []
        self._plain_gains: dict[int, int] = {}
        self._next: dict[int, int] = {}
        self._updates: dict[str, list[_Update]] = {}
        for t in rows.spec.transitions:
            made = [self._update(u) for u in t.ghosts if u.relation.name in relations]
            if made:
                self._updates[t.label] = made

    def _update(self, update: GhostUpdate) -> _Update:
        args = [self.rows.compile(a) for a in update.args]
        made = _Update(update.relation.name, update.relation.columns, args)
        if update.where is None:
            return made
        first = update.where.args[0] if update.where.kind is Kind.AND else update.where
        made.where, made.source = self.rows.compile(update.where), first.data
        names = {n for n, _ in update.bound}
        for a in first.args:
            if a.kind is Kind.BOUND and a.data in names:
                made.pattern.append((a.data, None))
            else:
                made.pattern.append((None, self.rows.compile(a)))
        return made

    # ------------------------------------------------------------ what a step adds

    def writes(self, label: str) -> bool:
        """Tell whether a row adds tuples."""
        return label in self._updates

    def gain(self, label: str, columns: Columns) -> int | None:
        """Return the number of what a row adds, for one step; None where it leaves the bounds."""
        tuples, looking = 0, []
        for update in self._updates.get(label, ()):
            if update.where is not None:
                looking.append((update, columns))
                continue
            row = self._row(update, columns)
            if row is None:
                return None
            tuples |= 1 << self._tuple(update.relation, row)
        if not looking:
            if not tuples:
                return NOTHING
            if tuples not in self._plain_gains:
                self._plain_gains[tuples] = len(self._gains)
                self._gains.append(_Gain(tuples, []))
            return self._plain_gains[tuples]
        self._gains.append(_Gain(tuples, looking))
        return len(self._gains) - 1

    def _row(self, update: _Update, columns: Columns) -> Row | None:
        row = tuple(int(a(columns)) for a in update.args)
        for sort, code in zip(update.columns, row, strict=True):
            if not isinstance(sort, BoolSort) and not np.all(
                self.rows.codes.inside(sort, np.int64(code))
            ):
                return None
        return row

    def _tuple(self, relation: str, row: Row) -> int:
        key = (relation, row)
        number = self.tuple_number.get(key)
        if number is None:
            number = self.tuple_number[key] = len(self.tuples)
            self.tuples.append(key)
        return number

    def following(self, sets: Any, gains: Any) -> Any:
        """Return the sets after steps: aligned arrays of sets and gains."""
        pairs, back = np.unique(paired(sets, gains), return_inverse=True)
        found = [self._following(pair) for pair in pairs.tolist()]
        return np.array(found, np.int64).take(back)

    def learn(self, pairs: set[int]) -> None:
        """Find out what follows pairs of a set and a gain."""
        for pair in sorted(pairs):
            self._following(pair)

    def known(self) -> tuple[Any, Any]:
        """Return the pairs of which it is known what follows, ascending, and that."""
        pairs = np.array(sorted(self._next), np.int64)
        return pairs, np.array([self._next[pair] for pair in pairs.tolist()], np.int64)

    def _following(self, pair: int) -> int:
        known = self._next.get(pair)
        if known is not None:
            return known
        gain, now = self._gains[pair >> _SETS], self.sets[pair & ((1 << _SETS) - 1)]
        made = now | gain.tuples
        for update, columns in gain.open:
            made |= self._looked_up(update, columns, now)
        number = self._next[pair] = self._set(made)
        return number

    def _looked_up(self, update: _Update, columns: Columns, now: int) -> int:
        assert update.where is not None

        def ghost(name: str, args: list[Any]) -> bool:
            number = self.tuple_number.get((name, tuple(int(a) for a in args)))
            return number is not None and bool(now >> number & 1)

        added = 0
        for number, (relation, row) in enumerate(list(self.tuples)):
            if relation != update.source or not now >> number & 1:
                continue
            bound: dict[str, int] = {}
            fits = True
            for (name, kernel), value in zip(update.pattern, row, strict=True):
                wanted = bound.setdefault(name, value) if name is not None else None
                if kernel is not None:
                    wanted = int(kernel(columns))
                fits = fits and wanted == value
            if not fits:
                continue
            here = Columns(
                columns.me, columns.sender, columns.local, {}, columns.fields, ghost=ghost
            )
            here.bound = bound
            if update.where(here):
                made = self._row(update, here)
                if made is None:
                    raise NoMeaning(f"{update.relation}: a tuple beyond the bounds")
                added |= 1 << self._tuple(update.relation, made)
        return added

    def restore(self, tuples: list[tuple[str, Row]], sets: list[int]) -> None:
        """Number tuples and sets as an earlier search did."""
        for relation, row in tuples:
            self._tuple(relation, row)
        for made in sets:
            self._set(made)

    # ------------------------------------------------------------ names exchanged

    def image(self, number: int, code: Callable[[Sort, int], int]) -> int:
        """Return the set that a set becomes where `code` exchanges names."""
        now, made = self.sets[number], 0
        for at, (relation, row) in enumerate(list(self.tuples)):
            if now >> at & 1:
                sorts = self.rows.spec.ghosts[relation].columns
                moved = tuple(code(s, c) for s, c in zip(sorts, row, strict=True))
                made |= 1 << self._tuple(relation, moved)
        return self._set(made)

    def seen(self, number: int, view: Callable[[Sort, int], Any]) -> tuple[Any, ...]:
        """Return what a set says, each value as `view` shows it."""
        now, told = self.sets[number], []
        for at, (relation, row) in enumerate(self.tuples):
            if now >> at & 1:
                sorts = self.rows.spec.ghosts[relation].columns
                told.append((relation, *(view(s, c) for s, c in zip(sorts, row, strict=True))))
        return tuple(sorted(told, key=repr))

    def _set(self, made: int) -> int:
        number = self.set_number.get(made)
        if number is None:
            number = self.set_number[made] = len(self.sets)
            self.sets.append(made)
        return number

    # ------------------------------------------------------------ what holds

    def holds(self, sets: Any, name: str, args: list[Any]) -> Any:
        """Tell whether a relation holds of `args`, for states with these sets."""
        if all(isinstance(a, int | np.integer) for a in args):
            number = self.tuple_number.get((name, tuple(int(a) for a in args)))
            return False if number is None else self._with(number, sets)
        result: Any = False
        for number, (relation, row) in enumerate(self.tuples):
            if relation != name:
                continue
            same: Any = True
            for value, wanted in zip(args, row, strict=True):
                same = same & (value == wanted)
                if isinstance(same, bool) and not same:
                    break
            if isinstance(same, bool) and not same:
                continue
            result = result | (same & self._with(number, sets))
        return result

    def _with(self, number: int, sets: Any) -> Any:
        """Tell which of some sets, an array of the kernels' library, have a tuple."""
        xp = self.rows.xp
        table = np.fromiter((s >> number & 1 for s in self.sets), bool, len(self.sets))
        return xp.take(there(xp, table), sets)


def spoken_of(spec: Spec, statements: list[Statement]) -> frozenset[str]:
    """Return the ghost relations that statements speak of, and what these are made from."""
    found: set[str] = set()
    for s in statements:
        told = [s.formula] if s.formula is not None else list(s.per_transition.values())
        found |= {e.data for f in told for e in walk(f) if e.kind is Kind.GHOST}
    while True:
        more = set(found)
        for t in spec.transitions:
            for update in t.ghosts:
                if update.relation.name in found and update.where is not None:
                    more |= {e.data for e in walk(update.where) if e.kind is Kind.GHOST}
        if more == found:
            return frozenset(found)
        found = more
