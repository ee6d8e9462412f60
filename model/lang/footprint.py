"""Which parts of the state a formula reads and a transition writes.

Belongs here: names of variables, messages and ghosts. Never here: what is done with them.
"""

from __future__ import annotations

from dataclasses import dataclass

from model.lang.expr import Expr, Kind, walk
from model.lang.spec import Transition


@dataclass(frozen=True, slots=True)
class Footprint:
    """The state symbols a formula reads, or a transition writes."""

    variables: frozenset[str]
    messages: frozenset[str]
    ghosts: frozenset[str]

    def meets(self, other: Footprint) -> bool:
        """Tell whether the two share a symbol."""
        return bool(
            self.variables & other.variables
            or self.messages & other.messages
            or self.ghosts & other.ghosts
        )


def reads(expr: Expr) -> Footprint:
    """Return the state symbols that a formula mentions."""
    variables, messages, ghosts = set(), set(), set()
    for node in walk(expr):
        if node.kind in (Kind.VAR, Kind.NEXT):
            variables.add(node.data)
        elif node.kind is Kind.SENT:
            messages.add(node.data)
        elif node.kind is Kind.GHOST:
            ghosts.add(node.data)
    return Footprint(frozenset(variables), frozenset(messages), frozenset(ghosts))


def writes(transition: Transition) -> Footprint:
    """Return the state symbols that a transition can change."""
    return Footprint(
        frozenset(transition.updates),
        frozenset(s.message.__name__ for s in transition.sends),
        frozenset(g.relation.name for g in transition.ghosts),
    )
