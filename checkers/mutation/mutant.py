"""A mutant of a spec: one small fault in its tree of expressions, with a name and a place.

Belongs here: what a mutant is, and the spec that has the fault. Never here: which faults there are
(`expressions`, `rows`, `declarations`).

A mutant changes expressions, not text: the same spec gives the same mutants in every process. What
is read from a rule, as a property of steps is, is read again from the changed rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from model.lang import ME, Spec
from model.lang.declare import NodeProxy
from model.lang.expr import Kind, lift
from model.lang.sorts import BOOL
from model.lang.source import Span
from model.lang.spec import Statement, StepEvent, Transition

Changed = Mapping[str, Transition | None]
"""Rows by label, as they are now; None for one that is gone."""


@dataclass(frozen=True)
class Mutant:
    """A fault in a spec.

    `operator`: the kind of fault. `at`: the row, or what else is changed. `where`: file and line.
    `told`: what stood there and what stands there now. `rows`: what the fault makes of rows.
    `order`: of some events, the labels of their refusals in a new order. `whole`: what else it
    changes, before the rows; where it `shares` the original's statements and first values with it,
    what was translated of those serves the mutant as well.
    """

    name: str
    operator: str
    at: str
    where: str
    told: str
    rows: Changed = field(default_factory=dict)
    order: tuple[tuple[str, ...], ...] = ()
    whole: Callable[[Spec], Spec] | None = None
    shares: bool = False

    @property
    def local(self) -> bool:
        """Tell whether only rows differ, so that what is translated of the rest serves as it is."""
        return self.whole is None or self.shares

    def spec(self, original: Spec) -> Spec:
        """Return the spec with the fault. Raises what the language raises where it objects."""
        made = original if self.whole is None else self.whole(original)
        return with_rows(made, self.rows, self.order) if self.rows or self.order else made


def with_rows(spec: Spec, rows: Changed, order: tuple[tuple[str, ...], ...] = ()) -> Spec:
    """Return the spec with other rows, and all that is read from these."""
    kept = [(t, rows.get(t.label, t)) for t in spec.transitions]
    made = [now for _, now in kept if now is not None]
    by_label = {t.label: t for t in made}
    for labels in order:
        places = [i for i, t in enumerate(made) if t.label in labels]
        for i, label in zip(places, labels, strict=True):
            made[i] = by_label[label]
    statements = dict(spec.statements)
    for name, s in spec.statements.items():
        if s.prop.kind == "step":
            statements[name] = _read_again(spec, s, rows)
    return replace(spec, transitions=tuple(made), statements=statements)


def _read_again(spec: Spec, s: Statement, rows: Changed) -> Statement:
    """Return a property of steps with what it says of the changed rows."""
    formulas = dict(s.per_transition)
    before, after = NodeProxy(spec.process, ME), NodeProxy(spec.process, ME, Kind.NEXT)
    for label, t in rows.items():
        if t is None:
            formulas.pop(label, None)
        elif label in formulas:
            formulas[label] = lift(s.prop.function(before, after, StepEvent(t)), BOOL)
    return replace(s, per_transition=formulas)


def place(span: Span | None) -> str:
    """Return a file and a line; nothing of a place that no source has."""
    return f"{span.shown_file()}:{span.line}" if span is not None and span.line > 0 else ""
