"""What is asked of a solver, and what it answers.

Belongs here: plain data. Never here: how it is asked.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

import z3

Named = tuple[tuple[str, z3.BoolRef], ...]
Hypotheses = tuple[Named, tuple[z3.BoolRef, ...]]
"""Named formulas, and what defines the sets they mention, which is no assumption."""

GIVEN = "given "
"""Begins the name of every hypothesis in an unsatisfiable core; guards have names of their own."""


class Cause(enum.Enum):
    """Why nothing is decided."""

    TIMEOUT = "timeout"
    MEMORY = "memory"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one query: seconds over all its tries, megabytes of solver memory in each."""

    seconds: float = 40.0
    megabytes: int = 1024


@dataclass(frozen=True, slots=True)
class Query:
    """Does `goal` follow from `background`, the named `guards` and the named hypotheses?

    `given` makes the hypotheses when they are first needed; most queries need none. `first` names
    those worth trying before all the others are brought in; what helped with an earlier query on
    the same `topic` is tried along with them. Two queries with the very same `background`, `guards`
    and hypothesis objects share what a solver has learnt of these.
    """

    background: tuple[z3.BoolRef, ...]
    guards: Named
    given: Callable[[], Hypotheses]
    goal: z3.BoolRef
    first: frozenset[str] = frozenset()
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solvers said: the goal follows (True), it does not (False), or nothing (None).

    `by`: the solver and the way that gave the answer. `core`: the names of the guards and the
    hypotheses (with `GIVEN` before them) that the proof used. `cause` and `reason`: of no answer.
    """

    follows: bool | None
    by: str
    seconds: float
    core: tuple[str, ...] = ()
    cause: Cause | None = None
    reason: str = ""

    @property
    def hypotheses(self) -> tuple[str, ...]:
        """The names of the hypotheses in the core."""
        return tuple(sorted(n[len(GIVEN) :] for n in self.core if n.startswith(GIVEN)))

    @property
    def guards(self) -> tuple[str, ...]:
        """The names of the guards in the core."""
        return tuple(sorted(n for n in self.core if not n.startswith(GIVEN)))


def cause_of(reason: str) -> Cause:
    """Return what a solver means by its reason for giving up."""
    words = reason.lower()
    if "memory" in words or "memout" in words:
        return Cause.MEMORY
    if any(w in words for w in ("timeout", "canceled", "cancelled", "resource", "interrupt")):
        return Cause.TIMEOUT
    return Cause.INCOMPLETE
