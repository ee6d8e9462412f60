"""What the rules say, in the values that the generated code computes with.

Belongs here: one reading of a spec's expressions. Never here: anything about code.

It is the Z3 model that the proofs use, with its symbols given a meaning: an element of an order is
a number, or a number and a name where somebody owns it; a set is an array of truth values; more
than half is counted. What is proved of all orders and sets holds of these: they are one of the
systems that the proofs speak of. In `Standard` nothing is bounded; with `most` names, which is what
counterexamples are looked for in, the names are those numbered 1 to `most`, in sets as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import z3

from checkers.translation import forms
from checkers.translation.forms import Form, OfEnum, OfMap, OfMaybe, OfRow, OfSet, Plain
from checkers.translation.values import TRUE, Bool, Term, conj, is_true, total
from checkers.translation.values import Value as CodeValue
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.shapes import default_value
from model.lang.sorts import (
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
from model.lang.spec import Transition
from model.smt.translate import Translator, UnsupportedExpression, owner_of
from model.smt.vocabulary import Value, Vocabulary, enumeration

COUNT = OrderSort("a count", False)
LARGEST = 5
"""The largest number in a counterexample, before the step."""


class Standard(Vocabulary):
    """The symbols of a spec, with their meaning; `most` bounds how many names there are.

    `held`: of each value that was looked up in a map, that it is of its sort, as all in a map are.
    """

    def __init__(self, spec: Spec, most: int | None = None) -> None:
        """Prepare for `spec`."""
        self.most = most
        self.held: list[Bool] = []
        super().__init__(spec)

    def translator(self, state: Any, **given: Any) -> Translator:
        """Return a translator for this reading of the spec."""
        return _Translator(self, state, **given)

    # ------------------------------------------------------------ sorts and values

    def sort(self, sort: Sort) -> z3.SortRef:
        """Return the Z3 sort of an unstructured sort."""
        match sort:
            case AtomSort() | RangeSort() | OrderSort():
                return z3.IntSort()
            case SetSort():
                return z3.ArraySort(self.sort(sort.of), z3.BoolSort())
            case MapSort():
                result = self.sort(sort.to)
                for _, leaf in reversed(self.components(sort.key)):
                    result = z3.ArraySort(self.sort(leaf), result)
                return result
            case _:
                return super().sort(sort)

    def constant(self, sort: Sort, value: Any) -> Value:
        """Return the constant of a finite sort, or the zero of an order."""
        match sort:
            case RangeSort():
                return z3.IntVal(int(value))
            case OrderSort(owned=True):
                return (z3.IntVal(0), z3.IntVal(0))
            case OrderSort():
                return z3.IntVal(0)
            case _:
                return super().constant(sort, value)

    def components(self, sort: Sort) -> list[tuple[str, Sort]]:
        """Return the unstructured parts of a sort, each with the suffix of its name."""
        match sort:
            case OrderSort(owned=True):
                return [(".round", COUNT), (".owner", NODE)]
            case MapSort():
                return [
                    (suffix, MapSort(f"{sort.name}{suffix}", sort.key, leaf))
                    for suffix, leaf in self.components(sort.to)
                ]
            case _:
                return super().components(sort)

    def assemble(self, sort: Sort, terms: Iterator[z3.ExprRef]) -> Value:
        """Build a value of `sort` from the terms of its components, in their order."""
        match sort:
            case OrderSort(owned=True):
                return (next(terms), next(terms))
            case MapSort():
                return self.assemble(sort.to, terms)
            case _:
                return super().assemble(sort, terms)

    def constants(self, name: str, sort: Sort) -> Value:
        """Return a value of `sort` made of constants named after `name`."""
        terms = [self._variable(name + s, leaf) for s, leaf in self.components(sort)]
        return self.assemble(sort, iter(terms))

    def _variable(self, name: str, sort: Sort) -> Term:
        """Return a variable; of a bounded reading one that holds what is finite alone."""
        if self.most is None or not isinstance(sort, SetSort | MapSort):
            return z3.Const(name, self.sort(sort))
        if isinstance(sort, SetSort):
            result = z3.K(self.sort(sort.of), z3.BoolVal(False))
            for at, element in enumerate(self.elements(sort.of)):
                result = z3.Store(result, element, z3.Bool(f"{name}!{at}"))
            return result
        keys = [self.sort(leaf) for _, leaf in self.components(sort.key)]
        made = self._everywhere(keys, self._default_term(sort.to))
        for at, key in enumerate(self._keys(sort.key)):
            made = forms.stored(made, key, self._variable(f"{name}!{at}", sort.to))
        return made

    def _default_term(self, sort: Sort) -> Term:
        """Return the term of a part of a map's default; of what is then nothing, any."""
        value = default_value(sort)
        if value is None:
            return z3.IntVal(0) if isinstance(sort, AtomSort) else self.elements(sort)[0]
        terms = self.flat(self.translator(Before(self)).value(value))
        assert len(terms) == 1
        return cast(Term, terms[0])

    def elements(self, sort: Sort) -> list[Term]:
        """Return the values of a sort that a set may hold in the bounded reading."""
        match sort:
            case AtomSort():
                assert self.most is not None
                return [z3.IntVal(n) for n in range(1, self.most + 1)]
            case SumSort():
                return list(enumeration(sort.name, sort.leaves)[1])
            case RangeSort():
                return [z3.IntVal(n) for n in range(sort.top + 1)]
            case _:
                raise UnsupportedExpression(f"a set of {sort}")

    def _keys(self, sort: Sort) -> list[list[Term]]:
        """Return the keys that a map may hold in the bounded reading."""
        match sort:
            case OrderSort(owned=True):
                return [[z3.IntVal(1), name] for name in self.elements(NODE)]
            case OrderSort():
                return [[z3.IntVal(n)] for n in range(3)]
            case StructSort():
                found: list[list[Term]] = [[]]
                for _, part in sort.parts:
                    found = [[*k, *more] for k in found for more in self._keys(part)]
                return found
            case _:
                return [[term] for term in self.elements(sort)]

    def _everywhere(self, keys: list[z3.SortRef], term: Term) -> Term:
        for key in reversed(keys):
            term = z3.K(key, term)
        return term

    def count(self, whole: Term) -> Term:
        """Return how many are in a set: any number may be, where there is no bound."""
        domain = cast(z3.ArraySortRef, whole.sort()).domain()
        if self.most is None:
            return z3.Function(f"count.{domain}", whole.sort(), z3.IntSort())(whole)
        one, none = z3.IntVal(1), z3.IntVal(0)
        if domain == z3.IntSort():
            elements: list[Term] = [z3.IntVal(n) for n in range(self.most + 1)]
        else:
            data = cast(z3.DatatypeSortRef, domain)
            elements = [data.constructor(i)() for i in range(data.num_constructors())]
        held = [z3.If(z3.Select(cast(z3.ArrayRef, whole), e), one, none) for e in elements]
        return total(held)

    # ------------------------------------------------------------ symbols

    def contains(self, sort: SetSort, whole: Value, element: Value) -> Bool:
        """Return whether a set contains an element."""
        return cast(Bool, z3.Select(whole, element))

    def value_at(self, sort: MapSort, whole: Value, key: Value) -> Value:
        """Return the value that a map has at `key`."""
        found = []
        for array in self.flat(whole):
            for term in self.flat(key):
                array = z3.Select(cast(z3.ArrayRef, array), term)
            found.append(array)
        value = self.assemble(sort.to, iter(found))
        self.held.append(self.valid(sort.to, value))
        return value

    def less(self, sort: Sort, a: Value, b: Value) -> Bool:
        """Return whether `a < b`."""
        match sort:
            case OrderSort(owned=True):
                return z3.Or(a[0] < b[0], z3.And(a[0] == b[0], a[1] < b[1]))
            case OrderSort() | RangeSort():
                return cast(Bool, a < b)
            case _:
                return super().less(sort, a, b)

    def equal(self, sort: Sort, a: Value, b: Value) -> Bool:
        """Return whether two values of one sort are equal."""
        match sort:
            case OrderSort(owned=True):
                return z3.And(a[0] == b[0], a[1] == b[1])
            case MapSort():
                if any(s.endswith(".known") for s, _ in self.components(sort.to)):
                    raise UnsupportedExpression(f"two values of {sort} compared")
                return conj(x == y for x, y in zip(self.flat(a), self.flat(b), strict=True))
            case _:
                return super().equal(sort, a, b)

    def majority(self, some: SetSort, a: Value, whole: SetSort, b: Value) -> Bool:
        """Return whether more than half of `b` is in `a`."""
        return cast(Bool, 2 * self.count(z3.SetIntersect(a, b)) > self.count(b))

    def owner(self, sort: OrderSort, value: Value) -> Term:
        """Return the node that may start `value`; nobody's name for zero."""
        return cast(Term, value[1])

    # ------------------------------------------------------------ what a value of a sort is

    def valid(self, sort: Sort, value: Value) -> Bool:
        """Return that terms are a value of the sort; in the bounded reading a small one."""
        match sort:
            case AtomSort():
                more = [value <= self.most] if self.most is not None else []
                return conj([value > 0, *more])
            case RangeSort():
                return conj([value >= 0, value <= sort.top])
            case OrderSort(owned=True):
                more = [value[0] <= LARGEST, value[1] <= self.most] if self.most else []
                owned = z3.Implies(value[0] > 0, value[1] > 0)  # only the least has no owner
                return conj([value[0] >= 0, value[1] >= 0, owned, *more])
            case OrderSort():
                return conj([value >= 0, *([value <= LARGEST] if self.most else [])])
            case SetSort() if isinstance(sort.of, AtomSort):
                return z3.Not(z3.Select(value, z3.IntVal(0)))
            case StructSort():
                pairs = zip(sort.parts, value, strict=True)
                return conj(self.valid(part, x) for (_, part), x in pairs)
            case MaybeSort():
                inner = self.valid(sort.of, value[1])
                return TRUE if is_true(inner) else z3.Implies(value[0], inner)
            case _:
                return TRUE

    # ------------------------------------------------------------ as the code has it

    def form(self, sort: Sort) -> Form:
        """Return what a value of the sort is in the code."""
        match sort:
            case BoolSort():
                return Plain("bool")
            case RangeSort() | OrderSort(owned=False):
                return Plain("int")
            case AtomSort():
                return Plain("name")
            case SumSort():
                return OfEnum(sort.name)
            case OrderSort():
                return OfRow(sort.name, ("round", "owner"), (Plain("int"), Plain("name")))
            case StructSort():
                names = tuple(name for name, _ in sort.parts)
                return OfRow(sort.name, names, tuple(self.form(part) for _, part in sort.parts))
            case SetSort():
                return OfSet("" if isinstance(sort.of, AtomSort) else sort.of.name)
            case MaybeSort():
                return OfMaybe(self.form(sort.of))
            case MapSort():
                return OfMap(self.form(sort.key), self.form(sort.to))
        raise UnsupportedExpression(f"{sort} in a node")

    def in_code(self, sort: Sort, value: Value) -> CodeValue:
        """Return terms as the value that the code has for them."""
        default: tuple[Term, ...] = ()
        if isinstance(sort, MapSort):
            least = default_value(sort.to)
            if least is None:
                raise UnsupportedExpression(f"a map to {sort.to}, which has no default")
            default = tuple(self.flat(self.translator(Before(self)).value(least)))
        return forms.build(self.form(sort), iter(self.flat(value)), default)


