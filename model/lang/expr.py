"""The expression tree: what every back-end reads, and the operators that build it.

Belongs here: the kinds of node (`Kind`), their sort checks, and a printer.
Never here: the meaning of a kind; that is the evaluator's, the Z3 generator's and the Python
generator's, each by itself, which is what makes their agreement evidence.

Traps that shape this file:

* the handle of a variable (`Var`) and `Expr` are siblings, neither derives from the other: Python
  would try the reflected operator of a subclass first and record `m.term > me.term` backwards;
* a truth value cannot be overloaded, so `__bool__` raises with the fix.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from model.lang.errors import SpecError, suggest
from model.lang.sorts import (
    BOOL,
    NODE,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
    is_ordered,
)
from model.lang.source import Span, caller, enclosing_misuse


class Kind(enum.Enum):
    """The kinds of node; `args` and `data` of each are given beside it."""

    CONST = "const"  # data: leaf name (SumSort), int (RangeSort), bool, or "zero" (OrderSort)
    ME = "me"  # the node that runs the rule
    SENDER = "sender"  # the node whose connection the message came from
    VAR = "var"  # data: variable; args: (node,)
    NEXT = "next"  # the variable after the step; data, args as VAR; step properties only
    FIELD = "field"  # data: field of the event
    CONFIG = "config"  # data: name of a constant that all nodes share
    BOUND = "bound"  # data: name of a quantified variable
    FRESH = "fresh"  # args: (base,): a value above base that nobody else chooses; ORDER only
    EQ = "eq"  # args: (a, b) of one sort
    LT = "lt"  # args: (a, b); structs lexicographically
    LE = "le"
    NOT = "not"
    AND = "and"  # any number of args
    OR = "or"
    IMPLIES = "implies"
    ITE = "ite"  # args: (condition, then, else)
    IS = "is"  # data: frozenset of leaf names; args: (x,)
    MAP = "map"  # data: tuple of (leaf, value) for every leaf of x; args: (x,)
    UP = "up"  # args: (x,) RangeSort: the next number, or top
    EMPTY = "empty"  # the empty set
    HAS = "has"  # args: (set, x)
    ADD = "add"  # args: (set, x)
    REMOVE = "remove"  # args: (set, x)
    UNION = "union"  # args: (set, set)
    SUBSET = "subset"  # args: (inner, outer)
    MAJORITY = "majority"  # args: (some, all): more than half of `all` are in `some`
    OWNER = "owner"  # args: (x,) of an owned order: the node that may start x
    STRUCT = "struct"  # args: one per part
    GET = "get"  # data: part; args: (struct,)
    NONE = "none"  # nothing
    SOME = "some"  # args: (x,)
    KNOWN = "known"  # args: (maybe,): is there a value
    FORALL = "forall"  # data: tuple of (name, sort); args: (body,); properties only
    EXISTS = "exists"
    SENT = "sent"  # data: message name; args: (source, destination, *fields); properties only
    GHOST = "ghost"  # data: relation name; args: its arguments; properties only


GLOBAL_KINDS = frozenset(
    {Kind.FORALL, Kind.EXISTS, Kind.SENT, Kind.GHOST, Kind.BOUND, Kind.NEXT}
)


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
        left = self.as_expr()
        return _compare(Kind.LT, lift(other, left.sort), left)

    def __ge__(self, other: object) -> Expr:
        """Build a comparison in a total order."""
        left = self.as_expr()
        return _compare(Kind.LE, lift(other, left.sort), left)

    __hash__ = object.__hash__

    # connectives
    def __and__(self, other: object) -> Expr:
        """Build a conjunction."""
        return conjunction(self, other)

    def __or__(self, other: object) -> Expr:
        """Build a disjunction."""
        return disjunction(self, other)

    def __invert__(self) -> Expr:
        """Build a negation."""
        return negate(self)

    def implies(self, other: object) -> Expr:
        """Build an implication."""
        return Expr(Kind.IMPLIES, BOOL, (lift(self, BOOL), lift(other, BOOL)))

    # sums and ranges
    def is_(self, *cases: Any) -> Expr:
        """Tell whether the value is one of `cases`; a case without its payload stands for all."""
        expr = self.as_expr()
        leaves: set[str] = set()
        for case in cases:
            if getattr(case, "sum_sort", None) != expr.sort:
                raise SpecError("ORD102", show(case), f"{show(expr)} is a {expr.sort}")
            leaves |= case.leaves
        return Expr(Kind.IS, BOOL, (expr,), frozenset(leaves))

    def up(self) -> Expr:
        """Return the next number of a range, or its top."""
        expr = self.as_expr()
        if not isinstance(expr.sort, RangeSort):
            raise SpecError("ORD102", f"({show(expr)}).up()", f"{expr.sort} is not a range")
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

    # maybe
    @property
    def known(self) -> Expr:
        """Tell whether there is a value."""
        expr = self.as_expr()
        if not isinstance(expr.sort, MaybeSort):
            raise SpecError("ORD102", f"({show(expr)}).known", f"{expr.sort} is not a Maybe")
        return Expr(Kind.KNOWN, BOOL, (expr,))

    # what Python does not let a symbolic value do
    def __bool__(self) -> NoReturn:
        """Refuse: the value is not known while a rule is being read."""
        where = caller()
        node, span = enclosing_misuse(where)
        value = show(self)
        if isinstance(node, ast.Compare) and not isinstance(node.ops[0], ast.In | ast.NotIn):
            raise SpecError("ORD108", value, "only one half would be kept", span=span)
        what, fix = _MISUSE.get(type(node), ("a truth value", None))
        if isinstance(node, ast.BoolOp):
            conj = isinstance(node.op, ast.And)
            what, fix = ("`and`", "write a & b") if conj else ("`or`", "write a | b")
        raise SpecError("ORD107", value, f"{what} asks for its truth now", fix=fix, span=span)

    def __contains__(self, item: object) -> NoReturn:
        """Refuse: `in` cannot be overloaded."""
        _, span = enclosing_misuse(caller())
        raise SpecError(
            "ORD107", show(self), "`in` asks for its truth now", fix="write s.has(x)", span=span
        )

    def __iter__(self) -> Iterator[Any]:
        """Refuse: the elements are not known while a rule is being read."""
        raise SpecError("ORD107", show(self), "its elements are not known while a rule is read")

    def __getattr__(self, name: str) -> Any:
        """Return the part of a struct."""
        if name.startswith("_"):
            raise AttributeError(name)
        expr = self.as_expr()
        if isinstance(expr.sort, StructSort):
            for part, sort in expr.sort.parts:
                if part == name:
                    return Expr(Kind.GET, sort, (expr,), name)
            known = [part for part, _ in expr.sort.parts]
        else:
            known = ["is_", "has", "add", "remove", "union", "subset", "known", "implies"]
        raise SpecError(
            "ORD101",
            f"{show(expr)}.{name}",
            f"a {expr.sort} has no {name!r}",
            fix=suggest(name, known),
        )


_MISUSE: dict[type | None, tuple[str, str | None]] = {
    ast.UnaryOp: ("`not`", "write ~a"),
    ast.Compare: ("`in`", "write s.has(x)"),
    ast.If: ("`if`", "write a second rule, or ite(c, a, b)"),
    ast.IfExp: ("`a if c else b`", "write ite(c, a, b)"),
    ast.While: ("`while`", "rules have no loops: write one rule per step"),
    ast.Assert: ("`assert`", "state it as a @safety or @lemma"),
}


class Expr(Operators):
    """A node of the tree: kind, sort, children, data, and where it was written."""

    __slots__ = ("args", "data", "kind", "sort", "span")

    def __init__(
        self,
        kind: Kind,
        sort: Sort,
        args: tuple[Expr, ...] = (),
        data: Any = None,
        span: Span | None = None,
    ) -> None:
        """Make a node; the arguments' sorts are the builder's business."""
        self.kind = kind
        self.sort = sort
        self.args = args
        self.data = data
        self.span = span if span is not None else caller()

    def as_expr(self) -> Expr:
        """Return itself."""
        return self

    def __repr__(self) -> str:
        """Return the expression as a spec would write it."""
        return show(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as its constructor call (workers receive obligations this way)."""
        return (Expr, (self.kind, self.sort, self.args, self.data, self.span))


