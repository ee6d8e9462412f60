"""Recorded runs in tests: made by simulation, edited line by line, validated by the command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from click.testing import CliRunner, Result

from checkers.cli import main
from checkers.counterexamples.rerun import package_of
from checkers.instances import read_setting
from checkers.simulation import Options, Rates, Schedule, SimulationReport, simulate
from model.lang import Spec
from model.lang.load import load

PROTOCOLS = Path(__file__).resolve().parent.parent / "docs"
TARGETS = (
    "order",
    str(PROTOCOLS / "tutorial_lock.py"),
    *sorted(str(path) for path in (PROTOCOLS / "protocols").glob("*.py")),
)
HARSH = Rates(loss=0.05, duplicate=0.1, crash=0.01, partition=0.01, down=(2, 20), cut=(10, 60))
LASTING = {"ReportFault": 0.0, "SystemReset": 0.0, "GetStatus": 0.1, "ListShards": 0.1}
"""With these weights an order does not end UNRECOVERABLE soon."""

Record = dict[str, Any]
spec_of = cache(load)
_packages: dict[int, tuple[Spec, str]] = {}


def nodes_of(spec: Spec) -> str:
    """Return the package of a spec's generated nodes, made once."""
    if id(spec) not in _packages:
        _packages[id(spec)] = (spec, package_of(spec))
    return _packages[id(spec)][1]


def run(
    spec: Spec,
    out: Path | None,
    *,
    steps: int = 400,
    seed: int = 1,
    rates: Rates = HARSH,
    schedule: Schedule | None = None,
    weights: Mapping[str, float] | None = None,
    states: Any = "full",
    joiners: int = 0,
    package: str | None = None,
) -> SimulationReport:
    """Simulate a spec in its small setting, and record to `out`."""
    setting = read_setting(spec, "", ())
    nodes = [*setting.bounds.nodes, *(f"j{i + 1}" for i in range(joiners))]
    if weights is None:
        weights = LASTING if spec.name == "order" else {}
    options = Options(steps, seed, rates, schedule, weights, out, states)
    return simulate(spec, setting.config, nodes, options, package or nodes_of(spec))


def files(folder: Path) -> list[Path]:
    """Return the recordings in a folder."""
    return sorted(folder.glob("*.jsonl"))


def read(path: Path) -> list[Record]:
    """Return a recording's lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def put(path: Path, records: Iterable[Record]) -> None:
    """Write a recording, as nodes write it."""
    lines = [json.dumps(record, separators=(",", ":")) + "\n" for record in records]
    path.write_text("".join(lines))


def numbered(records: Sequence[Record]) -> list[Record]:
    """Return records with their numbers put right."""
    return [records[0], *({**r, "n": n} for n, r in enumerate(records[1:], 1))]


def edit(path: Path, change: Callable[[list[Record]], Sequence[Record] | None]) -> None:
    """Change a recording's lines, in place or by returning others."""
    records = read(path)
    changed = change(records)
    put(path, records if changed is None else changed)


def oathbound(*args: object, columns: int = 4000) -> Result:
    """Run a command as users do, but read each spec once; no traceback may come of it.

    Sentences are on one line each, unless there are fewer `columns`.
    """
    with (
        mock.patch("checkers.cli.trace.load_spec", spec_of),
        mock.patch("checkers.cli.simulate.load_spec", spec_of),
        mock.patch("checkers.counterexamples.rerun.package_of", nodes_of),
    ):
        runner = CliRunner(env={"COLUMNS": str(columns)})
        result = runner.invoke(main, [str(a) for a in args])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def find(records: Sequence[Record], wanted: Callable[[Record], bool], start: int = 2) -> int:
    """Return the index of the first record that is wanted."""
    return next(i for i, r in enumerate(records) if i >= start and wanted(r))
