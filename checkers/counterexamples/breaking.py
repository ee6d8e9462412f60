"""What a step breaks, in the reference evaluator's judgement and in words.

Belongs here: one question, for every kind of property. Never here: where the step comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from checkers.induction import ACTORS, DETERMINISM, INITIAL, ROLES, TOTALITY
from model.evaluate import Evaluator, Event, GlobalState, Outcome, show_value
from model.evaluate.terms import Frame, TermCompiler
from model.evaluate.values import EvaluationError
from model.lang import Spec
from model.lang.spec import Statement

CANNOT = (EvaluationError, KeyError)
"""What the evaluator raises on values that mean nothing, such as a variable of no node."""

MOST_NODES = 8
"""Of so many nodes each set is looked at, where a statement speaks of sets; of more, those that
occur in the state."""


def broken_by(
    evaluator: Evaluator, name: str, before: GlobalState, event: Event, label: str = ""
) -> str | None:
    """Return in words how `event` in the state `before` breaks the property `name`, or None.

    `label` is the rule to take where two answer. Raises what `CANNOT` names.
    """
    spec = evaluator.spec
    if name == DETERMINISM:
        return _two_answers(evaluator, before, event)
    preferred, evaluator.prefer = evaluator.prefer, frozenset({label})
    try:
        outcome = evaluator.outcome(before, event)
    except EvaluationError as error:
        if name == TOTALITY and error.place == "ORD112":
            return f"no rule, and no refusal, answers {event.name}"
        raise
    finally:
        evaluator.prefer = preferred
    if name == ROLES:
        return _wrong_sender(spec, before, event, outcome)
    if name == ACTORS:
        return _wrong_actor(spec, before, event, outcome)
    if name == TOTALITY:
        return None
    statement = spec.statements[name]
    if statement.formula is None:
        with every_set(before):
            holds = evaluator.step_holds(before, event, outcome, statement)
        if holds:
            return None
        return f"{name} ({statement.prop.title}) is false of this step of {event.node}"
    after = before.copy()
    evaluator.apply(after, outcome)
    return broken_in(evaluator, statement, after)


def broken_in(evaluator: Evaluator, statement: Statement, state: GlobalState) -> str | None:
    """Return in words how a state falsifies a statement about states, or None."""
    with every_set(state):
        witness = evaluator.violations(state, statement)
    if witness is None:
        return None
    return f"{statement.name} ({statement.prop.title}) is false{values(witness)}"


@contextmanager
def every_set(state: GlobalState) -> Iterator[None]:
    """Let a statement of all sets of nodes speak of all of them, as it does where it is proved."""
    before, state.every_set = state.every_set, len(state.nodes) <= MOST_NODES
    try:
        yield
    finally:
        state.every_set = before


def values(witness: Mapping[str, Any]) -> str:
    """Return the values for which a statement is false, as the end of a sentence."""
    shown = {n: v for n, v in witness.items() if not n.startswith("any_")}
    if not shown:
        return ""
    return " with " + ", ".join(f"{n} = {show_value(v)}" for n, v in shown.items())


def answers(evaluator: Evaluator, state: GlobalState, event: Event) -> list[str]:
    """Return the rules whose guards all hold at an event."""
    if event.kind == "crash":
        return []
    local = state.nodes[event.node]
    clauses = evaluator.clause_values(state.config, event.node, local, event)
    return [label for label, truths in clauses.items() if all(truths)]


def _two_answers(evaluator: Evaluator, before: GlobalState, event: Event) -> str | None:
    both = answers(evaluator, before, event)
    return f"{' and '.join(both)} both answer {event.name}" if len(both) > 1 else None


def _wrong_sender(spec: Spec, before: GlobalState, event: Event, outcome: Outcome) -> str | None:
    """A role is that after the step: who wins an election announces it as herald."""
    if spec.role_variable is None:
        return None
    after = {**before.nodes[event.node], **outcome.updates}
    role = after[spec.role_variable]
    for out in spec.by_label[outcome.transition].sends:  # even where it goes to nobody
        allowed = {leaf for c in spec.sending_roles(out.message) for leaf in c.leaves}
        if role not in allowed:
            return f"{event.node} sends {out.message.__name__} as {role}"
    return None


def _wrong_actor(spec: Spec, before: GlobalState, event: Event, outcome: Outcome) -> str | None:
    if outcome.kind != "rule":
        return None
    frame = Frame(before.config, event.node, before.nodes[event.node], event.fields, event.sender)
    for clause in spec.role_clauses[event.name]:
        if not TermCompiler().compile(clause.expr, {})(frame):
            return f"{event.name} asks for {clause.text}, and {outcome.transition} acts"
    return None


def is_of_states(spec: Spec, name: str) -> bool:
    """Tell whether a property speaks of states, and so of the first one too."""
    statement = spec.statements.get(name)
    return statement is not None and statement.formula is not None


__all__ = ["CANNOT", "INITIAL", "broken_by", "broken_in", "every_set", "is_of_states", "values"]
