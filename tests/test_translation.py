"""Translation validation: the generated node's code is read back and proved to be the rules.

"For every handler the solver proves: for all local states, messages and parameters,
unbounded sets included, the code's next state, messages, reply and persisted part equal the rule's.
[...] a hand edit that changes behaviour is refuted with a concrete call that shows the difference;
one that does not [...] passes. A construct outside the subset is a clear error, never a silent
pass."
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import z3

from checkers import nodes, verify
from checkers.cache import Ledger
from checkers.cache.prints import Prints
from checkers.cache.store import Store
from checkers.solving import Answer, Cause, Limits, Portfolio
from checkers.structure import AGREE, NODE
from checkers.translation.handled import Handled
from checkers.translation.obligations import NOTHING_RAISES, START, WHOLE, Reading, Shown
from checkers.translation.package import Package
from checkers.translation.proving import ALONE, IMPOSSIBLE, Files, Validation, query_of
from checkers.translation.replay import explain
from checkers.translation.values import FALSE, TRUE
from checkers.verdict import Result, Verdict
from checkers.verify import Options, Verification
from model.lang import Spec
from model.lang.load import load
from tests.generator_toy import library_spec
from tests.map_toy import toy as map_spec
from tests.patience import PATIENCE
from tests.translation_faults import FAULTS, HARMLESS, OUTSIDE, PLACE, RAFT, UNREAD, Edit

ROOT = Path(__file__).resolve().parent.parent
PROTOCOLS = [*sorted((ROOT / "docs" / "protocols").glob("*.py")), ROOT / "docs/tutorial_lock.py"]


@cache
def spec_of(target: str) -> Spec:
    return load(target if target == "order" else str(ROOT / target))


@cache
def raft() -> Files:
    return nodes.files(spec_of(RAFT), own=False)


@cache
def order() -> Files:
    return nodes.files(spec_of("order"), own=True)


def compare(spec: Spec, files: Files, *parts: str) -> list[Result]:
    """Return the results of parts of a node's code, or of all."""
    validation = Validation(spec, files, explain)
    with Portfolio(Limits(PATIENCE), ways=()) as portfolio:
        wanted = parts or nodes.parts(spec)
        return [r for part in wanted for r in validation.results(part, portfolio)]


def edited(files: Files, module: str, old: str, new: str) -> Files:
    text = files.texts[module]
    assert old in text, f"{module} has no {old!r} any more"
    return replace(files, texts={**files.texts, module: text.replace(old, new, 1)})


def told(results: list[Result]) -> str:
    return "\n".join(f"{r.transition}: {r.verdict.value} {r.reason}\n{r.told}" for r in results)


def assert_proved(results: list[Result]) -> None:
    wrong = [r for r in results if r.verdict is not Verdict.PROVED]
    assert not wrong, told(wrong)
    assert results


# ---------------------------------------------------------------- what is generated is the spec


@pytest.mark.parametrize("part", [WHOLE, START, "RequestVote"])
def test_the_order_s_node_is_the_order(part: str) -> None:
    """The rest of its handlers are compared by `make verify`, and in the slow test below."""
    assert_proved(compare(spec_of("order"), order(), part))


@pytest.mark.slow
def test_all_of_the_order_s_node_is_the_order() -> None:
    results = compare(spec_of("order"), order())
    assert_proved(results)
    rows = {t.label for t in spec_of("order").transitions}
    assert rows - {r.transition for r in results} == {"crash"}  # that one is called `restart`
    impossible = {r.transition for r in results if r.reason == IMPOSSIBLE}
    assert impossible == {
        *(f"Beacon/{n}" for n in ("in_error", "locked", "refused")),
        *(f"Probe/{n}" for n in ("in_error", "locked")),
        *(f"GetStatus/{n}" for n in ("in_error", "locked", "refused")),
    }


@pytest.mark.parametrize("path", PROTOCOLS, ids=lambda p: p.stem)
def test_the_node_of_a_protocol_is_its_spec(path: Path) -> None:
    spec = spec_of(str(path.relative_to(ROOT)))
    results = compare(spec, nodes.files(spec, own=False))
    assert_proved(results)
    rows = {t.label for t in spec.transitions if t.kind != "environment"}
    assert rows <= {r.transition for r in results}


@pytest.mark.parametrize("made", [library_spec, map_spec], ids=["library", "maps"])
def test_the_node_of_a_toy_is_its_spec(made: Callable[[], Spec]) -> None:
    """They hold what the order lacks: swaps, renamed attributes, maps, two tables' fields."""
    spec = made()
    assert_proved(compare(spec, nodes.files(spec, own=False)))


