"""A finite reading of a spec: so many nodes, keys, terms, messages and crashes, and no more.

Belongs here: what an instance is, which values its sorts have, and which steps it leaves out.
Never here: how one is named on a command line, or what is done with it (exported, searched).

A *state* is every node's variables, the set of messages ever sent and, where crashes are counted,
how many there were; with `ghosts`, also the relations that exist for the proof. The *steps* from a
state are one for each pair of an event and the row that answers it:

* the events are each message ever sent, at its receiver; each timer, and each request with each
  value of its fields, at each node; a crash of each node;
* a refusal that sets nothing and sends nothing is no step; every other row is one also where the
  state after it is the one before;
* a step is left out that starts a value of an order beyond the instance's, sends more different
  messages than it allows, or is a crash after so many; a crash that changes nothing is not counted
  among these.

So `generated` (one for the first state and one for each step from each state), `distinct` and
`depth` (states on a longest shortest path) are the same numbers for whoever counts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain, combinations, product
from typing import Any, TypeAlias

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
from model.lang.spec import Transition

Value: TypeAlias = Any
"""A concrete value, as the evaluator writes it: a leaf's name, a number, a frozenset, ..."""


@dataclass(frozen=True)
class Instance:
    """How much there is of everything.

    `atoms` are the values of each other unbounded sort, `tops` the greatest value of each order
    (of an owned one: the last round), both by the sort's name; `messages` is how many different
    messages may be sent, `crashes` how many crashes there may be: None for any number.
    """

    nodes: tuple[str, ...]
    config: Mapping[str, Value]
    atoms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tops: Mapping[str, int] = field(default_factory=dict)
    messages: int | None = None
    crashes: int | None = 0
    ghosts: bool = False

    def values(self, sort: Sort) -> tuple[Value, ...]:
        """Return all values of a sort, in an order of their own.

        Raises `KeyError` for a sort that the instance does not bound.
        """
        match sort:
            case BoolSort():
                return (False, True)
            case SumSort():
                return sort.leaves
            case RangeSort():
                return tuple(range(sort.top + 1))
            case MaybeSort():
                return (None, *self.values(sort.of))
            case StructSort():
                return tuple(product(*(self.values(part) for _, part in sort.parts)))
            case SetSort():
                return tuple(frozenset(some) for some in _subsets(self.values(sort.of)))
            case MapSort():
                keys = self.values(sort.key)
                rows = product(self.values(sort.to), repeat=len(keys))
                return tuple(frozenset(zip(keys, row, strict=True)) for row in rows)
            case OrderSort(owned=False):
                return tuple(range(self.tops[sort.name] + 1))
            case OrderSort():
                rounds = range(1, self.tops[sort.name] + 1)
                return ((0, ""), *((at, node) for at in rounds for node in self.nodes))
            case _ if sort == NODE:
                return self.nodes
            case AtomSort():
                return self.atoms[sort.name]
        raise KeyError(sort.name)


def is_step(transition: Transition) -> bool:
    """Tell whether a row is a step: it is no refusal, or it sets or sends something."""
    does = transition.updates or transition.sends or transition.ghosts
    return transition.kind != "refusal" or bool(does)


def _subsets(values: tuple[Value, ...]) -> list[tuple[Value, ...]]:
    sizes = range(len(values) + 1)
    return list(chain.from_iterable(combinations(values, size) for size in sizes))
