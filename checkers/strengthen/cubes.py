"""From a concrete state to a cube: what of it leads to the bad step, said of variables.

Belongs here: reading a bounded model as literals in the spec's words, and leaving out those that
the bad step does not need. Never here: which cubes are looked for, or blocked (`pdr`).

A cube is an existential statement about a state: some distinct nodes and values are so related.
Its negation is a universal clause, a candidate lemma. (Diagrams: Karbyshev, Bjorner, Itzhaky,
Rinetzky and Shoham, "Property-Directed Inference of Universal Invariants or Proving Their
Absence", CAV 2015.)
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import z3

from checkers.strengthen.asker import A_SECOND, Asker, bounded, check
from checkers.strengthen.literals import bound, parts, tree, var
from model.lang import Spec
from model.lang.expr import Expr, Kind, walk
from model.lang.sorts import (
    BOOL,
    NODE,
    AtomSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)
from model.lang.spec import Statement
from model.smt import SystemStep, UnsupportedExpression
from model.smt.bounded import BoundedVocabulary, Scope

SCOPES = (Scope(2, 1, 2, 2), Scope(3, 1, 2, 2), Scope(3, 1, 2, 4))
"""Where states that lead to a bad step are looked for, the smaller first."""
MOST_ABSENT = 40
"""How many tuples of one relation are named as absent."""


@dataclass(frozen=True, eq=False)
class Cube:
    """Literals over variables, true of some values of them in a state; `exact`: they suffice."""

    variables: tuple[tuple[str, Sort], ...]
    literals: tuple[Expr, ...]
    exact: bool = True

    def clause(self, literals: Sequence[Expr] | None = None) -> Expr:
        """Return the formula that says that no values are so related."""
        kept = list(self.literals if literals is None else literals)
        used = {n.data for x in kept for n in walk(x) if n.kind is Kind.BOUND}
        names = tuple((n, s) for n, s in self.variables if n in used)
        kept.sort(key=lambda x: (_conclusion(x), len(repr(x))))
        *first, last = kept
        negated = last.args[0] if last.kind is Kind.NOT else tree(Kind.NOT, BOOL, (last,))
        body = negated
        if first:
            premise = first[0] if len(first) == 1 else tree(Kind.AND, BOOL, tuple(first))
            body = tree(Kind.IMPLIES, BOOL, (premise, negated))
        return tree(Kind.FORALL, BOOL, (body,), names) if names else body


def _conclusion(x: Expr) -> int:
    """Return how well a literal's negation reads as what follows: equations of nodes best."""
    if x.kind is Kind.NOT and x.args[0].kind is Kind.EQ:
        return 3
    if x.kind in (Kind.LT, Kind.LE) or x.kind is Kind.NOT:
        return 2
    return 1 if x.kind in (Kind.SENT, Kind.GHOST) else 0


