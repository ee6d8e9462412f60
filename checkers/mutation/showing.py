"""What became of mutants, as lines to read and as data.

Belongs here: wording. Never here: judging, or files (`page`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from checkers.mutation.outcome import CHECKS, Fate, Outcome
from checkers.mutation.running import Judged

VERSION = 1
"""Of the data that `--json` writes."""
MARKS = {
    Fate.KILLED: "killed",
    Fate.EQUIVALENT: "equivalent",
    Fate.SURVIVED: "SURVIVED",
    Fate.UNKNOWN: "UNKNOWN",
}
WIDTH = 110


def short(text: str, width: int = WIDTH) -> str:
    """Return a text on one line, cut where it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 3]}..."


def lines(found: Judged, *, everything: bool = False) -> list[str]:
    """Return what became of the mutants: those nobody killed, or all, then how many by check."""
    told = []
    for o in found.outcomes:
        if everything or o.fate is not Fate.KILLED or o.slow:
            told += of_one(o)
    if told:
        told.append("")
    for name, row in by_check(found.outcomes):
        told.append(f"{row['mutants']:>6}  {name:<16} {row['seconds']:>8.1f} s  {row['what']}")
    return [*told, "", summary(found)]


def of_one(o: Outcome) -> list[str]:
    """Return a mutant and what became of it."""
    by = f" by {o.check}, {o.seconds:.2f} s" if o.check else ""
    head = f"{MARKS[o.fate]}{by}: {o.name}  ({o.operator}; {o.where})"
    found = [head, f"    {short(o.told)}"]
    return [*found, f"    {short(o.message)}"] if o.message else found


def by_check(outcomes: Iterable[Outcome]) -> list[tuple[str, dict[str, Any]]]:
    """Return for each check, in their order, how many mutants it killed, and in how much time."""
    every = list(outcomes)
    found = []
    for name, check in CHECKS.items():
        mine = [o for o in every if o.check == name]
        if mine:
            seconds = sum(o.seconds for o in mine)
            slowest = max(o.seconds for o in mine)
            row = {"mutants": len(mine), "seconds": seconds, "slowest": slowest, "what": check.what}
            found.append((name, row))
    for fate, what in (
        (Fate.EQUIVALENT, "the solver proves that it does what the original does"),
        (Fate.SURVIVED, "no check noticed, and a state tells it from the original"),
        (Fate.UNKNOWN, "no check noticed, and nothing tells whether it is the original's equal"),
    ):
        mine = [o for o in every if o.fate is fate]
        if mine:
            seconds = sum(o.seconds for o in mine)
            slowest = max(o.seconds for o in mine)
            row = {"mutants": len(mine), "seconds": seconds, "slowest": slowest, "what": what}
            found.append((MARKS[fate], row))
    return found


def summary(found: Judged) -> str:
    """Return the sum in a line."""
    count = Counter(o.fate for o in found.outcomes)
    recorded = sum(o.recorded for o in found.outcomes)
    slow = sum(o.slow for o in found.outcomes)
    parts = [f"{len(found.outcomes):,} mutants: {count[Fate.KILLED]:,} killed"]
    if recorded:
        parts[-1] += f" ({recorded:,} by what is recorded alone)"
    if slow:
        parts[-1] += f" ({slow:,} by a slow check alone)"
    parts.append(f"{count[Fate.EQUIVALENT]:,} equivalent")
    parts.append(f"{count[Fate.SURVIVED]:,} survived")
    if count[Fate.UNKNOWN]:
        parts.append(f"{count[Fate.UNKNOWN]:,} unknown")
    told = ", ".join(parts)
    told += f"; {found.cpu:.1f} s of CPU time, {found.seconds:.1f} s by the clock"
    told += f", {found.kept:,} kept from before" if found.kept else ""
    if found.chosen < found.all:
        told += f"; of {found.all:,} mutants {found.chosen:,} were asked for"
    if found.cut:
        told += f"; {found.cut}: {found.chosen - len(found.outcomes):,} were not judged"
    return told


def data(found: Judged) -> dict[str, Any]:
    """Return what became of the mutants, as `--json` writes it."""
    return {
        "format": "oathbound mutation",
        "version": VERSION,
        "spec": found.spec,
        "mutants": found.all,
        "asked": found.chosen,
        "cut": found.cut,
        "seconds": round(found.seconds, 1),
        "outcomes": [o.data() for o in found.outcomes],
    }


def by_operator(outcomes: Sequence[Outcome]) -> list[tuple[str, Counter[Fate], int]]:
    """Return for each operator its mutants by fate, and how many only a record kills."""
    operators = sorted({o.operator for o in outcomes})
    found = []
    for operator in operators:
        mine = [o for o in outcomes if o.operator == operator]
        found.append((operator, Counter(o.fate for o in mine), sum(o.recorded for o in mine)))
    return found
