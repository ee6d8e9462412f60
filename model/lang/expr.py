"""The expression tree: what every back-end reads, and the operators that build it.

Belongs here: the nodes, their sort checks, and the functions that build them (the kinds of node are
in `kind.py`, their text in `show.py`). Never here: the meaning of a kind.

Traps that shape this file:

* the handle of a variable (`Var`) and `Expr` are siblings, neither derives from the other: Python
  would try the reflected operator of a subclass first and record `m.term > me.term` backwards;
* a truth value cannot be overloaded, so `__bool__` raises with the fix.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from model.lang import advice
from model.lang.errors import SpecError, suggest
from model.lang.kind import GLOBAL_KINDS, Kind
from model.lang.show import an, fold_leaves, show, show_expr
from model.lang.sorts import (
    BOOL,
    NODE,
    BoolSort,
    MapSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
    is_ordered,
)
from model.lang.source import Span, caller
from model.lang.syntax import truth_test, written

__all__ = [
    "GLOBAL_KINDS",
    "Expr",
    "Kind",
    "Operators",
    "Update",
    "Value",
    "Var",
    "conjunction",
    "disjunction",
    "equal",
    "fold_leaves",
    "fresh",
    "ite",
    "lift",
    "majority",
    "negate",
    "owner",
    "same",
    "show",
    "walk",
]


class Operators:
    """The operators shared by expressions, variable handles and cases."""

    __slots__ = ()

    def as_expr(self) -> Expr:
        """Return the expression this stands for."""
        raise NotImplementedError

    # comparisons
    def __eq__(self, other: object) -> Expr:  # type: ignore[override]
        """Build an equation of two values of one sort."""
        return equal(self, other)

    def __ne__(self, other: object) -> Expr:  # type: ignore[override]
        """Build an inequation of two values of one sort."""
        return negate(equal(self, other))

    def __lt__(self, other: object) -> Expr:
        """Build a comparison in a total order."""
        return _compare(Kind.LT, self, other)

    def __le__(self, other: object) -> Expr:
        """Build a comparison in a total order."""
        return _compare(Kind.LE, self, other)

    def __gt__(self, other: object) -> Expr:
        """Build a comparison in a total order."""
        return _compare(Kind.LT, lift(other, self.as_expr().sort), self, ">")

    def __ge__(self, other: object) -> Expr:
        """Build a comparison in a total order."""
        return _compare(Kind.LE, lift(other, self.as_expr().sort), self, ">=")

    __hash__ = object.__hash__

    # connectives
    def __and__(self, other: object) -> Expr:
        """Build a conjunction."""
        return conjunction(_condition("&", self), _condition("&", other))

    def __or__(self, other: object) -> Expr:
        """Build a disjunction."""
        return disjunction(_condition("|", self), _condition("|", other))

    __rand__ = __and__
    __ror__ = __or__

    def __invert__(self) -> Expr:
        """Build a negation."""
        return negate(_condition("~", self))

    def implies(self, other: object) -> Expr:
        """Build an implication."""
        return Expr(Kind.IMPLIES, BOOL, (lift(self, BOOL), lift(other, BOOL)))

    # sums and ranges
    def is_(self, *cases: Any) -> Expr:
        """Tell whether the value is one of `cases`; a case without its payload stands for all."""
        expr = self.as_expr()
        leaves: set[str] = set()
        for case in cases:
            if not hasattr(type(case), "leaves"):
                reason = f"{show(case)} is not a case but a value"
                fix = f"write {show(expr)} == {show(case)}"
                raise SpecError("ORD102", f"{show(expr)}.is_({show(case)})", reason, fix=fix)
            if case.sum_sort != expr.sort:
                reason = f"{show(case)} is {an(case.sum_sort)}; {show(expr)} is {an(expr.sort)}"
                text = f"{show(expr)}.is_({show(case)})"
                raise SpecError("ORD102", text, reason, fix=f"name cases of {expr.sort}")
            leaves |= case.leaves
        if not isinstance(expr.sort, SumSort) or not cases:
            fix = "name at least one case of a sum; disjunction() is never true"
            raise SpecError("ORD103", f"{show(expr)}.is_()", "it names no case", fix=fix)
        return Expr(Kind.IS, BOOL, (expr,), frozenset(leaves))

    def up(self) -> Expr:
        """Return the next number of a range, or its top."""
        expr = self.as_expr()
        if not isinstance(expr.sort, RangeSort):
            fix = "write fresh(x) for a greater element of an order"
            text, reason = f"{show(expr)}.up()", f"{an(expr.sort)} is not a range"
            raise SpecError("ORD102", text, reason, fix=fix)
        return Expr(Kind.UP, expr.sort, (expr,))

    # sets
    def has(self, element: object) -> Expr:
        """Tell whether the set contains `element`."""
        whole, item = _set_and_element(self, element, "has")
        return Expr(Kind.HAS, BOOL, (whole, item))

    def add(self, element: object) -> Expr:
        """Return the set with `element`."""
        whole, item = _set_and_element(self, element, "add")
        return Expr(Kind.ADD, whole.sort, (whole, item))

    def remove(self, element: object) -> Expr:
        """Return the set without `element`."""
        whole, item = _set_and_element(self, element, "remove")
        return Expr(Kind.REMOVE, whole.sort, (whole, item))

    def union(self, other: object) -> Expr:
        """Return the set of the elements of either."""
        whole = _of_set(self, "union")
        return Expr(Kind.UNION, whole.sort, (whole, lift(other, whole.sort)))

    def subset(self, other: object) -> Expr:
        """Tell whether every element is also in `other`."""
        whole = _of_set(self, "subset")
        return Expr(Kind.SUBSET, BOOL, (whole, lift(other, whole.sort)))

    # maps
    def at(self, key: object) -> Expr:
        """Return the value of the map at `key`."""
        whole, sort = _of_map(self, "at")
        return Expr(Kind.AT, sort.to, (whole, lift(key, sort.key, "the key")))

    def put(self, key: object, value: object) -> Expr:
        """Return the map with `value` at `key`."""
        whole, sort = _of_map(self, "put")
        item = lift(value, sort.to, "the value")
        return Expr(Kind.PUT, sort, (whole, lift(key, sort.key, "the key"), item))

    # maybe
    @property
    def known(self) -> Expr:
        """Tell whether there is a value."""
        expr = self.as_expr()
        if not isinstance(expr.sort, MaybeSort):
            text, reason = f"{show(expr)}.known", f"{an(expr.sort)} always has a value"
            raise SpecError("ORD102", text, reason, fix="ask it of a Maybe")
        return Expr(Kind.KNOWN, BOOL, (expr,))

    # what Python does not let a symbolic value do
    def __bool__(self) -> NoReturn:
        """Refuse: the value is not known while a rule is being read."""
        raise self._misused("its truth")

    def __contains__(self, item: object) -> NoReturn:
        """Refuse: `in` cannot be overloaded."""
        raise self._misused("its truth")

    def __iter__(self) -> Iterator[Any]:
        """Refuse: the elements are not known while a rule is being read."""
        raise self._misused("its elements")

    def __len__(self) -> int:
        """Refuse: how many elements there are is not known while a rule is being read."""
        raise self._misused("its size")

    def _misused(self, asked: str) -> SpecError:
        where, expr = caller(), self.as_expr()
        test = truth_test(where, elements=asked != "its truth")
        if test is None:
            reason = f"Python asks for {asked} now"
            return SpecError("ORD107", show(self), reason, span=where)
        if test.chained:
            reason = "only one of the two comparisons would be kept"
            return SpecError("ORD108", show(self), reason, fix=test.fix, span=test.span)
        reason = f"{test.what} asks for {asked} now"
        fix = None
        if asked == "its truth":
            fix = advice.to_ask(expr.sort, show(self))
        elif asked == "its value":
            fix = test.fix or "look it up in a Table, or compare it with == or is_(...)"
        return SpecError("ORD107", show(self), reason, fix=fix or test.fix, span=test.span)

    def _arithmetic(self, _other: object = None) -> NoReturn:
        """Refuse: no sort has arithmetic, so that proofs stay decidable."""
        expr = self.as_expr()
        fix = advice.to_calculate(expr.sort)
        raise SpecError("ORD102", show(expr), f"{an(expr.sort)} has no arithmetic", fix=fix)

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _arithmetic
    __truediv__ = __floordiv__ = __mod__ = __xor__ = __neg__ = _arithmetic

    def __getattr__(self, name: str) -> Expr:
        """Return the part of a struct."""
        if name.startswith("_"):
            raise AttributeError(name)
        expr = self.as_expr()
        if isinstance(expr.sort, StructSort):
            for part, sort in expr.sort.parts:
                if part == name:
                    return Expr(Kind.GET, sort, (expr,), name)
        text, reason = f"{show(expr)}.{name}", f"{an(expr.sort)} has no {name!r}"
        fix = advice.to_read(expr.sort, name) or suggest(name, advice.members(expr.sort))
        if name == "set":
            reason = "it is no variable of `me`, and only those are set"
            fix = "write me.variable.set(value)"
        raise SpecError("ORD101", text, reason, fix=fix)


# What a helper function of a spec takes: an expression, a variable's handle, a case or a node.
Value = Operators


class Expr(Operators):
    """A node of the tree: kind, sort, children, data, and where and how it was written.

    `label` is for `show` alone: how the spec wrote a node whose kind does not tell, with `{0}`
    where its first argument stands, e.g. `LOCKED.of({0})` for a MAP.
    """

    __slots__ = ("args", "data", "kind", "label", "sort", "span")

    def __init__(
        self,
        kind: Kind,
        sort: Sort,
        args: tuple[Expr, ...] = (),
        data: Any = None,
        span: Span | None = None,
        label: str = "",
    ) -> None:
        """Make a node; the arguments' sorts are the builder's business."""
        self.kind = kind
        self.sort = sort
        self.args = args
        self.data = data
        self.span = span if span is not None else caller()
        self.label = label

    def as_expr(self) -> Expr:
        """Return itself."""
        return self

    def with_args(self, args: tuple[Expr, ...]) -> Expr:
        """Return the same node over other children, for a back-end that rewrites the tree."""
        return Expr(self.kind, self.sort, args, self.data, self.span, self.label)

    def __repr__(self) -> str:
        """Return the expression as a spec would write it."""
        return show_expr(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as its constructor call (workers receive obligations this way)."""
        return (Expr, (self.kind, self.sort, self.args, self.data, self.span, self.label))


