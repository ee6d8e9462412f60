"""Mutants: operators make what they say, checks kill what they should, what lives is told.

Stands for: "`oathbound mutate` makes mutants of the spec and of the generated node, and shows for
each which check killed it ... equivalent ones are proved equivalent by the solver and listed."
"""

from __future__ import annotations

import ast
import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from checkers.cache import prints
from checkers.cli import main
from checkers.mcdc.make import Maker
from checkers.mutation import page, running
from checkers.mutation.asking import Asker, Broken, Open
from checkers.mutation.baseline import baseline
from checkers.mutation.bearing import Bearing
from checkers.mutation.code import code_mutants
from checkers.mutation.killers import Killers
from checkers.mutation.mutant import Mutant
from checkers.mutation.mutants import chosen, mutants_of, sampled
from checkers.mutation.node import Subject
from checkers.mutation.outcome import SLOW, Fate, Outcome, outcome_of
from checkers.mutation.running import Judged, NotProved, Options, mutate
from checkers.mutation.showing import lines, summary
from checkers.questions import Question
from checkers.solving import Limits
from model.lang import Spec
from model.lang.expr import walk
from model.lang.load import load
from tests import mutation_toy
from tests.generator_toy import library_spec
from tests.test_imports import imports, module_of

ROOT = Path(__file__).resolve().parent.parent
TOY = str(Path(mutation_toy.__file__))


