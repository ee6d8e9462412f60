"""Expressions of a spec as Python expressions.

Belongs here: the meaning of each kind of expression, in Python. Never here: statements, or files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.lang.expr import Expr, Kind
from model.lang.shapes import default_value
from model.lang.sorts import (
    BoolSort,
    MapSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    Sort,
    StructSort,
    SumSort,
)
from model.python.layout import (
    ARITHMETIC,
    ATOM,
    COMPARE,
    NOT,
    OR,
    TERNARY,
    UNION,
    Call,
    Chain,
    Code,
    Comparison,
    Prefixed,
    Text,
    bracket,
)
from model.python.vocabulary import GeneratorError, Vocabulary, order_zero

Key = tuple[Any, ...]

_FLIPPED = {"<": ">", "<=": ">=", "==": "==", "!=": "!=", "is": "is", "is not": "is not"}
_OPPOSITE = {"==": "!=", "!=": "==", "is": "is not", "is not": "is", "in": "not in"}


def key(expr: Expr) -> Key:
    """Return what two expressions share if they have the same value in every state."""
    return (expr.kind, expr.sort.name, expr.data, *map(key, expr.args))


def reads(expr: Expr) -> frozenset[str]:
    """Return the variables that an expression reads."""
    own = {expr.data} if expr.kind is Kind.VAR else set()
    return frozenset(own.union(*map(reads, expr.args)))


class Terms:
    """Writes expressions.

    `me` is what the node is called in the code; `names` are the expressions that a local variable
    holds already; `used` gathers the names of the generated types that were needed.
    """

    def __init__(self, vocabulary: Vocabulary, me: str, used: set[str]) -> None:
        """Make a writer that adds the names it needs to `used`."""
        self.vocabulary = vocabulary
        self.me = me
        self.used = used
        self.names: dict[Key, str] = {}

    def use(self, name: str) -> str:
        """Note that a name of the generated types is needed, and return it."""
        self.used.add(name)
        return name

    def code(self, expr: Expr) -> Code:
        """Return an expression's code."""
        name = self.names.get(key(expr))
        if name is not None:
            return Text(name)
        writer = _WRITERS.get(expr.kind)
        if writer is None:
            raise GeneratorError(f"{expr}: a node cannot evaluate a {expr.kind.value}")
        return writer(self, expr)

    def flat(self, expr: Expr, level: int = ATOM) -> str:
        """Return an expression on one line, in brackets where it binds more loosely."""
        return bracket(self.code(expr), level).flat()

    def constant(self, sort: Sort, value: Any) -> str:
        """Return a constant."""
        match sort:
            case SumSort():
                return self.use(self.vocabulary.leaves[sort.name, value])
            case OrderSort():
                return order_zero(sort) if not sort.owned else self.zero(sort)
            case _:
                return repr(value)

    def zero(self, sort: OrderSort) -> str:
        """Return the least element of an owned order."""
        self.use(sort.name)
        return order_zero(sort)

    # ------------------------------------------------------------ truth

    def negation(self, expr: Expr) -> Code:
        """Return the negation of an expression, without a `not` where there is a shorter way."""
        if key(expr) not in self.names:
            match expr.kind:
                case Kind.NOT:
                    return self.code(expr.args[0])
                case Kind.EQ:
                    return self.equation(expr, negated=True)
                case Kind.IS:
                    return self.membership(expr, negated=True)
                case Kind.HAS:
                    return self.element(expr, negated=True)
                case Kind.KNOWN:
                    return Text(f"{self.flat(expr.args[0], UNION)} is None", COMPARE)
        return Prefixed("not ", bracket(self.code(expr), NOT), NOT)

    def equation(self, expr: Expr, negated: bool = False) -> Code:
        """Return an equation; leaves and nothing are compared by identity."""
        left, right = expr.args
        if is_constant(left) and not is_constant(right):
            left, right = right, left
        if isinstance(left.sort, BoolSort) and right.kind is Kind.CONST:
            same = right.data is not negated
            return self.code(left) if same else self.negation(left)
        operator = "is" if isinstance(left.sort, SumSort) or right.kind is Kind.NONE else "=="
        return self.compare(left, _OPPOSITE[operator] if negated else operator, right)

    def compare(self, left: Expr, operator: str, right: Expr) -> Code:
        """Return a comparison, with a constant on its right."""
        if is_constant(left) and not is_constant(right):
            left, operator, right = right, _FLIPPED[operator], left
        return Comparison(
            bracket(self.code(left), UNION), operator, bracket(self.code(right), UNION)
        )

    def membership(self, expr: Expr, negated: bool = False) -> Code:
        """Return whether a value is one of some leaves."""
        (value,) = expr.args
        assert isinstance(value.sort, SumSort)
        if not expr.data or set(expr.data) == set(value.sort.leaves):
            return Text(str(bool(expr.data) is not negated))
        shown = bracket(self.code(value), UNION)
        tests: list[Code] = []
        for name, is_set in self.vocabulary.patterns(value.sort, expr.data):
            operator = "in" if is_set else "is"
            word = _OPPOSITE[operator] if negated else operator
            tests.append(Comparison(shown, word, Text(self.use(name))))
        return tests[0] if len(tests) == 1 else Chain("and" if negated else "or", tuple(tests))

    def element(self, expr: Expr, negated: bool = False) -> Code:
        """Return whether a set contains an element."""
        whole, item = expr.args
        word = "not in" if negated else "in"
        return Comparison(bracket(self.code(item), UNION), word, bracket(self.code(whole), UNION))

    def junction(self, operator: str, args: tuple[Expr, ...], negated: bool = False) -> Code:
        """Return a conjunction or disjunction, its parts of the same kind taken in."""
        parts: list[Code] = []
        for arg in args:
            part = self.negation(arg) if negated else self.code(arg)
            inner = part.parts if isinstance(part, Chain) and part.operator == operator else (part,)
            parts.extend(inner)
        return Chain(operator, tuple(parts)) if len(parts) > 1 else parts[0]


