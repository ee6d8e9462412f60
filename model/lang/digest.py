"""A short text that stands for what the nodes of a spec do.

Belongs here: which parts of a spec make a node do what it does, in a canonical form. Never here:
what is stated of a spec, its ghosts, its documentation, or where anything is written: whatever of
these changes, a recording of its nodes stays one of them.

The generated node carries the digest, and what it records names it; so a recording that was made by
the nodes of another spec is told apart from one that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

from model.lang.expr import Expr, Kind
from model.lang.sorts import (
    MapSort,
    MaybeSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)
from model.lang.spec import Spec, Transition, initial_value

SIZE = 16
"""Bytes: two specs by chance the same are out of the question."""


def digest(spec: Spec) -> str:
    """Return the digest of what the nodes of `spec` do, in hexadecimal."""
    whole = blake2b(digest_size=SIZE)
    for line in _lines(spec):
        whole.update(line.encode() + b"\n")
    return whole.hexdigest()


def _lines(spec: Spec) -> Iterator[str]:
    yield f"spec {spec.name}"
    for name, constant in spec.config.parts.items():
        yield f"constant {name} {_sort(constant.sort)}"
    for name, decl in spec.variables.items():
        first = _Form().of(initial_value(spec, name))
        yield f"variable {name} {_sort(decl.sort)} {decl.durable} {first}"
    for name, event in spec.events.items():
        fields = [f"{n}:{_sort(d.sort)}" for n, d in event.parts.items()]
        yield f"{event.kind} {name} {' '.join(fields)}"
    for name, reply in spec.replies.items():
        fields = [f"{n}:{_sort(d.sort)}" for n, d in reply.parts.items()]
        yield f"reply {name} {reply.refusal} {' '.join(fields)}"
    for transition in spec.transitions:
        yield from _transition(transition)


def _transition(t: Transition) -> Iterator[str]:
    form = _Form()
    yield f"{t.kind} {t.label} on {t.event.__name__ if t.event is not None else ''}"
    for clause in t.clauses:
        # a refusal names the clause by its text
        yield f"clause {clause.kind} {clause.text!r} {form.of(clause.expr)}"
    for name, value in t.updates.items():
        yield f"set {name} {form.of(value)}"
    for out in t.sends:
        fields = [f"{n}={form.of(e)}" for n, e in out.fields.items()]
        yield f"send {out.message.__name__} to {form.of(out.to)} {' '.join(fields)}"
    if t.reply is not None:
        fields = [f"{n}={form.of(e)}" for n, e in t.reply.fields.items()]
        yield f"reply {t.reply.decl.__name__} {' '.join(fields)}"


class _Form:
    """The forms of a transition's expressions; one `fresh` value is told from another."""

    def __init__(self) -> None:
        self._fresh: dict[int, int] = {}
        self._known: dict[int, tuple[Expr, str]] = {}  # holds the expression: its id stays its own

    def of(self, e: Expr) -> str:
        """Return the form of an expression."""
        known = self._known.get(id(e))
        if known is None:
            at = self._fresh.setdefault(id(e), len(self._fresh)) if e.kind is Kind.FRESH else ""
            parts = [e.kind.value, _sort(e.sort), f"{at}{_data(e.data)}", *map(self.of, e.args)]
            known = self._known[id(e)] = (e, f"({' '.join(parts)})")
        return known[1]


def _sort(sort: Sort) -> str:
    match sort:
        case SumSort():
            return f"{sort.name}<{'|'.join(sort.leaves)}>"
        case RangeSort():
            return f"{sort.name}<{sort.top}>"
        case StructSort():
            return f"{sort.name}<{','.join(f'{n}:{_sort(p)}' for n, p in sort.parts)}>"
        case SetSort() | MaybeSort():
            return f"{type(sort).__name__}<{_sort(sort.of)}>"
        case MapSort():
            return f"MapSort<{_sort(sort.key)}:{_sort(sort.to)}>"
        case _:
            return f"{type(sort).__name__}<{sort.name},{getattr(sort, 'owned', '')}>"


def _data(data: Any) -> str:
    match data:
        case frozenset():
            return f"{{{','.join(sorted(map(_data, data)))}}}"
        case tuple() | list():
            return f"[{','.join(map(_data, data))}]"
        case Sort():
            return _sort(data)
        case _:
            return repr(data)
