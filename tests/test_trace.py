"""`oathbound trace`: recordings against the spec, and every fault told at the right record."""

from __future__ import annotations

import itertools
import json
import os
import pty
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from checkers.instances import read_setting
from checkers.traces import Options, validate
from checkers.traces.compiled import FastEvaluator
from checkers.traces.determined import determined, is_settled
from checkers.traces.unchanged import shortened
from model.evaluate import Checker, EvaluationError, Evaluator, Event, Mix, Simulation
from model.evaluate.evaluator import StepFormula
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.sorts import BOOL, NODE
from model.python import generate
from tests.evaluate_toy import toy
from tests.generated_nodes import NODES, related
from tests.generated_nodes import load as load_nodes
from tests.latecomers_toy import toy as latecomers
from tests.patience import PATIENCE
from tests.protocol_faults import RAFT
from tests.recorded_runs import (
    TARGETS,
    Record,
    edit,
    files,
    find,
    numbered,
    oathbound,
    put,
    read,
    run,
    spec_of,
)

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with recordings of an order; tests copy what they change."""
    folder = tmp_path_factory.mktemp("recorded")
    run(spec_of("order"), folder, steps=600, seed=4, joiners=1)
    return folder


@pytest.fixture
def folder(recorded: Path, tmp_path: Path) -> Path:
    """Return a copy of the recordings."""
    for path in files(recorded):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def wrong(folder: Path, *more: object) -> dict[str, Any]:
    """Validate recordings of which one is wrong, and return what is told of it."""
    told = folder / "told.json"
    result = oathbound("trace", *files(folder), "--json", told, *more)
    assert result.exit_code == 1, result.output
    found: dict[str, Any] = json.loads(told.read_text())["wrong"]
    assert found is not None, result.output
    assert f"WRONG {found['file']}:{found['line']}: {found['node']}: " in result.output
    return found


def malformed(folder: Path, *more: object) -> str:
    """Validate what is no recording, and return what is told."""
    result = oathbound("trace", *files(folder), *more)
    assert result.exit_code == 2, result.output
    assert result.output.startswith("error: ") and "\n  fix: " in result.output
    return result.output


def changed_event(records: list[Record]) -> int:
    """Return the index of a message that changed its receiver's state, and was not the last."""
    return find(
        records, lambda r: "event" in r and "from" in r["event"] and r["before"] != r["after"], 20
    )


# ---------------------------------------------------------------- what is right


def test_recordings_as_they_are_written_are_a_run_of_the_spec(folder: Path) -> None:
    result = oathbound("trace", *files(folder), "--lemmas", "--orders", 3)
    assert result.exit_code == 0, result.output
    assert "right: 605 records of 5 nodes of order" in result.output
    assert "3 orders" in result.output


def test_a_recording_in_another_hand_is_read_value_by_value(folder: Path) -> None:
    """Other spaces, members in another order, sets not sorted: what counts is what it says."""

    def turned(value: Any, where: str = "") -> Any:
        if isinstance(value, dict):
            return {k: turned(v, k) for k, v in reversed(value.items())}
        sets = {"members", "keys", "heard", "votes", "acks", "answered", "confirmed", "tried"}
        return value[::-1] if where in sets else value

    fast = validate(spec_of("order"), files(folder), Options())
    for path in files(folder):
        path.write_text("".join(json.dumps(turned(r)) + "\n" for r in read(path)))
    slow = validate(spec_of("order"), files(folder), Options())
    assert (slow.exit_status(), fast.exit_status()) == (0, 0)
    assert slow.rules == fast.rules and slow.records == fast.records
    assert fast.slow == 0 and slow.slow == slow.records - 5 - slow.restarts


def test_the_end_of_a_recording_may_be_missing_for_whom_nobody_hears(folder: Path) -> None:
    """A prefix of each recording is a cut, if what was received was sent before."""
    edit(folder / "c1.jsonl", lambda records: records[:5])
    edit(folder / "j1.jsonl", lambda records: records[:-3])
    result = oathbound("trace", *files(folder))
    assert result.exit_code in (0, 1), result.output
    if result.exit_code == 1:
        assert "never sent this message, as far as its recording goes" in result.output


# ---------------------------------------------------------------- what is wrong


def test_a_dropped_record_is_missed(folder: Path) -> None:
    path = folder / "n1.jsonl"
    edit(path, lambda records: records[:30] + records[31:])
    assert f"{path}:31: this is record 31, and record 30 was to come" in malformed(folder)


def test_a_dropped_record_is_missed_although_the_numbers_are_right(folder: Path) -> None:
    path = folder / "n1.jsonl"
    at = changed_event(read(path))
    edit(path, lambda records: numbered(records[:at] + records[at + 1 :]))
    found = wrong(folder)
    assert (found["file"], found["line"]) == (str(path), at + 1)
    assert found["reason"] == "the state before is not the state after the record before it" or (
        any(d["what"].endswith(" before") for d in found["differences"])
    )