# ---------------------------------------------------------------- edits by hand


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.name)
def test_an_edit_that_changes_what_the_node_does_is_refuted_by_a_call(fault: Edit) -> None:
    results = compare(
        spec_of(RAFT), edited(raft(), fault.module, fault.old, fault.new), _part(fault)
    )
    refuted = [r for r in results if r.verdict is Verdict.REFUTED]
    assert refuted, told(results)
    text = refuted[0].told
    assert "the code:" in text and "the rules:" in text
    for part in fault.told:
        assert part in text


def _part(edit: Edit) -> str:
    if edit.name == "a message needs no sender any more":
        return "Vote"
    return edit.part


@pytest.mark.parametrize("edit", HARMLESS, ids=lambda e: e.name)
def test_an_edit_that_changes_nothing_is_proved(edit: Edit) -> None:
    files = edited(raft(), edit.module, edit.old, edit.new)
    assert_proved(compare(spec_of(RAFT), files, WHOLE, START, edit.part))


def test_a_fault_in_a_map_is_refuted_by_a_call() -> None:
    spec = spec_of("docs/protocols/sharded_store.py")
    files = nodes.files(spec, own=False)
    wrong = edited(files, "types", "    if value != default:\n        made[key] = value\n", "")
    results = compare(spec, wrong, "Transfer")
    (refuted,) = (r for r in results if r.verdict is Verdict.REFUTED)
    # Which call shows it is the solver's choice, and may be another one after other tests.
    assert refuted.transition == "take" and "Transfer(" in refuted.told
    assert "the rules:" in refuted.told
    kept = edited(
        files,
        "types",
        "    if value != default:\n        made[key] = value\n",
        "    made[key] = value\n",
    )
    results = compare(spec, kept, "Ack")
    assert any(r.verdict is not Verdict.PROVED for r in results), "a default may be kept"


def test_variables_stored_under_each_other_s_names_are_refuted_by_a_call() -> None:
    """A restart takes them back the same way; but others read what is stored, too."""
    files = raft()
    for old, new in (
        ("Durable(self.term, self.voted_for)", "Durable(self.voted_for, self.term)"),
        ("self.term = durable.term", "self.term = durable.voted_for"),
        ("self.voted_for = durable.voted_for", "self.voted_for = durable.term"),
    ):
        files = edited(files, "node", old, new)
    (refuted,) = (r for r in compare(spec_of(RAFT), files, START) if r.verdict is Verdict.REFUTED)
    assert (
        "  stores\n    the code:  Durable, None, 0\n    the rules: Durable, 0, None" in refuted.told
    )


def test_another_order_of_a_tuple_s_parts_is_an_error() -> None:
    """Tuples compare by their parts' order: a term is its round, then its owner."""
    old = "    round: int\n    owner: Node"
    files = edited(order(), "types", old, "    owner: Node\n    round: int")
    (result,) = compare(spec_of("order"), files, "Elected")
    assert result.verdict is Verdict.UNKNOWN
    assert "the parts (round, owner), in this order" in result.told


def test_a_fault_in_a_table_of_replies_is_refuted() -> None:
    old = "RetryHintsRow(100, 2.0, 5000, 0.2)"
    files = edited(order(), "types", old, "RetryHintsRow(100, 2.0, 5000, 0.3)")
    results = compare(spec_of("order"), files, WHOLE)
    (refuted,) = (r for r in results if r.verdict is Verdict.REFUTED)
    assert "jitter of MEMBERSHIP_UPDATE is not 0.2" in refuted.told


# ---------------------------------------------------------------- what is not read


DEAD = ("while", "import", "global", "nonlocal function", "walrus", "generator", "await")
"""What changes a function, or is refused, also where nothing leads to it."""


@pytest.mark.parametrize(
    ("name", "reached"), [*((n, True) for n in OUTSIDE), *((n, False) for n in DEAD)]
)
def test_a_construct_outside_the_subset_is_an_error_with_its_place(
    name: str, reached: bool
) -> None:
    lines = [" " * 16 + line + "\n" for line in OUTSIDE[name].split("\n")]
    more = "".join(lines)
    new = more + PLACE if reached else PLACE + more
    files = edited(raft(), "node", PLACE, new)
    (result,) = compare(spec_of(RAFT), files, "Vote")
    assert result.verdict is Verdict.UNKNOWN
    at = 1 + files.texts["node"][: files.texts["node"].index(new)].count("\n") + (not reached) * 2
    place, _, rest = result.told.partition(": ")
    assert place.startswith("raft_election/node.py:")
    assert at <= int(place.rpartition(":")[2]) <= at + len(lines)
    assert "`" in rest and "\n  fix: " in rest


@pytest.mark.parametrize(
    ("name", "module", "old", "new", "why"), UNREAD, ids=[u[0] for u in UNREAD]
)
def test_what_python_would_run_unread_is_an_error(
    name: str, module: str, old: str, new: str, why: str
) -> None:
    results = compare(spec_of(RAFT), edited(raft(), module, old, new), WHOLE, "RequestVote")
    assert any(r.verdict is Verdict.UNKNOWN and why in r.told for r in results), told(results)


