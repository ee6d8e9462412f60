"""What of a spec can matter to a question: its cone of influence.

Belongs here: following reads and writes backwards. Never here: formulas.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from model.lang import Message, Spec
from model.lang.expr import Expr
from model.lang.footprint import Footprint, reads, writes
from model.lang.spec import Transition


@dataclass(frozen=True, slots=True)
class Cone:
    """The labels of the transitions and the symbols of the state that can matter."""

    labels: frozenset[str]
    symbols: Footprint


def cone(spec: Spec, asked: Footprint, labels: frozenset[str] = frozenset()) -> Cone:
    """Return what can matter to a question that reads `asked` or is about the steps `labels`."""
    *_, last = backwards(spec, asked, labels)
    return last


def backwards(spec: Spec, asked: Footprint, labels: frozenset[str] = frozenset()) -> Iterator[Cone]:
    """Yield what can matter in the last step, in the last two, and so on, until it is the same.

    In a run that is as short as can be every step matters: one that writes nothing that the
    question or a later step reads could be left out.
    """
    variables, messages, ghosts = set(asked.variables), set(asked.messages), set(asked.ghosts)
    for s in spec.of_kind("assumption"):
        if s.formula is not None:
            variables |= reads(s.formula).variables
    chosen: set[str] = set()
    while True:
        size = (len(chosen), len(variables), len(messages), len(ghosts))
        now = Footprint(frozenset(variables), frozenset(messages), frozenset(ghosts))
        for t in spec.transitions:
            if t.label not in labels and not writes(t).meets(now):
                continue
            chosen.add(t.label)
            if t.event is not None and issubclass(t.event, Message):
                messages.add(t.event.__name__)
            for expr in _matters(spec, t, now):
                found = reads(expr)
                variables |= found.variables
                messages |= found.messages
                ghosts |= found.ghosts
        yield Cone(frozenset(chosen), now)
        if size == (len(chosen), len(variables), len(messages), len(ghosts)):
            return


def _matters(spec: Spec, t: Transition, now: Footprint) -> Iterator[Expr]:
    yield spec.enabled(t)
    yield from (e for name, e in t.updates.items() if name in now.variables)
    for out in t.sends:
        if out.message.__name__ in now.messages:
            yield out.to
            yield from out.fields.values()
    for update in t.ghosts:
        if update.relation.name in now.ghosts:
            yield from update.args
            if update.where is not None:
                yield update.where
