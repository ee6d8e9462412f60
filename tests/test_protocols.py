"""Protocols from the literature, as specs: proved, not vacuous, generated, and not without faults.

Stands for: "At least six further protocols live as specs with their proofs, each with at least two
seeded faults that must be refuted." Nothing in the tools may be bent to the order: what is checked
here for each protocol is what is checked for the order.
"""

from __future__ import annotations

import ast
import functools
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from checkers import structure, verify
from checkers.conformance import exhaustive
from checkers.conformance.setting import Setting
from checkers.reach import standard_config
from checkers.verdict import Report, Verdict
from model.evaluate import Evaluator, seek, shorten
from model.lang import Spec
from model.lang.load import load
from tests.generated_nodes import compare
from tests.generated_nodes import load as generated
from tests.patience import PATIENCE
from tests.protocol_faults import FAULTS, FOLDER, QUICK, Fault

ROOT = Path(__file__).resolve().parent.parent
TUTORIAL = ROOT / "docs" / "tutorial_lock.py"
PROTOCOLS = sorted(file.stem for file in FOLDER.glob("*.py"))
FILES = {**{name: FOLDER / f"{name}.py" for name in PROTOCOLS}, "tutorial_lock": TUTORIAL}


@functools.cache
def spec_of(name: str) -> Spec:
    return load(str(FILES[name]))


def verified(source: str | Spec, **options: Any) -> Report:
    return verify.Verification(source, verify.Options(jobs=1, **options), lambda *_: None).run()


# ---------------------------------------------------------------- proofs


def test_at_least_six_protocols_are_there() -> None:
    assert set(PROTOCOLS) >= {
        "lock_service",
        "paxos",
        "raft_election",
        "ring_election",
        "sharded_store",
        "two_phase_commit",
    }


@pytest.mark.parametrize("name", FILES)
def test_every_property_is_proved_and_none_is_vacuous(name: str) -> None:
    """For any number of nodes; each rule, state and reply is reached, each property has a case."""
    report = verified(str(FILES[name]), run_steps=14_000)
    good = (Verdict.PROVED, Verdict.SHOWN, Verdict.CHECKED)
    assert not {f.name: f.reason for f in report.findings if f.verdict not in good}
    assert report.exit_status() == 0
    stated = {s.name for s in spec_of(name).of_kind("safety", "step", "lemma")}
    assert stated <= {f.name for f in report.findings if f.verdict is Verdict.PROVED}
    shown = {structure.POSSIBLE, structure.CASES, structure.FIRES, structure.CONSISTENT}
    assert shown <= {f.name for f in report.findings if f.verdict is Verdict.SHOWN}
    assert not any(s.prop.open for s in spec_of(name).statements.values())


