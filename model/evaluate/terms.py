"""The meaning of every kind of expression that one node can compute.

Belongs here: one small closure for each `Kind`, made once and called often. Never here: quantifiers
and what only a whole state knows, apart from how to get at it (`search`).

A closure takes the `Frame`: who runs, on what. It is the only thing that changes between calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from model.evaluate.values import EvaluationError, Value, default_of, zero_value
from model.lang.expr import Expr, Kind, show
from model.lang.sorts import MapSort, OrderSort, RangeSort, StructSort

if TYPE_CHECKING:
    from model.evaluate.state import GlobalState

Local: TypeAlias = Mapping[str, Value]
"""A node's variables by name."""


class Frame:
    """What an expression is evaluated on.

    `me` with its variables `local`, and after the step `after`; the event's `fields` and `sender`;
    the `config`; the `state` of all; `bound`, the values of quantified variables by slot; `row`,
    the tuple that a search starts from; `fresh`, given values of FRESH expressions by identity.
    """

    __slots__ = (
        "after",
        "bound",
        "config",
        "fields",
        "fresh",
        "local",
        "me",
        "row",
        "sender",
        "state",
    )

    def __init__(
        self,
        config: Mapping[str, Value],
        me: str = "",
        local: Local | None = None,
        fields: Mapping[str, Value] | None = None,
        sender: str | None = None,
        state: GlobalState | None = None,
    ) -> None:
        self.config = config
        self.me = me
        self.local: Local = local if local is not None else {}
        self.fields: Mapping[str, Value] = fields if fields is not None else {}
        self.sender = sender
        self.state = state
        self.after: Local = {}
        self.bound: list[Value] = []
        self.row: tuple[Value, ...] = ()
        self.fresh: Mapping[int, Value] | None = None


Closure: TypeAlias = Callable[[Frame], Value]
Scope: TypeAlias = Mapping[str, int]
"""The slot of each quantified variable in sight."""


class TermCompiler:
    """Turns expressions into closures. Quantifiers, SENT and GHOST are the subclass's business."""

    def compile(self, expr: Expr, scope: Scope) -> Closure:
        """Return the closure that computes `expr`."""
        match expr.kind:
            case Kind.FORALL | Kind.EXISTS | Kind.SENT | Kind.GHOST:
                return self.compile_global(expr, scope)
            case Kind.BOUND:
                slot = scope[expr.data]
                return lambda f: f.bound[slot]
            case Kind.VAR | Kind.NEXT:
                return self._variable(expr, scope)
            case Kind.CONST | Kind.EMPTY | Kind.NONE:
                return _constant(expr)
            case Kind.FRESH:
                return self._fresh(expr, scope)
            case _:
                args = [self.compile(a, scope) for a in expr.args]
                maker = _MAKERS.get(expr.kind)
                if maker is None:
                    raise EvaluationError("evaluator", show(expr), f"{expr.kind} has no meaning")
                return maker(expr, args)

    def compile_global(self, expr: Expr, scope: Scope) -> Closure:
        """Return the closure of a quantifier or a relation; a single node has none."""
        raise EvaluationError(
            "evaluator",
            show(expr),
            "one node cannot see it",
            "only properties may mention quantifiers, messages sent and ghosts",
        )

    def _variable(self, expr: Expr, scope: Scope) -> Closure:
        name = expr.data
        at = expr.args[0]
        if expr.kind is Kind.NEXT:
            if at.kind is not Kind.ME:
                raise EvaluationError(
                    "evaluator", show(expr), "only the node that steps has a next"
                )
            return lambda f: f.after[name]
        if at.kind is Kind.ME:
            return lambda f: f.local[name]
        node = self.compile(at, scope)

        def read(f: Frame) -> Value:
            assert f.state is not None
            return f.state.nodes[node(f)][name]

        return read

    def _fresh(self, expr: Expr, scope: Scope) -> Closure:
        base, key = self.compile(expr.args[0], scope), id(expr)
        assert isinstance(expr.sort, OrderSort)
        if expr.sort.owned:

            def fresh_owned(f: Frame) -> Value:
                if f.fresh is not None and key in f.fresh:
                    return f.fresh[key]
                return (base(f)[0] + 1, f.me)

            return fresh_owned

        def fresh(f: Frame) -> Value:
            if f.fresh is not None and key in f.fresh:
                return f.fresh[key]
            return base(f) + 1

        return fresh


def _constant(expr: Expr) -> Closure:
    value: Value
    match expr.kind:
        case Kind.EMPTY:
            value = frozenset()
        case Kind.NONE:
            value = None
        case _ if isinstance(expr.sort, OrderSort):
            value = zero_value(expr.sort)
        case _:
            value = expr.data
    return lambda f: value


# ---------------------------------------------------------------- one maker for each kind

Maker: TypeAlias = Callable[[Expr, list[Closure]], Closure]


def _me(e: Expr, args: list[Closure]) -> Closure:
    return lambda f: f.me


def _sender(e: Expr, args: list[Closure]) -> Closure:
    return lambda f: f.sender


def _field(e: Expr, args: list[Closure]) -> Closure:
    name = e.data
    return lambda f: f.fields[name]


def _config(e: Expr, args: list[Closure]) -> Closure:
    name = e.data
    return lambda f: f.config[name]


