"""How findings are shown: a table in the terminal, JSON, JUnit and HTML files.

Belongs here: presentation. Never here: deciding anything.
"""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from rich.console import Console
from rich.table import Table
from rich.text import Text

from checkers.showing import (
    counterexample_html,
    counterexample_lines,
    print_counterexample,
    print_reach,
    reach_html,
    reach_lines,
)
from checkers.verdict import Finding, Report, Verdict

SCHEMA = 1
"""The version of the JSON form; it changes when a reader of it would have to."""

RUNS_IN_FULL = 2
"""Of how many findings a run is printed in full; the files have all."""

_STYLE = {
    Verdict.PROVED: "green",
    Verdict.REFUTED: "bold red",
    Verdict.UNKNOWN: "yellow",
    Verdict.BOUND_REACHED: "yellow",
    Verdict.OPEN: "cyan",
}
_HEADINGS = (
    ("safety", "What the spec promises"),
    ("lemma", "Lemmas"),
    ("structural", "Structure"),
)


def show(report: Report, console: Console, *, lemmas: bool = False) -> None:
    """Print the table, then every failure with its counterexample, then the sums."""
    for kind, heading in _HEADINGS:
        rows = [f for f in report.findings if _section(f) == kind]
        if kind == "lemma" and not lemmas:
            rows = [f for f in rows if f.verdict is not Verdict.PROVED]
        if rows:
            console.print(_table(heading, rows))
    runs = 0
    for finding in report.findings:
        failed = finding.verdict in (Verdict.REFUTED, Verdict.UNKNOWN, Verdict.BOUND_REACHED)
        if finding.verdict is Verdict.BOUND_REACHED and report.bound:
            continue
        if failed and not finding.shaky:
            _show_failure(finding, console, in_full=runs < RUNS_IN_FULL)
            runs += finding.reach is not None and finding.reach.run is not None
    shaky = [f.name for f in report.findings if f.shaky]
    asked = [f for f in report.findings if f.shaky and f.reach is not None]
    if shaky:
        console.print()
        console.print(
            f"Not counted as proved, since their proofs assume one of these: {', '.join(shaky)}",
            markup=False,
        )
    for finding in asked:
        assert finding.reach is not None
        for line in reach_lines(finding.reach):
            console.print(Text(f"  {finding.name}: {line}"), soft_wrap=True)
    _show_sums(report, console)


def _section(finding: Finding) -> str:
    return "safety" if finding.kind in ("safety", "step") else finding.kind


def _table(heading: str, rows: list[Finding]) -> Table:
    table = Table(title=heading, title_justify="left", box=None, pad_edge=False)
    table.add_column("property", no_wrap=True)
    table.add_column("what it says", ratio=1)
    table.add_column("verdict", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("obligations", justify="right", no_wrap=True)
    for f in rows:
        count = str(f.obligations) if f.obligations else "-"
        seconds = f"{f.seconds:.2f}" if f.obligations else "-"
        verdict = Text(f.verdict.value, style=_STYLE[f.verdict])
        table.add_row(Text(f.name), Text(f.title), verdict, seconds, count)
    return table


def _show_failure(finding: Finding, console: Console, *, in_full: bool) -> None:
    console.print()
    style = _STYLE[finding.verdict]
    console.print(Text(f"{finding.verdict.value} {finding.name}: {finding.title}", style=style))
    console.print(Text(f"  {finding.reason}"))
    for told in finding.diagnostics[:5]:
        for line in told.splitlines():
            console.print(Text(f"  {line}"), soft_wrap=True)
    if len(finding.diagnostics) > 5:
        console.print(Text(f"  and {len(finding.diagnostics) - 5} more of the kind"))
    shown = [r for r in finding.failures if r.counterexample is not None]
    for result in shown[:1]:
        assert result.counterexample is not None
        print_counterexample(result.counterexample, console)
    if finding.reach is not None:
        print_reach(finding.reach, console, in_full=in_full)
    told_of = shown[:1] or finding.failures[:1]
    others = [r.transition for r in finding.failures if r not in told_of]
    if others:
        console.print(Text(f"  also fails for: {', '.join(others)}"))


def _show_sums(report: Report, console: Console) -> None:
    counts: dict[Verdict, int] = {}
    for f in report.findings:
        counts[f.verdict] = counts.get(f.verdict, 0) + 1
    parts = [f"{n} {v.value}" for v, n in counts.items()]
    obligations = sum(f.obligations for f in report.findings)
    framed = sum(f.by_frame for f in report.findings)
    console.print()
    console.print(
        f"{report.spec}: {', '.join(parts)}; {obligations:,} obligations"
        f" ({framed:,} by frame) in {report.seconds:.1f} s with {report.jobs} jobs",
        soft_wrap=True,
    )
    if report.bound:
        console.print(f"BOUND_REACHED is no proof: it holds in the scope of {report.bound}")
    open_names = [f.name for f in report.findings if f.verdict is Verdict.OPEN]
    if open_names:
        console.print(
            f"OPEN, stated and checked on runs but not proved: {', '.join(open_names)}",
            soft_wrap=True,
        )


# ---------------------------------------------------------------- files


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as plain data; `schema` is its version.

    A failed finding's `reach` tells whether a run breaks it (`docs/counterexamples.md`).
    """
    return {
        "schema": SCHEMA,
        "spec": report.spec,
        "seconds": round(report.seconds, 3),
        "jobs": report.jobs,
        "bound": report.bound,
        "versions": report.versions,
        "exit_status": report.exit_status(),
        "findings": [_finding(f) for f in report.findings],
        **report.details,
    }


def _finding(f: Finding) -> dict[str, Any]:
    return {
        "name": f.name,
        "title": f.title,
        "kind": f.kind,
        "verdict": f.verdict.value,
        "obligations": f.obligations,
        "by_frame": f.by_frame,
        "seconds": round(f.seconds, 3),
        "reason": f.reason,
        "rests_on": list(f.rests_on),
        "diagnostics": f.diagnostics,
        "failures": [
            {
                "transition": r.transition,
                "verdict": r.verdict.value,
                "reason": r.reason,
                "counterexample": None
                if r.counterexample is None
                else counterexample_lines(r.counterexample),
            }
            for r in f.failures
        ],
        "reach": None if f.reach is None else f.reach.data(),
    }


def write_json(report: Report, path: Path) -> None:
    """Write the report as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(as_json(report), indent=2) + "\n", encoding="utf-8")