@pytest.mark.parametrize("columns", [80, 120])
def test_the_command_reports_within_the_columns(columns: int) -> None:
    told = subprocess.run(
        [
            *(sys.executable, "-m", "checkers", "verify", "docs/protocols/lock_service.py"),
            *("--lemmas", "--jobs", "1", "--no-cache"),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": str(columns)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert max(map(len, told.stdout.splitlines())) <= columns
    assert "At most one node holds the lock" in " ".join(told.stdout.split())


# ---------------------------------------------------------------- faults


def test_every_protocol_has_faults_that_a_run_shows() -> None:
    for name in PROTOCOLS:
        shown = [f for f in FAULTS if f.protocol == name and f.run]
        assert len(shown) >= 2, name
        assert all(f.run for f in QUICK)


def assert_refuted(fault: Fault, folder: Path) -> None:
    """A step breaks one statement, as the evaluator confirms, and a run the named property."""
    spec = fault.spec(folder)
    report = verified(spec, only=frozenset({fault.refuted}), timeout=2.0)
    (found,) = (f for f in report.findings if f.name == fault.refuted)
    assert found.verdict is Verdict.REFUTED, found.reason
    told = [r.counterexample for r in found.failures if r.counterexample is not None]
    assert any(one.replayed for one in told)
    assert report.exit_status() == 1
    if not fault.run:
        return
    evaluator, broken = Evaluator(spec), spec.statements[fault.run]
    config, nodes = standard_config(spec)
    for seed in range(1, 6):
        runs = seek(evaluator, config, nodes, seed, 20_000, statements=[broken], stop=True)
        if fault.run in runs.broken:
            break
    assert fault.run in runs.broken, f"no run breaks {fault.run}"
    start = evaluator.initial_state(config, nodes)
    run = shorten(evaluator, start, runs.broken[fault.run], broken)
    assert run.violations and len(run.steps) <= 30, str(run)


@pytest.fixture
def explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every failure be explained: on a slow machine what is true may fail for want of time."""
    monkeypatch.setattr(verify, "EXPLAINED", 1_000)


@pytest.mark.usefixtures("explained")
@pytest.mark.parametrize("fault", QUICK, ids=str)
def test_a_seeded_fault_is_refuted(fault: Fault, tmp_path: Path) -> None:
    assert_refuted(fault, tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("explained")
@pytest.mark.parametrize("fault", [f for f in FAULTS if f not in QUICK], ids=str)
def test_each_other_seeded_fault_is_refuted(fault: Fault, tmp_path: Path) -> None:
    assert_refuted(fault, tmp_path)


# ---------------------------------------------------------------- generated nodes

OWNED = ((0, ""), (1, "a"), (1, "b"), (2, "a"), (2, "z"))
CONFIGS: dict[str, dict[str, Any]] = {
    "lock_service": {"observers": frozenset("bz"), "first": "a"},
    "paxos": {"acceptors": frozenset("abc")},
    "raft_election": {"servers": frozenset("abc")},
    "sharded_store": {"first": "a"},
    "two_phase_commit": {"participants": frozenset("ab"), "manager": "c"},
    "two_phase_textbook": {"resources": frozenset("ab"), "manager": "c"},
    "tutorial_lock": {"server": "b"},
}


def nothing_and(*values: Any) -> tuple[frozenset[Any], ...]:
    """Return the sets of none, one and all of `values`."""
    return (frozenset(), frozenset(values[:1]), frozenset(values))


POOLS: dict[str, tuple[Any, ...]] = {
    "Node": ("a", "b", "c", "z"),
    "Nodes": nothing_and("a", "b"),
    "Ballot": OWNED,
    "Epoch": (0, 1, 2),
    "Term": (0, 1, 2),
    "Ticket": (0, 1, 2),
    "Value": ("v1", "v2"),
    "Key": ("k1", "k2"),
    "Keys": nothing_and("k1", "k2"),
    "Parcel": (("k1", "v1", "a"), ("k2", "v2", "b"), ("k1", None, "b")),
    "Voters": nothing_and(((1, "a"), frozenset("b")), ((1, "b"), frozenset("ab"))),
    "Table": nothing_and(("k1", "v1"), ("k2", "v2")),
    "Outbox": nothing_and(((1, "a"), ("k1", "v1", "a")), ((2, "a"), ("k2", "v2", "b"))),
    "Numbers": nothing_and(((1, "b"), True), ((2, "a"), True)),
}


@pytest.mark.parametrize("name", FILES)
def test_the_generated_node_agrees_with_evaluator_and_solver(name: str, tmp_path: Path) -> None:
    """On random states and events, and on both sides of each clause in every role and state."""
    spec = spec_of(name)
    config = CONFIGS.get(name) or dict(spec.scenarios[0].config)
    module = generated(spec, tmp_path)
    rules = {t.label for t in spec.transitions if t.kind == "rule"}
    answered = compare(spec, module, config, 4_000)
    assert rules <= set(answered)
    numbers: tuple[Any, ...] = OWNED if name == "sharded_store" else (0, 1, 2, 3, 4)
    pools = {**POOLS, "Number": numbers}
    values = Setting(lambda: spec_of(name), "a", config, pools)
    report = exhaustive.run(spec, values=values, package=module.__name__)
    assert report.differing == 0, str(report)
    assert report.counts["rules fired"] == len(rules), str(report)
    # The one node looked at is the first, or is not, throughout.
    allowed = "config.first == me" if name == "sharded_store" else "nothing"
    assert all(allowed in str(goal) for goal in report.undecided), str(report)


# ---------------------------------------------------------------- the pages


def test_the_page_tells_the_protocols_as_they_are() -> None:
    """Rules, properties and lemmas of each protocol are as many as the page says."""
    page = (ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")
    for name, file in FILES.items():
        spec = spec_of(name)
        rules = sum(t.kind == "rule" for t in spec.transitions)
        promised = len(spec.of_kind("safety", "step"))
        link = f"({file.relative_to(ROOT / 'docs')})"
        (row,) = (line for line in page.splitlines() if link in line and line.startswith("|"))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[2:5] == [str(rules), str(promised), str(len(spec.of_kind("lemma")))], row
    named = set(re.findall(r"^- \*\*(.+?)\*\*", page, re.MULTILINE))
    assert {f.name for f in FAULTS} <= named


def test_the_tutorial_shows_the_source_as_it_is() -> None:
    """Each class, rule and property on the page stands in the file, word for word."""
    source = TUTORIAL.read_text(encoding="utf-8")
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8").split("## The node")[0]
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    shown = list(itertools.chain.from_iterable(statements(block) for block in blocks))
    assert len(shown) > 8
    assert not [one for one in shown if one not in source]


def statements(block: str) -> list[str]:
    """Return the text of each statement of a block, decorators included."""
    lines = block.splitlines()
    found = []
    for node in ast.parse(block).body:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(d.lineno for d in decorators)])
        found.append("\n".join(lines[first - 1 : node.end_lineno]))
    return found
