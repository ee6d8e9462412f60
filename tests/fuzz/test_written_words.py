"""What people write by hand for a run: scopes, constants, faults, weights, schedules of faults.

Stands for: each is read, or refused with what is wrong and how to mend it; nothing else is raised.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from checkers import instances
from checkers.cli import main
from checkers.instances import ScopeError
from checkers.liveness import setting as liveness
from checkers.simulation import FaultError, faults, read_rates, read_schedule, read_weights
from model.lang import Spec
from model.lang.load import load
from tests.fuzz.effort import cases, many, told
from tests.fuzz.spec_texts import LAMPS
from tests.fuzz.values import spoilt

NODES = ["n1", "n2", "n3"]
GOOD = {
    "scope": ("radiants=3,terms=2,keys=1", "nodes=2", "radiants=2,Vote=1", "terms=1"),
    "promised scope": ("nodes=2", "radiants=2,Vote=1", "terms=1", "radiants=2,keys=1"),
    "constant": ("members=n1,n2", "controllers=c0", "members=n1"),
    "faults": (
        "loss=0.1,duplicate=0.05,crash=0.01,partition=0.02",
        "delay=1-20,down=5-60",
        "cut=9",
    ),
    "weights": ("ReportFault=0.1,GetStatus=0", "Tick=2"),
}
"""What is right, or nearly so."""
PIECES = (
    *("=", ",", "-", " ", "0", "1", "-1", "9" * 30, "1e9999", "nan", "inf", "²", "٣", "\0", "\n"),
    *(
        "nodes",
        "radiants",
        "terms",
        "keys",
        "n1",
        "loss",
        "delay",
        "=,=",
        "\udcff",
        "é",
        "0.1",
        "_",
    ),
    *("1-", "-1", "20-1", "0x10", "1_0", "None", "[]", "crash", "\x1b[31m", "x" * 5000),
)


@cache
def order() -> Spec:
    """Return the spec that all is tried with."""
    return load("order")


def changed(r: random.Random, text: str) -> str:
    """Return a text with one to four changes."""
    for _ in range(r.randint(1, 4)):
        at, length = r.randrange(len(text) + 1), r.randint(0, 3)
        new = r.choice(PIECES) if r.random() < 0.7 else text[: r.randrange(len(text) + 1)]
        text = text[:at] + new + text[at + length :]
    return text


def read(kind: str, text: str) -> None:
    """Read a text as commands do."""
    match kind:
        case "scope":
            instances.read_setting(order(), text, ())
            instances.read_instance(order(), text, (), messages=None, crashes=None, ghosts=False)
        case "promised scope":
            liveness.read_setting(order(), text, crashes=0, stops=0, requests=(), states=10)
        case "constant":
            instances.read_setting(order(), "nodes=3", (text,))
        case "faults":
            read_rates(text)
        case _:
            read_weights(text, [*order().timers, *order().requests])


def outcome(action: Callable[[], object], case: str) -> str:
    """Do it; return whether it was refused, with what is wrong and how to mend it."""
    try:
        action()
    except (ScopeError, FaultError) as error:
        assert error.what and error.fix, case
        return "refused"
    except Exception as error:
        raise AssertionError(f"{case}: {error!r}") from error
    return "read"


def try_texts(kind: str, count: int) -> Counter[str]:
    """Read texts with mistakes; return how often they were read, and how often refused."""
    tally: Counter[str] = Counter()
    for case, r in cases(kind, count):
        text = changed(r, r.choice(GOOD[kind]))
        tally[outcome(partial(read, kind, text), f"{case}: {text[:99]!r}")] += 1
    return tally


SCHEDULE: dict[str, Any] = {
    "oathbound": faults.MARK,
    "schema": faults.SCHEMA,
    "delay": [1, 20],
    "faults": [
        {"message": 17, "lose": True},
        {"message": 23, "again": 4},
        {"step": 120, "crash": "n1", "for": 40},
        {"step": 300, "partition": [["n1"], ["n2", "n3"]], "for": 80},
    ],
}


def spoilt_schedule(r: random.Random) -> bytes:
    """Return a schedule that is spoilt, in what it says or in its bytes."""
    if r.random() < 0.4:
        flipped = bytearray(json.dumps(SCHEDULE).encode())
        flipped[r.randrange(len(flipped))] ^= 1 << r.randrange(8)
        return bytes(flipped[: r.randrange(len(flipped))] if r.random() < 0.3 else flipped)
    try:
        return json.dumps(spoilt(r, SCHEDULE, depth=5)).encode()
    except (TypeError, ValueError, RecursionError, ZeroDivisionError):
        return b"[" * 50_000


def try_schedules(path: Path, count: int) -> Counter[str]:
    """Read files of faults that are spoilt."""
    tally: Counter[str] = Counter()
    for case, r in cases("schedules", count):
        data = spoilt_schedule(r)
        path.write_bytes(data)
        how = outcome(lambda: read_schedule(path, NODES), f"{case}: {data[:200]!r}")
        tally[how] += 1
        if how == "read":  # and what was read says the same, written again
            text = read_schedule(path, NODES).text()
            path.write_text(text, encoding="utf-8")
            assert read_schedule(path, NODES).text() == text, case
    return tally


def try_runs(folder: Path, count: int) -> Counter[str]:
    """Run nodes with spoilt schedules: what a run records is right, or the schedule is refused."""
    tally: Counter[str] = Counter()
    args = ["simulate", "lamps.py", "--steps", "150", "--faults", "faults.json", "--out", "made"]
    for case, r in cases("runs with schedules", count):
        data = spoilt_schedule(r)
        (folder / "faults.json").write_bytes(data)
        shutil.rmtree(folder / "made", ignore_errors=True)
        status, said = run(args, f"{case}: {data[:200]!r}")
        assert (status, "\n  fix: " in said) in ((0, False), (2, True)), f"{case}: {said}"
        if status == 0:
            files = [str(p) for p in sorted((folder / "made").glob("*.jsonl"))]
            assert files
            assert run(["trace", "--spec", "lamps.py", *files], case)[0] == 0, case
            again = str(folder / "made" / "faults.json")
            assert read_schedule(Path(again), [p.split("/")[-1][:-6] for p in files]), case
        tally["refused" if status else "run, and its recordings are right"] += 1
    return tally


def run(args: list[str], case: str) -> tuple[int, str]:
    """Run a command in this process; return its status and what it said."""
    found = CliRunner().invoke(main, args)
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise AssertionError(f"{case}: {found.exception!r}") from found.exception
    return found.exit_code, found.output


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the small spec."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lamps.py").write_text(LAMPS, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_written_by_hand_is_read_or_refused(kind: str) -> None:
    assert try_texts(kind, 50 if kind == "scope" else 150)["refused"] > 30


def test_a_spoilt_schedule_is_read_or_refused(tmp_path: Path) -> None:
    assert try_schedules(tmp_path / "faults.json", 150)["refused"] > 50


def test_a_run_with_a_spoilt_schedule_is_recorded_or_refused(folder: Path) -> None:
    tally = try_runs(folder, 20)
    assert min(tally["refused"], tally["run, and its recordings are right"]) > 0


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/full", ".", "nowhere.json"])
def test_what_is_no_schedule_is_not_read(path: str) -> None:
    with pytest.raises(FaultError, match="cannot be read"):
        read_schedule(Path(path), NODES)


@pytest.mark.slow
@pytest.mark.parametrize("kind", GOOD)
def test_much_that_is_written_by_hand(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    tally = try_texts(kind, many(10_000))
    with capsys.disabled():
        print(told(kind, tally))


@pytest.mark.slow
def test_many_spoilt_schedules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = try_schedules(tmp_path / "faults.json", many(20_000))
    with capsys.disabled():
        print(told("spoilt schedules", tally))


@pytest.mark.slow
def test_many_runs_with_spoilt_schedules(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = try_runs(folder, many(1_000))
    with capsys.disabled():
        print(told("runs with spoilt schedules", tally))