class Var(Operators):
    """The handle of one node's variable: an expression, and what an update is made from."""

    __slots__ = ("expr", "name", "span")

    def __init__(self, name: str, sort: Sort, node: Expr) -> None:
        """Make the handle of variable `name` of `node`."""
        self.name = name
        self.span = caller()
        self.expr = Expr(Kind.VAR, sort, (node,), name, self.span)

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
        return Update(self.name, lift(value, self.expr.sort), caller())


class Update:
    """The next value of one variable."""

    __slots__ = ("name", "span", "value")

    def __init__(self, name: str, value: Expr, span: Span) -> None:
        """Make the update of `name` to `value`."""
        self.name = name
        self.value = value
        self.span = span


# ---------------------------------------------------------------- building


def lift(value: object, sort: Sort | None = None) -> Expr:
    """Return `value` as an expression, of sort `sort` where given.

    Raises `SpecError` ORD102 when it has another sort or cannot be an expression.
    """
    if isinstance(value, Operators):
        expr = value.as_expr()
    elif isinstance(value, bool):
        expr = Expr(Kind.CONST, BOOL, (), value)
    elif isinstance(value, int) and isinstance(sort, RangeSort):
        if not 0 <= value <= sort.top:
            raise SpecError("ORD102", repr(value), f"{sort} runs from 0 to {sort.top}")
        expr = Expr(Kind.CONST, sort, (), value)
    elif value is None and isinstance(sort, MaybeSort):
        expr = Expr(Kind.NONE, sort)
    else:
        wanted = f"a {sort}" if sort is not None else "an expression"
        raise SpecError("ORD102", repr(value), f"{wanted} is needed here")
    if sort is not None and expr.sort != sort:
        if isinstance(sort, MaybeSort) and expr.sort == sort.of:
            return Expr(Kind.SOME, sort, (expr,), span=expr.span)
        raise SpecError("ORD102", show(expr), f"it is a {expr.sort}; a {sort} is needed here")
    return expr


