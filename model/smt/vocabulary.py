"""The symbols of a spec's Z3 model and the axioms about them.

Belongs here: sorts, functions, relations, axioms. Never here: what a rule does.

Unbounded sorts (nodes, keys, terms, numbers, sets) are uninterpreted. Terms and numbers get the
axioms of a total order with a least element; a set sort gets a membership relation; majorities get
the two axioms that proofs need: two majorities of one set share a node, and so do majorities of a
set and of the same set with one node more or less, said of the sets that a rule makes so. Every
real configuration satisfies the axioms, so what is proved from them holds for any number of nodes,
keys and terms.

A structured value is a tuple of Z3 terms: a struct of its parts, a maybe of (known, value).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any

import z3

from model.lang import Spec
from model.lang.sorts import (
    BOOL,
    NODE,
    AtomSort,
    BoolSort,
    MapSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)

TAKEN = frozenset(
    (
        "Array",
        "Bag",
        "Bool",
        "Int",
        "Real",
        "RegLan",
        "Relation",
        "RoundingMode",
        "Seq",
        "Set",
        "String",
        "Table",
        "Tuple",
        "UnitTuple",
    )
)
"""Names of sorts that a solver that reads SMT-LIB text takes for its own."""

Value = Any  # a z3.ExprRef, or a tuple of Values for structs and maybes


@cache
def enumeration(name: str, values: tuple[str, ...]) -> tuple[z3.SortRef, tuple[z3.ExprRef, ...]]:
    """Return a finite Z3 sort with one constant per value; one sort per name and values."""
    unique = name if name not in _taken else f"{name}~{_taken[name]}"
    _taken[name] = _taken.get(name, 0) + 1
    sort, constants = z3.EnumSort(unique, [f"{unique}.{v}" for v in values])
    return sort, tuple(constants)


_taken: dict[str, int] = {}


class Vocabulary:
    """The symbols of one spec."""

    def __init__(self, spec: Spec) -> None:
        """Declare the symbols of `spec`."""
        self.spec = spec
        self.me: z3.ExprRef = z3.Const("me", self.sort(NODE))
        self.sender: z3.ExprRef = z3.Const("sender", self.sort(NODE))
        self._functions: dict[str, z3.FuncDeclRef] = {}
        self._numbers = itertools.count(1)

    def number(self) -> int:
        """Return a number not given out before, for names of bound variables."""
        return next(self._numbers)

    def translator(self, state: Any, **given: Any) -> Any:
        """Return a translator for this reading of the spec."""
        from model.smt.translate import Translator

        return Translator(self, state, **given)

    # ------------------------------------------------------------ sorts and values

    def sort(self, sort: Sort) -> z3.SortRef:
        """Return the Z3 sort of an unstructured sort."""
        match sort:
            case BoolSort():
                return z3.BoolSort()
            case SumSort():
                return enumeration(sort.name, sort.leaves)[0]
            case RangeSort():
                return enumeration(sort.name, tuple(map(str, range(sort.top + 1))))[0]
            case AtomSort() | OrderSort() | SetSort() | MapSort():
                return z3.DeclareSort(f"the {sort.name}" if sort.name in TAKEN else sort.name)
            case _:
                raise TypeError(f"{sort} is structured")

    def constant(self, sort: Sort, value: Any) -> z3.ExprRef:
        """Return the constant of a finite sort, or the zero of an order."""
        match sort:
            case BoolSort():
                return z3.BoolVal(bool(value))
            case SumSort():
                return enumeration(sort.name, sort.leaves)[1][sort.leaves.index(value)]
            case RangeSort():
                return enumeration(sort.name, tuple(map(str, range(sort.top + 1))))[1][int(value)]
            case OrderSort():
                # No name that a spec gives has a space: no constant of its own is the zero.
                return z3.Const(f"zero of {sort.name}", self.sort(sort))
            case _:
                raise TypeError(f"{sort} has no constant {value!r}")

    def components(self, sort: Sort) -> list[tuple[str, Sort]]:
        """Return the unstructured parts of a sort, each with the suffix of its name."""
        match sort:
            case StructSort():
                return [
                    (f".{name}{suffix}", leaf)
                    for name, part in sort.parts
                    for suffix, leaf in self.components(part)
                ]
            case MaybeSort():
                inner = [(f".value{s}", leaf) for s, leaf in self.components(sort.of)]
                return [(".known", BOOL), *inner]
            case _:
                return [("", sort)]

    def assemble(self, sort: Sort, terms: Iterator[z3.ExprRef]) -> Value:
        """Build a value of `sort` from the terms of its components, in their order."""
        match sort:
            case StructSort():
                return tuple(self.assemble(part, terms) for _, part in sort.parts)
            case MaybeSort():
                known = next(terms)
                return (known, self.assemble(sort.of, terms))
            case _:
                return next(terms)

    def constants(self, name: str, sort: Sort) -> Value:
        """Return a value of `sort` made of constants named after `name`."""
        return self.assemble(
            sort,
            iter([z3.Const(name + s, self.sort(leaf)) for s, leaf in self.components(sort)]),
        )

    @staticmethod
    def flat(value: Value) -> list[z3.ExprRef]:
        """Return the terms of a value's components."""
        if isinstance(value, tuple):
            return [term for part in value for term in Vocabulary.flat(part)]
        return [value]

    # ------------------------------------------------------------ symbols

    def function(self, name: str, domain: list[z3.SortRef], result: z3.SortRef) -> z3.FuncDeclRef:
        """Return the function symbol `name`, declared once."""
        if name not in self._functions:
            self._functions[name] = z3.Function(name, *domain, result)
        return self._functions[name]

    def symbols(self) -> frozenset[str]:
        """Return the names of the symbols declared so far."""
        return frozenset(self._functions)

    def variable(self, name: str, node: z3.ExprRef) -> Value:
        """Return variable `name` of `node` in the present state."""
        sort = self.spec.variables[name].sort
        terms = [
            self.function(f"var {name}{suffix}", [self.sort(NODE)], self.sort(leaf))(node)
            for suffix, leaf in self.components(sort)
        ]
        return self.assemble(sort, iter(terms))

    def field_sorts(self, message: str) -> list[Sort]:
        """Return the sorts of a message's fields."""
        return [d.sort for d in self.spec.messages[message].parts.values()]

    def sent(self, message: str, args: list[Value]) -> z3.BoolRef:
        """Return whether `message` was sent: source, destination, fields."""
        sorts = [NODE, NODE, *self.field_sorts(message)]
        return self._relation(f"sent.{message}", sorts, args)

    def ghost(self, name: str, args: list[Value]) -> z3.BoolRef:
        """Return whether a ghost relation holds."""
        return self._relation(f"ghost.{name}", list(self.spec.ghosts[name].columns), args)

    def _relation(self, name: str, sorts: list[Sort], args: list[Value]) -> z3.BoolRef:
        domain = [self.sort(leaf) for s in sorts for _, leaf in self.components(s)]
        terms = [term for a in args for term in self.flat(a)]
        if not domain:
            return z3.Bool(name)
        return self.function(name, domain, z3.BoolSort())(*terms)

    def contains(self, sort: SetSort, whole: z3.ExprRef, element: z3.ExprRef) -> z3.BoolRef:
        """Return whether a set contains an element."""
        symbol = self.function(
            f"in.{sort.name}", [self.sort(sort.of), self.sort(sort)], z3.BoolSort()
        )
        return symbol(element, whole)

    def empty(self, sort: SetSort) -> tuple[z3.ExprRef, z3.BoolRef]:
        """Return the empty set, one for the whole spec, and that nothing is in it."""
        constant = z3.Const(f"empty.{sort.name}", self.sort(sort))
        x = z3.Const(f"{sort.name}!x", self.sort(sort.of))
        return constant, z3.ForAll([x], z3.Not(self.contains(sort, constant, x)))

    def value_at(self, sort: MapSort, whole: Value, key: Value) -> Value:
        """Return the value that a map has at `key`."""
        domain = [self.sort(sort), *(self.sort(leaf) for _, leaf in self.components(sort.key))]
        terms = [
            self.function(f"at.{sort.name}{suffix}", domain, self.sort(leaf))(
                whole, *self.flat(key)
            )
            for suffix, leaf in self.components(sort.to)
        ]
        return self.assemble(sort.to, iter(terms))

    def less(self, sort: Sort, a: Value, b: Value) -> z3.BoolRef:
        """Return whether `a < b`: in an order, a range, or a struct lexicographically."""
        match sort:
            case OrderSort():
                s = self.sort(sort)
                return self.function(f"less.{sort.name}", [s, s], z3.BoolSort())(a, b)
            case RangeSort():
                values = [self.constant(sort, i) for i in range(sort.top + 1)]
                return z3.Or(
                    [
                        z3.And(a == values[i], b == values[j])
                        for i in range(len(values))
                        for j in range(i + 1, len(values))
                    ]
                )
            case StructSort():
                result: z3.BoolRef = z3.BoolVal(False)
                parts = list(zip(sort.parts, a, b, strict=True))
                for (_, part), x, y in reversed(parts):
                    result = z3.Or(self.less(part, x, y), z3.And(self.equal(part, x, y), result))
                return result
            case _:
                raise TypeError(f"{sort} has no order")

    def equal(self, sort: Sort, a: Value, b: Value) -> z3.BoolRef:
        """Return whether two values of one sort are equal."""
        match sort:
            case StructSort():
                pairs = zip(sort.parts, a, b, strict=True)
                return z3.And([self.equal(part, x, y) for (_, part), x, y in pairs])
            case MaybeSort():
                return z3.And(a[0] == b[0], z3.Implies(a[0], self.equal(sort.of, a[1], b[1])))
            case _:
                return a == b

    def majority(self, some: SetSort, a: z3.ExprRef, whole: SetSort, b: z3.ExprRef) -> z3.BoolRef:
        """Return whether more than half of `b` is in `a`."""
        name = f"majority.{some.name}.{whole.name}"
        symbol = self.function(name, [self.sort(some), self.sort(whole)], z3.BoolSort())
        return symbol(a, b)

    def owner(self, sort: OrderSort, value: z3.ExprRef) -> z3.ExprRef:
        """Return the node that may start `value`."""
        return self.function(f"owner.{sort.name}", [self.sort(sort)], self.sort(NODE))(value)

    # ------------------------------------------------------------ axioms

    def axioms(self) -> list[tuple[str, z3.BoolRef]]:
        """Return the named axioms of every symbol that the spec mentions.

        What was translated before makes no difference: an obligation is the same in any order.
        """
        for one, other in sorted(self.spec.majorities, key=str):
            domain = [self.sort(one), self.sort(other)]
            self.function(f"majority.{one.name}.{other.name}", domain, z3.BoolSort())
        found: list[tuple[str, z3.BoolRef]] = []
        sorts = {s.name: s for s in self._used_sorts()}
        for name, sort in sorted(sorts.items()):
            if isinstance(sort, OrderSort):
                found += [(f"order {name}", f) for f in self._order_axioms(sort)]
        for name in sorted(self._functions):
            if name.startswith("majority."):
                _, some, whole = name.split(".")
                found.append(
                    (f"crossing {some}", self._crossing(sorts[some], sorts[whole]))  # type: ignore[arg-type]
                )
        relations = {f"sent.{n}": [NODE, NODE, *self.field_sorts(n)] for n in self.spec.messages}
        relations |= {f"ghost.{n}": list(g.columns) for n, g in self.spec.ghosts.items()}
        for name, columns in relations.items():
            found += [(f"nothing {name}", f) for f in self._nothing_axioms(name, columns)]
        return found

    def _nothing_axioms(self, name: str, columns: list[Sort]) -> Iterator[z3.BoolRef]:
        """Say that a relation cannot tell one nothing from another, as `equal` cannot."""
        row = [self.constants(f"{name}!{i}", sort) for i, sort in enumerate(columns)]
        for i, sort in enumerate(columns):
            for is_nothing, plain in self._nothings(sort, row[i]):
                other = [*row[:i], plain, *row[i + 1 :]]
                same = self._relation(name, columns, row) == self._relation(name, columns, other)
                terms = [term for value in row for term in self.flat(value)]
                yield z3.ForAll(terms, z3.Implies(is_nothing, same))

    def _nothings(self, sort: Sort, value: Value) -> Iterator[tuple[z3.BoolRef, Value]]:
        """Yield for each maybe in a value that it is nothing, and the value with a plain one."""
        match sort:
            case MaybeSort():
                plain = self.constants(f"nothing.{sort.name}", sort.of)
                yield z3.Not(value[0]), (value[0], plain)
                for inner, changed in self._nothings(sort.of, value[1]):
                    yield inner, (value[0], changed)
            case StructSort():
                for i, (_, part) in enumerate(sort.parts):
                    for inner, changed in self._nothings(part, value[i]):
                        yield inner, (*value[:i], changed, *value[i + 1 :])

    def _used_sorts(self) -> Iterator[Sort]:
        for declared in self.spec.sorts.values():
            sort = getattr(declared, "sort", None)
            if isinstance(sort, Sort):
                yield sort

    def _order_axioms(self, sort: OrderSort) -> list[z3.BoolRef]:
        s = self.sort(sort)
        x, y, w = (z3.Const(f"{sort.name}!{n}", s) for n in "xyw")
        zero = self.constant(sort, "zero")

        def lt(a: z3.ExprRef, b: z3.ExprRef) -> z3.BoolRef:
            return self.less(sort, a, b)

        return [
            z3.ForAll([x], z3.Not(lt(x, x))),
            z3.ForAll([x, y, w], z3.Implies(z3.And(lt(x, y), lt(y, w)), lt(x, w))),
            z3.ForAll([x, y], z3.Or(lt(x, y), x == y, lt(y, x))),
            z3.ForAll([x], z3.Not(lt(x, zero))),
        ]

    def one_apart(self, whole: SetSort, a: z3.ExprRef, b: z3.ExprRef) -> list[z3.BoolRef]:
        """Return that majorities of `a` and of `b`, which differ by at most one node, share a node.

        Let b have a node more. A majority of a has at least (|a|+1)/2 nodes in b, one of b at least
        (|b|+1)/2 = (|a|+2)/2: together more than the |a|+1 nodes of b. (Ongaro 2014, section 4.1.)
        """
        return [
            self._sharing(some, whole, a, b)
            for some, of in sorted(self.spec.majorities, key=str)
            if of == whole
        ]

    def _sharing(
        self, some: SetSort, whole: SetSort, one: z3.ExprRef, other: z3.ExprRef
    ) -> z3.BoolRef:
        """Return that any majority of `one` and any of `other` have a common node in both."""
        a, b = (z3.Const(f"{some.name}!{n}", self.sort(some)) for n in "ab")
        n = z3.Const("crossing!n", self.sort(NODE))
        both = z3.And(self.majority(some, a, whole, one), self.majority(some, b, whole, other))
        shared = z3.And(
            *(self.contains(some, quorum, n) for quorum in (a, b)),
            *(self.contains(whole, members, n) for members in (one, other)),
        )
        return z3.ForAll([a, b], z3.Implies(both, z3.Exists([n], shared)))

    def _crossing(self, some: SetSort, whole: SetSort) -> z3.BoolRef:
        a, b = (z3.Const(f"{some.name}!{n}", self.sort(some)) for n in "ab")
        m = z3.Const(f"{whole.name}!m", self.sort(whole))
        n = z3.Const("crossing!n", self.sort(NODE))
        both = z3.And(self.majority(some, a, whole, m), self.majority(some, b, whole, m))
        shared = z3.And(
            self.contains(some, a, n), self.contains(some, b, n), self.contains(whole, m, n)
        )
        return z3.ForAll([a, b, m], z3.Implies(both, z3.Exists([n], shared)))
