"""What goes wrong in a run: how often, as a line of text; or just what and when, as a file.

    loss=0.1,duplicate=0.05,crash=0.01,partition=0.02,delay=1-20,down=5-60,cut=20-200

`loss` and `duplicate` are shares of the messages; `crash` and `partition` are how likely one begins
before a step. A message takes `delay` ticks, a crashed node is down for `down` steps, a partition
lasts `cut` steps. A run tells what went wrong as a schedule:

    {"oathbound":"faults","schema":1,"delay":[1,20],"faults":[
    {"message":17,"lose":true},
    {"message":23,"again":4},
    {"step":120,"crash":"n1","for":40},
    {"step":300,"partition":[["n1"],["n2","n3"]],"for":80}
    ]}

Messages are counted as they are sent, each receiver's for itself; steps are what nodes handle.

Belongs here: reading and writing both. Never here: carrying faults out (`network`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeAlias

from checkers.reading import read_plain

SCHEMA = 1
MARK = "faults"
MOST_BYTES = 1 << 26
"""Of a schedule: that of a million faults is shorter."""
MOST = 1_000_000
NONE = "none"
"""What is written for no faults."""
_DECIMAL = re.compile(r"\d{1,9}(\.\d{0,9})?|\.\d{1,9}", re.ASCII)
Span: TypeAlias = tuple[int, int]


class FaultError(Exception):
    """Faults that cannot be read: what is wrong, and what mends it."""

    def __init__(self, what: str, fix: str) -> None:
        self.what, self.fix = what, fix
        super().__init__(f"{what}: {fix}")


@dataclass(frozen=True)
class Rates:
    """How often what goes wrong, and for how long."""

    loss: float = 0.0
    duplicate: float = 0.0
    crash: float = 0.0
    partition: float = 0.0
    delay: Span = (1, 10)
    down: Span = (5, 60)
    cut: Span = (20, 200)

    def __str__(self) -> str:
        """Return it as it is read."""
        told = []
        for one in fields(self):
            value = getattr(self, one.name)
            text = f"{value[0]}-{value[1]}" if isinstance(value, tuple) else f"{value:g}"
            told.append(f"{one.name}={text}")
        return ",".join(told)


@dataclass(frozen=True)
class Crash:
    """A node crashes before a step, and is down for so many."""

    step: int
    node: str
    steps: int


@dataclass(frozen=True)
class Partition:
    """From a step on, for so many, messages reach nobody outside their sender's group."""

    step: int
    groups: tuple[tuple[str, ...], ...]
    steps: int


@dataclass
class Schedule:
    """What goes wrong, and when."""

    delay: Span = (1, 10)
    lost: set[int] = field(default_factory=set)
    again: dict[int, int] = field(default_factory=dict)
    """By number of message: after how many ticks it arrives again."""
    crashes: list[Crash] = field(default_factory=list)
    partitions: list[Partition] = field(default_factory=list)

    def text(self) -> str:
        """Return it as a file holds it, one fault a line, in order."""
        lines: list[dict[str, Any]] = []
        for number in sorted({*self.lost, *self.again}):
            if number in self.lost:
                lines.append({"message": number, "lose": True})
            if number in self.again:
                lines.append({"message": number, "again": self.again[number]})
        for crash in self.crashes:
            lines.append({"step": crash.step, "crash": crash.node, "for": crash.steps})
        for cut in self.partitions:
            groups = [list(group) for group in cut.groups]
            lines.append({"step": cut.step, "partition": groups, "for": cut.steps})
        told = ",\n".join(json.dumps(line, separators=(",", ":")) for line in lines)
        head = f'{{"oathbound":"{MARK}","schema":{SCHEMA},"delay":[{self.delay[0]},{self.delay[1]}]'
        return f'{head},"faults":[\n{told}\n]}}\n'


# ---------------------------------------------------------------- rates


def read_rates(text: str) -> Rates:
    """Return the rates that a text asks for. Raises `FaultError` where it cannot be read."""
    known = {one.name: one for one in fields(Rates)}
    found: dict[str, Any] = {}
    if text.strip() == NONE:
        return Rates()
    for part in _parts(text, f"write {NONE} for no faults, or NAME=VALUE of {', '.join(known)}"):
        name, equals, value = (x.strip() for x in part.partition("="))
        if name not in known or not equals:
            raise FaultError(f"{part}: no such fault", f"write NAME=VALUE of {', '.join(known)}")
        if name in found:
            raise FaultError(f"{part}: {name} is there twice", "say it once")
        is_span = isinstance(known[name].default, tuple)
        found[name] = _span(part, value) if is_span else _rate(part, value)
    return Rates(**found)


def read_weights(text: str, known: Iterable[str]) -> dict[str, float]:
    """Return how often what happens, as `ReportFault=0.1,GetStatus=0`. Raises `FaultError`."""
    names = list(known)
    found: dict[str, float] = {}
    for part in _parts(text, f"leave it out, or write NAME=NUMBER of {', '.join(names)}"):
        name, equals, value = (x.strip() for x in part.partition("="))
        if name not in names or not equals:
            raise FaultError(
                f"{part}: no such timer or request", f"write NAME=NUMBER of {', '.join(names)}"
            )
        if name in found:
            raise FaultError(f"{part}: {name} is there twice", "say it once")
        found[name] = _decimal(value)
        if not (found[name] == 0 or 0.001 <= found[name] <= 1000):
            raise FaultError(f"{part}: it is no weight", "write 0, or a number from 0.001 to 1000")
    return found


