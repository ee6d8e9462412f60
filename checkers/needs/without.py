"""One obligation asked again without something: is it still proved, or does a step break it?

Belongs here: the questions and the order in which engines are asked. Never here: which lemma or
clause is left out, and what follows from the answers (`needs`).

An obligation that stays proved does so at once; most others stay undecided for as long as one
likes. So it is tried for a moment in the unbounded reading, then a step that breaks it is looked
for in small scopes of the bounded one, and replayed by the evaluator; only what is left open after
that goes to the whole portfolio of solvers.
"""

from __future__ import annotations

import enum
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import z3

from checkers import counterexamples
from checkers.counterexamples.explain import event_of, state_before
from checkers.counterexamples.smallest import SCOPES, Found, state_of
from checkers.induction import DETERMINISM, INITIAL, Obligation, Prover
from checkers.questions import Question
from checkers.solving import Hypotheses, Limits, Portfolio, Query
from checkers.strengthen.asker import check
from model.evaluate import Evaluator
from model.evaluate.values import EvaluationError
from model.lang import Spec
from model.lang.spec import Statement, drop_clause
from model.smt.bounded import BoundedVocabulary, Scope

Place = tuple[str, str]
"""A property and a transition: an obligation."""

PLAIN, QUICK, SCOPED = 300_000, 2_000_000, 20_000_000
"""How long Z3 may try in its own steps, some three million a second: the guards alone, the whole
obligation (proofs take some 10 ms), and one scope. Counted so, no answer depends on the load."""
MOST_MS = 60_000
"""How long any such try may take in any case."""
NEAR = SCOPES[:3]
FAR = SCOPES[3:]


class How(enum.Enum):
    """What becomes of an obligation without something."""

    PROVED = "PROVED"
    REFUTED = "REFUTED"  # a step breaks it, and the evaluator replays that
    UNKNOWN = "UNKNOWN"  # it is not proved, and no such step was found
    OPEN = "OPEN"  # not all engines were asked yet


@dataclass(frozen=True)
class Left:
    """What is left out: a statement, several, or one clause of a rule (its place in the guard)."""

    names: frozenset[str] = frozenset()
    clause: int | None = None

    def spec(self, spec: Spec, place: Place) -> Spec:
        """Return the spec without it."""
        if self.clause is not None:
            spec = drop_clause(spec, place[1].split(" / ")[0], self.clause)
        if self.names:
            kept = {n: _unnamed(s, self.names) for n, s in spec.statements.items()}
            spec = replace(spec, statements={n: kept[n] for n in kept if n not in self.names})
        return spec


def _unnamed(s: Statement, names: frozenset[str]) -> Statement:
    """Return the statement with a proof that does not name any of these."""
    uses = None if s.prop.uses is None else tuple(n for n in s.prop.uses if n not in names)
    after = tuple(n for n in s.prop.after if n not in names)
    return replace(s, prop=replace(s.prop, uses=uses, after=after))


@dataclass(frozen=True)
class Core:
    """What a proof used: clauses, by their place in the guard, and statements."""

    guards: tuple[int, ...]
    given: tuple[str, ...]


def clause_index(name: str) -> int:
    """Return the place in the guard of a clause, by its name in a core."""
    return int(name.split(":")[0].split()[1])