class Before:
    """The node's variables before the step, as constants."""

    def __init__(self, vocabulary: Standard) -> None:
        """Read them from the symbols of `vocabulary`."""
        self.v = vocabulary

    def variable(self, name: str, node: Term) -> Value:
        """Return a variable of the one node."""
        return self.v.constants(f"before.{name}", self.v.spec.variables[name].sort)

    def sent(self, message: str, args: list[Value]) -> Bool:
        """Refuse: one node does not see the messages in flight."""
        raise UnsupportedExpression(f"sent({message}) in a rule")

    def ghost(self, name: str, args: list[Value]) -> Bool:
        """Refuse: no node sees a ghost."""
        raise UnsupportedExpression(f"the ghost {name} in a rule")


class _Translator(Translator):
    """Fresh values are the next ones, and sets and maps are what they are made of."""

    v: Standard

    def _owner(self, e: Expr) -> z3.ExprRef:
        return owner_of(self, e)

    def _fresh(self, e: Expr) -> Any:
        assert isinstance(e.sort, OrderSort)
        base = self.value(e.args[0])
        return (base[0] + 1, self.me) if e.sort.owned else base + 1

    def _set(self, e: Expr) -> z3.ExprRef:
        assert isinstance(e.sort, SetSort)
        if e.kind is Kind.EMPTY:
            return z3.K(self.v.sort(e.sort.of), z3.BoolVal(False))
        one, other = self.value(e.args[0]), self.value(e.args[1])
        if e.kind is Kind.UNION:
            return z3.SetUnion(one, other)
        return z3.Store(one, other, z3.BoolVal(e.kind is Kind.ADD))

    def _subset(self, inner: Expr, outer: Expr) -> Bool:
        return z3.IsSubset(self.value(inner), self.value(outer))

    def _made_map(self, e: Expr) -> Any:
        assert isinstance(e.sort, MapSort)
        keys = [leaf for _, leaf in self.v.components(e.sort.key)]
        if e.kind is Kind.EMPTY:
            terms = self.v.flat(self._default(e.sort))
            sorts = [self.v.sort(k) for k in keys]
            return self.v.assemble(e.sort, iter([self.v._everywhere(sorts, t) for t in terms]))
        whole, key, item = (self.v.flat(self.value(a)) for a in e.args)
        made = [forms.stored(a, key, t) for a, t in zip(whole, item, strict=True)]
        return self.v.assemble(e.sort, iter(made))


