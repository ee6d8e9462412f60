"""The states seen, by partitions that nobody holds: files, and a task for whoever is free.

Belongs here: which partition a state belongs to, telling the new from the known in one of them, and
what its owner keeps account of. Never here: how a state is expanded, or who does the tasks
(`spread`).

A level goes two ways. Whoever expands a piece of it writes what is one step away, by partitions,
sorted. Then there is a task for each partition: it merges what all pieces have for it, leaves out
what the partition's runs hold, and writes the rest: the partition's states of the next level, and a
run more. Runs are merged as they become many, so that each is at least twice as long as the next.

A task reads files that nobody changes and writes files with names of its own, so that a task that
is done twice, or by two at once, does no harm. What it wrote counts when its level is finished:
until then the owner knows what was there before, and all of that is still there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from checkers.explore.disk import BLOCK, Disk, Level, Stretch, merged, told, without, writing
from checkers.explore.packing import Packing
from checkers.explore.store import Words, mixed

PER_WORKER = 2
"""So many partitions for each worker: none waits long for another."""
_ODD = 0x9E3779B97F4A7C15
_HALF = np.uint64(32)

Run = Callable[[Callable[..., Any], list[tuple[Any, ...]], int], Iterator[Any]]
"""Does a task with each of some arguments, and yields what is returned; says how many states."""


class Lost(Exception):
    """A worker ended before its work did; the text says how."""


def here(task: Callable[..., Any], calls: list[tuple[Any, ...]], _states: int = 0) -> Iterator[Any]:
    """Do tasks one after the other, in this process."""
    for call in calls:
        yield task(*call)


# ---------------------------------------------------------------- tasks, for any process


def placed(words: Words, packing: Packing, count: int) -> Any:
    """Return which of so many partitions each state belongs to.

    By its parts' numbers, which stay: so it belongs there however states are packed.
    """
    made = np.zeros(len(words), np.uint64)
    for node in range(len(packing.radices)):
        odd = np.uint64(pow(_ODD, node + 1, 1 << 64))
        made += packing.parts(words, node).astype(np.uint64) * odd
    return (((mixed(made) >> _HALF) * np.uint64(count)) >> _HALF).astype(np.uint16)


def split(folder: str, file: str, words: Words, packing: Packing, count: int) -> list[Stretch]:
    """Write sorted states by partitions, and return where those of each are."""
    place = placed(words, packing, count)
    order = np.argsort(place, kind="stable")
    with writing(folder, file) as write:
        write(words.take(order))
    ends = np.cumsum(np.bincount(place, minlength=count)).tolist()
    return [Stretch(file, len(words), a, b) for a, b in zip([0, *ends], ends, strict=False)]


@dataclass
class Merged:
    """Of a partition: its new states, and all its runs, these among them."""

    fresh: Stretch
    runs: list[Stretch]


def merge(folder: str, file: str, found: list[Stretch], runs: list[Stretch]) -> Merged:
    """Find out which states of a partition are new."""
    known = [run.read(folder) for run in runs]
    with writing(folder, file) as write:
        count = 0
        for block in merged([s.read(folder) for s in found]):
            new = without(block, known)
            count += len(new)
            write(new)
    fresh = Stretch(file, count, 0, count)
    if not count:
        return Merged(fresh, runs)
    left, together = list(runs), [fresh]
    while left and len(left[-1]) < 2 * sum(map(len, together)):
        together.append(left.pop())
    if len(together) > 1:
        count, file = sum(map(len, together)), f"{file}.run"
        with writing(folder, file) as write:
            for block in merged([s.read(folder) for s in together]):
                write(block)
        together = [Stretch(file, count, 0, count)]
    return Merged(fresh, [*left, *together])


def repack(folder: str, old: Stretch, file: str, before: Packing, after: Packing) -> Stretch:
    """Write the same states in another packing; they stay sorted, as digits keep their places."""
    words = old.read(folder)
    with writing(folder, file) as write:
        for at in range(0, len(words), BLOCK):
            write(before.repacked(words[at : at + BLOCK], after))
    return Stretch(file, len(words), 0, len(words))


# ---------------------------------------------------------------- the owner


class Partitions:
    """What the owner knows of all partitions: which files are theirs."""

    def __init__(self, disk: Disk, count: int) -> None:
        """Begin empty, with so many partitions in a folder."""
        self.ways, self._disk = count, disk
        self.runs: list[list[Stretch]] = [[] for _ in range(count)]
        self._found = self.runs
        self._turn = 0

    @property
    def folder(self) -> str:
        """Return where the files are."""
        return self._disk.folder

    @property
    def count(self) -> int:
        """How many states there are."""
        return sum(len(run) for runs in self.runs for run in runs)

    @property
    def nbytes(self) -> int:
        """How much of the disk they take."""
        return 8 * self.count

    def all_runs(self) -> list[Words]:
        """Return the states of all partitions, each array a file, read where it is looked at."""
        return [run.read(self.folder) for runs in self.runs for run in runs]

    def turn(self, depth: int) -> str:
        """Return a new beginning for names of files."""
        self._turn += 1
        return f"level{depth}.{self._turn}"

    def new(
        self,
        found: list[list[Stretch]],
        depth: int,
        run: Run = here,
        heed: Callable[[], object] = bool,
    ) -> Level:
        """Find out what is new of what several files have for each partition.

        It belongs to the states seen from `commit` on. `heed` is called between two partitions.
        """
        turn = self.turn(depth)
        by_partition = [[s for s in column if len(s)] for column in zip(*found, strict=True)]
        asked = [number for number, column in enumerate(by_partition) if column]
        calls = [
            (self.folder, f"{turn}.{number}", by_partition[number], self.runs[number])
            for number in asked
        ]
        states = sum(len(s) for column in by_partition for s in column)
        runs, fresh = list(self.runs), []
        for number, got in zip(asked, run(merge, calls, states), strict=True):
            runs[number] = got.runs
            fresh.append(got.fresh)
            heed()
        self._found = runs
        return Level(self.folder, fresh)

    def commit(self) -> None:
        """Take what was found new last among the states seen."""
        self.runs = self._found

    def take(self, words: Words, packing: Packing, depth: int = 0) -> Level:
        """Add states that are in memory, sorted, each once; return what is new."""
        found = self.new([self.split(words, packing, depth)], depth)
        self.commit()
        return found

    def split(self, words: Words, packing: Packing, depth: int) -> list[Stretch]:
        """Write sorted states, by partitions."""
        return split(self.folder, self.turn(depth), words, packing, self.ways)

    def keep(self, words: Words) -> Level:
        """Write a level's states that are in memory."""
        with writing(self.folder, file := self.turn(0)) as write:
            write(words)
        return Level(self.folder, [Stretch(file, len(words), 0, len(words))])

    def repack(self, levels: list[Level], before: Packing, after: Packing, run: Run) -> list[Level]:
        """Have everything packed otherwise, and return these levels so."""
        held = [s for runs in self.runs for s in runs] + [
            s for one in levels for s in one.stretches
        ]
        whole = {s.file: Stretch(s.file, s.size, 0, s.size) for s in held}
        turn = self.turn(0)
        calls = [
            (self.folder, s, f"{turn}.{i}", before, after) for i, s in enumerate(whole.values())
        ]
        made = dict(zip(whole, run(repack, calls, sum(map(len, whole.values()))), strict=True))

        def moved(stretches: list[Stretch]) -> list[Stretch]:
            return [Stretch(made[s.file].file, s.size, s.low, s.high) for s in stretches]

        self.runs = [moved(runs) for runs in self.runs]
        return [Level(self.folder, moved(one.stretches)) for one in levels]

    def drop(self, levels: list[Level]) -> None:
        """Remove all files but those of the runs and of these levels."""
        held = {s.file for runs in self.runs for s in runs}
        held |= {s.file for one in levels for s in one.stretches}
        with told(self.folder):
            for path in Path(self.folder).iterdir():
                # Those with a dot are being written, perhaps by somebody who was given up.
                if path.name not in held and not path.name.startswith("."):
                    path.unlink(missing_ok=True)
