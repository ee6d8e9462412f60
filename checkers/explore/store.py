"""The states seen so far: a hash set of whole states, in arrays.

Belongs here: telling the new from the known. Never here: what a state is.

Open addressing with linear probing, for a whole batch at once. What is compared is the whole state
and never a part of it, so that no state is lost by chance. Partitions, each with a lock, let
several threads add at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

Words = np.ndarray[Any, np.dtype[np.uint64]]

VACANT = np.uint64(0xFFFFFFFFFFFFFFFF)
"""No state: a state has at most 63 bits."""
_MIX = np.uint64(0x9E3779B97F4A7C15)
_FULLEST, _GROWTH = 0.65, 1.3
"""At most so full is a table; then it grows by so much: 12.3 to 16 bytes for a state."""
RECENT_BITS = 19
_FOLD, _HALF = np.uint64(31), np.uint64(32)


class Table:
    """One hash set."""

    def __init__(self, size: int = 1 << 12) -> None:
        """Begin empty, with so many slots."""
        self.count = 0
        self._reserve(size)

    def _reserve(self, size: int) -> None:
        self.slots: Words = np.full(size, VACANT, np.uint64)

    def _places(self, hashes: Words) -> Any:
        """Return the slots where to look first: the upper half of the hash, scaled."""
        return (((hashes >> _HALF) * np.uint64(len(self.slots))) >> _HALF).astype(np.int64)

    def _next(self, at: Any) -> Any:
        following = at + 1
        following[following == len(self.slots)] = 0
        return following

    def keys(self) -> Words:
        """Return what it holds, in no order."""
        held: Words = self.slots[self.slots != VACANT]
        return held

    def clear(self) -> None:
        """Forget everything, and keep the room."""
        self.slots.fill(VACANT)
        self.count = 0

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""
        return int(self.slots.nbytes)

    def add(self, keys: Words, hashes: Words) -> Words:
        """Add what is new of `keys`, and return it, each once."""
        fresh: list[Words] = []
        step = 1 << 17
        for at in range(0, len(keys), step):
            part, hashed = keys[at : at + step], hashes[at : at + step]
            while self.count + len(part) > _FULLEST * len(self.slots):
                sample = self._known(part, hashed)
                part, hashed = part[~sample], hashed[~sample]
                if self.count + len(part) > _FULLEST * len(self.slots):
                    self._grow()
            fresh += self._add(part, hashed)
        return np.concatenate(fresh) if fresh else np.empty(0, np.uint64)

    def _known(self, keys: Words, hashes: Words) -> Any:
        """Tell which keys it holds."""
        at = self._places(hashes)
        known = np.zeros(len(keys), bool)
        left = np.arange(len(keys))
        while len(left):
            held = self.slots[at]
            same = held == keys[left]
            known[left[same]] = True
            on = ~same & (held != VACANT)
            left, at = left[on], self._next(at[on])
        return known

    def contains(self, keys: Words) -> Any:
        """Tell which keys it holds."""
        return self._known(keys, mixed(keys))

    def _grow(self) -> None:
        """Move to a larger table.

        Keys lie nearly in the order of their hashes. So each stretch of old slots between two
        vacant ones, sorted, goes to a stretch of new ones, one key after the other: memory is
        read and written in order, and no key is looked for.
        """
        old = self.slots
        self._reserve(int(len(old) * _GROWTH) + 1)
        gaps = np.flatnonzero(old[: 1 << 12] == VACANT)
        first = int(gaps[0]) if len(gaps) else -1
        if first < 0:  # not one in the first thousands is vacant: as if new
            self._refill(old[old != VACANT])
            return
        at, last = first, -1
        late = [old[:first]]  # these may have been displaced from the end
        while at < len(old):
            end = min(at + (1 << 18), len(old))
            while end < len(old) and old[end] != VACANT:
                end += 1
            keys = old[at:end]
            keys = keys[keys != VACANT]
            at = end
            if not len(keys):
                continue
            places = self._places(mixed(keys))
            order = np.argsort(places, kind="stable")
            count = np.arange(len(keys))
            # Each goes to its place, or to the first slot after the one before it.
            start = places[order] - count
            start[0] = max(start[0], last + 1)
            places = np.maximum.accumulate(start) + count
            fits = places < len(self.slots)
            self.slots[places[fits]] = keys[order[fits]]
            late.append(keys[order[~fits]])
            last = int(places[-1])
        moved = np.concatenate(late)
        self.count -= len(moved)
        self._refill(moved, keep=self.count)

    def _refill(self, keys: Words, keep: int = 0) -> None:
        self.count = keep
        for at in range(0, len(keys), 1 << 17):
            part = keys[at : at + (1 << 17)]
            self._add(part, mixed(part))

    def _add(self, keys: Words, hashes: Words) -> list[Words]:
        """Add a batch for which there is room."""
        slots, fresh = self.slots, []
        at = self._places(hashes)
        held = slots.take(at)
        left = np.flatnonzero(held != keys)
        keys, at, held = keys.take(left), at.take(left), held.take(left)
        while len(keys):
            vacant = held == VACANT
            here = np.flatnonzero(vacant)
            if len(here):
                room = at.take(here)
                # Of all that want one slot the last to write its number here gets it.
                size = max(64, 1 << int(2 * len(here) - 1).bit_length())
                claims = np.empty(size, np.int64)
                cell = room & (size - 1)
                claims[cell] = here
                won = here[claims.take(cell) == here]
                slots[at.take(won)] = keys.take(won)
                fresh.append(keys.take(won))
                self.count += len(won)
            at = np.where(vacant, at, self._next(at))
            held = slots.take(at)
            left = np.flatnonzero(held != keys)
            keys, at, held = keys.take(left), at.take(left), held.take(left)
        return fresh


def mixed(keys: Words) -> Words:
    """Return hashes, all bits of which depend on the lower ones of the keys."""
    return (keys ^ (keys >> _FOLD)) * _MIX


class Recent:
    """The states that one thread met lately: most that come are among these.

    Each slot holds the last state of those that share it. So it forgets, and it is small enough for
    a processor's own memory. Who asks it must add to the store what it does not know, and must drop
    it where states are taken out of the store.
    """

    def __init__(self, bits: int = RECENT_BITS) -> None:
        """Begin empty, with as many slots as so many bits tell apart."""
        self._slots: Words = np.full(1 << bits, VACANT, np.uint64)
        self._shift = np.uint64(64 - bits)

    def sift(self, made: list[Words]) -> tuple[Words, Words]:
        """Return those that it has not met, with their hashes; one may come several times."""
        found: list[Words] = [np.empty(0, np.uint64)]
        hashed: list[Words] = [found[0]]
        for keys in _batches(made):
            hashes = mixed(keys)
            at = (hashes >> self._shift).astype(np.int64)
            new = np.flatnonzero(self._slots.take(at) != keys)
            keys, at = keys.take(new), at.take(new)
            self._slots[at] = keys
            found.append(keys)
            hashed.append(hashes.take(new))
        return np.concatenate(found), np.concatenate(hashed)


def _batches(arrays: list[Words], size: int = 1 << 16) -> Iterator[Words]:
    """Yield the same numbers in arrays of about `size`."""
    waiting: list[Words] = []
    for array in arrays:
        waiting.append(array)
        if sum(map(len, waiting)) >= size:
            yield np.concatenate(waiting)
            waiting = []
    if waiting:
        yield np.concatenate(waiting)


class Store:
    """Partitions of a set of states."""

    def __init__(self, partitions: int = 1, room: int = 0) -> None:
        """Begin empty; `partitions` is a power of two. There is room for so many states.

        Who adds the states of another store has to say how many: they come in the order of their
        hashes, and the first of them would all crowd at the beginning of a table that is small.
        """
        size = max(1 << 12, int(room / partitions / _FULLEST * 1.1))
        self.tables = [Table(size) for _ in range(partitions)]
        self.locks = [threading.Lock() for _ in range(partitions)]

    @property
    def count(self) -> int:
        """How many states there are."""
        return sum(t.count for t in self.tables)

    @property
    def nbytes(self) -> int:
        """How much memory they take."""
        return sum(t.nbytes for t in self.tables)

    def keys(self) -> Words:
        """Return all states, in no order."""
        return np.concatenate([t.keys() for t in self.tables])

    def add(self, keys: Words, hashes: Words | None = None) -> list[Words]:
        """Add states, and return those that are new, each once; `hashes` are theirs, if known."""
        if hashes is None:
            hashes = mixed(keys)
        if len(self.tables) == 1:
            with self.locks[0]:
                return [self.tables[0].add(keys, hashes)]
        found = []
        place = (hashes & np.uint64(len(self.tables) - 1)).astype(np.uint8)
        waiting = []
        for number in range(len(self.tables)):
            at = np.flatnonzero(place == number)
            if len(at):
                waiting.append((number, keys.take(at), hashes.take(at)))
        while waiting:
            # Whichever partition nobody else is busy with.
            for one in waiting:
                if self.locks[one[0]].acquire(blocking=False):
                    break
            else:
                one = waiting[0]
                self.locks[one[0]].acquire()
            try:
                found.append(self.tables[one[0]].add(one[1], one[2]))
            finally:
                self.locks[one[0]].release()
            waiting = [w for w in waiting if w is not one]
        return found