def _parts(text: str, fix: str) -> list[str]:
    """Return what stands between commas."""
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        what = "nothing between two commas" if any(parts) else "nothing is said"
        raise FaultError(f"{text!r}: {what}", fix)
    return parts


def _decimal(text: str) -> float:
    """Return a number as it is usually written, -1 for what is none: Python reads more as one."""
    return float(text) if _DECIMAL.fullmatch(text) else -1.0


def _rate(part: str, value: str) -> float:
    number = _decimal(value)
    if not 0 <= number <= 1:
        raise FaultError(f"{part}: it is no share", "write a number from 0 to 1, such as 0.1")
    return number


def _span(part: str, value: str) -> Span:
    low, dash, high = value.partition("-")
    if not dash:
        high = low
    if not all(x.isdecimal() and x.isascii() and len(x) < 10 for x in (low, high)):
        raise FaultError(f"{part}: it is no range", "write two numbers, such as 1-20")
    span = (int(low), int(high))
    if not 1 <= span[0] <= span[1] <= MOST:
        raise FaultError(f"{part}: it is no range", f"write two numbers from 1 to {MOST}, upwards")
    return span


# ---------------------------------------------------------------- schedules


def read_schedule(path: Path, nodes: Iterable[str]) -> Schedule:
    """Return the schedule in a file. Raises `FaultError` where it is none of these nodes'."""
    try:
        data = json.loads(read_plain(path, MOST_BYTES).decode())
    except OSError as error:
        reason = f"{path}: it cannot be read: {error.strerror}"
        raise FaultError(reason, "name a file that `oathbound simulate --out` wrote") from None
    except (ValueError, RecursionError) as error:
        raise FaultError(f"{path}: it is no JSON: {error}", _FIX) from None
    if not isinstance(data, dict) or data.get("oathbound") != MARK or data.get("schema") != SCHEMA:
        what = f'{path}: it has no "oathbound":"{MARK}","schema":{SCHEMA}'
        raise FaultError(what, _FIX)
    delay: Any = data.get("delay")
    faults = data.get("faults")
    if not isinstance(faults, list) or set(data) != {"oathbound", "schema", "delay", "faults"}:
        what = f"{path}: it has other members than oathbound, schema, delay, faults"
        raise FaultError(what, _FIX)
    if not (_numbers(delay, 1) and len(delay) == 2 and delay[0] <= delay[1]):
        raise FaultError(f"{path}: delay is no range of ticks", "write for example [1, 20]")
    schedule = Schedule((delay[0], delay[1]))
    known = list(nodes)
    for at, fault in enumerate(faults, 1):
        _read_fault(schedule, fault, known, f"{path}: fault {at} ({json.dumps(fault)[:80]})")
    schedule.crashes.sort(key=lambda c: (c.step, known.index(c.node)))
    schedule.partitions.sort(key=lambda c: c.step)
    return schedule


_FIX = "write it as docs/traces.md says"


def _numbers(value: Any, least: int) -> bool:
    return isinstance(value, list) and all(_number(x, least) for x in value)


def _number(value: Any, least: int) -> bool:
    return type(value) is int and least <= value <= 10**12


def _read_fault(schedule: Schedule, fault: Any, nodes: Sequence[str], place: str) -> None:
    if not isinstance(fault, dict):
        raise FaultError(f"{place}: it is no object", _FIX)
    match fault:
        case {"message": number, "lose": True} if len(fault) == 2 and _number(number, 1):
            schedule.lost.add(number)
        case {"message": number, "again": ticks} if len(fault) == 2 and _number(number, 1):
            if not _number(ticks, 1):
                raise FaultError(f"{place}: `again` is no number of ticks", _FIX)
            schedule.again[number] = ticks
        case {"step": step, "crash": node, "for": steps} if len(fault) == 3:
            if not (_number(step, 1) and _number(steps, 1)):
                raise FaultError(f"{place}: `step` and `for` are numbers from 1", _FIX)
            _check_nodes(place, [node], nodes)
            schedule.crashes.append(Crash(step, node, steps))
        case {"step": step, "partition": groups, "for": steps} if len(fault) == 3:
            if not (_number(step, 1) and _number(steps, 1)):
                raise FaultError(f"{place}: `step` and `for` are numbers from 1", _FIX)
            if not isinstance(groups, list) or not all(isinstance(g, list) for g in groups):
                raise FaultError(f"{place}: `partition` is no list of lists of nodes", _FIX)
            _check_nodes(place, [node for group in groups for node in group], nodes)
            cut = Partition(step, tuple(tuple(group) for group in groups), steps)
            schedule.partitions.append(cut)
        case _:
            raise FaultError(f"{place}: it is no fault", _FIX)


def _check_nodes(place: str, named: list[Any], nodes: Sequence[str]) -> None:
    for node in named:
        if node not in nodes:
            raise FaultError(f"{place}: there is no such node", f"name some of {', '.join(nodes)}")
    if len(set(named)) < len(named):
        raise FaultError(f"{place}: a node is there twice", "name it once")
