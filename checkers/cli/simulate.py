"""`oathbound simulate`.

Belongs here: its options, their mistakes, what it writes. Never here: the run.
"""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click

from checkers.cli.common import (
    NUMBER,
    REFUTED,
    UNKNOWN,
    Progress,
    check_files,
    load_spec,
    write,
    wrong,
)
from checkers.writing import write_text

EPILOG = """\b
FAULTS is none, a line such as loss=0.1,duplicate=0.05,crash=0.01,partition=0.02 (also: delay=1-20,
down=5-60, cut=20-200), or the file faults.json that an earlier run wrote.

\b
Exit status:
  0  no safety property broke
  1  one did
  2  the command line or the spec is wrong
  3  interrupted
"""


@click.command(name="simulate", epilog=EPILOG)
@click.argument("spec", default="order")
@click.option("--nodes", type=NUMBER, metavar="N", help="How many nodes the configuration names.")
@click.option("--joiners", type=NUMBER, default=0, metavar="N", help="So many nodes beside them.")
@click.option("--constant", "constants", multiple=True, metavar="NAME=VALUE", help="A constant.")
@click.option(
    "--steps", type=NUMBER, default=10_000, show_default=True, metavar="N", help="Events handled."
)
@click.option(
    "--seed", type=NUMBER, default=1, show_default=True, metavar="N", help="Of all that is random."
)
@click.option(
    "--faults", default="none", show_default=True, metavar="FAULTS", help="What goes wrong."
)
@click.option("--weights", metavar="NAME=W,...", help="How often timers and requests.")
@click.option(
    "--runs",
    type=NUMBER,
    default=1,
    show_default=True,
    metavar="N",
    help="Runs, with ever new seeds.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write each node's recording there, and what went wrong.",
)
@click.option(
    "--states",
    type=click.Choice(["full", "digest"]),
    default="full",
    show_default=True,
    help="What recordings hold of states.",
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write JSON there.")
def simulate_command(
    spec: str,
    nodes: int | None,
    joiners: int,
    constants: tuple[str, ...],
    steps: int,
    seed: int,
    faults: str,
    weights: str | None,
    runs: int,
    out: Path | None,
    states: str,
    json_file: Path | None,
) -> None:
    """Run the generated nodes of SPEC under faults, and record what they do.

    The same command gives the same run, to the letter. Safety is checked after each step, on what
    the nodes did. SPEC is `order`, a path to a Python file, or `package.module:NAME`.
    """
    for option, number, least, most in (
        ("--nodes", nodes, 1, 60),
        ("--joiners", joiners, 0, 60),
        ("--steps", steps, 1, 10**9),
        ("--runs", runs, 1, 10**6),
        ("--seed", seed, 0, 10**12),
    ):
        if number is not None and not least <= number <= most:
            wrong(f"{option} {number}: out of range", f"write a number from {least} to {most}")
    schedules = [Path(faults)] if _is_file(faults) else []
    made = {} if out is None else {"--out": out / "n1.jsonl"}
    given = {} if json_file is None else {"--json": json_file}
    check_files(made | given, {"the schedule of faults": schedules})
    if out is not None:
        if any(_recordings(out)):
            wrong(f"--out {out}: there are recordings already, or faults", "name another folder")
        if json_file is not None and _is_made(json_file, out):
            wrong(f"--json {json_file}: --out is written there, too", "give it another name")
    from checkers.counterexamples.rerun import package_of
    from checkers.instances import ScopeError, read_setting
    from checkers.simulation import (
        NONE,
        FaultError,
        Options,
        Rates,
        SimulationReport,
        read_rates,
        read_schedule,
        read_weights,
        simulate,
        telling,
    )
    from impl.recording import RecordingError
    from model.python import GeneratorError

    started = time.process_time()
    loaded = load_spec(spec)
    try:
        scope = "" if nodes is None else f"nodes={nodes}"
        setting = read_setting(loaded, scope, constants)
    except ScopeError as error:
        wrong(error.what.replace("--scope", "--nodes"), error.fix)
    names = list(setting.bounds.nodes)
    names += [f"j{i + 1}" for i in range(joiners)]
    rates, schedule = Rates(), None
    try:
        if faults.endswith(".json") or schedules:
            schedule = read_schedule(Path(faults), names)
        else:
            rates = read_rates(faults)
    except FaultError as error:
        wrong(f"--faults {error.what}", error.fix)
    try:
        weighed = {}
        if weights is not None:
            weighed = read_weights(weights, [*loaded.timers, *loaded.requests])
    except FaultError as error:
        wrong(f"--weights {error.what}", error.fix)
    try:
        package = package_of(loaded)
    except GeneratorError as error:
        wrong(f"{spec}: no node can be generated: {error}", "mend the spec")
    reports: list[SimulationReport] = []
    with Progress() as bar:
        for number in range(runs):
            place = out if out is None or runs == 1 else out / str(seed + number)
            options = Options(
                steps,
                seed + number,
                rates,
                schedule,
                weighed,
                place,
                "digest" if states == "digest" else "full",
                partial(_tell, bar, number * steps, runs * steps),
            )
            try:
                reports.append(simulate(loaded, setting.config, names, options, package))
            except RecordingError as error:
                wrong(f"{error.path}: {error.reason}", error.fix)
            except OSError as error:
                what = f"--out {out}: it cannot be written: {error.strerror}"
                wrong(what, "name another folder")
            if reports[-1].broken or reports[-1].interrupted:
                break
    seconds = time.process_time() - started
    again = ["oathbound", "simulate", spec]
    again += [] if nodes is None else ["--nodes", str(nodes)]
    again += ["--joiners", str(joiners)] if joiners else []
    again += [word for text in constants for word in ("--constant", text)]
    again += ["--steps", str(steps), "--seed", str(reports[-1].seed)]
    again += ["--faults", faults] if faults != NONE else []
    again += ["--weights", weights] if weights is not None else []
    for line in telling.lines(reports, seconds, shlex.join(again), spec):
        click.echo(line)
    if json_file is not None:
        text = json.dumps(telling.data(reports, seconds), indent=2) + "\n"
        write(partial(write_text, json_file, text), json_file)
    if reports[-1].broken:
        raise SystemExit(REFUTED)
    raise SystemExit(UNKNOWN if reports[-1].interrupted else 0)


def _recordings(out: Path) -> Iterator[Path]:
    """Yield what a run would write over in a folder; several runs have a folder each.

    A pattern finds what leads nowhere, too.
    """
    for pattern in ("*.jsonl", "faults.jso[n]"):
        yield from out.glob(pattern)
        yield from out.glob(f"*/{pattern}")


def _is_made(path: Path, out: Path) -> bool:
    """Tell whether a path may be that of a recording, or of what went wrong."""
    named = path.suffix == ".jsonl" or path.name == "faults.json"
    return named and path.resolve().is_relative_to(out.resolve())


def _is_file(text: str) -> bool:
    """Tell whether faults are given as a file, which a long line of them cannot be named like."""
    try:
        return Path(text).is_file()
    except OSError:
        return False


def _tell(bar: Progress, before: int, whole: int, done: int, _: int) -> None:
    bar.update("steps", before + done, whole)
