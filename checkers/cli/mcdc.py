"""`oathbound mcdc`: the tests that the solver makes.

Belongs here: its options, and what is shown. Never here: making cases, or judging them
(`checkers.mcdc`).
"""

from __future__ import annotations

import importlib
import json
import time
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click

from checkers.cli.common import (
    REFUTED,
    UNKNOWN,
    Progress,
    check_files,
    console,
    load_spec,
    write,
    wrong,
)
from checkers.reading import read_plain
from checkers.writing import write_text

# What asks a solver takes long to load.
if TYPE_CHECKING:
    from checkers.mcdc.cases import Failure
    from checkers.mcdc.coverage import Coverage
    from checkers.mcdc.file import Stored
    from checkers.mcdc.make import Made
    from model.lang import Spec

EPILOG = """\b
Exit status:
  0  every condition decides both ways in some case, or is shown impossible; the node agrees
  1  the node differs on a case; with --check, the file is not current or is damaged
  2  the command line or the spec is wrong
  3  of some condition it is not known
"""

SHOWN = 5
"""How many cases on which the node differs are shown."""


@click.command(name="mcdc", epilog=EPILOG)
@click.argument("spec", default="order")
@click.option("--check", is_flag=True, help="Make nothing: judge the file, and run its cases.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The file of cases; else tests/cases/order.jsonl, or cases.jsonl in FILE.derived.",
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Tell every proof of what is impossible.",
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write JSON there.")
def mcdc_command(
    spec: str, check: bool, out: Path | None, everything: bool, json_file: Path | None
) -> None:
    """Have the solver make tests of one node of SPEC, and run them against the generated node.

    For each clause of each guard there is a state and an event in which it decides by itself, true
    and false, or a proof that there is none; so it is for each condition within a clause (modified
    condition/decision coverage).
    """
    loaded = load_spec(spec)
    path = out if out is not None else _place(loaded, spec)
    given = {"--out": path} if not check else {}
    read = {"the file of cases": [path]} if check else {}
    check_files({**given, **({"--json": json_file} if json_file is not None else {})}, read)
    node = _node(loaded, spec)
    found = _checked(loaded, path, spec, out) if check else _made(loaded, path)
    from checkers.mcdc import cases
    from checkers.mcdc.coverage import coverage

    covered = coverage(loaded, found)
    started = time.process_time()
    try:
        failures = cases.run(node, stored=found.cases, spec=loaded)
    except (AttributeError, ValueError) as error:  # it is not the node of this spec
        click.echo(f"the generated node cannot be run: {error}")
        click.echo("fix: run `make generate`", err=True)
        raise SystemExit(REFUTED) from None
    seconds = time.process_time() - started
    _show(covered, everything)
    _show_run(failures, len(found.cases), seconds)
    known = covered.goals.complete and covered.cases > 0
    status = REFUTED if failures else 0 if known else UNKNOWN
    if json_file is not None:
        data = _as_json(loaded, covered, failures, status)
        text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
        write(partial(write_text, json_file, text), json_file)
    raise SystemExit(status)


def _place(spec: Spec, target: str) -> Path:
    from checkers import artefacts
    from checkers.mcdc import file

    return file.ORDER if target == "order" else artefacts.home_of(spec, target).root / file.NAME


def _made(spec: Spec, path: Path) -> Made:
    from checkers.mcdc import file
    from checkers.mcdc.make import Maker

    with Progress() as progress:
        made = Maker(spec).make(progress.update)
    text = file.text_of(spec, made)
    try:
        same = read_plain(path) == text.encode()
    except OSError:
        same = False
    if not same:
        write(partial(write_text, path, text), path)
        click.echo(f"wrote {_shown(path)}")
    return made


def _checked(spec: Spec, path: Path, target: str, out: Path | None) -> Stored:
    from checkers.mcdc.check import check
    from checkers.mcdc.file import BadFile

    try:
        with Progress() as progress:
            return check(spec, path, progress.update)
    except FileNotFoundError:
        told = "missing"
    except BadFile as error:
        told = str(error)
    except OSError as error:
        wrong(f"cannot read {path}: {error.strerror}", "name a file that can be read")
    again = f"oathbound mcdc {target}" + (f" --out {out}" if out is not None else "")
    click.echo(f"{_shown(path)}: {told}")
    click.echo(f"fix: run `{again}`", err=True)
    raise SystemExit(REFUTED)


def _node(spec: Spec, target: str) -> ModuleType:
    """Return the node to be tested: the order's from its files, another one made in memory."""
    if target == "order":
        package = f"impl.{spec.name}"
    else:
        from checkers.counterexamples.rerun import package_of
        from model.python import GeneratorError

        try:
            package = package_of(spec)
        except GeneratorError as error:
            wrong(f"{target}: no node can be generated: {error}", "mend that first")
    try:
        return importlib.import_module(f"{package}.node")
    except Exception as error:  # somebody may have edited it
        told = f"{type(error).__name__}: {error}"
        wrong(f"the generated node cannot be loaded: {told}", "run `make generate`")


def _shown(path: Path) -> str:
    """Return a path as seen from here, where it lies below."""
    here = path.absolute()
    return str(here.relative_to(Path.cwd())) if here.is_relative_to(Path.cwd()) else str(path)


# ---------------------------------------------------------------- what is shown


def _show(covered: Coverage, everything: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from checkers.mcdc.coverage import facts, named, table

    screen = console()
    head, rows = table(covered)
    shown = Table(box=None, pad_edge=False)
    for at, name in enumerate(head):
        shown.add_column(name, justify="right" if at else "left", no_wrap=True)
    for row in rows:
        shown.add_row(*map(Text, row))
    screen.print(shown)
    screen.print()
    sums = Table(show_header=False, box=None, pad_edge=False)
    sums.add_column(no_wrap=True)
    sums.add_column()
    for name, value in facts(covered):
        sums.add_row(name, Text(value))
    screen.print(sums)
    told = list(named(covered, everything))
    if told:
        screen.print()
    for line in told:
        screen.print(Text(line), soft_wrap=True)


def _show_run(failures: list[Failure], count: int, seconds: float) -> None:
    click.echo()
    for failure in failures[:SHOWN]:
        click.echo(str(failure))
    if len(failures) > SHOWN:
        click.echo(f"and {len(failures) - SHOWN} more")
    click.echo(
        f"{count} cases run against the generated node in {seconds * 1000:.0f} ms of CPU time:"
        f" it differs on {len(failures)}"
    )


def _as_json(spec: Spec, covered: Coverage, failures: list[Failure], status: int) -> dict[str, Any]:
    from checkers.mcdc.coverage import as_json
    from checkers.mcdc.file import SCHEMA, fingerprint

    return {
        "schema": SCHEMA,
        "spec": spec.name,
        "print": fingerprint(spec),
        "exit_status": status,
        **as_json(covered),
        "differs": [{"case": f.number, "shows": f.case.shows, "told": str(f)} for f in failures],
    }