def test_a_record_that_is_there_twice_is_told(folder: Path) -> None:
    path = folder / "n1.jsonl"
    at = changed_event(read(path))
    edit(path, lambda records: records[: at + 1] + records[at:])
    assert f"{path}:{at + 2}: this is record {at}, and record {at + 1} was to come" in malformed(
        folder
    )
    edit(path, numbered)
    found = wrong(folder)
    assert (found["file"], found["line"]) == (str(path), at + 2)


def test_two_records_that_changed_places_are_told(folder: Path) -> None:
    path = folder / "n1.jsonl"
    at = changed_event(read(path))

    def swap(records: list[Record]) -> list[Record]:
        records[at], records[at + 1] = records[at + 1], records[at]
        return records

    edit(path, swap)
    assert f"{path}:{at + 1}: " in malformed(folder)
    edit(path, numbered)
    assert wrong(folder)["line"] in (at + 1, at + 2)


def test_a_changed_variable_is_told_with_what_it_should_be(folder: Path) -> None:
    path = folder / "n2.jsonl"
    at = changed_event(read(path))
    right = read(path)[at]["after"]["term"]

    def change(records: list[Record]) -> None:
        records[at]["after"]["term"] = [77, "n2"]

    edit(path, change)
    found = wrong(folder)
    assert (found["file"], found["line"], found["node"]) == (str(path), at + 1, "n2")
    expected = f"{right[0]}.{right[1]}" if right[1] else str(right[0])
    assert found["differences"] == [
        {"what": "term after", "expected": expected, "recorded": "77.n2"}
    ]
    assert found["nearest"][0].startswith(f"the spec answers with {read(path)[at]['rule']} (model/")


def test_another_rule_is_told_with_its_clause_that_fails(folder: Path) -> None:
    path = folder / "n1.jsonl"
    at = find(read(path), lambda r: r.get("rule") == "count_vote" or r.get("rule") == "hear_peer")
    was = read(path)[at]["rule"]
    other = {"count_vote": "win", "hear_peer": "awake"}[was]

    def change(records: list[Record]) -> None:
        records[at]["rule"] = other

    edit(path, change)
    found = wrong(folder)
    assert found["line"] == at + 1
    assert found["differences"] == [{"what": "the rule", "expected": was, "recorded": other}]
    assert f"recorded is {other} (" in found["nearest"][-1]
    assert "whose guard fails: majority(" in found["nearest"][-1]


def test_a_rule_that_nobody_has_is_compared_by_what_it_did(folder: Path) -> None:
    path = folder / "n1.jsonl"
    at = find(read(path), lambda r: r.get("rule") == "hear_peer")

    def change(records: list[Record]) -> None:
        records[at]["rule"] = "tea_time"
        records[at]["after"]["state"] = "RESET"
        records[at]["after"]["heard"] = []

    edit(path, change)
    found = wrong(folder)
    assert found["line"] == at + 1
    assert "what was recorded is nearest to awake" in found["nearest"][-1]
    assert "whose guard fails: majority(" in found["nearest"][-1]


def test_another_reply_is_told(folder: Path) -> None:
    path = folder / "n1.jsonl"
    at = find(read(path), lambda r: r.get("reply", {}).get("name") == "Done")

    def change(records: list[Record]) -> None:
        records[at]["reply"] = {"name": "Ignored", "fields": {}}

    edit(path, change)
    found = wrong(folder)
    assert found["line"] == at + 1
    assert {"what": "the reply", "expected": "Done", "recorded": "Ignored"} in found["differences"]


def test_another_clause_in_a_refusal_is_told(folder: Path) -> None:
    path = folder / "n1.jsonl"
    at = find(read(path), lambda r: r.get("reply", {}).get("name") == "Refused")

    def change(records: list[Record]) -> None:
        records[at]["reply"]["fields"]["clause"] = "it is late"

    edit(path, change)
    found = wrong(folder)
    assert found["line"] == at + 1
    assert found["differences"][0]["what"] == "clause of the reply Refused"


def test_a_message_too_much_and_one_too_few_are_told(folder: Path) -> None:
    path = folder / "n1.jsonl"
    at = find(read(path), lambda r: bool(r.get("sent")))
    kept = path.read_bytes()

    def forget(records: list[Record]) -> None:
        records[at]["sent"].pop()

    edit(path, forget)
    found = wrong(folder)
    assert found["line"] == at + 1 and found["differences"][0]["recorded"] == "none"
    path.write_bytes(kept)

    def add(records: list[Record]) -> None:
        records[at]["sent"].append(
            {"name": "Elected", "to": "n2", "fields": {"term": [9, "n1"]}},
        )

    edit(path, add)
    found = wrong(folder)
    assert found["line"] == at + 1 and found["differences"][0]["expected"] == "none"


def test_what_should_be_stored_and_was_not_is_told(folder: Path) -> None:
    path = folder / "n2.jsonl"
    at = find(read(path), lambda r: bool(r.get("persisted")))
    name = next(iter(read(path)[at]["persisted"]))

    def change(records: list[Record]) -> None:
        del records[at]["persisted"][name]

    edit(path, change)
    found = wrong(folder)
    assert found["line"] == at + 1
    assert found["differences"][0]["what"] == f"{name} stored"
    assert found["differences"][0]["recorded"] == "not stored"


