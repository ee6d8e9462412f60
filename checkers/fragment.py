"""Whether formulas lie in a decidable fragment, told from their quantifier alternations.

Belongs here: the graph of some Z3 formulas, and its cycle. Never here: which formulas an obligation
has (`induction`), or what is said of a whole spec (`alternation`).

The formulas are asserted together. An existential quantifier is thought of as a Skolem function of
the variables around it. A *made* term is one that mentions a universally quantified variable. The
graph has an edge s -> t where a variable of sort s occurs in a made term of sort t: each value of s
then makes one of t. Without a cycle, the ground terms and all that is made of them are finitely
many, and the instances over these decide the question: a model of the instances, cut down to these
terms, is a model of the formulas, since they never speak of anything else.

This is the quantifier-alternation graph of Padon, Losa, Sagiv and Shoham ("Paxos Made EPR:
Decidable Reasoning about Distributed Protocols", OOPSLA 2017, section 3), drawn for the terms that
occur: there each function of the vocabulary has an edge; here one that is applied to nothing but
ground terms has none, since it makes finitely many values. That instances over such terms are
enough is the argument of Ge and de Moura ("Complete Instantiation for Quantified Formulas in
Satisfiability Modulo Theories", CAV 2009, section 3). Their finer sets, one for each place of an
argument, would not help here, since an equality between variables merges those of one sort.

Sorts with finitely many values are not in the graph. Sorts that the solver interprets otherwise
(integers, arrays, datatypes with fields) have an edge to themselves: nothing is claimed of them.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import z3


class Edge(NamedTuple):
    """Each value of sort `source` makes one of sort `target`, by the symbol `by`."""

    source: str
    target: str
    by: str


INTERPRETED = "interpreted"
"""The symbol of the edge that an interpreted sort has to itself."""


class Made(NamedTuple):
    """A made term: the free variables that it mentions, its sort, and its outermost symbol."""

    mentions: frozenset[int]
    sort: str
    by: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What a part of a formula has to do with the variables bound around it.

    `free`: their indices (de Bruijn); `made`: the made terms in it that mention them; `edges`:
    those from variables bound inside.
    """

    free: frozenset[int]
    made: frozenset[Made]
    edges: frozenset[Edge]


class Kind(enum.Enum):
    """What a sort means to the fragment."""

    FREE = "uninterpreted"
    FINITE = "finite"
    INTERPRETED = "interpreted"


NONE: frozenset[Any] = frozenset()
GROUND = Shape(NONE, NONE, NONE)
POSITIVE, NEGATIVE, BOTH = 0, 1, 2
OPPOSITE = (NEGATIVE, POSITIVE, BOTH)


