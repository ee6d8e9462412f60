"""Fair cycles: where a run can stay for ever although everything fair gets its turn.

Belongs here: the components in which a fair run can stay, and a loop through one. Never here: what
is to be avoided there (`promises`), specs, or states as anything but numbers.

A run that goes on for ever stays, from some moment on, in one strongly connected part of the graph,
and takes each edge of it again and again. Whether it is fair is told by that part alone: a *weak*
condition asks that somewhere in it the action is disabled or taken; a *strong* one that it is taken
if it is asked for anywhere in it. A part that fails a weak condition holds no fair run at all. One
that fails a strong condition may hold one that avoids what asks: so what asks is taken out, and the
rest looked at again; what *ceases* is a strong condition that nothing can serve, and is taken out
at once (E. A. Emerson and C.-L. Lei, "Modalities for model checking: branching time
logic strikes back", Science of Computer Programming 8, 1987; C. Baier and J.-P. Katoen, "Principles
of Model Checking", 2008, algorithm 24 of section 6.5; O. Lichtenstein and A. Pnueli, POPL 1985).

That nothing ever happens again is a way of going on, too: each state has a loop of its own on
which nothing is done. A run may stay there where no weak condition is enabled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from checkers.liveness.graph import UNREACHED, Graph, Ints, Mask, distances


@dataclass(frozen=True, eq=False)
class Condition:
    """What makes a run unfair where it is not met: what is asked for is not taken.

    `takes` are the actions that serve it. Weak: a run that is from some moment on only in states of
    `asked` must take one of them. Strong: a run that is in states of `asked` again and again, or
    does what `asks` again and again, must take them again and again; what is done in a state of
    `void` does not ask. What ceases `asks`, and nothing serves it. `told`: whoever reads of an
    unfair run wants to hear of it.
    """

    name: str
    strong: bool
    takes: Mask
    asked: Mask | None = None
    asks: Mask | None = None
    void: Mask | None = None
    told: bool = True
    action: str = ""
    """The event or rule that it is about."""
    ceases: bool = False

    def is_asked_on(self, graph: Graph, edges: Ints) -> Mask:
        """Return which of the edges ask for it."""
        if self.asks is None:
            return np.zeros(len(edges), bool)
        found = self.asks[graph.action[edges]]
        return found if self.void is None else found & ~self.void[graph.source[edges]]


@dataclass(frozen=True, eq=False)
class FairPart:
    """A strongly connected part in which a fair run can stay: its states, and its inner edges."""

    states: Ints
    edges: Ints


def fair_parts(
    graph: Graph,
    conditions: Sequence[Condition],
    stay: Mask,
    visit: Mask | None = None,
    usable: Mask | None = None,
) -> list[FairPart]:
    """Return the largest fair parts within the states `stay`.

    With `visit`, a run that stays in one must come through a state of that again and again. Only
    `usable` edges are taken.
    """
    return [
        part
        for found in _search(graph, conditions, stay, visit, usable)
        for part in _parts(graph, *found)
    ]


def stranded(graph: Graph, conditions: Sequence[Condition]) -> Mask:
    """Return the states from which no fair run goes on, in the graph or out of it by a cut.

    None, where what is declared fair can be served together; else whatever is promised in these
    states is kept by nobody's doing.
    """
    good = _leading_to(graph, graph.cut_states())
    if not good.all():  # to find components takes longer, and mostly a cut is near
        for label, states, _, accepted in _search(graph, conditions, np.ones(graph.count, bool)):
            good |= states & accepted[label]
        good = _leading_to(graph, good)
    return ~good


def _leading_to(graph: Graph, goal: Mask) -> Mask:
    """Return the states from which one of `goal` can be reached."""
    found = goal.copy()
    while True:
        lead = found[graph.target] & ~found[graph.source]
        if not lead.any():
            return found
        found[graph.source[lead]] = True


_Found = tuple[Ints, Mask, Ints, Mask]
"""Components: of each state, of which states, their inner edges, and which of them are fair."""


def _search(
    graph: Graph,
    conditions: Sequence[Condition],
    stay: Mask,
    visit: Mask | None = None,
    usable: Mask | None = None,
) -> Iterator[_Found]:
    states = stay.copy()
    edges = states[graph.source] & states[graph.target]
    if usable is not None:
        edges &= usable
    for c in conditions:
        if c.ceases:
            assert c.asks is not None and not c.takes.any()
            edges &= ~c.asks[graph.action]
    while states.any():
        label = _components(graph, states, edges)
        inner = np.flatnonzero(edges & (label[graph.source] == label[graph.target]))
        of_edge = label[graph.source[inner]]
        count = int(label.max()) + 1
        # Whatever a part holds of an action, many conditions ask of it: told once for each.
        within, acts = _pairs(of_edge, graph.action[inner], count, len(conditions))
        rejected = np.zeros(count, bool)
        if visit is not None:
            rejected |= ~_marked(label[states & visit], count)
        for c in conditions:
            if not c.strong:
                assert c.asked is not None, "a weak condition is asked for in states"
                served = _marked(within[c.takes[acts]], count)
                rejected |= ~served & ~_marked(label[states & ~c.asked], count)
        # Few components are left as a rule, and most conditions are strong: one for each message.
        states &= ~rejected[label]
        inner = inner[~rejected[of_edge]]
        kept = ~rejected[within]
        within, acts = within[kept], acts[kept]
        doubtful, out_edges = np.zeros(count, bool), np.zeros(graph.edges, bool)
        out_states = np.zeros(graph.count, bool)
        for c in conditions:
            if not c.strong or not states.any():
                continue
            wanting = np.zeros(count, bool)
            if c.asks is not None:
                wanting[within[c.asks[acts]]] = True  # perhaps in states that are void
            if c.asked is not None:
                wanting |= _marked(label[states & c.asked], count)
            wanting[within[c.takes[acts]]] = False
            if not wanting.any():
                continue
            asking = inner[c.is_asked_on(graph, inner)]
            if c.void is not None:
                sure = _marked(label[graph.source[asking]], count)
                if c.asked is not None:
                    sure |= _marked(label[states & c.asked], count)
                wanting &= sure
                if not wanting.any():
                    continue
            doubtful |= wanting
            out_edges[asking[wanting[label[graph.source[asking]]]]] = True
            if c.asked is not None:
                out_states |= states & c.asked & wanting[label]
        yield label, states, inner, ~doubtful
        states &= doubtful[label] & ~out_states
        left = np.zeros(graph.edges, bool)
        left[inner] = True
        edges = left & ~out_edges & states[graph.source] & states[graph.target]


MOST_FLAGS = 1 << 28


def _pairs(labels: Ints, actions: Ints, count: int, asking: int) -> tuple[Ints, Ints]:
    """Return which actions each component holds: each component with each of its actions, once.

    Where few are asking it is not worth finding out, and some stand there more often.
    """
    if asking < 3 or not len(labels):
        return labels, actions
    size = int(actions.max()) + 1
    code = labels * size + actions
    if count * size <= MOST_FLAGS:
        found = np.zeros(count * size, bool)
        found[code] = True
        pairs = np.flatnonzero(found)
    else:
        pairs = np.unique(code)
    return pairs // size, pairs % size


def _components(graph: Graph, states: Mask, edges: Mask) -> Ints:
    """Return the strongly connected component of each state; those not in `states` have none.

    They are given the number 0 and must be masked; every other number is of `states` alone.
    """
    at = np.flatnonzero(states)
    number = np.zeros(graph.count, np.int64)
    number[at] = np.arange(len(at))
    rows, columns = number[graph.source[edges]], number[graph.target[edges]]
    matrix = csr_matrix(
        (np.ones(len(rows), np.int8), (rows, columns)), shape=(len(at), len(at)), dtype=np.int8
    )
    _, found = connected_components(matrix, directed=True, connection="strong")
    label = np.zeros(graph.count, np.int64)
    label[at] = found
    return label


def _marked(labels: Ints, count: int) -> Mask:
    """Return which of `count` components are among `labels`."""
    found = np.zeros(count, bool)
    found[labels] = True
    return found


def _parts(graph: Graph, label: Ints, states: Mask, inner: Ints, accepted: Mask) -> list[FairPart]:
    """Return the accepted components, each with its states and inner edges."""
    chosen = np.flatnonzero(states & accepted[label])
    of_edges = inner[accepted[label[graph.source[inner]]]]
    by_label: dict[int, tuple[list[int], list[int]]] = {}
    for state in chosen.tolist():
        by_label.setdefault(int(label[state]), ([], []))[0].append(state)
    for edge in of_edges.tolist():
        by_label[int(label[graph.source[edge]])][1].append(edge)
    return [FairPart(np.array(s, np.int64), np.array(e, np.int64)) for s, e in by_label.values()]


# ---------------------------------------------------------------- a loop through a part


def missed_by(
    graph: Graph, conditions: Sequence[Condition], states: Sequence[int], edges: Sequence[int]
) -> list[Condition]:
    """Return the conditions that a run round this loop for ever does not meet."""
    at, on = np.array(states, np.int64), np.array(edges, np.int64)
    missed = []
    for c in conditions:
        if c.takes[graph.action[on]].any():
            continue
        asked = c.asked is not None and bool((np.any if c.strong else np.all)(c.asked[at]))
        if asked or c.is_asked_on(graph, on).any():
            missed.append(c)
    return missed


def fair_loop(
    graph: Graph,
    conditions: Sequence[Condition],
    part: FairPart,
    start: int,
    visit: Mask | None = None,
) -> list[int]:
    """Return the edges of a fair loop from `start` through `part`, none where it stays put.

    It is short, not always the shortest: what the loop so far does not meet is reached next, by a
    shortest path, until all is met.
    """
    inner = np.zeros(graph.edges, bool)
    inner[part.edges] = True
    loop: list[int] = []
    at = start
    while True:
        closed = loop + _walk(graph, inner, at, _only(graph, start))
        states = [start, *(int(graph.target[e]) for e in closed)]
        if visit is not None and not visit[np.array(states)].any():
            goal = np.zeros(graph.count, bool)
            goal[part.states] = visit[part.states]
            loop += _walk(graph, inner, at, goal)
        else:
            missed = missed_by(graph, conditions, states, closed)
            if not missed:
                return closed
            loop += _to_meet(graph, inner, part, at, missed[0])
        at = int(graph.target[loop[-1]]) if loop else start


def _to_meet(graph: Graph, inner: Mask, part: FairPart, at: int, c: Condition) -> list[int]:
    """Return a shortest walk on inner edges to what meets a condition, that included."""
    far = distances(graph, _from(graph, at), inner)
    best: tuple[int, list[int]] | None = None
    taking = part.edges[c.takes[graph.action[part.edges]]]
    if len(taking):
        nearest = taking[np.argmin(far.steps[graph.source[taking]])]
        path = [*far.path(graph, int(graph.source[nearest])), int(nearest)]
        best = (len(path), path)
    if not c.strong:
        assert c.asked is not None
        idle = part.states[~c.asked[part.states]]
        if len(idle):
            nearest = idle[np.argmin(far.steps[idle])]
            path = far.path(graph, int(nearest))
            if best is None or len(path) < best[0]:
                best = (len(path), path)
    assert best is not None, "a fair part meets every condition"
    return best[1]


def _walk(graph: Graph, inner: Mask, at: int, goal: Mask) -> list[int]:
    far = distances(graph, _from(graph, at), inner)
    reached = np.flatnonzero(goal & (far.steps < UNREACHED))
    return far.path(graph, int(reached[np.argmin(far.steps[reached])]))


def _only(graph: Graph, state: int) -> Mask:
    found = np.zeros(graph.count, bool)
    found[state] = True
    return found


def _from(graph: Graph, state: int) -> Ints:
    begin = np.full(graph.count, UNREACHED)
    begin[state] = 0
    return begin
