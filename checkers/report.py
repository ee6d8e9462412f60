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

from checkers import alternation_text
from checkers.showing import (
    counterexample_html,
    counterexample_lines,
    print_counterexample,
    print_reach,
    reach_html,
    reach_lines,
    wrapped,
)
from checkers.verdict import Finding, Report, Verdict
from checkers.writing import write_text

SCHEMA = 2
"""The version of the JSON form; it changes when a reader of it would have to."""

RUNS_IN_FULL = 2
"""Of how many findings a run is printed in full; the files have all."""

_STYLE = {
    Verdict.PROVED: "green",
    Verdict.SHOWN: "cyan",
    Verdict.CHECKED: "cyan",
    Verdict.BOUND_REACHED: "yellow",
    Verdict.OPEN: "magenta",
    Verdict.UNKNOWN: "yellow",
    Verdict.TIMED_OUT: "yellow",
    Verdict.OUT_OF_MEMORY: "yellow",
    Verdict.REFUTED: "bold red",
}
_MEANING = {
    Verdict.SHOWN: "an example was found, no proof",
    Verdict.CHECKED: "computed and compared, no proof",
    Verdict.OPEN: "stated, not proved",
    Verdict.UNKNOWN: "not decided",
    Verdict.TIMED_OUT: "not decided in the given time",
    Verdict.OUT_OF_MEMORY: "not decided in the given memory",
}
"""What a verdict that is no proof means, in a few words."""
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
        if _is_told(finding, report):
            _show_failure(finding, console, in_full=runs < RUNS_IN_FULL)
            runs += finding.reach is not None and finding.reach.run is not None
    asked = [f for f in report.findings if f.shaky and f.reach is not None]
    shaky = [f.name for f in report.findings if f.shaky]
    if shaky:
        console.print()
        console.print(
            f"Not counted, since something they rest on is not established: {', '.join(shaky)}",
            markup=False,
        )
    for finding in asked:
        assert finding.reach is not None
        for line in reach_lines(finding.reach):
            for part in wrapped(f"  {finding.name}: {line}", console.width):
                console.print(Text(part), soft_wrap=True)
    _show_sums(report, console)


def _is_told(finding: Finding, report: Report) -> bool:
    """Tell whether a finding is told at length: it is no success, and by its own fault."""
    if finding.verdict.holds or finding.verdict is Verdict.OPEN or finding.shaky:
        return False
    return not report.satisfied(finding)


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
    console.print()
    for line in sums(report):
        console.print(line, markup=False)


def sums(report: Report) -> list[str]:
    """Return how many findings have which verdict, what that took, and what is no success."""
    counts = [(v, sum(f.verdict is v for f in report.findings)) for v in Verdict]
    parts = [f"{n} {v.value}" for v, n in counts if n]
    obligations = sum(f.obligations for f in report.findings if f.verdict not in _NO_PROOFS)
    framed = sum(f.by_frame for f in report.findings)
    told = [
        f"{report.spec}: {', '.join(parts)}; {obligations:,} obligations"
        f" ({framed:,} by frame) in {report.seconds:.1f} s with {report.jobs} job"
        f"{'s' if report.jobs != 1 else ''}"
    ]
    if report.details.get("unchanged"):
        told.append("nothing has changed since these were checked; --no-cache checks them again")
    elif kept := report.details.get("answers", {}).get("kept"):
        told.append(f"{kept:,} of the answers are kept from earlier runs; --no-cache asks again")
    meanings = [f"{v.value}: {_MEANING[v]}" for v, n in counts if n and v in _MEANING]
    if meanings:
        told.append("; ".join(meanings))
    if report.bound:
        told.append(f"BOUND_REACHED is no proof: it holds in the scope of {report.bound}")
    if fragment := alternation_text.line(report.details.get("fragment", _NO_FRAGMENT)):
        told.append(fragment)
    if without := report.details.get("node", {}).get("none"):
        told.append(f"no node is compared with the rules, since none can be generated: {without}")
    told += needs_lines(report.details.get("needs"))
    if promised := report.details.get("promised"):
        told.append(
            f"not looked at here, since no induction decides it: {', '.join(promised)};"
            " `oathbound liveness` checks it in a bounded scope"
        )
    for accepted in (False, True):
        names = [
            f.name
            for f in report.findings
            if f.verdict is Verdict.OPEN and report.satisfied(f) is accepted
        ]
        if names:
            ran = "checked on runs" if report.details.get("runs") else "not checked at all here"
            how = "accepted by --allow-open" if accepted else "no success"
            told.append(f"OPEN, {ran}, {how}: {', '.join(names)}")
    return told


