"""Breadth-first search over packed states: every reachable state within the bounds.

Belongs here: packing, expanding a frontier, counting. Never here: what a rule does (`parts`), which
states are known (`store`), what is said of them (`properties`).

A state is one word of 64 bits: a field for each node, which holds the number of its part, and one
that counts crashes where these are bounded. For each node and event a step of the whole frontier
is: a mask, one look into a table, one exclusive or. There is no Python for a single state.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from checkers.explore.ghosts import NOTHING, Ghosts
from checkers.explore.parts import CUT, ONE, Ambiguous, NodeParts, World
from checkers.explore.properties import Steps
from checkers.explore.store import Disk, Store, Words
from checkers.explore.symmetry import Symmetry, find
from model.arrays import Rows
from model.arrays.rows import CRASH, codes_for
from model.bounds import Bounds
from model.lang import Spec

BITS = 63
CHUNK = 1 << 16


class Interrupted(Exception):
    """The search was asked to end; it stands where the last level was finished."""


class Full(Exception):
    """A field of the packed state is too narrow for the parts there are by now."""


class OutOfBits(Exception):
    """The numbers of all parts do not fit into one state any more."""


class Packing:
    """Where in a state's word each node's part stands, and above them the count of crashes.

    A word is a number in mixed radix, a digit for each node. While there is room enough the radices
    are powers of two, and digits are taken out by shifting; else they are exact.
    """

    def __init__(self, radices: list[int], extra: int = 0) -> None:
        """Place digits of these radices, and one for `extra` crashes."""
        self.radices, self.extra = radices, extra
        self.weights: list[int] = []
        weight = 1
        for radix in (*radices, extra + 1):
            self.weights.append(weight)
            weight *= radix
        if weight > 1 << BITS:
            raise OutOfBits(f"a state needs {weight.bit_length()} bits, and there are {BITS}")
        self.shifting = all(r & (r - 1) == 0 for r in radices)

    @classmethod
    def roomy(cls, counts: list[int], extra: int = 0) -> Packing:
        """Return a packing with room to grow for as many parts as there are."""
        needed = [max(1, (count - 1).bit_length()) for count in counts]
        spare = BITS - extra.bit_length() - sum(needed)
        if spare < 0:
            return cls.exact(counts, extra)
        widths = list(needed)
        # Who has many parts already will have more.
        while spare > 0:
            least = min(range(len(widths)), key=lambda i: widths[i] - 2 * needed[i])
            if widths[least] >= 40:
                break
            widths[least] += 1
            spare -= 1
        return cls([1 << w for w in widths], extra)

    @classmethod
    def exact(cls, counts: list[int], extra: int = 0) -> Packing:
        """Return a packing with room for the node that has most parts to have more."""
        radices = [max(2, count) for count in counts]
        most = radices.index(max(radices))
        taken = extra + 1
        for node, radix in enumerate(radices):
            taken *= radix if node != most else 1
        radices[most] = max(radices[most], (1 << BITS) // taken)
        return cls(radices, extra)

    def parts(self, words: Words, node: int) -> Any:
        """Return the numbers of a node's parts."""
        return self._digit(words, node, self.radices[node])

    def count(self, words: Words) -> Any:
        """Return the counts of crashes."""
        return (words // np.uint64(self.weights[-1])).astype(np.int64)

    def _digit(self, words: Words, place: int, radix: int) -> Any:
        weight = self.weights[place]
        if self.shifting:
            shift = np.uint64(weight.bit_length() - 1)
            return ((words >> shift) & np.uint64(radix - 1)).astype(np.int64)
        return (words // np.uint64(weight) % np.uint64(radix)).astype(np.int64)

    def moved(self, words: Words, node: int, before: Any, after: Any) -> Words:
        """Return states with other parts of a node."""
        made: Words = words + (after - before).astype(np.uint64) * np.uint64(self.weights[node])
        return made

    def reduced(self, words: Words, nodes: tuple[int, ...]) -> Words:
        """Return states with nothing but the parts of some nodes."""
        made = np.zeros(len(words), np.uint64)
        for node in nodes:
            made += self.parts(words, node).astype(np.uint64) * np.uint64(self.weights[node])
        return made

    def pack(self, columns: list[Any], crashes: Any = 0) -> Words:
        """Return the words of states given by columns."""
        words = np.zeros(len(columns[0]), np.uint64)
        for column, weight in zip(columns, self.weights, strict=False):
            words += column.astype(np.uint64) * np.uint64(weight)
        if self.extra:
            words += np.asarray(crashes).astype(np.uint64) * np.uint64(self.weights[-1])
        return words

    def check(self, counts: list[int]) -> None:
        """Raise `Full` where there are more parts than there is room for."""
        if any(count > radix for count, radix in zip(counts, self.radices, strict=True)):
            raise Full

    def repacked(self, words: Words, other: Packing) -> Words:
        """Return the same states in another packing."""
        columns = [self.parts(words, i) for i in range(len(self.radices))]
        return other.pack(columns, self.count(words) if self.extra else 0)


@dataclass
class Limits:
    """How far the search goes; None: without bound."""

    crashes: int | None = None
    messages: int | None = None
    depth: int | None = None
    states: int | None = None


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


Heard = Callable[["Search"], None]


class Search:
    """One exploration. `run` goes level by level; what is found stands in the attributes.

    `levels` counts distinct states by depth, `tally` everything else. `complete` tells whether
    every state was expanded; what was cut at a bound is in `tally.cut`.
    """

    def __init__(
        self,
        spec: Spec,
        config: Mapping[str, Any],
        bounds: Bounds,
        limits: Limits | None = None,
        jobs: int = 1,
        ghosts: frozenset[str] = frozenset(),
        symmetry: bool = False,
    ) -> None:
        self.spec, self.config, self.bounds = spec, config, bounds
        self.limits = limits if limits is not None else Limits()
        self.jobs = jobs
        self.ghosts_held = ghosts
        self.symmetry_told = ""
        self.most_kept: int | None = None
        """Beyond so many states the levels are not kept any more."""
        self.interrupted = False
        """Set it to end the search between two pieces of work."""
        self.memory: int | None = None
        """Of the states seen, so many bytes are held; the rest lies in `disk`."""
        self.disk = Disk()
        self._spilled = False
        self.progress: Callable[[Search, int], None] | None = None
        """Called now and then with the number of states of the frontier that are expanded."""
        self.rows = Rows(spec, codes_for(spec, bounds), config)
        held = Ghosts(self.rows, ghosts) if ghosts else None
        self.world = World(spec, self.rows, self.limits.crashes != 0, held)
        self.symmetry: Symmetry | None = None
        if symmetry:
            self.symmetry, why = find(self.world, dict(config))
            told = [self.symmetry.told() if self.symmetry is not None else "none", why]
            self.symmetry_told = "; ".join(filter(None, told))
        counted = self.limits.crashes is not None and self.limits.crashes > 0
        extra = int(self.limits.crashes or 0) if counted else 0
        self._extra = extra
        self.packing = Packing.roomy(self.world.counts(), extra)
        self.store = Store(1 if jobs == 1 else 1 << (2 * jobs - 1).bit_length())
        self.levels: list[int] = []
        self.tally = Tally()
        self.frontier: Words = np.empty(0, np.uint64)
        self.complete = False
        self.seconds = 0.0
        self.stopped = ""
        self._lock = threading.Lock()
        self.after_level: list[Heard] = []
        """Called with each new level as the frontier."""
        self.after_steps: list[Heard] = []
        """Called when all steps from the frontier are taken."""
        self.step_heard: Callable[[Steps], None] | None = None
        """Called with the steps of whole states, where somebody asks for them."""
        self.level_words: list[Words] | None = None
        """Every level's states, where somebody needs them."""

    def where(self, node: int, local: int, event: int) -> int | None:
        """Return a state of the frontier with an event and a local state at a node."""
        held = self.world.nodes[node]
        for at in range(0, len(self.frontier), CHUNK):
            words = self.frontier[at : at + CHUNK]
            expansion = Expansion(self, words, Tally())
            here = held.local_of.take(expansion.parts[node]) == local
            available = expansion.available(held, event // 64)
            found = np.flatnonzero(here & ((available >> np.uint64(event % 64)) & ONE != 0))
            if len(found):
                return int(words[found[0]])
        return None

    def predecessor(self, before: Words, target: int) -> tuple[int, int, int]:
        """Return a state of `before` with the node and the event that lead to `target`."""
        for at in range(0, len(before), CHUNK):
            expansion = Expansion(self, before[at : at + CHUNK], Tally())
            expansion.target = np.uint64(target)
            expansion.run()
            if expansion.hit is not None:
                return expansion.hit
        raise LookupError("a state without a predecessor")

    def step_into(self, word: int, orbit: int) -> tuple[int, int, int]:
        """Return a state one step after `word` whose orbit is `orbit`, with the node and event."""
        expansion = Expansion(self, np.array([word], np.uint64), Tally())
        expansion.target = np.uint64(orbit)
        expansion.run()
        if expansion.hit is None:
            raise LookupError("no step leads into the orbit")
        return (expansion.reached, *expansion.hit[1:])

    # ------------------------------------------------------------ level by level

    @property
    def distinct(self) -> int:
        """How many distinct states there are."""
        return sum(self.levels)

    @property
    def generated(self) -> int:
        """How many steps lead to a state within the bounds, the first state counted as one."""
        return 1 + self.tally.steps

    @property
    def depth(self) -> int:
        """How many steps away the farthest state is."""
        return len(self.levels) - 1

    def start(self) -> None:
        """Begin at the first state."""
        first = self.packing.pack([np.zeros(1, np.int64) for _ in self.packing.radices])
        self.frontier = np.concatenate(self.store.add(first))
        self._note_level()

    def _note_level(self) -> None:
        self.levels.append(len(self.frontier))
        if self.level_words is not None:
            kept = self.frontier if self.memory is None else self.disk.keep(self.frontier)
            self.level_words.append(kept)
            if self.most_kept is not None and self.distinct > self.most_kept:
                self.level_words = None
        for heard in self.after_level:
            heard(self)

    def run(self) -> None:
        """Go on until nothing is new, a limit is reached, or `stopped` is set."""
        if not self.levels:
            self.start()
        limits = self.limits
        while len(self.frontier) and not self.stopped:
            if limits.depth is not None and self.depth >= limits.depth:
                self.stopped = f"depth={limits.depth}"
                return
            if limits.states is not None and self.distinct >= limits.states:
                self.stopped = f"states={limits.states}"
                return
            self.step()
        self.complete = not len(self.frontier)

    def step(self) -> None:
        """Expand the frontier."""
        began = time.perf_counter()
        while True:
            try:
                fresh, tally = self._expand_all()
                break
            except Full:
                self._repack()
        self.tally.add(tally)
        self.world.replies_wanted -= tally.replies
        for heard in self.after_steps:
            heard(self)
        made = np.concatenate(fresh) if fresh else np.empty(0, np.uint64)
        if self.disk.runs:
            made = self.disk.without(np.unique(made))
        if self._spilled:
            self._add_all(made)
            self._spilled = False
        self.frontier = made
        self._spill([])
        self.seconds += time.perf_counter() - began
        if len(self.frontier):
            self._note_level()

    def _spill(self, fresh: list[Words]) -> None:
        """Where there is too much to hold, write the states seen before this level to disk."""
        if self.memory is None or self.store.nbytes <= self.memory:
            return
        keys = self.store.keys()
        if fresh:
            keys = _without(keys, np.concatenate(fresh))
            self._spilled = True
        self.disk.add(keys)
        self.store = Store(len(self.store.tables))

    def _add_all(self, keys: Words) -> None:
        for at in range(0, len(keys), 1 << 18):
            self.store.add(keys[at : at + (1 << 18)])

    def _expand_all(self) -> tuple[list[Words], Tally]:
        for node in self.world.nodes:
            node.prepare()
        fresh: list[Words] = []
        tally = Tally()
        chunks = [self.frontier[i : i + CHUNK] for i in range(0, len(self.frontier), CHUNK)]

        def work(chunk: Words) -> tuple[list[Words], Tally]:
            mine = Tally()
            made = Expansion(self, chunk, mine).run()
            if self.symmetry is not None and len(made):
                with self._lock:
                    made = self.symmetry.canonical(made, self.packing)
            return (self.store.add(made) if len(made) else []), mine

        try:
            if self.jobs == 1 or len(chunks) == 1:
                for number, chunk in enumerate(chunks):
                    found, mine = work(chunk)
                    fresh += found
                    tally.add(mine)
                    self._tell_progress(number + 1)
                    self._spill(fresh)
                    if self.interrupted:
                        raise Interrupted
            else:
                with ThreadPoolExecutor(self.jobs) as pool:
                    futures = [pool.submit(work, chunk) for chunk in chunks]
                    trouble: BaseException | None = None
                    for number, future in enumerate(futures):
                        self._tell_progress(number)
                        if self.interrupted:
                            trouble = Interrupted()
                            if future.cancel():
                                continue
                        error = future.exception()
                        if error is not None:
                            trouble = error
                            continue
                        found, mine = future.result()
                        fresh += found
                        tally.add(mine)
                    if trouble is not None:
                        raise trouble
        except (Full, Interrupted, Ambiguous):
            self._forget(fresh)
            raise
        return fresh, tally

    def _tell_progress(self, chunks: int) -> None:
        if self.progress is not None:
            self.progress(self, min(chunks * CHUNK, len(self.frontier)))

    def _forget(self, fresh: list[Words]) -> None:
        """Take states of an unfinished level out of the store."""
        if not fresh:
            return
        self._restore(_without(self.store.keys(), np.concatenate(fresh)))

    def _restore(self, keys: Words) -> None:
        self.store = Store(len(self.store.tables), len(keys))
        self._add_all(keys)

    def restore(self, seen: Words, runs: list[Words]) -> None:
        """Hold the states that an earlier search has seen."""
        self._restore(seen)
        for run in runs:
            self.disk.add(run)

    def _repack(self) -> None:
        wider = Packing.roomy(self.world.counts(), self._extra)
        old, self.packing = self.packing, wider
        self._restore(old.repacked(self.store.keys(), wider))
        self.frontier = old.repacked(self.frontier, wider)
        runs, self.disk.runs = self.disk.runs, []
        for run in runs:
            self.disk.add(old.repacked(np.asarray(run), wider))
        if self.level_words is not None:
            keep = (lambda w: w) if self.memory is None else self.disk.keep
            self.level_words = [keep(old.repacked(np.asarray(w), wider)) for w in self.level_words]


def _without(keys: Words, gone: Words) -> Words:
    """Return keys without some of them."""
    if not len(gone):
        return keys
    gone = np.sort(gone)
    at = np.minimum(np.searchsorted(gone, keys), len(gone) - 1)
    left: Words = keys[gone[at] != keys]
    return left


class Expansion:
    """The steps of some states."""

    def __init__(self, search: Search, words: Words, tally: Tally) -> None:
        self.search, self.words, self.tally = search, words, tally
        self.nodes = search.world.nodes
        self.parts = [search.packing.parts(words, i) for i in range(len(search.packing.radices))]
        self.may_crash: Any = None
        if search._extra:
            assert search.limits.crashes is not None
            self.may_crash = search.packing.count(words) < search.limits.crashes
        self.sizes: Any = None
        if search.limits.messages is not None:
            self.sizes = sum(
                (n.sizes.data[:, 0].take(p) for n, p in zip(self.nodes, self.parts, strict=False)),
                np.zeros(len(words), np.int64),
            )
        self.lively: Any = np.zeros(len(words), bool)
        self.target: Any = None
        self.hit: tuple[int, int, int] | None = None
        """The state, node and event that lead to `target`."""
        self.reached = 0
        """The state itself, of which `target` may be the canonical form."""

    def run(self) -> Words:
        """Return every state one step away that differs, with repetitions."""
        made: list[Words] = []
        for node in self.nodes:
            for word in range(max(1, node.words_at_level)):
                self._node(node, word, made)
        dead = np.flatnonzero(~self.lively)
        if len(dead):
            self.tally.ends += len(dead)
            if self.tally.an_end is None:
                self.tally.an_end = int(self.words[dead[0]])
        return np.concatenate(made) if made else np.empty(0, np.uint64)

    def available(self, node: NodeParts, word: int) -> Any:
        """Return which of the 64 events of `word` at a node can happen, as bits."""
        own = 0
        for number in range(word * 64, min(node.own, word * 64 + 64)):
            own |= 1 << (number - word * 64)
        found: Any = np.uint64(own)
        if self.may_crash is not None and own and node.events[word * 64].name == CRASH:
            found = np.where(self.may_crash, found, np.uint64(own & ~1))
        for sender in self.nodes:
            grid = sender.gives.get(node.me)
            if grid is not None and word < grid.columns:
                found = found | grid.data[:, word].take(self.parts[sender.me])
        return found

    def _node(self, node: NodeParts, word: int, made: list[Words]) -> None:
        search = self.search
        parts = self.parts[node.me]
        available = self.available(node, word)
        unknown = node.unknown.data[:, word]
        if node.has_unknown[word]:
            asked = available & unknown.take(parts)
            at = np.flatnonzero(asked)
            if len(at):
                self._learn(node, word, parts.take(at), asked.take(at))
        accept = node.accept.data[:, word].take(parts) & available
        for reply, grid in node.replies.items():
            if reply in self.search.world.replies_wanted and word < grid.columns:
                local = node.local_of.take(parts)
                if np.any(grid.data[:, word].take(local) & available):
                    self.tally.replies.add(reply)
        together = int(np.bitwise_or.reduce(accept))
        if not together:
            return
        moves = node.moves.data[:, word].take(parts) & accept
        changing = moves
        if search.world.ghosts is not None:
            changing = moves | (node.adds.data[:, word].take(parts) & accept)
        idle = accept ^ changing
        moving, idling = int(np.bitwise_or.reduce(changing)), int(np.bitwise_or.reduce(idle))
        if moving:
            others = int(np.bitwise_or.reduce(moves))
            if word == 0 and node.events and node.events[0].name == CRASH:
                others &= ~1
            if others:
                self.lively |= (moves & np.uint64(others)) != 0
        for bit in range(64):
            if not together >> bit & 1:
                continue
            event = word * 64 + bit
            flag = np.uint64(1 << bit)
            if idling >> bit & 1:
                self._idle(node, event, (idle & flag) != 0)
            if moving >> bit & 1:
                at = np.flatnonzero((changing & flag) != 0)
                self._move(node, event, at, made)

    def _learn(self, node: NodeParts, word: int, parts: Any, asked: Any) -> None:
        found_parts, found_events = [], []
        for bit in range(64):
            flag = np.uint64(1 << bit)
            here = parts[(asked & flag) != 0]
            if len(here):
                distinct = np.unique(here)
                found_parts.append(distinct)
                found_events.append(np.full(len(distinct), word * 64 + bit, np.int64))
        with self.search._lock:
            node.learn(np.concatenate(found_parts), np.concatenate(found_events))
            self._check_room()

    def _check_room(self) -> None:
        self.search.packing.check(self.search.world.counts())

    def _gain(self, words: Words, at: Any, gains: Any) -> Words:
        """Add to the ghosts of some states."""
        ghosts, packing = self.search.world.ghosts, self.search.packing
        assert ghosts is not None
        some = np.flatnonzero(gains != NOTHING)
        now = self.parts[len(self.nodes)].take(at[some])
        with self.search._lock:
            following = ghosts.following(now, gains[some])
            self._check_room()
        words[some] = packing.moved(words[some], len(self.nodes), now, following)
        return words

    def _tell(self, node: NodeParts, event: int, at: Any, parts: Any, following: Any) -> None:
        search = self.search
        assert search.step_heard is not None
        words = self.words.take(at)
        told = Steps(node, event, words, parts, following, search.packing, search.depth)
        with search._lock:
            search.step_heard(told)

    def _idle(self, node: NodeParts, event: int, mask: Any) -> None:
        if self.search.step_heard is not None:
            at = np.flatnonzero(mask)
            parts = self.parts[node.me].take(at)
            self._tell(node, event, at, parts, parts)
        kinds = node.kinds[event]
        if isinstance(kinds, int):
            count = int(np.count_nonzero(mask))
            self.tally.kinds[kinds] += count
            self.tally.steps += count
        else:
            self._count(kinds.take(self.parts[node.me][mask]))

    def _count(self, kinds: Any) -> None:
        self.tally.steps += len(kinds)
        counts = np.bincount(kinds)
        for kind in np.flatnonzero(counts).tolist():
            self.tally.kinds[kind] += int(counts[kind])

    def _move(self, node: NodeParts, event: int, at: Any, made: list[Words]) -> None:
        search = self.search
        parts = self.parts[node.me].take(at)
        following = node.next[event].take(parts)
        if node.cuts[event]:
            good = following != CUT
            if not good.all():
                self.tally.cut["scope"] += int(len(good) - np.count_nonzero(good))
                at, parts, following = at[good], parts[good], following[good]
        if self.sizes is not None:
            sizes = node.sizes.data[:, 0]
            total = self.sizes.take(at) - sizes.take(parts) + sizes.take(following)
            good = total <= search.limits.messages
            if not good.all():
                self.tally.cut["messages"] += int(len(good) - np.count_nonzero(good))
                at, parts, following = at[good], parts[good], following[good]
        if not len(at):
            return
        if search.step_heard is not None:
            self._tell(node, event, at, parts, following)
        kinds = node.kinds[event]
        if isinstance(kinds, int):
            self.tally.kinds[kinds] += len(at)
            self.tally.steps += len(at)
        else:
            self._count(kinds.take(parts))
        packing = search.packing
        words = packing.moved(self.words.take(at), node.me, parts, following)
        gains = node.gains[event]
        if gains is not None:
            words = self._gain(words, at, gains.take(parts))
        if search._extra and node.events[event].name == CRASH:
            words += np.uint64(packing.weights[-1])
        if self.target is not None and self.hit is None:
            formed = words
            if search.symmetry is not None:
                formed = search.symmetry.canonical(words, search.packing)
            hits = np.flatnonzero(formed == self.target)
            if len(hits):
                self.hit = (int(self.words[at[hits[0]]]), node.me, event)
                self.reached = int(words[hits[0]])
        made.append(words)
