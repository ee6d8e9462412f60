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


def not_begun() -> NoReturn:
    """End at once, with a word, by a key that came while the command was still being loaded."""
    sys.stderr.write("interrupted: nothing was begun\n")
    sys.stderr.flush()
    os._exit(INTERRUPTED)  # what is loaded in half may complain of it on the way out


def main() -> None:
    """Load the commands, and run the one that is asked for."""
    try:
        from checkers import streams

        streams.open_all()
        streams.keep_keys()
        from checkers.cli import main as commands
    except KeyboardInterrupt:
        not_begun()
    commands(prog_name="oathbound")


if __name__ == "__main__":
    main()