class Var(Operators):
    """The handle of one node's variable: an expression, and what an update is made from."""

    __slots__ = ("expr", "name", "span")

    def __init__(self, name: str, sort: Sort, node: Expr) -> None:
        """Make the handle of variable `name` of `node`."""
        self.name = name
        self.span = caller()
        self.expr = Expr(Kind.VAR, sort, (node,), name, self.span)

    def __repr__(self) -> str:
        """Return the variable as a spec would write it."""
        return show_expr(self.expr)

    def __hash__(self) -> int:
        """Refuse: a dict or a set would look for the handle, not for its value."""
        raise self._misused("its value")

    def as_expr(self) -> Expr:
        """Return the variable's present value."""
        return self.expr

    def set(self, value: object) -> Update:
        """Return the update that gives the variable its next value."""
        if self.expr.args[0].kind is not Kind.ME:
            raise SpecError(
                "ORD104",
                f"{show(self.expr)}.set(...)",
                f"the rule runs on `me`, not on {show(self.expr.args[0])}",
            )
        return Update(self.name, lift(value, self.expr.sort, f"{show(self)}.set"), caller())


class Update:
    """The next value of one variable."""

    __slots__ = ("name", "span", "value")

    def __init__(self, name: str, value: Expr, span: Span) -> None:
        """Make the update of `name` to `value`."""
        self.name = name
        self.value = value
        self.span = span

    def __repr__(self) -> str:
        """Return the update as a spec would write it."""
        return f"me.{self.name}.set({show(self.value)})"


