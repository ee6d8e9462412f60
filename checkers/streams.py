"""The streams and the keys that a command is begun with, whatever the shell made of them.

Belongs here: closed streams, streams that take no more, keys that Python would lose. Never here:
what is told, or an import that takes its time.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import suppress
from typing import Any, TextIO

NO_MORE = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
"""What a stream says that takes no more. Files have names, and tell of themselves."""
AGAIN = 0.01
"""Seconds after which a key that was lost is pressed again."""


def open_all() -> None:
    """Let the closed ones among the three streams lead nowhere.

    Else the next file that is opened would be taken for one of them, and be written to.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
        if getattr(sys, name) is None:
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def keep_keys() -> None:
    """Press a key again that comes within what Python calls by itself, such as a `__del__`.

    Python tells what is raised there, drops it and goes on.
    """
    tell = sys.unraisablehook

    def hear(lost: Any) -> None:
        if lost.exc_type is not None and issubclass(lost.exc_type, KeyboardInterrupt):
            _press_again()
        else:
            tell(lost)

    sys.unraisablehook = hear


def _press_again() -> None:
    from threading import Timer

    again = Timer(AGAIN, os.kill, (os.getpid(), signal.SIGINT))
    again.daemon = True
    with suppress(RuntimeError):  # Python is about to end anyway
        again.start()


def given_up(error: OSError) -> str | None:
    """Return why a stream takes no more, if that is what an error says; empty where nobody reads.

    What is shown leads nowhere from then on: what the stream still holds ends in no error.
    """
    if error.filename is not None or error.errno not in NO_MORE:
        return None
    lead_nowhere(sys.stdout)
    return "" if error.errno == errno.EPIPE else error.strerror or str(error)


def lead_nowhere(stream: TextIO) -> None:
    """Let nothing that is written to a stream get anywhere."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