def _fails(finding: Finding, report: Report) -> bool:
    """Tell whether a finding is less than what was asked for."""
    if finding.verdict is Verdict.BOUND_REACHED:
        return not report.bound
    return finding.verdict not in (Verdict.PROVED, Verdict.OPEN)


def write_junit(report: Report, path: Path) -> None:
    """Write the report as JUnit XML: an open property is skipped, anything unproved fails."""
    suite = ElementTree.Element(
        "testsuite",
        name=f"oathbound verify {report.spec}",
        tests=str(len(report.findings)),
        failures=str(sum(_fails(f, report) for f in report.findings)),
        skipped=str(sum(f.verdict is Verdict.OPEN for f in report.findings)),
        time=f"{report.seconds:.3f}",
    )
    for f in report.findings:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f.kind,
            name=f"{f.name}: {f.title}",
            time=f"{f.seconds:.3f}",
        )
        if f.verdict is Verdict.OPEN:
            ElementTree.SubElement(case, "skipped", message=f.reason)
        elif _fails(f, report):
            told = f.diagnostics + [
                line
                for r in f.failures
                if r.counterexample is not None
                for line in counterexample_lines(r.counterexample)
            ]
            told += [] if f.reach is None else reach_lines(f.reach)
            failure = ElementTree.SubElement(
                case, "failure", type=f.verdict.value, message=f.reason
            )
            failure.text = "\n".join(told)
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; margin-bottom: 2rem; }}
th, td {{ text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #ddd; }}
td.number, th.number {{ text-align: right; }}
.PROVED {{ color: #116611; }} .REFUTED {{ color: #b00020; font-weight: bold; }}
.UNKNOWN, .BOUND_REACHED {{ color: #8a6100; font-weight: bold; }} .OPEN {{ color: #005a8c; }}
pre {{ background: #f5f5f5; padding: 1rem; overflow-x: auto; }}
</style></head><body><h1>{title}</h1><p>{sums}</p>{body}</body></html>
"""


def write_html(report: Report, path: Path) -> None:
    """Write the report as one HTML page."""
    body = []
    for kind, heading in _HEADINGS:
        rows = [f for f in report.findings if _section(f) == kind]
        if not rows:
            continue
        body.append(f"<h2>{heading}</h2><table><tr><th>property</th><th>what it says</th>")
        body.append("<th>verdict</th><th class=number>seconds</th>")
        body.append("<th class=number>obligations</th></tr>")
        for f in rows:
            body.append(
                f"<tr><td>{html.escape(f.name)}</td><td>{html.escape(f.title)}</td>"
                f"<td class={f.verdict.value}>{f.verdict.value}</td>"
                f"<td class=number>{f.seconds:.2f}</td><td class=number>{f.obligations}</td></tr>"
            )
        body.append("</table>")
    for f in report.findings:
        if f.verdict is Verdict.PROVED:
            continue
        body.append(f"<h3 class={f.verdict.value}>{f.verdict.value} {html.escape(f.name)}</h3>")
        body.append(f"<p>{html.escape(f.reason)}</p>")
        body += [f"<pre>{html.escape(told)}</pre>" for told in f.diagnostics]
        for r in f.failures:
            if r.counterexample is not None:
                body.append(counterexample_html(r.counterexample))
        if f.reach is not None:
            body.append(reach_html(f.reach))
    sums = f"{len(report.findings)} findings in {report.seconds:.1f} s"
    if report.bound:
        sums += f". BOUND_REACHED is no proof: it holds in the scope of {report.bound}"
    page = _PAGE.format(
        title=html.escape(f"oathbound verify {report.spec}"), sums=sums, body="".join(body)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
