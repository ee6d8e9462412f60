"""Where the command begins: `oathbound`, and `python -m checkers`.

Belongs here: what has to be there before anything is loaded. Never here: an import at the top that
takes its time, or a command.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

INTERRUPTED = 130
"""As of every program that Ctrl-C ends before it has begun."""
WRONG, UNKNOWN = 2, 3
"""As of every command line that is wrong, and every command that decides nothing."""


def not_begun() -> NoReturn:
    """End at once, with a word, by a key that came while the command was still being loaded."""
    sys.stderr.write("interrupted: nothing was begun\n")
    sys.stderr.flush()
    os._exit(INTERRUPTED)  # what is loaded in half may complain of it on the way out


def fault() -> NoReturn:
    """End by a mistake of this program's own, which refutes nothing, as status 1 would say."""
    import traceback

    traceback.print_exc()
    what = "this is a mistake in oathbound, and not yours: nothing is decided"
    sys.stderr.write(f"error: {what}\n  fix: please report it, with what is above\n")
    raise SystemExit(UNKNOWN) from None


def unchecked() -> NoReturn:
    """End where Python was told to leave this program's own checks out: its word would be less."""
    what = "python -O, or PYTHONOPTIMIZE, leaves out the checks that this program makes of itself"
    sys.stderr.write(f"error: {what}: nothing was begun\n  fix: run it without\n")
    raise SystemExit(WRONG)


def main() -> None:
    """Load the commands, and run the one that is asked for."""
    try:
        from checkers import streams

        streams.open_all()
        streams.keep_keys()
        if not __debug__:
            unchecked()
        from checkers.cli import main as commands
    except KeyboardInterrupt:
        not_begun()
    try:
        commands(prog_name="oathbound")
    except Exception:
        fault()


if __name__ == "__main__":
    main()
