"""What is asked of recordings, and what is found.

Belongs here: plain data. Never here: finding anything out, or the words for it (`telling`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from checkers.traces.steps import Difference
from model.evaluate import Violation


@dataclass(frozen=True)
class Place:
    """A record: its file, line, node, and what it is of, in words."""

    path: Path
    line: int
    node: str
    event: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.node}: {self.event}"


@dataclass
class Wrong:
    """The first record that is none of the spec's.

    `kind` is start, step, restart, unsent or cycle; `reason` says it in words; `nearest` names the
    rule that comes nearest, and the clause that fails.
    """

    kind: str
    place: Place
    reason: str
    differences: list[Difference] = field(default_factory=list)
    nearest: list[str] = field(default_factory=list)


@dataclass
class Broken:
    """A property that does not hold at a cut: after which record, and how far each node was."""

    violation: Violation
    place: Place
    cut: dict[str, int]
    order: str = ""
    """Which records come before which there, where nothing tells that they do."""


@dataclass
class Result:
    """What a validation found."""

    spec: str
    files: list[Path]
    nodes: list[str]
    records: int = 0
    orders: int = 0
    wrong: Wrong | None = None
    broken: list[Broken] = field(default_factory=list)
    perhaps: list[Broken] = field(default_factory=list)
    """Those that are false of nodes at moments of which nothing tells that they were the same."""
    begun: list[str] = field(default_factory=list)
    """Nodes whose recording begins with a restart: where they stood then is taken as they say."""
    asked: list[str] = field(default_factory=list)
    """The properties that were checked."""
    everywhere: list[str] = field(default_factory=list)
    """Those of them that were looked up at every cut that the records determine."""
    cuts: int = 0
    """How many cuts were visited, in all orders: there the others were checked."""
    undetermined: list[str] = field(default_factory=list)
    """Those that the recordings do not determine, or not of all steps."""
    unmatched: Counter[str] = field(default_factory=Counter)
    """By node whose recording is missing, or not whole: how many messages were received of it."""
    torn: dict[Path, int] = field(default_factory=dict)
    unfinished: int = 0
    """Records of steps that did not take effect, since their node was killed."""
    rules: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    slow: int = 0
    """How many records had to be compared value by value."""
    interrupted: bool = False

    @property
    def is_determined(self) -> bool:
        """Tell whether everything that was asked could be answered."""
        lacking = self.undetermined or self.unmatched or self.begun or self.perhaps
        return not (lacking or self.interrupted)

    def exit_status(self, allow_missing: bool = False) -> int:
        """Return the command's exit status."""
        if self.wrong is not None or self.broken:
            return 1
        if self.interrupted or self.perhaps:
            return 3
        return 0 if self.is_determined or allow_missing else 3


@dataclass
class Options:
    """What is asked of recordings."""

    properties: bool = True
    lemmas: bool = False
    orders: int = 1
    seed: int = 1
    progress: Callable[[int, int, int], None] | None = None
    """Told how many records and bytes are done, and of how many bytes."""
