"""What is known of all nodes' parts, as the tables that whole states are expanded with.

Belongs here: the arrays that an expansion reads, and nothing that finds out more. Never here: how
they are filled (`parts`), or read (`expansion`).

Here they are those of `parts` themselves, which learn while a level is expanded. `copied` gives
tables of their own, that can be sent to another process or to the memory of a device.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from checkers.explore.packing import Packing
from model.arrays.rows import CRASH

if TYPE_CHECKING:
    from checkers.explore.parts import World


CUT = -2
"""In place of the next part: the step leads beyond the bounds."""


class Grid:
    """A two-dimensional array that grows in both directions; unset entries are `blank`."""

    def __init__(self, dtype: Any, blank: int = 0) -> None:
        self.blank = blank
        self.rows, self.columns = 0, 0
        self.data: Any = np.full((16, 1), blank, dtype)

    def reserve(self, rows: int, columns: int) -> None:
        """Make room."""
        self.rows, self.columns = max(rows, self.rows), max(columns, self.columns)
        have = self.data.shape
        if rows > have[0] or columns > have[1]:
            size = (
                have[0] if rows <= have[0] else max(rows, 2 * have[0]),
                max(columns, have[1]),
            )
            wider = np.full(size, self.blank, self.data.dtype)
            wider[: have[0], : have[1]] = self.data
            self.data = wider

    def copied(self, xp: Any) -> Grid:
        """Return one of its own, without the room to grow."""
        made = Grid.__new__(Grid)
        made.blank, made.rows, made.columns = self.blank, self.rows, self.columns
        made.data = xp.asarray(self.data[: max(1, self.rows), : max(1, self.columns)], copy=True)
        return made


@dataclass
class NodeTables:
    """What is known of one node; `checkers.explore.parts` tells what each table says.

    `own` of the events are no messages, `crash`: the first of them is a crash. `words` words of 64
    bits hold all events; `has_unknown` tells of which there is something to find out.
    """

    me: int
    own: int
    crash: bool
    words: int
    accept: Grid
    moves: Grid
    unknown: Grid
    adds: Grid
    sizes: Grid
    local_of: Any
    gives: dict[int, Grid]
    replies: dict[str, Grid]
    next: list[Any]
    kinds: list[Any]
    gains: list[Any]
    cuts: list[bool]
    has_unknown: list[bool]

    def copied(self, xp: Any) -> NodeTables:
        """Return tables of their own, in arrays of `xp`."""

        def arrays(held: list[Any]) -> list[Any]:
            plain = (int, type(None))
            return [a if isinstance(a, plain) else xp.asarray(a, copy=True) for a in held]

        return replace(
            self,
            accept=self.accept.copied(xp),
            moves=self.moves.copied(xp),
            unknown=self.unknown.copied(xp),
            adds=self.adds.copied(xp),
            sizes=self.sizes.copied(xp),
            local_of=xp.asarray(self.local_of, copy=True),
            gives={receiver: grid.copied(xp) for receiver, grid in self.gives.items()},
            replies={reply: grid.copied(xp) for reply, grid in self.replies.items()},
            next=arrays(self.next),
            kinds=arrays(self.kinds),
            gains=arrays(self.gains),
            cuts=list(self.cuts),
            has_unknown=list(self.has_unknown),
        )


@dataclass
class Tables:
    """What an expansion reads: the nodes, the packing, and the bounds.

    `crashes` and `messages` bound a run's; None where they need not be counted. `replies` are those
    that nothing has given yet. `ghosts` tells whether states have ghosts, `heard` which rows' steps
    somebody wants to hear of: all with None.
    """

    nodes: list[NodeTables]
    packing: Packing
    crashes: int | None
    messages: int | None
    replies: set[str]
    ghosts: bool

    def copied(self, xp: Any = np) -> Tables:
        """Return tables of their own, in arrays of `xp`."""
        nodes = [node.copied(xp) for node in self.nodes]
        return replace(self, nodes=nodes, replies=set(self.replies))


@dataclass
class Sent:
    """What every worker needs of a level.

    `following` are aligned arrays: pairs of a set of ghosts and what is added to it, ascending, and
    the set after. `heard`: the kinds of steps that somebody wants to hear of.
    """

    tables: Tables
    following: tuple[Any, Any] | None
    heard: frozenset[int]


_SHARED = (
    *("accept", "moves", "unknown", "adds", "sizes", "local_of", "gives", "replies"),
    *("next", "kinds", "gains", "cuts", "has_unknown"),
)
"""What is of a node's parts as it is there."""


def tables_of(
    world: World, packing: Packing, crashes: int | None = None, messages: int | None = None
) -> Tables:
    """Return the tables of a world, as they are and as they become while it learns."""
    nodes = [
        NodeTables(
            me=n.me,
            own=n.own,
            crash=bool(n.events) and n.events[0].name == CRASH,
            words=n.words_at_level,
            **{name: getattr(n, name) for name in _SHARED},
        )
        for n in world.nodes
    ]
    return Tables(nodes, packing, crashes, messages, world.replies_wanted, world.ghosts is not None)
