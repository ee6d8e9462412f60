"""`oathbound verify`.

Belongs here: its options, their mistakes, what it writes. Never here: any check.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from checkers import report, showing
from checkers.cache.store import FOLDER
from checkers.cache.whole import Whole
from checkers.cli.common import (
    STATUSES,
    UNKNOWN,
    Progress,
    check_files,
    check_names,
    console,
    load_spec,
    write,
    wrong,
)
from checkers.needs.kept import state as needs_state
from checkers.verdict import Report
from model.lang import Spec

# A solver takes long to load: what can tell at once, from what is kept, does so without it.
if TYPE_CHECKING:
    from model.smt.bounded import Scope

DEFAULT_BACKEND = "fork" if sys.platform == "linux" else "loky"
"""Elsewhere workers start from nothing: a copy of a process is not safe to go on there."""
GARBAGE = (100_000, 50, 100)
"""When Python looks for circles of objects. There are few here, and objects by the million: looking
as often as it does by itself takes a fourth of the time of a run."""
MOST_JOBS_PER_CORE = 8
MOST_DEPTH = 200


@click.command(name="verify", epilog=STATUSES)
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
@click.option(
    "--backend",
    type=click.Choice(["fork", "loky", "sequential"]),
    default=DEFAULT_BACKEND,
    show_default=True,
    help="Workers that are copies of this process, or that start from nothing; or none.",
)
@click.option(
    "--timeout", default=40.0, show_default=True, help="Seconds for one obligation, all tries told."
)
@click.option(
    "--memory", default=1024, show_default=True, help="Megabytes for a solver at an obligation."
)
@click.option("--no-cache", is_flag=True, help="Prove everything afresh, and keep nothing.")
@click.option("--confirm", type=click.Choice(["cvc5"]), help="Let a second solver confirm proofs.")
@click.option(
    "--smt2", type=click.Path(path_type=Path), metavar="DIR", help="Write the obligations there."
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
@click.option(
    "--allow-open", is_flag=True, help="Exit 0 although the spec declares properties as open."
)
def verify_command(
    spec: str,
    only: tuple[str, ...],
    engine: str,
    scope: str | None,
    jobs: int,
    backend: str,
    timeout: float,
    memory: int,
    no_cache: bool,
    confirm: str | None,
    smt2: Path | None,
    json_file: Path | None,
    junit: Path | None,
    html_file: Path | None,
    depth: int,
    counterexamples: Path | None,
    lemmas: bool,
    allow_open: bool,
) -> None:
    """Prove SPEC for any number of nodes, and check that what is derived from it is current.

    SPEC is `order`, a path to a Python file, or `package.module:NAME`.
    """
    files = {"--json": json_file, "--junit": junit, "--html": html_file}
    check_files({option: path for option, path in files.items() if path is not None})
    _check_numbers(jobs, timeout, memory)
    if not 0 <= depth <= MOST_DEPTH:
        wrong(f"--depth {depth}: it is no length of a run", f"write 0 (no runs) to {MOST_DEPTH}")
    if engine != "induction" and (confirm is not None or smt2 is not None):
        wrong("--confirm and --smt2 are about proofs", "leave --engine bounded out")
    if confirm is not None:
        _check_cvc5()
    if smt2 is not None:
        _check_folder(smt2)
    whole = None
    if not no_cache and smt2 is None and engine == "induction" and scope is None:
        started = time.perf_counter()
        whole = Whole(spec, (sorted(only), confirm, needs_state()))
        kept = whole.report()
        if kept is not None:
            kept.seconds = time.perf_counter() - started
            kept.asked, kept.allow_open = frozenset(only), allow_open
            kept.details["unchanged"] = True
            _tell(kept, lemmas, json_file, junit, html_file)
    gc.set_threshold(*GARBAGE)
    from concurrent.futures.process import BrokenProcessPool

    from checkers import verify
    from checkers.tasks import Changed

    loaded = load_spec(spec)
    check_names(loaded, only)
    options = verify.Options(
        frozenset(only),
        jobs,
        backend,
        timeout,
        memory,
        derived=spec == "order",
        scope=_scope(loaded, engine, scope),
        allow_open=allow_open,
        confirm=confirm is not None,
        cache=None if no_cache else Path(FOLDER),
        smt2=smt2,
        depth=depth,
    )
    try:
        with Progress() as progress:
            checks = verify.Verification(spec, options, progress.update)
            found = checks.run()
    except Changed as error:
        click.echo(
            f"error: {error}: the spec, or what proves it, changed during the run: nothing is"
            " decided\n  fix: run again",
            err=True,
        )
        raise SystemExit(UNKNOWN) from None
    except BrokenProcessPool:  # loky's own kind is one, too
        click.echo(
            "error: a worker was killed, perhaps for its memory: nothing is decided\n"
            "  fix: run again with a smaller --jobs",
            err=True,
        )
        raise SystemExit(UNKNOWN) from None
    if checks.ledger is not None and checks.ledger.trouble:
        click.echo(f"note: nothing is kept for the next run: {checks.ledger.trouble}", err=True)
    if whole is not None:
        whole.keep(found)
    _tell(found, lemmas, json_file, junit, html_file, counterexamples)


def _tell(
    found: Report,
    lemmas: bool,
    json_file: Path | None,
    junit: Path | None,
    html_file: Path | None,
    counterexamples: Path | None = None,
) -> NoReturn:
    """Show a report, write it to the files asked for, and exit as it says."""
    report.show(found, console(), lemmas=lemmas)
    for path, written in (
        (json_file, report.write_json),
        (junit, report.write_junit),
        (html_file, report.write_html),
    ):
        if path is not None:
            write(partial(written, found, path), path)
    if counterexamples is not None:
        write(partial(_write_counterexamples, found, counterexamples), counterexamples)
    raise SystemExit(found.exit_status())


def _write_counterexamples(found: Report, folder: Path) -> None:
    for path in showing.write_counterexamples(found, folder):
        click.echo(f"wrote {path}")


def _check_numbers(jobs: int, timeout: float, memory: int) -> None:
    most = MOST_JOBS_PER_CORE * (os.cpu_count() or 1)
    if not 64 <= memory <= 1 << 20:
        what = f"--memory {memory}: a solver needs 64 megabytes, and 1048577 are no bound any more"
        wrong(what, "write a number between, as in --memory 1024")
    if not 1 <= jobs <= most or not 0.001 <= timeout <= 1e6:
        what = f"--jobs {jobs} --timeout {timeout}: too few or too many"
        wrong(what, f"1 to {most} workers (more would only wait for each other), 0.001 to 1e6 s")


def _check_cvc5() -> None:
    """Refuse to confirm anything where cvc5 is not installed."""
    if importlib.util.find_spec("cvc5") is None:
        what = "--confirm cvc5: cvc5 is not installed"
        wrong(what, "run `pip install cvc5`, or install the project with its extra `confirm`")


def _check_folder(folder: Path) -> None:
    """Make the folder for the files, and refuse one that has something else in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            wrong(f"--smt2 {folder}: the folder is not empty", "name a new or an empty folder")
        if not os.access(folder, os.W_OK | os.X_OK):
            wrong(f"--smt2 {folder}: it may not be written", "name a folder that you may write to")
    except FileExistsError:
        wrong(f"--smt2 {folder}: it is a file", "name a new or an empty folder")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        wrong(f"--smt2 {folder}: {why}", "name a folder that you may write to")


def _scope(spec: Spec, engine: str, text: str | None) -> Scope | None:
    """Return the scope asked for; none for the unbounded engine."""
    from checkers.instances import ScopeError
    from checkers.scope import read_scope

    if engine == "induction":
        if text is not None:
            wrong(f"--scope {text}: a proof has none", "add --engine bounded, or leave it out")
        return None
    try:
        return read_scope(spec, text or "")
    except ScopeError as error:
        wrong(error.what, error.fix)
