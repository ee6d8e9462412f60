"""The `oathbound` command.

Belongs here: reading the command line, progress, exit status. Never here: any check.

Exit status: 0 all that was asked for holds; 1 a property is refuted or a derived file is not
current; 2 the command line or the spec is wrong; 3 something is open or unknown, or ran out of time
or memory.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.console import Console

from checkers import report, showing
from checkers.cache.store import FOLDER
from checkers.cache.whole import Whole
from checkers.questions import STRUCTURAL
from checkers.strengthen.command import needs_command, strengthen_command
from checkers.verdict import Report
from model.lang import Spec, SpecError, SpecErrors
from model.lang.load import load

# A solver takes long to load, and so does what draws: each command imports what it needs, so that
# one that can tell at once does.
if TYPE_CHECKING:
    from rich.progress import Progress

    from checkers.artefacts import Home, Stale
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


class _Commands(click.Group):
    """Ctrl-C is no refutation: it exits 3, at whatever moment it comes, and with a word."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, ctypes.ArgumentError) as error:
            # Within a call of the solver, ctypes gives the interrupt as an argument's error.
            if "KeyboardInterrupt" not in f"{type(error).__name__} {error}":
                raise
            click.echo("interrupted: nothing is decided", err=True)
            raise SystemExit(UNKNOWN) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="oathbound")
def main() -> None:
    """Write a protocol once as a table of rules; prove it, generate it, compare the two."""


STATUSES = """\b
Exit status:
  0  all that was asked for holds
  1  a property is refuted, or a derived file is not current
  2  the command line or the spec is wrong
  3  something is open or unknown, or ran out of time or memory
"""


@main.command(name="verify", epilog=STATUSES)
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
    type=click.Choice(["loky", "sequential"]),
    default="loky",
    show_default=True,
    help="Workers in processes of their own, or none.",
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
    _check_files({option: path for option, path in files.items() if path is not None})
    _check_numbers(jobs, timeout, memory)
    if backend == "threading":
        what = "--backend threading: the workers would ask one solver at once, which it is not for"
        _wrong(what, "leave it out, or write --backend multiprocessing")
    if engine != "induction" and (confirm is not None or smt2 is not None):
        _wrong("--confirm and --smt2 are about proofs", "leave --engine bounded out")
    if confirm is not None:
        _check_cvc5()
    if smt2 is not None:
        _check_folder(smt2)
    whole = None
    if not no_cache and smt2 is None and engine == "induction" and scope is None:
        started = time.perf_counter()
        whole = Whole(spec, (sorted(only), confirm))
        kept = whole.report()
        if kept is not None:
            kept.seconds = time.perf_counter() - started
            kept.asked, kept.allow_open = frozenset(only), allow_open
            kept.details["unchanged"] = True
            _tell(kept, lemmas, json_file, junit, html_file)
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    from checkers import verify
    from checkers.tasks import Changed

    loaded = _load(spec)
    _check_names(loaded, only)
    if not 0 <= depth <= MOST_DEPTH:
        _wrong(f"--depth {depth}: it is no length of a run", f"write 0 (no runs) to {MOST_DEPTH}")
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
        with _Progress() as progress:
            checks = verify.Verification(spec, options, progress.update)
            found = checks.run()
    except Changed as error:
        click.echo(
            f"error: {error}: the spec, or what proves it, changed during the run: nothing is"
            " decided\n  fix: run again",
            err=True,
        )
        raise SystemExit(UNKNOWN) from None
    except TerminatedWorkerError:
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
    report.show(found, _console(), lemmas=lemmas)
    for path, write in (
        (json_file, report.write_json),
        (junit, report.write_junit),
        (html_file, report.write_html),
    ):
        if path is not None:
            _write(partial(write, found, path), path)
    if counterexamples is not None:
        _write(partial(_write_counterexamples, found, counterexamples), counterexamples)
    raise SystemExit(found.exit_status())


def _write_counterexamples(found: Report, folder: Path) -> None:
    for path in showing.write_counterexamples(found, folder):
        click.echo(f"wrote {path}")


def _wrong(what: str, fix: str) -> NoReturn:
    """Say what is wrong with the command line, and how to mend it."""
    click.echo(f"error: {what}\n  fix: {fix}", err=True)
    raise SystemExit(WRONG)


def _check_numbers(jobs: int, timeout: float, memory: int) -> None:
    most = MOST_JOBS_PER_CORE * (os.cpu_count() or 1)
    if not 64 <= memory <= 1 << 20:
        what = f"--memory {memory}: a solver needs 64 megabytes, and 1048577 are no bound any more"
        _wrong(what, "write a number between, as in --memory 1024")
    if not 1 <= jobs <= most or not 0.001 <= timeout <= 1e6:
        what = f"--jobs {jobs} --timeout {timeout}: too few or too many"
        _wrong(what, f"1 to {most} workers (more would only wait for each other), 0.001 to 1e6 s")


def _check_cvc5() -> None:
    """Refuse to confirm anything where cvc5 is not installed."""
    if importlib.util.find_spec("cvc5") is None:
        what = "--confirm cvc5: cvc5 is not installed"
        _wrong(what, "run `pip install cvc5`, or install the project with its extra `confirm`")


