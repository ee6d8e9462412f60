"""`oathbound needs` (issue 3): every lemma is shown needed or named, and so is every guard."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from checkers import counterexamples
from checkers.strengthen.command import needs_lines
from checkers.strengthen.needs import GuardNeed, LemmaNeed, Needs, needs
from checkers.strengthen.search import only
from model.lang import Spec
from model.lang.declare import ME, NodeProxy
from model.lang.expr import negate
from model.lang.load import load
from model.lang.scenario import Scenario, tick
from model.lang.spec import Clause, Statement, Transition
from tests.patience import PATIENCE
from tests.strengthen_specs import once as once_module

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "docs" / "tutorial_lock.py"


def quiet(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def spec() -> Spec:
    return load(str(LOCK))


@pytest.fixture(scope="module")
def lock(spec: Spec) -> Needs:
    return needs(spec, quiet)


def lemma(found: Needs, name: str) -> LemmaNeed:
    return next(x for x in found.lemmas if x.name == name)


def guard(found: Needs, rule: str, text: str) -> GuardNeed:
    return next(g for g in found.guards if g.rule == rule and g.text == text)


# ---------------------------------------------------------------- lemmas


def test_a_needed_lemma_is_told_with_what_fails_without_it(lock: Needs) -> None:
    one = lemma(lock, "holder_is_known")
    assert one.needed and one.first == ("one-holder", "take") and one.how == "REFUTED"


def test_a_lemma_that_nothing_needs_is_named(lock: Needs) -> None:
    one = lemma(lock, "server_by_configuration")
    assert one.fails == 0 and not one.needed
    assert lock.together == ["server_by_configuration"]
    lines = needs_lines(lock)
    assert any("server_by_configuration" in x and "NOT NEEDED" in x for x in lines)
    assert "4 of 5 lemmas are needed" in lines


def test_a_lemma_that_is_not_needed_can_really_go(spec: Spec) -> None:
    rest = [s for n, s in spec.statements.items() if n != "server_by_configuration"]
    assert not needs(only(spec, rest), quiet, guards=False, refute=False).unproved


def test_two_lemmas_of_which_either_is_enough_cannot_both_go(spec: Spec) -> None:
    """Each alone is not needed; told as such, and not as two that can go at once."""
    first = spec.statements["released_was_seen"]
    twin = Statement(replace(first.prop, name="twin"), first.formula)
    doubled = replace(spec, statements={**spec.statements, "twin": twin})
    found = needs(doubled, quiet, guards=False, refute=False)
    spare = {x.name for x in found.lemmas if not x.needed}
    assert {"released_was_seen", "twin"} <= spare
    assert len({"released_was_seen", "twin"} & set(found.together)) == 1


def test_a_lemma_needed_only_by_one_that_nothing_needs_is_not_needed(spec: Spec) -> None:
    kept = [s for s in spec.statements.values() if s.name != "one-holder"]
    found = needs(only(spec, kept), quiet, guards=False, refute=False)
    seen = lemma(found, "released_was_seen")
    assert seen.fails > 0 and seen.through and not seen.needed
    assert any("which nothing needs" in line for line in needs_lines(found))


def test_a_lemma_without_which_nothing_is_known_is_unknown(
    spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No step that breaks it is found: told apart from one that the evaluator replays."""
    monkeypatch.setattr(counterexamples, "find", lambda *_, **__: None)
    found = needs(spec, quiet, guards=False)
    assert lemma(found, "holder_is_known").how == "UNKNOWN"


def test_what_is_not_proved_at_all_is_said(spec: Spec) -> None:
    rest = [s for n, s in spec.statements.items() if n != "holder_is_known"]
    found = needs(only(spec, rest), quiet, guards=False, refute=False)
    assert ("one-holder", "take") in found.unproved
    assert any(line.startswith("NOT PROVED in any case: one-holder") for line in needs_lines(found))


