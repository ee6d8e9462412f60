"""States in files of a folder: what outgrows memory, and what several processes or machines read.

Belongs here: writing, reading and merging files of words. Never here: which states they are, or
who asks for them.

A file holds words of 64 bits and nothing else, and is never changed: it is written under another
name and takes its own when it is whole. So whoever writes it twice, as workers may whose first try
was given up, leaves the same. What a file should hold is known to whoever names it; one that is
shorter is refused, so that no state is lost with it.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from checkers.explore.store import Words
from checkers.writing import replacing

WORD = np.dtype("<u8")
BLOCK = 1 << 20
"""About so many words are held at once by whoever merges."""
SPARSE = 256
"""Of a run that has so many times as many words as are looked for, not all are read."""


class FolderTrouble(Exception):
    """A folder cannot be used; the text says which, on which machine, and why."""


@contextmanager
def told(folder: str) -> Iterator[None]:
    """Say where and why a folder cannot be used."""
    try:
        yield
    except OSError as error:
        place = error.filename or folder
        raise FolderTrouble(f"{place}, on {socket.gethostname()}: {error.strerror}") from None


@dataclass(frozen=True)
class Stretch:
    """Words in a file that has `size`: those from `low` to before `high`."""

    file: str
    size: int
    low: int
    high: int

    def __len__(self) -> int:
        """Return how many there are."""
        return self.high - self.low

    def read(self, folder: str) -> Words:
        """Return them as an array that is read where it is looked at."""
        path = Path(folder) / self.file
        with told(folder):
            have = path.stat().st_size
            if have != self.size * WORD.itemsize:
                raise OSError(0, f"it has {have:,} bytes of {self.size * 8:,}", str(path))
            if not self.size:
                return np.empty(0, np.uint64)
            held = np.memmap(path, WORD, "r")
        return held.view(np.ndarray)[self.low : self.high]


Write = Callable[[Words], None]


@contextmanager
def writing(folder: str, file: str) -> Iterator[Write]:
    """Yield what adds words to a new file, which is there once it is whole."""
    with told(folder), replacing(Path(folder) / file) as opened:
        yield lambda words: _to(opened, words)


def _to(opened: Any, words: Words) -> None:
    opened.write(np.ascontiguousarray(words, WORD).data)


def written(folder: str, file: str, words: Words) -> Stretch:
    """Write a file, and return what it holds."""
    with writing(folder, file) as write:
        write(words)
    return Stretch(file, len(words), 0, len(words))


class Level:
    """States that lie in files, seen as one array: it can be measured, cut, and read as a whole."""

    def __init__(self, folder: str, stretches: list[Stretch]) -> None:
        """Name the files."""
        self.folder, self.stretches = folder, [s for s in stretches if len(s)]

    def __len__(self) -> int:
        """Return how many states there are."""
        return sum(map(len, self.stretches))

    def cut(self, low: int, high: int) -> list[Stretch]:
        """Return where the states from `low` to before `high` are."""
        found, at = [], 0
        for s in self.stretches:
            begin, end = max(low - at, 0), min(high - at, len(s))
            if begin < end:
                found.append(Stretch(s.file, s.size, s.low + begin, s.low + end))
            at += len(s)
        return found

    def __getitem__(self, which: slice) -> Words:
        """Return some states, copied into memory."""
        low, high, _ = which.indices(len(self))
        return joined(self.folder, self.cut(low, high))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Words:
        """Return all states, copied into memory."""
        return self[:]


def blocks(states: Words | Level) -> Iterator[Words]:
    """Yield arrays of a level's states: what is in memory at once, what is in files bit by bit."""
    if not isinstance(states, Level):
        yield states
        return
    for at in range(0, len(states), BLOCK >> 2):
        yield states[at : at + (BLOCK >> 2)]