def test_a_message_that_was_never_sent_is_told(folder: Path) -> None:
    path = folder / "n2.jsonl"
    at = find(read(path), lambda r: r.get("event", {}).get("name") == "RequestVote", 10)

    def change(records: list[Record]) -> None:
        records[at]["event"]["fields"]["term"] = [99, "n1"]

    edit(path, change)
    found = wrong(folder)
    assert (found["kind"], found["file"], found["line"]) == ("unsent", str(path), at + 1)
    assert "never sent this message" in found["reason"]
    assert "RequestVote(term=99.n1" in found["event"]


def test_a_truncated_tail_is_missed_by_those_who_heard_of_it(folder: Path) -> None:
    path = folder / "n1.jsonl"
    edit(path, lambda records: records[:30])
    found = wrong(folder)
    assert found["kind"] == "unsent" and found["file"] != str(path)
    assert found["nearest"] == [f"{path} ends after 29 records"]


def test_half_a_record_at_the_end_is_told_and_is_no_fault(folder: Path) -> None:
    path = folder / "j1.jsonl"
    path.write_bytes(path.read_bytes()[:-100])
    result = oathbound("trace", path, "--allow-missing")
    assert result.exit_code == 0, result.output
    assert f"note: {path} ends with half a record" in result.output


# ---------------------------------------------------------------- restarts


def restart_of(folder: Path) -> tuple[Path, int]:
    """Return a restart, by file and index, before which the node has voted."""
    for path in files(folder):
        for i, r in enumerate(read(path)):
            if "restart" in r and r["restart"]["loaded"]["vote"] is not None:
                return path, i
    raise AssertionError("no restart after a vote in this run")


def test_durable_state_that_a_restart_lost_is_told(folder: Path) -> None:
    path, at = restart_of(folder)

    def change(records: list[Record]) -> None:
        records[at]["restart"]["loaded"]["vote"] = None
        records[at]["restart"]["after"]["vote"] = None

    edit(path, change)
    found = wrong(folder)
    assert (found["kind"], found["file"], found["line"]) == ("restart", str(path), at + 1)
    assert found["reason"] == "durable state did not survive the restart"
    assert [d["what"] for d in found["differences"]] == ["vote loaded"]


def test_volatile_state_that_a_restart_kept_is_told(folder: Path) -> None:
    path, at = restart_of(folder)

    def change(records: list[Record]) -> None:
        records[at]["restart"]["after"]["probe"] = 5

    edit(path, change)
    found = wrong(folder)
    assert found["line"] == at + 1
    assert "does not start afresh" in found["reason"]
    assert [d["what"] for d in found["differences"]] == ["probe after the restart"]


def voted(folder: Path) -> tuple[Path, int]:
    """Return the last record in which a node votes for another that hears of it."""
    found = []
    for path in files(folder):
        for i, r in enumerate(read(path)):
            sent = r.get("sent", [])
            if r.get("rule") in ("grant_vote", "grant_vote_aside") and sent:
                found.append((path, i, sent[0]))
    for path, i, vote in reversed(found):
        receiver = folder / f"{vote['to']}.jsonl"
        wanted = {"name": "Vote", "from": path.stem, "fields": vote["fields"]}
        if vote["to"] != path.stem and any(r.get("event") == wanted for r in read(receiver)):
            return path, i
    raise AssertionError("no vote arrived in this run")


def killed(records: list[Record], at: int) -> list[Record]:
    """Return a recording of a node that was killed before it stored what record `at` asks for."""
    record = records[at]
    first = records[1]["start"]
    loaded = {n: v for n, v in record["before"].items() if n in DURABLE}
    after = {**first, **loaded}
    return [*records[: at + 1], {"n": at + 1, "restart": {"loaded": loaded, "after": after}}]


DURABLE = {n for n, d in spec_of("order").variables.items() if d.durable}


@pytest.mark.parametrize("written", ["restart", r"\u0072estart"])
def test_a_step_that_was_recorded_and_not_stored_before_a_kill_did_not_happen(
    folder: Path, written: str
) -> None:
    """The recorder writes a record before anything of it takes effect."""
    path, at = voted(folder)
    edit(path, lambda records: killed(records, at))
    text = path.read_text(encoding="utf-8").replace('"restart"', f'"{written}"')
    path.write_text(text, encoding="utf-8")
    result = oathbound("trace", path, "--allow-missing")
    assert result.exit_code == 0, result.output
    assert "note: 1 steps were recorded and did not take effect" in result.output


def test_a_step_whose_message_arrived_has_happened_and_its_storage_was_lost(folder: Path) -> None:
    path, at = voted(folder)
    edit(path, lambda records: killed(records, at))
    found = wrong(folder)
    if found["kind"] == "restart":
        assert (found["file"], found["line"]) == (str(path), at + 2)
        assert "that step had taken effect" in found["reason"]
    else:  # somebody else waits for what the rest of this recording sent
        assert found["kind"] == "unsent"


# ---------------------------------------------------------------- order of messages


