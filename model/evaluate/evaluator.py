"""A spec in its plain concrete meaning: states, steps, and what is true of them.

Belongs here: the front of the evaluator. Never here: the meaning of expressions (`terms`,
`search`), or checking after every step of a run (`checker`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from model.evaluate.node import NodeEvaluator, Outcome
from model.evaluate.search import FormulaCompiler, Search, accept
from model.evaluate.state import Event, GlobalState, Packet, Row, Schema
from model.evaluate.terms import Closure, Frame, Local
from model.evaluate.values import EvaluationError, Value, check_value
from model.lang.expr import Expr, Kind
from model.lang.spec import Spec, Statement

Witness = dict[str, Value]
"""Values of the quantified variables of a statement, by name."""


class ClosedFormula:
    """A closed formula, compiled: whether it holds, and if not, for which values."""

    def __init__(self, formula: Expr) -> None:
        self.compiler = FormulaCompiler()
        self.goals = self.compiler.goals(formula, {}, False)
        self.searches: list[Search] = [
            self.compiler.plan(goal, frozenset(), accept) for goal in self.goals
        ]
        self._positive = FormulaCompiler()
        self._witnesses = [
            (goal, self._positive.plan(goal, frozenset(), accept))
            for goal in self._positive.goals(formula, {}, True)
        ]

    def falsified(self, state: GlobalState) -> Witness | None:
        """Return the values for which the formula is false, None where it holds."""
        f = self.compiler.frame(Frame(state.config, state=state))
        for goal, search in zip(self.goals, self.searches, strict=True):
            if search(f):
                return {name: f.bound[slot] for slot, (name, _) in goal.slots.items()}
        return None

    def witness(self, state: GlobalState) -> Witness | None:
        """Return values of the outer `exists` that make it true; None where it is false."""
        f = self._positive.frame(Frame(state.config, state=state))
        for goal, search in self._witnesses:
            if search(f):
                return {name: f.bound[slot] for slot, (name, _) in goal.slots.items()}
        return None


class StepFormula:
    """A step property of one transition, compiled; None where it says nothing."""

    def __init__(self, formula: Expr) -> None:
        self.compiler = FormulaCompiler()
        self._test: Closure = self.compiler.compile(formula, {})

    def holds(self, f: Frame) -> bool:
        """Tell whether it holds of a frame with the node before and after, and the state before."""
        self.compiler.frame(f)
        return bool(self._test(f))


@dataclass
class Replay:
    """One step from a given state, and what was true before, of it and after."""

    outcome: Outcome
    after: GlobalState
    held_before: dict[str, bool]
    holds_after: dict[str, bool]
    step_holds: dict[str, bool]

    def broken(self) -> list[str]:
        """Return the statements that the step breaks."""
        lost = [n for n, held in self.held_before.items() if held and not self.holds_after[n]]
        return lost + [n for n, held in self.step_holds.items() if not held]


class Evaluator(NodeEvaluator):
    """The reference meaning of a spec."""

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.schema = Schema(spec)
        self._formulas: dict[str, ClosedFormula] = {}
        self._steps: dict[str, dict[str, StepFormula | None]] = {}

    # ------------------------------------------------------------ states

    def initial_state(self, config: Mapping[str, Value], nodes: Iterable[str]) -> GlobalState:
        """Return the first state of `nodes`. Raises `EvaluationError` for a wrong value."""
        locals_ = {node: self.initial(node, config) for node in nodes}
        return self.state(config, locals_)

    def state(
        self,
        config: Mapping[str, Value],
        nodes: Mapping[str, Local],
        sent: Iterable[Packet] = (),
        ghosts: Mapping[str, Iterable[Row]] | None = None,
    ) -> GlobalState:
        """Return any state, reachable or not. Raises `EvaluationError` for a value of no sort."""
        made = GlobalState(self.schema, config, nodes, sent, ghosts)
        made.check()
        return made

    def delivery(self, packet: Packet) -> Event:
        """Return the event that `packet` arrives."""
        names = self.schema.fields[packet.message]
        fields = dict(zip(names, packet.fields, strict=True))
        return Event("message", packet.message, packet.dst, fields, packet.src)

    def check_event(self, state: GlobalState, event: Event, *, sent: bool = True) -> None:
        """Raise `EvaluationError` unless `event` can happen: known, well-sorted, and sent."""
        if event.node not in state.nodes:
            raise EvaluationError("event", event, "there is no such node")
        if event.kind == "crash":
            return
        declared = self.spec.events.get(event.name)
        if declared is None or declared.kind != event.kind:
            raise EvaluationError("event", event, f"the spec declares no such {event.kind}")
        sorts = self.schema.fields[event.name]
        if list(sorts) != list(event.fields):
            raise EvaluationError("event", event, f"its fields are {', '.join(sorts) or 'none'}")
        for name, sort in sorts.items():
            check_value(event.fields[name], sort, f"{event.name}.{name}")
        if event.kind == "message" and sent:
            row = (event.sender, event.node, *event.fields.values())
            if row not in state.sent[event.name].rows:
                raise EvaluationError("event", event, "the message was never sent")

    # ------------------------------------------------------------ steps

    def outcome(
        self, state: GlobalState, event: Event, fresh: Sequence[Value] | None = None
    ) -> Outcome:
        """Return what the event's node answers in `state`, ghosts included; nothing changes yet."""
        local = state.nodes[event.node]
        return self.answer(state.config, event.node, local, event, state, fresh)

    def apply(self, state: GlobalState, outcome: Outcome) -> None:
        """Carry out an outcome, changing `state`."""
        node = outcome.node
        if outcome.updates:
            state.nodes[node] = {**state.nodes[node], **outcome.updates}
        for packet in outcome.sends:
            state.send(packet)
        for relation, row in outcome.ghosts:
            state.ghosts[relation].add(row)
        state.changed()

    def advance(
        self, state: GlobalState, event: Event, fresh: Sequence[Value] | None = None
    ) -> Outcome:
        """Let `event` happen, changing `state`."""
        outcome = self.outcome(state, event, fresh)
        self.apply(state, outcome)
        return outcome

    def step(
        self, state: GlobalState, event: Event, fresh: Sequence[Value] | None = None
    ) -> tuple[GlobalState, Outcome]:
        """Return the state after `event`, and the outcome; `state` stays as it is."""
        after = state.copy()
        return after, self.advance(after, event, fresh)

    # ------------------------------------------------------------ properties

    def closed(self, statement: Statement) -> ClosedFormula:
        """Return a statement's formula, compiled once."""
        found = self._formulas.get(statement.name)
        if found is None:
            if statement.formula is None:
                raise EvaluationError(statement.name, "step", "it speaks of steps, not of states")
            found = self._formulas[statement.name] = ClosedFormula(statement.formula)
        return found

    def holds(self, state: GlobalState, statement: Statement) -> bool:
        """Tell whether a statement about states is true of `state`."""
        return self.closed(statement).falsified(state) is None

    def violations(self, state: GlobalState, statement: Statement) -> Witness | None:
        """Return the first values found that falsify a statement, None where it holds.

        A statement that begins with `exists` is falsified by no values: the empty dict.
        """
        return self.closed(statement).falsified(state)

    def witness(self, state: GlobalState, statement: Statement) -> Witness | None:
        """Return values that show a `sometimes` statement true, None where it is false."""
        return self.closed(statement).witness(state)

    def step_formula(self, statement: Statement, label: str) -> StepFormula | None:
        """Return a step property's formula for one transition; None where it is plainly true."""
        formulas = self._steps.get(statement.name)
        if formulas is None:
            formulas = self._steps[statement.name] = {
                name: None
                if formula.kind is Kind.CONST and formula.data is True
                else StepFormula(formula)
                for name, formula in statement.per_transition.items()
            }
        return formulas.get(label)

    def step_holds(
        self, state: GlobalState, event: Event, outcome: Outcome, statement: Statement
    ) -> bool:
        """Tell whether a step property holds of a step; `state` is the one before it."""
        formula = self.step_formula(statement, outcome.transition)
        return formula is None or formula.holds(self.step_frame(state, event, outcome))

    def step_frame(self, state: GlobalState, event: Event, outcome: Outcome) -> Frame:
        """Return what step properties are evaluated on."""
        local = state.nodes[event.node]
        f = Frame(state.config, event.node, local, event.fields, event.sender, state)
        f.after = {**local, **outcome.updates}
        return f

    def replay(
        self,
        state: GlobalState,
        event: Event,
        statements: Iterable[Statement] | None = None,
        fresh: Sequence[Value] | None = None,
    ) -> Replay:
        """Take one step from any state, and tell which statements hold before, of it and after.

        `state` stays as it is. Without `statements` it is all of the spec's but `sometimes`.
        Raises `EvaluationError` for an event that cannot happen there.
        """
        self.check_event(state, event)
        if statements is None:
            statements = self.spec.of_kind("safety", "lemma", "assumption", "step")
        chosen = list(statements)
        of_states = [s for s in chosen if s.formula is not None]
        before = {s.name: self.holds(state, s) for s in of_states}
        after, outcome = self.step(state, event, fresh)
        return Replay(
            outcome,
            after,
            before,
            {s.name: self.holds(after, s) for s in of_states},
            {
                s.name: self.step_holds(state, event, outcome, s)
                for s in chosen
                if s.formula is None
            },
        )