# ---------------------------------------------------------------- building


def lift(
    value: object, sort: Sort | None = None, place: str = "", span: Span | None = None
) -> Expr:
    """Return `value` as an expression, of sort `sort` where given.

    Args:
        value: An expression, a handle, a case, or a plain Python value that stands for one.
        sort: The sort it must have.
        place: What it is for, as messages name it; nothing where that is plain to see.
        span: Where a mistake is told; without it at the value, or where the spec runs now.

    Raises:
        SpecError: ORD102 when it has another sort or cannot be an expression, ORD103 when it is a
            case whose payload is missing.
    """
    if isinstance(value, Operators):
        expr = value.as_expr()
    elif isinstance(value, bool):
        expr = Expr(Kind.CONST, BOOL, (), value)
    elif isinstance(value, int) and isinstance(sort, RangeSort):
        if not 0 <= value <= sort.top:
            reason = f"{sort} runs from 0 to {sort.top}"
            raise SpecError(
                "ORD102", repr(value), reason, fix=advice.to_give(sort), span=span or nearest(value)
            )
        expr = Expr(Kind.CONST, sort, (), value)
    elif value is None and isinstance(sort, MaybeSort):
        expr = Expr(Kind.NONE, sort)
    else:
        wanted = f"{an(sort)}" if sort is not None else "an expression"
        reason = f"{wanted} is needed {_here(place)}"
        never = value is None and not isinstance(sort, BoolSort | None)
        fix = "only a Maybe can be None" if never else advice.to_give(sort)
        raise SpecError("ORD102", show(value), reason, fix=fix, span=span or nearest(value))
    if sort is not None and expr.sort != sort:
        if isinstance(sort, MaybeSort) and expr.sort == sort.of:
            return Expr(Kind.SOME, sort, (expr,), span=expr.span)
        reason = f"it is {an(expr.sort)}; {an(sort)} is needed {_here(place)}"
        raise SpecError(
            "ORD102", show(expr), reason, fix=advice.to_give(sort), span=span or nearest(expr)
        )
    return expr


