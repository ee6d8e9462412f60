"""Quantifiers by search mean what quantifiers by enumeration mean (`plainly`, deliberately dumb).

Random formulas over random small states: the search of `model.evaluate.search` must agree with
trying every value of every variable, and the step-by-step `Checker` with looking at everything.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import pytest

from model.evaluate import Checker, Evaluator, GlobalState, Outcome, Packet
from model.evaluate.evaluator import ClosedFormula
from model.evaluate.terms import Frame, TermCompiler
from model.lang.expr import Expr, Kind
from model.lang.rules import Property
from model.lang.sorts import BOOL, NODE, Sort
from model.lang.spec import Statement
from tests.evaluate_toy import (
    Count,
    Key,
    Keys,
    Level,
    MaybeNode,
    Mode,
    Nodes,
    Place,
    Term,
    toy,
)

EVALUATOR = Evaluator(toy())
CONFIG = {"members": frozenset({"a", "b"}), "chief": "a"}
TERM, COUNT, PLACE, KEYS, LEVEL = Term.sort, Count.sort, Place.sort, Keys.sort, Level.sort


# ---------------------------------------------------------------- the dumb reading


class Enclosed(TermCompiler):
    """Terms with quantified variables taken from the frame's fields, by name."""

    def compile(self, expr: Expr, scope: Mapping[str, int]) -> Any:
        if expr.kind is Kind.BOUND:
            return lambda f: f.fields[expr.data]
        return super().compile(expr, scope)

    def compile_global(self, expr: Expr, scope: Mapping[str, int]) -> Any:
        return lambda f: plainly(expr, f.state, f.fields)


def plainly(expr: Expr, state: GlobalState, values: Mapping[str, Any]) -> Any:
    """Evaluate by trying every value of every quantified variable."""
    if expr.kind in (Kind.FORALL, Kind.EXISTS):
        names = [name for name, _ in expr.data]
        domains = [state.domain(sort) for _, sort in expr.data]
        chosen = (dict(zip(names, values_, strict=True)) for values_ in product(*domains))
        truths = (plainly(expr.args[0], state, {**values, **one}) for one in chosen)
        return all(truths) if expr.kind is Kind.FORALL else any(truths)
    if expr.kind in (Kind.SENT, Kind.GHOST):
        row = tuple(plainly(a, state, values) for a in expr.args)
        relations = state.sent if expr.kind is Kind.SENT else state.ghosts
        return row in relations[expr.data].rows
    return Enclosed().compile(expr, {})(Frame(state.config, fields=values, state=state))


# ---------------------------------------------------------------- random states


