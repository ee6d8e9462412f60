"""A counterexample replayed by the reference evaluator and put in words.

Belongs here: replaying and wording. Never here: finding it (`counterexample`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from checkers.counterexample import Found
from checkers.induction import ACTORS, DETERMINISM, INITIAL, ROLES
from checkers.verdict import Counterexample
from model.evaluate import Evaluator, Event, GlobalState, Packet, show_value
from model.evaluate.terms import Frame, TermCompiler
from model.evaluate.values import EvaluationError
from model.lang import Message, Spec


def explain(spec: Spec, found: Found) -> Counterexample:
    """Replay `found` and word it; `replayed` tells whether the evaluator confirms it."""
    evaluator = Evaluator(spec)
    state = evaluator.state(
        found.config,
        found.nodes,
        [Packet(m, r[0], r[1], tuple(r[2:])) for m, rows in found.messages.items() for r in rows],
        found.ghosts,
    )
    before = tuple(_facts(spec, evaluator, state))
    if found.transition == INITIAL:
        statement = spec.statements[found.property]
        start = evaluator.initial_state(found.config, found.nodes)
        witness = evaluator.violations(start, statement)
        return Counterexample(
            INITIAL,
            "",
            tuple(_facts(spec, evaluator, start)),
            (),
            _values(witness),
            str(found.scope),
            witness is not None,
        )
    event = _event(spec, found)
    try:
        outcome = evaluator.outcome(state, event)
    except EvaluationError as error:
        if found.property != DETERMINISM and found.transition in spec.by_label:
            return explain(_alone(spec, found.transition), found)
        return Counterexample(
            found.transition,
            str(event),
            before,
            (),
            str(error).splitlines()[0],
            str(found.scope),
            found.property == DETERMINISM,
        )
    after = state.copy()
    evaluator.apply(after, outcome)
    broken, confirmed = _broken(spec, evaluator, found, state, after, event, outcome)
    return Counterexample(
        found.transition,
        str(event),
        before,
        tuple(_changes(spec, state, after, outcome)),
        broken,
        str(found.scope),
        confirmed and outcome.transition == found.transition,
        ""
        if outcome.transition == found.transition
        else f"the evaluator takes {outcome.transition}",
    )


def _alone(spec: Spec, label: str) -> Spec:
    """Return the spec in which no other rule answers the event of `label`.

    A dropped guard can make two rules overlap; each is still a step that can be taken.
    """
    kept = spec.by_label[label]
    rest = tuple(
        t
        for t in spec.transitions
        if t is kept or t.event is not kept.event or t.kind != "rule" or kept.kind != "rule"
    )
    return replace(spec, transitions=rest)


def _broken(
    spec: Spec,
    evaluator: Evaluator,
    found: Found,
    state: GlobalState,
    after: GlobalState,
    event: Event,
    outcome: Any,
) -> tuple[str, bool]:
    """Return what is broken in words, and whether the evaluator agrees that it is."""
    if found.property == ACTORS:
        frame = Frame(state.config, event.node, state.nodes[event.node], event.fields, event.sender)
        for clause in spec.role_clauses[event.name]:
            if not TermCompiler().compile(clause.expr, {})(frame):
                return f"{event.name} asks for {clause.text}, and {outcome.transition} acts", True
        return "", False
    if found.property == ROLES and spec.role_variable is not None:
        role = after.nodes[event.node][spec.role_variable]
        for out in spec.by_label[outcome.transition].sends:  # even where it goes to nobody
            allowed = {leaf for c in spec.sending_roles(out.message) for leaf in c.leaves}
            if role not in allowed:
                return f"{event.node} sends {out.message.__name__} as {role}", True
        return "", False
    statement = spec.statements[found.property]
    if statement.formula is None:
        holds = evaluator.step_holds(state, event, outcome, statement)
        return statement.prop.doc, not holds
    held = evaluator.holds(state, statement)
    witness = evaluator.violations(after, statement)
    return _values(witness), held and witness is not None


def _values(witness: Mapping[str, Any] | None) -> str:
    if not witness:
        return ""
    shown = {n: v for n, v in witness.items() if not n.startswith("any_")}
    return "with " + ", ".join(f"{n} = {show_value(v)}" for n, v in shown.items())


def _event(spec: Spec, found: Found) -> Event:
    transition = spec.by_label.get(found.transition)
    if transition is None:  # two rules of one event
        transition = spec.by_label[found.transition.split(" / ")[0]]
    if transition.event is None:
        return Event("crash", "crash", found.me)
    sender = found.sender if issubclass(transition.event, Message) else None
    return Event(transition.event.kind, transition.event.__name__, found.me, found.fields, sender)


def _facts(spec: Spec, evaluator: Evaluator, state: GlobalState) -> list[str]:
    """Return a readable line per node, message and ghost; what has its first value is left out."""
    lines = [f"config {n} = {show_value(v)}" for n, v in state.config.items()]
    for node, local in state.nodes.items():
        first = evaluator.initial(node, state.config)
        told = [
            f"{n} {show_value(v)}" for n, v in local.items() if v != first[n] or n in spec.control
        ]
        lines.append(f"{node}: {', '.join(told)}")
    lines += [f"sent {packet}" for packet in state.packets]
    lines += [
        f"{name}{show_value(row)}"
        for name, relation in state.ghosts.items()
        for row in sorted(relation.rows, key=repr)
    ]
    return lines


def _changes(spec: Spec, state: GlobalState, after: GlobalState, outcome: Any) -> list[str]:
    """Return what the step changed."""
    node = outcome.node
    lines = [
        f"{node}: {name} {show_value(state.nodes[node][name])} -> {show_value(value)}"
        for name, value in outcome.updates.items()
        if state.nodes[node][name] != value
    ]
    lines += [f"sends {packet}" for packet in outcome.sends]
    lines += [f"{name}{show_value(row)}" for name, row in outcome.ghosts]
    return lines or ["nothing changes"]
