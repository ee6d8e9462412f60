"""Concrete values: what each sort's values are, checking them, showing them, finding them.

Belongs here: facts about single values. Never here: expressions (`terms`) or states (`state`).

=================  ==========================================================================
`SumSort`          the leaf's name, e.g. `"LOCKED(VOTING)"`
`BoolSort`         `bool`
`RangeSort`        `int`, 0 to top
`AtomSort`         `str`
`OrderSort`        `int`, zero 0; owned: `(round, owner)`, zero `(0, "")`, lexicographic
`StructSort`       a tuple of its parts, lexicographic
`SetSort`          `frozenset`
`MapSort`          `frozenset` of (key, value) for each key whose value is not the default
`MaybeSort`        `None`, or the value itself
=================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from model.lang.sorts import (
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

Value: TypeAlias = Any
"""A concrete value of some sort. The sort is always known from the place a value stands in."""


class EvaluationError(Exception):
    """Something cannot be evaluated: the place, the value, the reason, and what mends it."""

    def __init__(self, place: str, value: object, reason: str, fix: str = "") -> None:
        self.place, self.value, self.reason, self.fix = place, value, reason, fix
        text = f"{place}: {value}: {reason}"
        super().__init__(f"{text}; {fix}" if fix else text)

    def __reduce__(self) -> tuple[type[EvaluationError], tuple[str, object, str, str]]:
        """Let workers raise it: by its text alone it could not be made again."""
        return type(self), (self.place, self.value, self.reason, self.fix)


def zero_value(sort: OrderSort) -> Value:
    """Return the least element of an order."""
    return (0, "") if sort.owned else 0


def default_of(sort: Sort) -> Value:
    """Return the value that a map has where none was put."""
    match sort:
        case BoolSort():
            return False
        case RangeSort():
            return 0
        case OrderSort():
            return zero_value(sort)
        case SetSort():
            return frozenset()
        case MaybeSort():
            return None
        case StructSort():
            return tuple(default_of(part) for _, part in sort.parts)
        case _:
            raise EvaluationError("a map", sort, "the sort has no default value")


def check_value(value: Value, sort: Sort, place: str) -> None:
    """Raise `EvaluationError`, naming `place`, unless `value` is a value of `sort`."""
    if not _is_value(value, sort):
        raise EvaluationError(place, repr(value), f"it is no {sort}", _EXPECTED[type(sort)])
    if isinstance(sort, StructSort):
        for (name, inner), part in zip(sort.parts, value, strict=True):
            check_value(part, inner, f"{place}.{name}")
    elif isinstance(sort, SetSort):
        for element in value:
            check_value(element, sort.of, f"an element of {place}")
    elif isinstance(sort, MapSort):
        least = default_of(sort.to)
        for key, held in value:
            check_value(key, sort.key, f"a key of {place}")
            check_value(held, sort.to, f"{place} at {show_value(key)}")
            if held == least:
                reason = "it is the default, which every other key has"
                raise EvaluationError(f"{place} at {show_value(key)}", repr(held), reason)
        if len({key for key, _ in value}) < len(value):
            raise EvaluationError(place, repr(value), "a key has two values")
    elif isinstance(sort, MaybeSort) and value is not None:
        check_value(value, sort.of, place)


_EXPECTED: dict[type[Sort], str] = {
    BoolSort: "give True or False",
    SumSort: "give the name of a leaf",
    RangeSort: "give a number from 0 to its top",
    AtomSort: "give a name that is not empty",
    OrderSort: "give a number from 0, or, of an owned order, a pair (round, owner)",
    StructSort: "give a tuple of its parts",
    SetSort: "give a frozenset",
    MapSort: "give a frozenset of pairs (key, value), each value other than the default",
    MaybeSort: "give None or a value",
}


def _is_value(value: Value, sort: Sort) -> bool:
    """Tell whether `value` has the outer form of `sort`."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    match sort:
        case BoolSort():
            return isinstance(value, bool)
        case SumSort():
            return value in sort.leaves
        case RangeSort():
            return is_count and value <= sort.top
        case AtomSort():
            return isinstance(value, str) and value != ""
        case OrderSort(owned=False):
            return is_count
        case OrderSort():
            if value == (0, ""):
                return True
            if not (isinstance(value, tuple) and len(value) == 2):
                return False
            round_, owner = value
            return _is_value(round_, OrderSort(sort.name, False)) and isinstance(owner, str)
        case StructSort():
            return isinstance(value, tuple) and len(value) == len(sort.parts)
        case SetSort():
            return isinstance(value, frozenset)
        case MapSort():
            return isinstance(value, frozenset) and all(
                isinstance(entry, tuple) and len(entry) == 2 for entry in value
            )
        case _:
            return isinstance(sort, MaybeSort)


def occurring(value: Value, sort: Sort) -> Iterator[tuple[Sort, Value]]:
    """Yield `value` and every value inside it, each with its sort."""
    match sort:
        case MaybeSort():
            if value is not None:
                yield from occurring(value, sort.of)
        case StructSort():
            yield sort, value
            for (_, inner), part in zip(sort.parts, value, strict=True):
                yield from occurring(part, inner)
        case SetSort():
            yield sort, value
            for element in value:
                yield from occurring(element, sort.of)
        case MapSort():
            yield sort, value
            for key, held in value:
                yield from occurring(key, sort.key)
                yield from occurring(held, sort.to)
        case _:
            yield sort, value


def show_value(value: Value) -> str:
    """Return a value as reports show it; sets are sorted, so that equal runs print equally."""
    match value:
        case frozenset():
            return "{" + ", ".join(sorted(map(show_value, value))) + "}"
        case (int(round_), str(owner)):
            return f"{round_}.{owner}" if owner else str(round_)
        case tuple():
            return "(" + ", ".join(map(show_value, value)) + ")"
        case _:
            return str(value)