def quiet(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


@pytest.fixture(scope="module")
def toy() -> Spec:
    return mutation_toy.spec()


@pytest.fixture(scope="module")
def judged(toy: Spec) -> dict[str, Outcome]:
    return {o.name: o for o in mutate(toy, Options(), quiet).outcomes}


ROWS = ("acquire", "take", "hand_out", "free", "decline/send[0] Release/drop")


@pytest.fixture(scope="module")
def lock() -> dict[str, Outcome]:
    found = mutate(
        load(str(ROOT / "docs" / "tutorial_lock.py")), Options(only=ROWS, scope="nodes=2"), quiet
    )
    return {o.name: o for o in found.outcomes}


# ---------------------------------------------------------------- what is made

MADE = {
    "swap/when[0]/drop": ("drop a guard", "without me.left != me.right"),
    "swap/when[0]/negate": ("negate a guard", "me.left != me.right -> me.left == me.right"),
    "decide/when[3]/0": (
        "off by one in a comparison",
        "m.turn >= me.turn -> m.turn > me.turn",
    ),
    "decide/when[3]/1": ("comparison turned round", "m.turn >= me.turn -> m.turn <= me.turn"),
    "swap/when[1].1/4": (
        "widen a set of cases",
        "me.book.is_(GONE) -> me.book.is_(FREE, GONE)",
    ),
    "swap/when[1].1/6": (
        "narrow a set of cases",
        "me.book.is_(GONE) -> me.book.is_(GONE(LOST))",
    ),
    "listen/when[1]/0": (
        "weaken a quorum",
        "majority(m.desks, config.desks) -> ~m.desks.subset(Desks.empty)",
    ),
    "listen/when[1]/1": (
        "strengthen a quorum",
        "majority(m.desks, config.desks) -> config.desks.subset(m.desks)",
    ),
    "swap/then.left/drop": ("drop an update", "without left = me.right"),
    "swap/then.fates/1": (
        "swap add/remove",
        "fates: me.fates.add(GONE.of(me.book)) -> me.fates.remove(GONE.of(me.book))",
    ),
    "borrow/then.helper.2/4": ("forget who or what", "helper: config.main -> None"),
    "borrow/send[0] Ask/drop": ("drop a send", "without Ask(...).to(me.helper)"),
    "decide/send[0] Nod to/0": ("wrong receiver", "to: m.sender -> me"),
    "borrow/fresh[0]": ("reuse a value instead of a fresh one", "fresh(me.count) -> me.count"),
    "borrow/reply/other": ("wrong reply", "Ok -> Denied"),
    "Ask/role+CLERK": (
        "widen a role",
        "Ask: me.duty.is_(KEEPER) -> me.duty.is_(CLERK, KEEPER)",
    ),
    "Ask/sender": ("widen a sender role", "Ask: without config.desks.has(m.sender)"),
    "Desk.book/volatile": ("forget to persist", "book: durable -> volatile"),
    "prices[KEPT].following/LOST(TORN)": (
        "wrong table row",
        "prices[KEPT].following: LOST(LATE) -> LOST(TORN)",
    ),
    "refusal gone/drop": (
        "drop a refusal",
        "without the answer 'gone' to Ask, Tell, Nod and 5 more",
    ),
    "refusal wrong_role/after gone": (
        "swap refusals",
        "'gone' before 'wrong_role', for 4 events",
    ),
}


@pytest.fixture(scope="module")
def library() -> dict[str, Mutant]:
    return {m.name: m for m in mutants_of(library_spec())}


@pytest.mark.parametrize("name", MADE)
def test_an_operator_makes_what_it_says(library: dict[str, Mutant], name: str) -> None:
    m = library[name]
    assert (m.operator, m.told) == MADE[name]


def test_each_mutant_has_a_name_of_its_own_and_is_the_same_every_time() -> None:
    one, other = mutants_of(library_spec()), mutants_of(library_spec())
    assert len({m.name for m in one}) == len(one) > 200
    assert [(m.name, m.operator, m.told) for m in one] == [
        (m.name, m.operator, m.told) for m in other
    ]


def test_a_mutant_is_a_spec_of_the_same_sorts_that_differs(library: dict[str, Mutant]) -> None:
    original = library_spec()
    for m in mutants_of(original):
        made = m.spec(original)
        assert made is not original
        for label, t in m.rows.items():
            if t is None:
                assert label not in made.by_label
                continue
            old = original.by_label[label]
            assert all(
                e.sort == old.updates[n].sort for n, e in t.updates.items() if n in old.updates
            )
            assert all(node.sort is not None for e in t.expressions() for node in walk(e))


def test_a_mutant_names_where_it_is(toy: Spec) -> None:
    """A place, file and line, in the rule's own source."""
    found = {m.name: m.where for m in mutants_of(toy)}
    text = Path(TOY).read_text(encoding="utf-8").splitlines()
    file, _, line = found["rise/when[1]/drop"].rpartition(":")
    assert file.endswith("tests/mutation_toy.py") and "m.count >= me.count" in text[int(line) - 1]


def test_what_a_step_property_says_of_a_row_is_read_again(toy: Spec) -> None:
    """Without the message nothing is said of it; a formula of the old row would still prove it."""
    (m,) = chosen(mutants_of(toy), ["tell/send[0] Up/drop"])
    before, after = toy.statements["told"], m.spec(toy).statements["told"]
    assert str(before.per_transition["tell"]) == "fresh(me.count) > me.count"
    assert str(after.per_transition["tell"]) == "True"


def test_mutants_are_chosen_by_operator_row_and_name_and_sampled_evenly(toy: Spec) -> None:
    every = mutants_of(toy)
    assert {m.at for m in chosen(every, ["look"])} == {"look"}
    assert {m.operator for m in chosen(every, ["drop a guard"])} == {"drop a guard"}
    assert [m.name for m in chosen(every, ["rise/when[1]/drop"])] == ["rise/when[1]/drop"]
    some = sampled(every, 5)
    assert len(some) == 5 and some == sampled(every, 5) and sampled(every, 0) == every


# ---------------------------------------------------------------- who kills what

TOY_FATES = {
    "Peer.count/volatile": ("proof", "seen at crash"),
    "tell/fresh[0]": ("proof", "told at tell"),
    "rise/when[0]/1": ("guards agree", "rise can never answer"),
    "tell/send[0] Up/drop": ("scenario", "cannot be carried out"),
    "tell/reply/other": ("recorded run", "step 1: a: Tell() is answered by tell with Refused()"),
    "look/then.bright/0": ("recorded run", "b.bright ends as False, and was True"),
}
LOCK_FATES = {
    "hand_out/then.ticket/drop": ("proof", ""),
    "acquire/when[1]/drop": ("figure", "it gets HOLDING -> WAITING by acquire"),
    "free/then.holder/drop": ("liveness", "freed is broken"),
    "decline/send[0] Release/drop": ("liveness", "freed is broken"),
}


@pytest.mark.parametrize("name", TOY_FATES)
def test_a_check_kills_its_mutant(judged: dict[str, Outcome], name: str) -> None:
    check, message = TOY_FATES[name]
    o = judged[name]
    assert (o.fate, o.check) == (Fate.KILLED, check) and message in o.message, o


@pytest.mark.parametrize("name", LOCK_FATES)
def test_a_check_kills_its_mutant_of_the_lock(lock: dict[str, Outcome], name: str) -> None:
    check, message = LOCK_FATES[name]
    o = lock[name]
    assert (o.fate, o.check) == (Fate.KILLED, check) and message in o.message, o


def test_the_language_objects_to_a_leaf_that_no_rule_sets(lock: dict[str, Outcome]) -> None:
    told = [o for o in lock.values() if o.check == "language"]
    assert told and all("ORD113" in o.message for o in told)


def test_what_follows_from_the_rest_is_proved_equivalent(judged: dict[str, Outcome]) -> None:
    """`m.count > me.count` implies `m.count >= me.count`, and by an oath also `>= me.seen`."""
    same = {name for name, o in judged.items() if o.fate is Fate.EQUIVALENT}
    assert same == {"rise/when[1]/drop", "rise/when[1]/0", "rise/when[1].0/2"}


def test_what_nobody_notices_is_told_with_a_state_that_shows_it(judged: dict[str, Outcome]) -> None:
    o = judged["rise/when[0]/drop"]
    assert o.fate is Fate.SURVIVED and "answers as Up/refused -> rise" in o.message


def test_a_difference_that_no_oath_excludes_is_never_called_equivalent(toy: Spec) -> None:
    """Without the oath the same mutant is not equivalent: the proof rests on what is stated."""
    bare = replace(toy, statements={})
    (m,) = chosen(mutants_of(bare), ["rise/when[1].0/2"])
    assert Killers(bare, {}).outcome(m).fate is not Fate.EQUIVALENT


def test_a_stored_case_kills_what_no_oath_does(toy: Spec) -> None:
    """It is a record of the original, and told as such; what is equivalent passes all cases."""
    proofs = baseline(toy, toy, Limits(5.0), (1, "sequential"), None, quiet).proofs
    killers = Killers(toy, proofs, Maker(toy).make().cases)
    found = {m.name: killers.outcome(m) for m in chosen(mutants_of(toy), ["rise"])}
    o = found["rise/when[0]/drop"]
    assert o.check == "recorded case" and o.recorded, o
    assert "it is answered as rise, and was Up/refused" in o.message
    assert found["rise/when[1]/drop"].fate is Fate.EQUIVALENT


def test_only_what_a_fault_can_reach_is_asked_again(toy: Spec) -> None:
    """The update of `bright` reaches no oath; that of `count` reaches `seen`."""

    def asked(name: str) -> set[str]:
        (m,) = chosen(mutants_of(toy), [name])
        found = Bearing(toy, {}).questions(m, m.spec(toy))
        return {q.property for q in found if isinstance(q, Question)}

    assert "seen" not in asked("look/then.bright/0")
    assert "seen" in asked("rise/then.count/0")
    assert "seen" in asked("Peer.count/volatile")


# ---------------------------------------------------------------- runs


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path) -> None:
    """What was found is kept; the second run judges the rest, and both together find the same."""

    def interrupt(_what: str, done: int, _total: int) -> None:
        if _what == "mutants" and done == 7:
            raise KeyboardInterrupt

    options = Options(cache=tmp_path)
    first = mutate(TOY, options, interrupt)
    assert first.cut == "interrupted" and first.exit_status() in (1, 3)
    assert len(first.outcomes) == 7 and "were not judged" in summary(first)
    second = mutate(TOY, options, quiet)
    assert second.kept == 7 and not second.cut
    third = mutate(TOY, options, quiet)
    assert third.kept == len(third.outcomes) == third.all
    fresh = mutate(TOY, Options(), quiet)
    assert [(o.name, o.fate, o.check) for o in third.outcomes] == [
        (o.name, o.fate, o.check) for o in fresh.outcomes
    ]


