"""Expressions on columns mean what the evaluator says, for random expressions and random states.

Stands for: "The same expression tree is compiled to array kernels", and "the same kernels run there
(through an array library with the same interface)": by NumPy, and by a library that has nothing but
the array API standard and keeps its arrays on a device (`on_device`). Quantifiers are compared with
trying every value within the bounds (`plainly`, deliberately dumb).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest

from model.arrays import Codes, Columns, Kernels, TooLarge
from model.arrays.library import host, there
from model.bounds import Bounds
from model.evaluate import GlobalState
from model.evaluate.terms import Frame, TermCompiler
from model.lang.expr import Expr, Kind
from model.lang.sorts import (
    BOOL,
    NODE,
    AtomSort,
    MapSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
)
from tests.evaluate_toy import Count, Key, Keys, Level, MaybeNode, Mode, Nodes, Notes, Place, Term
from tests.on_device import away
from tests.test_evaluate_search import CONFIG, EVALUATOR, Draw

BOUNDS = Bounds(("a", "b"), {"Key": ("k", "l")}, {"Term": 1, "Count": 1})
CODES = Codes(BOUNDS, spare=2, nobody=True)
SPEC = EVALUATOR.spec
GIVEN = {n: (d.sort, CONFIG[n]) for n, d in SPEC.config.parts.items()}
KERNELS = {xp: Kernels(CODES, GIVEN, xp) for xp in (np, away)}


# ---------------------------------------------------------------- codes


@pytest.mark.parametrize(
    "sort",
    [BOOL, NODE, *(d.sort for d in (Key, Term, Count, Level, Place, Nodes, Keys, MaybeNode, Mode))],
    ids=str,
)
def test_every_value_has_a_code_of_its_own(sort: Sort) -> None:
    values = BOUNDS.values(sort)
    codes = [CODES.encode(sort, v) for v in values]
    assert len(set(codes)) == len(values)
    assert [CODES.decode(sort, c) for c in codes] == list(values)
    assert max(codes) < CODES.size(sort)
    every = np.arange(CODES.size(sort))
    inside = np.broadcast_to(CODES.inside(sort, every), every.shape)
    assert np.flatnonzero(inside).tolist() == sorted(codes)


@pytest.mark.parametrize("sort", [Term.sort, Count.sort, Place.sort], ids=str)
def test_codes_compare_as_values_do(sort: Sort) -> None:
    for a, b in product(BOUNDS.values(sort), repeat=2):
        assert (CODES.encode(sort, a) < CODES.encode(sort, b)) == (a < b)


def test_maps_have_codes() -> None:
    sort = Notes.sort
    for value in (frozenset(), frozenset({("k", "a")}), frozenset({("k", "b"), ("l", "a")})):
        assert CODES.decode(sort, CODES.encode(sort, value)) == value


def test_what_cannot_be_numbered_is_refused() -> None:
    wide = Bounds(("a", "b"), {"Key": tuple(f"k{i}" for i in range(70))}, {"Term": 1, "Count": 1})
    with pytest.raises(TooLarge, match="needs 71 bits"):
        Codes(wide).size(Keys.sort)


# ---------------------------------------------------------------- formulas


BLOCKS = pytest.mark.parametrize(
    ("block", "xp"),
    [*((n, np) for n in range(4)), (4, away)],
    ids=[*(f"numpy-{n}" for n in range(4)), "the standard alone"],
)


class Enclosed(TermCompiler):
    """Terms with quantified variables taken from the frame's fields, by name."""

    def compile(self, expr: Expr, scope: Mapping[str, int]) -> Any:
        if expr.kind is Kind.BOUND:
            return lambda f: f.fields[expr.data]
        return super().compile(expr, scope)

    def compile_global(self, expr: Expr, scope: Mapping[str, int]) -> Any:
        return lambda f: plainly(expr, f.state, f.fields)


def plainly(expr: Expr, state: GlobalState, values: Mapping[str, Any]) -> Any:
    """Evaluate by trying every value within the bounds of every quantified variable."""
    if expr.kind in (Kind.FORALL, Kind.EXISTS):
        names = [name for name, _ in expr.data]
        every = product(*(BOUNDS.values(sort) for _, sort in expr.data))
        truths = (
            plainly(expr.args[0], state, {**values, **dict(zip(names, v, strict=True))})
            for v in every
        )
        return all(truths) if expr.kind is Kind.FORALL else any(truths)
    if expr.kind in (Kind.SENT, Kind.GHOST):
        row = tuple(plainly(a, state, values) for a in expr.args)
        return row in (state.sent if expr.kind is Kind.SENT else state.ghosts)[expr.data].rows
    return Enclosed().compile(expr, {})(Frame(state.config, fields=values, state=state))


