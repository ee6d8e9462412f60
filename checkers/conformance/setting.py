"""What the comparison needs to know about one spec beyond the spec: names and values to try.

Belongs here: the only words about the order of radiants in this package. Never here: a rule of the
protocol; a value that is missing here makes a check fail with the clause that nobody could decide.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, TypeAlias

from model.lang import Spec
from model.lang.sorts import (
    AtomSort,
    BoolSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)

Value: TypeAlias = Any


@dataclass(frozen=True)
class Cluster:
    """A system to run: its nodes, and the constants that each of them is given."""

    nodes: tuple[str, ...]
    config: Mapping[str, Value]


@dataclass(frozen=True)
class Setting:
    """The values to try for one spec.

    `me` is the node that is looked at alone, under `config`, on all values of `pools`: by variable
    or field (`me.term`, `Vote.term`) or by the name of a sort. Finite sorts, maybes and structs
    need no pool: they are all their values, or all combinations of their parts'. `clusters` are
    the systems that runs begin with.
    """

    load: Callable[[], Spec]
    me: str
    config: Mapping[str, Value]
    pools: Mapping[str, tuple[Value, ...]]
    clusters: tuple[Cluster, ...] = ()
    atoms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By sort: what clients ask with, nodes apart."""

    def pool(self, sort: Sort, place: str = "") -> tuple[Value, ...]:
        """Return the values of `sort` to try at `place`.

        Raises `KeyError` for an unbounded sort without a pool.
        """
        for name in (place, sort.name):
            if name in self.pools:
                return self.pools[name]
        match sort:
            case BoolSort():
                return (False, True)
            case SumSort():
                return sort.leaves
            case RangeSort():
                return tuple(range(sort.top + 1))
            case MaybeSort():
                return (None, *self.pool(sort.of))
            case StructSort():
                return tuple(product(*(self.pool(part) for _, part in sort.parts)))
            case SetSort(of=SumSort() as of):
                return _leaf_sets(of)
            case AtomSort() | OrderSort() | SetSort():
                pass
        raise KeyError(f"{place or sort}: no values to try; add a pool for {sort.name!r}")


def _leaf_sets(of: SumSort) -> tuple[frozenset[str], ...]:
    """Return the sets that tell every leaf from every other: each alone, and all but each."""
    everything = frozenset(of.leaves)
    alone = [frozenset({leaf}) for leaf in of.leaves]
    without = [everything - one for one in alone]
    return (frozenset(), *alone, *without, everything)


def setting(name: str) -> Setting:
    """Return the setting of the spec called `name`. Raises `KeyError` if there is none."""
    if name not in SETTINGS:
        raise KeyError(f"{name}: no setting; add one to {__name__}.SETTINGS")
    return SETTINGS[name]


# ---------------------------------------------------------------- the order of radiants


def _order() -> Spec:
    made: Spec = importlib.import_module("model.order").spec()
    return made


def _cluster(members: int, joiners: int = 0) -> Cluster:
    nodes = [f"n{i + 1}" for i in range(members + joiners)]
    config = {"members": frozenset(nodes[:members]), "controllers": frozenset({"c1"})}
    return Cluster((*nodes, "c1"), config)


def _set(*names: str) -> frozenset[str]:
    return frozenset(names)


# Seen from n1: n2 and n3 are its peers, n4 a radiant outside, c1 the controller.
_TERMS = ((0, ""), (1, "n1"), (1, "n2"), (2, "c1"), (2, "n1"), (2, "n2"))
_PLACES = (((0, ""), 0), ((1, "n2"), 1), ((2, "n1"), 0), ((2, "n1"), 1), ((2, "n2"), 1))
ORDER = Setting(
    load=_order,
    me="n1",
    config={"members": _set("n1", "n2", "n3"), "controllers": _set("c1")},
    pools={
        "Node": ("n1", "n2", "n4", "c1"),
        "MaybeNode": (None, "n1", "n2"),
        "Term": _TERMS,
        "Number": (0, 1, 2),
        "Position": _PLACES,
        "Episode": _PLACES,
        "Nodes": (
            _set(),
            _set("n1"),
            _set("n1", "n2"),
            _set("n2", "n3"),
            _set("n1", "n2", "n3"),
            _set("n2", "n3", "n4"),
        ),
        "Key": ("k1", "k2"),
        "Keys": (_set(), _set("k1"), _set("k1", "k2")),
    },
    clusters=(
        _cluster(3),
        _cluster(3, 1),
        _cluster(2, 1),
        _cluster(1, 2),
        _cluster(4),
        _cluster(5),
    ),
    atoms={"Key": ("k1", "k2")},
)

SETTINGS: dict[str, Setting] = {"order": ORDER}