def test_a_circle_of_messages_each_received_before_it_was_sent_is_told(folder: Path) -> None:
    def answer(node: str, to: str) -> Record:
        sent = [{"name": "BeaconAnswer", "to": to, "fields": {}}]
        return {"n": 3, "event": {"name": "Beacon", "from": to, "fields": {}}, "sent": sent}

    def circle(node: str, other: str) -> None:
        def change(records: list[Record]) -> list[Record]:
            plain = records[find(records, lambda r: "event" in r)]
            heard = {**plain, "n": 2, "sent": []}
            heard["event"] = {"name": "BeaconAnswer", "from": other, "fields": {}}
            return [*records[:2], heard, {**plain, **answer(node, other)}]

        edit(folder / f"{node}.jsonl", change)

    circle("n1", "n2")
    circle("n2", "n1")
    result = validate(
        spec_of("order"), [folder / "n1.jsonl", folder / "n2.jsonl"], Options(properties=False)
    )
    assert result.wrong is not None and result.wrong.kind == "cycle"
    assert result.wrong.place.line == 3
    assert len(result.wrong.nearest) == 2
    assert f"which {folder / 'n2.jsonl'}:4 sends" in result.wrong.nearest[0]


# ---------------------------------------------------------------- digests


def test_a_changed_digest_is_told(tmp_path: Path) -> None:
    run(spec_of("order"), tmp_path, steps=200, states="digest")
    path = tmp_path / "n1.jsonl"
    at = changed_event(read(path))

    def change(records: list[Record]) -> None:
        records[at]["after"] = "0" * 32

    edit(path, change)
    found = wrong(tmp_path)
    assert (found["file"], found["line"]) == (str(path), at + 1)
    assert found["differences"][0]["what"] == "the digest after"


# ---------------------------------------------------------------- properties


def test_two_leaders_of_one_term_are_found_at_a_cut_though_each_step_is_right(
    tmp_path: Path,
) -> None:
    """The spec is at fault: a server votes twice. Every record is a step of it."""
    fault = next(f for f in RAFT if f.name == "a server votes twice")
    spec = fault.spec(tmp_path)
    out = tmp_path / "out"
    report = run(spec, out, steps=200, seed=1, weights={})
    assert "election-safety" in {v.statement.name for _, _, v in report.broken}
    told = tmp_path / "told.json"
    source = tmp_path / "raft_election.py"
    result = oathbound("trace", *files(out), "--spec", source, "--json", told)
    assert result.exit_code == 1, result.output
    data = json.loads(told.read_text())
    assert data["wrong"] is None
    (broken,) = [b for b in data["broken"] if b["property"] == "election-safety"]
    assert "BROKEN election-safety" in result.output
    assert broken["file"] in broken["cut"] and broken["cut"][broken["file"]] == broken["line"]
    fine = oathbound("trace", *files(out), "--spec", source, "--no-properties")
    assert fine.exit_code == 0, fine.output


def test_what_breaks_without_some_nodes_breaks_with_them(tmp_path: Path) -> None:
    """Determined: two leaders of a term are two leaders whoever else there is."""
    fault = next(f for f in RAFT if f.name == "a server votes twice")
    spec = fault.spec(tmp_path)
    out = tmp_path / "out"
    run(spec, out, steps=200, seed=1, weights={})
    whole = {b.violation.statement.name for b in validate(spec, files(out), Options()).broken}
    for size in (1, 2):
        for some in itertools.combinations(files(out), size):
            part = validate(spec, some, Options())
            assert {b.violation.statement.name for b in part.broken} <= whole


# ---------------------------------------------------------------- nodes that were not recorded


def test_what_nodes_without_a_recording_sent_is_not_determined(folder: Path) -> None:
    (folder / "n3.jsonl").unlink()
    result = oathbound("trace", *files(folder))
    assert result.exit_code == 3, result.output
    assert "not determined: whether n3 sent" in result.output
    assert "not determined by these nodes alone: " in result.output
    assert oathbound("trace", *files(folder), "--allow-missing").exit_code == 0


@pytest.mark.parametrize(
    "protocol",
    [
        pytest.param("order", marks=pytest.mark.slow),
        "raft_election",
        "paxos",
        "two_phase_commit",
    ],
)
def test_a_part_of_right_recordings_is_never_wrong(protocol: str, tmp_path: Path) -> None:
    """Whichever nodes are left out, nothing may be called broken that is not."""
    target = protocol if protocol == "order" else f"docs/protocols/{protocol}.py"
    spec = spec_of(target)
    run(spec, tmp_path, steps=300)
    for size in (1, 2):
        for some in itertools.combinations(files(tmp_path), size):
            result = validate(spec, some, Options(lemmas=True))
            told = (result.wrong, [str(b.violation) for b in result.broken])
            assert told == (None, []), some


def begun_with_a_restart(spec: Spec, path: Path, loaded: Record) -> None:
    """Leave of a recording a restart, with these durable variables and else first values."""

    def change(records: list[Record]) -> list[Record]:
        after = {**records[1]["start"], **loaded}
        kept = {n: after[n] for n, d in spec.variables.items() if d.durable}
        return [records[0], {"n": 1, "restart": {"loaded": kept, "after": after}}]

    edit(path, change)