def _check_folder(folder: Path) -> None:
    """Make the folder for the files, and refuse one that has something else in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            _wrong(f"--smt2 {folder}: the folder is not empty", "name a new or an empty folder")
        if not os.access(folder, os.W_OK | os.X_OK):
            _wrong(f"--smt2 {folder}: it may not be written", "name a folder that you may write to")
    except FileExistsError:
        _wrong(f"--smt2 {folder}: it is a file", "name a new or an empty folder")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        _wrong(f"--smt2 {folder}: {why}", "name a folder that you may write to")


def _check_names(spec: Spec, only: tuple[str, ...]) -> None:
    """Refuse names that no property and no structural row has."""
    stated = spec.of_kind("safety", "step", "lemma")
    known = {*(s.name for s in stated), *STRUCTURAL}
    for name in only:
        if name not in known:
            close = ", ".join(sorted(n for n in known if n.lower().startswith(name.lower()[:2])))
            what = f"--only {name}: the spec states no such property"
            _wrong(what, f"use one of: {close or ', '.join(sorted(known))}")


def _scope(spec: Spec, engine: str, text: str | None) -> Scope | None:
    """Return the scope asked for; none for the unbounded engine."""
    from checkers.scope import ScopeError, read_scope

    if engine == "induction":
        if text is not None:
            _wrong(f"--scope {text}: a proof has none", "add --engine bounded, or leave it out")
        return None
    try:
        return read_scope(spec, text or "")
    except ScopeError as error:
        click.echo(f"error: {error}", err=True)
        raise SystemExit(WRONG) from None


def _check_files(files: dict[str, Path]) -> None:
    """Refuse, before anything is run, files that cannot be written afterwards."""
    for at, (option, path) in enumerate(files.items()):
        why = _unwritable(path)
        fix = "name a file in a folder that you may write to"
        for other, earlier in list(files.items())[:at]:
            if why is None and earlier.absolute() == path.absolute():
                why, fix = f"{other} is written there, too", "give each its own file"
        if why is not None:
            _wrong(f"{option} {path}: {why}", fix)


def _unwritable(path: Path) -> str | None:
    """Return why a file cannot be written, or None where nothing speaks against it."""
    try:
        if path.is_dir():
            return "it is a folder"
        if path.exists():
            return None if os.access(path, os.W_OK) else "it may not be written"
        folder = next(p for p in path.absolute().parents if p.exists())
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    if not folder.is_dir():
        return f"{folder} is no folder"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"{folder} may not be written"


def _write(action: Callable[[], None], path: Path) -> None:
    try:
        action()
    except OSError as error:
        _wrong(f"cannot write {path}: {error.strerror}", "name a place that can be written")


_out = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The folder to write to; without it the order's own places, or FILE.derived by FILE.py.",
)


@main.command()
@click.argument("spec", default="order")
@click.option("--only", multiple=True, metavar="NAME", help="Look at just this property (repeat).")
@click.option("--names", is_flag=True, help="Name every transition of what is outside.")
@click.option("--dot", "dot_file", type=click.Path(path_type=Path), help="Write the graph there.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write JSON there.")
def fragment(
    spec: str, only: tuple[str, ...], names: bool, dot_file: Path | None, json_file: Path | None
) -> None:
    """Show the quantifier alternations of SPEC's obligations, and which leave the fragment.

    Nothing is proved. An obligation without a cycle is in a decidable fragment; one with a cycle
    may be decided all the same, or the solver may give up. `verify` also tells which are in the
    fragment with just those hypotheses that their proofs used.
    """
    files = {"--dot": dot_file, "--json": json_file}
    _check_files({option: path for option, path in files.items() if path is not None})
    from checkers import alternation, alternation_text

    loaded = _load(spec)
    _check_names(loaded, only)
    asked, seen = [], alternation.Alternations()
    with _Progress() as progress:
        for done, found in enumerate(alternation.of_spec(loaded, seen, frozenset(only) or None)):
            progress.update("transitions", done, len(loaded.transitions) + 2)
            asked += found
    data = alternation.as_data(asked)
    data["hypotheses"] = seen.hypotheses()
    for told in alternation_text.lines(data, names=names):
        click.echo(told)
    for path, text in (
        (dot_file, alternation_text.dot(data, loaded.name)),
        (json_file, json.dumps({"schema": report.SCHEMA, "spec": loaded.name, **data}, indent=2)),
    ):
        if path is not None:
            _write(partial(report.write_text, path, text), path)


@main.command()
@click.argument("spec", default="order")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is not current.")
@_out
def generate(spec: str, check: bool, out: Path | None) -> None:
    """Write the generated node and the reference pages of SPEC.

    The order's go to their places in this repository, those of another spec to one folder.
    """
    from checkers import artefacts

    loaded = _load(spec)
    home = artefacts.home_of(loaded, spec, out)
    if check:
        _told_stale(artefacts.stale_generated(loaded, home), home, _again("generate", spec, out))
    _tell_written(partial(artefacts.write_generated, loaded, home), home)


@main.command(name="figures")
@click.argument("spec", default="order")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a figure is not current.")
@_out
def figures_command(spec: str, check: bool, out: Path | None) -> None:
    """Derive and draw the state figures of SPEC."""
    from checkers import artefacts
    from model.figures import NoDrawingProgram

    loaded = _load(spec)
    if not loaded.edges:
        click.echo(f"error: {spec} has no edge table, so there is no figure to draw", err=True)
        raise SystemExit(WRONG)
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
        _wrong(what, "name a folder that you may write to, with --out")
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


main.add_command(strengthen_command(_load))
main.add_command(needs_command(_load))


class _Progress:
    """A bar on a terminal; without one, silence."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> _Progress:
        if sys.stderr.isatty():
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeElapsedColumn,
            )

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
