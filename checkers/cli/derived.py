"""`oathbound generate` and `oathbound figures`: the files that are derived from a spec.

Belongs here: their options, and what is told of files. Never here: what the files hold.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checkers.cli.common import REFUTED, WRONG, load_spec, wrong

# What draws takes long to load: each command imports what it needs.
if TYPE_CHECKING:
    from checkers.artefacts import Home, Stale

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The folder to write to; without it the order's own places, or FILE.derived by FILE.py.",
)


@click.command(name="generate")
@click.argument("spec", default="order")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is not current.")
@out_option
def generate_command(spec: str, check: bool, out: Path | None) -> None:
    """Write the generated node and the reference pages of SPEC.

    The order's go to their places in this repository, those of another spec to one folder.
    """
    from checkers import artefacts
    from model.python import GeneratorError

    loaded = load_spec(spec)
    home = artefacts.home_of(loaded, spec, out)
    again = _again("generate", spec, out)
    try:
        if check:
            _told_stale(artefacts.stale_generated(loaded, home), home, again)
        _tell_written(partial(artefacts.write_generated, loaded, home), home)
    except GeneratorError as error:
        wrong(f"{spec}: {error}", "give it another name in the spec")


@click.command(name="figures")
@click.argument("spec", default="order")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a figure is not current.")
@out_option
def figures_command(spec: str, check: bool, out: Path | None) -> None:
    """Derive and draw the state figures of SPEC."""
    from checkers import artefacts
    from model.figures import NoDrawingProgram

    loaded = load_spec(spec)
    if not loaded.edges:
        wrong(f"{spec} has no edge table, so there is no figure to draw", "write one in the spec")
    home = artefacts.home_of(loaded, spec, out)
    if check:
        _told_stale(artefacts.stale_figures(loaded, home), home, _again("figures", spec, out))
    try:
        _tell_written(partial(artefacts.write_figures, loaded, home), home)
    except NoDrawingProgram as error:
        click.echo(f"error: {error}", err=True)
        raise SystemExit(WRONG) from None


def _again(command: str, spec: str, out: Path | None) -> str:
    """Return the command that writes what is stale."""
    if spec == "order" and out is None:
        return f"make {command}"
    return f"oathbound {command} {spec}" + (f" --out {out}" if out is not None else "")


def _tell_written(write: Callable[[], list[str]], home: Home) -> None:
    try:
        written = write()
    except OSError as error:
        what = f"cannot write below {_shown(home.root)}: {error.strerror}"
        wrong(what, "name a folder that you may write to, with --out")
    for path in written:
        click.echo(f"wrote {_shown(home.root / path)}")


def _shown(path: Path) -> str:
    """Return a path as seen from here, where it lies below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _told_stale(stale: list[Stale], home: Home, fix: str) -> None:
    for one in stale:
        click.echo(f"{_shown(home.root / one.path)}: {one.why}")
    if stale:
        click.echo(f"fix: run `{fix}`", err=True)
    raise SystemExit(REFUTED if stale else 0)