def test_what_a_recording_that_begins_with_a_restart_loads_is_not_determined(
    tmp_path: Path,
) -> None:
    """Every property of this spec is determined; where the node came from is not."""
    target = "docs/protocols/raft_election.py"
    run(spec_of(target), tmp_path, steps=300)
    for path in files(tmp_path):
        begun_with_a_restart(spec_of(target), path, {"term": 7, "voted_for": "n9"})
    result = oathbound("trace", *files(tmp_path), "--spec", target)
    assert result.exit_code == 3, result.output
    assert "not determined: whether what n1, n2, n3 loaded at first had been" in result.output
    assert "nothing wrong: 3 records" in result.output
    more = ("--spec", target, "--no-properties")
    assert oathbound("trace", *files(tmp_path), *more).exit_code == 3


def test_what_was_loaded_at_first_is_held_against_the_properties(tmp_path: Path) -> None:
    target = "docs/protocols/paxos.py"
    run(spec_of(target), tmp_path, steps=300)
    for path, value in zip(files(tmp_path), ("v1", "v2", "v2"), strict=True):
        begun_with_a_restart(spec_of(target), path, {"learned": value})
    result = oathbound("trace", *files(tmp_path), "--spec", target, "--allow-missing")
    assert result.exit_code == 3, result.output
    assert "PERHAPS BROKEN agreement" in result.output


@pytest.mark.parametrize("protocol", ["sharded_store", "lock_service", "raft_election"])
def test_right_recordings_whose_beginnings_are_lost_are_never_wrong(
    protocol: str, tmp_path: Path
) -> None:
    """A node that goes on from what it had stored may be ahead of one that is just beginning."""
    spec = spec_of(f"docs/protocols/{protocol}.py")
    run(spec, tmp_path, steps=300)
    for path in files(tmp_path):
        whole = path.read_bytes()
        for at in [i for i, r in enumerate(read(path)) if "restart" in r][:6]:
            put(path, numbered([read(path)[0], *read(path)[at:]]))
            result = validate(spec, files(tmp_path), Options(lemmas=True))
            told = (result.wrong, [str(b.violation) for b in result.broken])
            assert told == (None, []), (path, at)
            assert result.exit_status() == 3
            path.write_bytes(whole)


def test_what_breaks_whatever_was_first() -> None:
    """Who won a term is remembered; what is late, and who holds a lock, is so at one moment."""
    spec = spec_of("order")
    settled = {
        s.name: is_settled(spec, s.formula) for s in spec.of_kind("safety") if s.formula is not None
    }
    assert settled["S2"] and not settled["S12.late"]
    locks = spec_of("docs/protocols/lock_service.py")
    holders = locks.statements["one-holder"].formula
    assert holders is not None and not is_settled(locks, holders)
    steps = spec.statements["S3"].per_transition
    assert all(is_settled(spec, f) for f in steps.values())


def test_what_is_said_of_all_values_that_occur_is_said_of_all_nodes_at_one_moment() -> None:
    shop = latecomers()
    count = shop.variables["count"].sort
    n, c = Expr(Kind.BOUND, NODE, (), "n"), Expr(Kind.BOUND, count, (), "c")
    least = Expr(Kind.CONST, count, (), "zero")
    own = Expr(Kind.VAR, count, (n,), "count")
    for value, more, settled in ((c, (("c", count),), False), (least, (), True)):
        no_more = Expr(Kind.LE, BOOL, (value, own))
        formula = Expr(Kind.FORALL, BOOL, (no_more,), (("n", NODE), *more))
        assert is_settled(shop, formula) is settled


def test_a_wrong_record_is_found_without_the_other_nodes(folder: Path) -> None:
    path = folder / "n2.jsonl"
    at = changed_event(read(path))

    def change(records: list[Record]) -> None:
        records[at]["after"]["standing"] = not records[at]["after"]["standing"]

    edit(path, change)
    for other in files(folder):
        if other != path:
            other.unlink()
    assert wrong(folder)["line"] == at + 1


def test_what_is_determined_without_all_nodes() -> None:
    spec = spec_of("order")
    kept, lost = determined(spec, spec.of_kind("safety", "step"))
    names = {s.name for s in kept}
    # two heralds of one term are two whoever else there is; a quorum may be elsewhere
    assert "S2" in names and "S2" not in lost
    assert "S2.votes" not in names and "S5" not in names
    assert "S3" in names and "S3" not in lost
    for s in kept:
        if s.name in lost:
            assert 0 < len(s.per_transition) < len(spec.statements[s.name].per_transition)