class Draw:
    """Random values, states, steps and formulas."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names = 0

    def pick(self, *options: Any) -> Any:
        return self.random.choice(options)

    def value(self, sort: Sort) -> Any:
        if sort == NODE:
            return self.pick("a", "b")
        if sort == TERM:
            return self.pick((0, ""), (1, "a"), (1, "b"))
        if sort in (COUNT, LEVEL):
            return self.pick(0, 1)
        if sort == PLACE:
            return (self.value(TERM), self.value(COUNT))
        if sort == KEYS:
            return self.pick(frozenset(), frozenset({"k"}))
        if sort == Nodes.sort:
            return frozenset(self.random.sample(("a", "b"), self.pick(0, 1, 2)))
        if sort == MaybeNode.sort:
            return self.pick(None, "a", "b")
        if sort == BOOL:
            return self.pick(False, True)
        return self.random.choice(sort.leaves)  # type: ignore[attr-defined]

    def row(self, sorts: tuple[Sort, ...]) -> tuple[Any, ...]:
        return tuple(self.value(s) for s in sorts)

    def packet(self) -> Packet:
        name = self.pick("Hello", "Order")
        src, dst, *fields = self.row(EVALUATOR.schema.messages[name])
        return Packet(name, src, dst, tuple(fields))

    def state(self, size: int) -> GlobalState:
        variables = EVALUATOR.schema.variables
        nodes = {n: {v: self.value(s) for v, s in variables.items()} for n in ("a", "b")}
        ghosts = {
            name: [self.row(sorts) for _ in range(self.random.randrange(size))]
            for name, sorts in EVALUATOR.schema.ghosts.items()
        }
        sent = [self.packet() for _ in range(self.random.randrange(size))]
        return EVALUATOR.state(CONFIG, nodes, sent, ghosts)

    def outcome(self) -> Outcome:
        variables = EVALUATOR.schema.variables
        chosen = self.random.sample(list(variables), self.pick(0, 1, 1, 3))
        ghosts = [
            (name, self.row(sorts))
            for name, sorts in EVALUATOR.schema.ghosts.items()
            if self.pick(0, 1)
        ]
        return Outcome(
            "made up",
            "rule",
            self.value(NODE),
            {v: self.value(variables[v]) for v in chosen},
            [self.packet() for _ in range(self.pick(0, 0, 1, 2))],
            None,
            {},
            None,
            ghosts if self.pick(0, 1) else [],
        )

    # ------------------------------------------------------------ random formulas

    def term(self, sort: Sort, env: dict[str, Sort], deep: int = 1) -> Expr:
        options = [Expr(Kind.BOUND, sort, (), name) for name, s in env.items() if s == sort]
        nodes = [Expr(Kind.BOUND, NODE, (), name) for name, s in env.items() if s == NODE]
        named = {TERM: "term", PLACE: "place", KEYS: "keys", LEVEL: "level"}
        if options and self.random.random() < 0.7:
            return self.random.choice(options)
        if sort == NODE:
            owned = Expr(Kind.OWNER, NODE, (self.term(TERM, env, 0),))
            return self.random.choice([*nodes, owned])
        if sort in named and nodes:
            options.append(Expr(Kind.VAR, sort, (self.random.choice(nodes),), named[sort]))
        if sort in (TERM, COUNT):
            options.append(Expr(Kind.CONST, sort, (), "zero"))
            if deep:
                name = "term" if sort == TERM else "count"
                options.append(Expr(Kind.GET, sort, (self.term(PLACE, env, 0),), name))
        if sort == PLACE:
            parts = (self.term(TERM, env, 0), self.term(COUNT, env, 0))
            options.append(Expr(Kind.STRUCT, PLACE, parts))
        if sort == KEYS:
            options.append(Expr(Kind.EMPTY, KEYS))
        if sort == LEVEL:
            options.append(Expr(Kind.CONST, LEVEL, (), 1))
        return self.random.choice(options)

    def atom(self, env: dict[str, Sort]) -> Expr:
        nodes = [Expr(Kind.BOUND, NODE, (), name) for name, s in env.items() if s == NODE]
        node = self.random.choice(nodes) if nodes else None
        match self.pick("sent", "ghost", "eq", "lt", "has", "friend", "mode"):
            case "sent":
                name = self.pick("Hello", "Order")
                sorts = EVALUATOR.schema.messages[name]
                return Expr(Kind.SENT, BOOL, tuple(self.term(s, env) for s in sorts), name)
            case "ghost":
                name = self.pick("seen", "pair")
                sorts = EVALUATOR.schema.ghosts[name]
                return Expr(Kind.GHOST, BOOL, tuple(self.term(s, env) for s in sorts), name)
            case "has" if node is not None:
                peers = Expr(Kind.VAR, Nodes.sort, (node,), self.pick("peers", "heard"))
                return Expr(Kind.HAS, BOOL, (peers, self.term(NODE, env)))
            case "friend" if node is not None:
                friend = Expr(Kind.VAR, MaybeNode.sort, (node,), "friend")
                some = Expr(Kind.SOME, MaybeNode.sort, (self.term(NODE, env),))
                sides = (friend, some) if self.pick(0, 1) else (some, friend)
                return Expr(Kind.EQ, BOOL, sides)
            case "mode" if node is not None:
                mode = Expr(Kind.VAR, Mode.sort, (node,), "mode")
                return Expr(Kind.IS, BOOL, (mode,), frozenset({"IDLE", "BUSY"}))
            case "lt":
                sort = self.pick(TERM, PLACE, COUNT)
                return Expr(Kind.LT, BOOL, (self.term(sort, env), self.term(sort, env)))
            case _:
                sort = self.pick(NODE, TERM, PLACE, KEYS, LEVEL) if env else TERM
                return Expr(Kind.EQ, BOOL, (self.term(sort, env), self.term(sort, env)))

    def formula(self, depth: int, env: dict[str, Sort]) -> Expr:
        if depth == 0:
            return self.atom(env)
        kind = self.pick(
            Kind.NOT, Kind.AND, Kind.AND, Kind.OR, Kind.IMPLIES, Kind.EQ, Kind.FORALL, Kind.EXISTS
        )
        if kind in (Kind.FORALL, Kind.EXISTS):
            return self.quantifier(kind, depth, env, self.pick(1, 1, 2))
        count = {Kind.NOT: 1, Kind.AND: 3}.get(kind, 2)
        args = tuple(self.formula(depth - 1, env) for _ in range(count))
        return Expr(kind, BOOL, args)

    def quantifier(self, kind: Kind, depth: int, env: dict[str, Sort], count: int) -> Expr:
        sorts = [self.pick(NODE, NODE, TERM, PLACE, COUNT, KEYS, LEVEL) for _ in range(count)]
        names = []
        for sort in sorts:  # now and then a name that hides another
            self.names += 1
            names.append((self.pick(f"x{self.names}", f"x{self.names}", "x1"), sort))
        names = list(dict(names).items())
        body = self.formula(depth - 1, {**env, **dict(names)})
        return Expr(kind, BOOL, (body,), tuple(names))

    def of_any_value(self) -> Expr:
        """Return a formula about values that nothing need bind, of sorts that get more of them."""
        outer = (("p", NODE), *((f"v{i}", self.pick(TERM, TERM, COUNT)) for i in range(2)))
        body = self.formula(self.pick(0, 1, 1), dict(outer))
        return Expr(Kind.FORALL, BOOL, (body,), outer)

    def closed(self) -> Expr:
        outer = (("p", NODE), *((f"v{i}", self.pick(NODE, TERM, PLACE)) for i in range(2)))
        body = self.formula(self.pick(1, 2, 3), dict(outer))
        return Expr(self.pick(Kind.FORALL, Kind.FORALL, Kind.EXISTS), BOOL, (body,), outer)


# ---------------------------------------------------------------- agreement


def assert_agrees(seed: int) -> bool:
    draw = Draw(seed)
    formula = draw.closed()
    compiled = ClosedFormula(formula)
    truths = set()
    for _ in range(3):
        state = draw.state(4)
        truth = plainly(formula, state, {})
        truths.add(truth)
        assert (compiled.falsified(state) is None) == truth, (seed, formula)
        assert (compiled.witness(state) is not None) == truth, (seed, formula)
    return len(truths) == 2


@pytest.mark.parametrize("block", range(4))
def test_search_agrees_with_trying_every_value(block: int) -> None:
    telling = sum(assert_agrees(seed) for seed in range(block * 60, block * 60 + 60))
    assert telling > 5, "too few of the formulas are true in one state and false in another"


def test_a_witness_falsifies() -> None:
    """The values that `falsified` returns make the formula false, when put in by hand."""
    told = 0
    for seed in range(400):
        draw = Draw(seed)
        formula = draw.closed()
        if formula.kind is not Kind.FORALL:
            continue
        state = draw.state(4)
        witness = ClosedFormula(formula).falsified(state)
        if witness is None or any(v is None for v in witness.values()):
            continue
        told += 1
        # a variable may be hidden by another of its name; only the outer ones are looked at
        missing = [n for n, _ in formula.data if n not in witness]
        assert not missing
        outer = {n: witness[n] for n, _ in formula.data}
        if not any(name == "x1" for name in witness):
            assert not plainly(formula.args[0], state, outer), (seed, formula)
    assert told > 20


def statement(formula: Expr, name: str) -> Statement:
    return Statement(Property("safety", name, name, lambda: None), formula)


def test_checker_agrees_with_looking_at_everything() -> None:
    """After each step the checker reports just the statements that became false."""
    reported = sum(breaks_in_a_random_run(seed, Draw.closed) for seed in range(60))
    assert reported > 60, "too few of the formulas hold at first and are broken later"


def test_checker_agrees_where_any_value_may_break_it() -> None:
    reported = sum(breaks_in_a_random_run(seed, Draw.of_any_value) for seed in range(90))
    assert reported > 60, "too few of the formulas hold at first and are broken later"


def breaks_in_a_random_run(seed: int, formula: Callable[[Draw], Expr]) -> int:
    draw = Draw(seed)
    evaluator = Evaluator(EVALUATOR.spec)
    statements = [statement(formula(draw), f"f{seed}.{i}") for i in range(12)]
    state = draw.state(2)
    checker = Checker(evaluator, [s for s in statements if evaluator.holds(state, s)])
    assert not checker.start(state)
    reported = 0
    for _ in range(12):
        unbroken = [s for s in checker.closed if s.name not in checker.broken]
        found = checker.apply(state, draw.outcome())
        false = {s.name for s in unbroken if not evaluator.holds(state, s)}
        assert {v.statement.name for v in found} == false, (seed, false)
        reported += len(found)
    return reported


def test_a_value_that_was_never_seen_breaks_what_is_said_of_all_values() -> None:
    """No tuple and no variable is spoken of: only that such a term is there now."""
    zero, u, w = (Expr(Kind.CONST, TERM, (), "zero"), *(bound(n, TERM) for n in "uw"))
    first = Expr(Kind.NOT, BOOL, (Expr(Kind.LT, BOOL, (zero, u)),))
    second = Expr(Kind.LT, BOOL, (zero, u)), Expr(Kind.LT, BOOL, (u, w))
    none_such = Expr(Kind.NOT, BOOL, (Expr(Kind.AND, BOOL, second),))
    none = Expr(Kind.FORALL, BOOL, (first,), (("u", TERM),))
    at_most_one = Expr(Kind.FORALL, BOOL, (none_such,), (("u", TERM), ("w", TERM)))
    state = EVALUATOR.initial_state(CONFIG, ("a", "b"))
    statements = [statement(none, "none"), statement(at_most_one, "at most one")]
    checker = Checker(EVALUATOR, statements)
    assert not checker.start(state)
    assert not checker.always, "no statement is looked at as a whole"
    one, other = (Packet("Order", "a", "b", (((n, "b"), 5), frozenset())) for n in (1, 2))
    assert [v.statement.name for v in checker.apply(state, sending(one))] == ["none"]
    (broken,) = checker.apply(state, sending(other))
    assert broken.statement.name == "at most one"
    assert broken.witness == {"u": (1, "b"), "w": (2, "b")}


def bound(name: str, sort: Sort) -> Expr:
    return Expr(Kind.BOUND, sort, (), name)


def sending(packet: Packet) -> Outcome:
    return Outcome("made up", "rule", "a", {}, [packet], None, {}, None, [])


def test_domain_of_keys_is_what_occurs() -> None:
    """A quantifier ranges over the values that occur, and zero or the empty set."""
    state = EVALUATOR.initial_state(CONFIG, ("a", "b"))
    assert state.domain(TERM) == ((0, ""),)
    assert state.domain(Key.sort) == ()
    assert state.domain(KEYS) == (frozenset(),)
    assert set(state.domain(PLACE)) == {((0, ""), 0)}
    state.send(Packet("Order", "a", "b", (((2, "b"), 5), frozenset({"k"}))))
    state.changed()
    assert set(state.domain(TERM)) == {(0, ""), (2, "b")}
    assert state.domain(Key.sort) == ("k",)
    assert len(state.domain(PLACE)) == 4
