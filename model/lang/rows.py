"""What a rule's function takes and what its row holds, checked piece by piece.

Belongs here: the checks of one function or row by itself, and what they let through.
Never here: what needs the other declarations (`reader.py`, `checks.py`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from model.lang.declare import GhostUpdate, Message, Reply, Send
from model.lang.errors import SpecError
from model.lang.expr import Expr, Kind, Update
from model.lang.rules import Property, Row, as_tuple
from model.lang.shapes import sort_of
from model.lang.show import an, show
from model.lang.source import Span
from model.lang.spec import ReplyValue


def check_parameters(
    function: Callable[..., Any], names: tuple[str, ...], what: str, span: Span
) -> None:
    """Raise ORD115 unless `function` can be called with one argument for each of `names`."""
    try:
        inspect.signature(function).bind(*names)
    except TypeError as error:
        wanted = f"({', '.join(names)})"
        text = f"{function.__name__}{inspect.signature(function)}"
        reason = f"{an(what)} is a function of {wanted}"
        fix = f"write def {function.__name__}{wanted}"
        raise SpecError("ORD115", text, reason, fix=fix, span=span) from error


def parameter_sorts(prop: Property) -> dict[str, Any]:
    """Return the annotation of each parameter of a property.

    Raises `SpecError` ORD115 where one is missing or names nothing.
    """
    function = prop.function
    found: dict[str, Any] = {}
    for name in inspect.signature(function).parameters:
        hint = function.__annotations__.get(name)
        fix = f"write {name}: Node, or name a class that the spec declares"
        if hint is None:
            text, reason = f"{prop.name}({name})", "a property's parameter needs a declared sort"
            raise SpecError("ORD115", text, reason, fix=fix, span=prop.span)
        if isinstance(hint, str):
            try:
                hint = eval(hint, getattr(function, "__globals__", {}))
            except Exception as error:
                text, reason = f"{prop.name}({name}: {hint})", "it names no declared sort"
                raise SpecError("ORD101", text, reason, fix=fix, span=prop.span) from error
        sort_of(hint, f"{prop.name}({name}: {show(hint)})", prop.span)
        found[name] = hint
    return found


def updates(row: Row) -> dict[str, Expr]:
    """Return the next values that a row gives, those that change nothing apart.

    Raises `SpecError` ORD106 for a variable with two, ORD115 for anything but an update.
    """
    found: dict[str, Update] = {}
    for update in as_tuple(row.then):
        if not isinstance(update, Update):
            fix = _fix_entry(update, "write me.variable.set(value)")
            reason = "`then` holds updates"
            raise SpecError("ORD115", show(update), reason, fix=fix, span=row.span)
        if update.name in found:
            first = found[update.name]
            raise SpecError(
                "ORD106",
                f"me.{update.name}",
                f"it is set to {show(first.value)} and to {show(update.value)}",
                span=update.span,
                related=[("set first", first.span)],
            )
        found[update.name] = update
    return {n: u.value for n, u in found.items() if not _unchanged(n, u.value)}


def _fix_entry(entry: object, fix: str) -> str:
    """Return how to mend an entry of `then`, `send` or `ghost` that does not belong there."""
    if entry is None:
        return "leave it out where there is nothing to say"
    return "put * before a tuple in a tuple" if isinstance(entry, tuple | list) else fix


def _unchanged(name: str, value: Expr) -> bool:
    return value.kind is Kind.VAR and value.data == name and value.args[0].kind is Kind.ME


def sends(row: Row) -> tuple[Send, ...]:
    """Return the messages of a row. Raises `SpecError` ORD115 for one without an address."""
    found = as_tuple(row.send)
    for out in found:
        if not isinstance(out, Send):
            fix = _fix_entry(out, "write Vote(...).to(destination)")
            if isinstance(out, Message):
                fix = f"write {show(out)}.to(destination)"
            reason = "`send` holds addressed messages"
            raise SpecError("ORD115", show(out), reason, fix=fix, span=row.span)
    return found


def reply(row: Row, name: str) -> ReplyValue:
    """Return the reply of a row. Raises `SpecError` ORD112 for none, ORD115 for anything else."""
    given = row.reply
    fix = "write reply=Done(), with a class Done(Reply)"
    if given is None:
        raise SpecError("ORD112", name, "the row gives no reply", fix=fix, span=row.span)
    if not isinstance(given, Reply):
        if isinstance(given, type) and issubclass(given, Reply):
            fix = f"write reply={show(given)}(...)"
        text, reason = f"reply={show(given)}", "`reply` holds a reply"
        raise SpecError("ORD115", text, reason, fix=fix, span=row.span)
    return ReplyValue(type(given), given.fields)


def ghosts(row: Row) -> tuple[GhostUpdate, ...]:
    """Return the updates of ghost relations of a row. Raises `SpecError` ORD115."""
    found = as_tuple(row.ghost)
    for update in found:
        if not isinstance(update, GhostUpdate):
            fix = _fix_entry(update, "write relation.add(...)")
            reason = "`ghost` holds updates of ghost relations"
            raise SpecError("ORD115", show(update), reason, fix=fix, span=row.span)
    return found
