"""`oathbound simulate`: many generated nodes under faults, recorded, the same for the same seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from checkers.simulation import FaultError, Rates, read_rates, read_schedule, read_weights
from checkers.simulation.faults import Crash, Partition, Schedule
from tests.recorded_runs import HARSH, TARGETS, files, oathbound, read, run, spec_of

ROOT = Path(__file__).resolve().parent.parent


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# ---------------------------------------------------------------- the same again


def test_a_seed_gives_the_same_run_to_the_letter_whatever_the_hashes(tmp_path: Path) -> None:
    made = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        command = ["simulate", "--steps", "200", "--seed", "7", "--joiners", "1"]
        command += ["--faults", str(HARSH), "--out", str(folder)]
        subprocess.run(
            [sys.executable, "-m", "checkers", *command],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        )
        made.append(contents(folder))
    assert made[0] == made[1]
    assert set(made[0]) == {"c1.jsonl", "faults.json", "j1.jsonl", *(f"n{i}.jsonl" for i in "123")}


def test_another_seed_does_something_else(tmp_path: Path) -> None:
    run(spec_of("order"), tmp_path / "1", seed=1)
    run(spec_of("order"), tmp_path / "2", seed=2)
    one, other = (read(tmp_path / f / "n1.jsonl")[2:] for f in "12")
    assert [r.get("event") for r in one] != [r.get("event") for r in other]


def test_a_schedule_repeats_the_faults_of_a_run_to_the_letter(tmp_path: Path) -> None:
    first = run(spec_of("order"), tmp_path / "first", steps=800)
    assert first.faults["lost"] and first.faults["duplicated"]
    assert first.faults["crashes"] and first.faults["partitions"]
    schedule = read_schedule(tmp_path / "first" / "faults.json", first.nodes)
    run(spec_of("order"), tmp_path / "again", steps=800, rates=Rates(), schedule=schedule)
    assert contents(tmp_path / "first") == contents(tmp_path / "again")


# ---------------------------------------------------------------- what goes wrong


def test_without_faults_every_message_arrives_once(tmp_path: Path) -> None:
    report = run(spec_of("order"), tmp_path, rates=Rates())
    assert not report.faults
    sent = sum(len(r["sent"]) for f in files(tmp_path) for r in read(f)[2:])
    received = sum("from" in r["event"] for f in files(tmp_path) for r in read(f)[2:])
    assert 0 <= sent - received < 40  # on their way at the end
    assert sent == report.messages


def test_a_lost_message_does_not_arrive_and_a_doubled_one_arrives_twice(tmp_path: Path) -> None:
    def beacons(schedule: Schedule) -> int:
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        run(spec_of("order"), folder, steps=60, rates=Rates(), schedule=schedule)
        records = [r for f in files(folder) for r in read(f)[2:]]
        return sum(r["event"]["name"] == "Beacon" for r in records)

    plain = beacons(Schedule())
    assert plain >= 3
    assert beacons(Schedule(lost={1})) < plain + 1
    assert beacons(Schedule(again={1: 1})) != beacons(Schedule(lost={1}))


def test_a_crashed_node_is_down_and_then_restarts_with_what_it_stored(tmp_path: Path) -> None:
    schedule = Schedule(crashes=[Crash(100, "n1", 50)])
    report = run(spec_of("order"), tmp_path, rates=Rates(), schedule=schedule)
    assert report.faults["crashes"] == 1
    records = read(tmp_path / "n1.jsonl")
    (at,) = (i for i, r in enumerate(records) if "restart" in r)
    before, restart = records[at - 1]["after"], records[at]["restart"]
    assert restart["after"]["state"] == "BOOTSTRAP"
    assert restart["loaded"] == {name: before[name] for name in restart["loaded"]}


def test_nothing_crosses_a_partition(tmp_path: Path) -> None:
    groups = (("n1",), ("n2", "n3", "c1"))
    schedule = Schedule(partitions=[Partition(1, groups, 10_000)])
    report = run(spec_of("order"), tmp_path, rates=Rates(), schedule=schedule)
    assert report.faults["cut off"]
    for record in read(tmp_path / "n1.jsonl")[2:]:
        assert record["event"].get("from", "n1") == "n1"
    heard = {r["event"].get("from") for r in read(tmp_path / "n2.jsonl")[2:]}
    assert {"n2", "n3"} <= heard and "n1" not in heard


def test_all_nodes_down_is_not_the_end() -> None:
    crashes = [Crash(50, n, 10**6) for n in ("c1", "n1", "n2", "n3")]
    report = run(spec_of("order"), None, rates=Rates(), schedule=Schedule(crashes=crashes))
    assert report.steps == 400 and report.rows["crash"] >= 1


# ---------------------------------------------------------------- what is told


def test_runs_of_the_order_reach_most_rules(tmp_path: Path) -> None:
    result = oathbound("simulate", "--steps", 700, "--runs", 3, "--joiners", 1, "--json",
                       tmp_path / "told.json")  # fmt: skip
    assert result.exit_code == 0, result.output
    told = json.loads((tmp_path / "told.json").read_text())
    rules = [t for t in spec_of("order").transitions if t.kind == "rule"]
    assert len(told["never"]) < len(rules) * 0.7
    assert told["steps"] == 2100 and told["seeds"] == [1, 2, 3]
    assert "rules fired; never: " in result.output
    assert "the last run again: oathbound simulate order --joiners 1" in result.output


@pytest.mark.parametrize("target", TARGETS)
def test_every_protocol_runs_and_its_recordings_are_right(target: str, tmp_path: Path) -> None:
    for number, states in enumerate(("full", "digest"), 1):
        folder = tmp_path / states
        command = ["simulate", target, "--steps", 200, "--seed", number, "--out", folder]
        result = oathbound(*command, "--states", states, "--faults", str(HARSH))
        assert result.exit_code == 0, result.output
        assert f"oathbound trace {folder}/*.jsonl" in result.output
        found = oathbound("trace", *files(folder), "--spec", target, "--orders", 2)
        assert found.exit_code == 0, found.output


def test_recordings_are_not_written_over(tmp_path: Path) -> None:
    assert oathbound("simulate", "--steps", 10, "--out", tmp_path).exit_code == 0
    again = oathbound("simulate", "--steps", 10, "--out", tmp_path)
    assert again.exit_code == 2 and "there are recordings already" in again.output


# ---------------------------------------------------------------- reading faults


def test_rates_are_read_as_they_are_written() -> None:
    assert read_rates("none") == Rates()
    assert read_rates("loss=.5,crash=1.") == Rates(loss=0.5, crash=1)
    assert read_rates(str(HARSH)) == HARSH
    assert read_rates("delay=3") == Rates(delay=(3, 3))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "nothing is said"),
        (" ", "nothing is said"),
        (",", "nothing is said"),
        ("loss=0.1,", "nothing between two commas"),
        ("none,loss=0.1", "no such fault"),
        ("loss=\u0661", "it is no share"),
        ("loss=0.0\u0661", "it is no share"),
        ("loss=1e-1", "it is no share"),
        ("loss=0_1", "it is no share"),
        ("delay=\u0661-\u0662", "it is no range"),
        ("lose=0.1", "no such fault"),
        ("loss", "no such fault"),
        ("loss=2", "it is no share"),
        ("loss=nan", "it is no share"),
        ("loss=x", "it is no share"),
        ("loss=0.1,loss=0.2", "is there twice"),
        ("delay=0-4", "it is no range"),
        ("delay=9-4", "it is no range"),
        ("down=1-99999999999999", "it is no range"),
    ],
)
def test_wrong_rates_are_told(text: str, reason: str) -> None:
    with pytest.raises(FaultError, match=reason):
        read_rates(text)
    result = oathbound("simulate", "--faults", text)
    assert result.exit_code == 2 and "fix: " in result.output


def test_no_faults_are_written_as_none() -> None:
    result = oathbound("simulate", "--faults", "")
    assert result.exit_code == 2 and "write none for no faults" in result.output
    same = [
        oathbound("simulate", "--steps", 20, *more).output.partition(";")[0]
        for more in ((), ("--faults", "none"))
    ]
    assert same[0] == same[1]


@pytest.mark.parametrize("text", ["", "ReportFault=\u0661", "ReportFault=1,", "ReportFault=1e0"])
def test_wrong_weights_are_told(text: str) -> None:
    result = oathbound("simulate", "--weights", text)
    assert result.exit_code == 2 and "fix: " in result.output


@pytest.mark.parametrize("text", ["x", "1.5", "\u0661", "", "1_0", "9" * 30, "+1"])
@pytest.mark.parametrize("option", ["--seed", "--steps", "--runs", "--joiners", "--nodes"])
def test_what_is_no_number_is_told_as_other_mistakes(option: str, text: str) -> None:
    result = oathbound("simulate", option, text)
    assert result.exit_code == 2
    assert f"error: {option} {text!r}: it is no whole number\n  fix: " in result.output
    assert "Usage" not in result.output


def test_the_json_file_may_be_in_a_new_folder(tmp_path: Path) -> None:
    """As with each command that writes one."""
    path = tmp_path / "new" / "folder" / "told.json"
    assert oathbound("simulate", "--steps", 5, "--json", path).exit_code == 0
    assert json.loads(path.read_text())["steps"] == 5


@pytest.mark.parametrize(
    "fault",
    [
        {"message": 0, "lose": True},
        {"message": 1, "lose": False},
        {"message": 1, "again": 0},
        {"step": 1, "crash": "n9", "for": 1},
        {"step": 1, "crash": "n1", "for": -1},
        {"step": 1, "crash": ["n1"], "for": 1},
        {"step": 1, "partition": [["n1"], ["n1"]], "for": 1},
        {"step": 1, "partition": "n1", "for": 1},
        {"step": 1, "tea": "n1"},
        7,
    ],
)
def test_a_wrong_schedule_is_told(fault: object, tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    data = {"oathbound": "faults", "schema": 1, "delay": [1, 2], "faults": [fault]}
    path.write_text(json.dumps(data))
    result = oathbound("simulate", "--faults", path)
    assert result.exit_code == 2 and "fault 1" in result.output


@pytest.mark.parametrize("text", ["", "{}", "[]", "{", '{"oathbound":"faults","schema":2}'])
def test_what_is_no_schedule_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text(text)
    assert oathbound("simulate", "--faults", path).exit_code == 2
    assert oathbound("simulate", "--faults", tmp_path / "none.json").exit_code == 2


def test_weights_are_read() -> None:
    assert read_weights("Tick=0,Tock=2.5", ["Tick", "Tock"]) == {"Tick": 0, "Tock": 2.5}
    for text in ("Tack=1", "Tick", "Tick=-1", "Tick=nan", "Tick=1,Tick=1"):
        with pytest.raises(FaultError):
            read_weights(text, ["Tick"])


def test_what_is_weighed_nothing_never_happens() -> None:
    report = run(spec_of("order"), None, weights={"BeaconDue": 0.0, "GetStatus": 0.0})
    assert report.steps and not report.rows["beacon"] and not report.rows["get_status"]
