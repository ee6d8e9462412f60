"""Quantifiers: finding the values that make a formula true by what is there, not by trying all.

Belongs here: from a closed formula to *goals* (conjunctions to be satisfied), from a goal to a
*plan* (an order in which its parts bind or test variables), from a plan to closures.
Never here: which goals need to be looked at after a step (`checker`).

To find a falsifying assignment of `forall x. P(x) -> Q(x)` is to satisfy `P(x) & ~Q(x)`. A goal's
parts bind variables wherever they can: an atom `sent(...)` or a ghost by the tuples that are there,
an equation by its other side, `s.has(x)` by the elements of `s`. Only a variable that nothing binds
ranges over its whole domain (`GlobalState.domain`). A quantifier inside a part that only tests is a
search of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import product
from typing import TypeAlias

from model.evaluate.state import Relation, Row
from model.evaluate.terms import Closure, Frame, Scope, TermCompiler
from model.evaluate.values import Value
from model.lang.expr import Expr, Kind
from model.lang.sorts import NODE, AtomSort, MaybeSort, OrderSort, SetSort, Sort, StructSort

Search: TypeAlias = Callable[[Frame], bool]
"""Looks for values of the variables not bound yet; True once the rest of the plan accepts some."""

RELATIONAL = frozenset({Kind.SENT, Kind.GHOST, Kind.FORALL, Kind.EXISTS})
MOST_GOALS = 32
"""A formula that falls into more goals than this is searched less cleverly, never wrongly."""


def accept(f: Frame) -> bool:
    """End a search at the first solution; the bound values are the witness."""
    return True


@dataclass(frozen=True, eq=False)  # expressions overload ==
class Part:
    """One conjunct of a goal: an expression that has to be true, or false."""

    expr: Expr
    scope: Scope
    positive: bool

    @property
    def is_atom(self) -> bool:
        """Tell whether tuples of a relation can make it true."""
        return self.positive and self.expr.kind in (Kind.SENT, Kind.GHOST)


@dataclass
class Goal:
    """A conjunction to be satisfied; `slots` are its variables: slot to name and sort."""

    parts: list[Part]
    slots: dict[int, tuple[str, Sort]]


@dataclass
class FormulaCompiler(TermCompiler):
    """Compiles formulas over a whole state; one for each formula, since it hands out the slots."""

    slots: dict[int, tuple[str, Sort]] = field(default_factory=dict)
    enumerated: set[int] = field(default_factory=set)
    """The slots of the variables that run through their whole domain in some plan so far."""

    def bind(self, names: Iterable[tuple[str, Sort]], scope: Scope) -> dict[str, int]:
        """Return `scope` with a new slot for each of `names`."""
        inner = dict(scope)
        for name, sort in names:
            inner[name] = len(self.slots)
            self.slots[inner[name]] = (name, sort)
        return inner

    def frame(self, f: Frame) -> Frame:
        """Give `f` room for this formula's variables."""
        f.bound = [None] * len(self.slots)
        return f

    # ------------------------------------------------------------ quantifiers that test

    def compile_global(self, expr: Expr, scope: Scope) -> Closure:
        """Return the closure of a quantifier, a message sent or a ghost, its variables bound."""
        if expr.kind in (Kind.SENT, Kind.GHOST):
            row = [self.compile(a, scope) for a in expr.args]
            relation = _relation(expr)
            return lambda f: tuple([a(f) for a in row]) in relation(f).rows
        wanted = expr.kind is Kind.EXISTS
        searches = [
            self.plan(goal, frozenset(scope.values()), accept)
            for goal in self.goals(expr, scope, wanted)
        ]
        if wanted:
            return lambda f: any(search(f) for search in searches)
        return lambda f: not any(search(f) for search in searches)

    # ------------------------------------------------------------ goals

    def goals(self, expr: Expr, scope: Scope, positive: bool) -> list[Goal]:
        """Return goals: `expr` is true (false, unless `positive`) iff one is satisfiable."""
        before = len(self.slots)
        found = self._parts(expr, scope, positive)
        slots = {s: v for s, v in self.slots.items() if s >= before}
        return [Goal(parts, slots) for parts in found]

    def _parts(self, expr: Expr, scope: Scope, positive: bool) -> list[list[Part]]:
        """Return a disjunction of conjunctions."""
        args = expr.args
        match expr.kind:
            case Kind.CONST:
                return [[]] if expr.data is positive else []
            case Kind.NOT:
                return self._parts(args[0], scope, not positive)
            case Kind.EXISTS | Kind.FORALL if (expr.kind is Kind.EXISTS) is positive:
                return self._parts(args[0], self.bind(expr.data, scope), positive)
            case Kind.AND | Kind.OR if (expr.kind is Kind.AND) is positive:
                return self._both([(a, positive) for a in args], scope)
            case Kind.IMPLIES if not positive:
                return self._both([(args[0], True), (args[1], False)], scope)
            case Kind.AND | Kind.OR if is_relational(expr):
                return [p for a in args for p in self._parts(a, scope, positive)]
            case Kind.IMPLIES if is_relational(expr):
                one = self._parts(args[0], scope, False)
                return one + self._parts(args[1], scope, True)
            case _:
                return [[Part(expr, scope, positive)]]

    def _both(self, conjuncts: list[tuple[Expr, bool]], scope: Scope) -> list[list[Part]]:
        sides = [self._parts(expr, scope, positive) for expr, positive in conjuncts]
        count = 1
        for side in sides:
            count *= len(side)
        if count > MOST_GOALS:
            sides = [
                side if len(side) == 1 else [[Part(expr, scope, positive)]]
                for side, (expr, positive) in zip(sides, conjuncts, strict=True)
            ]
        return [[part for side in choice for part in side] for choice in product(*sides)]

    # ------------------------------------------------------------ plans

    def plan(
        self, goal: Goal, bound: frozenset[int], last: Search, given: Part | None = None
    ) -> Search:
        """Return the search that satisfies `goal`, then asks `last`.

        `bound` are the slots that have values already. With `given`, an atom of the goal, the
        search starts from the tuple `f.row`.
        """
        makers: list[Callable[[Search], Search]] = []
        waiting = list(goal.parts)
        known = set(bound)
        if given is not None:
            waiting.remove(given)
            while (slot := self._hindrance(given, known)) is not None:
                makers.append(self._enumerate(slot, known))
            makers.append(self._join(given, known, from_row=True))
        needed = _free_slots(goal.parts) - known
        while waiting or needed - known:
            part = _next_part(waiting, known)
            if part is None:
                makers.append(self._enumerate(min(needed - known, key=self._size), known))
                continue
            waiting.remove(part)
            if free_slots(part.expr, part.scope) <= known:
                makers.append(self._test(part))
            elif part.is_atom:
                makers.append(self._join(part, known))
            elif part.expr.kind is Kind.EQ:
                makers.append(self._equate(part, known))
            else:
                makers.append(self._elements(part, known))
        search = last
        for make in reversed(makers):
            search = make(search)
        return search

    def _hindrance(self, atom: Part, known: set[int]) -> int | None:
        """Return a variable without whose value `atom` cannot be matched with a tuple, if any."""
        args, scope = atom.expr.args, atom.scope
        if _match_order(args, scope, frozenset(known)) is not None:
            return None
        return min(free_slots(atom.expr, scope) - known, key=self._size)

    def _size(self, slot: int) -> tuple[bool, bool, int]:
        """Return what variables are ordered by that have to run through their domain."""
        _, sort = self.slots[slot]
        return is_open(sort), sort != NODE, slot

    def _test(self, part: Part) -> Callable[[Search], Search]:
        test = self.compile(part.expr, part.scope)
        if part.positive:
            return lambda rest: lambda f: test(f) and rest(f)
        return lambda rest: lambda f: not test(f) and rest(f)

    def _enumerate(self, slot: int, known: set[int]) -> Callable[[Search], Search]:
        _, sort = self.slots[slot]
        known.add(slot)
        self.enumerated.add(slot)

        def make(rest: Search) -> Search:
            def search(f: Frame) -> bool:
                assert f.state is not None
                for value in f.state.domain(sort):
                    f.bound[slot] = value
                    if rest(f):
                        return True
                return False

            return search

        return make

    def _equate(self, part: Part, known: set[int]) -> Callable[[Search], Search]:
        left, right = part.expr.args
        if not free_slots(left, part.scope) <= known:
            left, right = right, left
        value = self.compile(left, part.scope)
        matches = self._matcher(right, part.scope, known)

        def make(rest: Search) -> Search:
            return lambda f: matches(f, value(f)) and rest(f)

        return make

    def _elements(self, part: Part, known: set[int]) -> Callable[[Search], Search]:
        whole, item = part.expr.args
        elements = self.compile(whole, part.scope)
        matches = self._matcher(item, part.scope, known)

        def make(rest: Search) -> Search:
            def search(f: Frame) -> bool:
                return any(matches(f, element) and rest(f) for element in elements(f))

            return search

        return make

    def _join(
        self, part: Part, known: set[int], from_row: bool = False
    ) -> Callable[[Search], Search]:
        """Bind an atom's variables by the tuples there are: indexed, assigned, then matched."""
        args, scope = part.expr.args, part.scope
        at_start = frozenset(known)
        indexed = [i for i, a in enumerate(args) if free_slots(a, scope) <= at_start]
        columns = tuple(indexed)
        key = [self.compile(args[i], scope) for i in indexed]
        assigned: list[tuple[int, int]] = []
        nodes: list[int] = []  # of the columns assigned: those that are to name a process
        matched: list[tuple[int, Callable[[Frame, Value], bool]]] = []
        order = _match_order(args, scope, at_start)
        assert order is not None, "the plan comes to an atom once it can be matched"
        for i in order:
            if i in indexed:
                continue
            if args[i].kind is Kind.BOUND and scope[args[i].data] not in known:
                slot = scope[args[i].data]
                assigned.append((i, slot))
                known.add(slot)
                if self.slots[slot][1] == NODE:
                    nodes.append(i)
            else:
                matched.append((i, self._matcher(args[i], scope, known)))
        relation = _relation(part.expr)

        def rows_of(f: Frame) -> Iterable[Row]:
            if from_row:
                same = all(f.row[i] == k(f) for i, k in zip(columns, key, strict=True))
                return (f.row,) if same else ()
            if not columns:
                return relation(f).rows
            return relation(f).having(columns, tuple([k(f) for k in key]))

        def make(rest: Search) -> Search:
            def search(f: Frame) -> bool:
                bound = f.bound
                assert f.state is not None
                processes = f.state.nodes
                for row in rows_of(f):
                    for i, slot in assigned:
                        bound[slot] = row[i]
                    for i in nodes:
                        if row[i] not in processes:
                            break  # a name that no process has: no quantifier speaks of it
                    else:
                        for i, matches in matched:
                            if not matches(f, row[i]):
                                break
                        else:
                            if rest(f):
                                return True
                return False

            return search

        return make

    def _matcher(
        self, pattern: Expr, scope: Scope, known: set[int]
    ) -> Callable[[Frame, Value], bool]:
        """Return what compares a value with a pattern and binds the pattern's variables."""
        if free_slots(pattern, scope) <= known:
            value_of = self.compile(pattern, scope)
            return lambda f, value: bool(value_of(f) == value)
        match pattern.kind:
            case Kind.BOUND:
                return self._binder(scope[pattern.data], known)
            case Kind.SOME:
                inner = self._matcher(pattern.args[0], scope, known)
                return lambda f, value: value is not None and inner(f, value)
        assert pattern.kind is Kind.STRUCT
        order = _match_order(pattern.args, scope, frozenset(known))
        assert order is not None, "the plan comes to a pattern once it can be matched"
        parts = [(i, self._matcher(pattern.args[i], scope, known)) for i in order]

        def all_match(f: Frame, value: Value) -> bool:
            return all(matches(f, value[i]) for i, matches in parts)

        return all_match

    def _binder(self, slot: int, known: set[int]) -> Callable[[Frame, Value], bool]:
        known.add(slot)
        if self.slots[slot][1] == NODE:

            def bind_node(f: Frame, value: Value) -> bool:
                # the owner of the least term is nobody, and no quantifier speaks of nobody
                f.bound[slot] = value
                assert f.state is not None
                return value in f.state.nodes

            return bind_node

        def bind(f: Frame, value: Value) -> bool:
            f.bound[slot] = value
            return True

        return bind