class Graphs:
    """The edges of formulas. Parts seen before are not looked at again.

    What it was given is kept as long as what is known of it: a part is known by its address.
    """

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._context = z3.main_ctx().ref()
        self._sorts: dict[int, tuple[str, Kind]] = {}
        self._symbols: dict[int, tuple[int, str, str, Kind]] = {}
        self._named: list[z3.AstRef] = []
        self.forget()

    def forget(self) -> None:
        """Forget the formulas, and keep what is known of sorts and symbols."""
        self._given: list[z3.BoolRef] = []
        self._parts: dict[tuple[int, int], Shape] = {}

    def of(self, formula: z3.BoolRef, *, negated: bool = False) -> frozenset[Edge]:
        """Return the edges of a closed formula that is asserted, or whose negation is."""
        polarity = NEGATIVE if negated else POSITIVE
        if (formula.as_ast().value, polarity) not in self._parts:
            self._given.append(formula)
        return self._shape(formula.as_ast(), polarity).edges

    # ------------------------------------------------------------ parts

    def _shape(self, root: Any, polarity: int) -> Shape:
        """Return the shape of a formula; without recursion, since a formula may be deep."""
        parts = self._parts
        todo: list[tuple[Any, int, list[tuple[Any, int]] | None]] = [(root, polarity, None)]
        while todo:
            ast, sign, below = todo.pop()
            if (ast.value, sign) in parts:
                continue
            if below is None:
                below = self._below(ast, sign)
            missing = [(a, p, None) for a, p in below if (a.value, p) not in parts]
            if missing:
                todo.append((ast, sign, below))
                todo += missing
            else:
                shapes = [parts[a.value, p] for a, p in below]
                parts[ast.value, sign] = self._combined(ast, sign, shapes)
        return parts[root.value, polarity]

    def _below(self, ast: Any, polarity: int) -> list[tuple[Any, int]]:
        """Return the parts that the shape of a part is made of, each with its polarity."""
        ctx = self._context
        kind = z3.Z3_get_ast_kind(ctx, ast)
        if kind == z3.Z3_APP_AST:
            count = z3.Z3_get_app_num_args(ctx, ast)
            if not count:
                return []
            signs = _polarities(self._symbol(z3.Z3_get_app_decl(ctx, ast))[0], count, polarity)
            return [(z3.Z3_get_app_arg(ctx, ast, i), sign) for i, sign in enumerate(signs)]
        if kind == z3.Z3_QUANTIFIER_AST:
            if polarity == BOTH and not z3.Z3_is_lambda(ctx, ast):
                return [(ast, POSITIVE), (ast, NEGATIVE)]
            return [(z3.Z3_get_quantifier_body(ctx, ast), polarity)]
        return []

    def _combined(self, ast: Any, polarity: int, below: list[Shape]) -> Shape:
        ctx = self._context
        kind = z3.Z3_get_ast_kind(ctx, ast)
        if kind == z3.Z3_APP_AST:
            return self._application(ast, below)
        if kind == z3.Z3_QUANTIFIER_AST:
            if len(below) == 2:
                one, other = below
                return Shape(one.free | other.free, one.made | other.made, one.edges | other.edges)
            return self._quantifier(ast, polarity, below[0])
        if kind == z3.Z3_VAR_AST:
            return Shape(frozenset({z3.Z3_get_index_value(ctx, ast)}), NONE, NONE)
        return Shape(NONE, NONE, _no_claim(*self._sort(z3.Z3_get_sort(ctx, ast))))  # a numeral

    def _application(self, ast: Any, below: list[Shape]) -> Shape:
        kind, symbol, name, sort = self._symbol(z3.Z3_get_app_decl(self._context, ast))
        edges = _no_claim(name, sort).union(*(b.edges for b in below))
        free = NONE.union(*(b.free for b in below))
        if not free:
            return Shape(NONE, NONE, edges) if edges else GROUND
        made = NONE.union(*(b.made for b in below))
        if sort is not Kind.FINITE and kind != z3.Z3_OP_ITE:  # an `if` is one of its branches
            made |= {Made(free, name, symbol)}
        return Shape(free, made, edges)

    def _quantifier(self, ast: Any, polarity: int, body: Shape) -> Shape:
        ctx = self._context
        count = z3.Z3_get_quantifier_num_bound(ctx, ast)
        bound = {
            i: self._sort(z3.Z3_get_quantifier_bound_sort(ctx, ast, count - 1 - i))
            for i in body.free
            if i < count
        }
        free = frozenset(i - count for i in body.free if i >= count)
        edges = body.edges.union(*(_no_claim(name, sort) for name, sort in bound.values()))
        if z3.Z3_is_lambda(ctx, ast):
            array = _no_claim(*self._sort(z3.Z3_get_sort(ctx, ast)))
            return Shape(free, NONE, edges | array)
        made: set[Made] = set()
        if bool(z3.Z3_is_quantifier_forall(ctx, ast)) == (polarity == POSITIVE):
            edges |= {
                Edge(bound[i][0], term.sort, term.by)
                for term in body.made
                for i in term.mentions
                if i < count and bound[i][1] is not Kind.FINITE
            }
            around = NONE
        else:  # each bound variable is a function of those that are free here
            made = {
                Made(free, name, f"some {name}")
                for name, sort in bound.values()
                if sort is not Kind.FINITE
            }
            around = free
        for term in body.made:
            outside = frozenset(i - count for i in term.mentions if i >= count)
            if len(outside) < len(term.mentions):
                outside |= around
            made.add(term._replace(mentions=outside))
        return Shape(free, frozenset(m for m in made if m.mentions), edges)

    # ------------------------------------------------------------ symbols and sorts

    def _symbol(self, decl: Any) -> tuple[int, str, str, Kind]:
        """Return a symbol's kind and name, and the name and kind of the sort of what it makes."""
        ctx = self._context
        key = decl.value
        if key not in self._symbols:
            kept = z3.FuncDeclRef(decl, z3.main_ctx())
            self._named.append(kept)
            name, sort = self._sort(z3.Z3_get_range(ctx, decl))
            if kept.kind() in _THEORIES:
                name, sort = kept.name(), Kind.INTERPRETED
            self._symbols[key] = (kept.kind(), kept.name(), name, sort)
        return self._symbols[key]

    def _sort(self, sort: Any) -> tuple[str, Kind]:
        key = sort.value
        if key not in self._sorts:
            kept = z3.SortRef(sort, z3.main_ctx())
            self._named.append(kept)
            self._sorts[key] = (kept.name(), _kind(sort, kept))
        return self._sorts[key]