class Looker:
    """Finds states before a bad step, in the bounded reading."""

    def __init__(self, spec: Spec, asker: Asker, steps: int = 5 * A_SECOND) -> None:
        """Prepare for `spec`; `asker` tells what an obligation speaks of."""
        self.spec, self.asker, self.steps = spec, asker, steps
        self._readings: dict[Scope, BoundedVocabulary] = {}
        self._given: dict[tuple[Scope, str], z3.BoolRef | None] = {}

    def before(self, label: str, bad: Statement, given: Sequence[Statement]) -> Cube | None:
        """Return a state that satisfies `given` and that the step takes to where `bad` is false."""
        for scope in SCOPES:
            found = self._in_scope(scope, label, bad, given)
            if found is not None:
                return found
        return None

    def _in_scope(
        self, scope: Scope, label: str, bad: Statement, given: Sequence[Statement]
    ) -> Cube | None:
        v = self._readings.setdefault(scope, BoundedVocabulary(self.spec, scope))
        step = SystemStep(self.spec, self.spec.by_label[label], v)
        try:
            if bad.formula is None:
                goal = step.before.formula(bad.per_transition[label])
            else:
                goal = step.after.formula(bad.formula)
        except UnsupportedExpression:
            return None
        solver = bounded(self.steps)
        solver.add(step.received, *step.enabled, *step.side, z3.Not(goal))
        for s in (*self.spec.of_kind("assumption"), *given):
            formula = self._hypothesis(scope, v, s)
            if formula is not None:
                solver.add(formula)
        if check(solver) != z3.sat:
            return None
        model = self._fewest(solver, v)
        reader = _Reader(self.spec, v, model, self.asker.around(label, bad))
        literals = list(reader.literals())
        return self._lift(v, step, goal, model, reader, literals)

    def _hypothesis(self, scope: Scope, v: BoundedVocabulary, s: Statement) -> z3.BoolRef | None:
        key = (scope, s.name)
        if key not in self._given:
            self._given[key] = None if s.formula is None else v.translator(v).formula(s.formula)
        return self._given[key]

    @staticmethod
    def _fewest(solver: z3.Solver, v: BoundedVocabulary) -> z3.ModelRef:
        """Return a model with few messages and ghosts."""
        model = solver.model()
        flags = [flag for rows in v.rows.values() for flag, _ in rows]
        present = sum(z3.is_true(model.eval(f, model_completion=True)) for f in flags)
        for most in range(present):
            solver.push()
            solver.add(z3.PbLe([(f, 1) for f in flags], most))
            if check(solver) == z3.sat:
                return solver.model()
            solver.pop()
        return model

    def _lift(
        self,
        v: BoundedVocabulary,
        step: SystemStep,
        goal: z3.BoolRef,
        model: z3.ModelRef,
        reader: _Reader,
        literals: list[Expr],
    ) -> Cube:
        """Keep the literals that force the bad step, its event given."""
        solver = bounded(self.steps)
        solver.set("unsat_core", True)
        event = [v.me, v.sender, *(x for f in step.fields.values() for x in v.flat(f))]
        solver.add(*(x == model.eval(x, model_completion=True) for x in event))
        translator = v.translator(v)
        translator.bound = dict(reader.values)
        for i, literal in enumerate(literals):
            solver.assert_and_track(translator.formula(literal), f"{i}")
        solver.add(z3.Not(z3.And(step.received, *step.enabled, *step.side, z3.Not(goal))))
        if check(solver) != z3.unsat:
            return Cube(reader.variables(), tuple(literals), exact=False)
        kept = {int(str(c)) for c in solver.unsat_core()}
        apart = [i for i, x in enumerate(literals) if _apart(x)]
        chosen = [literals[i] for i in sorted(kept | set(apart))]
        used = {n.data for i in kept for n in walk(literals[i]) if n.kind is Kind.BOUND}
        chosen = [x for x in chosen if {n.data for n in walk(x) if n.kind is Kind.BOUND} <= used]
        return Cube(reader.variables(), tuple(chosen))


def _apart(x: Expr) -> bool:
    """Tell whether it only says that two variables differ."""
    return (
        x.kind is Kind.NOT
        and x.args[0].kind is Kind.EQ
        and all(a.kind is Kind.BOUND for a in x.args[0].args)
    )


