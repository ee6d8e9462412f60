"""Whole orders of generated nodes under faults: every step compared, every oath checked.

Stands for: after each step the Z3 transition relation, the reference evaluator and the generated
node agree, and every property holds in the global state, the open ones included; a failure prints
as a short program that reproduces it; every rule fires and every reply is given.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import impl.order.node
from checkers.conformance import stateful
from checkers.conformance.replay import Failure, Subject, subject
from checkers.conformance.setting import ORDER
from impl.order.node import Radiant
from impl.order.types import RequestVote
from model.lang.spec import drop_clause

ROOT = Path(__file__).resolve().parent.parent
SMALL = stateful.Profile(examples=20)


def reproduce(program: str) -> subprocess.CompletedProcess[str]:
    """Run a printed program as a user would."""
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_readings_agree_on_whole_orders(capsys: pytest.CaptureFixture[str]) -> None:
    report = stateful.run(subject("order"), ORDER)
    with capsys.disabled():
        print(f"\n{report}")
    assert report.failure is None, str(report.failure)
    assert report.steps > 10_000
    assert not report.missing_replies
    assert len(report.missing_rules) <= 5, "the scenarios alone reach nearly all rules"


def test_the_same_seed_gives_the_same_run() -> None:
    one, other = (stateful.run(subject("order"), ORDER, SMALL) for _ in range(2))
    assert (one.steps, one.rows, one.replies) == (other.steps, other.rows, other.replies)


@pytest.mark.slow
def test_every_rule_fires_and_every_reply_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    report = stateful.run(subject("order"), ORDER, stateful.LONG)
    with capsys.disabled():
        print(f"\n{report}")
    assert report.failure is None, str(report.failure)
    assert report.covered, f"missing: {report.missing_rules} {report.missing_replies}"


def test_a_broken_node_is_found_and_the_program_reproduces_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handlers = vars(impl.order.node)["_ON_MESSAGE"]
    right = handlers[RequestVote]

    def forgetful(node: Radiant, m: RequestVote, sender: str) -> Any:
        outcome = right(node, m, sender)
        node.vote = None  # the vote is sent, and not remembered
        return outcome

    monkeypatch.setitem(handlers, RequestVote, forgetful)
    failure = stateful.run(Subject(ORDER.load(), source="'order'"), ORDER, SMALL).failure
    assert failure is not None
    assert "vote" in str(failure)
    assert len(failure.history) <= 12, "it is shortened"
    program = failure.program()
    assert program in str(failure)
    assert reproduce(program).returncode == 0, "the unbroken node passes it"
    with pytest.raises(Failure, match="vote"):
        exec(compile(program, "<program>", "exec"), {"__name__": "__main__"})


def test_a_broken_spec_is_found_and_the_program_reproduces_it() -> None:
    """Without its role guard anybody requests RESET; the node still has it, so they differ, too."""
    clauses = [c.text for c in ORDER.load().by_label["request_reset"].clauses]
    at = clauses.index("me.role == HERALD")
    broken = Subject(
        drop_clause(ORDER.load(), "request_reset", at),
        package="impl.order",
        source=f"drop_clause(order.spec(), 'request_reset', {at})",
        imports=("from model import order", "from model.lang.spec import drop_clause"),
    )
    failure = stateful.run(broken, ORDER, stateful.Profile(rounds=5)).failure
    assert failure is not None
    program = (
        failure.program()
        .replace("Replay(drop_clause", "Replay(Subject(drop_clause", 1)
        .replace(f"'request_reset', {at}),", f"'request_reset', {at}), package='impl.order'),", 1)
    )
    done = reproduce("from checkers.conformance import Subject\n" + program)
    assert done.returncode == 1
    assert "Failure" in done.stderr
