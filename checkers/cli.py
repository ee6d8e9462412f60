"""The `oathbound` command.

Belongs here: reading the command line, progress, exit status. Never here: any check.

Exit status: 0 all that was asked for holds; 1 a property is refuted or a derived file is not
current; 2 the command line or the spec is wrong; 3 something is unknown or ran out of time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
from joblib.externals.loky.process_executor import TerminatedWorkerError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from checkers import artefacts, report, showing, verify
from checkers.induction import STRUCTURAL
from checkers.scope import ScopeError, read_scope
from checkers.verdict import Report
from model.lang import Spec, SpecError, SpecErrors
from model.lang.load import load
from model.smt.bounded import Scope

MOST_JOBS_PER_CORE = 8
MOST_DEPTH = 200
WRONG, REFUTED, UNKNOWN = 2, 1, 3


def _console() -> Console:
    if sys.stdout.isatty():
        return Console()
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdecimal() and int(columns) >= 40 else 100
    return Console(width=width, no_color=True, highlight=False)


def _load(target: str) -> Spec:
    try:
        return load(target)
    except (SpecError, SpecErrors) as error:
        click.echo(str(error), err=True)
        raise SystemExit(WRONG) from None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="oathbound")
def main() -> None:
    """Write a protocol once as a table of rules; prove it, generate it, compare the two."""


@main.command(name="verify")
@click.argument("spec", default="order")
@click.option("--only", multiple=True, metavar="NAME", help="Check just this property (repeat).")
@click.option(
    "--engine",
    type=click.Choice(["induction", "bounded"]),
    default="induction",
    show_default=True,
    help="Prove for any number of nodes, or check the same steps in a scope.",
)
@click.option("--scope", metavar="NAME=N,...", help="Of the bounded engine: radiants=3,terms=3.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Parallel workers.")
@click.option("--backend", default="loky", show_default=True, help="joblib backend of the workers.")
@click.option(
    "--timeout", default=20.0, show_default=True, help="Solver seconds for a try at an obligation."
)
@click.option(
    "--no-cache", is_flag=True, help="Prove everything afresh (nothing is cached yet in any case)."
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write JSON there.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write JUnit XML there.")
@click.option("--html", "html_file", type=click.Path(path_type=Path), help="Write a page there.")
@click.option(
    "--depth",
    default=12,
    show_default=True,
    help="Longest run the solver tries, to break what failed; 0: look for no runs.",
)
@click.option(
    "--counterexamples",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write each counterexample there: .txt, and of a run .svg and .py.",
)
@click.option("--lemmas", is_flag=True, help="Show the lemmas that are proved, too.")
def verify_command(
    spec: str,
    only: tuple[str, ...],
    engine: str,
    scope: str | None,
    jobs: int,
    backend: str,
    timeout: float,
    no_cache: bool,
    json_file: Path | None,
    junit: Path | None,
    html_file: Path | None,
    depth: int,
    counterexamples: Path | None,
    lemmas: bool,
) -> None:
    """Prove SPEC for any number of nodes, and check that what is derived from it is current.

    SPEC is `order`, a path to a Python file, or `package.module:NAME`.
    """
    loaded = _load(spec)
    stated = loaded.of_kind("safety", "step", "lemma")
    known = {*(s.name for s in stated), *STRUCTURAL}
    for name in only:
        if name not in known:
            close = ", ".join(sorted(n for n in known if n.lower().startswith(name.lower()[:2])))
            click.echo(
                f"error: --only {name}: the spec states no such property\n"
                f"  fix: use one of: {close or ', '.join(sorted(known))}",
                err=True,
            )
            raise SystemExit(WRONG)
    most = MOST_JOBS_PER_CORE * (os.cpu_count() or 1)
    if not 1 <= jobs <= most or not 0.001 <= timeout <= 1e6:
        click.echo(
            f"error: --jobs {jobs} --timeout {timeout}: workers must be positive and at most"
            f" {most} (more would only wait for each other here), seconds 0.001 to 1000000",
            err=True,
        )
        raise SystemExit(WRONG)
    if not 0 <= depth <= MOST_DEPTH:
        click.echo(
            f"error: --depth {depth}: a run has 0 to {MOST_DEPTH} steps, and 0 looks for none",
            err=True,
        )
        raise SystemExit(WRONG)
    options = verify.Options(
        frozenset(only),
        jobs,
        backend,
        timeout,
        derived=spec == "order",
        scope=_scope(loaded, engine, scope),
        depth=depth,
    )
    console = _console()
    try:
        with _Progress() as progress:
            checks = verify.Verification(spec, options, progress.update)
            found = checks.run()
    except KeyboardInterrupt:
        click.echo("interrupted: nothing is decided", err=True)
        raise SystemExit(UNKNOWN) from None
    except TerminatedWorkerError:
        click.echo(
            "error: a worker was killed, perhaps for its memory: nothing is decided\n"
            "  fix: run again with a smaller --jobs",
            err=True,
        )
        raise SystemExit(UNKNOWN) from None
    report.show(found, console, lemmas=lemmas)
    for path, write in (
        (json_file, report.write_json),
        (junit, report.write_junit),
        (html_file, report.write_html),
    ):
        if path is not None:
            _write(partial(write, found, path), path)
    if counterexamples is not None:
        _write(lambda: _write_counterexamples(found, counterexamples), counterexamples)
    raise SystemExit(found.exit_status())


def _write_counterexamples(found: Report, folder: Path) -> None:
    for path in showing.write_counterexamples(found, folder):
        click.echo(f"wrote {path}")


def _scope(spec: Spec, engine: str, text: str | None) -> Scope | None:
    """Return the scope asked for; none for the unbounded engine."""
    if engine == "induction":
        if text is not None:
            click.echo("error: --scope goes with --engine bounded", err=True)
            raise SystemExit(WRONG)
        return None
    try:
        return read_scope(spec, text or "")
    except ScopeError as error:
        click.echo(f"error: {error}", err=True)
        raise SystemExit(WRONG) from None


def _write(action: Callable[[], None], path: Path) -> None:
    try:
        action()
    except OSError as error:
        click.echo(f"error: cannot write {path}: {error.strerror}", err=True)
        raise SystemExit(WRONG) from None


@main.command()
@click.argument("spec", default="order")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is not current.")
def generate(spec: str, check: bool) -> None:
    """Write the generated node and the reference pages of SPEC."""
    loaded = _load(spec)
    if check:
        _told_stale(artefacts.stale_generated(loaded), "make generate")
    for path in artefacts.write_generated(loaded):
        click.echo(f"wrote {path}")


@main.command(name="figures")
@click.argument("spec", default="order")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a figure is not current.")
def figures_command(spec: str, check: bool) -> None:
    """Derive and draw the state figures of SPEC."""
    loaded = _load(spec)
    if not loaded.edges:
        click.echo(f"error: {spec} has no edge table, so there is no figure to draw", err=True)
        raise SystemExit(WRONG)
    if check:
        _told_stale(artefacts.stale_figures(loaded), "make figures")
    for path in artefacts.write_figures(loaded):
        click.echo(f"wrote {path}")


def _told_stale(stale: list[artefacts.Stale], fix: str) -> None:
    for one in stale:
        click.echo(f"{one.path}: {one.why}")
    if stale:
        click.echo(f"fix: run `{fix}`", err=True)
    raise SystemExit(REFUTED if stale else 0)


class _Progress:
    """A bar on a terminal; without one, silence."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> _Progress:
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` of `what` are done."""
        if self._bar is None:
            return
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what, total=total)
        self._bar.update(self._tasks[what], completed=done, total=total)