def columns_of(states: list[GlobalState], hints: bool, xp: Any) -> Columns:
    """Return states as columns; with `hints`, quantifiers look only at tuples that there are."""
    names = BOUNDS.nodes
    sorts = EVALUATOR.schema.variables
    relations: dict[tuple[bool, str], Any] = {}
    for is_sent, told in (
        (True, EVALUATOR.schema.messages),
        (False, EVALUATOR.schema.ghosts),
    ):
        for name, columns in told.items():
            relations[is_sent, name] = [
                {
                    tuple(CODES.encode(s, v) for s, v in zip(columns, row, strict=True))
                    for row in (state.sent if is_sent else state.ghosts)[name].rows
                }
                for state in states
            ]

    def variable(name: str, node: Any) -> Any:
        node = np.broadcast_to(np.asarray(host(node)), (len(states),))
        held = [
            # Nobody has no variables: what is said of it is not compared.
            0 if n >= len(names) else CODES.encode(sorts[name], s.nodes[names[n]][name])
            for s, n in zip(states, node.tolist(), strict=True)
        ]
        return there(xp, np.array(held, np.int64))

    def holds(is_sent: bool, name: str, args: list[Any]) -> Any:
        wide = [np.broadcast_to(np.asarray(host(a)), (len(states),)).tolist() for a in args]
        rows = zip(*wide, strict=True)
        found = zip(rows, relations[is_sent, name], strict=True)
        return there(xp, np.array([row in held for row, held in found]))

    def tuples(is_sent: bool, name: str) -> list[tuple[int, ...]]:
        return sorted(set().union(*relations[is_sent, name]))

    return Columns(
        variable=variable,
        sent=lambda name, args: holds(True, name, args),
        ghost=lambda name, args: holds(False, name, args),
        tuples=tuples if hints else None,
    )


@BLOCKS
def test_formulas_on_columns_agree_with_trying_every_value(block: int, xp: Any) -> None:
    telling = 0
    for seed in range(block * 40, block * 40 + 40):
        draw = Draw(seed)
        formula = draw.closed()
        states = [draw.state(4) for _ in range(4)]
        expected = [bool(plainly(formula, s, {})) for s in states]
        kernel = KERNELS[xp].compile(formula)
        for hints in (False, True):
            value = np.broadcast_to(host(kernel(columns_of(states, hints, xp))), (4,))
            assert value.tolist() == expected, (seed, formula)
        telling += len(set(expected)) == 2
    assert telling > 3, "too few of the formulas are true in one state and false in another"


# ---------------------------------------------------------------- terms of one node