class Said:
    """What one row of a spec says of one node: when it answers, and what it does then."""

    def __init__(self, vocabulary: Standard, t: Transition, translator: Translator) -> None:
        """Translate a transition, with a translator of its event's fields."""
        self.transition, v = t, vocabulary
        self.clauses = [translator.formula(c.expr) for c in t.clauses]
        self.guard = conj(self.clauses)
        self.updates = {n: translator.value(e) for n, e in t.updates.items()}
        self.sends = [
            (
                s.message,
                s.to.sort,
                translator.value(s.to),
                {n: translator.value(e) for n, e in s.fields.items()},
            )
            for s in t.sends
        ]
        self.reply = {n: translator.value(e) for n, e in t.reply.fields.items()} if t.reply else {}
        self.fresh: list[Bool] = []
        for e in t.fresh():
            assert isinstance(e.sort, OrderSort)
            value, base = translator.value(e), translator.value(e.args[0])
            self.fresh.append(v.less(e.sort, base, value))
            if e.sort.owned:
                self.fresh.append(v.owner(e.sort, value) == v.me)

    def made_valid(self, vocabulary: Standard) -> Bool:
        """Return that the next state and what is sent are of their sorts again."""
        v, spec = vocabulary, vocabulary.spec
        found = [v.valid(spec.variables[n].sort, x) for n, x in self.updates.items()]
        for message, _, _, fields in self.sends:
            found += [v.valid(message.parts[n].sort, x) for n, x in fields.items()]
        return conj([*found, *self.fresh])