class Enumeration:
    """The tuples `args` for all values of `bound` variables that satisfy `where`."""

    def __init__(
        self, args: tuple[Expr, ...], bound: tuple[tuple[str, Sort], ...], where: Expr | None
    ) -> None:
        self._compiler = FormulaCompiler()
        scope = self._compiler.bind(bound, {})
        self._args = [self._compiler.compile(a, scope) for a in args]
        self._searches: list[Search] = []
        self._found: list[Row] = []
        self._plain = where is None
        if where is not None:
            self._searches = [
                self._compiler.plan(
                    Goal([*goal.parts], dict(self._compiler.slots)), frozenset(), self._collect
                )
                for goal in self._compiler.goals(where, scope, True)
            ]

    def rows(self, f: Frame) -> list[Row]:
        """Return the tuples, each once."""
        if self._plain:
            return [tuple([a(f) for a in self._args])]
        self._compiler.frame(f)
        self._found = []
        for search in self._searches:
            search(f)
        return list(dict.fromkeys(self._found))

    def _collect(self, f: Frame) -> bool:
        self._found.append(tuple([a(f) for a in self._args]))
        return False


# ---------------------------------------------------------------- reading formulas


def is_relational(expr: Expr) -> bool:
    """Tell whether a relation or a quantifier occurs in `expr`."""
    return expr.kind in RELATIONAL or any(is_relational(a) for a in expr.args)


