"""Expressions as functions of whole columns: one small function for each node of the tree.

Belongs here: the meaning of each kind on codes (`codes`), the quantifiers written out. Never here:
which rule answers (`rows`), or any state.

A kernel takes the `Columns` that it reads and returns an array, or one plain number where nothing
differs from row to row. Truth values are arrays of truth values, everything else codes. Columns of
different shapes are broadcast against each other, so that what depends on the node alone is
computed once for all events. The arrays are of `xp`: NumPy, or any library of the array API
standard (2024.12, the first in which arrays look into arrays). Plain numbers are Python's own: no
other library need know NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from model.arrays.codes import Codes
from model.lang.expr import Expr, Kind, show, walk
from model.lang.sorts import (
    BoolSort,
    MapSort,
    OrderSort,
    RangeSort,
    SetSort,
    StructSort,
    SumSort,
)

MOST_CASES = 200_000
"""A quantifier with more cases than this is not written out."""


class NoMeaning(Exception):
    """An expression that has no meaning on columns; the text says which and why."""


@dataclass
class Columns:
    """What an expression is computed on.

    `me`, `sender`: nodes. `local`, `after`: the variables of `me` before and after the step;
    `fields` of the event. `variable(name, node)`, `sent(message, args)` and `ghost(name, args)` are
    what only a whole state knows. `bound`: quantified variables, each one plain code.
    """

    me: Any = None
    sender: Any = None
    local: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    variable: Callable[[str, Any], Any] | None = None
    sent: Callable[[str, list[Any]], Any] | None = None
    ghost: Callable[[str, list[Any]], Any] | None = None
    bound: dict[str, int] = field(default_factory=dict)
    tuples: Callable[[bool, str], list[tuple[int, ...]]] | None = None
    """All messages of a name (True) or tuples of a ghost (False) that may hold anywhere."""


Kernel: TypeAlias = Callable[[Columns], Any]


def plain(value: Any) -> bool:
    """Tell whether a truth value is one for all rows."""
    return isinstance(value, bool | np.bool_)


def negated(value: Any) -> Any:
    """Return the negation of a truth value, or of many."""
    return not value if plain(value) else ~value


class Kernels:
    """Turns expressions into kernels, for one configuration."""

    def __init__(self, codes: Codes, config: Mapping[str, Any], xp: Any = np) -> None:
        """Prepare; `config` holds plain values, each with its sort by name: (sort, value)."""
        self.codes, self.xp = codes, xp
        self.constants: dict[str, int] = {}
        self._tables: dict[str, Callable[[Any], Any]] = {}
        self._looks: dict[tuple[int, ...], Callable[[Any], Any]] = {}
        for name, (sort, value) in config.items():
            if isinstance(sort, MapSort):
                table = [0] * codes.size(sort.key)
                for key, held in value:
                    table[codes.encode(sort.key, key)] = codes.encode(sort.to, held)
                self._tables[name] = self._table(table, False)
            else:
                self.constants[name] = codes.encode(sort, value)

    def compile(self, expr: Expr) -> Kernel:
        """Return the kernel of an expression. Raises `NoMeaning`."""
        maker = getattr(self, f"_make_{expr.kind.value}", None)
        if maker is None:
            raise NoMeaning(f"{show(expr)}: {expr.kind} has no meaning on columns")
        kernel: Kernel = maker(expr)
        return kernel

    def _number(self, expr: Expr) -> Kernel:
        """Return the kernel of an expression whose value becomes a part of another code."""
        made = self.compile(expr)
        if not isinstance(expr.sort, BoolSort):
            return made
        xp = self.xp

        def number(c: Columns) -> Any:
            value = made(c)
            return int(value) if plain(value) else xp.astype(value, xp.int64)

        return number

    def _table(self, values: list[int], boolean: bool) -> Callable[[Any], Any]:
        """Return what looks into a table: at one place, or at the places of an array."""
        key = (boolean, *values)
        made = self._looks.get(key)
        if made is None:
            xp = self.xp
            table = xp.asarray(values, dtype=xp.bool if boolean else xp.int64)
            single = [bool(v) for v in values] if boolean else values
            made = self._looks[key] = lambda at: single[at] if isinstance(at, int) else table[at]
        return made

    def _where(self, test: Any, then: Any, otherwise: Any) -> Any:
        """Return one of two values by a test that differs from row to row."""
        xp = self.xp
        if isinstance(then, bool | int) and isinstance(otherwise, bool | int):
            then = xp.asarray(then)  # of one array at least the standard wants to know
        return xp.where(test, then, otherwise)

    # ------------------------------------------------------------ what is given

    def _read(self, expr: Expr, get: Callable[[Columns], Any]) -> Kernel:
        if isinstance(expr.sort, BoolSort):
            return lambda c: get(c) != 0
        return get

    def _make_const(self, e: Expr) -> Kernel:
        if isinstance(e.sort, BoolSort):
            truth = bool(e.data)
            return lambda c: truth
        code = 0 if isinstance(e.sort, OrderSort) else self.codes.encode(e.sort, e.data)
        return lambda c: code

    def _make_empty(self, e: Expr) -> Kernel:
        return lambda c: 0

    _make_none = _make_empty

    def _make_me(self, e: Expr) -> Kernel:
        return lambda c: c.me

    def _make_sender(self, e: Expr) -> Kernel:
        return lambda c: c.sender

    def _make_field(self, e: Expr) -> Kernel:
        name = e.data
        return self._read(e, lambda c: c.fields[name])

    def _make_config(self, e: Expr) -> Kernel:
        if e.data in self._tables:
            raise NoMeaning(f"{show(e)}: a map of the configuration is only asked at a key")
        code = self.constants[e.data]
        if isinstance(e.sort, BoolSort):
            truth = bool(code)
            return lambda c: truth
        return lambda c: code

    def _make_bound(self, e: Expr) -> Kernel:
        name = e.data
        return self._read(e, lambda c: c.bound[name])

    def _make_var(self, e: Expr) -> Kernel:
        name, at = e.data, e.args[0]
        if at.kind is Kind.ME:
            return self._read(e, lambda c: c.local[name])
        node = self.compile(at)

        def read(c: Columns) -> Any:
            assert c.variable is not None
            return c.variable(name, node(c))

        return self._read(e, read)

    def _make_next(self, e: Expr) -> Kernel:
        name = e.data
        if e.args[0].kind is not Kind.ME:
            raise NoMeaning(f"{show(e)}: only the node that steps has a next")
        return self._read(e, lambda c: c.after[name])

    def _make_sent(self, e: Expr) -> Kernel:
        name, args = e.data, [self._number(a) for a in e.args]

        def sent(c: Columns) -> Any:
            assert c.sent is not None
            return c.sent(name, [a(c) for a in args])

        return sent

    def _make_ghost(self, e: Expr) -> Kernel:
        name, args = e.data, [self._number(a) for a in e.args]

        def ghost(c: Columns) -> Any:
            assert c.ghost is not None
            return c.ghost(name, [a(c) for a in args])

        return ghost

    # ------------------------------------------------------------ truth

    def _make_eq(self, e: Expr) -> Kernel:
        a, b = self.compile(e.args[0]), self.compile(e.args[1])
        return lambda c: a(c) == b(c)

    def _make_lt(self, e: Expr) -> Kernel:
        a, b = self.compile(e.args[0]), self.compile(e.args[1])
        return lambda c: a(c) < b(c)

    def _make_le(self, e: Expr) -> Kernel:
        a, b = self.compile(e.args[0]), self.compile(e.args[1])
        return lambda c: a(c) <= b(c)

    def _make_not(self, e: Expr) -> Kernel:
        a = self.compile(e.args[0])
        return lambda c: negated(a(c))

    def _make_and(self, e: Expr) -> Kernel:
        parts = [self.compile(a) for a in e.args]

        def every(c: Columns) -> Any:
            result: Any = True
            for part in parts:
                value = part(c)
                if plain(value):
                    if not value:
                        return False
                    continue
                result = value if result is True else result & value
            return result

        return every

    def _make_or(self, e: Expr) -> Kernel:
        parts = [self.compile(a) for a in e.args]

        def some(c: Columns) -> Any:
            result: Any = False
            for part in parts:
                value = part(c)
                if plain(value):
                    if value:
                        return True
                    continue
                result = value if result is False else result | value
            return result

        return some

    def _make_implies(self, e: Expr) -> Kernel:
        a, b = self.compile(e.args[0]), self.compile(e.args[1])

        def implies(c: Columns) -> Any:
            given = a(c)
            if plain(given):
                return b(c) if given else True
            then = b(c)
            if plain(then):
                return True if then else ~given
            return ~given | then

        return implies

    def _make_ite(self, e: Expr) -> Kernel:
        condition, where = self.compile(e.args[0]), self._where
        then, otherwise = self.compile(e.args[1]), self.compile(e.args[2])

        def ite(c: Columns) -> Any:
            test = condition(c)
            if plain(test):
                return then(c) if test else otherwise(c)
            return where(test, then(c), otherwise(c))

        return ite

    # ------------------------------------------------------------ sums and ranges

    def _make_is(self, e: Expr) -> Kernel:
        a, sort = self.compile(e.args[0]), e.args[0].sort
        assert isinstance(sort, SumSort)
        look = self._table([leaf in e.data for leaf in sort.leaves], True)
        return lambda c: look(a(c))

    def _make_map(self, e: Expr) -> Kernel:
        a, sort, rows = self._number(e.args[0]), e.args[0].sort, dict(e.data)
        given = sort.leaves if isinstance(sort, SumSort) else range(self.codes.size(sort))
        boolean = isinstance(e.sort, BoolSort)
        look = self._table([self.codes.encode(e.sort, rows[x]) for x in given], boolean)
        return lambda c: look(a(c))

    def _make_up(self, e: Expr) -> Kernel:
        a, xp = self.compile(e.args[0]), self.xp
        assert isinstance(e.sort, RangeSort)
        top = e.sort.top

        def up(c: Columns) -> Any:
            value = a(c)
            return min(value + 1, top) if isinstance(value, int) else xp.minimum(value + 1, top)

        return up

    # ------------------------------------------------------------ sets

    def _make_has(self, e: Expr) -> Kernel:
        whole, item = self.compile(e.args[0]), self._number(e.args[1])
        return lambda c: (whole(c) >> item(c)) & 1 != 0

    def _make_add(self, e: Expr) -> Kernel:
        whole, item = self.compile(e.args[0]), self._number(e.args[1])
        return lambda c: whole(c) | (1 << item(c))

    def _make_remove(self, e: Expr) -> Kernel:
        whole, item = self.compile(e.args[0]), self._number(e.args[1])
        return lambda c: whole(c) & ~(1 << item(c))

    def _make_union(self, e: Expr) -> Kernel:
        a, b = self.compile(e.args[0]), self.compile(e.args[1])
        return lambda c: a(c) | b(c)

    def _make_subset(self, e: Expr) -> Kernel:
        inner, outer = self.compile(e.args[0]), self.compile(e.args[1])
        return lambda c: inner(c) & ~outer(c) == 0

    def _make_majority(self, e: Expr) -> Kernel:
        some, whole = self.compile(e.args[0]), self.compile(e.args[1])
        assert isinstance(e.args[1].sort, SetSort)

        def majority(c: Columns) -> Any:
            electorate = whole(c)
            return 2 * ones(some(c) & electorate) > ones(electorate)

        return majority

    # ------------------------------------------------------------ maps, orders, structs, maybe

    def _make_at(self, e: Expr) -> Kernel:
        whole, key = e.args[0], self._number(e.args[1])
        assert isinstance(whole.sort, MapSort)
        if whole.kind is Kind.CONFIG:
            look = self._tables[whole.data]
            return self._read(e, lambda c: look(key(c)))
        inner, (radix, power) = self.compile(whole), self._digits(whole.sort)
        return self._read(e, lambda c: inner(c) // power(key(c)) % radix)

    def _make_put(self, e: Expr) -> Kernel:
        sort = e.sort
        assert isinstance(sort, MapSort)
        whole, key, item = self.compile(e.args[0]), self._number(e.args[1]), self._number(e.args[2])
        radix, weight = self._digits(sort)

        def put(c: Columns) -> Any:
            old, power = whole(c), weight(key(c))
            return old + (item(c) - old // power % radix) * power

        return put

    def _digits(self, sort: MapSort) -> tuple[int, Callable[[Any], Any]]:
        """Return how many values a digit has, and what it counts at a key."""
        radix, keys = self.codes.size(sort.to), self.codes.size(sort.key)
        self.codes.size(sort)  # raises where they are too many
        return radix, self._table([radix**key for key in range(keys)], False)

    def _make_fresh(self, e: Expr) -> Kernel:
        base, nodes = self.compile(e.args[0]), self.codes.nodes
        assert isinstance(e.sort, OrderSort)
        if not e.sort.owned:
            return lambda c: base(c) + 1
        return lambda c: 1 + (base(c) + nodes - 1) // nodes * nodes + c.me

    def _make_owner(self, e: Expr) -> Kernel:
        a, nodes, where = self.compile(e.args[0]), self.codes.nodes, self._where

        def owner(c: Columns) -> Any:
            value = a(c)
            if isinstance(value, int):
                return (value - 1) % nodes if value else nodes
            return where(value == 0, nodes, (value - 1) % nodes)

        return owner

    def _make_struct(self, e: Expr) -> Kernel:
        assert isinstance(e.sort, StructSort)
        weights = [weight for weight, _ in reversed(self.codes.weights(e.sort).values())]
        parts = list(zip([self._number(a) for a in e.args], weights, strict=True))

        def struct(c: Columns) -> Any:
            code: Any = 0
            for part, weight in parts:
                code = code + part(c) * weight
            return code

        return struct

    def _make_get(self, e: Expr) -> Kernel:
        a, sort = self.compile(e.args[0]), e.args[0].sort
        assert isinstance(sort, StructSort)
        weight, size = self.codes.weights(sort)[e.data]
        return self._read(e, lambda c: a(c) // weight % size)

    def _make_some(self, e: Expr) -> Kernel:
        a = self._number(e.args[0])
        return lambda c: a(c) + 1

    def _make_known(self, e: Expr) -> Kernel:
        a = self.compile(e.args[0])
        return lambda c: a(c) != 0

    # ------------------------------------------------------------ quantifiers, written out

    def _quantifier(self, e: Expr, universal: bool) -> Kernel:
        body, plan = self.compile(e.args[0]), self._plan(e, universal)

        def quantified(c: Columns) -> Any:
            outer = {n: c.bound[n] for n, _ in e.data if n in c.bound}
            result: Any = universal
            for case in plan.cases(c):
                c.bound.update(case)
                value = body(c)
                if plain(value):
                    if bool(value) is not universal:
                        result = not universal
                        break
                    continue
                if not plain(result):
                    value = result & value if universal else result | value
                result = value
            for name, _ in e.data:
                c.bound.pop(name, None)
            c.bound.update(outer)
            return result

        return quantified

    def _plan(self, e: Expr, universal: bool) -> _Plan:
        """Return how the cases of a quantifier are found. Raises `NoMeaning` for too many."""
        names = [n for n, _ in e.data]
        body = e.args[0]
        if universal:
            body = body.args[0] if body.kind in (Kind.IMPLIES, Kind.NOT) else body
        atoms: list[_Atom] = []
        covered: set[str] = set()
        for part in _conjuncts(body) if body is not e.args[0] or not universal else ():
            if part.kind not in (Kind.SENT, Kind.GHOST):
                continue
            mine = {a.data for a in part.args if a.kind is Kind.BOUND and a.data in names}
            if not mine - covered:
                continue
            covered |= mine
            atoms.append(
                _Atom(
                    part.kind is Kind.SENT,
                    part.data,
                    [
                        (a.data, None)
                        if a.kind is Kind.BOUND and a.data in names
                        else (None, None if _mentions(a, names) else self._number(a))
                        for a in part.args
                    ],
                )
            )
        domains = {n: self.codes.domain(sort) for n, sort in e.data}
        count = 1
        for name, domain in domains.items():
            count *= 1 if name in covered else len(domain)
        if count > MOST_CASES:
            raise NoMeaning(f"{show(e)}: {count} cases, and at most {MOST_CASES} are written out")
        return _Plan(atoms, domains)

    def _make_forall(self, e: Expr) -> Kernel:
        return self._quantifier(e, True)

    def _make_exists(self, e: Expr) -> Kernel:
        return self._quantifier(e, False)


@dataclass(frozen=True)
class _Atom:
    """A relation that must hold for a case to matter: names to bind, or values to compare."""

    is_sent: bool
    name: str
    args: list[tuple[str | None, Kernel | None]]


@dataclass(frozen=True)
class _Plan:
    """The cases of a quantifier: those that tuples there are allow, by every other value."""

    atoms: list[_Atom]
    domains: dict[str, tuple[int, ...]]

    def cases(self, c: Columns) -> Iterator[dict[str, int]]:
        """Yield the cases that can matter."""
        found: list[dict[str, int]] = [{}]
        if c.tuples is not None:
            for atom in self.atoms:
                found = [made for one in found for made in self._fitting(c, atom, one)]
        for one in found:
            rest = {n: d for n, d in self.domains.items() if n not in one}
            for values in product(*rest.values()):
                yield one | dict(zip(rest, values, strict=True))

    def _fitting(self, c: Columns, atom: _Atom, given: dict[str, int]) -> Iterator[dict[str, int]]:
        assert c.tuples is not None
        wanted = []
        for name, kernel in atom.args:
            value = given.get(name) if name is not None else None
            if kernel is not None:
                value = kernel(c)
                value = int(value) if isinstance(value, int | np.integer) else None
            wanted.append(value)
        seen = set()
        for row in c.tuples(atom.is_sent, atom.name):
            if any(w is not None and w != v for w, v in zip(wanted, row, strict=True)):
                continue
            made = dict(given)
            pairs = [(n, v) for (n, _), v in zip(atom.args, row, strict=True) if n is not None]
            if all(made.setdefault(n, v) == v for n, v in pairs):
                key = tuple(made.items())
                if key not in seen:
                    seen.add(key)
                    yield made


def _mentions(expr: Expr, names: list[str]) -> bool:
    return any(e.kind is Kind.BOUND and e.data in names for e in walk(expr))


def _conjuncts(expr: Expr) -> Iterator[Expr]:
    if expr.kind is Kind.AND:
        for a in expr.args:
            yield from _conjuncts(a)
    else:
        yield expr


def ones(codes: Any) -> Any:
    """Return how many bits each code has, in operations that every array library has."""
    x = codes - ((codes >> 1) & 0x5555555555555555)
    x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333)
    x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0F
    x = x + (x >> 8)
    x = x + (x >> 16)
    return (x + (x >> 32)) & 0x7F
