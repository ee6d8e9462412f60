"""What runs did, covered and broke, as lines and as JSON.

Belongs here: words. Never here: deciding anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from checkers.simulation.running import FAULTS, SimulationReport

SCHEMA = 1
"""The version of the JSON form; it changes when a reader of it would have to."""


def lines(reports: Sequence[SimulationReport], seconds: float, again: str, spec: str) -> list[str]:
    """Return what is printed; `again` is the command that repeats the last run of `spec`."""
    found = []
    last = reports[-1]
    for step, event, violation in last.broken:
        found += [f"BROKEN {violation}", f"  by step {step} of seed {last.seed}, {event}"]
    steps = sum(r.steps for r in reports)
    messages = sum(r.messages for r in reports)
    rate = f", {steps / seconds:,.0f} a second" if seconds else ""
    runs = f" in {len(reports)} runs" if len(reports) > 1 else ""
    found.append(
        f"{steps:,} steps of {len(last.nodes)} nodes ({', '.join(last.nodes)}){runs},"
        f" {messages:,} messages; {seconds:.1f} s{rate}"
    )
    rules = [t for t in last.spec.transitions if t.kind == "rule"]
    faults = sum((r.faults for r in reports), Counter())
    told = ", ".join(f"{count:,} {name}" for name, count in sorted(faults.items()))
    found.append(f"what went wrong: {told or 'nothing'}")
    left = never(reports)
    found.append(
        f"{len(rules) - len(left)} of {len(rules)} rules fired; never: {', '.join(left) or 'none'}"
    )
    if last.ended:
        found.append("in the last run, nothing could happen any more")
    if last.interrupted:
        found.append("interrupted")
    if not last.broken:
        found.append("no safety property broke in these steps")
    found.append(f"the {'last' if runs else 'same'} run again: {again}")
    if last.files:
        folder = last.files[0].parent
        target = "" if spec == "order" else f" --spec {spec}"
        found.append(f"what went wrong in it, to be repeated or changed: {folder / FAULTS}")
        found.append(f"to validate its recordings: oathbound trace {folder}/*.jsonl{target}")
    return found


def never(reports: Sequence[SimulationReport]) -> list[str]:
    """Return the rules that fired in none of the runs."""
    rows = sum((r.rows for r in reports), Counter[str]())
    rules = [t.label for t in reports[0].spec.transitions if t.kind == "rule"]
    return [label for label in rules if not rows[label]]


def data(reports: Sequence[SimulationReport], seconds: float) -> dict[str, Any]:
    """Return it for JSON."""
    last = reports[-1]
    return {
        "schema": SCHEMA,
        "spec": last.spec.name,
        "seeds": [r.seed for r in reports],
        "nodes": last.nodes,
        "steps": sum(r.steps for r in reports),
        "messages": sum(r.messages for r in reports),
        "rows": dict(sorted(sum((r.rows for r in reports), Counter[str]()).items())),
        "replies": dict(sorted(sum((r.replies for r in reports), Counter[str]()).items())),
        "never": never(reports),
        "faults": dict(sorted(sum((r.faults for r in reports), Counter[str]()).items())),
        "broken": [
            {"step": step, "event": str(event), "property": v.statement.name, "told": str(v)}
            for step, event, v in last.broken
        ],
        "files": [str(path) for r in reports for path in r.files],
        "interrupted": last.interrupted,
        "seconds": round(seconds, 3),
    }
