"""Only what was asked for exits 0, and no verdict says more than what was done.

Stands for: never a false "proved"; `unknown`, time-out and memory are their own verdicts and exit
3; an example is not a proof; a proof that rests on something that fails is none; what is open is no
success; reports that cannot be written are told before anything is run.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import z3
from click.testing import CliRunner
from click.testing import Result as Invocation
from rich.console import Console

from checkers import cli, findings, report, structure, tasks, verify
from checkers.induction import STRUCTURAL, Obligation, Prover, gave_up
from checkers.reach import Reached
from checkers.solving import Limits, Portfolio
from checkers.story import Reachability, ToldRun
from checkers.verdict import Finding, Report, Result, Verdict
from model import order
from model.lang.load import load
from model.lang.rules import RESERVED

ROOT = Path(__file__).resolve().parent.parent
SPEC = order.spec()
LOCK = "docs/tutorial_lock.py"
ALONE = ("--jobs", "1", "--no-cache")
UNDECIDED = (Verdict.UNKNOWN, Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY)


def finding(name: str, verdict: Verdict, *rests_on: str, kind: str = "lemma") -> Finding:
    return Finding(name, name, kind, verdict, 1, 0, 0.0, rests_on=rests_on)


def oathbound(*args: str) -> Invocation:
    return CliRunner().invoke(cli.main, args)


# ---------------------------------------------------------------- what is not decided


def test_time_over_is_its_own_verdict() -> None:
    pigeons, holes = range(12), range(11)
    sits = [[z3.Bool(f"{p} sits in {h}") for h in holes] for p in pigeons]
    given = [z3.Or(row) for row in sits]
    shared = [
        z3.And(sits[p][h], sits[q][h]) for h in holes for p in pigeons for q in pigeons if p < q
    ]
    vocabulary = Prover(SPEC).vocabulary
    obligation = Obligation("p", "t", tuple(given), (), lambda: ((), ()), z3.Or(shared), vocabulary)
    assert obligation.discharge(Portfolio(Limits(0.3), ways=())).verdict is Verdict.TIMED_OUT


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        ("timeout", Verdict.TIMED_OUT),
        ("canceled", Verdict.TIMED_OUT),
        ("(resource limits reached)", Verdict.TIMED_OUT),
        ("max. memory exceeded", Verdict.OUT_OF_MEMORY),
        ("smt tactic failed to show goal to be sat/unsat memout", Verdict.OUT_OF_MEMORY),
        ("(incomplete quantifiers)", Verdict.UNKNOWN),
    ],
)
def test_why_the_solver_gave_up(reason: str, verdict: Verdict) -> None:
    assert gave_up(reason) is verdict


@pytest.mark.parametrize("verdict", UNDECIDED)
def test_what_is_not_decided_stays_so_where_no_counterexample_is_found(verdict: Verdict) -> None:
    spec = load(LOCK)
    failed = Result("one-holder", "initial state", verdict, "solver", reason="no luck")
    assert tasks.explain_failure(spec, failed).results == [failed]


def test_an_undecided_result_is_worse_than_a_bound_and_better_than_a_refutation() -> None:
    for verdict in UNDECIDED:
        results = [
            Result("p", t, v, "solver")
            for t, v in zip("abc", (Verdict.PROVED, verdict, Verdict.BOUND_REACHED), strict=True)
        ]
        assert findings.add_up("p", "P", "safety", results).verdict is verdict
        results.append(Result("p", "d", Verdict.REFUTED, "solver"))
        assert findings.add_up("p", "P", "safety", results).verdict is Verdict.REFUTED


def test_every_verdict_has_its_place_when_results_are_added_up() -> None:
    assert set(findings.WORST_FIRST) == set(Verdict) - {Verdict.OPEN}


# ---------------------------------------------------------------- exit status


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.PROVED, 0),
        (Verdict.SHOWN, 0),
        (Verdict.CHECKED, 0),
        (Verdict.REFUTED, 1),
        (Verdict.OPEN, 3),
        (Verdict.UNKNOWN, 3),
        (Verdict.TIMED_OUT, 3),
        (Verdict.OUT_OF_MEMORY, 3),
        (Verdict.BOUND_REACHED, 3),
    ],
)
def test_exit_status_of_each_verdict(verdict: Verdict, status: int) -> None:
    found = [finding("a", Verdict.PROVED), finding("b", verdict)]
    assert Report("s", found, 0.0, 1, {}).exit_status() == status


def test_a_bound_is_success_only_where_it_was_asked_for() -> None:
    found = [finding("a", Verdict.BOUND_REACHED)]
    assert Report("s", found, 0.0, 1, {}, bound="2 nodes").exit_status() == 0


def test_an_open_property_is_accepted_only_on_request_and_never_when_asked_for_by_name() -> None:
    found = [finding("a", Verdict.PROVED), finding("b", Verdict.OPEN)]
    assert Report("s", found, 0.0, 1, {}).exit_status() == 3
    assert Report("s", found, 0.0, 1, {}, allow_open=True).exit_status() == 0
    named = Report("s", found, 0.0, 1, {}, asked=frozenset({"b"}), allow_open=True)
    assert named.exit_status() == 3


OPEN = "tests/open_specs/open_property.py"


def test_an_open_property_asked_for_by_name_exits_3_and_says_what_was_done() -> None:
    done = oathbound("verify", OPEN, "--only", "together", *ALONE)
    assert done.exit_code == 3, done.output
    assert "checked on runs" not in done.output  # none was run
    assert "OPEN, not checked at all here, no success: together" in done.output


def test_an_open_property_fails_the_whole_unless_that_is_allowed() -> None:
    done = oathbound("verify", OPEN, *ALONE)
    assert done.exit_code == 3, done.output
    assert "OPEN, checked on runs, no success: together" in done.output
    done = oathbound("verify", OPEN, *ALONE, "--allow-open")
    assert done.exit_code == 0, done.output
    assert "accepted by --allow-open: together" in done.output


def test_make_verify_accepts_open_properties_only_while_the_order_has_some() -> None:
    """When the last one is proved, `--allow-open` goes from the Makefile."""
    some = any(s.prop.open for s in SPEC.statements.values())
    assert ("--allow-open" in (ROOT / "Makefile").read_text(encoding="utf-8")) is some


def test_the_help_tells_each_exit_status() -> None:
    shown = [line.strip() for line in oathbound("verify", "--help").output.splitlines()]
    at = shown.index("Exit status:")
    assert [line[:1] for line in shown[at + 1 : at + 5]] == ["0", "1", "2", "3"]


# ---------------------------------------------------------------- an example is no proof

BY_EXAMPLE = {structure.CONSISTENT, structure.FIRES, structure.POSSIBLE, structure.CASES}
BY_COMPUTING = {structure.FIGURE, structure.CURRENT}


def test_no_row_is_called_proved_that_no_proof_was_made_for() -> None:
    told = verify.Verification(load(LOCK), verify.Options(jobs=1), lambda *_: None).run()
    verdicts = {f.name: f.verdict for f in told.findings}
    assert {n for n, v in verdicts.items() if v is Verdict.SHOWN} == BY_EXAMPLE
    assert {n for n, v in verdicts.items() if v is Verdict.CHECKED} <= BY_COMPUTING
    proved = {n for n, v in verdicts.items() if v is Verdict.PROVED}
    assert proved == set(verdicts) - BY_EXAMPLE - BY_COMPUTING
    assert findings.of_files([]).verdict is Verdict.CHECKED


def test_examples_are_told_apart_from_proofs_in_every_form(tmp_path: Path) -> None:
    found = [
        finding("a", Verdict.PROVED),
        finding("b", Verdict.SHOWN),
        finding("c", Verdict.CHECKED),
    ]
    told = Report("s", found, 1.0, 1, {})
    console = Console(width=80, no_color=True, record=True)
    with console.capture() as shown:
        report.show(told, console, lemmas=True)
    assert "1 PROVED, 1 SHOWN, 1 CHECKED; 1 obligations" in shown.get()
    assert "an example was found, no proof" in shown.get()
    data = report.as_json(told)
    assert data["schema"] == 2
    assert [f["verdict"] for f in data["findings"]] == ["PROVED", "SHOWN", "CHECKED"]
    report.write_junit(told, tmp_path / "r.xml")
    suite = ElementTree.parse(tmp_path / "r.xml").getroot()
    values = [p.attrib["value"] for p in suite.iter("property")]
    assert (suite.attrib["failures"], values) == ("0", ["PROVED", "SHOWN", "CHECKED"])
    report.write_html(told, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert re.findall(r"<td class=(\w+)>\1</td>", page) == ["PROVED", "SHOWN", "CHECKED"]


def test_every_verdict_has_a_style_and_every_weak_one_its_meaning() -> None:
    assert set(report._STYLE) == set(Verdict)
    strong = {Verdict.PROVED, Verdict.REFUTED, Verdict.BOUND_REACHED}  # told with their own words
    assert set(report._MEANING) == set(Verdict) - strong


@pytest.mark.parametrize("verdict", [Verdict.OPEN, *UNDECIDED])
def test_what_is_no_success_is_a_failure_in_junit(verdict: Verdict, tmp_path: Path) -> None:
    report.write_junit(Report("s", [finding("a", verdict)], 0.0, 1, {}), tmp_path / "r.xml")
    suite = ElementTree.parse(tmp_path / "r.xml").getroot()
    assert (suite.attrib["failures"], suite.attrib["skipped"]) == ("1", "0")
    assert suite.find("testcase/failure") is not None


def test_json_is_plain_data() -> None:
    one = finding("p", Verdict.REFUTED)
    one.failures.append(Result("p", "t", Verdict.REFUTED, "solver"))
    json.dumps(report.as_json(Report("s", [one], 0.0, 1, {})))


def test_no_property_can_have_the_name_of_a_row() -> None:
    """The language keeps just the names that the checks use."""
    assert {*STRUCTURAL, *structure.TITLES} == RESERVED


# ---------------------------------------------------------------- resting on one another


def test_a_proof_that_rests_on_something_unproved_is_not_counted() -> None:
    found = [
        finding("a", Verdict.PROVED, "b"),
        finding("b", Verdict.PROVED, "c"),
        finding("c", Verdict.UNKNOWN),
        finding("d", Verdict.PROVED),
        finding("e", Verdict.PROVED, "assumed"),
        finding("f", Verdict.PROVED, "never heard of"),
    ]
    findings.rest_on_each_other(found, frozenset({"assumed"}))
    proved = [f.name for f in found if f.verdict is Verdict.PROVED]
    assert proved == ["d", "e"]
    assert "b" in found[0].reason


def test_what_rests_on_a_refuted_statement_is_not_counted() -> None:
    """A run breaks `b`: the proof of `a`, which assumed it, goes with it."""
    found = [finding("a", Verdict.PROVED, "b"), finding("b", Verdict.PROVED)]
    run = Reached(1, 1, 1, fired=Counter(), replies=Counter(), broken={"b": ["n1 crashes"]})
    findings.take_back(found, [run], frozenset())
    assert [f.verdict for f in found] == [Verdict.UNKNOWN, Verdict.REFUTED]
    assert found[0].shaky == ("b",) and "DISAGREE" in found[1].reason


def test_a_run_disagrees_with_no_proof_that_rests_on_what_fails() -> None:
    """The step breaks `b`, and the run `a` too, which assumed it: no engine is wrong."""
    found = [finding("a", Verdict.PROVED, "b"), finding("b", Verdict.REFUTED)]
    run = Reached(1, 1, 1, fired=Counter(), replies=Counter(), broken={"a": ["n1 crashes"]})
    findings.take_back(found, [run], frozenset())
    assert found[0].verdict is Verdict.REFUTED and "DISAGREE" not in found[0].reason


def test_a_run_is_told_once() -> None:
    """A long run by chance goes where a shorter one is shown, and stays where none is."""
    broken = {"a": ["n1 crashes"], "a.more": ["n2 crashes"]}
    run = Reached(1, 1, 1, fired=Counter(), replies=Counter(), broken=broken)
    told = ToldRun("a", (), (), (), "a", "random runs", False)
    first = finding("a", Verdict.REFUTED)
    first.reach = Reachability("a", told, None, 7, "a scope")
    found = [first, *findings.of_runs([run])]
    findings.tell_runs_once(found)
    (cases,) = [f for f in found if f.name == structure.CASES]
    assert cases.verdict is Verdict.REFUTED and cases.reason == "broken in a run: a, a.more"
    assert [text.splitlines()[1] for text in cases.diagnostics] == ["n2 crashes"]


@pytest.mark.parametrize("verdict", [*UNDECIDED, Verdict.REFUTED, Verdict.OPEN, Verdict.SHOWN])
def test_the_figure_goes_with_what_it_was_derived_from(verdict: Verdict) -> None:
    figure = finding(structure.FIGURE, Verdict.CHECKED, "b", kind="structural")
    found = [finding("b", verdict), figure]
    findings.take_back(found, [], frozenset())
    assert figure.verdict is Verdict.UNKNOWN and figure.shaky == ("b",)


def test_the_figure_rests_on_what_the_solver_was_given() -> None:
    spec = load(LOCK)
    (figure,) = tasks.figure(spec).findings
    assert figure.verdict is Verdict.CHECKED
    assert set(figure.rests_on) <= {s.name for s in spec.of_kind("safety", "lemma")}


@pytest.mark.parametrize("needed", [False, True])
def test_the_figure_stands_where_it_does_not_need_what_fails(needed: bool) -> None:
    """The light goes on and off; that it never breaks is needed, and that it has a twin is not."""
    fails = ("sound", "twin") if needed else ("twin",)
    spec = load("tests/open_specs/figure.py")
    checks = verify.Verification(spec, verify.Options(jobs=1, run_steps=100), lambda *_: None)
    told = {f.name: f for f in checks.run().findings}
    assert told[structure.FIGURE].verdict is Verdict.CHECKED
    assert set(told[structure.FIGURE].rests_on) == {"sound", "twin"}
    got = checks.gathered
    got.results = [
        replace(r, verdict=Verdict.UNKNOWN) if r.property in fails else r for r in got.results
    ]
    got.findings = tasks.figure(spec).findings
    told = {f.name: f for f in checks._findings()}
    assert told[structure.FIGURE].verdict is (Verdict.UNKNOWN if needed else Verdict.CHECKED)
    assert set(told[structure.FIGURE].rests_on) == {"sound", "twin"} - (
        set() if needed else {"twin"}
    )


def test_what_rests_on_a_bound_is_bounded() -> None:
    found = [finding("a", Verdict.PROVED, "b"), finding("b", Verdict.BOUND_REACHED)]
    findings.rest_on_each_other(found, frozenset())
    assert found[0].verdict is Verdict.BOUND_REACHED


def test_nothing_is_proved_where_nothing_can_begin() -> None:
    found = [finding("a", Verdict.PROVED), finding(structure.CONSISTENT, Verdict.TIMED_OUT)]
    findings.take_back(found, [], frozenset())
    assert found[0].verdict is Verdict.UNKNOWN


def test_a_property_without_obligations_is_not_proved() -> None:
    assert findings.add_up("p", "P", "safety", []).verdict is Verdict.UNKNOWN


def test_a_structural_row_asked_for_that_is_about_nothing_is_not_proved() -> None:
    """The lamp sends no messages, so no role of a sender was checked."""
    done = oathbound("verify", OPEN, "--only", "sender roles", *ALONE)
    assert done.exit_code == 3, done.output
    assert "no obligation was made for it" in done.output


def test_hypotheses_are_satisfiable_together() -> None:
    """From contradictory hypotheses everything would follow."""
    (result,) = tasks.fires(SPEC, "commit").results
    assert result.verdict is Verdict.SHOWN


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("option", ["--json", "--junit", "--html"])
@pytest.mark.parametrize(
    ("where", "told"), [("", "it is a folder"), ("file/r.out", "file is no folder")]
)
def test_a_report_that_cannot_be_written_is_told_first(
    option: str, where: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(verify.Verification, "run", lambda _: pytest.fail("it was run first"))
    done = oathbound("verify", LOCK, option, str(tmp_path / where))
    assert done.exit_code == 2
    assert told in done.stderr and "fix: name a file in a folder" in done.stderr


def test_two_reports_do_not_share_a_file(tmp_path: Path) -> None:
    one = str(tmp_path / "r")
    done = oathbound("verify", LOCK, "--json", one, "--html", one)
    assert done.exit_code == 2 and "--json is written there, too" in done.stderr
