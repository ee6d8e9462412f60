"""One concrete step as facts for the solver: what the functions of the Z3 model are on its values.

Every value becomes a constant, different values different constants; then, for each function that a
formula mentions, its value on all of them. Nothing is left for the solver to choose, so it decides
what the formula means without the compiler that is being tested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, combinations, product
from typing import Any, ClassVar

import z3

from model.evaluate.values import occurring
from model.lang import Spec
from model.lang.sorts import (
    BOOL,
    NODE,
    AtomSort,
    BoolSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)
from model.smt import LocalRelation, Vocabulary
from tests.patience import PATIENCE

Value = Any
NOBODY = "nobody"  # who owns the least term


class GroundFacts:
    """The facts of one step; `fact` gives them, `equals` says that a term has a value."""

    # Facts about the same values come again and again, and take longer to write than to use.
    _constants: ClassVar[dict[tuple[Sort, Value], z3.ExprRef]] = {}
    _tables: ClassVar[dict[tuple[str, Any], list[z3.BoolRef]]] = {}

    def __init__(self, spec: Spec, v: Vocabulary) -> None:
        self.spec, self.v = spec, v
        self.values: dict[Sort, dict[Value, None]] = {}
        self.facts: list[z3.BoolRef] = []
        self.add(NODE, NOBODY)

    # ------------------------------------------------------------ the values of the step

    def add(self, sort: Sort, value: Value) -> None:
        """Let `value` and everything in it be there."""
        for inner, part in occurring(value, sort):
            self.values.setdefault(inner, {})[part] = None
            if isinstance(inner, OrderSort) and inner.owned and part[1]:
                self.values.setdefault(NODE, {})[part[1]] = None

    def constant(self, sort: Sort, value: Value) -> z3.ExprRef:
        """Return the constant of an unstructured value."""
        key = (sort, value)
        if key not in self._constants:
            self._constants[key] = self._constant(sort, value)
        return self._constants[key]

    def _constant(self, sort: Sort, value: Value) -> z3.ExprRef:
        match sort:
            case BoolSort() | SumSort() | RangeSort():
                return self.v.constant(sort, value)
            case OrderSort() if value == ((0, "") if sort.owned else 0):
                return self.v.constant(sort, "zero")
            case SetSort():
                name = "{" + ",".join(sorted(map(str, value))) + "}"
            case _:
                name = str(value)
        return z3.Const(f"{sort.name}!{name}", self.v.sort(sort))

    def equals(self, sort: Sort, term: Any, value: Value) -> z3.BoolRef:
        """Return that a term, structured or not, has this value."""
        match sort:
            case StructSort():
                parts = zip(sort.parts, term, value, strict=True)
                return z3.And([self.equals(part, t, x) for (_, part), t, x in parts])
            case MaybeSort():
                if value is None:
                    return z3.Not(term[0])
                return z3.And(term[0], self.equals(sort.of, term[1], value))
            case _:
                self.add(sort, value)
                return term == self.constant(sort, value)

    # ------------------------------------------------------------ facts

    def state(self, prefix: str, sorts: Mapping[str, Sort], values: Mapping[str, Value]) -> None:
        """Give the constants `prefix.<name>` their values."""
        for name, sort in sorts.items():
            self.add(sort, values[name])
            term = self.v.constants(f"{prefix}.{name}", sort)
            self.facts.append(self.equals(sort, term, values[name]))

    def about(self, formulas: list[z3.ExprRef]) -> list[z3.BoolRef]:
        """Return all facts that decide `formulas`."""
        seen: set[int] = set()
        functions: dict[str, z3.FuncDeclRef] = {}
        quantified: dict[str, z3.SortRef] = {}
        stack = list(formulas)
        while stack:
            term = stack.pop()
            if term.get_id() in seen:
                continue
            seen.add(term.get_id())
            if z3.is_quantifier(term):
                quantified[term.var_sort(0).name()] = term.var_sort(0)
                stack.append(term.body())
            elif z3.is_app(term):
                if term.num_args() and term.decl().kind() == z3.Z3_OP_UNINTERPRETED:
                    functions[term.decl().name()] = term.decl()
                stack += term.children()
        sorts = {s.name: s for s in self._all_sorts()}
        found = list(self.facts)
        for name, decl in functions.items():
            found += self._table(name, decl, sorts)
        for sort in self.values:
            if isinstance(sort, AtomSort | OrderSort | SetSort):
                found.append(z3.Distinct([self.constant(sort, x) for x in self.universe(sort)]))
        for name, z3_sort in quantified.items():
            if isinstance(sorts[name], AtomSort):
                x = z3.Const("x", z3_sort)
                every = [
                    x == self.constant(sorts[name], value) for value in self.universe(sorts[name])
                ]
                found.append(z3.ForAll([x], z3.Or(every)))
        for sort in self._all_sorts():
            if isinstance(sort, SetSort):
                empty = z3.Const(f"empty.{sort.name}", self.v.sort(sort))
                found.append(empty == self.constant(sort, frozenset()))
        return found

    def universe(self, sort: Sort) -> list[Value]:
        """Return the values there are; of a set sort every set of the elements there are."""
        if isinstance(sort, SetSort):
            of = sort.of
            elements = of.leaves if isinstance(of, SumSort) else tuple(self.values.get(of, {}))
            elements = tuple(e for e in elements if e != NOBODY)
            sizes = range(len(elements) + 1)
            sets = chain.from_iterable(combinations(elements, size) for size in sizes)
            return [frozenset(one) for one in sets]
        if isinstance(sort, SumSort):
            return list(sort.leaves)
        found = dict(self.values.get(sort, {}))
        if isinstance(sort, OrderSort):
            found[(0, "") if sort.owned else 0] = None
        return list(found)

    def _all_sorts(self) -> Iterator[Sort]:
        yield NODE
        for declared in chain(self.spec.sorts.values(), self.spec.sums.values()):
            if isinstance(getattr(declared, "sort", None), Sort):
                yield declared.sort

    def _table(
        self, name: str, decl: z3.FuncDeclRef, sorts: Mapping[str, Sort]
    ) -> list[z3.BoolRef]:
        """Return the value of a function on all values there are of its arguments' sorts."""
        family, *rest = name.split(".")
        first = sorts[rest[0]]
        domain = {
            "less": [first, first],
            "owner": [first],
            "majority": [first, sorts[rest[-1]]],
            "in": [first.of, first] if isinstance(first, SetSort) else [],
            "add": [first, first.of] if isinstance(first, SetSort) else [],
            "remove": [first, first.of] if isinstance(first, SetSort) else [],
            "union": [first, first],
        }[family]
        result = {"owner": NODE, "add": first, "remove": first, "union": first}.get(family, BOOL)
        universes = tuple(tuple(self.universe(sort)) for sort in domain)
        if (name, universes) not in self._tables:
            self._tables[name, universes] = [
                decl(*(self.constant(s, x) for s, x in zip(domain, values, strict=True)))
                == self.constant(result, _FUNCTIONS[family](*values))
                for values in product(*universes)
            ]
        return self._tables[name, universes]


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "less": lambda a, b: a < b,
    "owner": lambda a: a[1] or NOBODY,
    "majority": lambda a, b: 2 * len(a & b) > len(b),
    "in": lambda x, s: x in s,
    "add": lambda s, x: s | {x},
    "remove": lambda s, x: s - {x},
    "union": lambda a, b: a | b,
}


