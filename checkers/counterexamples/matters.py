"""Which facts of a step matter: those that could not be otherwise.

Belongs here: changing one fact at a time and asking the evaluator again. Never here: words.

A fact of the state before matters if with another value the rule is not taken, breaks nothing, or
finds the property broken already; a change matters if without it nothing is broken. What does not
matter is there because the lemmas hold in the state before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from checkers.counterexamples.breaking import CANNOT, broken_by, broken_in, every_set, is_of_states
from model.evaluate import Evaluator, Event, GlobalState
from model.evaluate.values import zero_value
from model.lang.sorts import (
    AtomSort,
    BoolSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)

Fact: TypeAlias = tuple[Any, ...]
"""("config", name), ("var", node, name), ("sent", packet) or ("ghost", name, row)."""


@dataclass(frozen=True)
class Step:
    """A step that breaks the property `name`; `label` is the rule that is taken."""

    evaluator: Evaluator
    name: str
    before: GlobalState
    event: Event
    label: str

    # ------------------------------------------------------------ the state before

    def matters(self, fact: Fact) -> bool:
        """Tell whether a fact of the state before matters."""
        return any(not self.breaks_in(other) for other in self._otherwise(fact))

    def breaks_in(self, state: GlobalState) -> bool:
        """Tell whether the rule is taken in `state`, and breaks the property."""
        try:
            self.evaluator.check_event(state, self.event)
            self.evaluator.prefer = frozenset({self.label})
            taken = self.evaluator.outcome(state, self.event).transition
            if is_of_states(self.evaluator.spec, self.name):
                statement = self.evaluator.spec.statements[self.name]
                if broken_in(self.evaluator, statement, state):
                    return False  # it would be broken before, too
            return taken == self.label and bool(
                broken_by(self.evaluator, self.name, state, self.event, self.label)
            )
        except CANNOT:
            return False
        finally:
            self.evaluator.prefer = None

    def _otherwise(self, fact: Fact) -> Iterator[GlobalState]:
        """Yield the state before with that one fact otherwise."""
        state, schema = self.before, self.before.schema
        match fact:
            case ("config", name):
                for value in self._others(schema.config[name], state.config[name]):
                    config = {**state.config, name: value}
                    yield with_facts(state, config=config)
            case ("var", node, name):
                local = state.nodes[node]
                first = self.evaluator.initial(node, state.config)[name]
                others = self._others(schema.variables[name], local[name])
                for value in dict.fromkeys([*([first] if first != local[name] else []), *others]):
                    yield with_facts(state, nodes={**state.nodes, node: {**local, name: value}})
            case ("sent", packet):
                yield with_facts(state, packets=[p for p in state.packets if p != packet])
            case ("ghost", name, row):
                ghosts = {n: set(r.rows) for n, r in state.ghosts.items()}
                ghosts[name] = ghosts[name] - {row}
                yield with_facts(state, ghosts=ghosts)

    def _others(self, sort: Sort, value: Any) -> list[Any]:
        """Return other values of a sort: all of a finite one, else the plainest."""
        match sort:
            case BoolSort() | SumSort() | RangeSort():
                found = self.before.domain(sort)
            case AtomSort():
                found = self.before.domain(sort)
            case _:
                found = (_plainest(sort, self.before),)
        return [other for other in found if other != value]

    # ------------------------------------------------------------ what the step does

    def change_matters(self, fact: Fact) -> bool:
        """Tell whether what the step does matters: a variable set, a message sent, a ghost."""
        self.evaluator.prefer = frozenset({self.label})
        try:
            outcome = self.evaluator.outcome(self.before, self.event)
            statement = self.evaluator.spec.statements.get(self.name)
            match fact:
                case ("var", _, name):
                    updates = {n: v for n, v in outcome.updates.items() if n != name}
                    outcome = replace(outcome, updates=updates)
                case ("sent", packet):
                    sends = [p for p in outcome.sends if p != packet]
                    outcome = replace(outcome, sends=sends)
                case ("ghost", *row):
                    ghosts = [g for g in outcome.ghosts if list(g) != row]
                    outcome = replace(outcome, ghosts=ghosts)
            if statement is None:
                return False
            if statement.formula is None:
                with every_set(self.before):
                    return self.evaluator.step_holds(self.before, self.event, outcome, statement)
            after = self.before.copy()
            self.evaluator.apply(after, outcome)
            return broken_in(self.evaluator, statement, after) is None
        except CANNOT:
            return True
        finally:
            self.evaluator.prefer = None


def _plainest(sort: Sort, state: GlobalState) -> Any:
    match sort:
        case MaybeSort():
            return None
        case SetSort():
            return frozenset()
        case OrderSort():
            return zero_value(sort)
        case StructSort():
            return tuple(_plainest(part, state) for _, part in sort.parts)
        case _:
            return state.domain(sort)[0]


def with_facts(
    state: GlobalState,
    *,
    config: Any = None,
    nodes: Any = None,
    packets: Any = None,
    ghosts: Any = None,
) -> GlobalState:
    """Return a state with other facts of some kinds; what is not given stays."""
    return GlobalState(
        state.schema,
        config if config is not None else state.config,
        nodes if nodes is not None else state.nodes,
        packets if packets is not None else state.packets,
        ghosts if ghosts is not None else {n: r.rows for n, r in state.ghosts.items()},
    )
