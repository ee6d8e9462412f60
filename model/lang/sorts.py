"""The sorts of values a spec speaks of.

Belongs here: what a sort is, to the back-ends. Never here: how a spec declares one (`declare.py`).

===========  =========================================================================
`BoolSort`   truth values
`SumSort`    a finite sum of cases, nested payloads flattened into its *leaves*
`RangeSort`  the whole numbers 0 to `top`
`AtomSort`   any number of things that can only be told apart (nodes, keys)
`OrderSort`  any number of things in a total order with a least element `zero`; an *owned*
             order has for each element the one node that may start it
`StructSort` a tuple of named values, ordered lexicographically if its parts are ordered
`SetSort`    a finite set of atoms or leaves
`MapSort`    a value for every key: a default one for all but finitely many
`MaybeSort`  nothing, or one value
===========  =========================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sort:
    """Any sort; two sorts are the same if their names and parts are."""

    name: str

    def __str__(self) -> str:
        """Return the name, as messages show it."""
        return self.name


@dataclass(frozen=True, slots=True)
class BoolSort(Sort):
    """Truth values."""


@dataclass(frozen=True, slots=True)
class SumSort(Sort):
    """A finite sum; `leaves` are the names of its values, e.g. `LOCKED(VOTING)`."""

    leaves: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RangeSort(Sort):
    """Whole numbers from 0 to `top`, both included."""

    top: int


@dataclass(frozen=True, slots=True)
class AtomSort(Sort):
    """An unbounded sort whose elements have no structure."""


@dataclass(frozen=True, slots=True)
class OrderSort(Sort):
    """An unbounded total order with a least element; `owned` elements belong to one node each."""

    owned: bool


@dataclass(frozen=True, slots=True)
class StructSort(Sort):
    """A tuple of named parts."""

    parts: tuple[tuple[str, Sort], ...]


@dataclass(frozen=True, slots=True)
class SetSort(Sort):
    """A finite set over `of`."""

    of: Sort


@dataclass(frozen=True, slots=True)
class MapSort(Sort):
    """A value of `to` for every `key`; all but finitely many have the default of `to`."""

    key: Sort
    to: Sort


@dataclass(frozen=True, slots=True)
class MaybeSort(Sort):
    """Nothing, or a value of `of`."""

    of: Sort


BOOL = BoolSort("Bool")
NODE = AtomSort("Node")


def is_ordered(sort: Sort) -> bool:
    """Tell whether `<` is defined on `sort`."""
    if isinstance(sort, StructSort):
        return all(is_ordered(part) for _, part in sort.parts)
    return isinstance(sort, OrderSort | RangeSort)


def parts_of(sort: Sort) -> Iterator[Sort]:
    """Yield `sort` and every sort that its values are made of, at any depth."""
    yield sort
    match sort:
        case StructSort():
            for _, part in sort.parts:
                yield from parts_of(part)
        case SetSort() | MaybeSort():
            yield from parts_of(sort.of)
        case MapSort():
            yield from parts_of(sort.key)
            yield from parts_of(sort.to)
