"""The command `python -m checkers.bench`.

Belongs here: the list of benchmarks, and how their results are shown. Never here: a benchmark.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from checkers.bench import lock_cycle, peers, proofs
from checkers.bench.timing import Heard, Row, Section

BENCHES: dict[str, Callable[[int, Heard], Section]] = {
    "lock_cycle": lock_cycle.bench,
    "proofs": proofs.bench,
    "peers": peers.bench,
}


def table(section: Section) -> str:
    """Return a section as text: rate, and how many times as fast as the first row."""
    first = section.rows[0].rate
    width = max(len(row.name) for row in section.rows)
    lines = [section.title, f"  {'':{width}}  {section.unit:>12}  {'ratio':>8}"]
    for row in section.rows:
        rate = f"{row.rate:,.0f}" if row.rate is not None else "-"
        ratio = f"{row.rate / first:.3f}" if row.rate is not None and first else "-"
        lines.append(f"  {row.name:{width}}  {rate:>12}  {ratio:>8}  {row.note}".rstrip())
    return "\n".join([*lines, *(f"  {remark}" for remark in section.remarks)])


def heard(row: Row) -> None:
    """Show a row as soon as it is there: a section may take minutes."""
    rate = f": {row.rate:,.0f} a second" if row.rate is not None else ""
    print(f"  {row.name}{rate}; {row.note}", file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks that were asked for; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m checkers.bench",
        description="Measure the generated node, the proofs, and searches of all states.",
    )
    parser.add_argument("--only", choices=sorted(BENCHES), action="append", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=200, help="the best of so many (200)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rates there")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error(f"--rounds {options.rounds}: at least one round is needed")
    sections: list[Section] = []
    for name, bench in BENCHES.items():
        if options.only is None or name in options.only:
            print(f"{name} ...", file=sys.stderr, flush=True)
            sections.append(bench(options.rounds, heard))
            print(table(sections[-1]), flush=True)
    if options.json is not None:
        found = {
            "version": 1,
            "python": platform.python_version(),
            "machine": platform.machine(),
            "rounds": options.rounds,
            "sections": [asdict(section) for section in sections],
        }
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