# ---------------------------------------------------------------- one writer for each kind

Writer = Callable[[Terms, Expr], Code]


def _constant(t: Terms, e: Expr) -> Code:
    return Text(t.constant(e.sort, e.data))


def _event_field(t: Terms, e: Expr) -> Code:
    return Text(f"m.{e.data}")


def _variable(t: Terms, e: Expr) -> Code:
    return Text(f"{t.me}.{t.vocabulary.attribute(e.data)}")


def _fresh(t: Terms, e: Expr) -> Code:
    (base,) = e.args
    assert isinstance(e.sort, OrderSort)
    if not e.sort.owned:
        return Text(f"{t.flat(base, ARITHMETIC)} + 1", ARITHMETIC)
    parts = (Text(f"{t.flat(base)}.round + 1"), Text(f"{t.me}.me"))
    return Call("new", (Text(t.use(e.sort.name)), Call("", parts)))


def _struct(t: Terms, e: Expr) -> Code:
    return Call("new", (Text(t.use(e.sort.name)), Call("", tuple(t.code(a) for a in e.args))))


def _ite(t: Terms, e: Expr) -> Code:
    condition, then, otherwise = e.args
    text = f"{t.flat(then, OR)} if {t.flat(condition, OR)} else {t.flat(otherwise, OR)}"
    return Text(text, TERNARY)


def _map(t: Terms, e: Expr) -> Code:
    return Text(f"{t.use(t.vocabulary.lookup(e).name)}[{t.flat(e.args[0], TERNARY)}]")


def _up(t: Terms, e: Expr) -> Code:
    assert isinstance(e.sort, RangeSort)
    return Text(f"min({t.flat(e.args[0], ARITHMETIC)} + 1, {e.sort.top})")


def _with_element(operator: str) -> Writer:
    def write(t: Terms, e: Expr) -> Code:
        whole, item = e.args
        if operator == "|" and whole.kind is Kind.EMPTY:
            return Text("frozenset({" + t.flat(item, TERNARY) + "})")
        element = "{" + t.flat(item, TERNARY) + "}"
        level = UNION if operator == "|" else ARITHMETIC
        return Text(f"{t.flat(whole)} {operator} {element}", level)

    return write


