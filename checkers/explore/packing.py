"""A whole state as one word of 64 bits, and the parts that it is made of.

Belongs here: where in a word each part stands. Never here: what a part is (`parts`), or steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checkers.explore.store import Words

BITS = 63


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

    def parts(self, words: Any, node: int, xp: Any = np) -> Any:
        """Return the numbers of a node's parts; the words are an array of `xp`."""
        return self._digit(words, node, self.radices[node], xp)

    def count(self, words: Any, xp: Any = np) -> Any:
        """Return the counts of crashes."""
        return xp.astype(words // self.weights[-1], xp.int64)

    def _digit(self, words: Any, place: int, radix: int, xp: Any) -> Any:
        weight = self.weights[place]
        if self.shifting:
            return xp.astype((words >> (weight.bit_length() - 1)) & (radix - 1), xp.int64)
        return xp.astype(words // weight % radix, xp.int64)

    def moved(self, words: Any, node: int, before: Any, after: Any, xp: Any = np) -> Any:
        """Return states with other parts of a node."""
        return words + xp.astype(after - before, xp.uint64) * self.weights[node]

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
