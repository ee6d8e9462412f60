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
OPEN = "proofs open"
OPEN_TOO = "a short attempt left it open whether an oath is broken as well"
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
        told.append(f"{row['mutants']:>6}  {name:<28} {row['seconds']:>8.1f} s  {row['what']}")
    return [*told, "", summary(found)]


def of_one(o: Outcome) -> list[str]:
    """Return a mutant and what became of it."""
    by = f" by {o.check}, {o.seconds:.2f} s" if o.check else ""
    head = f"{MARKS[o.fate]}{by}: {o.name}  ({o.operator}; {o.where})"
    found = [head, f"    {short(o.told)}"]
    found += [f"    {short(o.message)}"] if o.message else []
    return [*found, f"    open whether it breaks {o.undecided}"] if o.undecided else found


def by_check(outcomes: Iterable[Outcome]) -> list[tuple[str, dict[str, Any]]]:
    """Return for each check, in their order, how many mutants it killed, and in how much time."""
    every = list(outcomes)
    found = []
    for name, check in CHECKS.items():
        mine = [o for o in every if o.check == name]
        rows = (
            (name, [o for o in mine if not o.undecided], check.what),
            (f"{name}, {OPEN}", [o for o in mine if o.undecided], f"{check.what}; {OPEN_TOO}"),
        )
        found += [(title, _row(some, what)) for title, some, what in rows if some]
    for fate, what in (
        (Fate.EQUIVALENT, "the solver proves that it does what the original does"),
        (Fate.SURVIVED, "no check noticed, and a state tells it from the original"),
        (Fate.UNKNOWN, "no check noticed, and nothing tells whether it is the original's equal"),
    ):
        mine = [o for o in every if o.fate is fate]
        if mine:
            found.append((MARKS[fate], _row(mine, what)))
    return found


def _row(mine: Sequence[Outcome], what: str) -> dict[str, Any]:
    seconds = [o.seconds for o in mine]
    return {"mutants": len(mine), "seconds": sum(seconds), "slowest": max(seconds), "what": what}


def summary(found: Judged, *, clock: bool = True) -> str:
    """Return the sum in a line; without `clock` what is another in every run is left out."""
    count = Counter(o.fate for o in found.outcomes)
    recorded = sum(o.recorded for o in found.outcomes)
    undecided = sum(bool(o.undecided) for o in found.outcomes)
    slow = sum(o.slow for o in found.outcomes)
    parts = [f"{len(found.outcomes):,} mutants: {count[Fate.KILLED]:,} killed"]
    if recorded:
        parts[-1] += f" ({recorded:,} by what is recorded alone)"
    if undecided:
        parts[-1] += f" ({undecided:,} by a record, {OPEN})"
    if slow:
        parts[-1] += f" ({slow:,} by a slow check alone)"
    parts.append(f"{count[Fate.EQUIVALENT]:,} equivalent")
    parts.append(f"{count[Fate.SURVIVED]:,} survived")
    if count[Fate.UNKNOWN]:
        parts.append(f"{count[Fate.UNKNOWN]:,} unknown")
    told = ", ".join(parts)
    if clock:
        told += f"; {found.cpu:.1f} s of CPU time, {found.seconds:.1f} s by the clock"
    if clock and found.kept:
        told += f", {found.kept:,} kept from before ({found.before:.1f} s then)"
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
        "cpu": round(found.cpu, 1),
        "kept": found.kept,
        "outcomes": [o.data() for o in found.outcomes],
    }


def by_operator(outcomes: Sequence[Outcome]) -> list[tuple[str, Counter[Fate], int, int]]:
    """Return for each operator its mutants by fate, and how many only a record kills.

    The last number is of those that a record kills while it is open whether they break an oath.
    """
    operators = sorted({o.operator for o in outcomes})
    found = []
    for operator in operators:
        mine = [o for o in outcomes if o.operator == operator]
        records = (sum(o.recorded for o in mine), sum(bool(o.undecided) for o in mine))
        found.append((operator, Counter(o.fate for o in mine), *records))
    return found
