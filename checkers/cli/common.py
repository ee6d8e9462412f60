"""What the commands share: reading specs and options, telling mistakes, progress, writing files.

Belongs here: what more than one command needs. Never here: a command, or any check.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, NoReturn

import click
from rich.console import Console

from checkers.questions import STRUCTURAL
from checkers.structure import NODE
from model.lang import Spec, SpecError, SpecErrors
from model.lang.load import load

# What draws bars takes long to load, and a command that can tell at once draws none.
if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    _Numbers = click.ParamType[int]
else:
    _Numbers = click.ParamType  # not every version of click that will do can be subscripted

WRONG, REFUTED, UNKNOWN = 2, 1, 3

LONG = 10.0
"""Seconds that a spec may take to be read without a word."""
WORD = "a word where a spec takes long"
"""What the thread that says it is called."""

STATUSES = """\b
Exit status:
  0  all that was asked for holds
  1  a property is refuted, or a derived file is not current
  2  the command line or the spec is wrong
  3  something is open or unknown, or ran out of time or memory
"""


class Shown(Console):
    """Where nobody reads on, not all was told: that is no refutation, as status 1 would be."""

    def on_broken_pipe(self) -> None:
        """End in silence."""
        try:
            super().on_broken_pipe()
        except SystemExit:
            raise SystemExit(UNKNOWN) from None


def console() -> Console:
    """Return the console for what is shown: plain, and 100 columns wide, without a terminal."""
    if sys.stdout.isatty():
        return Shown()
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdecimal() and int(columns) >= 40 else 100
    return Shown(width=width, no_color=True, highlight=False)


def load_spec(target: str) -> Spec:
    """Return the spec that a command line names, or end with its mistakes, told."""
    try:
        with _word_where_it_takes_long(target):
            return load(target)
    except (SpecError, SpecErrors) as error:
        click.echo(str(error), err=True)
        raise SystemExit(WRONG) from None


@contextmanager
def _word_where_it_takes_long(target: str) -> Iterator[None]:
    """Tell who waits that it is the spec's own Python that goes on and on."""
    told = f"{target}: its Python has run for {LONG:g} s, and nothing is read yet (Ctrl-C ends it)"
    word = Timer(LONG, click.echo, (told,), {"err": True})
    word.daemon = True
    word.name = WORD
    word.start()
    try:
        yield
    finally:
        word.cancel()
        word.join()  # who forks is to be alone


def wrong(what: str, fix: str) -> NoReturn:
    """Say what is wrong with the command line, and how to mend it."""
    click.echo(f"error: {what}\n  fix: {fix}", err=True)
    raise SystemExit(WRONG)


class Number(_Numbers):
    """A whole number, as everybody writes it; what is none is told as other mistakes are."""

    name = "number"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the number that an option names, or end with the mistake."""
        if isinstance(value, int):
            return value
        text = str(value)
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= 18):
            option = param.opts[0] if param is not None else "a number"
            wrong(f"{option} {text!r}: it is no whole number", "write digits, such as 12")
        return int(text)


NUMBER = Number()


def check_names(spec: Spec, only: tuple[str, ...]) -> None:
    """Refuse names that no property and no structural row has."""
    stated = spec.of_kind("safety", "step", "lemma")
    known = {*(s.name for s in stated), *STRUCTURAL, NODE}
    for name in only:
        if name in spec.statements and spec.statements[name].promise is not None:
            what = f"--only {name}: it speaks of whole runs, and is not proved"
            wrong(what, f"`oathbound liveness --only {name}` checks a promise in a bounded scope")
        if name not in known:
            close = ", ".join(sorted(n for n in known if n.lower().startswith(name.lower()[:2])))
            what = f"--only {name}: the spec states no such property"
            wrong(what, f"use one of: {close or ', '.join(sorted(known))}")


def check_files(files: dict[str, Path], read: Mapping[str, Iterable[Path]] | None = None) -> None:
    """Refuse, before anything is run, files that cannot be written afterwards.

    Nor is what the command reads written over, which would be lost: the spec, and the files in
    `read`, by what they are.
    """
    for at, (option, path) in enumerate(files.items()):
        why = _unwritable(path)
        fix = "name a file in a folder that you may write to"
        if why is None and _is_the_spec(path):
            why, fix = "it is the spec itself, which would be lost", "name another file"
        for what, kept in (read or {}).items():
            if why is None and any(_same(path, one) for one in kept):
                why, fix = f"it is {what}, which would be lost", "name another file"
        for other, earlier in list(files.items())[:at]:
            if why is None and _same(path, earlier):
                why, fix = f"{other} is written there, too", "give each its own file"
        if why is not None:
            wrong(f"{option} {path}: {why}", fix)


def _is_the_spec(path: Path) -> bool:
    """Tell whether a path leads to the file that the command reads its spec from."""
    context = click.get_current_context(silent=True)
    target = context.params.get("spec") if context is not None else None
    return isinstance(target, str) and _same(path, Path(target))


def _same(path: Path, other: Path) -> bool:
    """Tell whether two paths lead to one file, once the folders on the way are there."""
    with suppress(OSError, ValueError):
        if path.exists() and other.exists():
            return path.samefile(other)
    with suppress(OSError, ValueError, RuntimeError):  # of links that lead round and round
        return path.resolve() == other.resolve()
    return False


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


def write(action: Callable[[], None], path: Path) -> None:
    """Write a file, or end with the reason why it cannot be written."""
    try:
        action()
    except OSError as error:
        wrong(f"cannot write {path}: {error.strerror}", "name a place that can be written")


class Progress:
    """A bar on a terminal; without one, silence."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                TextColumn,
                TimeElapsedColumn,
            )
            from rich.progress import Progress as Bar

            self._bar = Bar(
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