@pytest.mark.parametrize("kind", ["Durable", "Role"])
def test_what_is_no_event_is_not_answered_by_a_table_s_leave(kind: str) -> None:
    row = "    BeatDue: Server.on_beat_due,\n"
    files = edited(raft(), "node", row, f"{row}    {kind}: Server.on_beat_due,\n")
    results = compare(spec_of(RAFT), files, WHOLE)
    (refuted,) = (r for r in results if r.verdict is Verdict.REFUTED)
    assert f"does not raise TypeError for {kind}" in refuted.told


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("node", "DONE = Done()\n", "DONE = Done()\nMORE = nowhere\n"),
        ("types", "newer: Final[Term]", "newer: Final[Nowhere]"),
        ("node", "    __slots__ = (\n", '    __slots__ = (\n        "durable",\n'),
    ],
    ids=["a constant", "an annotation", "a slot"],
)
def test_code_that_cannot_be_imported_is_refuted(module: str, old: str, new: str) -> None:
    results = compare(spec_of(RAFT), edited(raft(), module, old, new), WHOLE)
    (refuted,) = (r for r in results if r.verdict is Verdict.REFUTED)
    assert "importing the code raises" in refuted.told


def test_a_file_too_many_or_too_few_is_an_error() -> None:
    files = raft()
    more = replace(files, texts={**files.texts, "sitecustomize": ""})
    (result,) = compare(spec_of(RAFT), more, WHOLE)
    assert "no generated node has such a module" in result.told
    less = replace(files, texts={n: t for n, t in files.texts.items() if n != "nearest"})
    (result,) = compare(spec_of(RAFT), less, WHOLE)
    assert "it is missing" in result.told
    for above, why in (
        ("import os\n", "Python runs it before the node"),
        ("# coding: utf-7\n", "not to be read as UTF-8"),
        ("a b", "no Python"),
    ):
        (result,) = compare(spec_of(RAFT), replace(files, above=above), WHOLE)
        assert "impl/__init__.py:1: " in result.told and why in result.told


# ---------------------------------------------------------------- never a success by accident


def test_no_answer_of_the_solvers_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    gave_up = Answer(None, "", 0.0, cause=Cause.TIMEOUT, reason="out of time")
    monkeypatch.setattr(Portfolio, "ask", lambda *_: gave_up)
    results = compare(spec_of(RAFT), raft(), "Vote")
    assert results and all(r.verdict is Verdict.TIMED_OUT for r in results)


def test_a_difference_that_running_the_code_does_not_show_refutes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Then the reader or the solver is wrong: nothing is decided, and that is said."""
    says_not = Answer(False, "z3, guards", 0.0)
    monkeypatch.setattr(Portfolio, "ask", lambda *_: says_not)
    results = compare(spec_of(RAFT), raft(), "BeatDue")
    assert results and all(r.verdict is Verdict.UNKNOWN for r in results)


def test_rows_that_nothing_leads_to_are_named_and_an_event_without_others_is_no_success(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Reading, "valid_state", FALSE)
    results = compare(spec_of(RAFT), raft(), "Vote")
    assert results[-1].verdict is Verdict.UNKNOWN
    assert "contradicts itself" in results[-1].reason
    rows = [r for r in results if r.transition in spec_of(RAFT).by_label]
    assert all(r.reason == IMPOSSIBLE for r in rows)


def test_what_a_rule_s_proof_needs_of_the_others_is_named() -> None:
    """Two rules that may both accept: which one does is not the node's to say."""
    handled = Handled(_reading(), spec_of("order").events["Commit"])
    shown = {s.name: s for s in handled.shown() if s.name in ("removed", "removed_again")}
    with Portfolio(Limits(PATIENCE), ways=()) as portfolio:
        for one in shown.values():
            answer = portfolio.ask(query_of(one))
            assert answer.follows and ALONE in answer.core
            assert not _follows(replace(one, alone=TRUE))


@cache
def _reading() -> Reading:
    return Reading(spec_of("order"), Package(order().texts, order().shown))


def _follows(one: Shown) -> bool:
    solver = z3.Solver()
    solver.add(one.valid, one.when, one.alone, z3.Not(one.goal))
    return bool(solver.check() == z3.unsat)


def test_sets_have_no_bound() -> None:
    """What is proved is proved of sets of any size: of millions, too."""
    reading = _reading()
    members = reading.before["members"]
    solver = z3.Solver()
    solver.add(reading.valid_state, reading.v.count(members) > 10**6)
    assert solver.check() == z3.sat


# ---------------------------------------------------------------- as a row of `oathbound verify`


