"""A counterexample to induction replayed by the reference evaluator and put in words.

Belongs here: replaying and wording one step. Never here: finding it (`smallest`), or runs
(`telling`).
"""

from __future__ import annotations

from collections.abc import Iterator

from checkers.counterexamples.breaking import CANNOT, broken_by, broken_in
from checkers.counterexamples.matters import Step
from checkers.counterexamples.smallest import Found
from checkers.induction import ACTORS, DETERMINISM, INITIAL, ROLES, TOTALITY
from checkers.questions import hypotheses
from checkers.story import Counterexample, Line, Part
from model.evaluate import Evaluator, Event, GlobalState, Outcome, Packet, show_value
from model.lang import Message, Spec
from model.lang.spec import Statement


def explain(spec: Spec, found: Found) -> Counterexample:
    """Replay `found` and word it; `replayed` tells whether the evaluator confirms all of it."""
    evaluator = Evaluator(spec)
    if found.transition == INITIAL:
        return _first_state(evaluator, found)
    state = state_before(evaluator, found)
    event = event_of(spec, found)
    label = (
        found.transition.split(" / ")[0]
        if found.transition not in spec.by_label
        else (found.transition)
    )
    step = Step(evaluator, found.property, state, event, label)
    claim, notes = _claim(evaluator, found, state)
    broken, outcome = "", None
    try:
        broken = broken_by(evaluator, found.property, state, event, label) or ""
        evaluator.prefer = frozenset({label})
        if found.property != TOTALITY:
            outcome = evaluator.outcome(state, event)
            later, against = _later(evaluator, found, state, outcome)
            claim, notes = claim + later, notes + against
    except CANNOT as error:
        notes.append(f"the evaluator cannot take the step: {str(error).splitlines()[0]}")
    finally:
        evaluator.prefer = None
    if not broken and not notes:
        notes.append("the evaluator finds nothing broken")
    single = found.property not in (DETERMINISM, TOTALITY)
    if outcome is not None and single and outcome.transition != found.transition:
        notes.append(f"the evaluator takes {outcome.transition}")
    return Counterexample(
        found.transition,
        str(event),
        tuple(_facts(step)),
        tuple(_changes(step, outcome)) if outcome is not None and single else (),
        broken,
        str(found.scope),
        not notes,
        "; ".join(notes),
        claim,
        found.smallest,
    )


def state_before(evaluator: Evaluator, found: Found) -> GlobalState:
    """Return the state before the step, as the evaluator has states."""
    return evaluator.state(
        found.config,
        found.nodes,
        [Packet(m, r[0], r[1], tuple(r[2:])) for m, rows in found.messages.items() for r in rows],
        found.ghosts,
    )


def _first_state(evaluator: Evaluator, found: Found) -> Counterexample:
    start = evaluator.initial_state(found.config, found.nodes)
    statement = evaluator.spec.statements[found.property]
    broken = broken_in(evaluator, statement, start) or ""
    assumed = evaluator.spec.of_kind("assumption")
    lost = [s.name for s in assumed if s.formula is not None and broken_in(evaluator, s, start)]
    notes = [f"in this state the evaluator finds false: {', '.join(lost)}"] if lost else []
    if not broken:
        notes.append("the evaluator finds nothing broken")
    facts: list[Line] = [(Part(f"config {n} = {show_value(v)}"),) for n, v in start.config.items()]
    facts += [_variables(evaluator, start, node, frozenset()) for node in start.nodes]
    return Counterexample(
        "",
        "",
        tuple(facts),
        (),
        broken,
        str(found.scope),
        not notes,
        "; ".join(notes),
        "it is a first state, and satisfies what is assumed of the configuration",
        found.smallest,
    )


def _claim(evaluator: Evaluator, found: Found, state: GlobalState) -> tuple[str, list[str]]:
    """Return what holds in the state before, in words, and what the evaluator says against it."""
    spec = evaluator.spec
    if found.property in (ROLES, ACTORS):
        return "nothing is asked of the state before: the rule's own guard must see to it", []
    if found.property == TOTALITY:
        return "nothing is asked of the state before: every event needs an answer in any", []
    statement = spec.statements.get(found.property)
    assumed: list[Statement] = [*hypotheses(spec, statement), *spec.of_kind("assumption")]
    lost = []
    for s in assumed:
        try:
            if s.formula is not None and broken_in(evaluator, s, state):
                lost.append(s.name)
        except CANNOT:
            lost.append(s.name)
    notes = [f"the evaluator finds false before the step: {', '.join(lost)}"] if lost else []
    if statement is not None and statement.prop.uses is not None:
        named = ", ".join(s.name for s in assumed)
        return f"the state before satisfies what the proof may use: {named}", notes
    by_name = any(s.prop.by_name for s in spec.of_kind("lemma"))
    but = " or assumed by name alone" if by_name else ""
    return f"the state before satisfies every property that is not open{but}", notes


