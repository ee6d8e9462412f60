"""Faults that cease: a promise is owed from the last one on, and is broken by what it should be.

Stands for: "Fairness: crashes stop" of domain.md, said of requests; and that such an assumption
takes nothing else away: each fault of a protocol is still found under it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checkers.cli.liveness import as_json, lines
from checkers.liveness.check import ARRAYS, EVALUATOR, Outcome, check
from checkers.liveness.explored import Explored
from checkers.liveness.lasso import lasso
from checkers.liveness.meaning import Promises, conditions
from checkers.liveness.setting import read_setting
from checkers.liveness.telling import tell_lasso
from checkers.verdict import Verdict
from model import order
from model.lang import Spec
from model.lang.promises import CEASES
from model.reference.properties import fairness, statement_blocks
from model.reference.source import Source
from tests import ceasing_toy

ROOT = Path(__file__).resolve().parent.parent
ORDER = order.spec()
KEPT, BROKEN, UNKNOWN = Verdict.BOUND_REACHED, Verdict.REFUTED, Verdict.UNKNOWN


@cache
def printer() -> Spec:
    return ceasing_toy.spec()


def never_ending(spec: Spec) -> Spec:
    """Return the spec without the word that something ceases."""
    kept = tuple(f for f in spec.fairness if f.strength != CEASES)
    assert len(kept) < len(spec.fairness)
    return replace(spec, fairness=kept)


def without(spec: Spec, *rules: str) -> Spec:
    assert set(rules) <= set(spec.by_label)
    return replace(spec, transitions=tuple(t for t in spec.transitions if t.label not in rules))


def outcome(spec: Spec, scope: str = "nodes=1", engine: str = ARRAYS, **more: Any) -> Outcome:
    only = more.pop("only", frozenset())
    setting = read_setting(spec, scope, **more)
    return check(spec, setting.config, setting.nodes, setting.bounds, only=only, engine=engine)


def verdicts(found: Outcome) -> dict[str, Verdict]:
    return {c.name: c.verdict for c in found.checked}


# ---------------------------------------------------------------- a small spec

ENGINES = pytest.mark.parametrize("engine", [ARRAYS, EVALUATOR])


@ENGINES
def test_a_promise_is_kept_if_faults_cease_and_broken_if_they_need_not(engine: str) -> None:
    assert verdicts(outcome(printer(), engine=engine)) == {"printed": KEPT, "freed": KEPT}
    found = outcome(never_ending(printer()), engine=engine)
    assert verdicts(found) == {"printed": BROKEN, "freed": KEPT}
    run = found.checked[0].run
    assert run is not None and run.loop is not None
    assert "stick" in {s.rule for s in run.steps[run.loop - 1 :]}


@ENGINES
@pytest.mark.parametrize(
    ("rule", "broken"),
    [("clear", {"printed", "freed"}), ("print_page", {"printed"}), ("finish", {"printed"})],
)
def test_every_fault_of_the_protocol_is_still_found(
    rule: str, broken: set[str], engine: str
) -> None:
    """Nobody clears, or nobody prints: that faults cease excuses neither."""
    found = outcome(without(printer(), rule), engine=engine)
    assert {n for n, v in verdicts(found).items() if v is BROKEN} == broken


def test_a_fault_that_has_ceased_may_have_left_what_breaks_the_promise() -> None:
    """It is on the stem; the run says which is the last."""
    found = outcome(without(printer(), "clear"))
    (one,) = (c for c in found.checked if c.name == "printed")
    assert one.run is not None
    assert [s.rule for s in one.run.steps] == ["accept", "stick"]
    assert "`Jam` ceases: step 2 is the last" in one.fair
    (other,) = (c for c in outcome(without(printer(), "finish")).checked if c.run is not None)
    assert "`Jam` ceases: none is in the run" in other.fair


def test_a_promise_that_does_without_the_assumption_is_judged_without_it() -> None:
    """`without=(Jam,)`: a lasso with a jam in its loop breaks it, though jams cease."""
    spec = printer()
    statement = spec.statements["printed"]
    bold = replace(statement, prop=replace(statement.prop, without=("Jam",)))
    found = outcome(replace(spec, statements={**spec.statements, "printed": bold}))
    assert verdicts(found) == {"printed": BROKEN, "freed": KEPT}
    assert not any("`Jam`" in line for c in found.checked for line in c.fair)


def test_a_rule_of_a_request_may_cease_by_itself() -> None:
    """Of the rule it says the same as of the request that it alone answers."""
    spec = printer()
    fair = tuple(
        replace(f, name="stick", event=None, rule="stick") if f.strength == CEASES else f
        for f in spec.fairness
    )
    assert verdicts(outcome(replace(spec, fairness=fair))) == {"printed": KEPT, "freed": KEPT}


def test_what_is_refused_for_ever_has_ceased() -> None:
    """A jam of a jammed printer is refused; that clients go on asking is no fault of the order."""
    spec = without(printer(), "clear")
    setting = read_setting(spec, "nodes=1")
    explored = Explored(spec, setting.config, setting.nodes, setting.bounds)
    (ends,) = (c for c in conditions(explored) if c.ceases)
    assert ends.asks is not None
    asking = {explored.actions.things[a].label for a in np.flatnonzero(ends.asks).tolist()}
    assert asking == {"stick"}


def test_a_lasso_that_never_lets_a_fault_cease_is_rejected_when_it_is_taken_again() -> None:
    """By the conditions of the graph, and without these by the evaluator's own answers."""
    spec = printer()
    setting = read_setting(spec, "nodes=1")
    explored = Explored(spec, setting.config, setting.nodes, setting.bounds)
    fair = conditions(explored)
    lax = [c for c in fair if not c.ceases]
    statement = spec.statements["printed"]
    (instance,) = Promises(explored).instances(statement, lambda at, count: None)
    found = lasso(explored.graph, lax, "leads to", instance.when, instance.then)
    assert found is not None
    told = tell_lasso(explored, fair, statement, found, instance.values)
    assert told == "it is unfair to `Jam`"
    told = tell_lasso(explored, lax, statement, found, instance.values)
    assert isinstance(told, str) and "is in the loop, and Jam ceases" in told
    bold = replace(statement, prop=replace(statement.prop, without=("Jam",)))
    assert not isinstance(tell_lasso(explored, lax, bold, found, instance.values), str)


