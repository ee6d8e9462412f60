"""From expressions to Z3 formulas.

Belongs here: the meaning of each kind of expression to the solver. Never here: which state a
variable is read in; that is the `State` the translator is given.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, Protocol

import z3

from model.lang.expr import Expr, Kind, show, walk
from model.lang.shapes import default_value
from model.lang.sorts import (
    NODE,
    MapSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
)
from model.smt.vocabulary import Value, Vocabulary


class UnsupportedExpression(Exception):
    """An expression that has no first-order reading here; the text says which and why."""


class State(Protocol):
    """Where variables, messages and ghosts are read."""

    def variable(self, name: str, node: z3.ExprRef) -> Value:
        """Return variable `name` of `node`."""
        ...

    def sent(self, message: str, args: list[Value]) -> z3.BoolRef:
        """Return whether a message was sent."""
        ...

    def ghost(self, name: str, args: list[Value]) -> z3.BoolRef:
        """Return whether a ghost relation holds."""
        ...


class Translator:
    """Translates expressions read in one state.

    `side` collects what is assumed about the constants that composite sets and fresh values get;
    it must be asserted beside every formula translated. Constants are shared through `made`, so
    that one set expression is one constant, in the state before and after alike where it reads
    neither.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        state: State,
        *,
        me: z3.ExprRef | None = None,
        fields: dict[str, Value] | None = None,
        after: State | None = None,
        side: list[z3.BoolRef] | None = None,
        made: dict[Any, Any] | None = None,
    ) -> None:
        """Make a translator for `state`; `after` is where NEXT reads."""
        self.v = vocabulary
        self.state = state
        self.after = after
        self.me = me if me is not None else vocabulary.me
        self.fields = fields if fields is not None else {}
        self.side = side if side is not None else []
        self.made = made if made is not None else {}
        self.bound: dict[str, Value] = {}

    def formula(self, expr: Expr) -> z3.BoolRef:
        """Translate a truth value."""
        return self.value(expr)

    def value(self, e: Expr) -> Value:
        """Translate any expression."""
        v = self.v
        match e.kind:
            case Kind.CONST:
                return v.constant(e.sort, e.data)
            case Kind.ME:
                return self.me
            case Kind.SENDER:
                return v.sender
            case Kind.VAR:
                return self.state.variable(e.data, self.value(e.args[0]))
            case Kind.NEXT:
                if self.after is None:
                    raise UnsupportedExpression(f"{show(e)}: there is no state after")
                return self.after.variable(e.data, self.value(e.args[0]))
            case Kind.FIELD:
                return self.fields[e.data]
            case Kind.CONFIG:
                return v.constants(f"config.{e.data}", e.sort)
            case Kind.BOUND:
                return self.bound[e.data]
            case Kind.FRESH:
                return self._fresh(e)
            case Kind.EQ:
                return self._equal(e.args[0], e.args[1])
            case Kind.LT | Kind.LE:
                a, b = self.value(e.args[0]), self.value(e.args[1])
                less = v.less(e.args[0].sort, a, b)
                return less if e.kind is Kind.LT else z3.Or(less, v.equal(e.args[0].sort, a, b))
            case Kind.NOT:
                return z3.Not(self.value(e.args[0]))
            case Kind.AND:
                return z3.And([self.value(a) for a in e.args])
            case Kind.OR:
                return z3.Or([self.value(a) for a in e.args])
            case Kind.IMPLIES:
                return z3.Implies(self.value(e.args[0]), self.value(e.args[1]))
            case Kind.ITE:
                condition, then, otherwise = (self.value(a) for a in e.args)
                return choose(condition, then, otherwise)
            case Kind.IS:
                x = self.value(e.args[0])
                return z3.Or([x == v.constant(e.args[0].sort, leaf) for leaf in sorted(e.data)])
            case Kind.MAP:
                return self._map(e)
            case Kind.UP:
                return self._up(e)
            case Kind.HAS:
                x = self._given(e.args[1])
                return self._of_somebody([e.args[1]], self.contains(e.args[0], x))
            case Kind.SUBSET:
                return self._subset(e.args[0], e.args[1])
            case Kind.AT:
                return self.value_at(e.args[0], self.value(e.args[1]))
            case Kind.PUT:
                return self._made_map(e)
            case Kind.EMPTY if isinstance(e.sort, MapSort):
                return self._made_map(e)
            case Kind.EMPTY | Kind.ADD | Kind.REMOVE | Kind.UNION:
                return self._set(e)
            case Kind.MAJORITY:
                some, whole = e.args
                assert isinstance(some.sort, SetSort) and isinstance(whole.sort, SetSort)
                return v.majority(some.sort, self.value(some), whole.sort, self.value(whole))
            case Kind.OWNER:
                return self._owner(e)
            case Kind.STRUCT:
                return tuple(self.value(a) for a in e.args)
            case Kind.GET:
                sort = e.args[0].sort
                assert isinstance(sort, StructSort)
                at = [name for name, _ in sort.parts].index(e.data)
                return self.value(e.args[0])[at]
            case Kind.NONE:
                assert isinstance(e.sort, MaybeSort)
                return (z3.BoolVal(False), v.constants(f"nothing.{e.sort.name}", e.sort.of))
            case Kind.SOME:
                return (z3.BoolVal(True), self.value(e.args[0]))
            case Kind.KNOWN:
                return self.value(e.args[0])[0]
            case Kind.FORALL | Kind.EXISTS:
                return self._quantifier(e)
            case Kind.SENT:
                told = self.state.sent(e.data, [self._given(a) for a in e.args])
                return self._of_somebody(e.args, told)
            case Kind.GHOST:
                told = self.state.ghost(e.data, [self._given(a) for a in e.args])
                return self._of_somebody(e.args, told)

    # ------------------------------------------------------------ parts

    def _equal(self, a: Expr, b: Expr) -> z3.BoolRef:
        same = self.v.equal(a.sort, self._given(a), self._given(b))
        nobodys = [self._nobodys(x) for x in (a, b) if self._nobodys(x) is not None]
        if len(nobodys) == 2:
            one, other = nobodys
            return z3.Or(z3.And(one, other), z3.And(z3.Not(one), z3.Not(other), same))
        return self._of_somebody((a, b), same)

    # ------------------------------------------------------------ owners

    def _owner(self, e: Expr) -> z3.ExprRef:
        """The owner of a value, where it is asked for as a value.

        The least value is nobody's, and no element of the sort of nodes is nobody. So an owner can
        be compared, looked for in a set, and told in a message or ghost, where it is known to be
        somebody; elsewhere it would be a node that owns what has no owner.
        """
        raise UnsupportedExpression(
            f"{show(e)}: an owner can only be compared, looked for in a set, or asked for in a"
            " message sent or a ghost"
        )

    def _given(self, e: Expr) -> Value:
        """Return the value of a part of an atom; an owner counts only where it is somebody."""
        match e.kind:
            case Kind.OWNER:
                assert isinstance(e.args[0].sort, OrderSort)
                return self.v.owner(e.args[0].sort, self.value(e.args[0]))
            case Kind.SOME:
                return (z3.BoolVal(True), self._given(e.args[0]))
            case _:
                return self.value(e)

    def _nobodys(self, e: Expr) -> z3.BoolRef | None:
        """Return that a part of an atom is nobody; None for what is no owner."""
        while e.kind is Kind.SOME:
            e = e.args[0]
        if e.kind is not Kind.OWNER:
            return None
        value, sort = self.value(e.args[0]), e.args[0].sort
        return self.v.equal(sort, value, self.v.constant(sort, "zero"))

    def _of_somebody(self, parts: Iterable[Expr], atom: z3.BoolRef) -> z3.BoolRef:
        """Return that an atom holds and none of its parts is nobody."""
        nobodys = [n for n in map(self._nobodys, parts) if n is not None]
        return z3.And(*(z3.Not(n) for n in nobodys), atom) if nobodys else atom

    def _map(self, e: Expr) -> Value:
        x, source = self.value(e.args[0]), e.args[0].sort
        result: Value = None
        for key, image in reversed(e.data):
            value = self.v.constant(e.sort, image)
            result = (
                value if result is None else z3.If(x == self.v.constant(source, key), value, result)
            )
        return result

    def _up(self, e: Expr) -> Value:
        x, sort = self.value(e.args[0]), e.sort
        assert isinstance(sort, RangeSort)
        result = self.v.constant(sort, sort.top)
        for i in range(sort.top):
            result = z3.If(x == self.v.constant(sort, i), self.v.constant(sort, i + 1), result)
        return result

    def _quantifier(self, e: Expr) -> z3.BoolRef:
        saved = dict(self.bound)
        terms: list[z3.ExprRef] = []
        for name, sort in e.data:
            value = self.v.constants(f"{name}!{self.v.number()}", sort)
            self.bound[name] = value
            terms += self.v.flat(value)
        body = self.value(e.args[0])
        self.bound = saved
        return z3.ForAll(terms, body) if e.kind is Kind.FORALL else z3.Exists(terms, body)

    def _fresh(self, e: Expr) -> z3.ExprRef:
        """A value above its base, owned by this node where the order is owned."""
        key = ("fresh", id(e))
        if key not in self.made:
            assert isinstance(e.sort, OrderSort)
            constant = z3.Const(f"fresh.{e.sort.name}.{self.v.number()}", self.v.sort(e.sort))
            self.made[key] = (constant, e)  # keeps `e` alive, so that its id stays its own
            self.side.append(self.v.less(e.sort, self.value(e.args[0]), constant))
            if e.sort.owned:
                self.side.append(self.v.owner(e.sort, constant) == self.me)
        return self.made[key][0]

    # ------------------------------------------------------------ sets

    def contains(self, whole: Expr, x: Value) -> z3.BoolRef:
        """Return whether the set `whole` contains `x`, without making a constant for it."""
        match whole.kind:
            case Kind.EMPTY:
                return z3.BoolVal(False)
            case Kind.ADD:
                return z3.Or(self.contains(whole.args[0], x), x == self.value(whole.args[1]))
            case Kind.REMOVE:
                return z3.And(self.contains(whole.args[0], x), x != self.value(whole.args[1]))
            case Kind.UNION:
                return z3.Or(self.contains(whole.args[0], x), self.contains(whole.args[1], x))
            case Kind.ITE:
                return z3.If(
                    self.value(whole.args[0]),
                    self.contains(whole.args[1], x),
                    self.contains(whole.args[2], x),
                )
            case _:
                assert isinstance(whole.sort, SetSort)
                return self.v.contains(whole.sort, self.value(whole), x)

    def _subset(self, inner: Expr, outer: Expr) -> z3.BoolRef:
        assert isinstance(inner.sort, SetSort)
        x = self._element(inner.sort)
        return z3.ForAll([x], z3.Implies(self.contains(inner, x), self.contains(outer, x)))

    def _element(self, sort: SetSort) -> z3.ExprRef:
        return z3.Const(f"x!{self.v.number()}", self.v.sort(sort.of))

    def _set(self, e: Expr) -> z3.ExprRef:
        """A composite set gets a constant; a set with just these elements always exists."""
        assert isinstance(e.sort, SetSort)
        elsewhere = self.bound or not self.me.eq(self.v.me)
        if elsewhere and any(n.kind in (Kind.BOUND, Kind.ME) for n in walk(e)):
            raise UnsupportedExpression(
                f"{show(e)}: a composite set below a quantifier can only be asked for elements"
            )
        key = ("set", self.form_of(e))
        if key not in self.made and e.kind is Kind.EMPTY:
            self.made[key], axiom = self.v.empty(e.sort)
            self.side.append(axiom)
        if key not in self.made:
            constant = z3.Const(f"set {show(e)} {self.v.number()}", self.v.sort(e.sort))
            x = self._element(e.sort)
            self.made[key] = constant
            self.side.append(
                z3.ForAll([x], self.v.contains(e.sort, constant, x) == self.contains(e, x))
            )
            if e.kind in (Kind.ADD, Kind.REMOVE) and e.args[0].kind is Kind.VAR:
                self.side += self.v.one_apart(e.sort, self.value(e.args[0]), constant)
        return self.made[key]

    def form_of(self, e: Expr) -> Hashable:
        """Return what tells an expression from every other: its text does not.

        Two fresh values are written alike and are two values, `~p.implies(q)` is how two conditions
        are written, and what is read in two states is two things.
        """
        read_in: State | None = None
        match e.kind:
            case Kind.FRESH:
                return id(e)
            case Kind.NEXT:
                read_in = self.after
            case Kind.VAR | Kind.SENT | Kind.GHOST:
                read_in = self.state
        return (e.kind, e.sort, e.data, read_in, *map(self.form_of, e.args))

    # ------------------------------------------------------------ maps

    def value_at(self, whole: Expr, key: Value) -> Value:
        """Return the value of a map at `key`, without making a constant for the map."""
        assert isinstance(whole.sort, MapSort)
        match whole.kind:
            case Kind.EMPTY:
                return self._default(whole.sort)
            case Kind.PUT:
                inner, at, item = whole.args
                here = self.v.equal(whole.sort.key, key, self.value(at))
                return choose(here, self.value(item), self.value_at(inner, key))
            case Kind.ITE:
                condition, then, otherwise = whole.args
                one, other = self.value_at(then, key), self.value_at(otherwise, key)
                return choose(self.value(condition), one, other)
            case _:
                return self.v.value_at(whole.sort, self.value(whole), key)

    def _default(self, sort: MapSort) -> Value:
        value = default_value(sort.to)
        assert value is not None
        return self.value(value)

    def _made_map(self, e: Expr) -> Value:
        """A composite map gets a constant; a map with just these values always exists."""
        assert isinstance(e.sort, MapSort)
        elsewhere = self.bound or not self.me.eq(self.v.me)
        if elsewhere and any(n.kind in (Kind.BOUND, Kind.ME) for n in walk(e)):
            raise UnsupportedExpression(
                f"{show(e)}: a composite map below a quantifier can only be asked for its values"
            )
        form = ("map", self.form_of(e))
        if form not in self.made:
            constant = z3.Const(f"map {show(e)} {self.v.number()}", self.v.sort(e.sort))
            self.made[form] = constant
            key = self.v.constants(f"key!{self.v.number()}", e.sort.key)
            held = self.v.value_at(e.sort, constant, key)
            same = self.v.equal(e.sort.to, held, self.value_at(e, key))
            self.side.append(z3.ForAll(self.v.flat(key), same))
        return self.made[form]

    def addressed(self, to: Expr, x: z3.ExprRef) -> z3.BoolRef:
        """Return whether a message sent `to` a node, a set or a maybe goes to `x`."""
        if isinstance(to.sort, SetSort):
            return self.contains(to, x)
        if isinstance(to.sort, MaybeSort):
            known, node = self.value(to)
            return z3.And(known, node == x)
        assert to.sort == NODE
        return x == self.value(to)


def owner_of(translator: Translator, e: Expr) -> z3.ExprRef:
    """Return an owner where nobody has a place among the nodes, or nodes are names."""
    assert isinstance(e.args[0].sort, OrderSort)
    return translator.v.owner(e.args[0].sort, translator.value(e.args[0]))


def choose(condition: z3.BoolRef, then: Value, otherwise: Value) -> Value:
    """Return `then` where `condition` holds, part by part."""
    if isinstance(then, tuple):
        return tuple(choose(condition, a, b) for a, b in zip(then, otherwise, strict=True))
    return z3.If(condition, then, otherwise)


__all__ = ["Sort", "State", "Translator", "UnsupportedExpression", "choose"]
