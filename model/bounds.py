"""The bounds of a finite reading: which nodes, how many keys, how many terms.

Belongs here: plain data, and the values that a sort has within it. Never here: how a back-end
stores a value, or which bounds somebody asked for (`checkers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain, combinations, product
from typing import Any

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


@dataclass(frozen=True)
class Bounds:
    """What there is: the nodes, and by name of sort the other atoms and the top of each order.

    The nodes stand in alphabetical order, which is the order that owned values have.
    """

    nodes: tuple[str, ...]
    atoms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tops: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if list(self.nodes) != sorted(set(self.nodes)):
            raise ValueError(f"nodes {self.nodes}: not in alphabetical order, each once")

    def names(self, sort: AtomSort) -> tuple[str, ...]:
        """Return the elements of an atom sort."""
        return self.nodes if sort == NODE else self.atoms[sort.name]

    def values(self, sort: Sort) -> tuple[Any, ...]:
        """Return every value of a sort, as the reference meaning writes them.

        Raises `KeyError` for a sort that is not bounded.
        """
        match sort:
            case BoolSort():
                return (False, True)
            case SumSort():
                return sort.leaves
            case RangeSort():
                return tuple(range(sort.top + 1))
            case AtomSort():
                return self.names(sort)
            case OrderSort(owned=True):
                rounds = range(1, self.tops[sort.name] + 1)
                return ((0, ""), *product(rounds, self.nodes))
            case OrderSort():
                return tuple(range(self.tops[sort.name] + 1))
            case StructSort():
                return tuple(product(*(self.values(part) for _, part in sort.parts)))
            case SetSort():
                inner = self.values(sort.of)
                sizes = range(len(inner) + 1)
                every = chain.from_iterable(combinations(inner, n) for n in sizes)
                return tuple(frozenset(one) for one in every)
            case MaybeSort():
                return (None, *self.values(sort.of))
            case MapSort():
                keys = self.values(sort.key)
                rows = product(self.values(sort.to), repeat=len(keys))
                return tuple(frozenset(zip(keys, row, strict=True)) for row in rows)
        raise KeyError(sort.name)
