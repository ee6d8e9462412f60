"""What a run did, covered and broke, as lines and as JSON.

Belongs here: words. Never here: deciding anything.
"""

from __future__ import annotations

from typing import Any

from checkers.simulation.running import FAULTS, SimulationReport

SCHEMA = 1


def lines(report: SimulationReport, seconds: float, again: str, spec: str) -> list[str]:
    """Return what is printed; `again` is the command that gives the same run of `spec`."""
    found = []
    for step, event, violation in report.broken:
        found += [f"BROKEN {violation}", f"  by step {step}, {event}"]
    rules = [t for t in report.spec.transitions if t.kind == "rule"]
    fired = len(rules) - len(report.never)
    faults = ", ".join(f"{count:,} {name}" for name, count in sorted(report.faults.items()))
    rate = f", {report.steps / seconds:,.0f} a second" if seconds else ""
    found.append(
        f"{report.steps:,} steps of {len(report.nodes)} nodes ({', '.join(report.nodes)}),"
        f" {report.messages:,} messages; {seconds:.1f} s{rate}"
    )
    found.append(f"what went wrong: {faults or 'nothing'}")
    found.append(f"{fired} of {len(rules)} rules fired; never: {', '.join(report.never) or 'none'}")
    if report.ended:
        found.append("nothing could happen any more")
    if report.interrupted:
        found.append("interrupted")
    if not report.broken:
        found.append("no safety property broke in this run")
    found.append(f"the same run again: {again}")
    if report.files:
        folder = report.files[0].parent
        target = "" if spec == "order" else f" --spec {spec}"
        found.append(f"what went wrong, to be repeated or changed: --faults {folder / FAULTS}")
        found.append(f"to validate the recordings: oathbound trace {folder}/*.jsonl{target}")
    return found


def data(report: SimulationReport, seconds: float) -> dict[str, Any]:
    """Return it for JSON."""
    return {
        "schema": SCHEMA,
        "spec": report.spec.name,
        "seed": report.seed,
        "nodes": report.nodes,
        "steps": report.steps,
        "messages": report.messages,
        "rows": dict(sorted(report.rows.items())),
        "replies": dict(sorted(report.replies.items())),
        "never": report.never,
        "faults": dict(sorted(report.faults.items())),
        "broken": [
            {"step": step, "event": str(event), "property": v.statement.name, "told": str(v)}
            for step, event, v in report.broken
        ],
        "files": [str(path) for path in report.files],
        "interrupted": report.interrupted,
        "seconds": round(seconds, 3),
    }