def _implies(t: Terms, e: Expr) -> Code:
    left, right = e.args
    return Chain("or", (t.negation(left), t.code(right)))


def default_code(t: Terms, sort: Sort) -> str:
    """Return the value that a map has where none was put."""
    if isinstance(sort, StructSort):
        parts = ", ".join(default_code(t, part) for _, part in sort.parts)
        return f"{t.use(sort.name)}({parts})"
    value = default_value(sort)
    assert value is not None
    return t.flat(value, TERNARY)


def _at(t: Terms, e: Expr) -> Code:
    whole, key = e.args
    return Text(f"{t.flat(whole)}.get({t.flat(key, TERNARY)}, {default_code(t, e.sort)})")


def _put(t: Terms, e: Expr) -> Code:
    whole, at, item = e.args
    assert isinstance(e.sort, MapSort)
    parts = (t.code(whole), t.code(at), t.code(item), Text(default_code(t, e.sort.to)))
    return Call(t.use("put"), parts)


def _empty(t: Terms, e: Expr) -> Code:
    return Text("{}" if isinstance(e.sort, MapSort) else "frozenset()")


def _majority(t: Terms, e: Expr) -> Code:
    return Call("majority", tuple(t.code(a) for a in e.args))


def _maybe(t: Terms, e: Expr) -> Code:
    return t.code(e.args[0])


_WRITERS: dict[Kind, Writer] = {
    Kind.CONST: _constant,
    Kind.ME: lambda t, e: Text(f"{t.me}.me"),
    Kind.SENDER: lambda t, e: Text("sender"),
    Kind.VAR: _variable,
    Kind.FIELD: _event_field,
    Kind.CONFIG: lambda t, e: Text(f"{t.me}.config.{e.data}"),
    Kind.FRESH: _fresh,
    Kind.EQ: lambda t, e: t.equation(e),
    Kind.LT: lambda t, e: t.compare(e.args[0], "<", e.args[1]),
    Kind.LE: lambda t, e: t.compare(e.args[0], "<=", e.args[1]),
    Kind.NOT: lambda t, e: t.negation(e.args[0]),
    Kind.AND: lambda t, e: t.junction("and", e.args),
    Kind.OR: lambda t, e: t.junction("or", e.args),
    Kind.IMPLIES: _implies,
    Kind.ITE: _ite,
    Kind.IS: lambda t, e: t.membership(e),
    Kind.MAP: _map,
    Kind.UP: _up,
    Kind.EMPTY: _empty,
    Kind.HAS: lambda t, e: t.element(e),
    Kind.ADD: _with_element("|"),
    Kind.REMOVE: _with_element("-"),
    Kind.UNION: lambda t, e: Text(f"{t.flat(e.args[0])} | {t.flat(e.args[1])}", UNION),
    Kind.SUBSET: lambda t, e: t.compare(e.args[0], "<=", e.args[1]),
    Kind.AT: _at,
    Kind.PUT: _put,
    Kind.MAJORITY: _majority,
    Kind.OWNER: lambda t, e: Text(f"{t.flat(e.args[0])}.owner"),
    Kind.STRUCT: _struct,
    Kind.GET: lambda t, e: Text(f"{t.flat(e.args[0])}.{e.data}"),
    Kind.NONE: lambda t, e: Text("None"),
    Kind.SOME: _maybe,
    Kind.KNOWN: lambda t, e: Text(f"{t.flat(e.args[0], UNION)} is not None", COMPARE),
}


def is_constant(expr: Expr) -> bool:
    """Tell whether an expression has one value in every state."""
    return expr.kind in (Kind.CONST, Kind.NONE, Kind.EMPTY)


def is_maybe(sort: Sort) -> bool:
    """Tell whether a value of the sort may be missing."""
    return isinstance(sort, MaybeSort)
