"""`oathbound export`: a spec as text for the checkers of others.

Belongs here: its options, their mistakes, what it writes. Never here: the text.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from checkers.cli.common import check_files, load_spec, write, wrong
from checkers.instances import ScopeError, read_instance
from checkers.writing import write_text
from model.instance import Instance
from model.lang import Spec

CHECKS = ("none", "safety", "all")

EPILOG = """\b
Exit status:
  0  everything asked for is written
  2  the command line or the spec is wrong, or the instance too large
"""


@click.command(name="export", epilog=EPILOG)
@click.argument("spec", default="order")
@click.option(
    "--tla",
    type=click.Path(path_type=Path),
    metavar="DIR|FILE.tla",
    help="Write a TLA+ module, and beside it an instance for TLC.",
)
@click.option(
    "--promela",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the instance as a Promela model for Spin.",
)
@click.option("--scope", default="", metavar="NAME=N,...", help="radiants=3,terms=2,keys=1")
@click.option(
    "--constant",
    multiple=True,
    metavar="NAME=NODE,...",
    help="A node, or a set of nodes, of the configuration (repeat).",
)
@click.option(
    "--crashes",
    type=click.IntRange(0, 1000),
    metavar="N",
    help="At most so many crashes; else any number.",
)
@click.option(
    "--messages",
    type=click.IntRange(0, 10**6),
    metavar="N",
    help="At most so many different messages; else any number.",
)
@click.option("--ghosts", is_flag=True, help="With the proof's history, and what speaks of it.")
@click.option(
    "--check",
    type=click.Choice(CHECKS),
    default="safety",
    show_default=True,
    help="What TLC is to check; all: lemmas as well.",
)
def export_command(
    spec: str,
    tla: Path | None,
    promela: Path | None,
    scope: str,
    constant: tuple[str, ...],
    crashes: int | None,
    messages: int | None,
    ghosts: bool,
    check: str,
) -> None:
    """Write SPEC as TLA+, to be read and checked by TLC, or as Promela, for Spin.

    The TLA+ module is for any number of nodes; --scope and the options beside it say how many
    there are in the instance. TLC and Spin count the same states in it as `oathbound explore`.
    """
    if tla is None and promela is None:
        wrong("export: nothing is asked for", "add --tla DIR, or --promela FILE")
    loaded = load_spec(spec)
    try:
        instance = read_instance(
            loaded, scope, constant, messages=messages, crashes=crashes, ghosts=ghosts
        )
    except ScopeError as error:
        wrong(error.what, error.fix)
    if promela is not None and ghosts:
        wrong("--promela: a model for Spin has no history of the proof", "leave out --ghosts")
    files: dict[Path, str] = {}
    if tla is not None:
        files |= _tla(loaded, instance, tla, check)
    if promela is not None:
        if promela.absolute() in [path.absolute() for path in files]:
            wrong(f"--promela {promela}: --tla is written there, too", "give each its own file")
        files[promela] = _promela(loaded, instance)
    for path in files:
        check_files({"--promela" if path == promela else "--tla": path})
    for path, text in files.items():
        write(partial(write_text, path, text), path)
        click.echo(f"wrote {path}")


def _tla(spec: Spec, instance: Instance, where: Path, check: str) -> dict[Path, str]:
    from model.tla import Unsupported, write_tla
    from model.tla.names import plain

    is_file = where.suffix == ".tla"
    if is_file and plain(where.stem) != where.stem:
        wrong(f"--tla {where}: a module is called as its file", "use letters, digits and _ alone")
    folder = where.parent if is_file else where
    try:
        texts = write_tla(spec, instance, where.stem if is_file else "", check)
    except Unsupported as error:
        wrong(f"--tla: {error}", "tell it otherwise in the spec")
    return {folder / name: text for name, text in texts.items()}


def _promela(spec: Spec, instance: Instance) -> str:
    from model.promela import TooLarge, Unsupported, write_promela

    try:
        model = write_promela(spec, instance)
    except TooLarge as error:
        wrong(f"--promela: {error}", "choose a smaller --scope")
    except Unsupported as error:
        wrong(f"--promela: {error}", "tell it otherwise in the spec")
    for name, why in model.left_out.items():
        click.echo(f"note: Spin does not check {name}: {why}", err=True)
    return model.text
