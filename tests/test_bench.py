"""Benchmarks run, say what they skipped, and write rates that a program can read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from checkers.bench import peers, proofs, timing
from checkers.bench.__main__ import BENCHES, main, table
from checkers.bench.peers import (
    Absent,
    Ran,
    Told,
    Workload,
    agreement,
    spin_told,
    stateright_told,
    tlc_told,
)
from checkers.bench.timing import Contender, Row, Section, race

ROOT = Path(__file__).resolve().parent.parent


def test_every_benchmark_runs_and_is_written_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "TARGET", str(ROOT / "docs" / "tutorial_lock.py"))
    monkeypatch.setattr(proofs, "CHANGED", str(ROOT / "docs" / "tutorial_lock.py"))
    small = Workload("a lock", "docs/tutorial_lock.py", "peers=2,tickets=2", crashes=1)
    gone = Workload("nothing", "docs/protocols/nothing.py", "")
    monkeypatch.setattr(peers, "WORKLOADS", (small, gone))
    file = tmp_path / "rates.json"
    assert main(["--rounds", "1", "--json", str(file)]) == 0
    found = json.loads(file.read_text())
    assert found["version"] == 1
    assert [section["name"] for section in found["sections"]] == list(BENCHES)
    rates = {row["name"]: row["rate"] for row in found["sections"][0]["rows"]}
    assert rates["generated node"] > 0
    rates = {row["name"]: row["rate"] for row in found["sections"][1]["rows"]}
    assert rates["nothing changed"] > 0 and rates["from nothing"] > 0
    searches = {row["name"]: row for row in found["sections"][2]["rows"]}
    peer = ("oathbound", "Stateright", "TLC", "Spin", "Spin -DCOLLAPSE")
    assert set(searches) == {*(f"a lock, {name}" for name in peer), "nothing"}
    for row in searches.values():
        assert row["note"].startswith("221 distinct" if row["rate"] else "skipped: ")
    assert not any("DIFFER" in remark for remark in found["sections"][2]["remarks"])
    told = capsys.readouterr()
    assert "generated node" in told.out
    for name in (*rates, *searches):
        assert f"  {name}" in told.err, "each row is told as it comes"
    parts = [f"{part} of the rules" for part in proofs.EACH]
    assert set(parts) < {row["name"] for row in found["sections"][1]["rows"]}


def test_large_counts_of_spin_are_compared_by_the_digits_it_writes() -> None:
    """It writes eight; the ones that follow say nothing, and none before may differ."""
    text = """State-vector 60 byte, depth reached 24, errors: 0
 10340352 states, stored
1.1321805e+08 states, matched
1.2355840e+08 transitions (= stored+matched)"""
    spin = spin_told(Ran(text, 2.0, 3.0, 100.0))
    assert (spin.distinct, spin.generated) == (10_340_352, 123_558_400)
    ours = Told(10_340_352, 123_558_402, 29, 1.0, 1.0)
    assert agreement("it", {"oathbound": ours, "Spin": spin}) == [
        "it: oathbound, Spin count the same."
    ]
    for other in (Told(10_340_353, 123_558_402, 29, 1, 1), Told(10_340_352, 123_558_412, 29, 1, 1)):
        assert "DIFFER" in agreement("it", {"oathbound": other, "Spin": spin})[0]


def test_how_many_times_as_fast_is_told() -> None:
    found = {"oathbound": Told(100, 9, 3, 2.0, 1.0), "Spin": Told(100, 9, 0, 5.0, 4.0)}
    assert peers.ratios("it", found) == [
        "it: oathbound is 2.5 times as fast as Spin, and holds 0.25 times as much for a state."
    ]
    assert peers.ratios("it", {}) == []


def test_what_peers_print_is_read() -> None:
    tlc = """Progress(11) at 2026-01-01 00:00:00
1146 states generated, 288 distinct states found, 0 states left on queue.
The depth of the complete state graph search is 11.
Finished in 01s"""
    assert tlc_told(Ran(tlc, 2.0, 3.0, 100.0)) == Told(288, 1146, 11, 2.0, 100.0, "", 3.0)
    spin = """State-vector 60 byte, depth reached 24, errors: 0
      288 states, stored
      858 states, matched
     1146 transitions (= stored+matched)"""
    assert spin_told(Ran(spin, 2.0, 3.0, 100.0)) == Told(288, 1146, 0, 2.0, 100.0, "", 3.0)
    stateright = """Checking two phase commit with 3 resource managers.