def _here(place: str) -> str:
    return f"for {place}" if place else "here"


def nearest(value: object) -> Span:
    """Return where `value` is written within what runs now, or else what runs now."""
    now = caller()
    if isinstance(value, Expr | Var) and now.holds(value.span) and now != value.span:
        return value.span
    return written(now, show(value))


def _alike(left: object, right: object) -> tuple[Expr, Expr]:
    """Lift both to one sort: a plain value to the other's, a node to the other's Maybe."""
    if isinstance(left, Operators):
        a = left.as_expr()
        if isinstance(right, Operators):
            other = right.as_expr()
            if isinstance(other.sort, MaybeSort) and a.sort == other.sort.of:
                return lift(a, other.sort), other
        return a, lift(right, a.sort)
    b = lift(right)
    return lift(left, b.sort), b


def equal(left: object, right: object) -> Expr:
    """Build an equation; one side's sort decides what the other may be."""
    return Expr(Kind.EQ, BOOL, _alike(left, right))


def _compare(kind: Kind, left: object, right: object, written: str = "") -> Expr:
    a, b = _alike(left, right)
    if not is_ordered(a.sort):
        raise SpecError(
            "ORD102", show(a), f"{an(a.sort)} has no order", fix="compare with == or !="
        )
    return Expr(kind, BOOL, (a, b), label=written)


def _condition(sign: str, value: object) -> object:
    """Return an operand of `sign`, which binds more tightly than a comparison does."""
    if isinstance(value, Operators) and value.as_expr().sort != BOOL:
        expr = value.as_expr()
        reason = f"it is {an(expr.sort)}; `{sign}` takes conditions, and binds before == and <"
        fix = "put parentheses around each comparison: (a == b) & ~(c == d)"
        raise SpecError("ORD102", show(value), reason, fix=fix, span=nearest(value))
    return value


def negate(value: object) -> Expr:
    """Build a negation."""
    return Expr(Kind.NOT, BOOL, (lift(value, BOOL),))


def conjunction(*parts: object) -> Expr:
    """Build a conjunction; of nothing it is true, of one thing that thing."""
    return _junction(Kind.AND, parts, True)


