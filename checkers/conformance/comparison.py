"""One step of one node in three readings of the spec: do they say the same?

Belongs here: what is compared, and how a difference is told. Never here: which steps are compared
(`exhaustive`, `stateful`).

The *evaluator* is the reference meaning, the *model* the Z3 relation run on these values, the
*node* the generated code. They share the spec's expressions and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from checkers.conformance.compiled_model import CompiledModel, Guards, Values
from checkers.conformance.generated import Answer, GeneratedNode
from model.evaluate import (
    EvaluationError,
    Evaluator,
    Event,
    GlobalState,
    Outcome,
    RefusedBy,
    show_value,
)
from model.lang import Spec


@dataclass(frozen=True)
class Difference:
    """Something on which two readings differ: what it is, and what each says."""

    what: str
    says: Mapping[str, str]

    def __str__(self) -> str:
        """Return it on a few lines, one for each reading."""
        width = max(map(len, self.says))
        lines = [f"    {who + ':':{width + 1}} {said}" for who, said in self.says.items()]
        return "\n".join([f"  {self.what}", *lines])


@dataclass
class Mismatch:
    """A step on which the readings differ."""

    event: Event
    before: Values
    config: Values
    differences: list[Difference]

    def __str__(self) -> str:
        """Return the step, what the node held before, and what each reading says of it."""
        held = ", ".join(f"{n}={show_value(v)}" for n, v in self.before.items())
        shared = ", ".join(f"{n}={show_value(v)}" for n, v in self.config.items())
        lines = [f"{self.event}", f"  before: {held}", f"  config: {shared}"]
        return "\n".join([*lines, *map(str, self.differences)])


@dataclass
class Step:
    """What is compared: a node's variables before and after an event, and what it answered."""

    event: Event
    before: Values
    after: Values
    answer: Answer | None
    """None for a crash, which nobody answers."""


@dataclass(slots=True)
class Taken:
    """A step taken: the node after it (a crash makes a new one), and what the evaluator says.

    Where one of the two failed there is no step, no outcome, or neither, and a difference.
    """

    node: Any
    step: Step | None
    outcome: Outcome | None
    differences: list[Difference]
    torn: bool
    """Two rules of the spec answer, says the evaluator."""


@dataclass(slots=True)
class Comparison:
    """How the readings of a step differ, and what each rule's clauses are in the model."""

    differences: list[Difference]
    clauses: Mapping[str, tuple[bool, ...]]