Checking. states=1, unique=1, depth=0
Done. states=1146, unique=288, depth=11, sec=1
Discovered "abort agreement" example Path[7]:"""
    assert stateright_told(Ran(stateright, 2.0, 3.0, 100.0)) == Told(
        288, 1146, 0, 2.0, 100.0, "", 3.0
    )


def test_stateright_is_run_where_its_example_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With as many participants as the others have; of another protocol it has no model."""
    program = tmp_path / "2pc"
    program.write_text('#!/bin/sh\n[ "$1 $2" = "check 3" ] && echo "Done. states=9, unique=4,"\n')
    program.chmod(0o755)
    workload = Workload("two-phase commit", "", "peers=3", managers=3)
    monkeypatch.delenv("STATERIGHT_2PC", raising=False)
    with pytest.raises(Absent, match="not installed"):
        peers._stateright(workload)
    monkeypatch.setenv("STATERIGHT_2PC", str(program))
    told = peers._stateright(workload)
    assert (told.distinct, told.generated, told.depth) == (4, 9, 0)
    with pytest.raises(Absent, match="none of this"):
        peers._stateright(Workload("the order", "order", "radiants=1"))
    with pytest.raises(Absent, match="it said nothing"):
        peers._stateright(Workload("two-phase commit", "", "peers=4", managers=4))


def test_a_search_of_stateright_that_was_stopped_has_no_counts() -> None:
    with pytest.raises(Absent, match="Checking"):
        stateright_told(Ran("Checking. states=9, unique=4, depth=3\n", 1.0, 1.0, 1.0))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Error: Invariant Consistent is violated.",
        "10 states generated, 5 distinct states found, 3 states left on queue.",
    ],
)
def test_a_peer_that_did_not_search_all_states_has_no_counts(text: str) -> None:
    with pytest.raises(Absent):
        tlc_told(Ran(text, 1.0, 1.0, 1.0))


@pytest.mark.parametrize(
    "line", ["errors: 1", "errors: 0\nerror: max search depth too small", "no errors"]
)
def test_a_search_of_spin_that_was_cut_has_no_counts(line: str) -> None:
    text = f"{line}\n 288 states, stored\n 1146 transitions (= stored+matched)\n"
    with pytest.raises(Absent):
        spin_told(Ran(text, 1.0, 1.0, 1.0))


def test_peers_that_count_otherwise_are_told() -> None:
    same = {"TLC": Told(288, 1146, 11, 1.0, 1.0), "Spin": Told(288, 1146, 0, 1.0, 1.0)}
    assert agreement("x", same) == ["x: TLC, Spin count the same."]
    for other in (Told(287, 1146, 0, 1, 1), Told(288, 1145, 0, 1, 1), Told(288, 1146, 12, 1, 1)):
        (told,) = agreement("x", {**same, "oathbound": other})
        assert "THE COUNTS DIFFER" in told
    assert agreement("x", {"TLC": same["TLC"]}) == []


def test_a_race_ends_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the round in which its time is over, however many rounds were asked for."""
    monkeypatch.setattr(timing, "LONGEST", 0.0)
    runs: list[None] = []
    (row,) = race([Contender("one", lambda: lambda: runs.append(None), 1)], 10**9)
    assert len(runs) == 1 and row.rate is not None


def test_a_missing_package_is_skipped_with_a_word() -> None:
    def absent() -> Callable[[], None]:
        raise ImportError("No module named 'peer'", name="peer")

    def present() -> Callable[[], None]:
        return lambda: None

    rows = race([Contender("here", present, 1), Contender("gone", absent, 1)], 1)
    assert rows[0].rate is not None
    assert rows[1] == Row("gone", None, "skipped: peer is not installed")


def test_rates_are_shown_beside_the_first() -> None:
    rows = (Row("one", 2_000_000.0), Row("two", 500_000.0, "slow"), Row("none", None, "skipped"))
    assert table(Section("x", "A title", "steps/s", rows, ("A remark.",))).splitlines() == [
        "A title",
        "             steps/s     ratio",
        "  one      2,000,000     1.000",
        "  two        500,000     0.250  slow",
        "  none             -         -  skipped",
        "  A remark.",
    ]
