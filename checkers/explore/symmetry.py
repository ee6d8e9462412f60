"""States that differ only by the names of nodes or keys: one of each is visited.

Belongs here: which names are interchangeable, and a canonical form. Never here: the search.

A *swap* exchanges two neighbouring names everywhere: the parts of the two nodes change places, and
in all parts the one name stands for the other. What a swap makes of a part is one entry of a table,
so a swap of whole states is a few look-ups. Two ways to a canonical form are made of swaps:

* of up to `MOST_TRIED` arrangements the least state is taken: exact;
* otherwise the nodes are sorted, by a number that does not depend on names: what a node's own part
  says of it, and what all others say of it. Where nodes never speak of each other but by way of
  nodes apart (a star), equal numbers mean that the nodes can be exchanged, and the form is exact.
  Elsewhere two states of one orbit may both be visited.

Sound in either case: a state is only ever replaced by what swaps make of it, and the rules, the
first state and what is asked are the same under swaps, because no spec can name a node or a key.
The exceptions are found here: names that the configuration tells apart, and orders whose values
have owners, which compare nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np

from checkers.explore.parts import World
from checkers.explore.store import Words
from model.lang.sorts import (
    NODE,
    AtomSort,
    MapSort,
    MaybeSort,
    OrderSort,
    SetSort,
    Sort,
    StructSort,
    parts_of,
)

if TYPE_CHECKING:
    from checkers.explore.packing import Packing

MOST_TRIED = 120
FEW = 64
"""Of a node with so few parts, all are looked at beforehand."""
_PRIME = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


@dataclass(eq=False)
class Swap:
    """The exchange of the names `low` and `low + 1` in a sort; by node, the images of its parts."""

    sort: Sort
    low: int
    images: list[Any] = field(default_factory=list)
    same: dict[int, int] = field(default_factory=dict)
    """The nodes whose parts stay what they are, with how many these were when that was found."""

    def name(self, code: int) -> int:
        """Return what a name becomes."""
        if code == self.low:
            return self.low + 1
        return self.low if code == self.low + 1 else code


class _View:
    """By part of one node, a number for what it says of another; found as it is asked."""

    def __init__(self) -> None:
        self.table: Any = np.zeros(16, np.uint64)
        self.known: Any = np.zeros(16, bool)
        self.checked = 0
        self.constant = False

    def reserve(self, count: int) -> None:
        """Make room."""
        if count > len(self.table):
            more = 2 * count - len(self.table)
            self.table = np.concatenate([self.table, np.zeros(more, np.uint64)])
            self.known = np.concatenate([self.known, np.zeros(more, bool)])


class Symmetry:
    """The swaps of one search, and the canonical form."""

    def __init__(self, world: World, blocks: list[tuple[Sort, tuple[int, ...]]]) -> None:
        """Prepare; each block is a run of interchangeable names of a sort."""
        self.world = world
        self.codes = world.rows.codes
        self.blocks = blocks
        self.swaps = [[Swap(sort, low) for low in names[:-1]] for sort, names in blocks]
        self.tried = 1
        for _, names in blocks:
            self.tried *= factorial(len(names))
        self._alike = sum(1 << n for s, names in blocks if s == NODE for n in names)
        self.sorts_nodes = self.tried > MOST_TRIED
        self._cache: dict[tuple[Sort, int, Sort, int], int] = {}
        self._views: dict[tuple[int, int], _View] = {}
        self._sayings: dict[Any, int] = {}
        self._seen_codes: dict[tuple[Sort, int, int], Any] = {}
        self._abouts: dict[tuple[int, int], tuple[int, int]] = {}
        self._nodes_in: dict[Sort, bool] = {}

    def told(self) -> str:
        """Return in words what is interchangeable, and how the form is found."""
        names = [f"{len(n)} {sort}s" for sort, n in self.blocks]
        how = "sorting" if self.sorts_nodes else f"the least of {self.tried} arrangements"
        return f"{', '.join(names)}, by {how}"

    # ------------------------------------------------------------ the image of a part

    def code(self, swap: Swap, sort: Sort, code: int) -> int:
        """Return what a value becomes."""
        key = (swap.sort, swap.low, sort, code)
        if key not in self._cache:
            self._cache[key] = self._code(swap, sort, code)
        return self._cache[key]

    def _code(self, swap: Swap, sort: Sort, code: int) -> int:
        if sort == swap.sort:
            return swap.name(code)
        match sort:
            case OrderSort(owned=True) if swap.sort == NODE and code:
                number, owner = divmod(code - 1, self.codes.nodes)
                return 1 + number * self.codes.nodes + swap.name(owner)
            case StructSort():
                made = 0
                for (_, part), (weight, size) in zip(
                    reversed(sort.parts), self.codes.weights(sort).values(), strict=True
                ):
                    made += self.code(swap, part, code // weight % size) * weight
                return made
            case SetSort():
                made = 0
                while code:
                    bit = code.bit_length() - 1
                    code &= ~(1 << bit)
                    made |= 1 << self.code(swap, sort.of, bit)
                return made
            case MapSort():
                radix, made, at = self.codes.size(sort.to), 0, 0
                while code:
                    code, digit = divmod(code, radix)
                    if digit:
                        place = self.code(swap, sort.key, at)
                        made += self.code(swap, sort.to, digit) * radix**place
                    at += 1
                return made
            case MaybeSort():
                return code and 1 + self.code(swap, sort.of, code - 1)
            case _:
                return code

    def node(self, swap: Swap, node: int) -> int:
        """Return what a node becomes."""
        return swap.name(node) if swap.sort == NODE else node

    def _message(self, swap: Swap, key: tuple[int, ...]) -> tuple[int, ...]:
        kind, source, receiver, *fields = key
        sorts = self.world.rows.fields[self.world.rows.message_names[kind]].values()
        moved = [self.code(swap, s, f) for s, f in zip(sorts, fields, strict=True)]
        return (kind, self.node(swap, source), self.node(swap, receiver), *moved)

    def image(self, swap: Swap, node: int, part: int) -> int:
        """Return the number of a part's image, at the node that its node becomes."""
        world = self.world
        if node == len(world.nodes):
            assert world.ghosts is not None
            return world.ghosts.image(part, lambda sort, code: self.code(swap, sort, code))
        held = world.nodes[node]
        other = world.nodes[self.node(swap, node)]
        sorts = world.rows.variables.values()
        values = held.locals[held.part_local[part]]
        local = other.local(
            tuple(self.code(swap, s, v) for s, v in zip(sorts, values, strict=True))
        )
        sent, moved = held.part_sent[part], 0
        while sent:
            bit = sent.bit_length() - 1
            sent &= ~(1 << bit)
            moved |= 1 << other.message(self._message(swap, held.sent[bit]))
        return other.part(local, moved)

    def _table(self, swap: Swap, node: int, parts: Any) -> Any:
        """Return the images of a node's parts, known at least for these."""
        count = self.world.counts()[node]
        while len(swap.images) <= node:
            swap.images.append(np.full(16, -1, np.int64))
        table = swap.images[node]
        if count > len(table):
            wider = np.full(2 * count, -1, np.int64)
            wider[: len(table)] = table
            table = swap.images[node] = wider
        missing = parts[table.take(parts) < 0]
        if len(missing):
            for part in np.unique(missing).tolist():
                table[part] = self.image(swap, node, part)
        return table

    def swapped(self, swap: Swap, columns: list[Any]) -> list[Any]:
        """Return states, given as columns of parts, with two names exchanged."""
        made = list(columns)
        counts = self.world.counts()
        for node, parts in enumerate(columns):
            to = node if node >= len(self.world.nodes) else self.node(swap, node)
            if to != node or swap.same.get(node) != counts[node]:
                table = self._table(swap, node, parts)
                made[to] = table.take(parts)
                if to == node and counts[node] <= FEW:
                    every = np.arange(counts[node])
                    if np.array_equal(self._table(swap, node, every)[every], every):
                        swap.same[node] = counts[node]
        return made

    # ------------------------------------------------------------ canonical forms

    def canonical(self, words: Words, packing: Packing) -> Words:
        """Return for each state the one that stands for its orbit."""
        crashes = packing.count(words) if packing.extra else 0
        columns = [packing.parts(words, i) for i in range(len(packing.radices))]
        if self.sorts_nodes:
            columns = self._sorted(columns)
            self._room(packing)
            return packing.pack(columns, crashes)
        least = words
        for swap in self._arrangements():
            columns = self.swapped(swap, columns)
            self._room(packing)
            least = np.minimum(least, packing.pack(columns, crashes))
        return least

    def _room(self, packing: Packing) -> None:
        packing.check(self.world.counts())

    def _arrangements(self) -> Iterator[Swap]:
        """Yield swaps that lead through every arrangement of all blocks but the first."""

        def through(level: int) -> Iterator[Swap]:
            if level == len(self.swaps):
                return
            yield from through(level + 1)
            for swap in plain_changes(len(self.swaps[level]) + 1):
                yield self.swaps[level][swap]
                yield from through(level + 1)

        return through(0)

    def _sorted(self, columns: list[Any]) -> list[Any]:
        """Sort the nodes of the first block of nodes; odd-even transposition sort."""
        for (sort, names), swaps in zip(self.blocks, self.swaps, strict=True):
            if sort != NODE:
                continue
            keys = [self._key(node, columns) for node in names]
            columns = [c.copy() for c in columns]
            for turn in range(len(names) + 1):
                moved = False
                for at in range(turn % 2, len(swaps), 2):
                    rows = np.flatnonzero(keys[at] > keys[at + 1])
                    if not len(rows):
                        continue
                    moved = True
                    lower, upper = keys[at].take(rows), keys[at + 1].take(rows)
                    keys[at][rows], keys[at + 1][rows] = upper, lower
                    before = [c.take(rows) for c in columns]
                    for node, changed in enumerate(self.swapped(swaps[at], before)):
                        if changed is not before[node]:
                            columns[node][rows] = changed
                if not moved and turn:
                    break
        return columns

    def _key(self, node: int, columns: list[Any]) -> Any:
        total = np.zeros(len(columns[0]), np.uint64)
        for other, parts in enumerate(columns):
            table = self._view(other, node, parts)
            if table is not None:
                total = total + table.take(parts)
        return total

    def _view(self, other: int, node: int, parts: Any) -> Any:
        """Return by part of `other` a number for what it says of `node`; None if nothing ever."""
        count = self.world.counts()[other]
        view = self._views.setdefault((other, node), _View())
        view.reserve(count)
        if count <= FEW:
            if view.checked < count:
                for part in range(view.checked, count):
                    view.table[part] = self._saying(other, part, node)
                    view.known[part] = True
                view.checked = count
                view.constant = other != node and bool((view.table[:count] == view.table[0]).all())
            return None if view.constant else view.table
        missing = parts[~view.known.take(parts)]
        for part in np.unique(missing).tolist():
            view.table[part] = self._saying(other, part, node)
            view.known[part] = True
        return view.table

    def _saying(self, other: int, part: int, node: int) -> int:
        """Return a number for what a part of `other` says of `node`, whatever the names.

        Of its own part that is everything; of another one what speaks of it.
        """
        world = self.world
        if other == len(world.nodes):
            assert world.ghosts is not None
            seen = world.ghosts.seen(part, lambda sort, code: self._seen(sort, code, node))
            return mixed(("ghosts", seen))
        held = world.nodes[other]
        values = held.locals[held.part_local[part]]
        sorts = world.rows.variables.values()
        speaking = [
            (s, v) for s, v in zip(sorts, values, strict=True) if self._speaks(s, node, other)
        ]
        local = tuple(self._known_seen(s, v, node) for s, v in speaking)
        sent = held.part_sent[part]
        if other != node:
            sent &= self._about(other, node)
        key = (other == node, local, other, node, sent)
        if key not in self._sayings:
            told = []
            while sent:
                bit = sent.bit_length() - 1
                sent &= ~(1 << bit)
                kind, source, receiver, *fields = held.sent[bit]
                parts = world.rows.fields[world.rows.message_names[kind]].values()
                ends = (self._seen(NODE, source, node), self._seen(NODE, receiver, node))
                inside = tuple(self._seen(s, f, node) for s, f in zip(parts, fields, strict=True))
                told.append((kind, *ends, inside))
            who = self._seen(NODE, other, node)
            self._sayings[key] = mixed((who, local, tuple(sorted(told, key=repr))))
        return self._sayings[key]

    def _speaks(self, sort: Sort, node: int, other: int) -> bool:
        if node == other:
            return True
        if sort not in self._nodes_in:
            self._nodes_in[sort] = NODE in parts_of(sort)
        return self._nodes_in[sort]

    def _known_seen(self, sort: Sort, code: int, node: int) -> Any:
        key = (sort, code, node)
        if key not in self._seen_codes:
            self._seen_codes[key] = self._seen(sort, code, node)
        return self._seen_codes[key]

    def _about(self, other: int, node: int) -> int:
        """Return which messages of `other` speak of `node`, as bits."""
        held = self.world.nodes[other]
        mask, known = self._abouts.get((other, node), (0, 0))
        for bit in range(known, len(held.sent)):
            kind, source, receiver, *fields = held.sent[bit]
            parts = self.world.rows.fields[self.world.rows.message_names[kind]].values()
            mine = node in (source, receiver) or any(
                "me" in repr(self._seen(s, f, node)) for s, f in zip(parts, fields, strict=True)
            )
            mask |= mine << bit
        self._abouts[other, node] = (mask, len(held.sent))
        return mask

    def _seen(self, sort: Sort, code: int, node: int) -> Any:
        """Return a value as one node sees it: itself as itself, others of its block as anybody."""
        match sort:
            case _ if sort == NODE:
                if code == node:
                    return "me"
                alike = any(s == NODE and code in names for s, names in self.blocks)
                return "any" if alike else code
            case AtomSort():
                return "any" if any(s == sort for s, _ in self.blocks) else code
            case StructSort():
                weights = list(self.codes.weights(sort).values())
                return tuple(
                    self._seen(part, code // weight % size, node)
                    for (_, part), (weight, size) in zip(reversed(sort.parts), weights, strict=True)
                )
            case SetSort() if sort.of == NODE:
                # How many others are in it is the same for every node of a state.
                fixed = code & ~self._alike
                return (fixed, "me" if code >> node & 1 else "not me")
            case SetSort():
                bits = [b for b in range(code.bit_length()) if code >> b & 1]
                return tuple(sorted((self._seen(sort.of, b, node) for b in bits), key=repr))
            case MapSort():
                radix, at, found = self.codes.size(sort.to), 0, []
                while code:
                    code, digit = divmod(code, radix)
                    if digit:
                        key = self._seen(sort.key, at, node)
                        found.append((key, self._seen(sort.to, digit, node)))
                    at += 1
                return tuple(sorted(found, key=repr))
            case MaybeSort():
                return None if not code else (self._seen(sort.of, code - 1, node),)
            case _:
                return code


def mixed(what: object) -> int:
    """Return a number for a thing, the same in every run; equal for two only by rare chance."""
    made = 0xCBF29CE484222325
    for byte in repr(what).encode():
        made = ((made ^ byte) * 0x100000001B3) & _WORD
    return (made * _PRIME) & _WORD


def plain_changes(count: int) -> Iterator[int]:
    """Yield places whose swaps with the next lead through every arrangement of `count` things.

    The plain changes of bell ringers (Steinhaus, Johnson, Trotter).
    """
    if count < 2:
        return
    inner = plain_changes(count - 1)
    down = True
    while True:
        yield from range(count - 2, -1, -1) if down else range(count - 1)
        at = next(inner, None)
        if at is None:
            return
        yield at + 1 if down else at
        down = not down


def find(world: World, config: dict[str, Any]) -> tuple[Symmetry | None, str]:
    """Return the symmetry of a spec under a configuration, or None; and what has none, and why."""
    codes, spec = world.rows.codes, world.spec
    sorts = [d.sort for d in spec.config.parts.values()]
    values = [codes.encode(d.sort, config[n]) for n, d in _encodable(world)]
    notes, blocks = [], []
    owned = sorted({s.name for s in _all_sorts(world) if isinstance(s, OrderSort) and s.owned})
    for sort, names in ((NODE, codes.bounds.nodes), *_atoms(world)):
        if len(names) < 2:
            continue
        if any(isinstance(s, MapSort) and sort in parts_of(s) for s in sorts):
            notes.append(f"{sort}s: a map of the configuration tells them apart")
            continue
        if sort == NODE and owned:
            notes.append(f"nodes: they are compared as owners of {', '.join(owned)}")
            continue
        trial = Symmetry(world, [])
        runs: list[list[int]] = [[0]]
        for low in range(len(names) - 1):
            swap = Swap(sort, low)
            same = all(
                trial.code(swap, d.sort, value) == value
                for (_, d), value in zip(_encodable(world), values, strict=True)
            )
            if same:
                runs[-1].append(low + 1)
            else:
                runs.append([low + 1])
        blocks += [(sort, tuple(run)) for run in runs if len(run) > 1]
    made = Symmetry(world, blocks) if blocks else None
    return made, "; ".join(notes)


def _encodable(world: World) -> list[tuple[str, Any]]:
    parts = world.spec.config.parts.items()
    return [(n, d) for n, d in parts if not isinstance(d.sort, MapSort)]


def _atoms(world: World) -> list[tuple[Sort, tuple[str, ...]]]:
    found = {s for s in _all_sorts(world) if isinstance(s, AtomSort) and s != NODE}
    bounds = world.rows.codes.bounds
    return [(s, bounds.atoms[s.name]) for s in sorted(found, key=str)]


def _all_sorts(world: World) -> set[Sort]:
    spec = world.spec
    told = [d.sort for d in spec.variables.values()]
    told += [d.sort for e in spec.events.values() for d in e.parts.values()]
    told += [d.sort for d in spec.config.parts.values()]
    return {inner for sort in told for inner in parts_of(sort)}
