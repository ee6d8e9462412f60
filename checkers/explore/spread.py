"""A level's states expanded by workers elsewhere: other processes, or machines.

Belongs here: what is sent to a worker, and what comes back. Never here: how a state is expanded
(`expansion`), which states are new (`partitions`), or who the workers are: that joblib knows.

A worker gets tables, and names of files in a folder that all see: no spec. It reads a piece of the
frontier there and writes the states one step away, each once, by partitions; or, where the tables
do not tell everything that happens in its piece, it says what is missing. Then the owner finds that
out, and the piece is sent again. Only canonical forms need the spec: with symmetry the owner reads
what a worker wrote, and writes it again.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from warnings import catch_warnings, simplefilter

import numpy as np
from joblib import Parallel, delayed, parallel_config

from checkers import workers
from checkers.explore.disk import BLOCK, Level, Stretch, distinct, joined, written
from checkers.explore.expansion import Expansion, Needed, Steps, Tally
from checkers.explore.ghosts import NOTHING, paired
from checkers.explore.partitions import Lost, Partitions, here, split
from checkers.explore.store import Recent, Words
from checkers.explore.tables import Sent

if TYPE_CHECKING:
    from checkers.explore.search import Search

SMALL = 1 << 12
"""A frontier of at most so many states is not worth sending."""
LARGEST = 1 << 18
"""No piece has more states."""


@dataclass
class Piece:
    """What a worker found: `words` and everything else, or else what it is `lacking`.

    `found`: where the words were written, by partitions.
    """

    words: Words
    tally: Tally
    found: list[Stretch] = field(default_factory=list)
    told: list[Steps] = field(default_factory=list)
    needed: list[Needed] = field(default_factory=list)
    pairs: set[int] = field(default_factory=set)

    @property
    def lacking(self) -> bool:
        """Tell whether it has to be sent again."""
        return bool(self.needed or self.pairs)


class _Known(threading.local):
    """What a worker was sent last, so that it is read once for all pieces."""

    name: str = ""
    sent: Sent | None = None


_known = _Known()


def expand(
    name: str, sent: bytes, folder: str, piece: list[Stretch], file: str, partitions: int
) -> Piece:
    """Write what is one step away from some states, by partitions: with none, as it comes.

    `sent` is a `Sent`, pickled, with its name.
    """
    if _known.sent is None or _known.name != name:
        _known.name, _known.sent = name, pickle.loads(sent)
    made = expanded(_known.sent, joined(folder, piece))
    if len(made.words):
        if partitions:
            packing = _known.sent.tables.packing
            made.found = split(folder, file, made.words, packing, partitions)
        else:
            made.found = [written(folder, file, made.words)]
        made.words = made.words[:0]
    return made


def expanded(sent: Sent, words: Words) -> Piece:
    """Return what is one step away from some states, sorted, each once."""
    piece = Piece(np.empty(0, np.uint64), Tally())

    def follow(now: Any, gains: Any) -> Any:
        assert sent.following is not None
        pairs, after = sent.following
        some = np.flatnonzero(gains != NOTHING)
        wanted = paired(now[some], gains[some])
        at = np.minimum(np.searchsorted(pairs, wanted), max(0, len(pairs) - 1))
        known = pairs[at] == wanted if len(pairs) else np.zeros(len(wanted), bool)
        piece.pairs.update(np.unique(wanted[~known]).tolist())
        following = now.copy()
        following[some[known]] = after[at[known]]
        return following

    def tell(steps: Steps) -> None:
        kinds = sent.tables.nodes[steps.me].kinds[steps.event]
        if isinstance(kinds, int):
            wanted = kinds in sent.heard
        else:
            wanted = bool(sent.heard & set(np.unique(kinds.take(steps.parts)).tolist()))
        if wanted:
            piece.told.append(steps)

    expansion = Expansion(sent.tables, words, piece.tally, follow)
    piece.needed = expansion.needed()
    if piece.needed:
        return piece
    if sent.heard:
        expansion.tell = tell
    keys, _ = Recent().sift(expansion.run())
    if piece.pairs:
        return Piece(np.empty(0, np.uint64), Tally(), pairs=piece.pairs)
    piece.words = distinct(np.sort(keys))
    return piece


class Workers:
    """The workers of one search; they are there within `with`, from one level to the next."""

    def __init__(self, jobs: int, backend: str) -> None:
        """Prepare; `backend` is a name that joblib knows."""
        self.jobs, self.backend = jobs, backend
        self._stack = ExitStack()
        self._parallel: Any = None
        self._name = uuid4().hex
        """Nobody else's, at no time: a worker may outlive a search, and keeps what it was sent."""
        self._asked = 0

    def __enter__(self) -> Workers:
        if self.backend == workers.FORK:
            workers.register()
        self._stack.enter_context(parallel_config(backend=self.backend))
        self._parallel = self._stack.enter_context(_parallel(self.jobs))
        return self

    def __exit__(self, *trouble: Any) -> None:
        self._stack.__exit__(*trouble)

    def run(
        self, task: Callable[..., Any], calls: list[tuple[Any, ...]], states: int
    ) -> Iterator[Any]:
        """Do a task with each of some arguments; yield what is returned, in their order.

        Raises `Lost` where a worker ended.
        """
        if states <= SMALL:
            yield from here(task, calls)
            return
        results: Any = None
        try:
            # A worker that ended while it had nothing to do is met here.
            results = self._parallel(delayed(task)(*call) for call in calls)
            for result in results:  # noqa: UP028  # else they are closed before what follows
                yield result
        except BrokenExecutor as error:
            raise Lost(str(error)) from error
        except Exception as error:
            # Backends tell of a lost worker by classes of their own; ours, and mistakes, go on.
            if type(error).__module__.split(".")[0] in ("builtins", "checkers", "numpy"):
                raise
            raise Lost(f"{type(error).__name__}: {error}") from error
        finally:
            with catch_warnings():
                # joblib warns of what is given up, which an interrupt is for.
                simplefilter("ignore")
                getattr(results, "close", bool)()

    def level(self, search: Search, store: Partitions) -> tuple[Level, Tally]:
        """Expand the frontier; return what is new, which the store has still to commit."""
        try:
            return self._level(search, store)
        except (Lost, KeyboardInterrupt):
            search.heed()  # a key may reach the workers, too, and end them first
            raise

    def _level(self, search: Search, store: Partitions) -> tuple[Level, Tally]:
        ghosts, symmetry, tally = search.world.ghosts, search.symmetry, Tally()
        turn, found = store.turn(search.depth), []
        waiting, done = self._pieces(search.frontier), 0
        while waiting:
            self._asked += 1
            name = f"{self._name} {self._asked}"
            sent = pickle.dumps(search.sent(), protocol=pickle.HIGHEST_PROTOCOL)
            ways = 0 if symmetry is not None else store.ways
            calls = [
                (name, sent, store.folder, piece, f"{turn}.{self._asked}.{i}", ways)
                for i, piece in enumerate(waiting)
            ]
            again: list[list[Stretch]] = []
            needed: list[Needed] = []
            pairs: set[int] = set()
            states = sum(len(s) for piece in waiting for s in piece)
            for piece, got in zip(waiting, self.run(expand, calls, states), strict=True):
                if got.lacking:
                    again.append(piece)
                    needed += got.needed
                    pairs |= got.pairs
                    continue
                for steps in got.told:
                    search.tell(steps)
                if symmetry is not None:
                    found += _canonical(search, store, got.found)
                elif got.found:
                    found.append(got.found)
                tally.add(got.tally)
                done += sum(map(len, piece))
                search.tell_progress(done)
                search.heed()
            search.learn(needed)
            if ghosts is not None:
                ghosts.learn(pairs)
                search.packing.check(search.world.counts())
            waiting = again
        return store.new(found, search.depth, self.run, search.heed), tally

    def _pieces(self, frontier: Words | Level) -> list[list[Stretch]]:
        """Return a frontier in pieces, a few for each worker: so none waits long for another."""
        assert isinstance(frontier, Level)
        size = min(LARGEST, max(1, -(-len(frontier) // (4 * self.jobs))))
        return [frontier.cut(at, at + size) for at in range(0, len(frontier), size)]


def _canonical(search: Search, store: Partitions, found: list[Stretch]) -> list[list[Stretch]]:
    """Return where the canonical forms of states are, by partitions."""
    assert search.symmetry is not None
    states, made, size = Level(store.folder, found), [], BLOCK >> 2
    for at in range(0, len(states), size):
        words = search.symmetry.canonical(states[at : at + size], search.packing)
        made.append(store.split(distinct(np.sort(words)), search.packing, search.depth))
    return made


def _parallel(jobs: int) -> Any:
    try:
        return Parallel(n_jobs=jobs, return_as="generator")
    except ValueError:  # workers that give all results at once
        return Parallel(n_jobs=jobs)
