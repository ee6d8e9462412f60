"""The steps of many states at once, by tables.

Belongs here: what a step makes of packed states, and what of that is counted. Never here: finding
out what is not in the tables yet (`parts`), which states are new (`store`), or whose turn it is
(`search`).

For each node and event a step of all states is: a mask, one look into a table, one addition. The
arrays are of `xp`: NumPy, or a library of the array API standard. Of an expansion's states
everything must be in the tables: `needed` tells what is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from checkers.explore.packing import Packing
from checkers.explore.tables import CUT, NodeTables, Tables
from model.arrays.library import count, counts, either, host, places

Needed = tuple[int, Any, Any]
"""Of a node, by its number: aligned arrays of parts and events of which nothing is known yet."""


@dataclass
class Tally:
    """What was counted in a part of a level."""

    steps: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    kinds: Counter[int] = field(default_factory=Counter)
    ends: int = 0
    an_end: int | None = None
    replies: set[str] = field(default_factory=set)

    def add(self, other: Tally) -> None:
        """Add what was counted elsewhere."""
        self.steps += other.steps
        self.cut.update(other.cut)
        self.kinds.update(other.kinds)
        self.ends += other.ends
        if self.an_end is None:
            self.an_end = other.an_end
        self.replies |= other.replies


@dataclass
class Steps:
    """Steps of whole states: one event at the node `me`, the parts before and after."""

    me: int
    event: int
    words: Any
    parts: Any
    following: Any
    packing: Packing


Follow = Callable[[Any, Any], Any]
"""From sets of ghosts and what steps add to each (`NOTHING` to some) to the sets after these."""


class Expansion:
    """The steps of some states."""

    def __init__(
        self, tables: Tables, words: Any, tally: Tally, follow: Follow | None = None, xp: Any = np
    ) -> None:
        """Look at states; `follow` is needed where they have ghosts."""
        self.tables, self.words, self.tally, self.follow = tables, words, tally, follow
        self.xp = xp
        self.nodes = tables.nodes
        self.packing = packing = tables.packing
        self.parts = [packing.parts(words, i, xp) for i in range(len(packing.radices))]
        self.may_crash: Any = None
        if tables.crashes is not None:
            self.may_crash = packing.count(words, xp) < tables.crashes
        self.sizes: Any = None
        if tables.messages is not None:
            self.sizes = sum(
                (xp.take(n.sizes.data[:, 0], self.parts[n.me]) for n in self.nodes),
                xp.zeros(words.shape[0], dtype=xp.int64),
            )
        self.lively: Any = xp.zeros(words.shape[0], dtype=xp.bool)
        self.tell: Callable[[Steps], None] | None = None
        """Told all steps, where somebody asks for them."""
        self.made: Callable[[int, int, Any, Any], None] | None = None
        """Told of each node and event that lead on: which of these states, and where to."""

    def needed(self) -> list[Needed]:
        """Return what happens in these states and is in no table yet."""
        found: list[Needed] = []
        xp = self.xp
        for node in self.nodes:
            for word in range(max(1, node.words)):
                if not node.has_unknown[word : word + 1] or not node.has_unknown[word]:
                    continue
                parts = self.parts[node.me]
                unknown = xp.take(node.unknown.data[:, word], parts)
                asked = self.available(node, word) & unknown
                at = places(xp, asked != 0)
                if at.shape[0]:
                    asked, parts = host(xp.take(asked, at)), host(xp.take(parts, at))
                    found += [
                        (node.me, here, np.full(len(here), word * 64 + bit, np.int64))
                        for bit in range(64)
                        if len(here := np.unique(parts[asked & np.uint64(1 << bit) != 0]))
                    ]
        return found

    def run(self) -> list[Any]:
        """Return all states one step away that differ, with repetitions, in several arrays."""
        made: list[Any] = []
        for node in self.nodes:
            for word in range(max(1, node.words)):
                self._node(node, word, made)
        dead = places(self.xp, ~self.lively)
        if dead.shape[0]:
            self.tally.ends += dead.shape[0]
            if self.tally.an_end is None:
                self.tally.an_end = int(self.words[dead[0]])
        return made

    def available(self, node: NodeTables, word: int) -> Any:
        """Return which of the 64 events of `word` at a node can happen, as bits."""
        xp = self.xp
        own = 0
        for number in range(word * 64, min(node.own, word * 64 + 64)):
            own |= 1 << (number - word * 64)
        found: Any = own
        if self.may_crash is not None and own and node.crash and not word:
            alive = xp.full(self.words.shape[0], own, dtype=xp.uint64)
            found = xp.where(self.may_crash, alive, alive & (own & ~1))
        for sender in self.nodes:
            grid = sender.gives.get(node.me)
            if grid is not None and word < grid.columns:
                found = xp.take(grid.data[:, word], self.parts[sender.me]) | found
        if isinstance(found, int):
            return xp.full(self.words.shape[0], found, dtype=xp.uint64)
        return found

    def _node(self, node: NodeTables, word: int, made: list[Any]) -> None:
        xp, parts = self.xp, self.parts[node.me]
        available = self.available(node, word)
        accept = xp.take(node.accept.data[:, word], parts) & available
        for reply, grid in node.replies.items():
            if reply in self.tables.replies and word < grid.columns:
                given = xp.take(grid.data[:, word], xp.take(node.local_of, parts)) & available
                if xp.any(given != 0):
                    self.tally.replies.add(reply)
        together = either(xp, accept)
        if not together:
            return
        moves = xp.take(node.moves.data[:, word], parts) & accept
        changing = moves
        if self.tables.ghosts:
            changing = moves | (xp.take(node.adds.data[:, word], parts) & accept)
        idle = accept ^ changing
        moving, idling = either(xp, changing), either(xp, idle)
        if moving:
            others = either(xp, moves)
            if word == 0 and node.crash:
                others &= ~1
            if others:
                self.lively |= (moves & others) != 0
        for bit in range(64):
            if not together >> bit & 1:
                continue
            event, flag = word * 64 + bit, 1 << bit
            if idling >> bit & 1:
                self._idle(node, event, (idle & flag) != 0)
            if moving >> bit & 1:
                self._move(node, event, places(xp, (changing & flag) != 0), made)

    def _count(self, node: NodeTables, event: int, parts: Any, number: int) -> None:
        """Count steps by kind; `parts` are those where they begin, `number` so many."""
        kinds = node.kinds[event]
        self.tally.steps += number
        if isinstance(kinds, int):
            self.tally.kinds[kinds] += number
        else:
            self.tally.kinds.update(counts(self.xp, self.xp.take(kinds, parts)))

    def _idle(self, node: NodeTables, event: int, mask: Any) -> None:
        if self.tell is None and isinstance(node.kinds[event], int):
            self._count(node, event, None, count(self.xp, mask))
            return
        at = places(self.xp, mask)
        parts = self.xp.take(self.parts[node.me], at)
        if self.tell is not None:
            words = self.xp.take(self.words, at)
            self.tell(Steps(node.me, event, words, parts, parts, self.packing))
        self._count(node, event, parts, at.shape[0])

    def _move(self, node: NodeTables, event: int, at: Any, made: list[Any]) -> None:
        xp = self.xp
        parts = xp.take(self.parts[node.me], at)
        following = xp.take(node.next[event], parts)
        if node.cuts[event]:
            at, parts, following = self._within("scope", following != CUT, at, parts, following)
        if self.sizes is not None:
            sizes = node.sizes.data[:, 0]
            total = xp.take(self.sizes, at) - xp.take(sizes, parts) + xp.take(sizes, following)
            good = total <= self.tables.messages
            at, parts, following = self._within("messages", good, at, parts, following)
        if not at.shape[0]:
            return
        before = xp.take(self.words, at)
        if self.tell is not None:
            self.tell(Steps(node.me, event, before, parts, following, self.packing))
        self._count(node, event, parts, at.shape[0])
        words = self.packing.moved(before, node.me, parts, following, xp)
        gains = node.gains[event]
        if gains is not None:
            words = self._gain(words, at, xp.take(gains, parts))
        if self.may_crash is not None and node.crash and not event:
            words = words + self.packing.weights[-1]
        if self.made is not None:
            self.made(node.me, event, at, words)
        made.append(words)

    def _within(self, bound: str, good: Any, *columns: Any) -> tuple[Any, ...]:
        """Return columns without what a bound cuts off, which is counted."""
        kept = count(self.xp, good)
        if kept == good.shape[0]:
            return columns
        self.tally.cut[bound] += good.shape[0] - kept
        return tuple(column[good] for column in columns)

    def _gain(self, words: Any, at: Any, gains: Any) -> Any:
        """Add to the ghosts of some states."""
        assert self.follow is not None
        last = len(self.nodes)
        now = self.xp.take(self.parts[last], at)
        return self.packing.moved(words, last, now, self.follow(now, gains), self.xp)
