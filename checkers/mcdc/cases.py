"""One test case: a node's variables, an event, what it shows, and what the evaluator answers.

Belongs here: cases as data, and running them against a generated node. Never here: where they come
from (`make`), or the file that they are kept in (`file`).

    wrong = cases.run(node_module)                    # the order's stored cases, all of them
    wrong = cases.run(node_module, events={"Vote"})   # or those of some events

A run needs no solver, and takes some ten microseconds for a case.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType

from checkers.conformance.comparison import (
    Difference,
    Mismatch,
    Step,
    node_and_evaluator,
    variables_after,
)
from checkers.conformance.generated import GeneratedNode
from checkers.mcdc.restart import RESTART
from model.evaluate import EvaluationError, Event, Outcome, Value
from model.evaluate.node import NodeEvaluator
from model.lang import Spec
from model.lang.load import load


@dataclass(frozen=True)
class Situation:
    """A node, what all nodes are given, what this one holds, and what happens to it."""

    me: str
    config: dict[str, Value]
    before: dict[str, Value]
    event: Event


@dataclass
class Case:
    """A situation, the goals that it shows by their names, and what the evaluator says.

    `breaks`: statements about one node or message that are false of it, so that no run leads there.
    """

    situation: Situation
    outcome: Outcome
    shows: list[str] = field(default_factory=list)
    breaks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A case on which a node does something else than the evaluator says."""

    number: int
    case: Case
    differences: list[Difference]

    def __str__(self) -> str:
        """Return what the case shows, the case, and the differences."""
        s = self.case.situation
        shown = "; ".join(self.case.shows)
        return f"case {self.number} ({shown})\n" + str(
            Mismatch(s.event, s.before, s.config, self.differences)
        )


def run(
    node: ModuleType,
    *,
    stored: Sequence[Case] | None = None,
    spec: Spec | None = None,
    events: Collection[str] | None = None,
    stop: bool = False,
) -> list[Failure]:
    """Run cases against a generated node, and return those on which it differs.

    Args:
        node: The module `node` of a generated package, from a file or made in memory.
        stored: The cases; without it the order's, from their file.
        spec: What the node was generated from; without it the order.
        events: Only the cases of these events.
        stop: End with the first that differs.
    """
    from checkers.mcdc import file

    spec = spec if spec is not None else order_spec()
    stored = stored if stored is not None else file.order_cases()
    durable = frozenset(name for name, d in spec.variables.items() if d.durable)
    subject = GeneratedNode(spec, node=node)
    configs: dict[int, object] = {}
    found: list[Failure] = []
    for number, case in enumerate(stored, 1):
        s = case.situation
        if events is not None and s.event.name not in events:
            continue
        differences = _differences(subject, case, configs, durable)
        if differences:
            found.append(Failure(number, case, differences))
            if stop:
                break
    return found


def run_spec(
    spec: Spec,
    *,
    stored: Sequence[Case] | None = None,
    events: Collection[str] | None = None,
    stop: bool = False,
) -> list[Failure]:
    """Return the cases that the evaluator answers otherwise by `spec`, another one than theirs.

    Nothing is generated: this is for a spec that was changed on purpose.
    """
    from checkers.mcdc import file

    evaluator = NodeEvaluator(spec)
    found: list[Failure] = []
    for number, case in enumerate(stored if stored is not None else file.order_cases(), 1):
        s = case.situation
        if events is not None and s.event.name not in events:
            continue
        said, told = "", f"answers as {case.outcome.transition}"
        try:
            outcome = evaluator.answer(s.config, s.me, s.before, s.event)
            if outcome != case.outcome:
                same = outcome.transition == case.outcome.transition
                said = f"{'answers otherwise ' if same else 'answers '}as {outcome.transition}"
        except (EvaluationError, KeyError) as error:  # a name that the changed spec lacks
            said = f"fails: {error}"
        if said:
            says = {"the changed spec": said, "the spec": told}
            found.append(Failure(number, case, [Difference("the answer", says)]))
            if stop:
                break
    return found


def _differences(
    subject: GeneratedNode, case: Case, configs: dict[int, object], durable: Collection[str]
) -> list[Difference]:
    s = case.situation
    try:
        config = configs.get(id(s.config))
        if config is None:
            config = configs[id(s.config)] = subject.config(s.config)
        node = subject.start(s.me, config)
        subject.put(node, s.before)
        if s.event.kind == RESTART.kind:
            after = subject.variables(subject.restart(node))
            return variables_after(after, {**s.before, **case.outcome.updates})
        values = subject.read_all(node)
        answer = subject.answer(node, s.event)
        step = Step(s.event, s.before, subject.after(node, s.before, values), answer)
        return node_and_evaluator(step, answer, case.outcome, durable)
    except Exception as error:  # the node is what is tested: whatever it raises is a finding
        said = {
            "node": f"raises {type(error).__name__}: {error}",
            "evaluator": f"answers as {case.outcome.transition}",
        }
        return [Difference("whether there is an answer", said)]


@cache
def order_spec() -> Spec:
    """Return the order's spec."""
    return load("order")
