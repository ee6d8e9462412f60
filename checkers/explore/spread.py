"""A level's states expanded by workers elsewhere: other processes, or machines.

Belongs here: what is sent to a worker, and what comes back. Never here: how a state is expanded
(`expansion`), which states are new (`store`), or who the workers are: that joblib knows.

A worker gets tables and a piece of the frontier: arrays alone, no spec. It returns the states one
step away, each once; or, where the tables do not tell everything that happens in its piece, what is
missing. Then its owner finds that out, and the piece is sent again. Which states are new only the
owner knows: it holds all that were seen, by partitions.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4
from warnings import catch_warnings, simplefilter

import numpy as np
from joblib import Parallel, delayed, parallel_config
from joblib.parallel import BACKENDS, EXTERNAL_BACKENDS

from checkers import workers
from checkers.explore.expansion import Expansion, Needed, Steps, Tally
from checkers.explore.ghosts import NOTHING, paired
from checkers.explore.store import Recent, Store, Words
from checkers.explore.tables import Sent

SMALL = 1 << 12
"""A frontier of at most so many states is not worth sending."""
LARGEST = 1 << 18
"""No piece has more states."""


@dataclass
class Piece:
    """What a worker found: `words` and everything else, or else what it is `lacking`."""

    words: Words
    tally: Tally
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


def expand(name: str, sent: bytes, words: Words) -> Piece:
    """Return what is one step away from some states; `sent` is a `Sent`, pickled, with its name."""
    if _known.sent is None or _known.name != name:
        _known.name, _known.sent = name, pickle.loads(sent)
    return expanded(_known.sent, words)


def expanded(sent: Sent, words: Words) -> Piece:
    """Return what is one step away from some states."""
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
    keys, hashes = Recent().sift(expansion.run())
    if piece.pairs:
        return Piece(np.empty(0, np.uint64), Tally(), pairs=piece.pairs)
    piece.words = np.concatenate([*Store(room=len(keys)).add(keys, hashes), keys[:0]])
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

    def are_worth(self, states: int) -> bool:
        """Tell whether a frontier of so many states is sent."""
        return states > SMALL

    def pieces(self, frontier: Words) -> list[Words]:
        """Return a frontier in pieces, a few for each worker: so none waits long for another."""
        size = min(LARGEST, max(1, -(-len(frontier) // (4 * self.jobs))))
        return [frontier[at : at + size] for at in range(0, len(frontier), size)]

    def run(self, sent: Sent, chunks: list[Words]) -> Iterator[Piece]:
        """Yield what is found in each piece of a frontier, in their order."""
        self._asked += 1
        name = f"{self._name} {self._asked}"
        packed = pickle.dumps(sent, protocol=pickle.HIGHEST_PROTOCOL)
        results = self._parallel(delayed(expand)(name, packed, chunk) for chunk in chunks)
        try:
            for piece in results:  # noqa: UP028  # else they are closed before what follows
                yield piece
        finally:
            with catch_warnings():
                # joblib warns of what is given up, which an interrupt is for.
                simplefilter("ignore")
                getattr(results, "close", bool)()


def _parallel(jobs: int) -> Any:
    try:
        return Parallel(n_jobs=jobs, return_as="generator")
    except ValueError:  # workers that give all results at once
        return Parallel(n_jobs=jobs)


def backends() -> list[str]:
    """Return the names of all kinds of workers that there are by now."""
    workers.register()
    return sorted({*BACKENDS, *EXTERNAL_BACKENDS})