def needs_lines(needs: dict[str, Any] | None) -> list[str]:
    """Return which lemmas and guards nothing needs, or that this was not asked."""
    if not needs or not needs["clauses"]:
        return []
    if not needs["asked"]:
        unused = (
            f"{len(needs['in_no_core']):,} of {needs['clauses']:,} guard clauses are in no proof"
        )
        return [f"{unused}; `oathbound needs` tells what no test needs either"]
    names = (", ".join(needs["guards"]) or "none", ", ".join(needs["lemmas"]) or "none")
    declared = len(needs["declared"])
    beside = f" (beside {declared} declared roles that a rule asks for again)" if declared else ""
    return [f"guards that no proof and no test needs: {names[0]}{beside}; lemmas: {names[1]}"]


_NO_PROOFS = (Verdict.SHOWN, Verdict.CHECKED)
_NO_FRAGMENT = {"obligations": 0}


# ---------------------------------------------------------------- files


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as plain data; `schema` is its version."""
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
    write_text(path, json.dumps(as_json(report), indent=2) + "\n")


def write_junit(report: Report, path: Path) -> None:
    """Write the report as JUnit XML: what is less than asked for fails.

    What is open and accepted is skipped.
    """
    failing = [f for f in report.findings if not report.satisfied(f)]
    skipped = [f for f in report.findings if f.verdict is Verdict.OPEN and f not in failing]
    suite = ElementTree.Element(
        "testsuite",
        name=f"oathbound verify {report.spec}",
        tests=str(len(report.findings)),
        failures=str(len(failing)),
        skipped=str(len(skipped)),
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
        properties = ElementTree.SubElement(case, "properties")
        ElementTree.SubElement(properties, "property", name="verdict", value=f.verdict.value)
        if f in skipped:
            ElementTree.SubElement(case, "skipped", message=f.reason)
        elif f in failing:
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
.SHOWN, .CHECKED {{ color: #005a8c; }} .OPEN {{ color: #7a2a8a; font-weight: bold; }}
.UNKNOWN, .TIMED_OUT, .OUT_OF_MEMORY, .BOUND_REACHED {{ color: #8a6100; font-weight: bold; }}
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
        if f.verdict.holds:
            continue
        body.append(f"<h3 class={f.verdict.value}>{f.verdict.value} {html.escape(f.name)}</h3>")
        body.append(f"<p>{html.escape(f.reason)}</p>")
        body += [f"<pre>{html.escape(told)}</pre>" for told in f.diagnostics]
        for r in f.failures:
            if r.counterexample is not None:
                body.append(counterexample_html(r.counterexample))
        if f.reach is not None:
            body.append(reach_html(f.reach))
    body += _used(report)
    body.append(alternation_text.page(report.details.get("fragment", _NO_FRAGMENT)))
    page = _PAGE.format(
        title=html.escape(f"oathbound verify {report.spec}"),
        sums="<br>".join(html.escape(line) for line in sums(report)),
        body="".join(body),
    )
    write_text(path, page)


def _used(report: Report) -> list[str]:
    """Return what each proof used: the statements of each property, the guards of each rule."""
    told = ["<h2>What the proofs used</h2><table><tr><th>property</th><th>rests on</th></tr>"]
    for f in report.findings:
        if f.rests_on:
            names = html.escape(", ".join(f.rests_on))
            told.append(f"<tr><td>{html.escape(f.name)}</td><td>{names}</td></tr>")
    told.append("</table>")
    guards = report.details.get("guards", {})
    if guards:
        told.append("<table><tr><th>rule</th><th>guard</th>")
        told.append("<th class=number>proofs that used it</th><th>without it</th></tr>")
    for rule, clauses in guards.items():
        for at, clause in enumerate(clauses):
            name = html.escape(rule) if at == 0 else ""
            told.append(
                f"<tr><td>{name}</td><td>{html.escape(clause['guard'])}</td>"
                f"<td class=number>{clause['proofs']}</td>"
                f"<td>{html.escape(clause.get('need', 'not asked'))}</td></tr>"
            )
    if guards:
        told.append("</table>")
    return told
