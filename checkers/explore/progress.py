"""Progress of a search: where it is, and when it may end.

Belongs here: what is told. Never here: the search, or how a line is shown (`checkers.progress`).
"""

from __future__ import annotations

from checkers.explore.result import peak_memory
from checkers.explore.search import Search
from checkers.explore.showing import amount


def expected_rest(levels: list[int]) -> int | None:
    """Return about how many states are still to come; None where the levels do not shrink.

    Each level is taken to shrink at least as the last one did, which is so of most protocols once
    the levels shrink at all.
    """
    if len(levels) < 3 or not levels[-1] < levels[-2] < levels[-3]:
        return None
    ratio = levels[-1] / levels[-2]
    return round(levels[-1] * ratio / (1 - ratio))


def where(search: Search, done: int, seconds: float) -> list[str]:
    """Return where a search is after so long, the most telling first.

    `done` states of the frontier are expanded.
    """
    known = search.seen.count
    parts = [
        f"{known:,} states",
        f"{known / seconds:,.0f}/s",
        f"depth {search.depth}",
    ]
    rest = expected_rest(search.levels)
    if rest is not None:
        rate = max(search.distinct, 1) / seconds
        parts.append(f"about {(rest + len(search.frontier) - done) / rate:.0f} s to go")
    parts.append(amount(peak_memory()))
    parts.append(f"{done:,} of {len(search.frontier):,} expanded")
    return parts
