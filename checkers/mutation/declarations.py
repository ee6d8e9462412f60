"""Faults in what is declared: roles, what is stored, tables, first values, refusals.

Belongs here: faults of more than one row. Never here: faults in one row (`rows`).

What a fallback says is read once for every event, so a fault in one of its rows is in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

from checkers.mutation.expressions import Faults
from checkers.mutation.mutant import Mutant, place
from checkers.mutation.rows import map_exprs, row_faults
from model.lang import Process, Spec
from model.lang.declare import Event, VarDecl
from model.lang.expr import Expr, Kind, conjunction, negate, show
from model.lang.promises import Pledge
from model.lang.sorts import BOOL, RangeSort, Sort, SumSort
from model.lang.spec import Clause, Statement, Transition

WIDEN_ROLE = "widen a role"
NARROW_ROLE = "narrow a role"
WIDEN_SENDER = "widen a sender role"
FORGET = "forget to persist"
FIRST_VALUE = "wrong first value"
TABLE = "wrong table row"
DROP_REFUSAL = "drop a refusal"
SWAP_REFUSALS = "swap refusals"


def declaration_mutants(spec: Spec) -> Iterator[Mutant]:
    """Yield the mutants of a spec's declarations and refusals."""
    for name, event in spec.events.items():
        yield from _roles(spec, name, event)
    yield from _persistence(spec)
    yield from _first_values(spec)
    yield from _tables(spec)
    yield from _refusals(spec)


# ---------------------------------------------------------------- roles


def _roles(spec: Spec, name: str, event: type[Event]) -> Iterator[Mutant]:
    declared = spec.role_clauses.get(name, ())
    for at, clause in enumerate(declared):
        others = (*declared[:at], *declared[at + 1 :])
        if clause.kind == "sender":
            told = f"{name}: without {clause.text}"
            yield _declared(spec, event, WIDEN_SENDER, f"{name}/sender", told, others)
            continue
        sort, leaves = clause.expr.args[0].sort, clause.expr.data
        assert isinstance(sort, SumSort)
        for leaf in sort.leaves:
            wider = leaf not in leaves
            now = leaves | {leaf} if wider else leaves - {leaf}
            if not now:
                continue
            made = Expr(Kind.IS, BOOL, clause.expr.args, now, clause.expr.span)
            changed = (Clause(show(made), made, "role"),) if len(now) < len(sort.leaves) else ()
            kept = (*declared[:at], *changed, *declared[at + 1 :])
            operator = WIDEN_ROLE if wider else NARROW_ROLE
            sign = "+" if wider else "-"
            told = f"{name}: {clause.text} -> {made}"
            yield _declared(spec, event, operator, f"{name}/role{sign}{leaf}", told, kept)


def _declared(
    spec: Spec,
    event: type[Event],
    operator: str,
    name: str,
    told: str,
    clauses: tuple[Clause, ...],
) -> Mutant:
    """Return the mutant in which these are the clauses of an event's declared roles."""
    before = spec.role_clauses[event.__name__]
    rows: dict[str, Transition | None] = {}
    for t in spec.rules_of(event):
        rows[t.label] = replace(t, clauses=(*clauses, *t.clauses[len(before) :]))
    for t in spec.refusals_of(event):
        if t.name == "wrong_role":
            refusing = negate(conjunction(*(c.expr for c in clauses)))
            clause = Clause(show(refusing), refusing, "guard")
            rows[t.label] = replace(t, clauses=(clause,)) if clauses else None
    changed = {**spec.role_clauses, event.__name__: clauses}
    return Mutant(
        name,
        operator,
        event.__name__,
        place(event.span),
        told,
        rows,
        whole=lambda s: replace(s, role_clauses=changed),
        shares=True,
    )


# ---------------------------------------------------------------- what is stored, first values


def _persistence(spec: Spec) -> Iterator[Mutant]:
    for t in spec.transitions:
        if t.kind != "environment":
            continue
        for name, decl in spec.variables.items():
            if decl.durable and isinstance(decl.init, Expr):
                now = replace(t, updates={**t.updates, name: decl.init})
                yield Mutant(
                    f"{spec.process.__name__}.{name}/volatile",
                    FORGET,
                    f"{spec.process.__name__}.{name}",
                    place(decl.span),
                    f"{name}: durable -> volatile",
                    {t.label: now},
                    whole=partial(_other_variable, name, replace(decl, durable=False)),
                    shares=True,
                )


def _first_values(spec: Spec) -> Iterator[Mutant]:
    for name, decl in spec.variables.items():
        if not isinstance(decl.init, Expr):
            continue
        for number, fault in enumerate(Faults(spec, None).of(decl.init, effect=True)):
            init = fault.of(decl.init)
            rows: dict[str, Transition | None] = {
                t.label: replace(t, updates={**t.updates, name: init})
                for t in spec.transitions
                if t.kind == "environment" and name in t.updates
            }
            yield Mutant(
                f"{spec.process.__name__}.{name}/init/{number}",
                FIRST_VALUE,
                f"{spec.process.__name__}.{name}",
                place(decl.span),
                f"{name} begins as {fault.told}",
                rows,
                whole=partial(_other_variable, name, replace(decl, init=init)),
            )


def _other_variable(name: str, decl: VarDecl, spec: Spec) -> Spec:
    """Return the spec in which a variable is declared otherwise."""
    old = spec.process

    class Changed(Process):
        pass

    Changed.__name__ = Changed.__qualname__ = old.__name__
    Changed.__module__, Changed.__doc__ = old.__module__, old.__doc__
    Changed.variables = {n: decl if n == name else d for n, d in old.variables.items()}
    Changed.span = old.span
    return replace(spec, process=Changed)


