"""Plain values of every sort for Hypothesis, and ways to spoil them.

Belongs here: drawing and changing values. Never here: what is done with them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from model.evaluate.values import default_of
from model.lang.sorts import (
    AtomSort,
    MapSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
COUNTS = st.one_of(st.integers(0, 3), st.integers(0, 2**63 - 1))


def values(sort: Sort) -> st.SearchStrategy[Any]:
    """Return what draws plain values of a sort: those that a node may hold or send."""
    match sort:
        case SumSort():
            return st.sampled_from(sort.leaves)
        case RangeSort():
            return st.integers(0, sort.top)
        case AtomSort():
            return NAMES
        case OrderSort(owned=True):
            return st.one_of(st.just((0, "")), st.tuples(COUNTS, NAMES))
        case OrderSort():
            return COUNTS
        case StructSort():
            return st.tuples(*(values(part) for _, part in sort.parts))
        case SetSort():
            return st.frozensets(values(sort.of), max_size=4)
        case MapSort():
            least = default_of(sort.to)
            return st.dictionaries(values(sort.key), values(sort.to), max_size=4).map(
                lambda made: frozenset((k, v) for k, v in made.items() if v != least)
            )
        case MaybeSort():
            return st.one_of(st.none(), values(sort.of))
        case _:
            return st.booleans()


def fields(parts: Mapping[str, Sort]) -> st.SearchStrategy[dict[str, Any]]:
    """Return what draws a value for each name."""
    return st.fixed_dictionaries({name: values(sort) for name, sort in parts.items()})


class Evil:
    """A value whose every use fails."""

    def _fail(self, *_: object) -> Any:
        raise ZeroDivisionError

    __repr__ = __str__ = __len__ = __iter__ = __bool__ = __int__ = __index__ = _fail
    __lt__ = __gt__ = __contains__ = __getitem__ = _fail


def _deep() -> Any:
    made: Any = []
    for _ in range(5000):
        made = [made]
    return made


def _round() -> Any:
    made: list[Any] = []
    made.append(made)
    return made


JUNK: tuple[Callable[[], Any], ...] = (
    *(lambda: None, lambda: True, lambda: 0, lambda: -1, lambda: 2**63, lambda: 10**5000),
    *(lambda: 1.0, lambda: float("nan"), lambda: float("inf"), lambda: -0.0, lambda: 1j),
    *(lambda: "", lambda: "\ud800", lambda: "\0", lambda: "n" * 100_000, lambda: b"n1"),
    *(lambda: (), lambda: [], lambda: {}, lambda: set(), lambda: [[]], lambda: ((),), lambda: {0}),
    *(lambda: object(), lambda: Evil(), lambda: [Evil()], _deep, _round, lambda: range(3)),
    *(lambda: ("n1",), lambda: [1, "n1"], lambda: ["n1", "n1"], lambda: {"n1": 1}, lambda: int),
)
"""What no value is, or what is one of another sort; made anew each time."""


def spoilt(r: random.Random, value: Any, depth: int = 3) -> Any:
    """Return a value with something in it exchanged for something else."""
    if depth and isinstance(value, dict) and value and r.random() < 0.9:
        name = r.choice(list(value))
        kind = r.randrange(8)
        if kind == 0:
            return {k: v for k, v in value.items() if k != name}
        if kind == 1:
            return {**value, r.choice(["sender", "", "x", 0, None, (1,)]): r.choice(JUNK)()}
        if kind == 2 and len(value) > 1:
            other = r.choice([k for k in value if k != name])
            return {**value, name: value[other]}
        return {**value, name: spoilt(r, value[name], depth - 1)}
    if depth and isinstance(value, tuple | list) and len(value) and r.random() < 0.7:
        at = r.randrange(len(value))
        items = list(value)
        match r.randrange(5):
            case 0:
                del items[at]
            case 1:
                items.insert(at, items[at])
            case 2:
                r.shuffle(items)
            case _:
                items[at] = spoilt(r, items[at], depth - 1)
        return tuple(items) if isinstance(value, tuple) and r.random() < 0.5 else items
    if depth and isinstance(value, frozenset) and value and r.random() < 0.7:
        return spoilt(r, sorted(value, key=repr), depth - 1)
    if isinstance(value, int) and not isinstance(value, bool) and r.random() < 0.4:
        return value + r.choice((-1, 1, 2, 2**62))
    return r.choice(JUNK)()
