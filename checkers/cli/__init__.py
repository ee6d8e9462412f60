"""The `oathbound` command.

Belongs here: which commands there are, and what holds for all of them. Never here: any of them.

Exit status: 0 all that was asked for holds; 1 a property is refuted or a derived file is not
current; 2 the command line or the spec is wrong; 3 something is open or unknown, or ran out of time
or memory; 130 a key ended it before it began.
"""

from __future__ import annotations

import ctypes
import errno
import io
import sys
from typing import Any, NoReturn

import click

from checkers import streams
from checkers.__main__ import not_begun
from checkers.cli.common import UNKNOWN, WRONG, load_spec, wrong
from checkers.cli.derived import figures_command, generate_command
from checkers.cli.explore import explore_command
from checkers.cli.export import export_command
from checkers.cli.fragment import fragment_command
from checkers.cli.liveness import liveness_command
from checkers.cli.mcdc import mcdc_command
from checkers.cli.mutate import mutate_command
from checkers.cli.simulate import simulate_command
from checkers.cli.trace import trace_command
from checkers.cli.verify import verify_command
from checkers.needs.command import needs_command
from checkers.strengthen.command import strengthen_command


class Commands(click.Group):
    """Ctrl-C is no refutation, at whatever moment it comes, and is told with a word.

    Nor is an end that comes too early: click would say `Aborted!` of either, and exit 1.
    """

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the command line."""
        _let_all_be_shown()
        try:
            return super().make_context(*args, **extra)
        except KeyboardInterrupt:
            not_begun()
        except OSError as error:
            _not_told(error)

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
        except EOFError as error:
            told = f": {error}" if str(error) else ""
            what = f"a file or another process ended too early{told}: nothing is decided"
            fix = "try again; where it comes again, please report it"
            click.echo(f"error: {what}\n  fix: {fix}", err=True)
            raise SystemExit(UNKNOWN) from None
        except (OSError, MemoryError) as error:
            if isinstance(error, MemoryError) or error.errno in GIVES_NO_MORE:
                told = getattr(error, "strerror", None) or "there is no memory left"
                what = f"the system gives no more: {told}: nothing is decided"
                click.echo(f"error: {what}\n  fix: ask for less, or let it have more", err=True)
                raise SystemExit(UNKNOWN) from None
            _not_told(error)


GIVES_NO_MORE = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)
"""What the system says that has no more files, processes or memory for a command."""


def _not_told(error: OSError) -> NoReturn:
    """End since what is found cannot be shown: in silence, where nobody reads on."""
    why = streams.given_up(error)
    if why is None:
        raise error
    if not why:
        raise SystemExit(UNKNOWN)
    try:
        wrong(f"what is found cannot be shown: {why}", "send it where there is room")
    except OSError:  # nor can that
        streams.lead_nowhere(sys.stderr)
        raise SystemExit(WRONG) from None


def _let_all_be_shown() -> None:
    """Show a sign that the terminal's encoding lacks as its number: a name may hold any byte."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _show_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if not asked:
        return
    from importlib import metadata

    try:
        click.echo(f"oathbound {metadata.version('oathbound')}")
    except metadata.PackageNotFoundError:
        wrong("--version: oathbound is run from its sources", "install it: its package names it")
    ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def main() -> None:
    """Write a protocol once as a table of rules; prove it, generate it, compare the two."""


main.add_command(verify_command)
main.add_command(generate_command)
main.add_command(figures_command)
main.add_command(explore_command)
main.add_command(fragment_command)
main.add_command(export_command)
main.add_command(liveness_command)
main.add_command(mcdc_command)
main.add_command(mutate_command)
main.add_command(simulate_command)
main.add_command(trace_command)
main.add_command(strengthen_command(load_spec))
main.add_command(needs_command(load_spec))
