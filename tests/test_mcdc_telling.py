"""Solver-made tests (issue 5): a row that reads, sets, sends or takes the wrong thing is told.

A wrong thing is another variable, field or node of the same sort in one place of a rule, an update
that is lost, a message that reaches nobody, an element that is not put in. For each of these the
rule is changed so, and the stored cases are asked.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from checkers.mcdc import cases
from checkers.mcdc.goal import CHANGES, READS, SENDS, TAKES, Goal
from checkers.mcdc.goals import goals_of
from checkers.mutation.rows import map_exprs
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.spec import Transition
from tests.generated_nodes import order_spec
from tests.stored_cases import small, stored, told

KINDS = (CHANGES, SENDS, READS, TAKES)


def shown_goals(spec: Spec, shown: set[str]) -> list[Goal]:
    goals = [g for e in spec.events.values() for g in goals_of(spec, e)]
    return [g for g in goals if g.what in KINDS and g.name in shown]


def wrong(t: Transition, goal: Goal) -> Transition:
    """Return the row with the fault that a goal is about."""
    if goal.what == CHANGES:
        return replace(t, updates={n: e for n, e in t.updates.items() if n != goal.text})
    if goal.what == SENDS:
        return replace(t, sends=tuple(s for s in t.sends if s.message.__name__ != goal.text))
    (asked, value) = goal.wanted[-1]
    whole, instead = asked.args
    assert asked.kind is Kind.EQ and value is False

    places = []

    def of(e: Expr) -> Expr:
        if e is whole:
            places.append(e)
        return instead if e is whole else e

    made = map_exprs(t, of)
    assert places, goal.name
    return made


def noticed(spec: Spec, goal: Goal, known: list[cases.Case]) -> bool:
    t = spec.by_label[goal.row]
    assert t.event is not None
    made = wrong(t, goal)
    rows = tuple(made if r is t else r for r in spec.transitions)
    changed = replace(spec, transitions=rows, events={t.event.__name__: t.event})
    return bool(cases.run_spec(changed, stored=known, events=changed.events, stop=True))


def test_a_wrong_thing_in_a_rule_is_told_by_the_stored_cases() -> None:
    goals = shown_goals(order_spec(), told(stored()))
    assert len(goals) > 2_800
    assert {g.what for g in goals} == set(KINDS)
    tried = [g for kind in KINDS for g in [g for g in goals if g.what == kind][::19]]
    assert [g.name for g in tried if not noticed(order_spec(), g, stored().cases)] == []


@pytest.mark.slow
def test_every_wrong_thing_in_a_rule_is_told_by_the_stored_cases() -> None:
    goals = shown_goals(order_spec(), told(stored()))
    assert [g.name for g in goals if not noticed(order_spec(), g, stored().cases)] == []


@pytest.mark.parametrize("name", ["raft_election", "two_phase_commit"])
def test_every_wrong_thing_in_another_spec_is_told(name: str) -> None:
    spec, made = small(name)
    goals = shown_goals(spec, told(made))
    assert len(goals) > 30
    assert [g.name for g in goals if not noticed(spec, g, made.cases)] == []


def test_without_the_cases_that_show_it_a_wrong_thing_is_not_told() -> None:
    """Of some goals at least: the cases are not all alike."""
    spec, known = order_spec(), stored().cases
    goals = [g for g in shown_goals(spec, told(stored())) if g.what == READS]
    lost = 0
    for goal in goals[::40]:
        fewer = [c for c in known if goal.name not in c.shows]
        assert len(fewer) < len(known)
        lost += not noticed(spec, goal, fewer)
    assert lost > 5


def test_what_had_no_case_before_has_one() -> None:
    """A vote that tells the own severity, and a term that ends standing: both were missed once."""
    shown = told(stored())
    for name in (
        "hear_elected changes standing",
        "grant_vote tells me.severity from me.worst in Vote.severity",
        "list_shards tells me.watermark_at from me.accepted_at in ShardList.at",
        "lock_timeout tells me.episode from me.ruled in ReportError.episode",
        "AddShard/not_herald tells me.herald from me.plea_from in NotHerald.hint",
    ):
        assert name in shown, name