def test_a_shortened_property_means_the_same_of_every_step() -> None:
    spec = spec_of("order")
    evaluator = Evaluator(spec)
    setting = read_setting(spec, "", ())
    state = evaluator.initial_state(setting.config, setting.bounds.nodes)
    checker = Checker(evaluator, [])
    simulation = Simulation(evaluator, state, 3, checker, Mix(tries=4, phase=40))
    statements = [(s, shortened(spec, s)) for s in spec.of_kind("step")]
    fast = FastEvaluator(spec)
    formulas: dict[tuple[str, str], tuple[StepFormula, StepFormula, StepFormula | None]] = {}
    compared = 0
    for _ in range(600):
        before = state.copy()
        outcome = simulation.step()
        event, label = simulation.run.steps[-1]
        f = evaluator.step_frame(before, event, outcome)
        for full, short in statements:
            if label not in full.per_transition:
                continue
            key = (full.name, label)
            if key not in formulas:
                one, other = full.per_transition[label], short.per_transition[label]
                quick = fast.step_formula(short, label)
                formulas[key] = (StepFormula(one), StepFormula(other), quick)
            assert len({q is None or q.holds(f) for q in formulas[key]}) == 1, key
            compared += 1
            # a step that breaks it, too: the variables after are another node's
            f.after = {**before.nodes[setting.bounds.nodes[0]], **outcome.updates}
            f.after = {**f.local, **{n: f.after[n] for n in spec.by_label[label].updates}}
            assert len({q is None or q.holds(f) for q in formulas[key]}) == 1, key
            f.after = {**f.local, **outcome.updates}
    assert compared > 500


@pytest.mark.parametrize("target", TARGETS)
def test_compiled_rows_answer_as_the_evaluator_does(target: str) -> None:
    """The fast path of the validation, in random states and on every event."""
    spec = spec_of(target)
    evaluator, fast = Evaluator(spec), FastEvaluator(spec, frequent=0)
    chance = random.Random(5)
    config = read_setting(spec, "", ()).config
    events = list(spec.events.values())
    for at in range(20 * len(events)):
        event = events[at % len(events)]
        local, fields = related(chance, spec, event)
        sender = chance.choice(NODES) if event.kind == "message" else None
        step = Event(event.kind, event.__name__, chance.choice(NODES), fields, sender)
        answers = []
        for one in (evaluator, fast):
            try:
                answers.append(str(one.answer(config, step.node, local, step)))
            except (EvaluationError, KeyError) as error:
                answers.append(f"{type(error).__name__} {error}")
        assert answers[0] == answers[1], (step, local)


GHOSTS: dict[str, tuple[Callable[[], Spec], set[str]]] = {
    "order": (partial(spec_of, "order"), {"elected", "descends"}),
    "toy": (toy, {"pair"}),
    "latecomers": (latecomers, {"late", "heard"}),
}


@pytest.mark.parametrize("target", GHOSTS)
def test_compiled_rows_add_to_ghosts_what_the_evaluator_adds(target: str) -> None:
    made, some = GHOSTS[target]
    spec = made()
    evaluator, fast = Evaluator(spec), FastEvaluator(spec, frequent=0)
    setting = read_setting(spec, "", ())
    state = evaluator.initial_state(setting.config, setting.bounds.nodes)
    simulation = Simulation(evaluator, state, 3, Checker(evaluator, []), Mix(tries=4, phase=40))
    found: Counter[str] = Counter()
    for _ in range(500):
        before = state.copy()
        wanted = simulation.step()
        event, _ = simulation.run.steps[-1]
        outcome = fast.answer(before.config, event.node, before.nodes[event.node], event, before)
        assert sorted(outcome.ghosts) == sorted(wanted.ghosts), event
        found.update(name for name, _ in wanted.ghosts)
    assert some <= found.keys(), found


# ---------------------------------------------------------------- faulty nodes


def mutated(spec: Spec, folder: Path, edits: dict[str, str]) -> str:
    """Generate a spec's node with a fault in its text, and return its package."""
    texts = generate(spec)
    path = f"impl/{spec.name}/node.py"
    for old, new in edits.items():
        assert texts[path].count(old) == 1, old
        texts[path] = texts[path].replace(old, new)
    return load_nodes(spec, folder, texts).__name__


@pytest.mark.parametrize(
    ("edits", "rule", "clause"),
    [
        (
            # a radiant wins by any vote
            {"has_majority = majority(votes, self.members)": "has_majority = True"},
            "recorded is win (",
            "majority(",
        ),
        (
            # a radiant votes for one that holds less
            {"                and self.accepted_at <= m.accepted_at\n": ""},
            "recorded is grant_vote",
            "whose guard fails: m.accepted_at >= me.accepted_at",
        ),
    ],
)
def test_a_node_with_a_mutated_guard_is_found_with_the_clause_that_fails(
    edits: dict[str, str], rule: str, clause: str, tmp_path: Path
) -> None:
    spec = spec_of("order")
    package = mutated(spec, tmp_path / "node", edits)
    out = tmp_path / "out"
    run(spec, out, steps=2000, seed=2, package=package)
    found = wrong(out)
    assert any(rule in line and clause in line for line in found["nearest"]), found


# ---------------------------------------------------------------- what is no recording