def decide(facts: list[z3.BoolRef], formula: z3.BoolRef) -> bool:
    """Return what the facts make of a formula. Raises `AssertionError` if they leave it open."""
    solver = z3.Solver()
    solver.set(timeout=int(1000 * PATIENCE))
    solver.add(*facts)
    answers = [solver.check(wanted) for wanted in (formula, z3.Not(formula))]
    assert sorted(map(str, answers)) == ["sat", "unsat"], (answers, formula)
    return bool(answers[0] == z3.sat)


def facts_of_step(
    spec: Spec,
    v: Vocabulary,
    relation: LocalRelation,
    step: tuple[Mapping[str, Value], Mapping[str, Value], Mapping[str, Value]],
    me: str,
    sender: str | None,
    config: Mapping[str, Value],
) -> GroundFacts:
    """Return the facts of (before, event fields, after) for a transition's relation."""
    before, fields, after = step
    ground = GroundFacts(spec, v)
    variables = {n: d.sort for n, d in spec.variables.items()}
    event = relation.transition.event
    ground.state("before", variables, before)
    ground.state("after", variables, after)
    ground.state("config", {n: d.sort for n, d in spec.config.parts.items()}, config)
    ground.state("event", {n: d.sort for n, d in event.parts.items()} if event else {}, fields)
    ground.facts.append(ground.equals(NODE, v.me, me))
    if sender is not None:
        ground.facts.append(ground.equals(NODE, v.sender, sender))
    return ground