# ---------------------------------------------------------------- tables


def _tables(spec: Spec) -> Iterator[Mutant]:
    """Yield wrong rows of the tables that expressions look things up in."""
    looked_up: dict[str, Expr] = {}
    for part in _everything(spec):
        if part.kind is Kind.MAP and part.label:
            looked_up.setdefault(part.label.partition("(")[0], part)
    for table in spec.tables.values():
        for column in table.columns:
            e = looked_up.get(f"{table.name}.{column}")
            if e is None:
                continue
            for leaf, value in e.data:
                for other in _next(e.sort, value):
                    entry = f"{table.name}[{leaf}].{column}"
                    yield Mutant(
                        f"{entry}/{other}",
                        TABLE,
                        table.name,
                        place(table.span),
                        f"{entry}: {value} -> {other}",
                        whole=partial(_other_table, e.label, leaf, other),
                    )


def _next(sort: Sort, value: Any) -> list[Any]:
    match sort:
        case RangeSort():
            return [n for n in (value - 1, value + 1) if 0 <= n <= sort.top]
        case SumSort():
            at = sort.leaves.index(value)
            return [sort.leaves[(at + 1) % len(sort.leaves)]] if len(sort.leaves) > 1 else []
        case _:
            return [not value] if isinstance(value, bool) else []


def _everything(spec: Spec) -> Iterator[Expr]:
    """Yield every part of every expression of the spec's rows, each object once."""
    seen: set[int] = set()
    stack = [e for t in spec.transitions for e in t.expressions()]
    while stack:
        e = stack.pop()
        if id(e) not in seen:
            seen.add(id(e))
            yield e
            stack.extend(e.args)


def _other_table(label: str, leaf: str, value: Any, spec: Spec) -> Spec:
    """Return the spec in which a row of a table is another, wherever it is looked up."""
    done: dict[int, tuple[Expr, Expr]] = {}  # holds what it has seen, so that its id stays its own

    def of(e: Expr) -> Expr:
        if id(e) not in done:
            args = tuple(map(of, e.args))
            made: Expr = e
            if e.kind is Kind.MAP and e.label == label:
                data = tuple((k, value if k == leaf else v) for k, v in e.data)
                made = Expr(e.kind, e.sort, args, data, e.span, e.label)
            elif any(a is not b for a, b in zip(args, e.args, strict=True)):
                made = e.with_args(args)
            done[id(e)] = (e, made)
        return done[id(e)][1]

    statements = {n: _map_statement(s, of) for n, s in spec.statements.items()}
    rows = tuple(map_exprs(t, of) for t in spec.transitions)
    return replace(spec, transitions=rows, statements=statements)


def _map_statement(s: Statement, of: Callable[[Expr], Expr]) -> Statement:
    promise = s.promise
    if isinstance(promise, Pledge):
        when: Expr | None = None if promise.when is None else of(promise.when)
        promise = replace(promise, when=when, then=of(promise.then))
    return replace(
        s,
        formula=None if s.formula is None else of(s.formula),
        per_transition={label: of(e) for label, e in s.per_transition.items()},
        promise=promise,
    )


# ---------------------------------------------------------------- refusals


def _refusals(spec: Spec) -> Iterator[Mutant]:
    for group in _groups(spec):
        first = group[0]
        if first.name == "wrong_role":
            continue
        events = [t.event.__name__ for t in group if t.event is not None]
        told = f"the answer {first.name!r} to {_list(events)}"
        if first.clauses:
            gone: dict[str, Transition | None] = {t.label: None for t in group}
            yield _refusal(first, DROP_REFUSAL, "drop", f"without {told}", gone)
        for fault in row_faults(spec, first):
            rows: dict[str, Transition | None] = {}
            for t in group:
                made = fault.on(t)
                if made is not None:
                    rows[t.label] = made
            text = f"{fault.told}, in {told}"
            yield _refusal(first, fault.operator, fault.within, text, rows)
    yield from _swapped(spec)


def _groups(spec: Spec) -> list[list[Transition]]:
    """Return the refusals that were read from the same row, for all its events."""
    found: dict[tuple[object, ...], list[Transition]] = {}
    for t in spec.transitions:
        if t.kind == "refusal":
            found.setdefault((t.name, t.span), []).append(t)
    return list(found.values())


def _refusal(
    t: Transition, operator: str, within: str, told: str, rows: dict[str, Transition | None]
) -> Mutant:
    return Mutant(f"refusal {t.name}/{within}", operator, t.name, place(t.span), told, rows)


def _swapped(spec: Spec) -> Iterator[Mutant]:
    pairs: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    firsts: dict[tuple[str, str], Transition] = {}
    for event in spec.events.values():
        refusals = spec.refusals_of(event)
        for at, (one, other) in enumerate(pairwise(refusals)):
            if not other.clauses:
                continue  # the last answers everything: nothing would come after it
            labels = [t.label for t in refusals]
            labels[at], labels[at + 1] = labels[at + 1], labels[at]
            pairs.setdefault((one.name, other.name), []).append(tuple(labels))
            firsts.setdefault((one.name, other.name), one)
    for (before, after), orders in pairs.items():
        told = f"{after!r} before {before!r}, for {len(orders)} events"
        name, first = f"refusal {before}/after {after}", firsts[before, after]
        yield Mutant(name, SWAP_REFUSALS, before, place(first.span), told, order=tuple(orders))


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
