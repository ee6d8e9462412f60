"""How a counterexample is shown: on a terminal, as plain text, in a page, and in files of its own.

Belongs here: presentation. Never here: deciding or finding anything.
"""

from __future__ import annotations

import html
import re
import textwrap
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from checkers.story import Counterexample, Line, Part, Reachability, ToldRun, plain
from checkers.verdict import Finding, Report
from checkers.writing import write_text

MARK = "bold yellow"
LEGEND = ": what is broken hangs on it; what is not shown has its first value"


def wrapped(line: str, width: int | None) -> list[str]:
    """Return a line as lines of a width (None: of any); the further ones stand deeper."""
    if width is None or len(line) <= width:
        return [line]
    deeper = " " * min(len(line) - len(line.lstrip()) + 4, width // 2)
    found = textwrap.wrap(
        line,
        width,
        subsequent_indent=deeper,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return found or [line]


def counterexample_lines(told: Counterexample) -> list[str]:
    """Return a step that breaks a property as plain lines; what matters is between asterisks."""
    return [plain(line) for line in _counterexample(told)]


def _counterexample(told: Counterexample) -> Iterator[Line]:
    kind = "the smallest" if told.smallest else "a small"
    if not told.transition:
        yield (Part(f"{kind} first state that breaks it ({told.scope}):"),)
        yield from _indented(4, told.before)
    else:
        yield (Part(f"{kind} counterexample to induction ({told.scope}):"),)
        yield (Part("  before"),)
        yield from _indented(4, told.before)
        yield (Part(f"  step, by {_rule(told.transition)}"),)
        yield (Part(f"    {told.event}"),)
        if told.after:
            yield (Part("  after"),)
            yield from _indented(4, told.after)
    if told.broken:
        yield (Part(f"  broken: {told.broken}"),)
    if not told.replayed:
        yield (Part("  NOT confirmed by the reference evaluator: please report this"),)
        if told.note:
            yield (Part(f"  note: {told.note}"),)
        return
    yield (Part(f"  replayed by the reference evaluator; {told.claim}"),)
    if any(p.marked for line in (*told.before, *told.after) for p in line):
        yield (Part("  "), Part("marked", True), Part(LEGEND))


def _rule(transition: str) -> str:
    return f"{'rules' if ' / ' in transition else 'rule'} {transition}"


def _indented(by: int, lines: tuple[Line, ...]) -> Iterator[Line]:
    for line in lines:
        yield (Part(" " * by), *line)


def reach_lines(
    reach: Reachability, *, in_full: bool = True, file: str = "", width: int | None = None
) -> list[str]:
    """Return whether a run breaks the property, and the run, as plain lines.

    `file`: the program that replays it, if it was written.
    """
    lines = [reach.sentence()]
    if reach.searched and reach.run is None:
        lines.append(f"  nor in {reach.searched}")
    if reach.note:
        lines.append(f"  note: {reach.note}")
    if reach.run is not None and not in_full:
        lines.append(f"  {reach.run.broken}; --counterexamples DIR writes the run")
    lines = [part for line in lines for part in wrapped(line, width)]
    if reach.run is not None and in_full:
        within = None if width is None else width - 2
        lines += [f"  {line}" for line in run_lines(reach.run, file, within)]
    return lines


def run_lines(run: ToldRun, file: str = "", width: int | None = None) -> list[str]:
    """Return a run as numbered steps, and as a diagram, which alone may be wider than `width`."""
    config = ", ".join(f"{n} = {v}" for n, v in run.config)
    lines = [f"the run ({config or 'no configuration'}), found by {run.found_by}:"]
    for step in run.steps:
        if step.number == run.loop:
            lines.append("     -- the loop:")
        lines.append(f"{step.number:>4} {step.title}  [{step.rule}]")
        if step.changes:
            lines.append(f"       {', '.join(step.changes)}")
        if step.sends:
            lines.append(f"       sends {', '.join(step.sends)}")
        if step.ghosts:
            lines.append(f"       {', '.join(step.ghosts)}")
    if run.loop is not None:
        lines.append(f"     -- {run.goes_on()}")
    lines.append(f"     broken: {run.broken}")
    lines.append("replayed by the reference evaluator, step by step; as a diagram:")
    if run.no_program:
        last = f"no program replays it on generated nodes: {run.no_program}"
    elif file:
        last = f"{file} replays it on generated nodes"
    else:
        last = "a program that replays it on generated nodes: --counterexamples DIR writes it"
    above = [part for line in lines for part in wrapped(line, width)]
    return [*above, "", *run.chart.splitlines(), "", *wrapped(last, width)]


# ---------------------------------------------------------------- on a console


def print_counterexample(told: Counterexample, console: Console) -> None:
    """Print a step; on a terminal what matters is coloured."""
    for line in _counterexample(told):
        if console.is_terminal and not console.no_color:
            text = Text("  ")
            for part in line:
                text.append(part.text, style=MARK if part.marked else "")
            _print_wrapped(text, console)
            continue
        for one in wrapped(f"  {plain(line)}", console.width):
            console.print(Text(one), soft_wrap=True)


def _print_wrapped(text: Text, console: Console) -> None:
    """Print a line with its colours; the further ones stand deeper."""
    rest = text
    deeper = " " * min(len(text.plain) - len(text.plain.lstrip()) + 4, console.width // 2)
    while len(rest.plain) > console.width:
        start = len(rest.plain) - len(rest.plain.lstrip())
        at = rest.plain.rfind(" ", start, console.width + 1)
        at = at if at > start else rest.plain.find(" ", console.width)
        if at < 0:
            break
        console.print(rest[:at], soft_wrap=True)
        rest = Text(deeper) + rest[at + 1 :]
    console.print(rest, soft_wrap=True)


def print_reach(reach: Reachability, console: Console, *, in_full: bool = True) -> None:
    """Print whether a run breaks the property, and the run."""
    for line in reach_lines(reach, in_full=in_full, width=console.width - 2):
        console.print(Text(f"  {line}"), soft_wrap=True)


# ---------------------------------------------------------------- in a page


def counterexample_html(told: Counterexample) -> str:
    """Return a step as HTML; what matters is marked."""
    lines = []
    for line in _counterexample(told):
        parts = (
            f"<mark>{html.escape(p.text)}</mark>" if p.marked else html.escape(p.text) for p in line
        )
        lines.append("".join(parts))
    return f"<pre>{chr(10).join(lines)}</pre>"


def reach_html(reach: Reachability) -> str:
    """Return whether a run breaks the property, and the run with its picture, as HTML."""
    told = [f"<p>{html.escape(reach.sentence())}</p>"]
    for more in (
        f"nor in {reach.searched}" if reach.searched and not reach.run else "",
        reach.note,
    ):
        if more:
            told.append(f"<p>{html.escape(more)}</p>")
    if reach.run is None:
        return "".join(told)
    run = reach.run
    data = b64encode(run.svg.encode()).decode()
    words = html.escape(f"message-sequence diagram of the run that breaks {run.property}")
    told.append(f'<p><img style="max-width:100%" alt="{words}"')
    told.append(f' src="data:image/svg+xml;base64,{data}"></p>')
    steps = html.escape("\n".join(run_lines(run)))
    told.append(f"<details><summary>the steps</summary><pre>{steps}</pre></details>")
    if run.program:
        told.append("<details><summary>as a program that replays it on generated nodes</summary>")
        told.append(f"<pre>{html.escape(run.program)}</pre></details>")
    return "".join(told)


# ---------------------------------------------------------------- in files


def write_counterexamples(report: Report, folder: Path) -> list[Path]:
    """Write for each failed property what was found: text, and of a run picture and program."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for finding in report.findings:
        stem = re.sub(r"\W+", "_", finding.name).strip("_")
        taken = {path.stem for path in written}
        stem = stem if stem not in taken else f"{stem}_{len(taken)}"
        for suffix, text in _files(finding, f"{stem}.py").items():
            path = folder / f"{stem}{suffix}"
            write_text(path, text)
            written.append(path)
    return written


def _files(finding: Finding, program: str) -> dict[str, str]:
    lines: list[str] = []
    for result in finding.failures:
        if result.counterexample is not None:
            lines += [*counterexample_lines(result.counterexample), ""]
    run = finding.reach.run if finding.reach is not None else None
    if finding.reach is not None:
        lines += reach_lines(finding.reach, file=program)
    if not lines:
        return {}
    head = f"{finding.verdict.value} {finding.name}: {finding.title}"
    files = {".txt": "\n".join([head, "", *lines]) + "\n"}
    if run is not None:
        files[".svg"] = run.svg
        if run.program:
            files[".py"] = run.program
    return files
