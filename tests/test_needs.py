"""`oathbound needs` (issue 3): every lemma is shown needed or named, and so is every guard."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checkers import counterexamples, verify
from checkers.needs import kept
from checkers.needs.asking import GuardNeed, LemmaNeed, Needs, first_failing, needs
from checkers.needs.command import needs_lines
from checkers.needs.without import How, Left, Place, Without
from checkers.report import as_json, sums
from checkers.strengthen.search import only
from checkers.verdict import Report
from model.lang import Spec
from model.lang.declare import ME, NodeProxy
from model.lang.expr import negate
from model.lang.load import load
from model.lang.scenario import Scenario, tick
from model.lang.spec import Clause, Statement, Transition
from tests.patience import PATIENCE
from tests.strengthen_specs import flagged as flagged_module
from tests.strengthen_specs import once as once_module

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "docs" / "tutorial_lock.py"


def quiet(_: str) -> None:
    pass


def with_lemma(spec: Spec, name: str, like: str) -> Spec:
    """Return the spec with a lemma that says what another statement says."""
    one = spec.statements[like]
    twin = Statement(replace(one.prop, name=name, kind="lemma"), one.formula)
    return replace(spec, statements={**spec.statements, name: twin})


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


def test_a_lemma_that_nothing_needs_is_named(spec: Spec) -> None:
    found = needs(with_lemma(spec, "idle", "one-server"), quiet, guards=False)
    assert lemma(found, "idle").first is None and not lemma(found, "idle").needed
    assert found.together == ["idle"]
    lines = needs_lines(found)
    assert any("idle" in x and "NOT NEEDED" in x for x in lines)
    assert "4 of 5 lemmas are needed" in lines


def test_a_lemma_that_is_not_needed_can_really_go(spec: Spec) -> None:
    assert not needs(spec, quiet, guards=False, refute=False).unproved


def test_a_lemma_that_only_the_figure_needs() -> None:
    """No proof uses it; without it the figure would have an edge that no run takes."""
    spec = flagged_module.spec()
    blow = spec.by_label["blow"]
    short = replace(blow, clauses=blow.clauses[:1])  # it says nothing of the door itself
    loose = replace(spec, transitions=tuple(short if t is blow else t for t in spec.transitions))
    one = lemma(needs(loose, quiet, guards=False), "flagged_is_not_shut")
    assert one.first is None and one.needed
    assert one.noticed == "the figure gets SHUT -> OPEN by blow"


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
    assert seen.first is not None and seen.through and not seen.needed
    assert any("which nothing needs" in line for line in needs_lines(found))


def test_a_lemma_without_which_nothing_is_known_is_unknown(
    spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No step that breaks it is found: told apart from one that the evaluator replays."""
    monkeypatch.setattr(Without, "_search", lambda *_: None)
    found = needs(spec, quiet, guards=False, timeout=0.3)
    one = lemma(found, "holder_is_known")
    assert one.how == "UNKNOWN" and one.needed