def test_workers_find_the_same(judged: dict[str, Outcome]) -> None:
    found = mutate(TOY, Options(jobs=2), quiet)
    assert {o.name: (o.fate, o.check) for o in found.outcomes} == {
        name: (o.fate, o.check) for name, o in judged.items()
    }


def test_what_was_kept_costs_nothing_now(tmp_path: Path) -> None:
    """The CPU time of an earlier run is told as such, not as if it were spent again."""
    options = Options(only=("look",), cache=tmp_path)
    first = mutate(TOY, options, quiet)
    assert first.cpu > 0 and first.before == 0 and "kept" not in summary(first)
    second = mutate(TOY, options, quiet)
    assert second.cpu == 0 and second.before == pytest.approx(first.cpu, abs=0.1)
    assert second.kept == second.chosen
    told = summary(second)
    assert "; 0.0 s of CPU time" in told and f"{second.kept} kept from before" in told
    assert "CPU" not in summary(second, clock=False)


def dies(*_: object) -> list[Outcome]:
    """Be killed from outside, as by a system that has no memory left."""
    os.kill(os.getpid(), signal.SIGKILL)
    return []


def test_a_worker_that_is_killed_is_told_and_what_is_judged_is_kept(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(TOY, "--jobs", "1", "--only", "look")[0] == 0
    with monkeypatch.context() as patched:
        patched.setattr(running, "judge", dies)
        status, told = run(TOY, "--jobs", "2", "--json", str(tmp_path / "told.json"))
    assert status == 3 and "Traceback" not in told and "BrokenProcessPool" not in told
    assert "error: a worker was killed" in told and "fix: run again" in told
    data = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert {o["at"] for o in data["outcomes"]} == {"look"} and "killed" in data["cut"]
    status, told = run(TOY, "--jobs", "1")
    assert status == 1 and f"{data['kept']} kept from before" in " ".join(told.split())


def test_outcomes_outlive_changes_of_what_judges_no_mutant() -> None:
    """And of nothing else: all that judging imports is part of the fingerprint."""
    beside = set(prints.sources(running.BESIDE))
    modules = {module_of(p): p for p in prints.sources(prints.EVERYTHING)}
    ahead = [ROOT / "checkers" / "mutation" / name for name in ("running.py", "node.py")]
    seen: set[Path] = set()
    while ahead:
        path = ahead.pop()
        if path in seen:
            continue
        seen.add(path)
        for _, name in imports(path.read_text(), module_of(path), path.name == "__init__.py"):
            while name:
                ahead += [modules[name]] if name in modules else []
                name = name.rpartition(".")[0]
    assert len(seen) > 100 and beside
    assert sorted(p.name for p in seen & beside) == []
    assert all(p.exists() for p in beside)


# ---------------------------------------------------------------- a short attempt first


def left_open(monkeypatch: Any) -> list[str]:
    """Let the short attempt settle nothing; return a list of what is asked in earnest."""
    asked: list[str] = []
    earnest = Asker.first_broken

    def hastily(self: Asker, questions: Any) -> Open:
        return Open("seen", "rise", 2, False)

    def first_broken(self: Asker, questions: Any) -> Broken | None:
        asked.append("earnest")
        return earnest(self, questions)

    monkeypatch.setattr(Asker, "hastily", hastily)
    monkeypatch.setattr(Asker, "first_broken", first_broken)
    return asked


def test_a_kill_by_a_record_says_what_was_left_open(toy: Spec, monkeypatch: Any) -> None:
    """It does not claim that no oath is broken; what would settle that is not asked for it."""
    asked = left_open(monkeypatch)
    killers = Killers(toy, {}, Maker(toy).make().cases)
    every = {m.name: m for m in mutants_of(toy)}
    o = killers.outcome(every["tell/reply/other"])
    assert (o.check, o.undecided) == ("recorded run", "seen at rise and 1 more at least")
    assert o.by_record and not o.recorded and asked == []
    told = "\n".join(lines(Judged("toy", 1, 1, [o]), everything=True))
    assert "open whether it breaks seen at rise" in told
    assert "1 by a record, proofs open" in told and "recorded alone" not in told
    same = killers.outcome(every["rise/when[1]/drop"])
    assert (same.fate, same.undecided) == (Fate.EQUIVALENT, "")


def test_what_nobody_else_notices_is_asked_in_earnest(toy: Spec, monkeypatch: Any) -> None:
    """A durable count that a crash forgets breaks an oath: with no cases only the proofs tell."""
    asked = left_open(monkeypatch)
    bare = replace(toy, scenarios=())
    m = next(m for m in mutants_of(bare) if m.name == "Peer.count/volatile")
    o = Killers(bare, {}).outcome(m)
    assert asked == ["earnest"]
    assert (o.check, o.undecided) == ("proof", "") and "seen at crash" in o.message


def test_a_record_is_never_a_slow_check() -> None:
    """However long the proofs took before it."""
    o = outcome(Fate.KILLED, check="recorded case", seconds=10 * SLOW)
    assert not o.slow and outcome(Fate.KILLED, check="no proof", seconds=SLOW).slow


def test_a_variable_that_is_forgotten_is_killed_by_the_restarts(toy: Spec) -> None:
    """Where no oath looks at it: the stored cases do."""
    bare = replace(toy, statements={}, scenarios=())
    m = next(m for m in mutants_of(bare) if m.name == "Peer.seen/volatile")
    assert Killers(bare, {}).outcome(m).fate is not Fate.KILLED
    o = Killers(bare, {}, Maker(bare).make().cases).outcome(m)
    assert o.check == "recorded case" and "a restart()" in o.message


def test_a_run_out_of_time_is_no_success() -> None:
    found = mutate(TOY, Options(budget=1e-9), quiet)
    assert not found.outcomes and found.cut.startswith("out of time") and found.exit_status() == 3


def test_mutants_of_what_is_not_proved_are_not_judged(toy: Spec) -> None:
    """Without its durable count the toy's oath fails: nothing could be told from that."""
    (m,) = chosen(mutants_of(toy), ["Peer.count/volatile"])
    with pytest.raises(NotProved, match="seen at crash"):
        mutate(m.spec(toy), Options(timeout=2.0), quiet)


def outcome(fate: Fate, **given: Any) -> Outcome:
    return Outcome(f"a/{fate.value}", "drop a guard", "a", "f:1", "x -> y", fate, **given)


@pytest.mark.parametrize(
    ("fates", "cut", "status"),
    [
        ((Fate.KILLED, Fate.EQUIVALENT), "", 0),
        ((Fate.KILLED, Fate.SURVIVED, Fate.UNKNOWN), "", 1),
        ((Fate.KILLED, Fate.UNKNOWN), "", 3),
        ((Fate.KILLED,), "interrupted", 3),
    ],
)
def test_the_exit_status_says_what_is_known(fates: tuple[Fate, ...], cut: str, status: int) -> None:
    check = {"check": "proof"}
    found = [outcome(f, **(check if f is Fate.KILLED else {})) for f in fates]
    assert Judged("toy", 9, 9, found, cut=cut).exit_status() == status


def test_a_mutant_that_only_a_slow_check_kills_is_named() -> None:
    slow = outcome(Fate.KILLED, check="proof", message="late", seconds=SLOW)
    told = "\n".join(lines(Judged("toy", 1, 1, [slow])))
    assert "killed by proof" in told and "1 by a slow check alone" in told


def test_an_outcome_is_read_as_it_was_written(judged: dict[str, Outcome]) -> None:
    for o in judged.values():
        read = outcome_of(json.loads(json.dumps(o.data())))
        assert replace(read, seconds=0.0) == replace(o, seconds=0.0)
    with pytest.raises(ValueError):
        outcome_of({**o.data(), "check": "a check that is none"})


# ---------------------------------------------------------------- the command


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["mutate", *args])
    return result.exit_code, result.output