def first_line(change: Callable[[Record], None]) -> Callable[[list[Record]], None]:
    def changed(records: list[Record]) -> None:
        change(records[0])

    return changed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda h: h.update(schema=2), "its schema is 2, and this version reads 1"),
        (lambda h: h.update(schema=True), "its schema is true"),
        (lambda h: h.pop("oathbound"), "does not begin with the header"),
        (lambda h: h.update(spec="paxos"), 'recorded by a node of the spec "paxos"'),
        (lambda h: h.update(digest="00"), "of another version of the spec 'order'"),
        (lambda h: h.update(node=""), 'node: "" is no name'),
        (lambda h: h.update(node="a\nb"), "is no name"),
        (lambda h: h.update(node=["n1"]), 'node: ["n1"] is no name'),
        (lambda h: h.update(states="some"), 'states: "some" is not'),
        (lambda h: h.update(run=1), "run: 1 is no text"),
        (lambda h: h.pop("run"), "it has no member 'run'"),
        (lambda h: h.update(more=1), '"more" is none of its members'),
        (lambda h: h["config"].update(members=3), "config.members: 3 is no Nodes"),
        (lambda h: h["config"].update(members=["n1", "n1"]), "expected each element once"),
        (lambda h: h["config"].pop("members"), "config.members: missing"),
        (lambda h: h.update(node="n2"), "it is of the node n2, and so is"),
        (lambda h: h.update(run="other"), 'is of the run "other"'),
        (lambda h: h["config"].update(members=["n1"]), "config.members is another than in"),
    ],
)
def test_a_wrong_header_is_told(change: Any, reason: str, folder: Path) -> None:
    edit(folder / "n3.jsonl", first_line(change))
    output = malformed(folder)
    assert reason in output and "n3.jsonl" in output


def set_in(*path: str | int, to: object) -> Callable[[Record], None]:
    def change(record: Record) -> None:
        inner: Any = record
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (set_in("event", "name", to="Tea"), 'event.name: "Tea": the spec declares no such event'),
        (set_in("event", "name", to=None), "event.name: null"),
        (set_in("event", to=[]), "event: [] is no object"),
        (set_in("event", "from", to=7), "event.from: 7 is no node"),
        (set_in("event", "fields", to=7), "7 is no object"),
        (set_in("event", "fields", "tea", to=7), "not one of its names"),
        (set_in("rule", to=7), "rule: 7 is no label"),
        (set_in("before", to="digest"), 'before: "digest" is no object'),
        (set_in("after", "joined", to=1), "after.joined: 1 is no Bool: expected true or false"),
        (set_in("after", "state", to="TEA"), 'after.state: "TEA" is no OrderState'),
        (set_in("after", "term", to=[1]), "after.term: [1] is no Term"),
        (set_in("after", "severity", to=9), "after.severity: 9 is no Severity"),
        (set_in("after", "severity", to=0.5), "0.5: a recording has whole numbers alone"),
        (set_in("after", "version", to=float("nan")), "NaN: a recording has whole numbers alone"),
        (set_in("after", "version", to=10**4299), "below 2^256"),
        (set_in("event", "fields", to={"term": [10**4299, "n1"]}), "event"),
        (set_in("after", "keys", to=["k", "k"]), "expected each element once"),
        (set_in("sent", to=7), "sent: 7 is no list"),
        (set_in("sent", to=[{}]), "sent[0]: {} is no object"),
        (set_in("sent", to=[{"name": "Tea", "to": "n1", "fields": {}}]), "no such message"),
        (set_in("sent", to=[{"name": "Beacon", "to": 1, "fields": {}}]), "1 is no node"),
        (set_in("reply", to=None), "reply: null is no object"),
        (set_in("reply", to={"name": "Tea", "fields": {}}), "the spec declares no such reply"),
        (set_in("reply", to={"name": "Refused", "fields": {}}), "a refusal has the members"),
        (set_in("persisted", to=[]), "persisted: [] is no object"),
        (set_in("persisted", "role", to="HERALD"), '"role" is no durable variable'),
        (set_in("persisted", "vote", to=3), "persisted.vote: 3 is no Node"),
        (set_in("n", to="7"), 'n: "7" is no number'),
        (set_in("more", to=7), '"more" is none of its members'),
        (lambda r: r.pop("reply"), "it has no member 'reply'"),
        (lambda r: r.pop("event"), "it is no record"),
    ],
)
def test_a_malformed_record_is_told_by_file_line_and_member(
    change: Any, reason: str, folder: Path
) -> None:
    path = folder / "n1.jsonl"
    at = changed_event(read(path))

    def changed(records: list[Record]) -> None:
        change(records[at])

    edit(path, changed)
    output = malformed(folder)
    assert f"{path}:{at + 1}: " in output and reason in output


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"what is this?", "it is no JSON"),
        (b"", "it is no JSON"),
        (b"[1]", "[1] is no JSON object"),
        (b"\xff\xfe", "it is not text in UTF-8"),
        (b'{"n":2,"n":2}', '"n" is there twice'),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"n":' + b"9" * 5000 + b"}", "it is no JSON"),
        (b'{"n":2,"start":{}}', "a start after the first record"),
    ],
)
def test_a_line_that_is_no_record_is_told(line: bytes, reason: str, folder: Path) -> None:
    path = folder / "n1.jsonl"
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([*lines[:2], line, *lines[2:]]) + b"\n")
    output = malformed(folder)
    assert f"{path}:3: " in output and reason in output


