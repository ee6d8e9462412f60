"""What a validation found, as lines and as JSON.

Belongs here: words. Never here: deciding anything.
"""

from __future__ import annotations

from textwrap import wrap
from typing import Any

from checkers.traces.results import Broken, Place, Result, Wrong
from checkers.traces.values import safe
from model.evaluate.values import show_value

SCHEMA = 1
"""The version of the JSON form; it changes when a reader of it would have to."""
MOST = 12
"""How many differences, names or notes are shown."""


def lines(result: Result, seconds: float, width: int = 100) -> list[str]:
    """Return what was found, as printed; what is said in sentences is `width` columns wide.

    What is of a recording, a place or a value, stays on its line: it is there to be copied.
    """
    found: list[str] = []
    if result.wrong is not None:
        found += _wrong(result.wrong)
    for broken in result.broken:
        found += _broken(broken)
    for broken in result.perhaps:
        found += _broken(broken, "PERHAPS BROKEN")
    for sentence in (*_notes(result), _summary(result, seconds)):
        found += wrap(
            safe(sentence),
            width,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return [safe(line) for line in found]


def _wrong(wrong: Wrong) -> list[str]:
    found = [f"WRONG {wrong.place}", f"  {wrong.reason}"]
    for one in wrong.differences[:MOST]:
        found += [f"  {one.what}", f"    expected  {one.expected}", f"    recorded  {one.recorded}"]
    if len(wrong.differences) > MOST:
        found.append(f"  and {len(wrong.differences) - MOST} differences more")
    return found + [f"  {line}" for line in wrong.nearest[:MOST]] + [""]


def _broken(broken: Broken, verdict: str = "BROKEN") -> list[str]:
    statement = broken.violation.statement
    values = ", ".join(f"{n}={show_value(v)}" for n, v in broken.violation.witness.items())
    cut = ", ".join(f"{path}:{line}" for path, line in sorted(broken.cut.items()))
    return [
        f"{verdict} {statement.name}: {statement.prop.title}",
        f"  by {broken.place}",
        f"  for {values or 'no values'}",
        f"  at the cut after {cut}",
        *([f"  with {broken.order}, which may be"] if broken.order else []),
        "",
    ]


def _notes(result: Result) -> list[str]:
    found = []
    for path, count in result.torn.items():
        found.append(f"note: {path} ends with half a record ({count} bytes), which is left out")
    if result.unfinished:
        found.append(
            f"note: {result.unfinished} steps were recorded and did not take effect: their node"
            " was killed before it had stored what they asked for"
        )
    for node, count in sorted(result.unmatched.items()):
        found.append(
            f"not determined: whether {node} sent {count} messages that were received of it:"
            " there is no recording of it from its first state on"
        )
    if result.begun:
        found.append(
            f"not determined: whether what {', '.join(result.begun)} loaded at first had been"
            " stored: a recording that begins with a restart does not tell"
        )
    if result.perhaps:
        found.append(
            "not determined: whether what is perhaps broken was so at one moment: without all"
            " recordings nothing tells in which order these nodes did their steps"
        )
    if result.undetermined:
        shown = ", ".join(result.undetermined[:MOST])
        more = len(result.undetermined) - MOST
        found.append(
            f"not determined by these nodes alone: {shown}{f' and {more} more' if more > 0 else ''}"
        )
    if result.interrupted:
        left = ", whose properties are left open" if result.asked else ""
        found.append(f"interrupted: none wrong of the first {result.records:,} records{left}")
    return found


def _summary(result: Result, seconds: float) -> str:
    rate = f"{result.records * max(result.orders, 1) / seconds:,.0f} records/s" if seconds else ""
    orders = f", {result.orders} orders" if result.orders > 1 else ""
    held = _held(result)
    fine = result.wrong is None and not result.broken
    verdict = ("right" if result.is_determined else "nothing wrong") if fine else "WRONG"
    if result.wrong is not None:
        verdict, held = "WRONG", ""
    return (
        f"{verdict}: {result.records:,} records of {len(result.nodes)} nodes of {result.spec},"
        f" {result.restarts} restarts{orders}{held}; {seconds:.1f} s, {rate}"
    )


def _held(result: Result) -> str:
    """Return how many properties hold, and at which cuts: those that were looked at."""
    others = {b.violation.statement.name for b in (*result.broken, *result.perhaps)}
    left = [n for n in result.asked if n not in others and n not in result.undetermined]
    if not left or result.interrupted:
        return ""
    every = [n for n in left if n in result.everywhere]
    visited = [n for n in left if n not in result.everywhere]
    cuts = f"the {result.cuts:,} cuts visited"
    if not every:
        return f", {len(left)} properties held at {cuts}"
    if not visited:
        return f", {len(left)} properties held at every cut that the records determine"
    shown = ", ".join(visited[:MOST]) + (", ..." if len(visited) > MOST else "")
    return (
        f", {len(left)} properties held: {len(every)} at every cut that the records determine,"
        f" {len(visited)} at {cuts} ({shown})"
    )


def data(result: Result, seconds: float, status: int) -> dict[str, Any]:
    """Return what was found, for JSON."""
    return {
        "schema": SCHEMA,
        "spec": result.spec,
        "status": status,
        "files": [str(path) for path in result.files],
        "nodes": result.nodes,
        "records": result.records,
        "restarts": result.restarts,
        "orders": result.orders,
        "wrong": None if result.wrong is None else _wrong_data(result.wrong),
        "broken": [_broken_data(broken) for broken in result.broken],
        "perhaps": [_broken_data(broken) for broken in result.perhaps],
        "begun": result.begun,
        "properties": result.asked,
        "everywhere": result.everywhere,
        "cuts": result.cuts,
        "undetermined": result.undetermined,
        "unmatched": dict(sorted(result.unmatched.items())),
        "torn": {str(path): count for path, count in result.torn.items()},
        "unfinished": result.unfinished,
        "rules": dict(sorted(result.rules.items())),
        "interrupted": result.interrupted,
        "seconds": round(seconds, 3),
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "file": str(place.path),
        "line": place.line,
        "node": place.node,
        "event": place.event,
    }


def _wrong_data(wrong: Wrong) -> dict[str, Any]:
    differences = [
        {"what": d.what, "expected": d.expected, "recorded": d.recorded} for d in wrong.differences
    ]
    return {
        "kind": wrong.kind,
        "reason": wrong.reason,
        **_place(wrong.place),
        "differences": differences,
        "nearest": wrong.nearest,
    }


def _broken_data(broken: Broken) -> dict[str, Any]:
    violation = broken.violation
    return {
        "property": violation.statement.name,
        "title": violation.statement.prop.title,
        "values": {n: show_value(v) for n, v in violation.witness.items()},
        **_place(broken.place),
        "cut": dict(sorted(broken.cut.items())),
        "order": broken.order,
    }
