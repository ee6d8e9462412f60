"""From a promise to a lasso that breaks it: a stem, and a loop that a fair run can take for ever.

Belongs here: which states a run has to stay in, or come back to, in order to break a promise.
Never here: which parts are fair (`fair`), or specs.

`P leads to Q` is broken by a run that comes to a state with P and without Q, and then stays without
Q for ever. The other shapes are cases of it: `some day Q` begins at the first state, `again and
again Q` anywhere, and `from some moment on Q` is broken by a run that is without Q again and again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from checkers.liveness.fair import Condition, fair_loop, fair_parts
from checkers.liveness.graph import UNREACHED, Graph, Mask, distances, from_states
from model.lang.promises import AGAIN, FOR_GOOD, LEADS_TO, ONCE


@dataclass(frozen=True)
class Lasso:
    """A run that goes on for ever: `stem` and `loop` are edges; without a loop, nothing more.

    `begins` is after how many steps of the stem the promise is due and not kept, from then on.
    """

    start: int
    stem: tuple[int, ...]
    loop: tuple[int, ...]
    begins: int

    def states(self, graph: Graph) -> list[int]:
        """Return the states along the stem, from the first to the one where the loop begins."""
        return [self.start, *(int(graph.target[e]) for e in self.stem)]


def lasso(
    graph: Graph,
    conditions: Sequence[Condition],
    shape: str,
    when: Mask | None,
    then: Mask,
) -> Lasso | None:
    """Return a fair run that breaks the promise; None where there is none in the graph.

    The stem is as short as any to a part where a fair run can stay; the loop is short.
    """
    everywhere = np.ones(graph.count, bool)
    first = np.zeros(graph.count, bool)
    first[graph.first] = True
    due = {LEADS_TO: when, ONCE: first, AGAIN: everywhere, FOR_GOOD: everywhere}[shape]
    assert due is not None
    stay = everywhere if shape == FOR_GOOD else ~then
    visit = ~then if shape == FOR_GOOD else None
    begins = due & stay
    if not begins.any():
        return None
    to_begin = distances(graph, from_states(graph, first))
    within = stay[graph.source] & stay[graph.target]
    onward = distances(graph, np.where(begins, to_begin.steps, UNREACHED), within)
    reached = stay & (onward.steps < UNREACHED)
    parts = fair_parts(graph, conditions, reached, visit)
    if not parts:
        return None
    part = min(parts, key=lambda p: (int(onward.steps[p.states].min()), len(p.states)))
    entry = int(part.states[np.argmin(onward.steps[part.states])])
    tail = onward.path(graph, entry)
    beginning = int(graph.source[tail[0]]) if tail else entry
    head = to_begin.path(graph, beginning)
    start = int(graph.source[head[0]]) if head else beginning
    loop = fair_loop(graph, conditions, part, entry, visit)
    found = Lasso(start, (*head, *tail), tuple(loop), len(head))
    return replace(found, begins=_since(found.states(graph), due, stay))


def _since(states: Sequence[int], due: Mask, stay: Mask) -> int:
    """Return after how many steps the promise has been due and not kept, to the end of the stem."""
    since = len(states) - 1
    while since and stay[states[since - 1]]:
        since -= 1
    return next(at for at in range(since, len(states)) if due[states[at]])