def disjunction(*parts: object) -> Expr:
    """Build a disjunction; of nothing it is false, of one thing that thing."""
    return _junction(Kind.OR, parts, False)


def _junction(kind: Kind, parts: tuple[object, ...], unit: bool) -> Expr:
    flat: list[Expr] = []
    for part in parts:
        expr = lift(part, BOOL)
        flat.extend(expr.args if expr.kind is kind else (expr,))
    if not flat:
        return Expr(Kind.CONST, BOOL, (), unit)
    return flat[0] if len(flat) == 1 else Expr(kind, BOOL, tuple(flat))


def ite(condition: object, then: object, otherwise: object) -> Expr:
    """Return `then` where `condition` holds and `otherwise` elsewhere."""
    a, b = _alike(then, otherwise)
    return Expr(Kind.ITE, a.sort, (lift(condition, BOOL, "the condition of ite"), a, b))


def majority(some: object, whole: object) -> Expr:
    """Tell whether more than half of the nodes of `whole` are in `some`."""
    outer = lift(whole)
    if not isinstance(outer.sort, SetSort) or outer.sort.of != NODE:
        raise _no_majority(outer)
    inner = lift(some)
    if not isinstance(inner.sort, SetSort) or inner.sort.of != NODE:
        raise _no_majority(inner)
    return Expr(Kind.MAJORITY, BOOL, (inner, outer))


def _no_majority(whole: Expr) -> SpecError:
    reason = f"it is {an(whole.sort)}; a majority is one of sets of nodes"
    fix = "write majority(some, all), with two sets of nodes"
    return SpecError("ORD102", show(whole), reason, fix=fix, span=nearest(whole))


def owner(value: object) -> Expr:
    """Return the one node that may start `value`, an element of an owned order."""
    expr = lift(value)
    if not (isinstance(expr.sort, OrderSort) and expr.sort.owned):
        fix = "declare class X(Ordered, owned=True)"
        raise SpecError("ORD102", show(expr), f"{an(expr.sort)} has no owner", fix=fix)
    return Expr(Kind.OWNER, NODE, (expr,))


def fresh(base: object) -> Expr:
    """Return a value above `base`; of an owned order, one that this node owns.

    Every occurrence of one `fresh` expression object stands for the same value. The proof takes
    any such value; an implementation takes the next one.
    """
    expr = lift(base)
    if not isinstance(expr.sort, OrderSort):
        reason = f"{an(expr.sort)} is no unbounded order"
        raise SpecError("ORD102", show(expr), reason, fix="write x.up() for a range")
    return Expr(Kind.FRESH, expr.sort, (expr,))


# ---------------------------------------------------------------- reading


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield `expr` and everything below it, parents first."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.args))


def same(a: Expr, b: Expr) -> bool:
    """Tell whether two trees are equal, wherever they were written."""
    return (
        a.kind is b.kind
        and a.sort == b.sort
        and a.data == b.data
        and len(a.args) == len(b.args)
        and all(same(x, y) for x, y in zip(a.args, b.args, strict=True))
        and (a.kind is not Kind.FRESH or a is b)
    )


def _of_set(value: Operators, what: str) -> Expr:
    expr = value.as_expr()
    if not isinstance(expr.sort, SetSort):
        text, reason = f"{show(expr)}.{what}(...)", f"{an(expr.sort)} is not a set"
        raise SpecError("ORD102", text, reason, fix="write s.has(x), with a set before the dot")
    return expr


def _of_map(value: Operators, what: str) -> tuple[Expr, MapSort]:
    expr = value.as_expr()
    if not isinstance(expr.sort, MapSort):
        text, reason = f"{show(expr)}.{what}(...)", f"{an(expr.sort)} is not a map"
        raise SpecError("ORD102", text, reason, fix="write m.at(key), with a map before the dot")
    return expr, expr.sort


def _set_and_element(value: Operators, element: object, what: str) -> tuple[Expr, Expr]:
    whole = _of_set(value, what)
    assert isinstance(whole.sort, SetSort)
    return whole, lift(element, whole.sort.of)