def _eq(e: Expr, args: list[Closure]) -> Closure:
    a, b = args
    return lambda f: a(f) == b(f)


def _lt(e: Expr, args: list[Closure]) -> Closure:
    a, b = args
    return lambda f: a(f) < b(f)


def _le(e: Expr, args: list[Closure]) -> Closure:
    a, b = args
    return lambda f: a(f) <= b(f)


def _not(e: Expr, args: list[Closure]) -> Closure:
    (a,) = args
    return lambda f: not a(f)


def _and(e: Expr, args: list[Closure]) -> Closure:
    if len(args) == 2:
        a, b = args
        return lambda f: a(f) and b(f)
    parts = tuple(args)

    def every(f: Frame) -> bool:
        for part in parts:  # noqa: SIM110  # a generator costs more than it saves
            if not part(f):
                return False
        return True

    return every


def _or(e: Expr, args: list[Closure]) -> Closure:
    if len(args) == 2:
        a, b = args
        return lambda f: a(f) or b(f)
    parts = tuple(args)

    def some(f: Frame) -> bool:
        for part in parts:  # noqa: SIM110
            if part(f):
                return True
        return False

    return some


def _implies(e: Expr, args: list[Closure]) -> Closure:
    a, b = args
    return lambda f: not a(f) or b(f)


def _ite(e: Expr, args: list[Closure]) -> Closure:
    condition, then, otherwise = args
    return lambda f: then(f) if condition(f) else otherwise(f)


def _is(e: Expr, args: list[Closure]) -> Closure:
    (a,) = args
    leaves = e.data
    return lambda f: a(f) in leaves


def _map(e: Expr, args: list[Closure]) -> Closure:
    (a,) = args
    table = dict(e.data)
    return lambda f: table[a(f)]


def _up(e: Expr, args: list[Closure]) -> Closure:
    (a,) = args
    assert isinstance(e.sort, RangeSort)
    top = e.sort.top
    return lambda f: min(a(f) + 1, top)


def _has(e: Expr, args: list[Closure]) -> Closure:
    whole, item = args
    return lambda f: item(f) in whole(f)


def _add(e: Expr, args: list[Closure]) -> Closure:
    whole, item = args
    return lambda f: whole(f) | {item(f)}


def _remove(e: Expr, args: list[Closure]) -> Closure:
    whole, item = args
    return lambda f: whole(f) - {item(f)}


def _union(e: Expr, args: list[Closure]) -> Closure:
    a, b = args
    return lambda f: a(f) | b(f)


def _subset(e: Expr, args: list[Closure]) -> Closure:
    inner, outer = args
    return lambda f: inner(f) <= outer(f)


def _at(e: Expr, args: list[Closure]) -> Closure:
    whole, key = args
    least = default_of(e.sort)
    return lambda f: dict(whole(f)).get(key(f), least)


def _put(e: Expr, args: list[Closure]) -> Closure:
    whole, key, item = args
    assert isinstance(e.sort, MapSort)
    least = default_of(e.sort.to)

    def put(f: Frame) -> Value:
        entries = dict(whole(f))
        entries[key(f)] = item(f)
        return frozenset((k, v) for k, v in entries.items() if v != least)

    return put


def _majority(e: Expr, args: list[Closure]) -> Closure:
    some, whole = args

    def is_majority(f: Frame) -> bool:
        electorate = whole(f)
        return 2 * len(some(f) & electorate) > len(electorate)

    return is_majority


def _owner(e: Expr, args: list[Closure]) -> Closure:
    (a,) = args
    return lambda f: a(f)[1]


def _struct(e: Expr, args: list[Closure]) -> Closure:
    if len(args) == 2:
        a, b = args
        return lambda f: (a(f), b(f))
    parts = tuple(args)
    return lambda f: tuple(part(f) for part in parts)


def _get(e: Expr, args: list[Closure]) -> Closure:
    (a,) = args
    sort = e.args[0].sort
    assert isinstance(sort, StructSort)
    at = [name for name, _ in sort.parts].index(e.data)
    return lambda f: a(f)[at]


def _some(e: Expr, args: list[Closure]) -> Closure:
    return args[0]


def _known(e: Expr, args: list[Closure]) -> Closure:
    (a,) = args
    return lambda f: a(f) is not None


_MAKERS: dict[Kind, Maker] = {
    Kind.ME: _me,
    Kind.SENDER: _sender,
    Kind.FIELD: _field,
    Kind.CONFIG: _config,
    Kind.EQ: _eq,
    Kind.LT: _lt,
    Kind.LE: _le,
    Kind.NOT: _not,
    Kind.AND: _and,
    Kind.OR: _or,
    Kind.IMPLIES: _implies,
    Kind.ITE: _ite,
    Kind.IS: _is,
    Kind.MAP: _map,
    Kind.UP: _up,
    Kind.HAS: _has,
    Kind.ADD: _add,
    Kind.REMOVE: _remove,
    Kind.UNION: _union,
    Kind.SUBSET: _subset,
    Kind.AT: _at,
    Kind.PUT: _put,
    Kind.MAJORITY: _majority,
    Kind.OWNER: _owner,
    Kind.STRUCT: _struct,
    Kind.GET: _get,
    Kind.SOME: _some,
    Kind.KNOWN: _known,
}
