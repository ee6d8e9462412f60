"""Which records happened before which, and what is there at a cut.

Belongs here: each record's causal past, what was sent or remembered by which record, and a state of
all nodes as it is at one cut. Never here: what a property says of it (`everywhere`).

A *cut* is a number of records of each node. It is one that the recordings determine if for each
record in it, all that happened before is in it, too: the node's earlier records, and the first
record that sent what it received (Lamport 1978; Mattern 1989, whose vector clocks these are). At
such a cut the nodes' variables, the messages sent and the ghosts are what its records made them,
whatever the order in which they were taken.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, TypeAlias

from model.evaluate.state import GlobalState, Relation, Row, Schema
from model.evaluate.terms import Local
from model.evaluate.values import Value
from model.lang.sorts import Sort

Cut: TypeAlias = tuple[int, ...]
"""How many records there are of each node, in the clock's order of nodes."""
Stamp: TypeAlias = int
"""A record, as one number: how many records its node has by then, times all nodes, plus its own."""
Stamps: TypeAlias = "int | tuple[int, ...]"
"""The records that added a row: the first of each node that did."""
FOREVER = 1 << 62


def join(one: Cut, other: Cut) -> Cut:
    """Return the least cut that has all records of both."""
    return tuple(map(max, one, other))


class Clock:
    """The causal past of every record taken so far."""

    def __init__(self, nodes: Sequence[str]) -> None:
        self.nodes = tuple(nodes)
        self.at = {node: k for k, node in enumerate(nodes)}
        self.count = len(nodes)
        self.zero: Cut = (0,) * self.count
        # A node's own number is left as it was when it last heard of another: see `past`.
        self._past: list[list[Cut]] = [[self.zero] for _ in nodes]
        self.stamp: Stamp = 0
        """The record that is being taken."""

    def take(self, node: str, number: int, received: Stamps | None = None) -> None:
        """Go on to the record `number` of a node, which received what was sent at `received`."""
        k = self.at[node]
        pasts = self._past[k]
        cut = pasts[-1]
        if received is not None:
            assert isinstance(received, int), "a message has one sender"
            index, other = divmod(received, self.count)
            if other != k and cut[other] < index:
                cut = join(cut, self.past(other, index))
        if len(pasts) < number:  # a record that was skipped, since its step did not take effect
            pasts.extend(repeat(pasts[-1], number - len(pasts)))
        if len(pasts) == number:
            pasts.append(cut)
        self.stamp = number * self.count + k

    def past(self, k: int, number: int) -> Cut:
        """Return the least cut with the record `number` of the node `k`."""
        cut = self._past[k][number]
        return (*cut[:k], number, *cut[k + 1 :])

    def before(self, stamp: Stamp) -> Cut:
        """Return the least cut that a record can come next to: its past, and not the record."""
        number, k = divmod(stamp, self.count)
        cut = self._past[k][number]
        return (*cut[:k], number - 1, *cut[k + 1 :])

    def knows(self, stamp: Stamp, of: Stamp) -> bool:
        """Tell whether the record `of` happened before the record `stamp`, or is the same."""
        number, k = divmod(stamp, self.count)
        index, other = divmod(of, self.count)
        return number >= index if k == other else self._past[k][number][other] >= index

    def unheard(self, stamp: Stamp) -> Cut:
        """Return how many records of each node need not come after a record: it is no cut."""
        number, own = divmod(stamp, self.count)
        heard = (bisect_left(pasts, number, key=lambda cut: cut[own]) for pasts in self._past)
        return tuple([number - 1 if k == own else first - 1 for k, first in enumerate(heard)])

    def is_known_to_all(self, stamp: Stamp) -> bool:
        """Tell whether whatever any node does from now on comes after a record."""
        index, other = divmod(stamp, self.count)
        return all(k == other or pasts[-1][other] >= index for k, pasts in enumerate(self._past))


def reached(clock: Clock, cut: Cut, stamps: Iterable[Stamp]) -> Cut:
    """Return the least cut with all of another and some records."""
    for stamp in stamps:
        number, k = divmod(stamp, clock.count)
        if cut[k] < number:
            cut = join(cut, clock.past(k, number))
    return cut


def each(stamps: Stamps) -> tuple[Stamp, ...]:
    """Return stamps one by one."""
    return (stamps,) if isinstance(stamps, int) else stamps