class _Reader:
    """The literals of one model, over a variable for each node and value in it."""

    def __init__(
        self, spec: Spec, v: BoundedVocabulary, model: z3.ModelRef, wanted: frozenset[str]
    ) -> None:
        self.spec, self.v, self.model, self.wanted = spec, v, model, wanted
        self.values: dict[str, Any] = {}
        self._sorts: dict[str, Sort] = {}
        self._named: dict[tuple[str, str], Expr] = {}
        for i, node in enumerate(v.elements(NODE)):
            self._name(NODE, node, f"n{i + 1}")

    def variables(self) -> tuple[tuple[str, Sort], ...]:
        """Return every variable that some literal may mention."""
        return tuple(self._sorts.items())

    def literals(self) -> Iterator[Expr]:
        """Yield what is true in the model."""
        nodes = [e for (s, _), e in self._named.items() if s == "Node"]
        relations = list(self._rows())
        local = [x for n in nodes for name in self._wanted("var") for x in self._variable(name, n)]
        for a, b in itertools.combinations(nodes, 2):
            yield _not(tree(Kind.EQ, BOOL, (a, b)))
        yield from self._config(nodes)
        yield from local
        yield from relations
        yield from self._orders(nodes)
        sets = [e for e in self._named.values() if isinstance(e.sort, SetSort)]
        yield from self._sets(sets, nodes)
        yield from self._absent()

    # ------------------------------------------------------------ values

    def _wanted(self, kind: str) -> list[str]:
        return sorted(x.split(" ", 1)[1] for x in self.wanted if x.startswith(f"{kind} "))

    def _name(self, sort: Sort, value: Any, name: str = "") -> Expr:
        key = (sort.name, str(value))
        if key not in self._named:
            if not name:
                count = sum(s == sort.name for s, _ in self._named)
                name = f"{sort.name[0].lower()}{count + 1}"
                while name in self._sorts:
                    name += "x"
            self._named[key] = bound(name, sort)
            self._sorts[name] = sort
            self.values[name] = value
        return self._named[key]

    def _term(self, sort: Sort, value: Any) -> Expr:
        """Return the expression that stands for a value of the model."""
        match sort:
            case StructSort():
                pieces = zip(sort.parts, value, strict=True)
                return tree(Kind.STRUCT, sort, tuple(self._term(s, x) for (_, s), x in pieces))
            case MaybeSort():
                if not z3.is_true(self._eval(value[0])):
                    return tree(Kind.NONE, sort)
                return tree(Kind.SOME, sort, (self._term(sort.of, value[1]),))
        found = self._eval(value)
        match sort:
            case OrderSort():
                if found.as_long() == 0:
                    return tree(Kind.CONST, sort, (), "zero")
            case SumSort() | RangeSort():
                return tree(Kind.CONST, sort, (), self.v.read(self.model, sort, value))
            case _ if sort == BOOL:
                return tree(Kind.CONST, BOOL, (), z3.is_true(found))
        return self._name(sort, found)

    def _eval(self, value: Any) -> Any:
        return self.model.eval(value, model_completion=True)

    def _holds(self, e: Expr) -> bool:
        translator = self.v.translator(self.v)
        translator.bound = dict(self.values)
        return bool(z3.is_true(self._eval(translator.formula(e))))

    def _signed(self, e: Expr) -> Expr:
        return e if self._holds(e) else _not(e)

    # ------------------------------------------------------------ literals

    def _config(self, nodes: list[Expr]) -> Iterator[Expr]:
        for name, decl in self.spec.config.parts.items():
            value = tree(Kind.CONFIG, decl.sort, (), name)
            for n in nodes:
                if isinstance(decl.sort, SetSort) and decl.sort.of == NODE:
                    yield self._signed(tree(Kind.HAS, BOOL, (value, n)))
                elif decl.sort == NODE:
                    yield self._signed(tree(Kind.EQ, BOOL, (value, n)))

    def _variable(self, name: str, node: Expr) -> Iterator[Expr]:
        whole = var(self.spec, name, node)
        where = self.values[node.data]
        for value in parts(whole):
            if isinstance(value.sort, StructSort):
                continue
            translator = self.v.translator(self.v)
            translator.bound = {node.data: where}
            term = translator.value(value)
            match value.sort:
                case SumSort():
                    leaf = self.v.read(self.model, value.sort, term)
                    yield tree(Kind.IS, BOOL, (value,), frozenset({leaf}))
                case SetSort():
                    if isinstance(value.sort.of, AtomSort):
                        for x in self.v.elements(value.sort.of):
                            named = self._name(value.sort.of, x)
                            yield self._signed(tree(Kind.HAS, BOOL, (value, named)))
                case MaybeSort():
                    if z3.is_true(self._eval(term[0])):
                        yield tree(Kind.EQ, BOOL, (value, self._term(value.sort, term)))
                    else:
                        yield _not(tree(Kind.KNOWN, BOOL, (value,)))
                case _ if value.sort == BOOL:
                    yield self._signed(value)
                case _:
                    yield tree(Kind.EQ, BOOL, (value, self._term(value.sort, term)))
        if isinstance(whole.sort, SetSort) and whole.sort.of == NODE:
            for config, decl in self.spec.config.parts.items():
                if isinstance(decl.sort, SetSort) and decl.sort.of == NODE:
                    other = tree(Kind.CONFIG, decl.sort, (), config)
                    yield self._signed(tree(Kind.MAJORITY, BOOL, (whole, other)))

    def _orders(self, nodes: list[Expr]) -> Iterator[Expr]:
        by_sort: dict[str, list[Expr]] = {}
        for e in self._named.values():
            if isinstance(e.sort, OrderSort):
                by_sort.setdefault(e.sort.name, []).append(e)
        for found in by_sort.values():
            found.sort(key=lambda e: int(self.values[e.data].as_long()))
            zero = tree(Kind.CONST, found[0].sort, (), "zero")
            yield tree(Kind.LT, BOOL, (zero, found[0]))
            for a, b in itertools.combinations(found, 2):
                yield tree(Kind.LT, BOOL, (a, b))
            for e in found:
                assert isinstance(e.sort, OrderSort)
                if e.sort.owned:
                    for n in nodes:
                        owned = tree(Kind.EQ, BOOL, (tree(Kind.OWNER, NODE, (e,)), n))
                        yield self._signed(owned)

    def _sets(self, sets: list[Expr], nodes: list[Expr]) -> Iterator[Expr]:
        for s in sets:
            assert isinstance(s.sort, SetSort)
            if s.sort.of != NODE:
                continue
            for n in nodes:
                yield self._signed(tree(Kind.HAS, BOOL, (s, n)))
            for config, decl in self.spec.config.parts.items():
                if isinstance(decl.sort, SetSort) and decl.sort.of == NODE:
                    other = tree(Kind.CONFIG, decl.sort, (), config)
                    yield self._signed(tree(Kind.MAJORITY, BOOL, (s, other)))

    def _relations(self) -> Iterator[tuple[Kind, str, list[Sort]]]:
        for name in self._wanted("sent"):
            yield Kind.SENT, name, [NODE, NODE, *self.v.field_sorts(name)]
        for name in self._wanted("ghost"):
            yield Kind.GHOST, name, list(self.spec.ghosts[name].columns)

    def _rows(self) -> Iterator[Expr]:
        for kind, name, sorts in self._relations():
            prefix = "sent" if kind is Kind.SENT else "ghost"
            for flag, row in self.v.rows[f"{prefix} {name}"]:
                if z3.is_true(self._eval(flag)):
                    args = tuple(self._term(s, x) for s, x in zip(sorts, row, strict=True))
                    yield tree(kind, BOOL, args, name)

    def _absent(self) -> Iterator[Expr]:
        named = list(self._named.values())
        for kind, name, sorts in self._relations():
            choices = [[e for e in named if e.sort == s] for s in sorts]
            if not all(choices):
                continue
            for args in itertools.islice(itertools.product(*choices), MOST_ABSENT):
                atom = tree(kind, BOOL, args, name)
                if not self._holds(atom):
                    yield _not(atom)