def _later(
    evaluator: Evaluator, found: Found, state: GlobalState, outcome: Outcome
) -> tuple[str, list[str]]:
    """Return what the proof may use of the state after, in words, and what is against it."""
    statement = evaluator.spec.statements.get(found.property)
    stated = [evaluator.spec.statements[n] for n in (statement.prop.after if statement else ())]
    used = [s for s in stated if s.formula is not None and not s.prop.open]
    if not used:
        return "", []
    after = state.copy()
    evaluator.apply(after, outcome)
    lost = [s.name for s in used if broken_in(evaluator, s, after)]
    notes = [f"the evaluator finds false after the step: {', '.join(lost)}"] if lost else []
    return f"; the state after satisfies {', '.join(s.name for s in used)}", notes


def event_of(spec: Spec, found: Found) -> Event:
    """Return the event that the step answers."""
    if found.property == TOTALITY:  # the obligation is called after the event
        declared = spec.events[found.transition]
    else:
        label = found.transition
        transition = spec.by_label.get(label) or spec.by_label[label.split(" / ")[0]]
        if transition.event is None:
            return Event("crash", "crash", found.me)
        declared = transition.event
    sender = found.sender if issubclass(declared, Message) else None
    return Event(declared.kind, declared.__name__, found.me, found.fields, sender)


# ---------------------------------------------------------------- words


def _facts(step: Step) -> Iterator[Line]:
    """Yield a line per node, message and ghost; what has its first value is left out."""
    state = step.before
    for name, value in state.config.items():
        yield _line(f"config {name} = {show_value(value)}", step.matters(("config", name)))
    for node in state.nodes:
        shown = _shown(step.evaluator, state, node)
        marked = frozenset(n for n in shown if step.matters(("var", node, n)))
        yield _variables(step.evaluator, state, node, marked)
    for packet in state.packets:
        yield _line(f"sent {packet}", step.matters(("sent", packet)))
    for name, relation in state.ghosts.items():
        for row in sorted(relation.rows, key=repr):
            yield _line(f"{name}{show_row(row)}", step.matters(("ghost", name, row)))


def _line(text: str, marked: bool) -> Line:
    return (Part(text, marked),)


def show_row(row: tuple[object, ...]) -> str:
    """Return a tuple of a ghost; a pair is no term here."""
    return "(" + ", ".join(map(show_value, row)) + ")"


def _shown(evaluator: Evaluator, state: GlobalState, node: str) -> list[str]:
    spec, local = evaluator.spec, state.nodes[node]
    first = evaluator.initial(node, state.config)
    return [n for n, v in local.items() if v != first[n] or n in spec.control]


def _variables(evaluator: Evaluator, state: GlobalState, node: str, marked: frozenset[str]) -> Line:
    told: list[Part] = []
    for name in _shown(evaluator, state, node):
        told += [Part(", " if told else f"{node}: ")]
        told += [Part(f"{name} {show_value(state.nodes[node][name])}", name in marked)]
    return tuple(told)


def _changes(step: Step, outcome: Outcome) -> Iterator[Line]:
    """Yield what the step does."""
    done = False
    for text, fact in effects(step.before, outcome):
        done = True
        yield _line(text, step.change_matters(fact))
    if not done:
        yield (Part("nothing changes"),)


def effects(state: GlobalState, outcome: Outcome) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield in words what a step does, each with the fact that it is."""
    node = outcome.node
    for name, value in outcome.updates.items():
        was = state.nodes[node][name]
        if was != value:
            text = f"{node}: {name} {show_value(was)} -> {show_value(value)}"
            yield text, ("var", node, name)
    for packet in outcome.sends:
        yield f"sends {packet}", ("sent", packet)
    for name, row in outcome.ghosts:
        if row not in state.ghosts[name].rows:
            yield f"{name}{show_row(row)}", ("ghost", name, row)