def test_a_lemma_that_proofs_name_can_be_left_out(spec: Spec) -> None:
    """Where it is left out, no proof names it: not among its hypotheses, and not after the step."""
    goal = spec.statements["one-holder"]
    named = tuple(s.name for s in spec.of_kind("lemma"))
    prop = replace(goal.prop, uses=named, after=("holder_is_known",))
    changed = {**spec.statements, "one-holder": Statement(prop, goal.formula)}
    found = needs(replace(spec, statements=changed), quiet, guards=False)
    assert lemma(found, "holder_is_known").how == "REFUTED"


# ---------------------------------------------------------------- guards


def test_a_guard_that_a_proof_needs(lock: Needs) -> None:
    assert guard(lock, "take", "m.ticket > me.seen").noticed == "one-holder fails"
    assert guard(lock, "hand_out", "me.role.is_(SERVER)").noticed == "sender roles fails"


def test_a_guard_that_only_the_figure_needs(lock: Needs) -> None:
    one = guard(lock, "acquire", "me.state == IDLE")
    assert not one.in_core and one.noticed == "the figure: HOLDING -> WAITING"


def test_a_guard_that_nothing_needs_is_listed(lock: Needs) -> None:
    idle = [g for g in lock.guards if not g.noticed]
    assert [(g.rule, g.text) for g in idle] == [("ask_again", "me.state == WAITING")]
    assert "ask_again: me.state == WAITING: NOT NEEDED (in no core)" in needs_lines(lock)


def test_a_scenario_notices_a_guard_that_no_proof_needs(spec: Spec) -> None:
    retry = spec.timers["Retry"]
    config = {"server": "s"}
    idle = Scenario("an idle client keeps silent", config, ("a", "s"), tick(retry, "a"))
    told = replace(spec, scenarios=(idle,))
    found = needs(told, quiet, lemmas=False, rules=("ask_again",))
    one = guard(found, "ask_again", "me.state == WAITING")
    assert one.noticed == "scenario an idle client keeps silent goes otherwise"


def test_a_guard_that_keeps_two_rules_apart_is_needed() -> None:
    """Without it, both answer the same event: that is a need, though no property fails."""
    spec = once_module.spec()
    taken = spec.by_label["take"]
    again = replace(taken, name="take_again", clauses=taken.clauses, updates={})
    free, held = _owning(spec, taken, False), _owning(spec, again, True)
    rest = tuple(t for t in spec.transitions if t is not taken)
    told = replace(only(spec, []), transitions=(*rest, free, held))
    found = needs(told, quiet, lemmas=False, rules=("take_again",))
    one = next(g for g in found.guards if "owns" in g.text)
    assert one.noticed == "one answer fails: take answers the same event"


def _owning(spec: Spec, t: Transition, positive: bool) -> Transition:
    owns = NodeProxy(spec.process, ME).owns.as_expr()
    expr = owns if positive else negate(owns)
    return replace(t, clauses=(*t.clauses, Clause(repr(expr), expr, "guard")))


def test_a_clause_written_twice_is_not_needed_twice() -> None:
    spec = once_module.spec()
    give = spec.by_label["give"]
    doubled = replace(give, clauses=(*give.clauses, give.clauses[-1]))
    changed = replace(
        only(spec, []),
        transitions=tuple(doubled if t is give else t for t in spec.transitions),
    )
    found = needs(changed, quiet, lemmas=False, rules=("give",))
    last = [g for g in found.guards if g.text == give.clauses[-1].text]
    assert len(last) == 2 and not any(g.noticed for g in last)


# ---------------------------------------------------------------- the command


def test_the_command_tells_its_exit_status() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "checkers", "needs", str(LOCK), "--jobs", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 1  # something is not needed
    assert "23 of 24 guard clauses are needed" in run.stdout


def test_an_unknown_rule_is_a_mistake() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "checkers", "needs", str(LOCK), "--rule", "tak"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 2 and "did you mean" in run.stderr and "Traceback" not in run.stderr