def _not(e: Expr) -> Expr:
    return tree(Kind.NOT, BOOL, (e,))


def at_first(spec: Spec) -> list[Expr]:
    """Return formulas that together say that nothing happened yet."""
    n = bound("n", NODE)
    found = []
    for name, decl in spec.variables.items():
        assert isinstance(decl.init, Expr)
        same = tree(Kind.EQ, BOOL, (var(spec, name, n), _at(decl.init, n)))
        found.append(tree(Kind.FORALL, BOOL, (same,), (("n", NODE),)))
    for kind, name, sorts in (
        *(
            (Kind.SENT, m, [NODE, NODE, *(d.sort for d in c.parts.values())])
            for m, c in spec.messages.items()
        ),
        *((Kind.GHOST, g, list(c.columns)) for g, c in spec.ghosts.items()),
    ):
        names = tuple((f"x{i}", s) for i, s in enumerate(sorts))
        atom = tree(kind, BOOL, tuple(bound(x, s) for x, s in names), name)
        found.append(tree(Kind.FORALL, BOOL, (_not(atom),), names) if names else _not(atom))
    return found


def _at(expr: Expr, node: Expr) -> Expr:
    if expr.kind is Kind.ME:
        return node
    return expr.with_args(tuple(_at(a, node) for a in expr.args)) if expr.args else expr


__all__ = ["Cube", "Looker", "at_first"]
