"""Every value of a bounded sort as one whole number, its *code*.

Belongs here: how many codes a sort has, from values to codes and back. Never here: expressions.

==========  =====================================================================================
sum, range  the place among its leaves; the number itself
atom        the place among its names
order       the number; owned: 0 for zero, else `1 + (round - 1) * nodes + owner`
struct      mixed radix, the first part counting most, so that codes compare as structs do
set         a bit for each element
map         mixed radix, a digit for each key; 0 is the default everywhere
maybe       0 for nothing, else 1 + the code
==========  =====================================================================================

What a rule computes may lie beyond the bounds: a fresh term above the last, or the owner of zero,
which is nobody. Such values have codes too (`spare`: so many values more of each order, and one
node more), so that comparisons with them mean what they should; `inside` tells them apart, and
what holds one is never stored. A code needs at most 62 bits.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from model.bounds import Bounds
from model.lang.sorts import (
    NODE,
    AtomSort,
    BoolSort,
    MapSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)

MOST_BITS = 62


class TooLarge(Exception):
    """The values of a sort are too many to be numbered within these bounds."""

    def __init__(self, sort: Sort, bits: int) -> None:
        """Name the sort."""
        super().__init__(f"a value of {sort} needs {bits} bits, and there are {MOST_BITS}")


class Codes:
    """The codes of all sorts within some bounds."""

    def __init__(self, bounds: Bounds, spare: int = 1, nobody: bool = False) -> None:
        """Number values; `spare` more of each order, and `nobody` beside the nodes if so."""
        self.bounds, self.spare, self.nobody = bounds, spare, nobody
        self.nodes = len(bounds.nodes)
        self.size = cache(self._size)
        self._places: dict[Sort, dict[Any, int]] = {}

    def _size(self, sort: Sort) -> int:
        """Return how many codes a sort has, those beyond the bounds included."""
        match sort:
            case BoolSort():
                made = 2
            case SumSort():
                made = len(sort.leaves)
            case RangeSort():
                made = sort.top + 1
            case AtomSort():
                made = len(self.bounds.names(sort)) + (sort == NODE and self.nobody)
            case OrderSort(owned=True):
                made = 1 + (self.bounds.tops[sort.name] + self.spare) * self.nodes
            case OrderSort():
                made = 1 + self.bounds.tops[sort.name] + self.spare
            case StructSort():
                made = 1
                for _, part in sort.parts:
                    made *= self.size(part)
            case SetSort():
                made = 1 << self.size(sort.of)
            case MapSort():
                made = self.size(sort.to) ** self.size(sort.key)
            case MaybeSort():
                made = 1 + self.size(sort.of)
            case _:
                raise TypeError(str(sort))
        if made.bit_length() > MOST_BITS:
            raise TooLarge(sort, made.bit_length())
        return made

    def weights(self, sort: StructSort) -> dict[str, tuple[int, int]]:
        """Return for each part what it counts, and how many codes it has."""
        found: dict[str, tuple[int, int]] = {}
        weight = 1
        for name, part in reversed(sort.parts):
            found[name] = (weight, self.size(part))
            weight *= self.size(part)
        return found

    # ------------------------------------------------------------ single values

    def encode(self, sort: Sort, value: Any) -> int:
        """Return the code of a value as the reference meaning writes it."""
        match sort:
            case BoolSort() | RangeSort():
                return int(value)
            case SumSort() | AtomSort():
                if sort not in self._places:
                    names = sort.leaves if isinstance(sort, SumSort) else self.bounds.names(sort)
                    self._places[sort] = {name: i for i, name in enumerate(names)}
                return self._places[sort][value]
            case OrderSort(owned=True):
                number, owner = value
                if not number:
                    return 0
                return 1 + (int(number) - 1) * self.nodes + self.encode(NODE, owner)
            case OrderSort():
                return int(value)
            case StructSort():
                code = 0
                for (_, part), inner in zip(sort.parts, value, strict=True):
                    code = code * self.size(part) + self.encode(part, inner)
                return code
            case SetSort():
                return sum(1 << self.encode(sort.of, x) for x in value)
            case MapSort():
                radix = self.size(sort.to)
                return sum(
                    self.encode(sort.to, held) * radix ** self.encode(sort.key, key)
                    for key, held in value
                )
            case MaybeSort():
                return 0 if value is None else 1 + self.encode(sort.of, value)
            case _:
                raise TypeError(str(sort))

    def decode(self, sort: Sort, code: int) -> Any:
        """Return the value of a code within the bounds."""
        code = int(code)
        match sort:
            case BoolSort():
                return bool(code)
            case RangeSort():
                return code
            case SumSort():
                return sort.leaves[code]
            case AtomSort():
                return self.bounds.names(sort)[code]
            case OrderSort(owned=True):
                if not code:
                    return (0, "")
                number, owner = divmod(code - 1, self.nodes)
                return (number + 1, self.bounds.nodes[owner])
            case OrderSort():
                return code
            case StructSort():
                parts = []
                for weight, size in self.weights(sort).values():
                    parts.append(code // weight % size)
                parts.reverse()
                sorts = [part for _, part in sort.parts]
                return tuple(self.decode(s, c) for s, c in zip(sorts, parts, strict=True))
            case SetSort():
                places = range(self.size(sort.of))
                return frozenset(self.decode(sort.of, i) for i in places if code >> i & 1)
            case MapSort():
                radix, found = self.size(sort.to), {}
                for key in range(self.size(sort.key)):
                    code, digit = divmod(code, radix)
                    if digit:
                        found[self.decode(sort.key, key)] = self.decode(sort.to, digit)
                return frozenset(found.items())
            case MaybeSort():
                return None if not code else self.decode(sort.of, code - 1)
            case _:
                raise TypeError(str(sort))

    @cache  # noqa: B019  # as long-lived as what it serves
    def domain(self, sort: Sort) -> tuple[int, ...]:
        """Return the codes of every value within the bounds, in ascending order."""
        return tuple(sorted(self.encode(sort, v) for v in self.bounds.values(sort)))

    # ------------------------------------------------------------ many at once

    def inside(self, sort: Sort, codes: Any, xp: Any = np) -> Any:
        """Tell which codes are values within the bounds; True where all must be."""
        match sort:
            case AtomSort() if sort == NODE and self.nobody:
                return codes < self.nodes
            case OrderSort(owned=True):
                return codes <= self.bounds.tops[sort.name] * self.nodes
            case OrderSort():
                return codes <= self.bounds.tops[sort.name]
            case StructSort():
                good: Any = True
                for (_, part), (weight, size) in zip(
                    reversed(sort.parts), self.weights(sort).values(), strict=True
                ):
                    good = good & self.inside(part, codes // weight % size, xp)
                return good
            case SetSort():
                allowed = sum(1 << c for c in range(self.size(sort.of)) if self._single(sort.of, c))
                if allowed == self.size(sort) - 1:
                    return True
                return (codes & ~allowed) == 0
            case MapSort():
                radix, good = self.size(sort.to), True
                for key in range(self.size(sort.key)):
                    digit = codes // radix**key % radix
                    good = good & self.inside(sort.to, digit, xp)
                    if not self._single(sort.key, key):
                        good = good & (digit == 0)
                return good
            case MaybeSort():
                inner = self.inside(sort.of, xp.maximum(codes - 1, 0), xp)
                return True if inner is True else (codes == 0) | inner
            case _:
                return True

    def _single(self, sort: Sort, code: int) -> bool:
        return bool(np.all(self.inside(sort, np.int64(code))))