@dataclass
class Readings:
    """The three readings of one spec."""

    spec: Spec
    package: str | None = None
    evaluator: Evaluator = field(init=False)
    model: CompiledModel = field(init=False)
    node: GeneratedNode = field(init=False)

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self.spec)
        self.model = CompiledModel(self.spec)
        self.node = GeneratedNode(self.spec, self.package)
        self.texts = {t.label: [(c.text, c.kind) for c in t.clauses] for t in self.spec.transitions}
        self._durable = {name for name, d in self.spec.variables.items() if d.durable}

    # ------------------------------------------------------------ a step

    def take(
        self,
        config: Values,
        node: Any,
        before: Values,
        event: Event,
        state: GlobalState | None = None,
    ) -> Taken:
        """Let the node, which holds `before`, and the evaluator take a step.

        A reading that fails where it should answer differs from the others in that.
        """
        values = self.node.read_all(node)
        said: dict[str, str] = {}
        outcome: Outcome | None = None
        step: Step | None = None
        torn = False
        try:
            outcome = self.evaluator.answer(config, event.node, before, event, state)
            said["evaluator"] = f"answers as {outcome.transition}"
        except EvaluationError as error:
            said["evaluator"], torn = str(error), error.place == "ORD111"
        try:
            if event.kind == "crash":
                node = self.node.restart(node)
                step = Step(event, before, self.node.variables(node), None)
            else:
                answer = self.node.answer(node, event)
                step = Step(event, before, self.node.after(node, before, values), answer)
                said["node"] = f"answers as {answer.label}"
        except Exception as error:  # the node is what is tested: whatever it raises is a finding
            said["node"] = f"raises {type(error).__name__}: {error}"
        differences = []
        if outcome is None or step is None:
            differences.append(Difference("whether there is an answer", said))
        return Taken(node, step, outcome, differences, torn)

    def compare(
        self, config: Values, step: Step, outcome: Outcome, *, clauses: bool = False
    ) -> Comparison:
        """Return how the readings differ on a step; `outcome` is the evaluator's.

        With `clauses` the value of every clause is compared too, whether it decided or not.
        """
        if step.answer is None:
            return Comparison(self._crash(config, step, outcome), {})
        event, before = step.event, step.before
        guards = self.model.event(event.name).guards(
            before, event.fields, event.node, event.sender, config
        )
        found = node_and_evaluator(step, step.answer, outcome, self._durable)
        found += self._node_and_model(config, step, step.answer, guards)
        if clauses:
            found += self._clauses(config, step, guards)
        return Comparison(found, guards.clauses)

    def _node_and_model(
        self, config: Values, step: Step, answer: Answer, guards: Guards
    ) -> list[Difference]:
        event, before = step.event, step.before
        if guards.enabled != [answer.label]:
            return [_differ("which row answers", node=[answer.label], model=guards.enabled)]
        row, found = self.model.event(event.name)[answer.label], []
        if not row.holds(before, event.fields, step.after, event.node, event.sender, config):
            found.append(
                Difference(
                    "the variables after",
                    {"node": _changes(before, step.after), "model": "not in the relation"},
                )
            )
        effects = row.effects(before, event.fields, event.node, event.sender, config)
        if answer.sends != effects.sends:
            found.append(_differ("what is sent", node=answer.sends, model=effects.sends))
        if answer.reply != row.reply or answer.reply_fields != effects.reply:
            found.append(
                _differ(
                    "the reply",
                    node=(answer.reply, answer.reply_fields),
                    model=(row.reply, effects.reply),
                )
            )
        if answer.refused_by is not None:
            nearest = guards.nearest()
            named = None
            if nearest is not None:
                named = RefusedBy(nearest.rule, *self.texts[nearest.rule][nearest.clause])
            if named != answer.refused_by:
                found.append(
                    _differ("the clause that refuses", node=answer.refused_by, model=named)
                )
        return found

    def _crash(self, config: Values, step: Step, outcome: Outcome) -> list[Difference]:
        found = []
        expected = {**step.before, **outcome.updates}
        if step.after != expected:
            found += variables_after(step.after, expected)
        me = step.event.node
        if not self.model.crash.holds(step.before, {}, step.after, me, None, config):
            found.append(
                Difference(
                    "the variables after",
                    {"node": _changes(step.before, step.after), "model": "not in the relation"},
                )
            )
        return found

    def _clauses(self, config: Values, step: Step, guards: Guards) -> list[Difference]:
        values = self.evaluator.clause_values(config, step.event.node, step.before, step.event)
        return [
            _differ(f"the clauses of {rule}", evaluator=values[rule], model=guards.clauses[rule])
            for rule in values
            if values[rule] != guards.clauses[rule]
        ]

    def rules_that_accept(self, config: Values, step: Step) -> tuple[str, ...]:
        """Return the rules that accept an event, according to the model."""
        event = step.event
        guards = self.model.event(event.name).guards(
            step.before, event.fields, event.node, event.sender, config
        )
        return tuple(guards.enabled)

    # ------------------------------------------------------------ a first start

    def compare_start(self, me: str, config: Values) -> list[Difference]:
        """Return how the readings differ on a node's first variables."""
        node = self.node.variables(self.node.start(me, self.node.config(config)))
        found = variables_after(node, self.evaluator.initial(me, config))
        return found + variables_after(node, self.model.initial(me, config), "model")


def node_and_evaluator(
    step: Step, answer: Answer, outcome: Outcome, durable: Collection[str]
) -> list[Difference]:
    """Return how the node's answer differs from the evaluator's; `durable` survive a crash."""
    if answer.label != outcome.transition:
        return [_differ("which row answers", node=answer.label, evaluator=outcome.transition)]
    found = []
    expected = {**step.before, **outcome.updates}
    if step.after != expected:
        found += variables_after(step.after, expected)
    if answer.sends != outcome.sends:
        found.append(_differ("what is sent", node=answer.sends, evaluator=outcome.sends))
    if answer.reply != outcome.reply or answer.reply_fields != outcome.reply_fields:
        found.append(
            _differ(
                "the reply",
                node=(answer.reply, answer.reply_fields),
                evaluator=(outcome.reply, outcome.reply_fields),
            )
        )
    if answer.refused_by != outcome.refused_by:
        found.append(
            _differ(
                "the clause that refuses",
                node=answer.refused_by,
                evaluator=outcome.refused_by,
            )
        )
    unsaved = [n for n in outcome.updates if n in durable and n not in answer.persist]
    if unsaved:
        found.append(
            _differ("what is stored before sending", node=answer.persist, evaluator=unsaved)
        )
    return found


def _differ(what: str, **says: Any) -> Difference:
    return Difference(what, {who: _show(said) for who, said in says.items()})


def _show(said: Any) -> str:
    match said:
        case list():
            return "; ".join(map(str, said)) or "nothing"
        case RefusedBy():
            return f"{said.rule}: {said.clause} ({said.kind})"
        case (str(name), dict(values)):
            return f"{name}({', '.join(f'{n}={show_value(v)}' for n, v in values.items())})"
        case _:
            return show_value(said)


def variables_after(node: Values, expected: Values, who: str = "evaluator") -> list[Difference]:
    """Return how a node's variables differ from what somebody else says that they are."""
    return [
        _differ(f"the variable {name} after", **{"node": node[name], who: value})
        for name, value in expected.items()
        if node[name] != value
    ]


def _changes(before: Values, after: Values) -> str:
    changed = [
        f"{name}: {show_value(before[name])} -> {show_value(value)}"
        for name, value in after.items()
        if before[name] != value
    ]
    return ", ".join(changed) or "nothing changes"
