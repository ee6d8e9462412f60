"""Expressions, and whatever else may stand in a message, as a spec would write them.

Belongs here: printing. Never here: any meaning; a back-end reads the tree, never this text.
"""

from __future__ import annotations

import re
from types import FunctionType
from typing import TYPE_CHECKING

from model.lang.kind import Kind
from model.lang.sorts import OrderSort, Sort, StructSort, SumSort

if TYPE_CHECKING:
    from model.lang.expr import Expr

_INFIX = {Kind.EQ: "==", Kind.LT: "<", Kind.LE: "<=", Kind.AND: "&", Kind.OR: "|"}
_METHOD = {
    Kind.HAS: "has",
    Kind.ADD: "add",
    Kind.REMOVE: "remove",
    Kind.UNION: "union",
    Kind.SUBSET: "subset",
    Kind.IMPLIES: "implies",
}


def show(value: object) -> str:
    """Return a value as a spec would write it; the text of clauses in refusals and of errors."""
    if isinstance(value, type | FunctionType):
        return value.__name__
    if isinstance(value, tuple | list):
        left, right = "()" if isinstance(value, tuple) else "[]"
        comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
        return f"{left}{', '.join(map(show, value))}{comma}{right}"
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def an(thing: object) -> str:
    """Return a thing's name with its article: `an OrderState`, `a Term`."""
    name = show(thing) if isinstance(thing, type) else str(thing)
    return f"{'an' if name[:1] in 'aeiouAEIOU' else 'a'} {name}"


def show_expr(e: Expr) -> str:
    """Return an expression as a spec would write it."""
    args = e.args
    if "{0}" in e.label:
        return e.label.format(*map(show_expr, args))
    match e.kind:
        case Kind.CONST:
            return f"{e.sort}.zero" if isinstance(e.sort, OrderSort) else str(e.data)
        case Kind.ME | Kind.SENDER:
            return "me" if e.kind is Kind.ME else "m.sender"
        case Kind.VAR | Kind.GET:
            return f"{show_expr(args[0])}.{e.data}"
        case Kind.NEXT:
            return f"{show_expr(args[0])}.{e.data}'"
        case Kind.FIELD:
            return f"m.{e.data}"
        case Kind.CONFIG:
            return f"config.{e.data}"
        case Kind.BOUND:
            return str(e.data)
        case Kind.LT | Kind.LE if e.label:
            return f"{_operand(args[1])} {e.label} {_operand(args[0])}"
        case Kind.EQ | Kind.LT | Kind.LE | Kind.AND | Kind.OR:
            return f" {_INFIX[e.kind]} ".join(_operand(a) for a in args)
        case Kind.NOT:
            inner = args[0]
            if inner.kind is Kind.EQ:
                return " != ".join(_operand(a) for a in inner.args)
            return f"~{_operand(inner)}"
        case Kind.ITE:
            return f"ite({', '.join(map(show_expr, args))})"
        case Kind.IS:
            return f"{_operand(args[0])}.is_({', '.join(fold_leaves(args[0].sort, e.data))})"
        case Kind.MAP:
            return f"{e.sort}.of({show_expr(args[0])})"
        case Kind.HAS | Kind.ADD | Kind.REMOVE | Kind.UNION | Kind.SUBSET | Kind.IMPLIES:
            return f"{_operand(args[0])}.{_METHOD[e.kind]}({show_expr(args[1])})"
        case Kind.AT | Kind.PUT:
            whole, *rest = args
            return f"{_operand(whole)}.{e.kind.value}({', '.join(map(show_expr, rest))})"
        case Kind.UP:
            return f"{_operand(args[0])}.up()"
        case Kind.KNOWN:
            return f"{_operand(args[0])}.known"
        case Kind.SOME:
            return show_expr(args[0])
        case Kind.NONE | Kind.EMPTY:
            return "None" if e.kind is Kind.NONE else f"{e.sort}.empty"
        case Kind.STRUCT:
            assert isinstance(e.sort, StructSort)
            named = zip(e.sort.parts, args, strict=True)
            return f"{e.sort}({', '.join(f'{name}={show_expr(a)}' for (name, _), a in named)})"
        case Kind.FORALL | Kind.EXISTS:
            names = ", ".join(f"{name}: {sort}" for name, sort in e.data)
            return f"{e.kind.value} {names}. {show_expr(args[0])}"
        case Kind.SENT:
            return f"sent({e.data}, {', '.join(map(show_expr, args))})"
        case Kind.GHOST:
            return f"{e.data}({', '.join(map(show_expr, args))})"
        case _:
            return f"{e.kind.value}({', '.join(map(show_expr, args))})"


def _operand(e: Expr) -> str:
    compound = {Kind.AND, Kind.OR, Kind.EQ, Kind.LT, Kind.LE, Kind.FORALL, Kind.EXISTS}
    unequal = e.kind is Kind.NOT and e.args[0].kind is Kind.EQ
    text = show_expr(e)
    return f"({text})" if (e.kind in compound or unequal) and "{0}" not in e.label else text


def fold_leaves(sort: Sort, leaves: frozenset[str]) -> list[str]:
    """Return the shortest list of case patterns that covers `leaves`: `LOCKED` for all of it."""
    if not isinstance(sort, SumSort):
        return sorted(leaves)
    out: list[str] = []
    for leaf in sort.leaves:
        if leaf not in leaves:
            continue
        parts = leaf.split("(")
        for depth in range(1, len(parts) + 1):
            head = "(".join(parts[:depth])
            group = {x for x in sort.leaves if x == leaf or x.startswith(head + "(")}
            if group <= leaves:
                out.append(leaf if group == {leaf} else head + ")" * (depth - 1))
                break
    return list(dict.fromkeys(out))