def test_what_is_no_file_of_records_is_told(folder: Path) -> None:
    for text, reason in ((b"", "it is empty"), (b'{"oath', "it has no whole line")):
        (folder / "n1.jsonl").write_bytes(text)
        assert reason in malformed(folder)
    header = read(folder / "n2.jsonl")[:1]
    put(folder / "n1.jsonl", [{**header[0], "node": "n1"}])
    assert "there is no record" in malformed(folder)
    (folder / "n1.jsonl").unlink()
    (folder / "n1.jsonl").mkdir()
    assert "it cannot be read: Is a directory" in malformed(folder)
    assert oathbound("trace", folder / "none.jsonl").exit_code == 2
    assert oathbound("trace").exit_code == 2
    twice = oathbound("trace", folder / "n2.jsonl", folder / "n2.jsonl")
    assert twice.exit_code == 2 and "the file is given twice" in twice.output


def test_the_json_file_is_never_a_recording(folder: Path) -> None:
    path = folder / "n1.jsonl"
    kept = path.read_bytes()
    assert oathbound("trace", path, "--json", path).exit_code == 2
    assert path.read_bytes() == kept


# ---------------------------------------------------------------- what is shown, and when


def test_what_a_recording_names_is_shown_without_control_characters(folder: Path) -> None:
    """A sender's name could else clear the screen, or write a line of its own."""
    path = folder / "n2.jsonl"
    name = "n1\x1b[2J\nright: all\u202e\ud800"
    at = find(read(path), lambda r: r.get("event", {}).get("name") == "RequestVote", 10)

    def change(records: list[Record]) -> None:
        records[at]["event"]["from"] = name

    edit(path, change)
    result = oathbound("trace", *files(folder))
    assert result.exit_code in (1, 3)
    assert "n1\\x1b[2J\\nright: all\\u202e\\ud800" in result.output
    assert all(line.isprintable() for line in result.output.split("\n"))


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["event"].update(name="Vote\x1b[2J"),
        lambda r: r["event"].update({"na\x1bme": 1}),
        lambda r: r.update({"\x9bx": 1}),
        lambda r: r.update(rule="win\x1b[2J"),
        lambda r: r["reply"].update(name="Fine\x07"),
        lambda r: r["sent"].append({"name": "Vote\x07", "to": "n1", "fields": {}}),
        lambda r: r["after"].update({"te\x07rm": 1}),
        lambda r: r["persisted"].update({"te\x07rm": 1}),
    ],
)
def test_what_is_no_record_is_shown_without_control_characters(
    change: Callable[[Record], object], folder: Path
) -> None:
    path = folder / "n2.jsonl"
    at = changed_event(read(path))
    records = read(path)
    change(records[at])
    put(path, records)
    result = oathbound("trace", *files(folder))
    assert result.exit_code in (1, 2)
    assert all(line.isprintable() for line in result.output.split("\n"))


@pytest.mark.parametrize("columns", [60, 80])
def test_sentences_are_as_wide_as_the_terminal(columns: int, folder: Path) -> None:
    some = files(folder)[:2]
    result = oathbound("trace", *some, columns=columns)
    lines = result.output.splitlines()
    assert result.exit_code == 3 and lines
    assert all(len(line) <= columns for line in lines), lines


def started(*command: object, **more: Any) -> subprocess.Popen[bytes]:
    """Start a command of its own."""
    words = [sys.executable, "-m", "checkers", *map(str, command)]
    return subprocess.Popen(words, cwd=ROOT, **more)


@pytest.mark.parametrize("early", [True, False])
def test_a_key_ends_a_validation_with_a_word_and_no_verdict(early: bool, folder: Path) -> None:
    """The recording never ends: whoever reads it waits, and it is then that the key comes."""
    endless = folder / "endless.jsonl"
    os.mkfifo(endless)
    whole = files(folder)[0].read_bytes()
    text = whole[: whole.index(b"\n") + 1] if early else whole
    text += b'{"n":"' + b"a" * (1 << 20)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started("trace", endless, **pipes) as child, endless.open("wb", buffering=0) as writer:
        # More than a pipe holds: once all is written, the command has begun to read.
        for at in range(0, len(text), 4096):
            writer.write(text[at : at + 4096])
        child.send_signal(signal.SIGINT)
        with suppress(BrokenPipeError):  # it may have come just before the command began to wait
            writer.write(b"\n")
        out, error = child.communicate(timeout=PATIENCE)
    told = (out + error).decode()
    assert child.returncode == 3, told
    word = "nothing is decided" if early else "none wrong of the first"
    assert f"interrupted: {word}" in told and "Traceback" not in told


def test_progress_is_shown_on_a_terminal_and_nowhere_else(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    run(spec_of("order"), folder, steps=1500, seed=4)
    ours, theirs = pty.openpty()
    pipes = {"stdin": theirs, "stdout": subprocess.PIPE, "stderr": theirs}
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with started("trace", *files(folder), env=env, **pipes) as child:
        os.close(theirs)
        shown = b""
        while True:
            try:
                some = os.read(ours, 4096)
            except OSError:  # as Linux tells that nobody else has the terminal open
                break
            if not some:
                break
            shown += some
        assert child.stdout is not None
        out = child.stdout.read()
        assert child.wait(PATIENCE) == 0
    os.close(ours)
    assert b"recordings, KiB" in shown and b"right: " in out
    assert b"recordings, KiB" not in out
    plain = oathbound("trace", *files(folder))
    assert "recordings, KiB" not in plain.output
