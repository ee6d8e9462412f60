"""Which transitions can be taken in which step of a run at all, before any solver is asked.

Belongs here: following role, states and other finite variables of single nodes through the steps.
Never here: a verdict. The answer errs on one side only (`model.partial`): it may name a transition
that cannot be taken then, and leaves out none that can.
"""

from __future__ import annotations

from collections.abc import Mapping

from model.lang import Message, Spec
from model.lang.spec import Transition
from model.partial import Partial, Value, followed

Values = tuple[Value, ...]


class Forward:
    """What is possible after 0, 1, 2 steps and so on; more steps never make less possible."""

    def __init__(self, spec: Spec, labels: frozenset[str]) -> None:
        """Begin with the first state; none but the transitions `labels` are taken."""
        self.transitions = [t for t in spec.transitions if t.label in labels]
        self.partial = Partial(spec)
        self.names = followed(spec)
        self.reached: set[Values] = set(self.partial.first(self.names))
        self.sent: set[str] = set()
        self.levels: list[frozenset[str]] = []
        self._known: dict[tuple[str, Values], frozenset[Values]] = {}
        self._full = False

    def labels(self, step: int) -> frozenset[str]:
        """Return the transitions that may be taken in the given step, the first being 0."""
        while len(self.levels) <= step:
            self.levels.append(self.levels[-1] if self._full else self._next())
        return self.levels[step]

    def _next(self) -> frozenset[str]:
        before = (len(self.reached), len(self.sent))
        found: set[str] = set()
        reached, sent = set(self.reached), set(self.sent)
        for t in self.transitions:
            if not self._arrives(t):
                continue
            for values in self.reached:
                after = self._outcomes(t, values)
                if after:
                    found.add(t.label)
                    reached |= after
        for t in self.transitions:
            if t.label in found:
                sent |= {out.message.__name__ for out in t.sends}
        self.reached, self.sent = reached, sent
        self._full = before == (len(reached), len(sent))
        return frozenset(found)

    def _arrives(self, t: Transition) -> bool:
        event = t.event
        return event is None or not issubclass(event, Message) or event.__name__ in self.sent

    def _outcomes(self, t: Transition, values: Values) -> frozenset[Values]:
        key = (t.label, values)
        if key not in self._known:
            known: Mapping[str, Value] = dict(zip(self.names, values, strict=True))
            self._known[key] = self.partial.outcomes(t, known, self.names)
        return self._known[key]
