"""Every claim of every property has a case in a run, or it is told which has none.

Stands for: every property non-vacuous, and every rule satisfiable.
"""

from __future__ import annotations

import pytest

from checkers import structure, verify
from checkers.cases import cases_of
from checkers.reach import Reached, reach
from checkers.verdict import Verdict
from model import order
from model.lang import Spec
from model.lang.load import load

LAMP = "tests/vacuous_specs/lamp.py"


@pytest.fixture(scope="module")
def lamp() -> Spec:
    return load(LAMP)


@pytest.fixture(scope="module")
def run(lamp: Spec) -> Reached:
    return reach(lamp, steps=3_000, at_least=1_000)


def without_a_case(run: Reached, name: str) -> list[str]:
    told = [case.partition(", where ") for case in run.missing_cases]
    return [text for n, _, text in told if n.partition(" (")[0] == name]


EMPTY = {
    "full": [],
    "full.step": [],
    "empty.if": ["n.light == BROKEN"],
    "empty.part": ["n.light == BROKEN"],
    "empty.nested": ["n.light == BRIGHT and n.spoilt"],
    "empty.inner": ["n.light == BRIGHT and x.light == BROKEN"],
    "empty.never": ["n.light == BROKEN"],
    "empty.or": ["n.light == BROKEN"],
    "empty.iff": ["n.light == BROKEN"],
    "empty.step": ["me.light == BROKEN (line "],
    "empty.rule": ["there is such a step (line "],
}


@pytest.mark.parametrize("name", EMPTY)
def test_a_claim_without_a_case_is_told(name: str, run: Reached) -> None:
    found = without_a_case(run, name)
    assert len(found) == len(EMPTY[name])
    for text, expected in zip(found, EMPTY[name], strict=True):
        assert text.startswith(expected)


def test_nothing_else_is_missing(run: Reached) -> None:
    assert {case.partition(",")[0] for case in run.missing_cases} == {
        n for n, e in EMPTY.items() if e
    }
    assert run.missing_rules == ["breaks"] and not run.broken


def test_an_empty_promise_is_no_success(lamp: Spec) -> None:
    options = verify.Options(jobs=1, run_steps=2_000)
    report = verify.Verification(lamp, options, lambda *_: None).run()
    rows = {f.name: f for f in report.findings}
    assert rows[structure.CASES].verdict is Verdict.UNKNOWN
    assert "empty.step, where me.light == BROKEN" in rows[structure.CASES].reason
    assert report.exit_status() == 3


def test_a_rule_that_nothing_enables_is_told(lamp: Spec) -> None:
    options = verify.Options(jobs=1, run_steps=2_000)
    report = verify.Verification(lamp, options, lambda *_: None).run()
    (row,) = [f for f in report.findings if f.name == structure.FIRES]
    assert row.verdict is Verdict.UNKNOWN and row.reason.startswith("breaks: ")
    assert [r.transition for r in row.failures] == ["breaks"]


def test_every_statement_of_the_order_has_cases_and_each_its_own_name() -> None:
    """What claims something of every state, without a condition, needs none."""
    spec = order.spec()
    without = {s.name for s in spec.statements.values() if not cases_of(s)}
    always = {"L1.herald", "L1.active", "majority_is_up"}  # promised whatever happens
    assert without == {"controllers_apart", "watermark_below_accepted", *always}
    names = [case.name for s in spec.statements.values() for case in cases_of(s)]
    assert len(names) == len(set(names))
