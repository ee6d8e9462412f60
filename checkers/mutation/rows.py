"""Faults in one row: a clause, an update, a message or a reply that is missing or wrong.

Belongs here: where in a row a fault can be. Never here: what an expression is replaced by
(`expressions`), or faults in what is declared (`declarations`).

The clauses that an event's declared roles put before every rule are nobody's to drop in one rule:
they are widened where they are declared. Ghosts are changed with what they remember: they exist for
the proof alone, and a fault in one would be a fault in the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from checkers.mutation.expressions import Fault, Faults
from model.lang import Spec
from model.lang.declare import GhostUpdate, Send
from model.lang.expr import Expr, Kind, negate
from model.lang.source import Span
from model.lang.spec import Clause, ReplyValue, Transition

DROP_GUARD = "drop a guard"
NEGATE_GUARD = "negate a guard"
DROP_UPDATE = "drop an update"
DROP_SEND = "drop a send"
RECEIVER = "wrong receiver"
PAYLOAD = "wrong payload"
TARGET = "swap a target state"
OLD_VALUE = "reuse a value instead of a fresh one"
REPLY = "wrong reply"


@dataclass(frozen=True)
class RowFault:
    """A fault in a row: where in it, of which kind, and what becomes of such a row.

    `on` makes the same change in another row that was read from the same source, or returns None
    where that has not the same there. `deep`: of a fault far inside what is set, sent or told, what
    stood there and stands there now. What a helper returned stands in several places of a row, and
    a fault far inside it is told once.
    """

    operator: str
    within: str
    span: Span
    told: str
    on: Callable[[Transition], Transition | None]
    deep: str = ""


def row_faults(spec: Spec, t: Transition) -> Iterator[RowFault]:
    """Yield the faults of a row, in the order of its parts."""
    faults = Faults(spec, t.event)
    seen: set[str] = set()
    for fault in _every(spec, faults, t):
        if not fault.deep or fault.deep not in seen:
            seen.add(fault.deep)
            yield fault


def _every(spec: Spec, faults: Faults, t: Transition) -> Iterator[RowFault]:
    yield from _guards(faults, t)
    yield from _updates(spec, faults, t)
    yield from _sends(faults, t)
    yield from _reply(spec, faults, t)
    yield from _fresh(t)


def _deep(fault: Fault) -> str:
    return fault.told if len(fault.path) > 1 else ""


def _path(fault: Fault) -> str:
    return "".join(f".{at}" for at in fault.path)


def _span(e: Expr, t: Transition) -> Span:
    """Return where a part is written, if that is in the rule's own file."""
    return e.span if e.span.file == t.span.file and e.span.line > 0 else t.span


# ---------------------------------------------------------------- guards


def _guards(faults: Faults, t: Transition) -> Iterator[RowFault]:
    for i, clause in enumerate(t.clauses):
        if clause.kind != "guard":
            continue
        at, span = f"when[{i}]", _span(clause.expr, t)
        yield RowFault(DROP_GUARD, f"{at}/drop", span, f"without {clause.text}", _without(i, t))
        made = clause.expr.args[0] if clause.expr.kind is Kind.NOT else negate(clause.expr)
        told = f"{clause.text} -> {made}"
        yield RowFault(NEGATE_GUARD, f"{at}/negate", span, told, _clause(i, t, lambda e: _not(e)))
        for number, fault in enumerate(faults.of(clause.expr, effect=False)):
            within = f"{at}{_path(fault)}/{number}"
            yield RowFault(
                fault.operator, within, _span(fault.part, t), fault.told, _clause(i, t, fault.of)
            )


def _not(e: Expr) -> Expr:
    return e.args[0] if e.kind is Kind.NOT else negate(e)


def _without(i: int, like: Transition) -> Callable[[Transition], Transition | None]:
    def on(t: Transition) -> Transition | None:
        at = _same_clause(t, i, like)
        if at is None:
            return None
        return replace(t, clauses=t.clauses[:at] + t.clauses[at + 1 :])

    return on


def _clause(
    i: int, like: Transition, change: Callable[[Expr], Expr]
) -> Callable[[Transition], Transition | None]:
    def on(t: Transition) -> Transition | None:
        at = _same_clause(t, i, like)
        if at is None:
            return None
        made = change(t.clauses[at].expr)
        clause = Clause(str(made), made, t.clauses[at].kind)
        return replace(t, clauses=(*t.clauses[:at], clause, *t.clauses[at + 1 :]))

    return on


def _same_clause(t: Transition, i: int, like: Transition) -> int | None:
    if t is like:
        return i
    texts = [c.text for c in t.clauses]
    return texts.index(like.clauses[i].text) if like.clauses[i].text in texts else None


# ---------------------------------------------------------------- updates


def _updates(spec: Spec, faults: Faults, t: Transition) -> Iterator[RowFault]:
    tabled = {table.variable for table in spec.edges}
    for name, value in t.updates.items():
        at, span = f"then.{name}", _span(value, t)
        told = f"without {name} = {value}"
        yield RowFault(DROP_UPDATE, f"{at}/drop", span, told, _no_update(name))
        for number, fault in enumerate(faults.of(value, effect=True)):
            operator = fault.operator
            if name in tabled and fault.part.kind is Kind.CONST and fault.part.sort == value.sort:
                operator = TARGET
            within = f"{at}{_path(fault)}/{number}"
            told = f"{name}: {fault.told}"
            on = _update(name, fault)
            yield RowFault(operator, within, _span(fault.part, t), told, on, _deep(fault))


