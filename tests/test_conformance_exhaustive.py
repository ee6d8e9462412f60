"""The exhaustive comparison of the three readings of the order's spec, and the tools it rests on.

"A message from the wrong role is answered with a refusal and changes nothing" is tried here for
every state, role and event; so is every other guard.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
import z3

from checkers.conformance import exhaustive
from checkers.conformance.cases import CRASH, Case, EventCases
from checkers.conformance.compiled_model import CompiledModel, CompiledRow
from checkers.conformance.setting import ORDER
from model.evaluate.node import NodeEvaluator
from model.evaluate.terms import Frame, TermCompiler
from model.evaluate.values import EvaluationError
from model.lang import Spec
from tests.ground_facts import GroundFacts, decide, facts_of_step


@pytest.fixture(scope="module")
def spec() -> Spec:
    return ORDER.load()


@pytest.fixture(scope="module")
def model(spec: Spec) -> CompiledModel:
    return CompiledModel(spec)


# ---------------------------------------------------------------- all three agree


@pytest.mark.timeout(300)
def test_the_readings_agree_in_every_state_role_and_event(spec: Spec) -> None:
    report = exhaustive.run(spec)
    assert report.ok, str(report)
    assert len(report.coverage.places) == 15 * 3 * (len(spec.events) + 1)
    print(report)


# ---------------------------------------------------------------- the compiled Z3 model


def sample(spec: Spec, size: int, seed: int) -> Iterator[tuple[str, Case]]:
    """Yield a few cases of every event that are answered by different rows, with their rows."""
    chance = random.Random(seed)
    evaluator = NodeEvaluator(spec)
    for name in (*spec.events, CRASH):
        cases = list(EventCases(spec, ORDER, name).cases())
        rows: dict[str, int] = {}
        for case in chance.sample(cases, min(size, len(cases))):
            try:
                outcome = evaluator.answer(ORDER.config, ORDER.me, case.before, case.event)
            except EvaluationError:  # two rules answer, where an oath excludes it
                continue
            rows[outcome.transition] = rows.get(outcome.transition, 0) + 1
            if rows[outcome.transition] == 1:
                yield outcome.transition, case


@pytest.mark.timeout(300)
def test_z3_decides_every_transition_as_the_compiled_model_does(
    spec: Spec, model: CompiledModel
) -> None:
    """What is proved is what is run: the solver, given the values as facts, says the same."""
    chance = random.Random(2)
    evaluator = NodeEvaluator(spec)
    checked = set()
    for label, case in sample(spec, 300, seed=1):
        event, before = case.event, case.before
        outcome = evaluator.answer(ORDER.config, ORDER.me, before, event)
        right = {**before, **outcome.updates}
        wrong = dict(right)
        name = chance.choice(list(outcome.updates) or list(spec.variables))
        sort = spec.variables[name].sort
        wrong[name] = chance.choice([v for v in ORDER.pool(sort) if v != right[name]])
        for after, expected in ((right, True), (wrong, False)):
            agree(spec, model, label, case, after, expected)
        checked.add(label)
    assert len(checked) > 200


def effects_as_formulas(row: CompiledRow, case: Case, ground: GroundFacts) -> Iterator[z3.BoolRef]:
    """Yield that every destination and field of what is sent and replied is what was computed."""
    event, relation = case.event, row.relation
    sends, reply = row.values_sent(case.before, event.fields, ORDER.me, event.sender, ORDER.config)
    for (_, to, to_sort, terms), (receivers, values), out in zip(
        relation.sends, sends, row.transition.sends, strict=True
    ):
        yield ground.equals(to_sort, to, receivers)
        for term, value, part in zip(terms, values, out.message.parts.values(), strict=True):
            yield ground.equals(part.sort, term, value)
    for (_, sort, term), value in zip(relation.reply, reply, strict=True):
        yield ground.equals(sort, term, value)


def agree(
    spec: Spec, model: CompiledModel, label: str, case: Case, after: Any, expected: bool
) -> None:
    event, before, relation = case.event, case.before, model.relation(label)
    given = (ORDER.me, event.sender, ORDER.config)
    row = model.crash if event.kind == CRASH else model.event(event.name)[label]
    assert row.holds(before, event.fields, after, *given) is expected, (label, case)
    ground = facts_of_step(spec, model.vocabulary, relation, (before, event.fields, after), *given)
    for constant, (expr, base) in relation.fresh.items():
        fresh = z3.Const(constant, base.sort())
        frame = Frame(ORDER.config, ORDER.me, before, event.fields, event.sender)
        value = TermCompiler().compile(expr, {})(frame)
        ground.facts.append(ground.equals(expr.sort, fresh, value))
    formula = relation.formula()
    wanted = [formula == expected]
    if event.kind != CRASH:
        guards = model.event(event.name).guards(before, event.fields, *given)
        values = guards.clauses.get(label, ())
        wanted += [c == x for c, x in zip(relation.clauses, values, strict=False)]
        wanted += effects_as_formulas(row, case, ground)
    assert decide(ground.about(wanted), z3.And(wanted)), (label, case, after, expected)