def test_a_step_that_the_evaluator_does_not_replay_refutes_nothing(
    spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = counterexamples.explain
    monkeypatch.setattr(
        counterexamples, "explain", lambda *given: replace(told(*given), replayed=False)
    )
    found = needs(spec, quiet, guards=False, timeout=0.3)
    assert {x.how for x in found.lemmas} == {"UNKNOWN"}


class Told:
    """Answers for obligations, as they are written down."""

    def __init__(self, soon: dict[str, How], late: dict[str, How]) -> None:
        self._soon, self._late = soon, late

    def soon(self, place: Place, _: Left) -> How:
        return self._soon[place[0]]

    def late(self, place: Place, _: Left) -> How:
        return self._late[place[0]]


@pytest.mark.parametrize(
    ("soon", "late", "first"),
    [
        ({"a": How.PROVED, "b": How.REFUTED}, {}, ("b", How.REFUTED)),
        ({"a": How.OPEN, "b": How.REFUTED}, {}, ("b", How.REFUTED)),
        ({"a": How.OPEN, "b": How.PROVED}, {"a": How.UNKNOWN}, ("a", How.UNKNOWN)),
        ({"a": How.OPEN, "b": How.OPEN}, {"a": How.PROVED, "b": How.REFUTED}, ("b", How.REFUTED)),
        ({"a": How.OPEN, "b": How.PROVED}, {"a": How.PROVED}, (None, How.PROVED)),
    ],
)
def test_the_first_that_fails(
    soon: dict[str, How], late: dict[str, How], first: tuple[str | None, How]
) -> None:
    asks: Any = Told(soon, late)
    place, how, _ = first_failing(asks, [(name, "step") for name in soon], Left())
    assert (place[0] if place is not None else None, how) == first


@pytest.mark.parametrize(
    "target", [LOCK, *sorted((ROOT / "docs" / "protocols").glob("*.py"))], ids=lambda p: p.stem
)
@pytest.mark.slow
def test_no_lemma_of_a_spec_in_the_docs_is_unneeded(target: Path) -> None:
    found = needs(str(target), quiet, guards=False)
    assert not found.unproved
    assert [x.name for x in found.lemmas if not x.needed] == []


@pytest.mark.slow
def test_nothing_in_the_order_is_unneeded() -> None:
    """The 74 lemmas of the order, and its guards: each is needed, by a proof or by a test."""
    found = needs("order", quiet, jobs=2)
    assert not found.unproved
    assert [x.name for x in found.lemmas if not x.needed] == []
    assert [(g.rule, g.text) for g in found.guards if not g.by] == []
    assert {g.how for g in found.guards if g.by == "proof"} == {"REFUTED"}


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
    told = guard(lock, "take", "m.ticket > me.seen").told
    assert told == "REFUTED one answer: decline answers the same event"
    assert guard(lock, "hand_out", "me.role.is_(SERVER)").told == "REFUTED sender roles"


def test_a_guard_that_only_the_figure_needs(lock: Needs) -> None:
    one = guard(lock, "acquire", "me.state == IDLE")
    assert (one.by, one.used, one.noticed) == ("figure", 0, "the figure gets HOLDING -> WAITING")


def test_a_guard_that_only_the_permission_matrix_needs(lock: Needs) -> None:
    one = guard(lock, "ask_again", "me.state == WAITING")
    assert (one.by, one.used) == ("matrix", 0)
    assert one.noticed == "the permission matrix: CLIENT in IDLE accepts Retry"


def test_a_clause_that_nothing_needs_is_implied_or_not() -> None:
    """What is implied can go; without what is not, nothing that anybody demands is different."""
    spec = flagged_module.spec()
    found = needs(spec, quiet, lemmas=False)
    one = guard(found, "blow", spec.by_label["blow"].clauses[1].text)
    assert (one.by, one.implied) == ("", "implied by flagged_is_not_shut")
    assert guard(found, "ring", "~me.rung").by == "scenario"
    silent = needs(replace(spec, scenarios=()), quiet, lemmas=False, rules=("ring",))
    one = guard(silent, "ring", "~me.rung")
    assert not one.by and one.implied.startswith("not implied: a state that satisfies all")
    assert f"ring: ~me.rung: NOT NEEDED, {one.implied}" in needs_lines(silent)


def test_a_clause_of_which_nothing_is_known_is_not_called_implied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Without, "follows", lambda *_: None)
    monkeypatch.setattr(Without, "differs", lambda *_: False)
    spec = replace(flagged_module.spec(), scenarios=())
    found = needs(spec, quiet, lemmas=False, rules=("ring",))
    assert guard(found, "ring", "~me.rung").implied == "UNKNOWN whether it is implied"


def test_a_declared_role_that_a_rule_asks_for_again_is_told_apart(spec: Spec) -> None:
    """It stands in every rule of the event by its declaration; no rule can leave it out."""
    acquire = spec.by_label["acquire"]
    role = replace(acquire.clauses[0], kind="guard")
    twice = replace(acquire, clauses=(*acquire.clauses, role))
    changed = replace(
        spec, transitions=tuple(twice if t is acquire else t for t in spec.transitions)
    )
    found = needs(changed, quiet, lemmas=False, rules=("acquire",))
    declared, _, own = found.guards
    assert declared.by == "declaration"
    assert declared.noticed == f"declared with Acquire, and implied by {role.text}"
    assert not own.by and own.implied == f"implied by {role.text}"
    assert any("1 declared roles" in line for line in needs_lines(found))


