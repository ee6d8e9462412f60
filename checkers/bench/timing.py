"""How a benchmark measures and what it returns.

Belongs here: timing and the result's form. Never here: what is measured.

Rates are the best of several rounds. In each round every contender runs once, so that what slows
the machine for a while slows all of them, and the ratios hold.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contender:
    """One thing to measure.

    `prepare` builds it and returns what is timed: a call that makes `steps` steps. It raises
    `ImportError` where a package is missing; the contender is then skipped.
    """

    name: str
    prepare: Callable[[], Callable[[], None]]
    steps: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A rate, in steps a second; None with a note where it was skipped."""

    name: str
    rate: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one benchmark, the first the one that the others are compared with."""

    name: str
    title: str
    unit: str
    rows: tuple[Row, ...]
    remarks: tuple[str, ...] = ()


Heard = Callable[[Row], None]
"""Called with each row of a long benchmark as it comes."""

LONGEST = 60.0
"""No round of a race is begun after so many seconds."""


def race(contenders: Sequence[Contender], rounds: int) -> tuple[Row, ...]:
    """Return the best rate of each contender over `rounds` rounds, or those there is time for."""
    running: dict[str, Callable[[], None]] = {}
    missing: dict[str, str] = {}
    best: dict[str, float] = {}
    for one in contenders:
        try:
            running[one.name] = one.prepare()
        except ImportError as error:
            missing[one.name] = f"skipped: {error.name or error} is not installed"
    gc.collect()
    gc.freeze()
    end = time.perf_counter() + LONGEST
    try:
        for at in range(rounds):
            if at and time.perf_counter() > end:
                break
            for one in contenders:
                if one.name in running:
                    took = _seconds(running[one.name])
                    best[one.name] = max(best.get(one.name, 0.0), one.steps / took)
    finally:
        gc.unfreeze()
    return tuple(
        Row(one.name, best.get(one.name), missing.get(one.name, one.note)) for one in contenders
    )


def _seconds(run: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
