"""Which rule comes nearest to a wrong record, and which of its clauses fails.

Belongs here: words about one record and the spec's rules. Never here: whether it is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checkers.traces.values import Value, ValueProblem, told
from model.evaluate import EvaluationError, Evaluator, Event, Outcome
from model.evaluate.terms import Frame
from model.lang.spec import Transition


def nearest(
    evaluator: Evaluator,
    config: Mapping[str, Value],
    event: Event,
    before: Mapping[str, Value],
    outcome: Outcome,
    data: Mapping[str, Any],
) -> list[str]:
    """Return lines: what the spec does here, and the rule that the record comes nearest to."""
    spec = evaluator.spec
    answers = spec.by_label[outcome.transition]
    lines = [f"the spec answers with {_named(answers)}"]
    if outcome.refused_by is not None:
        rule, clause, kind = outcome.refused_by
        lines.append(f"no rule accepts it; {rule} comes nearest, and its {kind} fails: {clause}")
    label = data["rule"]
    if label == outcome.transition:
        return lines
    declared = spec.events[event.name]
    rules = {t.label: t for t in spec.rules_of(declared)}
    refusals = {t.label: t for t in spec.refusals_of(declared)}
    if label in refusals:
        clause = _first_false(evaluator, config, event, before, refusals[label])
        lines.append(f"recorded is {_named(refusals[label])}{clause}")
        return lines
    by = f"recorded is {_named(rules[label])}" if label in rules else ""
    if not by:
        near = _by_effect(evaluator, config, event, before, data)
        if near is None:
            return [*lines, f"recorded is {told(label)}, which answers no {event.name}"]
        by, label = f"what was recorded is nearest to {_named(rules[near])}", near
    lines.append(by + _first_false(evaluator, config, event, before, rules[label]))
    return lines


def _named(t: Transition) -> str:
    return f"{t.label} ({t.span.shown_file()}:{t.span.line})"


def _first_false(
    evaluator: Evaluator,
    config: Mapping[str, Value],
    event: Event,
    before: Mapping[str, Value],
    t: Transition,
) -> str:
    rules, refusals = evaluator.events[event.name]
    row = next(r for r in (*rules, *refusals) if r.label == t.label)
    f = Frame(config, event.node, before, event.fields, event.sender)
    at = row.first_false(f)
    if at < len(row.clauses):
        text, kind = row.texts[at]
        return f", whose {kind} fails: {text}"
    return ", whose clauses all hold" + (", but a row before it answers" if rules else "")


def _by_effect(
    evaluator: Evaluator,
    config: Mapping[str, Value],
    event: Event,
    before: Mapping[str, Value],
    data: Mapping[str, Any],
) -> str | None:
    """Return the rule whose effect is most like the recorded one, or None where none is."""
    after = data["after"]
    best: tuple[int, str] | None = None
    f = Frame(config, event.node, before, event.fields, event.sender)
    for rule in evaluator.events[event.name][0]:
        try:
            updates = {name: value(f) for name, value in rule.updates}
            sends = [p.message for out in rule.sends for p in out.packets(f)]
        except (EvaluationError, ValueProblem, TypeError, KeyError):
            continue
        like = 2 * (sorted(sends) == sorted(str(m["name"]) for m in data["sent"]))
        if isinstance(after, dict):
            changed = {n for n, v in updates.items() if v != before[n]}
            was = {n for n, v in after.items() if v != data["before"].get(n)}
            like -= len(changed ^ was)
        if best is None or like > best[0]:
            best = (like, rule.label)
    return None if best is None else best[1]