def idle_client(spec: Spec) -> Scenario:
    config = {"server": "s"}
    acts = tick(spec.timers["Retry"], "a")
    return Scenario("an idle client keeps silent", config, ("a", "s"), acts)


def test_a_scenario_notices_a_guard_that_no_proof_needs(spec: Spec) -> None:
    told = replace(spec, scenarios=(idle_client(spec),))
    found = needs(told, quiet, lemmas=False, rules=("ask_again",))
    one = guard(found, "ask_again", "me.state == WAITING")
    assert one.noticed == "the scenario 'an idle client keeps silent' goes otherwise"
    assert one.by == "scenario"


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
    assert one.told == "REFUTED one answer: take answers the same event"


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
    assert len(last) == 2 and not any(g.by for g in last)
    assert {g.implied for g in last} == {f"implied by {give.clauses[-1].text}"}


# ---------------------------------------------------------------- the command


def without_reminders(text: str) -> str:
    """Return the lock's text without what its scenario needs a guard for."""
    act = '        *tick(Retry, "s"),\n'
    assert text.count(act) == 2
    return text.replace(act, "")


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        (str, 0, "needed 26 by a proof, 1 by a scenario, 2 by the figure, 1 by the permission"),
        (without_reminders, 1, "remind: me.holder.known: NOT NEEDED, not implied"),
    ],
    ids=["all", "one is idle"],
)
def test_the_command_tells_its_exit_status(
    change: Callable[[str], str], status: int, told: str, tmp_path: Path
) -> None:
    target = tmp_path / "some_lock.py"
    target.write_text(change(LOCK.read_text(encoding="utf-8")), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "checkers", "needs", str(target), "--jobs", "1", "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == status, run.stdout + run.stderr
    assert told in " ".join(run.stdout.split())
    assert max(map(len, run.stdout.splitlines())) <= 80


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


# ---------------------------------------------------------------- the report


IDLE = '''
@lemma("Nothing needs it.")
def idle(n: Peer) -> Expr:
    """Says what is promised already."""
    return (n.role == Role.SERVER) == (config.server == n)



'''


def verified(target: Path, cache: Path) -> Report:
    return verify.Verification(str(target), verify.Options(jobs=1, cache=cache), nothing).run()


def nothing(*_: object) -> None:
    pass


def test_the_report_lists_what_nothing_needs(tmp_path: Path) -> None:
    """From the last `needs` of just this spec; before that it says that this was not asked."""
    text, cache = without_reminders(LOCK.read_text(encoding="utf-8")), tmp_path / "cache"
    place = "# ---------------------------------------------------------------- why it holds"
    target = tmp_path / "idle_lock.py"
    target.write_text(text.replace(place, IDLE + place))
    before = verified(target, cache)
    assert before.details["needs"]["asked"] is False
    assert any(line.endswith("tells what no test needs either") for line in sums(before))
    state = kept.state(cache)
    needs(str(target), quiet, cache=cache)
    assert kept.state(cache) != state
    report = verified(target, cache)
    told = as_json(report)["needs"]
    assert told["lemmas"] == ["idle"] and told["guards"] == ["remind: me.holder.known"]
    last = "guards that no proof and no test needs: remind: me.holder.known; lemmas: idle"
    assert last in sums(report)
    (role, holder) = report.details["guards"]["remind"]
    assert role["needed_by"] == "proof" and holder["need"].startswith("NOT NEEDED")
    changed = load(str(target))
    assert kept.Kept(replace(changed, scenarios=(idle_client(changed),)), cache).told() is None


def test_only_a_run_that_asked_everything_is_kept(tmp_path: Path) -> None:
    needs(str(LOCK), quiet, lemmas=False, rules=("take",), cache=tmp_path)
    assert kept.Kept(load(str(LOCK)), tmp_path).told() is None