_FINITE = frozenset(
    {
        *(z3.Z3_BOOL_SORT, z3.Z3_BV_SORT, z3.Z3_FINITE_DOMAIN_SORT),
        *(z3.Z3_FLOATING_POINT_SORT, z3.Z3_ROUNDING_MODE_SORT),
    }
)
_THEORIES = frozenset(
    {
        *(z3.Z3_OP_SPECIAL_RELATION_LO, z3.Z3_OP_SPECIAL_RELATION_PO),
        *(z3.Z3_OP_SPECIAL_RELATION_PLO, z3.Z3_OP_SPECIAL_RELATION_TO),
        *(z3.Z3_OP_SPECIAL_RELATION_TC, z3.Z3_OP_SPECIAL_RELATION_TRC, z3.Z3_OP_RECURSIVE),
    }
)
"""Symbols with a meaning of their own, whatever sorts they are of."""


def _kind(sort: Any, kept: z3.SortRef) -> Kind:
    if kept.kind() in _FINITE:
        return Kind.FINITE
    if kept.kind() == z3.Z3_UNINTERPRETED_SORT:
        return Kind.FREE
    if kept.kind() == z3.Z3_DATATYPE_SORT:
        names = z3.DatatypeSortRef(sort, z3.main_ctx())
        constructors = [names.constructor(i) for i in range(names.num_constructors())]
        if all(c.arity() == 0 for c in constructors):
            return Kind.FINITE
    return Kind.INTERPRETED


def _no_claim(name: str, sort: Kind) -> frozenset[Edge]:
    return frozenset({Edge(name, name, INTERPRETED)}) if sort is Kind.INTERPRETED else NONE


def _polarities(kind: int, count: int, polarity: int) -> tuple[int, ...]:
    """Return in which polarity the arguments of a symbol stand, where it stands in `polarity`."""
    if kind in (z3.Z3_OP_AND, z3.Z3_OP_OR):
        return (polarity,) * count
    if kind == z3.Z3_OP_NOT:
        return (OPPOSITE[polarity],)
    if kind == z3.Z3_OP_IMPLIES:
        return (OPPOSITE[polarity], polarity)
    if kind == z3.Z3_OP_ITE:
        return (BOTH, polarity, polarity)
    return (BOTH,) * count  # terms, and truth values compared or given to a relation


# ---------------------------------------------------------------- the graph of several formulas


@dataclass(frozen=True, slots=True)
class Reason:
    """An edge, and the formula that has it."""

    edge: Edge
    formula: str

    def __str__(self) -> str:
        """Return it as reports print it."""
        return f"{self.edge.source} -> {self.edge.target} ({self.edge.by}, in {self.formula})"


Graph = dict[tuple[str, str], Reason]
"""For each edge the first reason for it."""


def union(parts: Iterable[tuple[str, frozenset[Edge]]]) -> Graph:
    """Return the graph of formulas that are asserted together, each with its name."""
    graph: Graph = {}
    for name, edges in parts:
        for edge in sorted(edges):
            graph.setdefault((edge.source, edge.target), Reason(edge, name))
    return graph


def cycle(graph: Mapping[tuple[str, str], Reason]) -> tuple[Reason, ...]:
    """Return a shortest cycle, or nothing: then the formulas are in the fragment."""
    after: dict[str, list[str]] = {}
    for source, target in sorted(graph):
        after.setdefault(source, []).append(target)
    shortest: tuple[Reason, ...] = ()
    for start in after:
        path = _back_to(start, after)
        if path and (not shortest or len(path) < len(shortest)):
            shortest = tuple(graph[pair] for pair in path)
    return shortest


def _back_to(start: str, after: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """Return the edges of a shortest way from a sort back to itself, or nothing."""
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        sort = waiting.popleft()
        for target in after.get(sort, ()):
            if target in came_from:
                continue
            came_from[target] = sort
            if target == start:
                path = [(sort, start)]
                while path[0][0] != start:
                    path.insert(0, (came_from[path[0][0]], path[0][0]))
                return path
            waiting.append(target)
    return []
