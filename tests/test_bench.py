"""Benchmarks run, say what they skipped, and write rates that a program can read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from checkers.bench import proofs
from checkers.bench.__main__ import BENCHES, main, table
from checkers.bench.timing import Contender, Row, Section, race

ROOT = Path(__file__).resolve().parent.parent


def test_every_benchmark_runs_and_is_written_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "TARGET", str(ROOT / "docs" / "tutorial_lock.py"))
    monkeypatch.setattr(proofs, "CHANGED", str(ROOT / "docs" / "tutorial_lock.py"))
    file = tmp_path / "rates.json"
    assert main(["--rounds", "1", "--json", str(file)]) == 0
    found = json.loads(file.read_text())
    assert found["version"] == 1
    assert [section["name"] for section in found["sections"]] == list(BENCHES)
    rates = {row["name"]: row["rate"] for row in found["sections"][0]["rows"]}
    assert rates["generated node"] > 0
    rates = {row["name"]: row["rate"] for row in found["sections"][1]["rows"]}
    assert rates["nothing changed"] > 0 and rates["from nothing"] > 0
    assert "generated node" in capsys.readouterr().out


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