def _no_update(name: str) -> Callable[[Transition], Transition | None]:
    def on(t: Transition) -> Transition | None:
        if name not in t.updates:
            return None
        return replace(t, updates={n: e for n, e in t.updates.items() if n != name})

    return on


def _update(name: str, fault: Fault) -> Callable[[Transition], Transition | None]:
    def on(t: Transition) -> Transition | None:
        if name not in t.updates:
            return None
        return replace(t, updates={**t.updates, name: fault.of(t.updates[name])})

    return on


# ---------------------------------------------------------------- messages


def _sends(faults: Faults, t: Transition) -> Iterator[RowFault]:
    for i, out in enumerate(t.sends):
        at = f"send[{i}] {out.message.__name__}"
        yield RowFault(DROP_SEND, f"{at}/drop", out.span, f"without {out!r}", _no_send(i))
        for number, fault in enumerate(faults.of(out.to, effect=True)):
            within = f"{at} to{_path(fault)}/{number}"
            on, told = _send(i, "", fault), f"to: {fault.told}"
            yield RowFault(RECEIVER, within, out.span, told, on, _deep(fault))
        for name, value in out.fields.items():
            for number, fault in enumerate(faults.of(value, effect=True)):
                within = f"{at}.{name}{_path(fault)}/{number}"
                told = f"{out.message.__name__}.{name}: {fault.told}"
                on = _send(i, name, fault)
                yield RowFault(PAYLOAD, within, out.span, told, on, _deep(fault))


def _no_send(i: int) -> Callable[[Transition], Transition | None]:
    def on(t: Transition) -> Transition | None:
        return replace(t, sends=t.sends[:i] + t.sends[i + 1 :]) if i < len(t.sends) else None

    return on


def _send(i: int, field: str, fault: Fault) -> Callable[[Transition], Transition | None]:
    def on(t: Transition) -> Transition | None:
        if i >= len(t.sends):
            return None
        out = t.sends[i]
        if field:
            made = replace(out, fields={**out.fields, field: fault.of(out.fields[field])})
        else:
            made = replace(out, to=fault.of(out.to))
        return replace(t, sends=(*t.sends[:i], made, *t.sends[i + 1 :]))

    return on


# ---------------------------------------------------------------- replies


def _reply(spec: Spec, faults: Faults, t: Transition) -> Iterator[RowFault]:
    if t.reply is None:
        return
    plain = [r for r in spec.replies.values() if not r.parts and r is not t.reply.decl]
    if not t.reply.fields and not t.reply.decl.refusal and plain:
        told = f"{t.reply.decl.__name__} -> {plain[0].__name__}"
        made = ReplyValue(plain[0], {})
        yield RowFault(REPLY, "reply/other", t.span, told, lambda row: replace(row, reply=made))
    for name, value in t.reply.fields.items():
        for number, fault in enumerate(faults.of(value, effect=True)):
            within = f"reply.{name}{_path(fault)}/{number}"
            told = f"{t.reply.decl.__name__}.{name}: {fault.told}"
            on = _told_otherwise(name, fault)
            yield RowFault(REPLY, within, _span(fault.part, t), told, on, _deep(fault))


def _told_otherwise(name: str, fault: Fault) -> Callable[[Transition], Transition | None]:
    def on(t: Transition) -> Transition | None:
        if t.reply is None or name not in t.reply.fields:
            return None
        fields = {**t.reply.fields, name: fault.of(t.reply.fields[name])}
        return replace(t, reply=ReplyValue(t.reply.decl, fields))

    return on


# ---------------------------------------------------------------- fresh values


def _fresh(t: Transition) -> Iterator[RowFault]:
    """Yield that a value is used again which should be a new one: everywhere in the row at once."""
    for i, made in enumerate(t.fresh()):
        told = f"{made} -> {made.args[0]}"
        yield RowFault(OLD_VALUE, f"fresh[{i}]", _span(made, t), told, _reused(i))


def _reused(i: int) -> Callable[[Transition], Transition | None]:
    def on(t: Transition) -> Transition | None:
        every = t.fresh()
        return map_row(t, {id(every[i]): every[i].args[0]}) if i < len(every) else None

    return on


def map_row(t: Transition, instead: dict[int, Expr]) -> Transition:
    """Return the row with other expressions in the place of some, told by their identity."""

    def of(e: Expr) -> Expr:
        if id(e) in instead:
            return instead[id(e)]
        args = tuple(map(of, e.args))
        if all(a is b for a, b in zip(args, e.args, strict=True)):
            return e
        return e.with_args(args)

    return map_exprs(t, of)


def map_exprs(t: Transition, of: Callable[[Expr], Expr]) -> Transition:
    """Return the row with each of its expressions mapped."""
    clauses = []
    for c in t.clauses:
        made = of(c.expr)
        clauses.append(c if made is c.expr else Clause(str(made), made, c.kind))
    return replace(
        t,
        clauses=tuple(clauses),
        updates={n: of(e) for n, e in t.updates.items()},
        sends=tuple(
            Send(s.message, {n: of(e) for n, e in s.fields.items()}, of(s.to), s.span)
            for s in t.sends
        ),
        ghosts=tuple(
            GhostUpdate(
                g.relation,
                tuple(map(of, g.args)),
                g.bound,
                None if g.where is None else of(g.where),
            )
            for g in t.ghosts
        ),
        reply=None
        if t.reply is None
        else ReplyValue(t.reply.decl, {n: of(e) for n, e in t.reply.fields.items()}),
    )
