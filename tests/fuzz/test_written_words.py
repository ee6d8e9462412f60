"""What people write by hand for a run: scopes, constants, faults, weights, schedules of faults.

Stands for: each is read, or refused with what is wrong and how to mend it; nothing else is raised.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from checkers import instances
from checkers.instances import ScopeError
from checkers.liveness import setting as liveness
from checkers.simulation import FaultError, faults, read_rates, read_schedule, read_weights
from model.lang import Spec
from model.lang.load import load
from tests.fuzz.effort import cases, many, told
from tests.fuzz.values import spoilt

NODES = ["n1", "n2", "n3"]
GOOD = {
    "scope": ("radiants=3,terms=2,keys=1", "nodes=2", "radiants=2,Vote=1", "terms=1"),
    "promised scope": ("nodes=2", "radiants=2,Vote=1", "terms=1", "radiants=2,keys=1"),
    "constant": ("founders=n1,n2", "founders=n1", "limit=2"),
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


def try_schedules(path: Path, count: int) -> Counter[str]:
    """Read files of faults that are spoilt, in what they say or in their bytes."""
    tally: Counter[str] = Counter()
    for case, r in cases("schedules", count):
        try:
            data = json.dumps(spoilt(r, SCHEDULE, depth=5)).encode()
        except (TypeError, ValueError, RecursionError, ZeroDivisionError):
            data = b"[" * 50_000
        if r.random() < 0.4:
            flipped = bytearray(json.dumps(SCHEDULE).encode())
            flipped[r.randrange(len(flipped))] ^= 1 << r.randrange(8)
            data = bytes(flipped[: r.randrange(len(flipped))] if r.random() < 0.3 else flipped)
        path.write_bytes(data)
        how = outcome(lambda: read_schedule(path, NODES), f"{case}: {data[:200]!r}")
        tally[how] += 1
        if how == "read":  # and what was read says the same, written again
            text = read_schedule(path, NODES).text()
            path.write_text(text, encoding="utf-8")
            assert read_schedule(path, NODES).text() == text, case
    return tally


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_written_by_hand_is_read_or_refused(kind: str) -> None:
    assert try_texts(kind, 150)["refused"] > 30


def test_a_spoilt_schedule_is_read_or_refused(tmp_path: Path) -> None:
    assert try_schedules(tmp_path / "faults.json", 300)["refused"] > 100


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
