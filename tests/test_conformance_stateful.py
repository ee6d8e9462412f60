"""Whole orders of generated nodes under faults: every step in three readings, every oath checked.

"Messages may be lost, duplicated, delayed and reordered. A radiant may crash at any moment and come
back with only its durable variables."
"""

from __future__ import annotations

import importlib
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checkers.conformance import Failure, Replay, Subject
from checkers.conformance.acts import events_of
from checkers.conformance.replay import program, shorten, subject
from checkers.conformance.setting import ORDER
from checkers.conformance.stateful import LONG, QUICK, Profile, StatefulReport, run
from checkers.traces import Options, validate
from model.evaluate import EvaluationError
from model.lang import Spec
from model.lang.spec import drop_clause
from tests.generated_nodes import load, order_spec

SMALL = Profile(examples=20, bursts=3, burst=30)
ALONE = Profile(examples=200, bursts=4, burst=40, scenarios=False)
"""Hypothesis alone, from the first state on."""
THREE: dict[str, Any] = {
    "nodes": ["n1", "n2", "n3", "c1"],
    "config": {"members": {"n1", "n2", "n3"}, "controllers": {"c1"}},
}


FAILING = Path(__file__).resolve().parent.parent / "build" / "failing-runs"
"""Where a failing run's recordings go, for `oathbound trace`."""


# ---------------------------------------------------------------- all agree, no oath is broken


def test_orders_keep_their_oaths_in_three_readings() -> None:
    report = run(subject("order"), ORDER, QUICK, keep=FAILING / "quick")
    print(report)
    assert report.failure is None, str(report)
    assert report.steps > 10_000


@pytest.mark.slow
def test_orders_keep_their_oaths_for_long_and_every_rule_fires() -> None:
    report = run(subject("order"), ORDER, LONG, print, FAILING / "long")
    assert report.failure is None, str(report)
    assert report.covered, str(report)


def test_scenarios_of_the_spec_agree() -> None:
    one = subject("order")
    for scenario in one.spec.scenarios:
        system = Replay(one, nodes=scenario.nodes, config=scenario.config)
        for event in events_of(scenario, system):
            system.take(event)
        assert system.history, scenario.name


def test_the_same_profile_does_the_same_again() -> None:
    first, second = (run(subject("order"), ORDER, SMALL) for _ in range(2))
    assert first.rows == second.rows
    assert first.steps == second.steps > 500


def test_what_else_is_loaded_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hypothesis draws numbers that it reads in the modules at hand: other tests' among them."""
    first = run(subject("order"), ORDER, SMALL)
    (tmp_path / "full_of_numbers.py").write_text(f"NUMBERS = {list(range(1_000, 60_000, 97))}")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("full_of_numbers")
    assert run(subject("order"), ORDER, SMALL).rows == first.rows


def test_another_seed_does_something_else() -> None:
    first = run(subject("order"), ORDER, SMALL)
    second = run(subject("order"), ORDER, replace(SMALL, seed=100))
    assert first.rows != second.rows


# ---------------------------------------------------------------- faults become programs


def check_program(report: StatefulReport) -> Failure:
    """Run the program that a failure prints; it must fail in the same way, at its last step."""
    failure = report.failure
    assert failure is not None, str(report)
    text = failure.program()
    assert textwrap.indent(text, "") in str(failure)
    with pytest.raises(Failure) as again:
        exec(compile(text, "<program>", "exec"), {})
    assert again.value.kind == failure.kind
    assert [str(p) for p in again.value.problems] == [str(p) for p in failure.problems]
    assert len(again.value.history) == len(failure.history)
    print(text)
    return failure


def break_handler(
    monkeypatch: pytest.MonkeyPatch, message: str, change: Callable[[Any, Any], None]
) -> None:
    """Let the node do `change(node, outcome)` after it has answered a message."""
    node = importlib.import_module("impl.order.node")
    kind = getattr(importlib.import_module("impl.order.types"), message)
    right = node._ON_MESSAGE[kind]

    def wrong(self: Any, m: Any, sender: str) -> Any:
        outcome = right(self, m, sender)
        change(self, outcome)
        return outcome

    monkeypatch.setitem(node._ON_MESSAGE, kind, wrong)


