"""What is stated of a single node or message: what questions about one step are given.

Belongs here: which statements these are. Never here: what is asked with them (`possible`), or any
solver; so that what is answered already is told without loading one.
"""

from __future__ import annotations

from functools import cached_property

from model.lang import Message, Spec
from model.lang.expr import Expr, Kind, walk
from model.lang.footprint import reads
from model.lang.sorts import NODE
from model.lang.spec import Transition

Facts = list[tuple[str, Expr]]
"""Statements by name."""


class Given:
    """What is stated of a single node or message of one spec, but for the statements `without`."""

    def __init__(self, spec: Spec, without: frozenset[str] = frozenset()) -> None:
        """Prepare for `spec`."""
        self.spec = spec
        self._stated = [
            s
            for s in spec.of_kind("safety", "lemma")
            if not s.prop.open and s.formula is not None and s.name not in without
        ]
        self._of_messages: dict[str, Facts] = {}

    @cached_property
    def of_the_node(self) -> Facts:
        """The stated properties that have one process parameter and no other."""
        found = []
        for s in self._stated:
            f = s.formula
            if f is None or f.kind is not Kind.FORALL or len(f.data) != 1 or f.data[0][1] != NODE:
                continue
            if not any(e.kind in (Kind.FORALL, Kind.EXISTS) for e in walk(f.args[0])):
                found.append((s.name, f))
        return found

    def of_message(self, message: str) -> Facts:
        """Return the stated properties of nothing but messages sent, this one among them."""
        if message not in self._of_messages:
            found = self._of_messages[message] = []
            for s in self._stated:
                assert s.formula is not None
                seen = reads(s.formula)
                if message in seen.messages and not seen.variables and not seen.ghosts:
                    found.append((s.name, s.formula))
        return self._of_messages[message]

    def of_answered(self, t: Transition) -> Facts:
        """Return what is stated of the message that `t` answers, if it answers one."""
        if t.event is None or not issubclass(t.event, Message):
            return []
        return self.of_message(t.event.__name__)

    def names(self, t: Transition) -> frozenset[str]:
        """Return the names of the statements that a question about `t` is given."""
        return frozenset(name for name, _ in (*self.of_the_node, *self.of_answered(t)))