def free_slots(expr: Expr, scope: Scope) -> set[int]:
    """Return the slots of the variables of `scope` that `expr` mentions."""
    if expr.kind is Kind.BOUND:
        return {scope[expr.data]} if expr.data in scope else set()
    if expr.kind in (Kind.FORALL, Kind.EXISTS):
        hidden = {name for name, _ in expr.data}
        scope = {name: slot for name, slot in scope.items() if name not in hidden}
    found: set[int] = set()
    for a in expr.args:
        found |= free_slots(a, scope)
    return found


def _free_slots(parts: list[Part]) -> set[int]:
    found: set[int] = set()
    for part in parts:
        found |= free_slots(part.expr, part.scope)
    return found


def _match_order(patterns: Iterable[Expr], scope: Scope, known: frozenset[int]) -> list[int] | None:
    """Return an order in which all `patterns` can be matched, plain variables first, or None.

    A pattern can be matched once what it is computed from is bound, be it by another pattern.
    """
    waiting = dict(enumerate(patterns))
    order: list[int] = []
    able = set(known)
    while waiting:
        ready = [i for i, p in waiting.items() if _can_match(p, scope, able)]
        if not ready:
            return None
        at = min(ready, key=lambda i: (waiting[i].kind is not Kind.BOUND, i))
        able |= free_slots(waiting.pop(at), scope)
        order.append(at)
    return order


