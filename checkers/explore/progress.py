"""Progress of a search, told as it goes.

Belongs here: one line now and then. Never here: the search.
"""

from __future__ import annotations

import sys
import time

import click

from checkers.explore.result import peak_memory
from checkers.explore.search import Search
from checkers.explore.showing import amount

EVERY_TERMINAL, EVERY_PLAIN = 0.2, 5.0


def expected_rest(levels: list[int]) -> int | None:
    """Return about how many states are still to come; None where the levels do not shrink.

    Each level is taken to shrink at least as the last one did, which is so of most protocols once
    the levels shrink at all.
    """
    if len(levels) < 3 or not levels[-1] < levels[-2] < levels[-3]:
        return None
    ratio = levels[-1] / levels[-2]
    return round(levels[-1] * ratio / (1 - ratio))


class Teller:
    """A line that changes on a terminal; without one, a line every few seconds."""

    def __init__(self) -> None:
        self.started = self._told = time.perf_counter()
        self._terminal = sys.stderr.isatty()

    def __call__(self, search: Search, done: int) -> None:
        """Tell where a search is: `done` states of the frontier are expanded."""
        now = time.perf_counter()
        if now - self._told < (EVERY_TERMINAL if self._terminal else EVERY_PLAIN):
            return
        self._told = now
        known, seconds = search.store.count, now - self.started
        line = (
            f"{seconds:7.1f} s  {known:,} states, {known / seconds:,.0f}/s, depth {search.depth},"
            f" {done:,} of {len(search.frontier):,} expanded, {amount(peak_memory())}"
        )
        rest = expected_rest(search.levels)
        if rest is not None:
            rate = max(search.distinct, 1) / seconds
            line += f", about {(rest + len(search.frontier) - done) / rate:.0f} s to go"
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
        else:
            click.echo(line, err=True)

    def close(self) -> None:
        """Leave the line."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
