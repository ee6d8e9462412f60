"""`oathbound trace`.

Belongs here: its options, their mistakes, what it writes. Never here: what a recording should say.
"""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path

import click

from checkers.cli.common import (
    NUMBER,
    WRONG,
    Progress,
    check_files,
    console,
    load_spec,
    write,
    wrong,
)
from checkers.writing import write_text

EPILOG = """\b
Exit status:
  0  the recordings are a run of the spec, and no property breaks in it
  1  a record is wrong, or a property breaks
  2  the command line or the spec is wrong, or a file is no recording
  3  something that was asked for is not determined by these recordings
"""


@click.command(name="trace", epilog=EPILOG)
@click.argument("files", nargs=-1, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--spec", default="order", show_default=True, metavar="SPEC", help="The spec.")
@click.option("--no-properties", is_flag=True, help="Check steps and messages alone.")
@click.option("--lemmas", is_flag=True, help="Check the lemmas, too.")
@click.option(
    "--orders",
    type=NUMBER,
    default=1,
    show_default=True,
    metavar="N",
    help="Take the records in so many of the orders that they determine.",
)
@click.option(
    "--seed", type=NUMBER, default=1, show_default=True, metavar="N", help="Of the further orders."
)
@click.option(
    "--allow-missing",
    is_flag=True,
    help="Exit 0 although something is not determined, since some nodes were not recorded.",
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write JSON there.")
def trace_command(
    files: tuple[Path, ...],
    spec: str,
    no_properties: bool,
    lemmas: bool,
    orders: int,
    seed: int,
    allow_missing: bool,
    json_file: Path | None,
) -> None:
    """Validate recordings of one or many nodes against SPEC.

    Each FILE is one node's recording. Every step must be one of the spec's, every message received
    must have been sent, durable state must survive restarts, and every safety property must hold at
    each cut. The first wrong record is shown. SPEC is `order`, a path to a Python file, or
    `package.module:NAME`.
    """
    if not files:
        wrong("no FILE is named", "name one recording for each node: oathbound trace DIR/*.jsonl")
    if not 1 <= orders <= 10_000:
        wrong(f"--orders {orders}: it is no number of orders", "write a number from 1 to 10000")
    if json_file is not None:
        check_files({"--json": json_file}, {"one of the recordings": files})
    from checkers.traces import Options, TraceError, telling, validate

    started = time.process_time()
    loaded = load_spec(spec)
    with Progress() as bar:

        def progress(records: int, done: int, whole: int) -> None:
            bar.update("recordings, KiB", done >> 10, whole >> 10)

        options = Options(not no_properties, lemmas, orders, seed, progress)
        try:
            result = validate(loaded, files, options, spec)
        except TraceError as error:
            click.echo(f"error: {error}", err=True)
            raise SystemExit(WRONG) from None
    seconds = time.process_time() - started
    status = result.exit_status(allow_missing)
    for line in telling.lines(result, seconds, console().width):
        click.echo(line)
    if json_file is not None:
        text = json.dumps(telling.data(result, seconds, status), indent=2) + "\n"
        write(partial(write_text, json_file, text), json_file)
    raise SystemExit(status)
