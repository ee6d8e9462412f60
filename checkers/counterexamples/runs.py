"""Runs from the first state, and taking one again.

Belongs here: what both searches find, and the evaluator's word on it. Never here: searching.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from checkers.counterexamples.breaking import CANNOT, answers, broken_by, broken_in, is_of_states
from checkers.induction import DETERMINISM, TOTALITY
from model.evaluate import Evaluator, Event, GlobalState, Outcome
from model.evaluate.values import EvaluationError

Taken = tuple[Event, str]
"""An event, and the label of the row that answers it."""


@dataclass(frozen=True)
class System:
    """The nodes of a run, and the constants that each is given."""

    config: Mapping[str, Any]
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class FoundRun:
    """A run said to break the property `name` with its last step, or at once if it has none."""

    name: str
    system: System
    steps: tuple[Taken, ...]
    found_by: str


class Replayed:
    """A run taken again by the evaluator, as far as it goes.

    `states` are those before each step and, last, the one at the end, and `outcomes` what each
    step does (None where nothing answers, or two rules do). `broken` tells in words what the last
    step breaks; where the run is not as said, it is empty and `problem` tells why.
    """

    def __init__(self, evaluator: Evaluator, run: FoundRun) -> None:
        """Take the run again; it ends with the first step that breaks the property."""
        self.evaluator, self.run = evaluator, run
        self.steps: list[Taken] = []
        self.states: list[GlobalState] = []
        self.outcomes: list[Outcome | None] = []
        self.broken, self.problem = "", ""
        try:
            self._take()
        except CANNOT as error:
            at = len(self.steps) + 1
            self.problem = f"step {at}: {str(error).splitlines()[0]}"
        if not self.broken and not self.problem:
            self.problem = "the evaluator finds nothing broken"

    def _take(self) -> None:
        evaluator, name = self.evaluator, self.run.name
        state = evaluator.initial_state(self.run.system.config, self.run.system.nodes)
        state.check()
        self.states.append(state)
        if not is_first(evaluator, state):
            self.problem = "the configuration is none that is assumed"
            return
        if is_of_states(evaluator.spec, name):
            self.broken = broken_in(evaluator, evaluator.spec.statements[name], state) or ""
        for event, label in self.run.steps:
            if self.broken:
                return
            evaluator.check_event(state, event)
            self.broken = broken_by(evaluator, name, state, event, label) or ""
            if self.broken and name in (DETERMINISM, TOTALITY):
                label = " / ".join(answers(evaluator, state, event)) or "nothing"
            after, outcome = self._step(state, event, label)
            if outcome is not None and outcome.transition != label:
                self.broken = ""
                raise EvaluationError("run", event, f"{outcome.transition} answers, not {label}")
            self.steps.append((event, label))
            self.outcomes.append(outcome)
            self.states.append(after)
            state = after

    def _step(
        self, state: GlobalState, event: Event, label: str
    ) -> tuple[GlobalState, Outcome | None]:
        if self.broken and label not in self.evaluator.spec.by_label:
            return state, None  # two answers, or none
        self.evaluator.prefer = frozenset({label})
        try:
            return self.evaluator.step(state, event)
        finally:
            self.evaluator.prefer = None


def is_first(evaluator: Evaluator, state: GlobalState) -> bool:
    """Tell whether what is assumed of the configuration holds in a first state."""
    assumed = evaluator.spec.of_kind("assumption")
    return all(evaluator.holds(state, s) for s in assumed if s.formula is not None)


def without_node(system: System, node: str) -> System:
    """Return the system without a node, and without it in the sets of the configuration."""
    config = {}
    for name, value in system.config.items():
        config[name] = value - {node} if isinstance(value, frozenset) else value
    return System(config, tuple(n for n in system.nodes if n != node))


def padded(run: FoundRun, count: int) -> FoundRun | None:
    """Return the run in a system of `count` nodes, the others idle; None where there are more."""
    nodes = list(run.system.nodes)
    if len(nodes) > count:
        return None
    nodes += [f"z{i + 1}" for i in range(count - len(nodes))]
    return replace(run, system=System(run.system.config, tuple(nodes)))
