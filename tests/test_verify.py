"""`oathbound verify` finds the faults that must be found, and says what it found.

Stands for: deleting any guard of a herald-only rule is refuted with the property, the rule and a
small counterexample that the evaluator replays; an edited node is refused; the command's bad inputs
exit 2 without a traceback. (What a verdict may be called success is in `test_verdicts`.)
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import z3
from click.testing import CliRunner

from checkers import cli, possible, verify
from checkers.counterexamples import explain, find
from checkers.given import Given
from checkers.induction import Obligation, Prover
from checkers.solving import Limits, Portfolio
from checkers.verdict import Verdict
from model import order
from model.lang import Spec
from model.lang.load import load
from model.lang.spec import Transition, drop_clause
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
SPEC = order.spec()
HERALD_ONLY = {p.name.removeprefix("S1.") for p in order.oaths.S1}
RULES = [
    t
    for t in SPEC.transitions
    if t.kind == "rule" and any(s.message.__name__ in HERALD_ONLY for s in t.sends)
]
GUARDS = [(t.label, i) for t in RULES for i in range(len(t.clauses))]


def oathbound(*args: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does, in a bounded time."""
    return subprocess.run(
        [sys.executable, "-m", "checkers", *args],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(cwd), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def obligations(spec: Spec, transition: Transition) -> list[Obligation]:
    """Return what a changed rule has to meet: its own steps, and not to overlap with another."""
    prover = Prover(spec)
    assert transition.event is not None
    found = [o for o in prover.of_transition(transition) if isinstance(o, Obligation)]
    rules = spec.rules_of(transition.event)
    at = rules.index(transition)
    found += [prover.apart(one, transition) for one in rules[:at]]
    found += [prover.apart(transition, one) for one in rules[at + 1 :]]
    return sorted(found, key=lambda o: _weight(spec, o))  # what is quickly refuted comes first


def _weight(spec: Spec, obligation: Obligation) -> int:
    statement = spec.statements.get(obligation.property)
    return 0 if statement is None else 2 if statement.prop.by_name else 1


def refutation(label: str, index: int) -> tuple[str, str]:
    """Drop a guard and return the property and the step that are refuted, or fail."""
    spec = drop_clause(SPEC, label, index)
    unproved = []
    portfolio = Portfolio(Limits(2), ways=())
    for obligation in obligations(spec, spec.by_label[label]):
        result = obligation.discharge(portfolio)
        if result.verdict is Verdict.PROVED:
            continue
        unproved.append(result.property)
        found = find(spec, result.property, result.transition)
        if found is None:
            continue
        told = explain(spec, found)
        assert told.replayed, f"{label}: two engines disagree on {result.property}"
        assert found.scope.nodes <= 3
        return result.property, told.transition
    clause = SPEC.by_label[label].clauses[index].text
    pytest.fail(f"{label} without {clause!r} is not refuted; not proved: {unproved}")


WIDE = {"move_shard", "remove_member"}
"""Rules that take more nodes to break, and longer."""


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(t.label, marks=[pytest.mark.slow] if t.label in WIDE else [])
        for t in RULES
        if t.label != "stand"
    ],
)
def test_dropping_the_role_of_a_herald_only_rule_is_refuted(rule: str) -> None:
    roles = [
        i
        for i, c in enumerate(SPEC.by_label[rule].clauses)
        if c.kind == "role" or "HERALD" in c.text or c.text == "me.standing"
    ]
    assert roles, f"{rule} sends what only a herald may and checks no role"
    _, broken_by = refutation(rule, roles[0])
    assert rule in broken_by


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "index"), GUARDS)
def test_dropping_any_guard_of_a_herald_only_rule_is_refuted(rule: str, index: int) -> None:
    refutation(rule, index)


def test_every_property_is_proved_for_any_number_of_radiants() -> None:
    options = verify.Options(jobs=2, timeout=PATIENCE)
    report = verify.Verification("order", options, lambda *_: None).run()
    verdicts = {f.name: f.verdict for f in report.findings}
    assert not {n for n, v in verdicts.items() if not v.holds}
    assert report.exit_status() == 0
    needed = {f"S{i}" for i in range(2, 14)} | {p.name for p in order.oaths.S1}
    needed |= {"S5.start", "S12.late"} | {s.name for s in SPEC.of_kind("lemma")}
    assert needed <= {n for n, v in verdicts.items() if v is Verdict.PROVED}


# ---------------------------------------------------------------- traps

TRAPS = sorted(p.stem for p in (ROOT / "tests" / "soundness_traps").glob("*.py"))


@pytest.mark.parametrize("name", [n for n in TRAPS if n != "base"])
@pytest.mark.parametrize("only", [frozenset({"P"}), frozenset()])
def test_a_false_property_is_never_proved(
    name: str, only: frozenset[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "soundness_traps"))
    loaded = load(str(ROOT / "tests" / "soundness_traps" / f"{name}.py"))
    options = verify.Options(only=only, jobs=1, run_steps=2_000)
    report = verify.Verification(loaded, options, lambda *_: None).run()
    assert report.exit_status() in (1, 3)
    verdicts = {f.name: f.verdict for f in report.findings}
    assert verdicts["P"] is Verdict.REFUTED or verdicts["P"].undecided


# ---------------------------------------------------------------- mistakes only a solver sees

REFUTED = sorted(p.stem for p in (ROOT / "tests" / "refuted_specs").glob("ord*.py"))


@pytest.mark.parametrize("name", REFUTED)
def test_mistake_that_needs_a_solver(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "refuted_specs"))
    path = Path("tests/refuted_specs") / f"{name}.py"
    options = verify.Options(jobs=1, run_steps=500)
    report = verify.Verification(load(str(path)), options, lambda *_: None).run()
    told = [text for f in report.findings for text in f.diagnostics if "error[" in text]
    code = name[:6].upper()
    assert [text.split("]")[0] for text in told] == [f"error[{code}"]
    assert report.exit_status() == 1
    expected = path.with_suffix(".txt")
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(told[0] + "\n", encoding="utf-8")
    assert told[0] + "\n" == expected.read_text(encoding="utf-8")


