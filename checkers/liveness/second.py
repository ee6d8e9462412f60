"""A second engine for fair cycles, for small graphs: recursion over networkx, no arrays.

Belongs here: the same question as in `fair` and `lasso`, answered in another way. Never here:
anything of that way; that the two agree is evidence only as long as they share the question alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import networkx as nx


@dataclass(frozen=True)
class Edge:
    """A step of a small graph."""

    source: int
    target: int
    action: int


@dataclass(frozen=True)
class Demand:
    """A condition in plain sets: see `fair.Condition`."""

    strong: bool
    takes: frozenset[int]
    asked: frozenset[int] = frozenset()
    asks: frozenset[int] = frozenset()
    void: frozenset[int] = frozenset()

    def is_met(self, states: Iterable[int], edges: Iterable[Edge]) -> bool:
        """Tell whether a run that comes through just these again and again is fair to it."""
        steps = list(edges)
        if any(e.action in self.takes for e in steps):
            return True
        if self.strong:
            return not (self.asked & set(states)) and not any(map(self.asks_on, steps))
        return any(s not in self.asked for s in states)

    def asks_on(self, edge: Edge) -> bool:
        """Tell whether an edge asks for it."""
        return edge.action in self.asks and edge.source not in self.void


def broken(
    first: Iterable[int],
    edges: Sequence[Edge],
    demands: Sequence[Demand],
    due: frozenset[int],
    stay: frozenset[int],
    visit: frozenset[int] | None = None,
) -> bool:
    """Tell whether a fair run breaks a promise.

    It comes from one of `first` to a state that is in `due` and in `stay`, stays in `stay` for
    ever, and comes, with `visit`, through that again and again.
    """
    whole = nx.MultiDiGraph()
    whole.add_nodes_from(first)
    whole.add_edges_from((e.source, e.target, {"edge": e}) for e in edges)
    reachable = set(first).union(*(nx.descendants(whole, s) for s in first))
    inside = whole.subgraph(stay & reachable)
    begin = due & set(inside)
    onward = begin.union(*(nx.descendants(inside, s) for s in begin))
    return _has_fair(inside.subgraph(onward), demands, visit)


def _has_fair(
    graph: nx.MultiDiGraph, demands: Sequence[Demand], visit: frozenset[int] | None
) -> bool:
    for states in nx.strongly_connected_components(graph):
        part = graph.subgraph(states)
        edges = [data["edge"] for _, _, data in part.edges(data=True)]
        if visit is not None and not visit & states:
            continue
        missed = [d for d in demands if not d.is_met(states, edges)]
        if not missed:
            return True
        strong = next((d for d in missed if d.strong), None)
        if any(not d.strong for d in missed) or strong is None:
            continue
        rest = nx.MultiDiGraph()
        rest.add_nodes_from(states - strong.asked)
        rest.add_edges_from(
            (e.source, e.target, {"edge": e})
            for e in edges
            if e.source in rest and e.target in rest and not strong.asks_on(e)
        )
        if _has_fair(rest, demands, visit):
            return True
    return False
