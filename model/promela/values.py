"""Values as small numbers: how each sort of a finite instance is written in Promela.

Belongs here: how many values a sort has, and the number of each. Never here: expressions.

==============  ==================================================================
`SumSort`       the leaf's place among the leaves
`AtomSort`      the place of the name among the names
`OrderSort`     the number; owned: 0 for zero, else by round, then by node
`StructSort`    its parts as digits, the first counting most, so that `<` is `<`
`SetSort`       a bit for each value
`MapSort`       as many bits for each key as a value needs
`MaybeSort`     0 for nothing, else one more than the value
==============  ==================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.instance import Instance
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


class TooLarge(ValueError):
    """An instance that is too large to be spelled out."""


class Numbers:
    """The numbers of the values of an instance's sorts."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.nodes = tuple(sorted(instance.nodes))

    def atoms(self, sort: Sort) -> tuple[str, ...]:
        """Return the names of a sort's values, in the order of their numbers."""
        return self.nodes if sort == NODE else self.instance.atoms[sort.name]

    def count(self, sort: Sort) -> int:
        """Return how many numbers a sort takes. Raises `TooLarge` beyond 31 bits."""
        match sort:
            case BoolSort():
                found = 2
            case SumSort():
                found = len(sort.leaves)
            case RangeSort():
                found = sort.top + 1
            case AtomSort():
                found = len(self.atoms(sort))
            case OrderSort(owned=False):
                found = self.instance.tops[sort.name] + 1
            case OrderSort():
                found = self.instance.tops[sort.name] * len(self.nodes) + 1
            case StructSort():
                found = 1
                for _, part in sort.parts:
                    found *= self.count(part)
            case SetSort():
                found = 1 << self.count(sort.of)
            case MapSort():
                found = 1 << self.width(sort.to) * self.count(sort.key)
            case MaybeSort():
                found = self.count(sort.of) + 1
            case _:
                raise TypeError(f"{sort}: no numbers for a {type(sort).__name__}")
        if found > 1 << 31:
            raise TooLarge(f"{sort}: its values need more than 31 bits in this instance")
        return found

    def width(self, sort: Sort) -> int:
        """Return how many bits a value of a sort takes."""
        return max(1, (self.count(sort) - 1).bit_length())

    def digit(self, sort: StructSort, part: str) -> tuple[int, int]:
        """Return by what a struct is divided to get a part, and how many values that has."""
        below = 1
        for name, inner in reversed(sort.parts):
            if name == part:
                return below, self.count(inner)
            below *= self.count(inner)
        raise KeyError(part)

    def number(self, sort: Sort, value: Any) -> int:
        """Return the number of a value, given as the evaluator writes it."""
        match sort:
            case SumSort():
                return sort.leaves.index(value)
            case AtomSort():
                return self.atoms(sort).index(value)
            case OrderSort(owned=True):
                at, owner = value
                return 0 if at == 0 else 1 + (at - 1) * len(self.nodes) + self.nodes.index(owner)
            case StructSort():
                found = 0
                for (_, inner), part in zip(sort.parts, value, strict=True):
                    found = found * self.count(inner) + self.number(inner, part)
                return found
            case SetSort():
                return sum(1 << self.number(sort.of, one) for one in value)
            case MapSort():
                width = self.width(sort.to)
                keyed = ((self.number(sort.key, k), self.number(sort.to, v)) for k, v in value)
                return sum(held << width * key for key, held in keyed)
            case MaybeSort():
                return 0 if value is None else 1 + self.number(sort.of, value)
        return int(value)

    def map_values(self, sort: MapSort, value: Any) -> list[int]:
        """Return what a map of the configuration holds, by the number of the key."""
        found = [0] * self.count(sort.key)
        given: Mapping[Any, Any] = dict(value)
        for key, held in given.items():
            found[self.number(sort.key, key)] = self.number(sort.to, held)
        return found