def equal(left: object, right: object) -> Expr:
    """Build an equation; one side's sort decides what the other may be."""
    if isinstance(left, Operators):
        a = left.as_expr()
        if isinstance(right, Operators):
            other = right.as_expr()
            if isinstance(other.sort, MaybeSort) and a.sort == other.sort.of:
                a = lift(a, other.sort)
        b = lift(right, a.sort)
    else:
        b = lift(right)
        a = lift(left, b.sort)
    return Expr(Kind.EQ, BOOL, (a, b))


def _compare(kind: Kind, left: object, right: object) -> Expr:
    if isinstance(left, Operators):
        a = left.as_expr()
        b = lift(right, a.sort)
    else:
        b = lift(right)
        a = lift(left, b.sort)
    if not is_ordered(a.sort):
        raise SpecError("ORD102", show(a), f"a {a.sort} has no order")
    return Expr(kind, BOOL, (a, b))


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
    a = lift(then)
    return Expr(Kind.ITE, a.sort, (lift(condition, BOOL), a, lift(otherwise, a.sort)))


def majority(some: object, whole: object) -> Expr:
    """Tell whether more than half of the nodes of `whole` are in `some`."""
    outer = lift(whole)
    if not isinstance(outer.sort, SetSort) or outer.sort.of != NODE:
        raise SpecError("ORD102", show(outer), "a majority is taken of a set of nodes")
    inner = lift(some)
    if not isinstance(inner.sort, SetSort) or inner.sort.of != NODE:
        raise SpecError("ORD102", show(inner), "a majority is taken of a set of nodes")
    return Expr(Kind.MAJORITY, BOOL, (inner, outer))


def owner(value: object) -> Expr:
    """Return the one node that may start `value`, an element of an owned order."""
    expr = lift(value)
    if not (isinstance(expr.sort, OrderSort) and expr.sort.owned):
        raise SpecError("ORD102", show(expr), f"{expr.sort} is not an owned order")
    return Expr(Kind.OWNER, NODE, (expr,))


def fresh(base: object) -> Expr:
    """Return a value above `base`; of an owned order, one that this node owns.

    Every occurrence of one `fresh` expression object stands for the same value. The proof takes
    any such value; an implementation takes the next one.
    """
    expr = lift(base)
    if not isinstance(expr.sort, OrderSort):
        raise SpecError("ORD102", show(expr), f"{expr.sort} is not an unbounded order")
    return Expr(Kind.FRESH, expr.sort, (expr,))


def forall(body: Callable[..., object], **sorts: Any) -> Expr:
    """Quantify universally: `forall(lambda n: p(n), n=Node)`."""
    return quantify(Kind.FORALL, body, sorts)