# ---------------------------------------------------------------- the command


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("verify", "--only", "S99"), "no such property"),
        (("verify", "no/such/file.py"), "no such file"),
        (("verify", "--engine", "bounded", "--scope", "moons=2"), "no 'moons'"),
        (("verify", "--scope", "radiants=2"), "--engine bounded"),
        (("verify", "--jobs", "0"), "fix: 1 to "),
        (("verify", "--backend", "threading"), "is not one of"),
        (("strengthen", "--question", "0"), "fix: write 0.1 to"),
        (("verify", "--frobnicate"), "No such option"),
        (("figures", "tests/refuted_specs/clock.py"), "error"),
        (("generate", "nowhere.nothing:SPEC"), "error"),
    ],
)
def test_bad_input_exits_2_without_a_traceback(args: tuple[str, ...], told: str) -> None:
    done = oathbound(*args)
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "stop",
    [KeyboardInterrupt(), ctypes.ArgumentError("argument 1: KeyboardInterrupt: ")],
    ids=["between calls", "within a call of the solver"],
)
def test_a_key_is_no_refutation(stop: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: str) -> Spec:
        raise stop

    monkeypatch.setattr("checkers.cli.common.load", load)
    done = CliRunner().invoke(cli.main, ["generate", "order", "--check"])
    assert done.exit_code == 3 and "interrupted" in done.output


@pytest.mark.parametrize("entry", ["-m", "installed"])
def test_a_key_while_the_command_is_loaded_is_told_in_a_line(entry: str) -> None:
    """As it comes when the command is called and at once regretted."""
    start = (
        "import runpy; runpy.run_module('checkers', run_name='__main__')"
        if entry == "-m"
        else "from checkers.__main__ import main; main()"
    )
    code = f"""
import signal, sys

class Regret:
    def find_spec(self, name, *_):
        if name == "click":
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Regret())
{start}
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "interrupted: nothing was begun\n")


def test_a_key_while_the_command_line_is_read_is_no_refutation() -> None:
    """What click itself says of it is `Aborted!`, and exit status 1."""
    code = """
import signal
from checkers import cli
cli.main.params[0].callback = lambda *_: signal.raise_signal(signal.SIGINT)
cli.main(["--version", "verify"])
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "interrupted: nothing was begun\n")


def test_what_ends_too_early_is_no_refutation(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: str) -> Spec:
        raise EOFError("half a file")

    monkeypatch.setattr("checkers.cli.common.load", load)
    done = CliRunner().invoke(cli.main, ["generate", "order", "--check"])
    assert done.exit_code == 3 and "half a file: nothing is decided" in done.output
    assert "Aborted" not in done.output


def test_a_key_makes_no_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Z3 takes the signal for itself, and an `unknown` would be drawn as an edge."""
    monkeypatch.setattr(z3.Solver, "check", lambda *_: z3.unknown)
    question = possible.Question(possible.Facts(Given(SPEC)), SPEC.by_label["stand"])
    monkeypatch.setattr(z3.Solver, "reason_unknown", lambda _: "timeout")
    assert question.possible()
    monkeypatch.setattr(z3.Solver, "reason_unknown", lambda _: "interrupted from keyboard")
    with pytest.raises(KeyboardInterrupt):
        question.possible()


def test_reports_are_written(tmp_path: Path) -> None:
    done = oathbound(
        "verify", "--only", "S2", "--jobs", "1", "--no-cache",
        "--json", str(tmp_path / "r.json"),
        "--junit", str(tmp_path / "r.xml"),
        "--html", str(tmp_path / "r.html"),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert told["schema"] == 2 and told["findings"][0]["verdict"] == "PROVED"
    suite = ElementTree.parse(tmp_path / "r.xml").getroot()
    assert suite.attrib["tests"] == str(len(told["findings"]))
    assert "One herald per term" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository to break."""
    where = tmp_path_factory.mktemp("copy") / "oathbound"
    skip = shutil.ignore_patterns(
        ".venv*", ".git", "__pycache__", ".*cache", ".hypothesis", "build"
    )
    shutil.copytree(ROOT, where, ignore=skip)
    return where


def test_deleting_a_herald_only_guard_exits_1_and_explains(copy: Path) -> None:
    """As a user does it: one line of the spec is deleted."""
    file = copy / "model" / "order" / "recovery.py"
    text = file.read_text(encoding="utf-8")
    rule = text.index("def request_reset(")
    guard = "me.role == Role.HERALD,"
    at = text.index(guard, rule)
    file.write_text(text[:at] + text[at + len(guard) :], encoding="utf-8")
    try:
        done = oathbound(
            "verify", "--only", "S1.ResetRequest", "--jobs", "1", "--depth", "0", cwd=copy
        )
    finally:
        file.write_text(text, encoding="utf-8")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "REFUTED S1.ResetRequest: Only the herald requests RESET" in done.stdout
    assert "rule request_reset" in done.stdout
    assert "replayed by the reference evaluator" in done.stdout


def test_editing_the_generated_node_is_refused(copy: Path) -> None:
    file = copy / "impl" / "order" / "node.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("self.standing = True", "self.standing = False", 1))
    try:
        done = oathbound("generate", "--check", cwd=copy)
    finally:
        file.write_text(text, encoding="utf-8")
    assert done.returncode == 1
    told = done.stdout.splitlines()
    assert len(told) == 1 and told[0].startswith("impl/order/node.py: edited by hand")