def test_what_is_assumed_to_cease_is_told_with_its_reason() -> None:
    found = outcome(printer())
    text = "\n".join(lines(found))
    assert "  fair: weak Due, weak Look\n" in text
    assert "  assumed: accepted finitely often: Jam (paper is finite)\n" in text
    data = as_json(found)
    assert data["assumed"] == ["accepted finitely often: Jam (paper is finite)"]
    assert "Jam" not in " ".join(data["fair"])


def test_the_reference_lists_it() -> None:
    text = "\n".join(fairness(Source(printer(), ROOT)))
    assert "| `Jam` | ceases | Paper is finite. |" in text
    assert "ceases: a rule accepts it a finite number of times" in text
    told = statement_blocks(Source(printer(), ROOT), printer().statements["freed"])
    assert "It is kept although `Jam` need not cease." in told


# ---------------------------------------------------------------- the order


def test_in_the_order_reported_faults_and_resets_cease_and_nothing_else() -> None:
    names = {f.name for f in ORDER.fairness if f.strength == CEASES}
    assert names == {"ReportFault", "OrderReset", "SystemReset"}


PROMISED = (
    *("L1.herald", "L1.active", "L2", "L2.steady"),
    *("L3.reset", "L3.active", "L3.steady", "L4", "L4.steady"),
)
AGAINST_FAULTS = {"L1.active", "L3.active", "L3.steady"}
"""What one radiant does not keep if faults may be reported for ever."""


def test_an_order_of_one_keeps_l1_to_l4_if_faults_cease() -> None:
    """All 17,415 states: any fault, reported at any moment, any number of times."""
    found = outcome(ORDER, requests=("ReportFault",))
    assert (found.states, found.unexplored) == (17_415, 0)
    assert verdicts(found) == dict.fromkeys(PROMISED, KEPT)