def test_a_broken_node_is_found_and_told_as_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """A radiant that forgets, on winning, to stop standing."""

    def forget(node: Any, outcome: Any) -> None:
        if outcome[0].label == "win":
            node.standing = True

    break_handler(monkeypatch, "Vote", forget)
    failure = check_program(run(subject("order"), ORDER, replace(ALONE, seed=3)))
    assert failure.labels[-1] == "win"
    assert "the variable standing after" in failure.kind
    assert len(failure.history) <= 14, failure.program()


def test_a_failing_run_is_recorded_as_short_as_it_got(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What Hypothesis found is told by `oathbound trace`, too: the last record is wrong."""

    def forget(node: Any, outcome: Any) -> None:
        if outcome[0].label == "awake":
            node.heard = frozenset({"n1"})

    break_handler(monkeypatch, "BeaconAnswer", forget)
    report = run(subject("order"), ORDER, SMALL, keep=tmp_path / "kept")
    assert report.failure is not None
    files = report.recordings
    assert len(files) == len(report.failure.cluster.nodes)
    assert f"oathbound trace {files[0]}" in str(report)
    records = sum(len(path.read_text().splitlines()) - 2 for path in files)
    assert records == len(report.failure.history)
    found = validate(subject("order").spec, files, Options())
    assert found.wrong is not None and found.wrong.place.event.startswith("BeaconAnswer(")
    assert [d.what for d in found.wrong.differences] == ["heard after"]
    last = found.wrong.place.path.read_text().splitlines()
    assert found.wrong.place.line == len(last)
    again = run(subject("order"), ORDER, SMALL, keep=tmp_path / "kept")
    assert again.recordings == files


def test_a_deep_fault_is_found_from_within_a_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    """A radiant that keeps its old keys when it accepts a proposal, after the first key."""

    def keep(node: Any, outcome: Any) -> None:
        if outcome[0].label == "accept_proposal" and node.keys:
            node.keys = frozenset()

    break_handler(monkeypatch, "Propose", keep)
    failure = check_program(run(subject("order"), ORDER, SMALL))
    assert failure.labels[-1] == "accept_proposal"
    assert "the variable keys after" in failure.kind


def test_a_node_that_loses_its_vote_in_a_crash_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    node = importlib.import_module("impl.order.node")
    right = node.Radiant.durable

    def forgetful(self: Any) -> Any:
        return right(self)._replace(vote=None)

    monkeypatch.setattr(node.Radiant, "durable", forgetful)
    failure = check_program(run(subject("order"), ORDER, ALONE))
    assert failure.history[-1].kind == "crash"
    assert "the variable vote after" in failure.kind


def test_a_node_that_starts_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    node = importlib.import_module("impl.order.node")
    right = node.Radiant.__init__

    def eager(self: Any, *given: Any) -> None:
        right(self, *given)
        self.joined = True

    monkeypatch.setattr(node.Radiant, "__init__", eager)
    failure = check_program(run(subject("order"), ORDER, replace(SMALL, scenarios=False)))
    assert not failure.history and str(failure).startswith("the start fails")
    assert failure.kind == {"the variable joined after"}


def test_a_broken_spec_is_found_and_told_as_a_program() -> None:
    """The spec's voters no longer ask what the candidate has accepted; the node's do."""
    rule, clause = "grant_vote", 4
    broken = Subject(
        drop_clause(order_spec(), rule, clause),
        source=f"Subject(drop_clause(spec(), {rule!r}, {clause}))",
        imports=[
            "from checkers.conformance import Subject",
            "from model.lang.spec import drop_clause",
            "from model.order import spec",
        ],
    )
    failure = check_program(run(broken, ORDER, ALONE))
    assert failure.history[-1].name == "RequestVote"
    assert failure.kind <= {"which row answers", "the clause that refuses"}
    assert "node:" in str(failure) and "evaluator:" in str(failure)


def test_a_broken_oath_is_found_and_told_as_a_program(tmp_path: Path) -> None:
    """All three readings say the same, and it is wrong: a radiant wins without a majority."""
    spec = lawless(order_spec())
    package = load(replace(spec, name="lawless"), tmp_path).__name__
    broken = Subject(
        spec,
        package=package,
        source=f"Subject(lawless(spec()), package={package!r})",
        imports=[
            "from checkers.conformance import Subject",
            "from model.order import spec",
            "from tests.test_conformance_stateful import lawless",
        ],
    )
    failure = check_program(run(broken, ORDER, ALONE))
    assert "it breaks " in str(failure)
    assert not any(what.startswith("the ") for what in failure.kind), failure.kind


def lawless(spec: Spec) -> Spec:
    """Return the spec in which one vote, its own, makes a candidate the herald."""
    rules = [t for t in spec.transitions if t.name == "win"]
    (at,) = (i for i, c in enumerate(rules[0].clauses) if c.text.startswith("majority("))
    spec = drop_clause(spec, "win", at)
    kept = tuple(t for t in spec.transitions if t.name != "count_vote")
    return replace(spec, transitions=kept)


# ---------------------------------------------------------------- the replay's own promises


def test_a_run_by_hand_tells_which_rows_answered() -> None:
    system = Replay("order", **THREE)
    assert system.timer("n1", "BeaconDue") == "beacon"
    assert system.deliver("Beacon", "n1", "n2") == "answer_beacon"
    assert system.deliver("BeaconAnswer", "n2", "n1") == "hear_peer"
    assert system.deliver("BeaconAnswer", "n2", "n1") == "hear_peer"
    assert system.request("n1", "AddShard", key="k1") == "AddShard/not_herald"
    assert system.crash("n1") == "crash"
    assert system.state.nodes["n1"]["heard"] == frozenset()
    assert system.replies == {"Done": 4, "NotHerald": 1}


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (lambda s: s.deliver("Beacon", "n2", "n1"), "the message was never sent"),
        (lambda s: s.timer("n9", "BeaconDue"), "there is no such node"),
        (lambda s: s.timer("n1", "Tea"), "the spec declares no such timer"),
        (lambda s: s.request("n1", "AddShard"), "its fields are key"),
        (lambda s: s.request("n1", "AddShard", key="k1", to="k2"), "its fields are key"),
        (lambda s: s.request("n1", "AddShard", key=1), "it is no Key"),
    ],
)
def test_what_cannot_happen_is_refused(step: Callable[[Replay], Any], reason: str) -> None:
    with pytest.raises(EvaluationError, match=reason):
        step(Replay("order", **THREE))


def test_a_program_is_the_run_it_was_made_from() -> None:
    one = subject("order")
    scenario = max(one.spec.scenarios, key=lambda s: len(s.acts))
    system = Replay(one, nodes=scenario.nodes, config=scenario.config)
    for event in events_of(scenario, system):
        system.take(event)
    text = program(one, system.cluster, system.history, system.labels)
    space: dict[str, Any] = {}
    exec(compile(text, "<program>", "exec"), space)
    assert space["run"].history == system.history
    assert space["run"].labels == system.labels
    assert space["run"].state == system.state


def test_shortening_leaves_nothing_to_leave_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(node: Any, outcome: Any) -> None:
        if outcome[0].label == "awake":
            node.heard = frozenset({"n1"})

    break_handler(monkeypatch, "BeaconAnswer", forget)
    system = Replay("order", **THREE)
    for _ in range(3):
        for node in ("n1", "n2", "n3"):
            system.timer(node, "BeaconDue")
            system.timer(node, "ProbeDue")
    for receiver in ("n1", "n2"):
        system.deliver("Beacon", "n3", receiver)
    system.deliver("BeaconAnswer", "n1", "n3")
    with pytest.raises(Failure) as found:
        system.deliver("BeaconAnswer", "n2", "n3")
    short = shorten(found.value)
    assert [e.name for e in short.history] == [
        "BeaconDue",
        "Beacon",
        "Beacon",
        "BeaconAnswer",
        "BeaconAnswer",
    ]
    assert short.kind == found.value.kind
