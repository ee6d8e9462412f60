"""Faults in the rules that carry S5, S6, S12.late and S13 are refuted, with a step that replays.

Stands for: "Test the checkers with faults that must be found." Each fault drops one clause; the
obligations of its rule are asked again, and what fails is shown by a small state.
"""

from __future__ import annotations

import pytest

from checkers import counterexamples
from checkers.induction import Obligation, Prover
from checkers.solving import Limits, Portfolio
from checkers.verdict import Verdict
from model.lang import Spec
from model.lang.spec import drop_clause
from model.order import spec

FAULTS = {
    "a voter does not ask what the candidate has accepted": (
        "grant_vote",
        "m.accepted_at >= me.accepted_at",
        {"vote_is_for_no_less"},
    ),
    "the same in error": (
        "grant_vote_aside",
        "m.accepted_at >= me.accepted_at",
        {"vote_is_for_no_less"},
    ),
    "an older proposal replaces a newer one": (
        "accept_proposal",
        "version=m.version) > me.accepted_at",
        {"acceptance_is_remembered"},
    ),
    "an older rollback replaces a newer record": (
        "accept_rollback",
        "version=m.version) > me.accepted_at",
        {"acceptance_is_remembered"},
    ),
    "a member changes before a commit in the herald's own term": (
        "add_member",
        "me.watermark_at.term == me.term",
        {"changed_was_committed", "S13.idle"},
    ),
    "a member goes before a commit in the herald's own term": (
        "remove_member",
        "me.watermark_at.term == me.term",
        {"changed_was_committed", "S13.idle"},
    ),
    "a member changes while another proposal is out": (
        "add_member",
        "me.state == ACTIVE",
        {"changed_once", "changed_was_committed", "S13.idle"},
    ),
    "a record is committed without a quorum": ("commit", "majority(", {"S5.quorum"}),
    "a herald wins without a quorum": ("win", "majority(", {"S2.majority"}),
    "a removed radiant goes back": (
        "removed",
        "version=m.version) > me.accepted_at",
        {"acceptance_is_remembered"},
    ),
}


@pytest.fixture(scope="module")
def order() -> Spec:
    return spec()


def clause_of(order: Spec, rule: str, text: str) -> int:
    """Return the place of the one clause that has these words."""
    clauses = order.by_label[rule].clauses
    (at,) = [i for i, c in enumerate(clauses) if text in c.text]
    return at


QUICK = {
    "a voter does not ask what the candidate has accepted",
    "an older proposal replaces a newer one",
    "a member changes before a commit in the herald's own term",
    "a record is committed without a quorum",
}


@pytest.mark.parametrize(
    "fault", [pytest.param(f, marks=[] if f in QUICK else [pytest.mark.slow]) for f in FAULTS]
)
def test_a_seeded_fault_is_refuted(order: Spec, fault: str) -> None:
    rule, clause, breaks = FAULTS[fault]
    broken = drop_clause(order, rule, clause_of(order, rule, clause))
    prover = Prover(broken)
    failed = set()
    with Portfolio(Limits(2.0), ways=()) as portfolio:
        for o in prover.of_transition(broken.by_label[rule], frozenset(breaks)):
            if isinstance(o, Obligation) and o.discharge(portfolio).verdict is not Verdict.PROVED:
                failed.add(o.property)
    assert failed & breaks, failed
    told = [counterexamples.find(broken, name, rule) for name in sorted(failed)]
    replayed = [t for t in told if t is not None and counterexamples.explain(broken, t).replayed]
    assert replayed, f"{fault}: {sorted(failed)} fail, and no step of a few nodes shows it"