def test_the_command_tells_survivors_and_exits_1(tmp_path: Path) -> None:
    file = tmp_path / "told.json"
    status, told = run(TOY, "--no-cache", "--jobs", "1", "--json", str(file))
    assert status == 1 and "SURVIVED: rise/when[0]/drop" in told
    data = json.loads(file.read_text(encoding="utf-8"))
    assert data["version"] == 1 and data["mutants"] == len(data["outcomes"]) == 31


def test_the_command_exits_0_where_all_is_killed_or_equivalent() -> None:
    status, told = run(TOY, "--no-cache", "--jobs", "1", "--only", "rise/when[1]", "--all")
    assert status == 0 and "4 mutants: 2 killed, 2 equivalent" in " ".join(told.split())


@pytest.mark.parametrize(
    "args",
    [
        (TOY, "--only", "no such rule"),
        (TOY, "--jobs", "0"),
        (TOY, "--sample", "-1"),
        (TOY, "--of", "node"),
        ("order", "--write", "--only", "win"),
        ("no_such_file.py",),
    ],
)
def test_a_wrong_command_line_exits_2_with_a_fix(args: tuple[str, ...]) -> None:
    status, told = run(*args)
    assert status == 2 and "fix:" in told and "Traceback" not in told


@pytest.mark.parametrize("name", ["threading", "no such", ""])
def test_workers_that_there_are_not_are_refused(name: str) -> None:
    status, told = run(TOY, "--jobs", "2", "--no-cache", "--backend", name)
    assert status == 2 and "is not one of 'fork', 'loky', 'sequential'" in told


