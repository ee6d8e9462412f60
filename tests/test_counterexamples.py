"""Counterexamples explain themselves, and nothing is shown as a run that does not replay.

Stands for: the smallest counterexample to induction, with what matters marked; whether it is
reachable, by two searches that agree; the run as steps, as a diagram and as a program that replays
it on generated nodes; where no run is found, how deep the search went.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
import z3
from rich.console import Console

from checkers import report, showing, verify
from checkers.cases import leaf_goals
from checkers.counterexamples import (
    FoundRun,
    Replayed,
    Searched,
    System,
    Unrolling,
    answer,
    explain,
    find,
    search,
    tell,
    unroll,
)
from checkers.counterexamples.chart import chart
from checkers.counterexamples.forward import Forward
from checkers.counterexamples.matters import Step, with_facts
from checkers.counterexamples.reachability import fits
from checkers.counterexamples.rerun import Rerun, package_of
from checkers.counterexamples.unrolling import SCOPE
from checkers.induction import ROLES
from checkers.questions import hypotheses
from checkers.reach import standard_config
from checkers.story import Counterexample, ToldRun, ToldStep, plain
from checkers.verdict import Report, Verdict
from model import order
from model.evaluate import Evaluator, Event, GlobalState, Mix, Packet, random_run
from model.lang import Spec
from model.lang.expr import Expr
from model.lang.footprint import reads
from model.lang.load import load
from model.lang.rules import Property
from model.lang.sorts import NODE, OrderSort
from model.lang.spec import Statement, drop_clause
from model.smt.bounded import BoundedVocabulary, Scope
from model.smt.cone import backwards
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
FAULTY = "tests/faulty_specs"
LOCK, TWICE = "docs/tutorial_lock.py", f"{FAULTY}/lock_handed_out_twice.py"
UNPROVED_LOCK = f"{FAULTY}/lock_without_a_lemma.py"
ORDER = order.spec()


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@cache
def faulty(target: str) -> Spec:
    return load(target)


def systems(spec: Spec) -> list[System]:
    return [System(c, tuple(n)) for c, n in (standard_config(spec, k) for k in (1, 2, 3))]


def told_run(spec: Spec, run: FoundRun, target: str = "") -> ToldRun:
    told = tell(spec, run, target)
    assert isinstance(told, ToldRun), told
    return told


# ---------------------------------------------------------------- the smallest step


def without(spec: Spec, *names: str) -> Spec:
    return replace(spec, statements={n: s for n, s in spec.statements.items() if n not in names})


STEPS = [
    (drop_clause(ORDER, "request_reset", 0), "S1.ResetRequest", "request_reset", 1),
    (drop_clause(without(ORDER, "S10.owner"), "grant_vote", 3), "S10", "grant_vote", 2),
    (drop_clause(ORDER, "stand", 3), "candidate_is_member", "stand", 1),
]


@cache
def explained(at: int) -> tuple[Spec, Counterexample]:
    spec, name, transition, _ = STEPS[at]
    found = find(spec, name, transition)
    assert found is not None
    return spec, explain(spec, found)


@pytest.mark.parametrize("at", range(len(STEPS)))
def test_smallest_step_is_replayed_with_what_it_claims(at: int) -> None:
    _, told = explained(at)
    assert told.replayed and told.smallest, told.note
    assert told.scope.startswith(f"{STEPS[at][3]} node")
    assert told.broken.startswith(STEPS[at][1])
    assert (
        told.claim
        == "the state before satisfies every property that is not open or assumed by name alone"
    )


@pytest.mark.parametrize("at", range(len(STEPS)))
def test_no_fact_of_the_smallest_step_can_go(at: int) -> None:
    """Without any one message, ghost or changed variable it is no counterexample any more."""
    spec, name, transition, _ = STEPS[at]
    found = find(spec, name, transition)
    assert found is not None
    evaluator = Evaluator(spec)
    packets = [Packet(m, r[0], r[1], tuple(r[2:])) for m, rs in found.messages.items() for r in rs]
    state = evaluator.state(found.config, found.nodes, packets, found.ghosts)
    event = spec.by_label[transition].event
    assert event is not None
    happened = Event(event.kind, event.__name__, found.me, found.fields, found.sender)
    step = Step(evaluator, name, state, happened, transition)
    assumed = hypotheses(spec, spec.statements[name])

    def is_counterexample(before: GlobalState) -> bool:
        held = all(evaluator.holds(before, s) for s in assumed if s.formula is not None)
        return held and step.breaks_in(before)

    assert is_counterexample(state)
    count = 0
    for smaller in _with_a_fact_less(evaluator, state):
        count += 1
        assert not is_counterexample(smaller)
    assert count


def _with_a_fact_less(evaluator: Evaluator, state: GlobalState) -> Iterator[GlobalState]:
    for node, local in state.nodes.items():
        first = evaluator.initial(node, state.config)
        for name, value in local.items():
            if value != first[name]:
                yield with_facts(state, nodes={**state.nodes, node: {**local, name: first[name]}})
    for packet in state.packets:
        yield with_facts(state, packets=[p for p in state.packets if p != packet])
    for name, relation in state.ghosts.items():
        for row in relation.rows:
            ghosts = {n: set(r.rows) for n, r in state.ghosts.items()}
            yield with_facts(state, ghosts={**ghosts, name: ghosts[name] - {row}})


def test_what_matters_is_marked() -> None:
    """The message sent is what breaks S1; the state is what lets the rule answer."""
    _, told = explained(0)
    marked = [p.text for line in (*told.before, *told.after) for p in line if p.marked]
    assert marked == ["state ERROR(RECOVER_RESET)", "sends ResetRequest(0, (0, 0)) n1->n1"]
    lines = showing.counterexample_lines(told)
    assert "    n1: severity 1, role RADIANT, *state ERROR(RECOVER_RESET)*" in lines
    page = showing.counterexample_html(told)
    assert "<mark>state ERROR(RECOVER_RESET)</mark>" in page and "*state" not in page


def test_what_matters_is_coloured_on_a_terminal() -> None:
    _, told = explained(0)
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system="standard", width=200)
    showing.print_counterexample(told, console)
    assert "\x1b[1;33mstate ERROR(RECOVER_RESET)\x1b[0m" in out.getvalue()
    assert "*state" not in out.getvalue()
    plain_out = io.StringIO()
    showing.print_counterexample(told, Console(file=plain_out, no_color=True, width=200))
    assert "*state ERROR(RECOVER_RESET)*" in plain_out.getvalue()


@pytest.mark.parametrize("colours", [False, True])
@pytest.mark.parametrize("width", [80, 120])
def test_a_step_is_shown_within_the_columns(width: int, colours: bool) -> None:
    """What it says is the same, and what matters is still marked."""
    _, told = explained(1)

    def shown(columns: int) -> str:
        out = io.StringIO()
        console = Console(file=out, force_terminal=colours, width=columns)
        showing.print_counterexample(told, console)
        return out.getvalue()

    within = shown(width)
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in within.splitlines()) <= width
    assert within.split() == shown(1_000).split() or colours
    assert ("\x1b[1;33m" in within) is colours


def test_a_run_is_shown_within_the_columns() -> None:
    """But for its diagram, which would be none any more."""
    spec = faulty(TWICE)
    run = told_run(spec, unroll(spec, ["one-holder"], 8, PATIENCE).runs["one-holder"])
    wide, narrow = showing.run_lines(run), showing.run_lines(run, width=40)
    assert max(map(len, wide)) > 80
    chart = run.chart.splitlines()
    assert max(len(line) for line in narrow if line not in chart) <= 40
    assert [line for line in narrow if line in chart] == [line for line in wide if line in chart]
    assert " ".join(narrow).split() == " ".join(wide).split()


def test_a_local_obligation_claims_nothing_of_the_state_before() -> None:
    spec = STEPS[0][0]
    found = find(spec, ROLES, "request_reset")
    assert found is not None
    told = explain(spec, found)
    assert told.replayed and "as RADIANT" in told.broken
    assert told.claim.startswith("nothing is asked of the state before")


def test_a_first_state_that_breaks_a_property_is_no_step() -> None:
    stated = ORDER.statements["active"]
    assert stated.formula is not None
    wrong = _stated("always-active", stated.formula)
    spec = replace(ORDER, statements={**ORDER.statements, "always-active": wrong})
    found = find(spec, "always-active", "initial state")
    assert found is not None
    told = explain(spec, found)
    assert told.replayed and not told.transition
    lines = showing.counterexample_lines(told)
    assert lines[0].startswith("the smallest first state") or "first state" in lines[0]
    assert not any("rule" in line for line in lines)


def _stated(name: str, formula: Expr) -> Statement:
    return Statement(Property("safety", name, "What is not so", lambda: None), formula)


def test_a_step_property_is_told_of_its_step() -> None:
    spec = faulty(f"{FAULTY}/owners.py")
    found = find(spec, "still", "begin")
    assert found is not None
    told = explain(spec, found)
    assert told.replayed
    assert told.broken == "still (No turn is ever begun) is false of this step of n1"


def test_what_does_not_replay_is_said_and_not_claimed() -> None:
    spec, name, transition, _ = STEPS[0]
    found = find(spec, name, transition)
    assert found is not None
    told = explain(ORDER, found)  # the spec without the fault
    assert not told.replayed
    lines = showing.counterexample_lines(told)
    assert any("NOT confirmed" in line for line in lines)
    assert not any(line.startswith("  replayed") for line in lines)


# ---------------------------------------------------------------- what nobody owns


@pytest.mark.parametrize("nodes", [1, 2, 3])
def test_nobody_owns_the_least_value(nodes: int) -> None:
    """As in the evaluator; nor is nobody a node that anything speaks of."""
    v = BoundedVocabulary(ORDER, Scope(nodes, 1, 2, 1))
    term = next(s for s in map(lambda d: getattr(d, "sort", None), ORDER.sorts.values())
                if isinstance(s, OrderSort) and s.owned)  # fmt: skip
    solver = z3.Solver()
    solver.add(*(axiom for _, axiom in v.axioms()))
    assert solver.check() == z3.sat
    owner = v.owner(term, v.constant(term, "zero"))
    solver.add(z3.Or([owner == n for n in v.elements(NODE)]))
    assert solver.check() == z3.unsat
    assert len(v.elements(NODE)) == nodes


def test_a_claim_on_what_nobody_owns_is_no_counterexample() -> None:
    spec = faulty(f"{FAULTY}/owners.py")
    assert find(spec, "no-claim-on-the-first", "claim") is None
    options = verify.Options(only=frozenset({"no-claim-on-the-first"}), jobs=1)
    told = {f.name: f for f in verify.Verification(spec, options, lambda *_: None).run().findings}
    assert not told["no-claim-on-the-first"].failures
    found = find(spec, "nobody-claims", "claim")
    assert found is not None and explain(spec, found).replayed


# ---------------------------------------------------------------- two searches


def test_both_searches_find_the_second_holder() -> None:
    spec = faulty(TWICE)
    by_solver = unroll(spec, ["one-holder"], 8, PATIENCE).runs["one-holder"]
    by_runs = search(spec, ["one-holder"], systems(spec), 20_000, PATIENCE).runs["one-holder"]
    for run in (by_solver, by_runs):
        assert Replayed(Evaluator(spec), run).broken
    assert len(by_solver.steps) == 6 <= len(by_runs.steps)
    assert fits(spec, by_runs, SCOPE)


def _reached_within(
    spec: Spec, config: dict[str, str], nodes: list[str], most: int
) -> dict[str, int]:
    """Return how many steps it takes to reach what can be: all runs of the evaluator."""
    evaluator = Evaluator(spec)
    first = evaluator.initial_state(config, nodes)
    found: dict[str, int] = {}
    level = {_key(first): first}
    seen = set(level)
    for depth in range(most + 1):
        following: dict[object, GlobalState] = {}
        for state in level.values():
            for local in state.nodes.values():
                found.setdefault(str(local["state"]), depth)
            events = [Event("crash", "crash", n) for n in nodes]
            for name, event in spec.events.items():
                if event.kind != "message":
                    events += [Event(event.kind, name, n) for n in nodes]
            events += [evaluator.delivery(p) for p in state.packets]
            for event_ in events:
                after, _ = evaluator.step(state, event_)
                key = _key(after)
                if key not in seen:
                    seen.add(key)
                    following[key] = after
        level = following
    return found


def _key(state: GlobalState) -> object:
    nodes = tuple(tuple(sorted(v.items(), key=str)) for v in state.nodes.values())
    return (repr(nodes), frozenset(state.packets))


def test_the_solver_reaches_what_all_runs_reach_and_when() -> None:
    """Every state of a client, in a whole small system, at the same depth."""
    spec = faulty(LOCK)
    explored = _reached_within(spec, {"server": "n1"}, ["n1", "n2"], 5)
    goals = {s.name: s for s in leaf_goals(spec)}
    asked = replace(spec, statements={**spec.statements, **goals})
    found = unroll(asked, list(goals), 5, PATIENCE)
    reached = {name.split()[-1]: len(run.steps) for name, run in found.runs.items()}
    assert reached == explored and len(reached) == 3


def test_no_step_of_a_run_is_thought_impossible() -> None:
    """What is left out before the solver is asked happens in no run, at no step."""
    labels = frozenset(t.label for t in ORDER.transitions)
    forward = Forward(ORDER, labels)
    possible = [forward.labels(step) for step in range(40)]
    assert len(possible[0]) < len(possible[4]) < len(labels)
    config, nodes = standard_config(ORDER, 2)
    for seed in range(40):
        run = random_run(ORDER, config, nodes, seed, 40, Mix(tries=4, phase=10), statements=())
        for step, (_, label) in enumerate(run.steps):
            assert label in possible[step], f"seed {seed}, step {step}"


def test_the_last_steps_of_a_shortest_run_matter() -> None:
    spec = faulty(TWICE)
    formula = spec.statements["one-holder"].formula
    assert formula is not None
    levels = list(backwards(spec, reads(formula)))
    assert all(a.labels <= b.labels for a, b in itertools.pairwise(levels))
    run = unroll(spec, ["one-holder"], 8, PATIENCE).runs["one-holder"]
    for level, (_, label) in zip(levels, reversed(run.steps), strict=False):
        assert label in level.labels


def test_not_reachable_is_said_with_depth_and_scope() -> None:
    spec = faulty(UNPROVED_LOCK)
    name = "held_is_not_released"
    found = find(spec, name, "take")
    assert found is not None and explain(spec, found).replayed
    unrolled = unroll(spec, [name], 7, PATIENCE)
    searched = search(spec, [name], systems(spec), 2_000, PATIENCE)
    reach = replace(answer(spec, [name], unrolled, searched, 7)[name], lemma=True)
    assert reach.run is None and reach.depth == 7
    sentence = reach.sentence()
    assert sentence.startswith("not reachable within 7 steps in this scope (3 nodes")
    assert sentence.endswith("probably a missing lemma")


def test_a_solver_out_of_time_says_how_far_it_got() -> None:
    spec = faulty(UNPROVED_LOCK)
    name = "held_is_not_released"
    never = unroll(spec, [name], 7, 0.0)
    reach = answer(spec, [name], never, Searched(), 7)[name]
    assert reach.depth is None
    assert reach.sentence() == "not known whether a run breaks it (out of time)"
    part = Unrolling("a scope", depth={name: 3}, stopped="out of time")
    reach = answer(spec, [name], part, Searched(), 7)[name]
    assert "within 3 steps" in reach.sentence() and "out of time" in reach.sentence()


def test_disagreement_of_the_searches_is_said() -> None:
    spec = faulty(TWICE)
    run = unroll(spec, ["one-holder"], 8, PATIENCE).runs["one-holder"]
    blind = Unrolling("a scope", depth={"one-holder": 8})
    found = Searched({"one-holder": replace(run, found_by="random runs")})
    reach = answer(spec, ["one-holder"], blind, found, 8)["one-holder"]
    assert "DISAGREE" in reach.note and reach.run is not None


def test_a_run_that_does_not_replay_is_never_shown() -> None:
    spec = faulty(TWICE)
    run = unroll(spec, ["one-holder"], 8, PATIENCE).runs["one-holder"]
    for steps in (run.steps[:-1], run.steps[1:], (*run.steps[:-1], (run.steps[-1][0], "decline"))):
        wrong = Unrolling("a scope", {"one-holder": replace(run, steps=tuple(steps))})
        reach = answer(spec, ["one-holder"], wrong, Searched(), 8)["one-holder"]
        assert reach.run is None and "DISAGREE" in reach.note


# ---------------------------------------------------------------- faults of the order


def test_forgotten_vote_is_reached() -> None:
    """It stands, votes for itself, and crashes: four steps to the vote, one to forget it."""
    spec = faulty(f"{FAULTY}/forgetful_voter.py")
    found = unroll(spec, ["vote_is_remembered"], 6, PATIENCE)
    run = told_run(spec, found.runs["vote_is_remembered"])
    assert [s.rule for s in run.steps] == ["beacon", "answer_beacon", "awake", "stand", "crash"]


def test_herald_of_a_minority_is_reached_and_replays_on_generated_nodes(tmp_path: Path) -> None:
    target = f"{FAULTY}/herald_of_a_minority.py"
    spec = faulty(target)
    found = unroll(spec, ["S2.majority"], 8, PATIENCE)
    run = told_run(spec, found.runs["S2.majority"], target)
    assert [s.rule for s in run.steps][-2:] == ["stand", "win"] and len(run.steps) == 7
    _run_program(run.program, tmp_path)


def test_random_runs_reach_the_forgotten_vote() -> None:
    spec = faulty(f"{FAULTY}/forgetful_voter.py")
    found = search(spec, ["vote_is_remembered"], systems(spec)[:1], 4_000, PATIENCE)
    run = told_run(spec, found.runs["vote_is_remembered"])
    assert run.steps[-1].rule == "crash" and 5 <= len(run.steps) <= 12


@pytest.mark.slow
def test_random_runs_reach_what_is_deep() -> None:
    """A plain radiant requests a reset: after an election and a declared error."""
    spec = drop_clause(ORDER, "request_reset", 0)
    found = search(spec, ["S1.ResetRequest"], systems(spec), 20_000, PATIENCE)
    run = told_run(spec, found.runs["S1.ResetRequest"])
    assert run.steps[-1].rule == "request_reset"
    assert 12 <= len(run.steps) <= 60


def test_a_missing_lemma_of_the_order_is_not_reached() -> None:
    spec = without(ORDER, "candidate_owns_term", "S10.owner")
    found = find(spec, "elected_owns_term", "win")
    assert found is not None and explain(spec, found).replayed
    unrolled = unroll(spec, ["elected_owns_term"], 5, PATIENCE)
    assert not unrolled.runs and unrolled.depth == {"elected_owns_term": 5}


# ---------------------------------------------------------------- programs


def _run_program(text: str, folder: Path) -> str:
    file = folder / "run.py"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(file)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "replayed on generated nodes" in done.stdout
    return done.stdout


def test_a_program_fails_once_the_fault_is_mended() -> None:
    spec = faulty(TWICE)
    run = unroll(spec, ["one-holder"], 8, PATIENCE).runs["one-holder"]
    text = told_run(spec, run, TWICE).program
    names: dict[str, object] = {"__name__": "program"}
    exec(compile(text, "program", "exec"), names)
    names["test_one_holder_breaks"]()  # type: ignore[operator]
    mended: dict[str, object] = {"__name__": "program"}
    exec(compile(text.replace(TWICE, LOCK), "program", "exec"), mended)
    with pytest.raises(AssertionError, match=r"never sent.*has changed"):
        mended["test_one_holder_breaks"]()  # type: ignore[operator]


def test_the_nodes_of_the_order_are_those_checked_in() -> None:
    assert package_of(ORDER) == "impl.order"
    assert package_of(drop_clause(ORDER, "win", 2)).startswith("generated_order_")


def test_rerun_goes_no_further_than_the_break() -> None:
    run = Rerun(faulty(f"{FAULTY}/owners.py"), breaks="still", nodes=["n1"], config={})
    with pytest.raises(AssertionError, match="still holds after all 0 steps"):
        run.finish()
    run.timer("n1", "Begin")
    assert "still" in run.finish()
    with pytest.raises(AssertionError, match="broken before"):
        run.timer("n1", "Begin")


# ---------------------------------------------------------------- diagrams


def _told(nodes: int, *steps: tuple[str, str, str | None, str]) -> ToldRun:
    names = tuple(f"n{i + 1}" for i in range(nodes))
    told = tuple(
        ToldStep(at, node, kind, event, (), sender, 1 if sender else None, "rule", (), (), ())
        for at, (node, kind, sender, event) in enumerate(steps, 1)
    )
    return ToldRun("P", (), names, told, "P is false", "the solver", True)


def test_diagram_of_two_clients() -> None:
    spec = faulty(TWICE)
    run = unroll(spec, ["one-holder"], 8, PATIENCE).runs["one-holder"]
    lines = told_run(spec, run).chart.splitlines()
    assert lines[0].split() == ["n1", "n2", "n3"]
    arrows = [line for line in lines if ">" in line or "<" in line]
    assert len(arrows) == 4 and all("@" in line for line in arrows)
    assert "breaks one-holder" in lines[-1] and "#" in lines[-1]


@pytest.mark.parametrize("nodes", [1, 2, 3, 4, 5, 6])
def test_text_diagrams_fit_a_terminal(nodes: int) -> None:
    last = f"n{nodes}"
    run = _told(
        nodes,
        ("n1", "timer", None, "A" * 70),
        (last, "message", "n1", "Long" * 20),
        (last, "timer", None, "B" * 30),
        ("n1", "message", last, "SystemResetRequest"),
        (last, "crash", None, "crash"),
        (last, "message", last, "Again"),
    )
    lines = chart(run).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line[:5].strip().isdigit() for line in lines) == 6


def test_pictures_are_documents_with_an_arrow_for_each_delivery() -> None:
    spec = faulty(TWICE)
    run = told_run(spec, unroll(spec, ["one-holder"], 8, PATIENCE).runs["one-holder"])
    root = ElementTree.fromstring(run.svg)
    space = "{http://www.w3.org/2000/svg}"
    arrows = [p for p in root.iter(f"{space}path") if p.get("class") == "arrow"]
    assert len(arrows) == sum(s.kind == "message" for s in run.steps)
    words = "".join(root.itertext())
    for step in run.steps:
        assert f"{step.number} {step.node}: {step.rule}" in words
    assert "one-holder" in words


# ---------------------------------------------------------------- the whole


@pytest.fixture(scope="module")
def verified() -> Report:
    options = verify.Options(only=frozenset({"one-holder"}), jobs=1, depth=8)
    return verify.Verification(str(ROOT / TWICE), options, lambda *_: None).run()


def test_a_broken_promise_is_refuted_by_its_run(verified: Report) -> None:
    """Its own steps are proved from a lemma that is false: the run tells that it is false too."""
    (found,) = (f for f in verified.findings if f.name == "one-holder")
    assert found.verdict is Verdict.REFUTED
    assert found.reach is not None and found.reach.run is not None
    assert verified.exit_status() == 1


def test_reports_hold_the_run(verified: Report, tmp_path: Path) -> None:
    data = json.loads(json.dumps(report.as_json(verified)))
    assert data["schema"] == report.SCHEMA
    (found,) = (f for f in data["findings"] if f["name"] == "one-holder")
    run = found["reach"]["run"]
    assert [s["rule"] for s in run["steps"]].count("take") == 2
    assert run["chart"] and "Rerun(" in run["program"]
    report.write_html(verified, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "data:image/svg+xml;base64," in page and "<mark>" in page
    report.write_junit(verified, tmp_path / "r.xml")
    assert "reachable: a run of 6 steps" in (tmp_path / "r.xml").read_text(encoding="utf-8")


def test_files_of_each_counterexample(verified: Report, tmp_path: Path) -> None:
    written = {p.name for p in showing.write_counterexamples(verified, tmp_path)}
    assert {"one_holder.txt", "one_holder.svg", "one_holder.py"} <= written
    text = (tmp_path / "one_holder.txt").read_text(encoding="utf-8")
    assert text.startswith("REFUTED one-holder") and "breaks one-holder" in text
    assert "one_holder.py replays it on generated nodes" in text
    _run_program((tmp_path / "one_holder.py").read_text(encoding="utf-8"), tmp_path)


def test_depth_is_checked() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "checkers", "verify", LOCK, "--depth", "-1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2 and "--depth -1" in done.stderr


def test_facts_in_plain_text_are_between_asterisks() -> None:
    _, told = explained(0)
    assert any(plain(line).startswith("*sends ResetRequest") for line in told.after)


# ---------------------------------------------------------------- the documentation


def _documented() -> ToldRun:
    """The run of docs/counterexamples.md, whichever run a solver would find."""
    spec = faulty(TWICE)
    acquire, ask = Event("request", "Acquire", "n1"), Event("message", "Ask", "n3", {}, "n1")
    other, asks = Event("request", "Acquire", "n2"), Event("message", "Ask", "n3", {}, "n2")
    grant = Event("message", "Grant", "n1", {"ticket": 1}, "n3")
    second = Event("message", "Grant", "n2", {"ticket": 2}, "n3")
    steps = (
        (acquire, "acquire"),
        (other, "acquire"),
        (ask, "hand_out"),
        (grant, "take"),
        (asks, "hand_out"),
        (second, "take"),
    )
    system = System({"server": "n3"}, ("n1", "n2", "n3"))
    return told_run(spec, FoundRun("one-holder", system, steps, "the solver"), TWICE)


def test_the_documented_run_is_what_is_told_now() -> None:
    told = _documented()
    page = (ROOT / "docs" / "counterexamples.md").read_text(encoding="utf-8")
    picture = ROOT / "docs" / "counterexample_lock.svg"
    if os.environ.get("UPDATE_EXPECTED"):
        picture.write_text(told.svg, encoding="utf-8")
    assert told.chart in page
    assert told.program in page
    assert "\n".join(showing.run_lines(told)[1:-1]).split("\n\n")[0] in page
    assert picture.read_text(encoding="utf-8") == told.svg


def test_the_documented_step_is_what_is_told_now() -> None:
    page = (ROOT / "docs" / "counterexamples.md").read_text(encoding="utf-8")
    _, told = explained(0)
    lines = " ".join(showing.counterexample_lines(told))  # the page has them as they are wrapped
    assert " ".join(lines.split()) in " ".join(page.split())