def _can_match(pattern: Expr, scope: Scope, known: set[int]) -> bool:
    """Tell whether a value can be matched with `pattern`, given the slots known."""
    if free_slots(pattern, scope) <= known or pattern.kind is Kind.BOUND:
        return True
    if pattern.kind not in (Kind.STRUCT, Kind.SOME):
        return False
    return _match_order(pattern.args, scope, frozenset(known)) is not None


def _next_part(waiting: list[Part], known: set[int]) -> Part | None:
    """Return the part to go on with: one that tests, else the one that binds most cheaply."""
    best: tuple[tuple[int, int], Part] | None = None
    for part in waiting:
        cost = _cost(part, known)
        if cost is not None and (best is None or cost < best[0]):
            best = (cost, part)
    return best[1] if best is not None else None


def _cost(part: Part, known: set[int]) -> tuple[int, int] | None:
    """Return how early a part comes, or None where it can neither test nor bind yet."""
    expr, scope = part.expr, part.scope
    free = free_slots(expr, scope)
    if free <= known:
        return (0 if not is_relational(expr) else 1, 0)
    if not part.positive or expr.kind not in (Kind.EQ, Kind.HAS, Kind.SENT, Kind.GHOST):
        return None
    args = expr.args
    if expr.kind in (Kind.SENT, Kind.GHOST):
        if _match_order(args, scope, frozenset(known)) is None:
            return None
        indexed = sum(free_slots(a, scope) <= known for a in args)
        return (3 if indexed else 4, -indexed)
    sides = [(args[0], args[1])]  # HAS: elements of the first match the second
    if expr.kind is Kind.EQ:
        sides.append((args[1], args[0]))
    for one, other in sides:
        if free_slots(one, scope) <= known and _can_match(other, scope, known):
            return (1, 1) if expr.kind is Kind.EQ else (2, 0)
    return None


def _relation(expr: Expr) -> Callable[[Frame], Relation]:
    name = expr.data
    if expr.kind is Kind.SENT:

        def sent(f: Frame) -> Relation:
            assert f.state is not None
            return f.state.sent[name]

        return sent

    def ghost(f: Frame) -> Relation:
        assert f.state is not None
        return f.state.ghosts[name]

    return ghost


def is_open(sort: Sort) -> bool:
    """Tell whether more values of `sort` can come to occur in the course of a run."""
    match sort:
        case StructSort():
            return any(is_open(inner) for _, inner in sort.parts)
        case MaybeSort():
            return is_open(sort.of)
        case SetSort() | OrderSort():
            return True
        case _:
            return isinstance(sort, AtomSort) and sort != NODE
