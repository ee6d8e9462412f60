"""What a test of a restart has to show: what is stored is kept, and all else begins afresh.

Belongs here: from what a spec declares to *goals* about the crash, which stands among the events.
Never here: what a rule does (`goals`, `telling`), or finding a state (`room`).

A variable that holds its first value tells nothing: it is the same kept or forgotten. So each one
has another value before; what is kept is moreover told from all else of its sort, as what a rule
reads is. Where the first values hang on what a node is, as a role does, all that is asked for each
of these ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, cast

from checkers.mcdc.goal import ANSWERS, CHANGES, KEEPS, Goal
from checkers.mcdc.telling import Wanted, choices_in, told_apart
from model.lang import Spec
from model.lang.declare import Event, FieldDecl
from model.lang.expr import Expr, Kind, negate, show
from model.lang.sorts import BOOL, NODE
from model.lang.spec import Transition, initial_value

NAME = "a restart"
"""The event's name; no event that is declared can have it."""


class _Restart:
    """What a restart has of an event: no sender, no fields, no rules and no refusals."""

    kind = "crash"
    parts: ClassVar[dict[str, FieldDecl]] = {}


_Restart.__name__ = NAME
RESTART = cast("type[Event]", _Restart)


def events_of(spec: Spec) -> dict[str, type[Event]]:
    """Return all that can happen to a node of a spec, by name: its events, and a restart."""
    return {**spec.events, NAME: RESTART}


def restart_of(spec: Spec) -> Transition:
    """Return what a restart does."""
    (found,) = (t for t in spec.transitions if t.kind == "environment")
    return found


def restart_goals(spec: Spec) -> Iterator[Goal]:
    """Yield the goals of a restart."""
    t = restart_of(spec)
    begins = {n: initial_value(spec, n) for n in spec.variables}
    others = tuple(_is_another(n, first) for n, first in begins.items())
    yield Goal(t.label, ANSWERS, "", True, None, (), (), others)
    for given, names in _ways(t):
        where = f", where {names[0]}" if names else ""
        for name, first in begins.items():
            what = CHANGES if name in t.updates else KEEPS
            wanted = (*given, (_is_another(name, first), True))
            told = (*names, f"{name} is not as at first")
            yield Goal(t.label, what, f"{name}{where}", True, None, wanted, told, others)
    for name, decl in spec.variables.items():
        value = t.updates.get(name, Expr(Kind.VAR, decl.sort, (Expr(Kind.ME, NODE),), name))
        yield from told_apart(spec, t, f"what {name} becomes", value)


def _is_another(name: str, first: Expr) -> Expr:
    """Return that a variable has another value than at first."""
    now = Expr(Kind.VAR, first.sort, (Expr(Kind.ME, NODE),), name)
    return negate(Expr(Kind.EQ, BOOL, (now, first)))


def _ways(t: Transition) -> Iterator[tuple[Wanted, tuple[str, ...]]]:
    """Yield what the first values hang on, either way: for a role, each one to begin with."""
    asked: dict[str, Expr] = {}
    for first in t.updates.values():
        for choice in choices_in(first):
            asked.setdefault(show(choice), choice)
    if not asked:
        yield (), ()
    for text, condition in asked.items():
        yield ((condition, True),), (text,)
        yield ((condition, False),), (f"not {text}",)
