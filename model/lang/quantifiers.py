"""Quantifiers, for properties: no node can evaluate one.

Belongs here: building a quantifier from a lambda, and the checks on its variables.
Never here: the implicit quantifier over a property's parameters (`reader.py`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from model.lang.errors import SpecError
from model.lang.expr import Expr, Kind, lift
from model.lang.shapes import sort_of
from model.lang.show import show
from model.lang.sorts import BOOL
from model.lang.source import Span, caller


def forall(body: Callable[..., object], **sorts: Any) -> Expr:
    """Quantify universally: `forall(lambda n: p(n), n=Node)`."""
    return quantify(Kind.FORALL, body, sorts)


def exists(body: Callable[..., object], **sorts: Any) -> Expr:
    """Quantify existentially: `exists(lambda n: p(n), n=Node)`."""
    return quantify(Kind.EXISTS, body, sorts)


def quantify(kind: Kind, body: Callable[..., object], sorts: dict[str, Any]) -> Expr:
    """Build a quantifier over `sorts` (name to declared sort); `body` takes these names.

    Raises `SpecError` ORD115 when the names differ, ORD116 when one is in use outside already.
    """
    text = f"{kind.value}(..., {', '.join(f'{n}={show(s)}' for n, s in sorts.items())})"
    bound = bind(body, sorts, text)
    names = tuple((name, value.as_expr().sort) for name, value in bound.items())
    inner = lift(body(**bound), BOOL, f"the body of {kind.value}")
    check_capture(inner, [value.as_expr() for value in bound.values()], caller())
    return Expr(kind, BOOL, (inner,), names)


def bind(body: Callable[..., object], sorts: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a variable for each of `sorts`, for the parameters of `body`.

    Raises `SpecError` ORD115 when the names differ, or one is given no declared sort.
    """
    if not sorts:
        raise SpecError("ORD115", text, "it names no variable", fix="write n=Node after the lambda")
    taken = inspect.signature(body).parameters.values()
    names = [p.name for p in taken]
    open_names = [p.name for p in taken if p.default is p.empty]
    if not set(open_names) <= set(sorts) <= set(names):
        raise SpecError(
            "ORD115",
            text,
            f"the lambda takes {', '.join(open_names) or 'nothing'}",
            fix="give the lambda's parameters and the sorts the same names",
        )
    for sort in sorts.values():
        sort_of(sort, text)
    return {name: sort.bound(name) for name, sort in sorts.items()}


def check_capture(body: Expr, bound: list[Expr], span: Span) -> None:
    """Raise ORD116 when `body` mentions an outer variable that has the name of one in `bound`.

    The back-ends know bound variables by name, so that the inner one would stand for both.
    """
    own = {variable.data: variable for variable in bound}
    for node in free_variables(body, frozenset()):
        if node.data in own and node is not own[node.data]:
            raise SpecError(
                "ORD116",
                node.data,
                "a variable of this name is bound outside already, and is mentioned inside",
                fix="rename one of the two",
                span=span,
            )


def free_variables(expr: Expr, hidden: frozenset[str]) -> Iterator[Expr]:
    """Yield the bound variables of `expr` that no quantifier in it binds, `hidden` ones apart."""
    if expr.kind is Kind.BOUND and expr.data not in hidden:
        yield expr
    if expr.kind in (Kind.FORALL, Kind.EXISTS):
        hidden |= {name for name, _ in expr.data}
    for arg in expr.args:
        yield from free_variables(arg, hidden)
