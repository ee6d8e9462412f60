"""Specs exported to TLA+: readable, complete, and counted as we count.

Stands for: "the order's own model exported to them as text (`oathbound export --tla`); the exported
TLA+ is readable, and its counts must equal ours." What needs no peer is checked always; TLC itself
where it is installed (`tests/export_cases.py` tells how it is found).
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from checkers.cli import main
from checkers.instances import ScopeError, read_instance
from model.instance import Instance, is_step
from model.lang.load import load
from model.tla import write_tla
from tests.export_cases import (
    CASES,
    FAULTY,
    LOCK,
    LONG,
    RAFT,
    ROOT,
    TWO_PHASE,
    Case,
    Faulty,
    quick_first,
    searched,
    tlc,
    without_history,
)
from tests.plain_search import Searcher, search

EVERY = (*CASES, *LONG)


@functools.cache
def module(case: Case) -> str:
    spec = case.spec()
    return write_tla(spec, case.instance(spec), "exported")["exported.tla"]


def definitions(text: str) -> dict[str, str]:
    """Return what is defined, by name; fail where a name is defined twice."""
    found: dict[str, str] = {}
    for match in re.finditer(r"^(\w+)(\([\w, ]*\))? ==(.*?)(?=^\S|\Z)", text, re.M | re.S):
        assert match[1] not in found, f"{match[1]} is defined twice"
        found[match[1]] = match[3]
    return found


def actions(text: str) -> dict[str, str]:
    """Return the definitions that say what comes next."""
    found = definitions(text)
    step = found["Step"]
    names = re.findall(r"(\w+)\(n", step)
    crash = [] if "Crash(n)" not in found["Next"] else ["Crash"]
    return {name: found[name] for name in (*names, *crash) if name != "Inbox"}


# ---------------------------------------------------------------- counts


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_the_evaluator_counts_what_is_pinned(case: Case) -> None:
    assert searched(case).counts == case.counts


@pytest.mark.parametrize("case", quick_first(EVERY), ids=str)
def test_tlc_counts_the_same(case: Case, tmp_path: Path) -> None:
    """Distinct states, generated ones and the depth; and every invariant holds, lemmas too."""
    spec = case.spec()
    for name, text in write_tla(spec, case.instance(spec), "exported", "all").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    told = tlc(tmp_path, "exported")
    assert not told.violated, told.text
    assert (told.distinct, told.generated, told.depth) == case.counts


def test_the_page_tells_the_counts_that_are_pinned() -> None:
    """But for one instance of the order, which takes too long for a test."""
    text = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| [^|]+ \| ([\d,]+) \| ([\d,]+) \| (\d+) \|$", text, re.M)
    told = {(name, *(int(n.replace(",", "")) for n in counts)) for name, *counts in rows}
    pinned = {(Path(case.source).stem, *case.counts) for case in EVERY}
    assert told - pinned == {("order", 15_849, 106_709, 26)}
    assert {name for name, *_ in told} == {name for name, *_ in pinned}


def test_without_crashes_there_are_fewer_states() -> None:
    spec = TWO_PHASE.spec()
    none = search(spec, read_instance(spec, "peers=2", crashes=0))
    assert none.distinct < TWO_PHASE.counts[0]
    assert none.fired["crash"] == 0


# ---------------------------------------------------------------- what TLC finds


@pytest.mark.parametrize("fault", quick_first(FAULTY), ids=str)
def test_tlc_finds_the_faults_that_we_find_by_as_short_a_run(fault: Faulty, tmp_path: Path) -> None:
    spec = fault.spec(tmp_path)
    instance = fault.instance(spec)
    found = search(spec, instance, without_history(spec))
    assert found.broken, "the plain search finds nothing"
    for name, text in write_tla(spec, instance, "exported", "safety").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    told = tlc(tmp_path, "exported")
    assert told.violated not in ("", "?"), told.text
    assert told.run == min(found.broken.values())


STEPPING = '''
import sys

from model.lang import Message, Process, Range, Reply, Row, Timer, fallback, on, read_spec, step
from model.lang import volatile


class Count(Range, top=2):
    """A small number."""


class Counter(Process):
    """Counts up."""

    count = volatile(Count, 0)


class Tick(Timer):
    """Time."""


class Done(Reply):
    """Done."""


class Refused(Reply, refusal=True):
    """Refused."""


@on(Tick)
def count_up(me, m):
    """One more."""
    return Row(when=me.count < 2, then=me.count.set(me.count.up()), reply=Done())


@on(Tick)
def begin_again(me, m):
    """From the top to the start."""
    return Row(when=me.count == 2, then=me.count.set(0), reply=Done())


@fallback(Timer)
def refuse(me, m):
    """Never."""
    return (Row(name="refused", doc="Refused.", reply=Refused()),)


@step("rises", "It never falls")
def rises(before, after, event):
    """Each step leads up."""
    return before.count <= after.count


def spec():
    return read_spec("counter", "A counter", [sys.modules[__name__]])
'''


def test_tlc_finds_a_step_that_breaks_a_step_property(tmp_path: Path) -> None:
    (tmp_path / "counter.py").write_text(STEPPING, encoding="utf-8")
    spec = load(str(tmp_path / "counter.py"))
    texts = write_tla(spec, read_instance(spec, "counters=1", crashes=0), "exported")
    assert "[][" in texts["exported.tla"]
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    told = tlc(tmp_path, "exported")
    assert told.violated == "Rises"
    assert told.run == 4


# ---------------------------------------------------------------- the text


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_every_row_that_steps_is_one_action(case: Case) -> None:
    """Each is defined once and taken once in the step of a node; refusals are no steps."""
    spec = case.spec()
    text = module(case)
    steps = [t for t in spec.transitions if is_step(t) and t.kind != "environment"]
    named = actions(text)
    assert len(named) == len(steps) + ("Crash" in named)
    step = definitions(text)["Step"]
    assert all(len(re.findall(rf"\b{name}\(", step)) == 1 for name in named if name != "Crash")


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_every_action_says_what_becomes_of_every_variable(case: Case) -> None:
    """Else TLC could not tell the next state, and a proof would allow anything."""
    text = module(case)
    declared = re.search(r"^vars ==\s*<<(.*?)>>", text, re.M | re.S)
    assert declared is not None
    variables = sorted(v.strip() for v in declared[1].split(","))
    for name, body in actions(text).items():
        assert _told(body, variables) == variables, name


def _told(body: str, variables: list[str]) -> list[str]:
    if "UNCHANGED vars" in body:
        return variables
    changed = re.findall(r"/\\ (\w+)' =", body)
    changed += ["msgs"] if "/\\ Send(" in body else []
    for kept in re.finditer(r"UNCHANGED (?:<<(.*?)>>|(\w+)$)", body, re.S | re.M):
        changed += [name.strip() for name in (kept[1] or kept[2]).split(",")]
    return sorted(changed)


def test_the_check_of_frames_finds_a_variable_that_is_left_out() -> None:
    body = "\n    /\\ vote' = [vote EXCEPT ![n] = 1]\n    /\\ UNCHANGED <<role, msgs>>\n\n"
    assert _told(body, []) == ["msgs", "role", "vote"]


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_lines_are_no_wider_than_a_page(case: Case) -> None:
    spec = case.spec()
    for name, text in write_tla(spec, case.instance(spec), "exported").items():
        wide = [line for line in text.splitlines() if len(line) > 80]
        assert wide == [], name


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_every_action_has_its_rows_own_words(case: Case) -> None:
    spec = case.spec()
    words = " ".join(re.sub(r"^\s*\\\*", "", line) for line in module(case).splitlines())
    flat = " ".join(words.split())
    for t in spec.transitions:
        if t.kind == "rule":
            assert " ".join(t.doc.strip().split("\n\n")[0].split()) in flat, t.label


def test_a_guard_is_read_as_the_spec_writes_it() -> None:
    """The module of the lock service, one action of it, to the letter."""
    text = module(LOCK)
    start = text.index("\\* The lock is free")
    assert text[start : text.index("\n\n", start)].splitlines() == [
        "\\* The lock is free: hand it out under a new ticket.",
        "HandOut(n, m) ==",
        "    LET newTicket == ticket[n] + 1",
        '    IN  /\\ m.type = "Ask"',
        '        /\\ role[n] = "SERVER"',
        "        /\\ m.src # server",
        "        /\\ holder[n] = None",
        "        /\\ newTicket \\in Ticket",
        "        /\\ holder' = [holder EXCEPT ![n] = m.src]",
        "        /\\ ticket' = [ticket EXCEPT ![n] = newTicket]",
        '        /\\ Send({[type |-> "Grant", src |-> n, dst |-> m.src,',
        "                  ticket |-> newTicket]})",
        "        /\\ UNCHANGED <<role, state, seen, crashes>>",
    ]


def test_a_property_is_read_as_the_spec_writes_it() -> None:
    assert " ".join(definitions(module(RAFT))["ElectionSafety"].split()) == (
        "\\A a, b \\in Node :"
        ' role[a] = "LEADER" /\\ role[b] = "LEADER" /\\ term[a] = term[b] => a = b'
    )


def test_tlc_takes_no_disjunct_of_a_guard_for_a_step() -> None:
    """It would count two steps where both hold."""
    assert re.search(r"/\\ \(voted_for\[n\] = None .* = TRUE", module(RAFT))


def test_history_is_left_out_unless_it_is_asked_for() -> None:
    spec = RAFT.spec()
    without = write_tla(spec, read_instance(spec, "servers=2"))["raft_election.tla"]
    with_ = write_tla(spec, read_instance(spec, "servers=2", ghosts=True))["raft_election.tla"]
    assert "elected" not in without.partition("VARIABLES")[2].partition("vars")[0]
    assert "one-winner" in without
    assert "OneWinner" not in definitions(without)
    assert "\\A <<t, a, q>> \\in elected" in with_


def test_the_two_atoms_of_a_formula_are_two_messages() -> None:
    """Two messages of which something is left open are not taken for one."""
    spec = load(str(ROOT / "docs/protocols/sharded_store.py"))
    text = write_tla(spec, read_instance(spec, "nodes=2", crashes=0))["sharded_store.tla"]
    assert 'm \\in Sent("Transfer"), m2 \\in Sent("Transfer")' in " ".join(
        definitions(text)["OneParcel"].split()
    )


# ---------------------------------------------------------------- the command


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["export", *arguments])
    return done.exit_code, done.output


def test_the_command_writes_a_module_and_its_instance(tmp_path: Path) -> None:
    spec = str(ROOT / LOCK.source)
    file = tmp_path / "there" / "Lock.tla"
    status, told = run(spec, "--tla", str(file), "--scope", "peers=2,tickets=2", "--crashes", "1")
    assert status == 0
    assert {p.name for p in file.parent.iterdir()} == {"Lock.tla", "MCLock.tla", "MCLock.cfg"}
    assert "MODULE Lock " in file.read_text()
    assert "EXTENDS Lock, TLC" in (file.parent / "MCLock.tla").read_text()
    assert str(file) in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "nothing is asked for"),
        (("--tla", "x", "--scope", "houses=2"), "the spec has no 'houses'"),
        (("--tla", "x", "--scope", "peers"), "a part is NAME=NUMBER"),
        (("--tla", "x", "--scope", "peers=0"), "write a number from 1"),
        (("--tla", "x", "--scope", "tickets=1,ticket=2"), "ticket is bounded twice"),
        (("--tla", "x", "--constant", "colour=n1"), "with a constant of the spec (server)"),
        (("--tla", "x", "--constant", "server=n1,n2"), "only a node (one name)"),
        (("--tla", "x", "--constant", "server=n 1"), "'n 1' is no name"),
        (("--tla", "a-b.tla"), "a module is called as its file"),
        (("--promela", "x", "--ghosts"), "no history of the proof"),
    ],
)
def test_what_is_wrong_is_told(arguments: tuple[str, ...], told: str) -> None:
    status, output = run(str(ROOT / LOCK.source), *arguments)
    assert status == 2
    assert told in output
    assert "Traceback" not in output


def test_a_configuration_against_the_assumptions_is_refused() -> None:
    spec = TWO_PHASE.spec()
    with pytest.raises(ScopeError, match="does not hold of this one"):
        read_instance(spec, "peers=2", ["manager=n1"])


def test_an_instance_bounds_every_sort() -> None:
    spec = load("order")
    instance = read_instance(spec, "radiants=2,keys=0", crashes=0)
    assert isinstance(instance, Instance)
    assert Searcher(spec, instance).first()[1] == frozenset()
    assert instance.nodes == ("c1", "n1", "n2")