class Without:
    """Asks obligations of one spec without something, in one process."""

    def __init__(self, spec: Spec, limits: Limits, refute: bool = True) -> None:
        """Prepare; `limits` bound an obligation in the end, `refute`: look for steps at all."""
        self.spec, self.limits, self.refute = spec, limits, refute
        self.asked = 0
        self._unbounded = Prover(spec)
        self._bounded = cache(self._in_scope)
        self._made: dict[tuple[Scope | None, str], dict[Place, Obligation]] = {}

    # ------------------------------------------------------------ asking

    def soon(self, place: Place, left: Left) -> How:
        """Return what can be told quickly: PROVED, REFUTED, or OPEN."""
        if self._quick(self.obligation(place), left):
            return How.PROVED
        return How.REFUTED if self._broken(place, left, NEAR) else How.OPEN

    def late(self, place: Place, left: Left) -> How:
        """Return what all engines together can tell: PROVED, REFUTED or UNKNOWN."""
        query = without(self.obligation(place), left)
        if self._proved(query, patient=False):
            return How.PROVED  # it only needs more than a moment
        if self._broken(place, left, FAR):
            return How.REFUTED
        return How.PROVED if self._proved(query, patient=True) else How.UNKNOWN

    def _proved(self, query: Query, *, patient: bool) -> bool:
        self.asked += 1
        with Portfolio(self.limits, None if patient else ()) as portfolio:
            return bool(portfolio.ask(query).follows)

    def _quick(self, o: Obligation, left: Left) -> bool:
        self.asked += 1
        query = without(o, left)
        plain = z3.SimpleSolver()
        _bound(plain, PLAIN)
        plain.add(*(f for _, f in query.guards), z3.Not(o.goal))
        if check(plain) == z3.unsat:
            return True
        named, definitions = query.given()
        solver = z3.SimpleSolver()
        _bound(solver, QUICK)
        solver.add(*query.background, *(f for _, f in query.guards), *definitions)
        solver.add(*(f for _, f in named), z3.Not(o.goal))
        return bool(check(solver) == z3.unsat)

    def _broken(self, place: Place, left: Left, scopes: tuple[Scope, ...]) -> bool:
        """Tell whether a step breaks it, by the evaluator's word."""
        for scope in scopes if self.refute else ():
            found = self._search(self.obligation(place, scope), left, scope)
            if found is not None:
                spec = left.spec(self.spec, place)
                return counterexamples.explain(spec, found).replayed
        return False

    def _search(self, o: Obligation, left: Left, scope: Scope) -> Found | None:
        self.asked += 1
        query = without(o, left)
        named, definitions = query.given()
        solver = z3.Solver()
        _bound(solver, SCOPED)
        solver.add(*query.background, *(f for _, f in query.guards), *definitions)
        solver.add(*(f for _, f in named), *(f for _, f in o.vocabulary.axioms()))
        solver.add(z3.Not(o.goal))
        if check(solver) != z3.sat:
            return None
        return state_of(self.spec, o, scope, solver.model())

    def follows(self, question: Question, left: Left, patient: bool) -> Core | None:
        """Return what a question's proof uses without something; None where none is found.

        Only a patient one asks more than the cheap ways.
        """
        (o,) = self._unbounded.obligations([question])
        if not isinstance(o, Obligation):
            return None  # the solver has no words for it
        self.asked += 1
        with Portfolio(self.limits, None if patient else ()) as portfolio:
            answer = portfolio.ask(without(o, left))
        if not answer.follows:
            return None
        return Core(tuple(sorted(map(clause_index, answer.guards))), answer.hypotheses)

    def differs(self, question: Question, left: Left, label: str) -> bool:
        """Tell whether a state is found in which the rule answers only without something.

        The state satisfies all that the question is offered, the evaluator agrees to that, and to
        the two answers.
        """
        for scope in NEAR:
            (o,) = self._bounded(scope).obligations([question])
            found = self._search(o, left, scope) if isinstance(o, Obligation) else None
            if found is None:
                continue
            here, there = (Evaluator(s) for s in (self.spec, left.spec(self.spec, ("", label))))
            state, event = state_before(here, found), event_of(self.spec, found)
            given = (self.spec.statements[n] for n in question.offered)
            with suppress(EvaluationError):
                if all(here.holds(state, s) for s in given if s.formula is not None):
                    answers = [e.outcome(state, event).transition == label for e in (here, there)]
                    return answers == [False, True]
        return False

    # ------------------------------------------------------------ obligations

    def obligation(self, place: Place, scope: Scope | None = None) -> Obligation:
        """Return an obligation in the unbounded reading, or in a scope."""
        made = self._made.setdefault((scope, place[1]), {})
        if place not in made:
            if len(self._made) > 40:  # formulas of so many steps are enough to hold
                self._made = {(scope, place[1]): made}
            made[place] = self._make(self._bounded(scope) if scope else self._unbounded, place)
        return made[place]

    def _make(self, prover: Prover, place: Place) -> Obligation:
        name, step = place
        if name == DETERMINISM:
            first, second = (self.spec.by_label[x] for x in step.split(" / "))
            return prover.apart(first, second)
        only = frozenset({name})
        found: Any = (
            prover.of_initial_state(only)
            if step == INITIAL
            else prover.of_transition(self.spec.by_label[step], only)
        )
        for o in found:
            if isinstance(o, Obligation) and o.property == name:
                return o
        raise KeyError(place)

    def _in_scope(self, scope: Scope) -> Prover:
        return Prover(self.spec, lambda spec: BoundedVocabulary(spec, scope))


def _bound(solver: z3.Solver, steps: int) -> None:
    solver.set("rlimit", steps)
    solver.set("timeout", MOST_MS)


def without(o: Obligation, left: Left) -> Query:
    """Return what is asked of the solvers without what is left out."""
    query = o.query()
    guards = tuple(g for i, g in enumerate(query.guards) if i != left.clause)
    given = query.given
    if left.names:
        given = cache(partial(_given, query, left.names))
    return replace(query, guards=guards, given=given, first=query.first - left.names)


def _given(query: Query, names: frozenset[str]) -> Hypotheses:
    named, definitions = query.given()
    return tuple((n, f) for n, f in named if n not in names), definitions
