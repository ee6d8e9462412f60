"""Breadth-first search over packed states: every reachable state within the bounds.

Belongs here: level by level, who expands, what is counted. Never here: what a rule does (`parts`),
how states are expanded (`expansion`), which are known (`store`), or what is said of them
(`properties`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from checkers.explore.device import Sorted
from checkers.explore.disk import Disk, FolderTrouble, Level
from checkers.explore.expansion import Expansion, Needed, Steps, Tally
from checkers.explore.ghosts import NOTHING, Ghosts
from checkers.explore.packing import Full, Packing
from checkers.explore.partitions import PER_WORKER, Partitions, here
from checkers.explore.parts import Ambiguous, World
from checkers.explore.store import Recent, Store, Words
from checkers.explore.symmetry import Symmetry, find
from checkers.explore.tables import Sent, Tables, tables_of
from model.arrays import Rows
from model.arrays.library import host
from model.arrays.rows import codes_for
from model.bounds import Bounds
from model.lang import Spec

# joblib takes long to load, and most searches need no workers elsewhere.
if TYPE_CHECKING:
    from checkers.explore.spread import Workers

CHUNK = 1 << 16
"""States that are expanded at once: their columns fit into a processor's own memory."""
DEVICE_CHUNK = 1 << 21
"""The same on a device, where each call costs more than its work."""


class Interrupted(Exception):
    """The search was asked to end; it stands where the last level was finished."""


