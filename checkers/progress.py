"""Progress of long work as one line: it changes on a terminal; elsewhere a line comes now and then.

Belongs here: how such a line is shown, whatever the width. Never here: what is told.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence

import click

TERMINAL, PLAIN = 0.2, 5.0
"""Seconds from one line to the next, on a terminal and elsewhere."""
NARROW = 80
"""Columns of a terminal that does not tell how many it has."""


def fitting(parts: Sequence[str], width: int) -> str:
    """Return the parts as one line of at most `width` columns; the last ones are left out first."""
    line = ""
    for part in parts:
        longer = f"{line}, {part}" if line else part
        if len(longer) > width:
            break
        line = longer
    return line or "".join(parts[:1])[:width]


def columns() -> int:
    """Return how many columns standard error has, if it is a terminal."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or NARROW
    except (OSError, ValueError):
        return NARROW


class Teller:
    """One line on standard error, with the seconds since this was made."""

    def __init__(self) -> None:
        """Start the clock."""
        self.started = self._told = time.perf_counter()
        self._terminal = sys.stderr.isatty()

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.perf_counter() - self.started

    def __call__(self, text: str) -> None:
        """Tell what is going on: at once on a terminal, since it may be the last for long."""
        self._tell(lambda: (text,), 0.0 if self._terminal else PLAIN)

    def often(self, parts: Callable[[], Sequence[str]]) -> None:
        """Tell it, where this is called again and again; only now and then the parts are asked for.

        The most important comes first: on a terminal the last ones that have no room are left out,
        since a line that is wider would leave its first part there each time.
        """
        self._tell(parts, TERMINAL if self._terminal else PLAIN)

    def _tell(self, parts: Callable[[], Sequence[str]], every: float) -> None:
        now = time.perf_counter()
        if now - self._told < every:
            return
        self._told = now
        told = list(parts())
        told[0] = f"{self.seconds:7.1f} s  {told[0]}"
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{fitting(told, columns() - 1)}")
            sys.stderr.flush()
        else:
            click.echo(", ".join(told), err=True)

    def close(self) -> None:
        """Leave the line."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
