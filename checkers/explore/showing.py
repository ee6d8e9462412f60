"""What an exploration found, on a terminal and as text.

Belongs here: presentation. Never here: counting or deciding anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from checkers.explore.result import Explored
from checkers.showing import run_lines
from checkers.verdict import Verdict

BLOCKS = " ▏▎▍▌▋▊▉█"
MOST_BARS = 40
MOST_NAMES = 12


def amount(number: float) -> str:
    """Return a number of bytes in words."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            return f"{number:.0f} {unit}" if unit in ("bytes", "kB") else f"{number:.1f} {unit}"
        number /= 1000
    raise AssertionError


def bar(part: float, width: int) -> str:
    """Return a bar of `part` of the width, in eighths of a character."""
    eighths = round(part * width * 8)
    full, rest = divmod(eighths, 8)
    made = "█" * full + (BLOCKS[rest] if rest else "")
    return made or ("▏" if part > 0 else "")


def bars(levels: list[int], width: int = 50) -> Iterator[str]:
    """Yield the states by depth as text; of many levels, some are put together."""
    step = -(-len(levels) // MOST_BARS)
    rows = [(at, sum(levels[at : at + step])) for at in range(0, len(levels), step)]
    most = max((n for _, n in rows), default=1)
    digits = len(f"{most:,}")
    for at, count in rows:
        last = min(at + step, len(levels)) - 1
        depth = f"{at}" if last == at else f"{at}-{last}"
        yield f"{depth:>7} {count:>{digits},} {bar(count / most, width)}"


def names(found: list[str]) -> str:
    """Return some names, and how many more there are."""
    more = len(found) - MOST_NAMES
    return ", ".join(found[:MOST_NAMES]) + (f", and {more} more" if more > 0 else "")


def facts(found: Explored) -> Iterator[tuple[str, str]]:
    """Yield the lines of the table."""
    rate = found.distinct / max(found.seconds, 1e-9)
    yield "distinct states", f"{found.distinct:,}"
    yield "steps", f"{found.generated:,} (the first state counted as one)"
    yield "depth", f"{found.depth}"
    if found.levels:
        widest = max(range(len(found.levels)), key=found.levels.__getitem__)
        yield "widest level", f"{found.levels[widest]:,} states at depth {widest}"
    yield "time", f"{found.seconds:.2f} s, {rate:,.0f} distinct states a second"
    where = " in files" if found.in_files else ""
    told = f"{amount(found.memory)} at most, {found.bytes_per_state:.1f} bytes for a state{where}"
    yield "memory", told
    yield "parts of a node", ", ".join(f"{n:,}" for n in found.parts)
    if found.symmetry:
        yield "symmetry", found.symmetry
    for what, count in sorted(found.cut.items()):
        yield f"cut: {what}", f"{count:,} steps lead beyond this bound and were not taken"
    yield "states without a way on", f"{found.ends:,} (a crash apart)"


def show(found: Explored, console: Console, *, lemmas: bool = False) -> None:
    """Print what was found."""
    width = max(10, console.width - 30)
    console.print(Text(f"{found.spec}: every reachable state of {found.bound()}"))
    if found.stopped:
        console.print(Text(f"NOT complete: {found.stopped}"))
    console.print()
    for line in bars(found.levels, min(60, width)):
        console.print(Text(line), soft_wrap=True)
    console.print()
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for name, value in facts(found):
        table.add_row(name, Text(value))
    console.print(table)
    console.print()
    _coverage(found, console)
    _statements(found, console, lemmas)
    for note in found.notes:
        console.print(Text(f"note: {note}"))


def _coverage(found: Explored, console: Console) -> None:
    rules = sorted(found.rules.items(), key=lambda item: -item[1])
    most = max((n for _, n in rules), default=1)
    table = Table(title="rules, by steps taken", box=None, title_justify="left", pad_edge=False)
    for name in ("rule", "steps", ""):
        table.add_column(name, justify="right" if name == "steps" else "left", no_wrap=True)
    for label, count in rules:
        table.add_row(Text(label), f"{count:,}", Text(bar(count / most, 30)))
    console.print(table)
    where = "within these bounds" if found.complete else "in what was visited"
    for what, missing in (
        ("rules that never answer", found.unreached),
        ("messages never sent", found.unsent),
        ("replies never given", found.ungiven),
    ):
        if missing:
            console.print(Text(f"{what} {where}: {names(missing)}"))
    console.print()


def _statements(found: Explored, console: Console, lemmas: bool) -> None:
    if not found.asked:
        return
    table = Table(box=None, pad_edge=False)
    for name in ("verdict", "statement", ""):
        table.add_column(name, no_wrap=name == "verdict")
    hidden = 0
    for asked in found.asked:
        if asked.kind == "lemma" and not lemmas and asked.verdict is Verdict.BOUND_REACHED:
            hidden += 1
            continue
        told = asked.title if not asked.reason else f"{asked.title}: {asked.reason}"
        table.add_row(asked.verdict.value, Text(asked.name), Text(told))
    console.print(table)
    if hidden:
        console.print(Text(f"and {hidden} lemmas, of which none is broken (--lemmas shows them)"))
    if any(a.verdict is Verdict.BOUND_REACHED for a in found.asked):
        console.print(Text(f"bounded: {found.bound()}. No proof."))
    for asked in found.asked:
        if asked.run is not None:
            console.print()
            console.print(Text(f"{asked.name}: {asked.reason}"))
            for line in run_lines(asked.run, width=console.width - 2):
                console.print(Text(f"  {line}"), soft_wrap=True)