# ---------------------------------------------------------------- the page


def test_a_page_that_is_no_text_is_stale_and_written_anew(tmp_path: Path, toy: Spec) -> None:
    file = tmp_path / "mutation.md"
    file.write_bytes(b"\xff\xfe")
    assert "it has no section on mutants of the spec" in page.stale(toy, file)
    page.write(toy, "spec", mutate(toy, Options(), quiet), file)
    assert "it has no section on mutants of the spec" not in page.stale(toy, file)


def test_another_spec_has_a_page_of_its_own(tmp_path: Path, monkeypatch: Any) -> None:
    """It lies among what is derived from it; the command says when it is not current."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "peers.py"
    file.write_text(Path(TOY).read_text(encoding="utf-8"), encoding="utf-8")
    status, told = run(str(file), "--check")
    assert status == 1 and "peers.derived/mutation.md: missing" in told
    assert f"fix: run `oathbound mutate {file} --write`" in told
    assert run(str(file), "--write", "--jobs", "1")[0] == 1  # one survives
    made = tmp_path / "peers.derived" / "mutation.md"
    assert "the spec toy" in made.read_text(encoding="utf-8")
    assert run(str(file), "--check") == (0, "")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("m.count > me.count, ", ""), encoding="utf-8")
    status, told = run(str(file), "--check")
    assert status == 1 and "spec or code has changed" in told


def test_a_page_is_whole_or_as_it_was(tmp_path: Path, toy: Spec, monkeypatch: Any) -> None:
    file = tmp_path / "mutation.md"
    page.write(toy, "spec", Judged("toy", 1, 1, [outcome(Fate.SURVIVED)]), file)
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("checkers.writing.os.replace", full)
    with pytest.raises(OSError):
        page.write(toy, "spec", Judged("toy", 0, 0), file)
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]


def test_a_page_tells_when_it_is_stale(tmp_path: Path, toy: Spec) -> None:
    file = tmp_path / "mutation.md"
    assert page.stale(toy, file, ["spec"]) == ["missing"]
    page.write(toy, "spec", mutate(toy, Options(), quiet), file)
    assert page.stale(toy, file, ["spec"]) == []
    (m,) = chosen(mutants_of(toy), ["rise/when[1]/drop"])
    (why,) = page.stale(m.spec(toy), file, ["spec"])
    assert "spec or code has changed" in why
    text = file.read_text(encoding="utf-8")
    assert "### Survived" in text and "### Equivalent" in text
    file.write_text(text.replace("drop a guard", "drop a hint", 1), encoding="utf-8")
    (why,) = page.stale(toy, file, ["spec"])
    assert why == "the section on mutants of the spec was edited by hand"


def test_a_section_is_kept_when_the_other_is_written(tmp_path: Path, toy: Spec) -> None:
    file = tmp_path / "mutation.md"
    found = Judged("toy", 1, 1, [outcome(Fate.SURVIVED)])
    page.write(toy, "spec", found, file)
    page.write(toy, "node", replace_spec(found, "toy"), file)
    text = file.read_text(encoding="utf-8")
    assert text.index("## Of the spec") < text.index("## Of the generated node")
    assert "spec or code" not in "".join(page.stale(toy, file))


def replace_spec(found: Judged, name: str) -> Judged:
    return replace(found, spec=name)


def test_the_orders_page_is_current() -> None:
    assert page.stale(load("order")) == []


# ---------------------------------------------------------------- the generated node

SOURCE = '''
class Lamp:
    """A lamp."""

    def on_switch(self, m: int) -> tuple[int, ...]:
        """Go on."""
        if self.on is not RED and m < 2:
            self.on = RED
            return (m, self.on), (m,)
        return ()
'''


def test_a_fault_in_code_is_one_change_of_one_method() -> None:
    names = {"RED": object(), "BLUE": object()}
    found = list(code_mutants(SOURCE, "Lamp", names))
    told = {(m.operator, m.told) for m in found}
    assert ("other comparison", "m < 2 -> m <= 2") in told
    assert ("other comparison", "self.on is not RED -> self.on is RED") in told
    assert ("swap and/or", "self.on is not RED and m < 2 -> self.on is not RED or m < 2") in told
    assert ("drop a statement", "self.on = RED -> nothing") in told
    assert ("wrong constant", "RED -> BLUE") in told
    assert ("wrong number", "2 -> 3") in told
    for m in found:
        (method,) = ast.parse(m.make()).body
        assert isinstance(method, ast.FunctionDef) and method.name == "on_switch"
        assert ast.get_docstring(method) == "Go on."


@pytest.fixture(scope="module")
def subject() -> Subject:
    return Subject(load("order"))


NODE_FAULTS: dict[str, Callable[[str, str], bool]] = {
    "a statement is gone": lambda operator, told: told.startswith("self.heard = heard ->"),
    "a comparison is another": lambda operator, told: told.startswith("self.severity == 0 ->"),
    "a message is not sent": lambda operator, told: told.startswith("((sender, BeaconAnswer()),)"),
    "another row is told": lambda operator, told: told.startswith("rules.HEAR_PEER ->"),
}


@pytest.mark.parametrize("fault", NODE_FAULTS)
def test_a_fault_in_the_generated_node_is_found(subject: Subject, fault: str) -> None:
    wanted = NODE_FAULTS[fault]
    methods = ("on_beacon", "on_beacon_answer")
    some = [
        m for m in subject.mutants.values() if m.method in methods and wanted(m.operator, m.told)
    ]
    assert some
    for m in some:
        o = subject.outcome(m)
        assert (o.fate, o.check) == (Fate.KILLED, "stored case") and o.message, o


def test_what_the_cases_let_pass_is_proved_or_misused(subject: Subject) -> None:
    """No state in which a beacon comes that far is locked; what is no answer is used otherwise."""

    def one(method: str, told: str) -> Outcome:
        every = subject.mutants.values()
        (m,) = (m for m in every if m.method == method and m.told.endswith(told))
        return subject.outcome(m)

    assert one("on_beacon", "if self.state in LOCKED: ... -> if True: ...").fate is Fate.EQUIVALENT
    for method, told in (
        ("restore", "plain.read_field(values, read, name)"),
        ("handle", "if sender is None: ... -> nothing"),
    ):
        found = one(method, told)
        assert (found.fate, found.check) == (Fate.KILLED, "conformance") and found.message


def test_the_node_is_as_it_was_after_a_mutant(subject: Subject) -> None:
    before = dict(vars(subject.module.Radiant))
    table = dict(subject.module._ON_MESSAGE)
    name = next(n for n in subject.mutants if n.startswith("on_beacon/"))
    subject.outcome(subject.mutants[name])
    assert vars(subject.module.Radiant) == before and table == subject.module._ON_MESSAGE