class Terms(Draw):
    """Random terms over the variables of one node and the fields of an event."""

    def one(self, sort: Sort, deep: int) -> Expr:
        named = [n for n, s in EVALUATOR.schema.variables.items() if s == sort]
        leaves = [Expr(Kind.VAR, sort, (Expr(Kind.ME, NODE),), n) for n in named]
        leaves += [Expr(Kind.FIELD, sort, (), n) for n, s in FIELDS.items() if s == sort]
        if sort == NODE:
            leaves += [Expr(Kind.ME, NODE), Expr(Kind.SENDER, NODE)]
        if not deep and leaves:
            return self.random.choice(leaves)
        options = [*leaves, *self.made(sort, max(0, deep - 1))]
        return self.random.choice(options)

    def made(self, sort: Sort, deep: int) -> list[Expr]:
        def one(of: Sort) -> Expr:
            return self.one(of, deep)

        found = [Expr(Kind.ITE, sort, (one(BOOL), one(sort), one(sort)))] if deep else []
        match sort:
            case RangeSort():
                found += [Expr(Kind.CONST, sort, (), 1)]
                found += [Expr(Kind.UP, sort, (one(sort),))] if deep else []
            case SetSort():
                found += [Expr(Kind.EMPTY, sort)]
                if deep:
                    found += [
                        Expr(Kind.ADD, sort, (one(sort), one(sort.of))),
                        Expr(Kind.REMOVE, sort, (one(sort), one(sort.of))),
                        Expr(Kind.UNION, sort, (one(sort), one(sort))),
                    ]
            case MapSort() if deep:
                key, to = one(sort.key), one(sort.to)
                found += [Expr(Kind.PUT, sort, (one(sort), key, to))]
            case MaybeSort():
                found += [Expr(Kind.NONE, sort), Expr(Kind.SOME, sort, (one(sort.of),))]
                if deep and sort == MaybeNode.sort:
                    found += [Expr(Kind.AT, sort, (one(Notes.sort), one(Key.sort)))]
            case StructSort() if deep:
                found += [Expr(Kind.STRUCT, sort, tuple(one(p) for _, p in sort.parts))]
            case OrderSort():
                found += [Expr(Kind.CONST, sort, (), "zero")]
                part = next(n for n, s in Place.sort.parts if s == sort)
                found += [Expr(Kind.GET, sort, (one(Place.sort),), part)] if deep else []
                if deep == 1:  # so that not more than one stands within another
                    found += [Expr(Kind.FRESH, sort, (one(sort),))]
            case _ if sort == BOOL:
                found += [Expr(Kind.CONST, BOOL, (), True)]
                if deep:
                    found += self.truths(deep)
        return found

    def truths(self, deep: int) -> list[Expr]:
        def one(of: Sort) -> Expr:
            return self.one(of, deep)

        some = self.pick(NODE, Term.sort, Place.sort, Nodes.sort, MaybeNode.sort, Notes.sort)
        ordered = self.pick(Term.sort, Count.sort, Place.sort, Level.sort)
        nodes = Nodes.sort
        return [
            Expr(Kind.EQ, BOOL, (one(some), one(some))),
            Expr(Kind.LT, BOOL, (one(ordered), one(ordered))),
            Expr(Kind.LE, BOOL, (one(ordered), one(ordered))),
            Expr(Kind.NOT, BOOL, (one(BOOL),)),
            Expr(Kind.AND, BOOL, (one(BOOL), one(BOOL), one(BOOL))),
            Expr(Kind.OR, BOOL, (one(BOOL), one(BOOL))),
            Expr(Kind.IMPLIES, BOOL, (one(BOOL), one(BOOL))),
            Expr(Kind.HAS, BOOL, (one(nodes), one(NODE))),
            Expr(Kind.SUBSET, BOOL, (one(nodes), one(nodes))),
            Expr(Kind.MAJORITY, BOOL, (one(nodes), one(nodes))),
            Expr(Kind.KNOWN, BOOL, (one(MaybeNode.sort),)),
            Expr(Kind.EQ, BOOL, (Expr(Kind.OWNER, NODE, (one(Term.sort),)), one(NODE))),
            Expr(Kind.IS, BOOL, (one(Mode.sort),), frozenset({"IDLE", "BROKEN(LARGE)"})),
        ]

    def plain(self, sort: Sort) -> Any:
        return self.random.choice(VALUES[sort])


FIELDS: dict[str, Sort] = {
    "f_key": Key.sort,
    "f_notes": Notes.sort,
    "f_count": Count.sort,
    "f_bool": BOOL,
}
SORTS = {*EVALUATOR.schema.variables.values(), *FIELDS.values()}
VALUES: dict[Sort, tuple[Any, ...]] = {s: BOUNDS.values(s) for s in SORTS if s != Notes.sort}
VALUES[Notes.sort] = (frozenset(), frozenset({("k", "a")}), frozenset({("k", "b"), ("l", "a")}))


@BLOCKS
def test_terms_on_columns_agree_with_the_evaluator(block: int, xp: Any) -> None:
    """All kinds that a rule may use, on eight local states and events at a time."""
    used: set[Kind] = set()
    for seed in range(block * 150, block * 150 + 150):
        draw = Terms(seed)
        sort = draw.random.choice(sorted(SORTS, key=str))
        term = draw.one(sort, 3)
        used |= kinds_of(term)
        cases = [
            (
                {n: draw.plain(s) for n, s in EVALUATOR.schema.variables.items()},
                {n: draw.plain(s) for n, s in FIELDS.items()},
                draw.pick("a", "b"),
            )
            for _ in range(8)
        ]
        closure = TermCompiler().compile(term, {})
        sorts = EVALUATOR.schema.variables

        def column(sort: Sort, values: list[Any], xp: Any = xp) -> Any:
            return there(xp, np.array([CODES.encode(sort, v) for v in values]))

        columns = Columns(
            me=1,
            sender=column(NODE, [who for _, _, who in cases]),
            local={n: column(s, [c[0][n] for c in cases]) for n, s in sorts.items()},
            fields={n: column(s, [c[1][n] for c in cases]) for n, s in FIELDS.items()},
        )
        made = np.broadcast_to(np.asarray(host(KERNELS[xp].compile(term)(columns))), (8,))
        wanted = [
            CODES.encode(sort, closure(Frame(CONFIG, "b", local, fields, who)))
            for local, fields, who in cases
        ]
        assert made.astype(np.int64).tolist() == wanted, (seed, term)
    assert len(used) > 20


def kinds_of(expr: Expr) -> set[Kind]:
    return {expr.kind}.union(*(kinds_of(a) for a in expr.args))


def test_atoms_have_as_many_values_as_the_bounds_say() -> None:
    assert isinstance(Key.sort, AtomSort)
    assert BOUNDS.names(Key.sort) == ("k", "l")