def test_without_that_assumption_faults_that_never_end_are_still_found() -> None:
    found = outcome(never_ending(ORDER), requests=("ReportFault",))
    assert {n for n, v in verdicts(found).items() if v is BROKEN} == AGAINST_FAULTS
    for one in found.checked:
        if one.run is not None:
            assert one.run.loop is not None
            assert {s.event for s in one.run.steps[one.run.loop - 1 :]} >= {"ReportFault"}


# What is taken out, and what breaks with faults that cease; each by a run whose loop has none.
FAULTS: dict[tuple[str, ...], set[str]] = {
    ("recover_as_herald",): {"L1.active", "L3.reset", "L3.active", "L3.steady"},
    ("escalate",): {"L1.active", "L3.reset", "L3.active", "L3.steady"},
    ("request_reset",): {"L1.active", "L3.reset", "L3.active", "L3.steady"},
    ("stand",): {"L1.herald", "L1.active", "L3.active"},
    ("resend_proposal",): {"L2.steady", "L3.steady"},
}


QUICK = [("recover_as_herald",), ("escalate",)]


@pytest.mark.parametrize(
    "rules",
    [pytest.param(rules, marks=() if rules in QUICK else (pytest.mark.slow,)) for rules in FAULTS],
)
def test_what_is_dropped_from_the_order_breaks_promises_though_faults_cease(
    rules: tuple[str, ...],
) -> None:
    """A timer, a retry, the ladder of errors."""
    found = outcome(without(ORDER, *rules), requests=("ReportFault",))
    assert {n for n, v in verdicts(found).items() if v is BROKEN} == FAULTS[rules]
    for one in found.checked:
        if one.run is not None and one.run.loop is not None:
            loop = one.run.steps[one.run.loop - 1 :]
            assert not {s.rule for s in loop} & {"detect", "detect_as_herald"}


@pytest.mark.slow
def test_an_order_of_one_keeps_l1_to_l4_under_all_requests() -> None:
    """All 88,234 states, with resets, members and shards that come and go, and probes."""
    found = outcome(ORDER)
    assert (found.states, found.unexplored) == (88_234, 0)
    assert verdicts(found) == dict.fromkeys(PROMISED, KEPT)
    lax = outcome(never_ending(ORDER))
    assert {n for n, v in verdicts(lax).items() if v is BROKEN} == AGAINST_FAULTS


@pytest.mark.slow
def test_with_two_radiants_a_fault_for_ever_is_found_and_none_if_faults_cease() -> None:
    """The first 100,000 states: what is not refuted there is unknown."""
    scope: dict[str, Any] = {"scope": "", "requests": ("ReportFault",), "states": 100_000}
    found = outcome(never_ending(ORDER), **scope)
    assert {n for n, v in verdicts(found).items() if v is BROKEN} == AGAINST_FAULTS
    assert set(verdicts(outcome(ORDER, **scope)).values()) == {UNKNOWN}
    mutant = outcome(without(ORDER, "recover_as_herald"), **scope)
    assert {"L1.active", "L3.active"} <= {n for n, v in verdicts(mutant).items() if v is BROKEN}


# ---------------------------------------------------------------- fairness that contradicts itself


@ENGINES
def test_a_promise_that_is_kept_for_want_of_fair_runs_is_unknown(engine: str) -> None:
    """The language refuses such declarations where it sees them (ORD116); this is what if not."""
    spec = printer()
    (jams,) = [f for f in spec.fairness if f.name == "Jam"]
    ends = replace(jams, name="Print", event=ceasing_toy.Print)
    asked = replace(ends, strength="weak")  # and whenever there is no job, one may be asked for
    impossible = replace(spec, fairness=(*spec.fairness, ends, asked))
    found = {c.name: c for c in outcome(impossible, engine=engine).checked}
    assert found["printed"].verdict is UNKNOWN
    assert "no fair run goes on" in found["printed"].reason
