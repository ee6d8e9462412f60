"""`oathbound simulate`.

Belongs here: its options, their mistakes, what it writes. Never here: the run.
"""

from __future__ import annotations

import json
import shlex
import time
from functools import partial
from pathlib import Path

import click

from checkers.cli.common import (
    REFUTED,
    UNKNOWN,
    Progress,
    check_files,
    load_spec,
    write,
    wrong,
)

EPILOG = """\b
FAULTS is a line such as loss=0.1,duplicate=0.05,crash=0.01,partition=0.02 (also: delay=1-20,
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
@click.option("--nodes", type=int, metavar="N", help="How many nodes the configuration names.")
@click.option("--joiners", default=0, metavar="N", help="So many nodes beside them.")
@click.option("--constant", "constants", multiple=True, metavar="NAME=VALUE", help="A constant.")
@click.option("--steps", default=10_000, show_default=True, metavar="N", help="Events handled.")
@click.option("--seed", default=1, show_default=True, metavar="N", help="Of all that is random.")
@click.option("--faults", default="", metavar="FAULTS", help="What goes wrong; see below.")
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
        ("--seed", seed, 0, 10**12),
    ):
        if number is not None and not least <= number <= most:
            wrong(f"{option} {number}: out of range", f"write a number from {least} to {most}")
    if json_file is not None:
        check_files({"--json": json_file})
    if out is not None:
        check_files({"--out": out / "n1.jsonl"})
        if any(out.glob("*.jsonl")):
            wrong(f"--out {out}: there are recordings already", "name another folder")
    from checkers import report as files
    from checkers.counterexamples.rerun import package_of
    from checkers.instances import ScopeError, read_setting
    from checkers.simulation import (
        FaultError,
        Options,
        Rates,
        read_rates,
        read_schedule,
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
        if faults.endswith(".json") or Path(faults).is_file():
            schedule = read_schedule(Path(faults), names)
        else:
            rates = read_rates(faults)
    except FaultError as error:
        wrong(f"--faults {error.what}", error.fix)
    try:
        package = package_of(loaded)
    except GeneratorError as error:
        wrong(f"{spec}: no node can be generated: {error}", "mend the spec")
    with Progress() as bar:
        options = Options(
            steps,
            seed,
            rates,
            schedule,
            out,
            "digest" if states == "digest" else "full",
            lambda done, whole: bar.update("steps", done, whole),
        )
        try:
            report = simulate(loaded, setting.config, names, options, package)
        except RecordingError as error:
            wrong(f"{error.path}: {error.reason}", error.fix)
        except OSError as error:
            wrong(f"--out {out}: it cannot be written: {error.strerror}", "name another folder")
    seconds = time.process_time() - started
    again = ["oathbound", "simulate", spec]
    again += [] if nodes is None else ["--nodes", str(nodes)]
    again += ["--joiners", str(joiners)] if joiners else []
    again += [word for text in constants for word in ("--constant", text)]
    again += ["--steps", str(steps), "--seed", str(seed)]
    again += ["--faults", faults] if faults else []
    for line in telling.lines(report, seconds, shlex.join(again), spec):
        click.echo(line)
    if json_file is not None:
        text = json.dumps(telling.data(report, seconds), indent=2) + "\n"
        write(partial(files.write_text, json_file, text), json_file)
    if report.broken:
        raise SystemExit(REFUTED)
    raise SystemExit(UNKNOWN if report.interrupted else 0)
