"""A lasso taken again by the evaluator, and put in words.

Belongs here: replaying a lasso, and why no fair action ends it. Never here: finding it (`lasso`).

The evaluator takes every step of the stem and the loop, from the first state. The state after the
loop has to be the very state before it; of every node, every message ever sent, and every ghost.
What the explorer left out of its states (ghosts and messages that nobody asks about) may still grow
the first time round: then that round belongs to the stem. And in each of these states, from where
the promise is due, it has to be not kept; and no step of the loop may be one that the spec says
ceases, as the evaluator answers it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from checkers.counterexamples.chart import chart
from checkers.counterexamples.explain import effects
from checkers.counterexamples.picture import picture
from checkers.liveness.explored import STOP, Action, Explored
from checkers.liveness.fair import Condition, missed_by
from checkers.liveness.graph import Graph
from checkers.liveness.lasso import Lasso
from checkers.liveness.meaning import Half, up_state
from checkers.story import ToldRun, ToldStep
from model.evaluate import Evaluator, GlobalState, Outcome, Packet, show_value
from model.evaluate.values import EvaluationError
from model.lang.promises import CEASES, FOR_GOOD, LEADS_TO
from model.lang.spec import Statement

ROUNDS = 4
"""How often the loop is taken, until it leads back to the state before it."""


class Replayed:
    """A lasso taken again: the states before each step and at the end, and what each step does.

    `loop` is the number of the first step of the loop, from 1; `problem` says what is not as it was
    found, and is empty where all is.
    """

    def __init__(self, explored: Explored, found: Lasso) -> None:
        """Take it again."""
        self.explored = explored
        self.evaluator = Evaluator(explored.spec)
        self.states: list[GlobalState] = []
        self.up: list[frozenset[str]] = []
        self.steps: list[tuple[Action, Outcome | None]] = []
        self.loop = len(found.stem) + 1
        self.problem = ""
        try:
            self._take(found)
        except EvaluationError as error:
            self.problem = f"step {len(self.steps) + 1}: {str(error).splitlines()[0]}"

    def _take(self, found: Lasso) -> None:
        explored = self.explored
        state = self.evaluator.initial_state(explored.config, explored.nodes)
        self.states.append(state)
        self.up.append(frozenset(explored.nodes))
        for edge in found.stem:
            self._step(edge)
        for _ in range(ROUNDS if found.loop else 0):
            before, self.loop = self.states[-1], len(self.steps) + 1
            for edge in found.loop:
                self._step(edge)
            if self.states[-1] == before or self.problem:
                return
        if found.loop:
            self.problem = f"after {ROUNDS} rounds the loop does not lead back to where it began"

    def _step(self, edge: int) -> None:
        action: Action = self.explored.actions.things[int(self.explored.graph.action[edge])]
        before, event, up = self.states[-1], action.event, self.up[-1]
        if event.node not in up:
            self.problem = f"step {len(self.steps) + 1}: {event.node} has stopped"
        if event.kind == STOP:
            self.states.append(before)
            self.up.append(up - {event.node})
            self.steps.append((action, None))
            return
        self.evaluator.check_event(before, event)
        after, outcome = self.evaluator.step(before, event)
        if outcome.transition != action.label:
            self.problem = f"{outcome.transition} answers {event}, not {action.label}"
        self.states.append(after)
        self.up.append(up)
        self.steps.append((action, outcome))

    def goes_on(self, statement: Statement) -> str:
        """Return which step of the loop ought to cease; empty where none has to."""
        ending = [
            f
            for f in self.explored.spec.fairness
            if f.strength == CEASES and f.name not in statement.prop.without
        ]
        for number, (action, outcome) in enumerate(self.steps[self.loop - 1 :], self.loop):
            if outcome is None or outcome.kind != "rule":
                continue
            for f in ending:
                name = action.event.name if f.rule is None else outcome.transition
                if name == f.name:
                    return f"step {number} is in the loop, and {f.name} ceases"
        return ""

    def keeps(self, statement: Statement, values: Mapping[str, Any], begins: int) -> str:
        """Return at which step the promise is kept after all; empty where it is broken."""
        promise = statement.promise
        assert promise is not None
        chosen = [tuple(values[name] for name, _ in promise.bound)]
        halves = [Half(e, promise) for e in promise.expressions()]
        told = [
            [half.values(up_state(state, up), chosen)[0] for half in halves]
            for state, up in zip(self.states, self.up, strict=True)
        ]
        if promise.shape == LEADS_TO and not told[begins][1]:
            return f"before step {begins + 1} it is not due"
        from_here = self.loop - 1 if promise.shape == FOR_GOOD else begins
        kept = [at for at in range(from_here, len(told)) if told[at][0]]
        if promise.shape == FOR_GOOD:
            return "" if len(kept) < len(told) - from_here else "in the loop it is kept throughout"
        return f"before step {kept[0] + 1} it is kept" if kept else ""


def tell_lasso(
    explored: Explored,
    fair: Sequence[Condition],
    statement: Statement,
    found: Lasso,
    values: Mapping[str, Any],
) -> ToldRun | str:
    """Return the lasso in words, with why no fair action ends it.

    Where the evaluator does not confirm it: why, in a string.
    """
    problem = _unfair(explored.graph, fair, found)
    if problem:
        return problem
    replayed = Replayed(explored, found)
    problem = (
        replayed.problem
        or replayed.goes_on(statement)
        or replayed.keeps(statement, values, found.begins)
    )
    if problem:
        return problem
    steps = tuple(_told_steps(replayed))
    case = ", ".join(f"{n}={show_value(v)}" for n, v in values.items())
    promise = statement.promise
    broken = f"{statement.name} ({statement.prop.title})" + (f": {case}" if case else "")
    if promise is not None and promise.shape == LEADS_TO:
        due = "from the beginning" if found.begins == 0 else f"after step {found.begins}"
        broken = f"{broken}; it is due {due}, and never kept"
    acting = {s.node for s in steps} | {s.sender for s in steps if s.sender is not None}
    acting |= {str(v) for v in values.values()}
    run = ToldRun(
        statement.name,
        tuple((n, show_value(v)) for n, v in explored.config.items()),
        tuple(n for n in explored.nodes if n in acting) or explored.nodes,
        steps,
        broken,
        "the search for fair cycles",
        False,
        no_program="a program ends, and this run does not",
        loop=replayed.loop,
        fair=tuple(_why_fair(explored, fair, found, replayed)),
    )
    return replace(run, chart=chart(run), svg=picture(run))


def _unfair(graph: Graph, fair: Sequence[Condition], found: Lasso) -> str:
    """Return why the edges are no lasso, or whom it wrongs; empty where it is one, and fair."""
    at, states = found.start, [found.start]
    for number, edge in enumerate((*found.stem, *found.loop), 1):
        if int(graph.source[edge]) != at:
            return f"step {number} does not follow from the one before it"
        at = int(graph.target[edge])
        states.append(at)
    entry = len(found.stem)
    if found.loop and at != states[entry]:
        return "the loop does not lead back to where it began"
    missed = missed_by(graph, fair, states[entry:], found.loop)
    return f"it is unfair to {missed[0].name}" if missed else ""


def _told_steps(replayed: Replayed) -> list[ToldStep]:
    steps: list[ToldStep] = []
    first_sent: dict[Packet, int] = {}
    for number, (action, outcome) in enumerate(replayed.steps, 1):
        event, before = action.event, replayed.states[number - 1]
        sent_in = None
        if event.kind == "message" and event.sender is not None:
            given = Packet(event.name, event.sender, event.node, tuple(event.fields.values()))
            sent_in = first_sent[given]
        told = [] if outcome is None else list(effects(before, outcome))
        sends = () if outcome is None else tuple(outcome.sends)
        for packet in sends:
            first_sent.setdefault(packet, number)
        steps.append(
            ToldStep(
                number,
                event.node,
                event.kind,
                event.name,
                tuple((n, show_value(v)) for n, v in event.fields.items()),
                event.sender,
                sent_in,
                action.label,
                tuple(t.partition(": ")[2] for t, fact in told if fact[0] == "var"),
                tuple(map(str, sends)),
                tuple(t for t, fact in told if fact[0] == "ghost"),
            )
        )
    return steps


def _why_fair(
    explored: Explored, fair: Sequence[Condition], found: Lasso, replayed: Replayed
) -> list[str]:
    """Return for each fair action why the run is fair to it, and goes on all the same."""
    graph = explored.graph
    entry = found.states(graph)[-1]
    edges = np.array(found.loop, np.int64)
    states = np.array([entry, *(int(graph.target[e]) for e in found.loop)], np.int64)
    first = replayed.loop
    lines = []
    for c in (one for one in fair if one.told):
        taken = np.flatnonzero(c.takes[graph.action[edges]])
        asking = np.flatnonzero(c.is_asked_on(graph, edges))
        if c.ceases:
            stem = np.flatnonzero(c.is_asked_on(graph, np.array(found.stem, np.int64)))
            last = f"step {int(stem[-1]) + 1} is the last" if len(stem) else "none is in the run"
            lines.append(f"{c.name} ceases: {last}")
        elif len(taken):
            lines.append(f"{c.name}: served by step {first + int(taken[0])}, which ends nothing")
        elif not c.strong and c.asked is not None:
            off = int(np.flatnonzero(~c.asked[states])[0])
            where = f"before step {first + off}" if len(edges) else "at the end"
            lines.append(f"{c.name}: disabled {where}")
        elif c.asked is not None:
            assert not c.asked[states].any()
            lines.append(f"{c.name}: never enabled in the loop")
        elif not len(asking) and _was_sent(explored, c, found):
            lines.append(f"{c.name}: it is not sent again, so it may be lost")
    return lines


def _was_sent(explored: Explored, c: Condition, found: Lasso) -> bool:
    """Tell whether what a condition waits for was sent at all, on the stem."""
    stem = np.array(found.stem, np.int64)
    return bool(len(stem)) and bool(c.is_asked_on(explored.graph, stem).any())