def exists(body: Callable[..., object], **sorts: Any) -> Expr:
    """Quantify existentially: `exists(lambda n: p(n), n=Node)`."""
    return quantify(Kind.EXISTS, body, sorts)


def quantify(kind: Kind, body: Callable[..., object], sorts: dict[str, Any]) -> Expr:
    """Build a quantifier over `sorts` (name to declared sort)."""
    names = tuple((name, declared.sort) for name, declared in sorts.items())
    bound = [declared.bound(name) for name, declared in sorts.items()]
    return Expr(kind, BOOL, (lift(body(*bound), BOOL),), names)


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
    """Return an expression as a spec would write it; the text of clauses in refusals and reports."""
    if not isinstance(value, Operators):
        return repr(value)
    if not isinstance(value, Expr | Var):
        return str(value)
    return _show(value.as_expr())


def _show(e: Expr) -> str:
    args = e.args
    match e.kind:
        case Kind.CONST:
            return str(e.data)
        case Kind.ME | Kind.SENDER:
            return "me" if e.kind is Kind.ME else "m.sender"
        case Kind.VAR | Kind.GET:
            return f"{_show(args[0])}.{e.data}"
        case Kind.NEXT:
            return f"{_show(args[0])}.{e.data}'"
        case Kind.FIELD:
            return f"m.{e.data}"
        case Kind.CONFIG:
            return f"config.{e.data}"
        case Kind.BOUND:
            return str(e.data)
        case Kind.EQ | Kind.LT | Kind.LE | Kind.AND | Kind.OR:
            return f" {_INFIX[e.kind]} ".join(_operand(a) for a in args)
        case Kind.NOT:
            inner = args[0]
            if inner.kind is Kind.EQ:
                return " != ".join(_operand(a) for a in inner.args)
            return f"~{_operand(inner)}"
        case Kind.ITE:
            return f"ite({', '.join(map(_show, args))})"
        case Kind.IS:
            return f"{_operand(args[0])}.is_({', '.join(fold_leaves(args[0].sort, e.data))})"
        case Kind.MAP:
            return f"{e.sort}.of({_show(args[0])})"
        case Kind.HAS | Kind.ADD | Kind.REMOVE | Kind.UNION | Kind.SUBSET | Kind.IMPLIES:
            return f"{_operand(args[0])}.{_METHOD[e.kind]}({_show(args[1])})"
        case Kind.UP:
            return f"{_operand(args[0])}.up()"
        case Kind.KNOWN:
            return f"{_operand(args[0])}.known"
        case Kind.SOME:
            return _show(args[0])
        case Kind.NONE | Kind.EMPTY:
            return "None" if e.kind is Kind.NONE else "{}"
        case Kind.STRUCT:
            return f"{e.sort}({', '.join(map(_show, args))})"
        case Kind.FORALL | Kind.EXISTS:
            names = ", ".join(f"{name}: {sort}" for name, sort in e.data)
            return f"{e.kind.value} {names}. {_show(args[0])}"
        case Kind.SENT:
            return f"sent({e.data}: {', '.join(map(_show, args))})"
        case Kind.GHOST:
            return f"{e.data}({', '.join(map(_show, args))})"
        case _:
            return f"{e.kind.value}({', '.join(map(_show, args))})"


def _operand(e: Expr) -> str:
    compound = {Kind.AND, Kind.OR, Kind.EQ, Kind.LT, Kind.LE, Kind.FORALL, Kind.EXISTS}
    text = _show(e)
    return f"({text})" if e.kind in compound else text


def fold_leaves(sort: Sort, leaves: frozenset[str]) -> list[str]:
    """Return the shortest list of case patterns that covers `leaves`, e.g. `LOCKED` for all of it."""
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


def _of_set(value: Operators, what: str) -> Expr:
    expr = value.as_expr()
    if not isinstance(expr.sort, SetSort):
        raise SpecError("ORD102", f"({show(expr)}).{what}(...)", f"{expr.sort} is not a set")
    return expr


def _set_and_element(value: Operators, element: object, what: str) -> tuple[Expr, Expr]:
    whole = _of_set(value, what)
    assert isinstance(whole.sort, SetSort)
    return whole, lift(element, whole.sort.of)