def joined(folder: str, stretches: list[Stretch]) -> Words:
    """Return what several files hold, in memory; no file stays mapped."""
    parts = [np.empty(0, np.uint64)]
    for s in stretches:
        with told(folder):
            path = Path(folder) / s.file
            parts.append(np.fromfile(path, WORD, len(s), offset=s.low * WORD.itemsize))
        if len(parts[-1]) != len(s):
            raise FolderTrouble(f"{path}, on {socket.gethostname()}: words are missing")
    return np.concatenate(parts)


def distinct(words: Words) -> Words:
    """Return sorted words, each once."""
    first = np.ones(len(words), bool)
    np.not_equal(words[1:], words[:-1], out=first[1:])
    return words[first]


def merged(arrays: list[Words], block: int = BLOCK) -> Iterator[Words]:
    """Yield what sorted arrays hold, ascending, each once, in arrays of about `block` words."""
    arrays = [a for a in arrays if len(a)]
    ways = -(-sum(map(len, arrays)) // block)
    if not ways:
        return
    # Of each array a word now and then tells where the whole has to be cut.
    sample = np.sort(np.concatenate([a[:: max(1, block // 64)] for a in arrays]))
    bounds = np.unique(sample[np.arange(1, ways) * len(sample) // ways])
    cuts = [[0, *np.searchsorted(a, bounds).tolist(), len(a)] for a in arrays]
    for way in range(len(bounds) + 1):
        both = np.concatenate([a[c[way] : c[way + 1]] for a, c in zip(arrays, cuts, strict=True)])
        both.sort(kind="stable")  # which takes what is sorted already as it is
        if len(both):
            yield distinct(both)


def without(keys: Words, runs: list[Words], block: int = BLOCK) -> Words:
    """Return, of sorted keys, those that no sorted run holds."""
    for run in runs:
        if not len(keys):
            break
        begin = int(np.searchsorted(run, keys[0], "left"))
        end = int(np.searchsorted(run, keys[-1], "right"))
        step = max(1, end - begin) if end - begin > SPARSE * len(keys) else block
        known = np.zeros(len(keys), bool)
        for at in range(begin, end, step):
            held = run[at : min(at + step, end)]
            low, high = np.searchsorted(keys, held[[0, -1]], "left")
            part = keys[low : high + 1]
            place = np.minimum(np.searchsorted(held, part), len(held) - 1)
            known[low : high + 1] |= held[place] == part
        keys = keys[~known]
    return keys


class Disk:
    """A folder of its own for files of words, which is gone when this is."""

    def __init__(self, within: Path | None = None, block: int = BLOCK) -> None:
        """Name the folder that it is made in; it is made when something is kept."""
        self._within, self._block = within, block
        self._folder = ""
        self._end: Callable[[], Any] = bool
        self._made = 0
        self.runs: list[Words] = []
        """Sorted states, each array a file that is read where it is looked at."""

    @property
    def folder(self) -> str:
        """Return the folder."""
        if not self._folder:
            within = tempfile.gettempdir() if self._within is None else str(self._within.absolute())
            with told(within):
                self._folder = tempfile.mkdtemp(prefix="oathbound-explore-", dir=within)
            self._end = weakref.finalize(self, _remove, self._folder, os.getpid())
        return self._folder

    def close(self) -> None:
        """Remove the folder, if it was made; what it held is gone."""
        self._end()

    def keep(self, words: Words) -> Words:
        """Write an array, and return it as a file that is read where it is looked at."""
        self._made += 1
        return written(self.folder, f"run{self._made}", words).read(self.folder)

    def add(self, keys: Words) -> None:
        """Add a run; the keys need not be sorted."""
        if len(keys):
            self.runs.append(self.keep(np.sort(keys)))

    def without(self, keys: Words) -> Words:
        """Return, of sorted keys, those that no run holds; each run is read once."""
        return without(keys, self.runs, self._block)


def _remove(folder: str, owner: int) -> None:
    """Remove a folder, if this is the process that made it and not a copy."""
    if os.getpid() == owner:
        # Under another name nobody adds to it, who was given up and is at work still.
        with suppress(OSError):
            os.rename(folder, f"{folder}.over")
        shutil.rmtree(f"{folder}.over", ignore_errors=True)