@dataclass
class Limits:
    """How far the search goes; None: without bound."""

    crashes: int | None = None
    messages: int | None = None
    depth: int | None = None
    states: int | None = None


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
        backend: str = "",
        xp: Any = np,
        folder: Path | None = None,
    ) -> None:
        self.spec, self.config, self.bounds, self.folder = spec, config, bounds, folder
        self.limits = limits if limits is not None else Limits()
        self.jobs, self.backend, self.xp = jobs, backend, xp
        self._workers: Workers | None = None
        self.ghosts_held = ghosts
        self.symmetry_told = ""
        self.most_kept: int | None = None
        """Beyond so many states the levels are not kept any more."""
        self.interrupted = False
        """Set it to end the search between two pieces of work."""
        self.memory: int | None = None
        """Of the states seen, so many bytes are held; the rest lies in `disk`."""
        self.disk = Disk(folder)
        self._spilled = False
        self.progress: Callable[[Search, int], None] | None = None
        """Called now and then with the number of states of the frontier that are expanded."""
        self.rows = Rows(spec, codes_for(spec, bounds), config, xp)
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
        self.partitions: Partitions | None = None
        """Where workers elsewhere expand, the states seen are in files; and in no store then."""
        if backend:
            self.partitions = Partitions(self.disk, PER_WORKER * jobs)
        self.store = self._new_store()
        self.levels: list[int] = []
        self.tally = Tally()
        self.frontier: Words | Level = np.empty(0, np.uint64)
        self.complete = False
        self.seconds = 0.0
        self.stopped = ""
        self.standing = False
        """It stands between two levels, and of the last one everything was asked."""
        self._lock = threading.Lock()
        self._recents: list[Recent] = []
        self.after_level: list[Heard] = []
        """Called with each new level as the frontier."""
        self.after_steps: list[Heard] = []
        """Called when all steps from the frontier are taken."""
        self.step_heard: Callable[[Steps, int], None] | None = None
        """Called with the steps of whole states and their depth, where somebody asks for them."""
        self.heard_rows: frozenset[str] = frozenset()
        """Of which rows it asks; where workers elsewhere take the steps it hears of no others."""
        self.level_words: list[Words | Level] | None = None
        """Every level's states, where somebody needs them."""

    def _new_store(self, room: int = 0) -> Store | Sorted:
        """Return a store for the states seen, with room for so many."""
        if self.xp is not np:
            return Sorted(self.xp)
        return Store(1 if self.jobs == 1 else 1 << (4 * self.jobs - 1).bit_length(), room)

    @property
    def seen(self) -> Store | Sorted | Partitions:
        """Return what holds the states seen."""
        return self.store if self.partitions is None else self.partitions

    def close(self) -> None:
        """Remove the files that it has; nothing can be asked of it then."""
        self.disk.close()

    # ------------------------------------------------------------ one state

    def where(self, node: int, local: int, event: int) -> int | None:
        """Return a state of the frontier with an event and a local state at a node."""
        tables = self.tables()
        held = tables.nodes[node]
        for at in range(0, len(self.frontier), CHUNK):
            words = self.frontier[at : at + CHUNK]
            expansion = Expansion(tables, words, Tally())
            here = held.local_of.take(expansion.parts[node]) == local
            available = expansion.available(held, event // 64)
            found = np.flatnonzero(here & (available & (1 << event % 64) != 0))
            if len(found):
                return int(words[found[0]])
        return None

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
        if self.partitions is not None:
            self.frontier = self.partitions.take(first, self.packing)
        else:
            self.frontier = np.concatenate(self.store.add(first))
        self._note_level()
        self.standing = True

    def _note_level(self) -> None:
        self.levels.append(len(self.frontier))
        if self.level_words is not None:
            kept = self.frontier
            if self.memory is not None and not isinstance(kept, Level):
                kept = self.disk.keep(kept)
            self.level_words.append(kept)
            if self.most_kept is not None and self.distinct > self.most_kept:
                self.level_words = None
        for heard in self.after_level:
            heard(self)

    def run(self) -> None:
        """Go on until nothing is new, a limit is reached, or `stopped` is set."""
        if not self.levels:
            self.start()
        if self.backend:
            from checkers.explore.spread import Workers

            with Workers(self.jobs, self.backend) as self._workers:
                self._go_on()
        else:
            self._go_on()

    def _go_on(self) -> None:
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
                made, tally = self._expand_all()
                break
            except Full:
                self._repack()
        self.standing = False
        if self.partitions is not None:
            self.partitions.commit()
        self.tally.add(tally)
        self.world.replies_wanted -= tally.replies
        for heard in self.after_steps:
            heard(self)
        self.frontier = made
        self._spill([])
        self.seconds += time.perf_counter() - began
        if len(self.frontier):
            self._note_level()
        self.standing = True
        if self.partitions is not None:
            self.partitions.drop(self._levels_held())

    def _expand_all(self) -> tuple[Words | Level, Tally]:
        """Return the states one step away that are new, and what was counted."""
        for node in self.world.nodes:
            node.prepare()
        if self.partitions is not None:
            assert self._workers is not None
            return self._workers.level(self, self.partitions)
        fresh, tally = self._expand_here()
        made = np.concatenate(fresh) if fresh else np.empty(0, np.uint64)
        if self.disk.runs:
            made = self.disk.without(np.unique(made))
        if self._spilled:
            self._add_all(made)
            self._spilled = False
        return made, tally

    def heed(self) -> None:
        """End the search where it was asked to."""
        if self.interrupted:
            raise Interrupted

    def _spill(self, fresh: list[Words]) -> None:
        """Where there is too much to hold, write the states seen before this level to disk."""
        if self.memory is None or self.store.nbytes <= self.memory:
            return
        keys = self.store.keys()
        if fresh:
            keys = _without(keys, np.concatenate(fresh))
            self._spilled = True
        self.disk.add(keys)
        self.store = self._new_store()

    def _add_all(self, keys: Words) -> None:
        for at in range(0, len(keys), 1 << 18):
            self.store.add(keys[at : at + (1 << 18)])

    def tables(self) -> Tables:
        """Return what is known, for whoever expands states."""
        crashes = self.limits.crashes if self._extra else None
        return tables_of(self.world, self.packing, crashes, self.limits.messages)

    def expansion(self, words: Words, tally: Tally, tables: Tables | None = None) -> Expansion:
        """Return the expansion of states, of which everything is known then."""
        made = Expansion(tables or self.tables(), words, tally, self._follow)
        self.learn(made.needed())
        if self.step_heard is not None:
            made.tell = self.tell
        return made

    def learn(self, needed: list[Needed]) -> None:
        """Find out what states need."""
        for node, parts, events in needed:
            with self._lock:
                self.world.nodes[node].learn(parts, events)
                self.packing.check(self.world.counts())

    def _follow(self, now: Any, gains: Any) -> Any:
        """Return the sets of ghosts after steps."""
        assert self.world.ghosts is not None
        some = np.flatnonzero(gains != NOTHING)
        following = now.copy()
        with self._lock:
            following[some] = self.world.ghosts.following(now[some], gains[some])
            self.packing.check(self.world.counts())
        return following

    def tell(self, steps: Steps) -> None:
        """Have steps of whole states heard."""
        assert self.step_heard is not None
        with self._lock:
            self.step_heard(steps, self.depth)

    @contextmanager
    def _recent(self) -> Iterator[Recent]:
        """Lend a memory of what was seen lately, to one thread at a time."""
        try:
            recent = self._recents.pop()
        except IndexError:
            recent = Recent()
        yield recent
        self._recents.append(recent)  # not where something failed: it may know too much

    def _work(self, tables: Tables, chunk: Words) -> tuple[list[Words], Tally]:
        """Expand a piece of the frontier; return the states that are new."""
        tally = Tally()
        made = self.expansion(chunk, tally, tables).run()
        if self.symmetry is not None and made:
            with self._lock:
                made = [self.symmetry.canonical(np.concatenate(made), self.packing)]
        with self._recent() as recent:
            fresh = self.store.add(*recent.sift(made))
        return fresh, tally

    def _expand_here(self) -> tuple[list[Words], Tally]:
        tables = self.tables()
        fresh: list[Words] = []
        tally = Tally()
        size = CHUNK if self.xp is np else DEVICE_CHUNK
        chunks = [self.frontier[i : i + size] for i in range(0, len(self.frontier), size)]
        try:
            if self.xp is not np:
                self._expand_on_device(chunks, fresh, tally)
            elif self.jobs == 1 or len(chunks) == 1:
                for number, chunk in enumerate(chunks):
                    found, mine = self._work(tables, chunk)
                    fresh += found
                    tally.add(mine)
                    self.tell_progress((number + 1) * CHUNK)
                    self._spill(fresh)
                    self.heed()
            else:
                with ThreadPoolExecutor(self.jobs) as pool:
                    futures = [pool.submit(self._work, tables, chunk) for chunk in chunks]
                    trouble: BaseException | None = None
                    for number, future in enumerate(futures):
                        self.tell_progress(number * CHUNK)
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
        except (Full, Interrupted, Ambiguous, FolderTrouble):
            self._forget(fresh)
            raise
        return fresh, tally

    def _expand_on_device(self, chunks: list[Words], fresh: list[Words], tally: Tally) -> None:
        """Expand the frontier by arrays of another library; put what is new into `fresh`."""
        xp = self.xp

        def follow(now: Any, gains: Any) -> Any:
            return xp.asarray(self._follow(host(now), host(gains)))

        def tell(steps: Steps) -> None:
            words, parts, following = map(host, (steps.words, steps.parts, steps.following))
            self.tell(replace(steps, words=words, parts=parts, following=following))

        # What is needed is found out first, so that the tables are copied but twice.
        tables = self.tables().copied(xp)
        for chunk in chunks:
            self.learn(Expansion(tables, xp.asarray(chunk), tally, follow, xp).needed())
        tables = self.tables().copied(xp)
        for number, chunk in enumerate(chunks):
            expansion = Expansion(tables, xp.asarray(chunk), tally, follow, xp)
            expansion.tell = tell if self.step_heard is not None else None
            made: Any = expansion.run()
            if made:
                made = xp.concat(made)
                if self.symmetry is not None:
                    made = self.symmetry.canonical(np.asarray(host(made)), self.packing)
                fresh += self.store.add(made)
            self.tell_progress((number + 1) * len(chunks[0]))
            self.heed()

    def sent(self) -> Sent:
        """Return what workers elsewhere need to know by now."""
        kinds = enumerate(self.world.kinds)
        heard = {k for k, (row, *_) in kinds if self.world.labels[row] in self.heard_rows}
        ghosts = self.world.ghosts
        return Sent(self.tables(), None if ghosts is None else ghosts.known(), frozenset(heard))

    def tell_progress(self, states: int) -> None:
        """Tell how many states of the frontier are expanded."""
        if self.progress is not None:
            self.progress(self, min(states, len(self.frontier)))

    def _forget(self, fresh: list[Words]) -> None:
        """Take states of an unfinished level out of the store."""
        if not fresh:
            return
        self._restore(_without(self.store.keys(), np.concatenate(fresh)))

    def _restore(self, keys: Words) -> None:
        self._recents = []
        self.store = self._new_store(len(keys))
        self._add_all(keys)

    def restore(
        self, frontier: Words, seen: Words, runs: Iterable[Words], kept: list[Words] | None
    ) -> None:
        """Stand where an earlier search stood: with its frontier, and the states that it has seen.

        `kept` are its levels, if it kept them.
        """
        self.frontier, self.level_words = frontier, None if kept is None else [*kept]
        self.standing = True
        if self.partitions is None:
            self._restore(seen)
            for run in runs:
                self.disk.add(run)
            return
        for held in chain([seen], runs):
            self.partitions.take(np.sort(held), self.packing)
        self.frontier = self.partitions.keep(frontier)
        if kept is not None:
            self.level_words = [self.partitions.keep(words) for words in kept]

    def _levels_held(self) -> list[Level]:
        """Return the levels whose files are needed still."""
        return [one for one in (self.frontier, *(self.level_words or ())) if isinstance(one, Level)]

    def _repack(self) -> None:
        wider, old = Packing.roomy(self.world.counts(), self._extra), self.packing
        if self.partitions is not None:
            run = here if self._workers is None else self._workers.run
            self.frontier, *levels = self.partitions.repack(self._levels_held(), old, wider, run)
            self.level_words = None if self.level_words is None else [*levels]
            self.packing = wider  # not before: workers may be lost
            return
        self.packing = wider
        self._restore(old.repacked(self.store.keys(), wider))
        self.frontier = old.repacked(self.frontier[:], wider)
        runs, self.disk.runs = self.disk.runs, []
        for held in runs:
            self.disk.add(old.repacked(held, wider))
        if self.level_words is not None:
            keep = (lambda w: w) if self.memory is None else self.disk.keep
            self.level_words = [keep(old.repacked(w[:], wider)) for w in self.level_words]


def _without(keys: Words, gone: Words) -> Words:
    """Return keys without some of them."""
    if not len(gone):
        return keys
    gone = np.sort(gone)
    at = np.minimum(np.searchsorted(gone, keys), len(gone) - 1)
    left: Words = keys[gone[at] != keys]
    return left