def run(spec: Spec, only: str, cache_folder: Path | None = None) -> verify.Verification:
    options = Options(frozenset({only}) if only else frozenset(), jobs=1, cache=cache_folder)
    return Verification(spec, options, lambda *_: None)


def test_verify_has_a_row_for_the_node_and_proves_what_it_rests_on() -> None:
    report = run(spec_of(RAFT), NODE).run()
    rows = {f.name: f for f in report.findings}
    assert rows[NODE].verdict is Verdict.PROVED
    assert rows[NODE].obligations > 30
    if ALONE in rows[NODE].rests_on:
        assert rows[ALONE].verdict is Verdict.PROVED
    assert report.exit_status() == 0


def test_verify_refutes_an_edited_node(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = next(f for f in FAULTS if f.name == "half is a majority")
    wrong = edited(raft(), fault.module, fault.old, fault.new)
    monkeypatch.setattr(nodes, "files", lambda *_: wrong)
    report = run(spec_of(RAFT), NODE).run()
    (row,) = (f for f in report.findings if f.name == NODE)
    assert row.verdict is Verdict.REFUTED
    assert any("the code:  win" in text for text in row.diagnostics)
    assert report.exit_status() == 1


def test_verify_says_what_it_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = edited(raft(), "node", "DONE = Done()\n", "DONE = Done()\nprint(1)\n")
    monkeypatch.setattr(nodes, "files", lambda *_: wrong)
    report = run(spec_of(RAFT), NODE).run()
    (row,) = (f for f in report.findings if f.name == NODE)
    assert row.verdict is Verdict.UNKNOWN
    assert "print(1)" in row.diagnostics[0]
    assert report.exit_status() == 3


# ---------------------------------------------------------------- what is kept


def test_answers_are_kept_for_as_long_as_all_they_depend_on_is_as_it_was(tmp_path: Path) -> None:
    spec, files = spec_of(RAFT), raft()
    ledger = Ledger(Prints(spec), tmp_path)
    results = compare(spec, files, "Vote")
    nodes.Kept(ledger.store, ledger.prints, files).learn("Vote", results)

    def known(other: Files, part: str = "Vote", store: Store = ledger.store) -> bool:
        return nodes.Kept(store, ledger.prints, other).known(part) is not None

    assert known(files)
    assert not known(files, "Heartbeat")
    for edit in (*FAULTS, *HARMLESS):
        assert not known(edited(files, edit.module, edit.old, edit.new)), edit.name
    assert not known(replace(files, above="import os\n"))
    assert not known(files, store=Store(tmp_path, "0" * 32))


def test_what_is_not_proved_is_not_kept(tmp_path: Path) -> None:
    spec, files = spec_of(RAFT), raft()
    ledger = Ledger(Prints(spec), tmp_path)
    kept = nodes.Kept(ledger.store, ledger.prints, files)
    results = compare(spec, files, "Vote")
    kept.learn("Vote", [*results[:-1], replace(results[-1], verdict=Verdict.UNKNOWN)])
    assert nodes.Kept(ledger.store, ledger.prints, files).known("Vote") is None


def test_nothing_raises_is_asked_of_each_event() -> None:
    results = compare(spec_of(RAFT), raft())
    asked = {r.transition for r in results}
    assert {f"{name}: {NOTHING_RAISES}" for name in spec_of(RAFT).events} <= asked


LOCK = str(ROOT / "docs" / "tutorial_lock.py")


def test_a_second_solver_confirms_each_proof_of_the_lock_s_node() -> None:
    pytest.importorskip("cvc5")
    options = Options(jobs=1, only=frozenset({NODE}), confirm=True)
    report = Verification(LOCK, options, lambda *_: None).run()
    found = {f.name: f for f in report.findings}
    assert (found[NODE].verdict, found[AGREE].verdict) == (Verdict.PROVED, Verdict.CHECKED)
    # all but those that the reader compares by itself are a solver's
    by_solver = [r for r in compare(spec_of(LOCK), nodes.files(spec_of(LOCK), own=False)) if r.by]
    assert len(by_solver) <= found[AGREE].obligations


def test_what_is_shown_of_a_node_is_written_for_any_solver(tmp_path: Path) -> None:
    """The files of the lock's node, read again: what they ask has no counterexample."""
    options = Options(jobs=1, only=frozenset({NODE}), smt2=tmp_path)
    Verification(LOCK, options, lambda *_: None).run()
    written = sorted(tmp_path.glob("the%20node*.smt2"))
    asked = [one for part in nodes.parts(spec_of(LOCK)) for one in _lock().shown(part)]
    assert len(written) == len(asked)
    for path in written:
        solver = z3.Solver()
        solver.from_file(str(path))
        assert solver.check() == z3.unsat, path.name


@cache
def _lock() -> Validation:
    return Validation(spec_of(LOCK), nodes.files(spec_of(LOCK), own=False), explain)