class Stamped(Relation):
    """A relation that keeps with each row the records that added it."""

    __slots__ = ("_clock",)

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.rows: Any = {}

    def add(self, row: Row) -> bool:
        """Add a row by the record that is being taken; tell whether it is new."""
        stamp, count = self._clock.stamp, self._clock.count
        had: Stamps | None = self.rows.get(row)
        if had is None:
            self.rows[row] = stamp
            for columns, index in self._indices.items():
                index.setdefault(tuple([row[c] for c in columns]), []).append(row)
            return True
        if all(one % count != stamp % count for one in each(had)):
            self.rows[row] = (*each(had), stamp)
        return False


class _RowsAt:
    """The rows of a relation that are there at a view's cut."""

    def __init__(self, view: View, whole: Relation) -> None:
        self._view = view
        self._stamps: Mapping[Row, Stamps] = whole.rows  # type: ignore[assignment]
        self._last: Row | None = None
        """The row at which a search ended: what made one thing so makes the next one so, often."""

    def __contains__(self, row: object) -> bool:
        stamps = self._stamps.get(row)  # type: ignore[call-overload]
        return stamps is not None and self._view.has(stamps)

    def __iter__(self) -> Iterator[Row]:
        view, last = self._view, self._last
        has, cut, count, is_more = view.has, view.cut, view.clock.count, bool(view.beside)
        if last is not None and has(self._stamps[last]):
            yield last
        for row, stamps in self._stamps.items():
            if isinstance(stamps, int) and not is_more:  # as `has` does, and there are many
                if cut[stamps % count] < stamps // count:
                    continue
            elif not has(stamps):
                continue
            if row is not last:
                self._last = row
                yield row


class _RelationAt(Relation):
    """A relation at a view's cut."""

    __slots__ = ("_whole",)

    def __init__(self, view: View, whole: Relation) -> None:
        super().__init__()
        self._whole = whole
        self.rows: Any = _RowsAt(view, whole)

    def having(self, columns: tuple[int, ...], key: Row) -> Iterable[Row]:
        rows = self.rows
        return [row for row in self._whole.having(columns, key) if row in rows]


class View(GlobalState):
    """A state at a cut: `cut` says at which, `nodes` what is known of the nodes there.

    It has no domain of what merely occurs: which values do is another thing at each cut.
    """

    def __init__(self, schema: Schema, clock: Clock, state: GlobalState) -> None:
        super().__init__(schema, state.config, {})
        self.clock = clock
        self.cut: Cut = clock.zero
        self.beside: tuple[Stamp, ...] = ()
        """Records that are there, too, each with all that happened before it."""
        self.sent = {name: _RelationAt(self, r) for name, r in state.sent.items()}
        self.ghosts = {name: _RelationAt(self, r) for name, r in state.ghosts.items()}

    def has(self, stamps: Stamps) -> bool:
        """Tell whether a row with these stamps is there."""
        cut, count, beside = self.cut, self.clock.count, self.beside
        for one in each(stamps):
            if one in beside or cut[one % count] >= one // count:
                return True
            for other in beside:
                if self.clock.knows(other, one):
                    return True
        return False

    def values(self) -> Iterator[tuple[Value, Sort]]:
        """Refuse: see the class."""
        raise TypeError("what occurs is another thing at each cut")


class History:
    """What some variables of a node were, and from which of its records on."""

    def __init__(self, names: Iterable[str], local: Local) -> None:
        self.names = tuple(names)
        self.starts: list[int] = []
        self.values: list[Local] = []
        """The same values are the same object."""
        self._known: dict[tuple[Value, ...], Local] = {}
        self.put(0, local)

    def put(self, number: int, local: Local) -> None:
        """Note what they are after the record `number`."""
        values = tuple([local[n] for n in self.names])
        known = self._known.get(values)
        if known is None:
            known = self._known[values] = dict(zip(self.names, values, strict=True))
        self.starts.append(number)
        self.values.append(known)

    def end(self, at: int) -> int:
        """Return the last record after which they are still what they were at `at`."""
        return self.starts[at + 1] - 1 if at + 1 < len(self.starts) else FOREVER

    def first(self, number: int) -> int:
        """Return where the first values are that are still so after the record `number`."""
        return bisect_right(self.starts, number) - 1
