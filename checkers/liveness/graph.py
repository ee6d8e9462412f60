"""An explicit graph of states, as arrays: what the checker works on, whoever explored it.

Belongs here: plain arrays, and walking on them. Never here: specs, or how the states were found.

States are numbered from 0. An edge is one action that leads from a state to another, or back to
the same. An edge that is *cut* leads out of the scope: the action can happen there, so that
fairness counts it as enabled, and nothing is known of what follows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

UNREACHED = np.iinfo(np.int64).max


@dataclass
class Graph:
    """A graph: `count` states, of which `first` are where runs begin.

    `source`, `target` and `action` have one entry for each edge, in the order of their sources;
    `action` numbers what happens on it. `cut_source` and `cut_action` are the edges that are cut.
    """

    count: int
    first: Ints
    source: Ints
    target: Ints
    action: Ints
    cut_source: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    cut_action: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @cached_property
    def offsets(self) -> Ints:
        """Where each state's edges begin; one more entry than there are states."""
        return np.searchsorted(self.source, np.arange(self.count + 1)).astype(np.int64)

    @property
    def edges(self) -> int:
        """The number of edges that lead to a state."""
        return len(self.source)

    def enabled(self, actions: Mask) -> Mask:
        """Return in which states one of `actions` can happen, be it on an edge that is cut."""
        found = np.zeros(self.count, bool)
        found[self.source[actions[self.action]]] = True
        found[self.cut_source[actions[self.cut_action]]] = True
        return found

    def cut_states(self) -> Mask:
        """Return the states of which not all that can happen next is known."""
        found = np.zeros(self.count, bool)
        found[self.cut_source] = True
        return found


@dataclass
class Distances:
    """How far states are from some, and by which edge each was first reached (-1: by none)."""

    steps: Ints
    by: Ints

    def path(self, graph: Graph, end: int) -> list[int]:
        """Return the edges of a shortest path to `end`."""
        found: list[int] = []
        while self.by[end] >= 0:
            edge = int(self.by[end])
            found.append(edge)
            end = int(graph.source[edge])
        return found[::-1]


def distances(graph: Graph, begin: Ints, usable: Mask | None = None) -> Distances:
    """Return how far each state is from the nearest that `begin` tells a distance of.

    `begin` has an entry for each state: at what distance a walk may begin there, or `UNREACHED`.
    Only `usable` edges are walked. Breadth first, a whole frontier at a time.
    """
    steps, by = begin.copy(), np.full(graph.count, -1, np.int64)
    starts = np.flatnonzero(begin < UNREACHED)
    if not len(starts):
        return Distances(steps, by)
    waiting = starts[np.argsort(begin[starts], kind="stable")]
    level = int(begin[waiting[0]])
    used, frontier = 0, np.zeros(0, np.int64)
    while True:
        upto = int(np.searchsorted(begin[waiting], level, side="right"))
        fresh = waiting[used:upto]
        used = upto
        frontier = np.concatenate([frontier, fresh[(steps[fresh] == level) & (by[fresh] < 0)]])
        if not len(frontier):
            if used == len(waiting):
                return Distances(steps, by)
            level = int(begin[waiting[used]])
            continue
        edges = _edges_of(graph, frontier)
        if usable is not None:
            edges = edges[usable[edges]]
        edges = edges[steps[graph.target[edges]] > level + 1]
        reached, at = np.unique(graph.target[edges], return_index=True)
        steps[reached] = level + 1
        by[reached] = edges[at]
        frontier = reached
        level += 1


def _edges_of(graph: Graph, states: Ints) -> Ints:
    """Return the edges that begin in `states`."""
    begin, end = graph.offsets[states], graph.offsets[states + 1]
    lengths = end - begin
    total = int(lengths.sum())
    if not total:
        return np.zeros(0, np.int64)
    ends = np.cumsum(lengths)
    return np.repeat(begin - (ends - lengths), lengths) + np.arange(total)


def from_states(graph: Graph, states: Mask) -> Ints:
    """Return what `distances` begins with where walks begin in `states`."""
    return np.where(states, 0, UNREACHED)
