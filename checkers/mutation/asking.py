"""Obligations of a mutant, asked quickly: is one still proved, or does a step break it?

Belongs here: the solvers and the order in which they are asked. Never here: which obligations are
asked (`bearing`), or what follows from the answers (`killers`, `equivalence`).

What is stated of the original is stated of a mutant, so most formulas are translated once for all
of them. A mutant is refuted by a step that the evaluator replays, and by nothing less. What is
neither proved at once nor refuted in a small scope is left open at first: some cheaper check may
notice the fault. Where none does, it is asked in earnest, of larger scopes and of the portfolio of
solvers; what is open even then is told as not proved any more. The tries are bounded in the
solver's own steps, so that the load of a machine changes no answer; only the portfolio, which comes
last, has a clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import z3

from checkers import counterexamples
from checkers.counterexamples.smallest import SCOPES, Found, state_of
from checkers.induction import Obligation, Prover
from checkers.questions import Question
from checkers.solving import Limits, Portfolio
from checkers.strengthen.asker import check
from model.evaluate.values import EvaluationError
from model.lang import Spec
from model.lang.errors import SpecError
from model.smt.bounded import BoundedVocabulary, Scope

PLAIN, QUICK, LONG, SCOPED = 100_000, 400_000, 2_000_000, 6_000_000
"""How long Z3 may try in its own steps, some three million a second: the guards alone, the whole
obligation (proofs take some 30,000), the same where no step breaks it, and one scope."""
HASTE = 2
"""After so many obligations that are left open the cheaper checks are asked first."""
PATIENCE = 3
"""After how many obligations that are left open these are asked in earnest, before any other."""
MOST_MS = 10_000
"""How long any such try may take in any case."""
NEAREST, NEAR, FAR = SCOPES[:2], SCOPES[:3], SCOPES[3:]
"""Scopes to look for a step in: in haste, of every obligation in earnest, of the first one. To
write an obligation out in the third may take a minute, where it speaks of many things at once."""
SECONDS = 6.0
"""How long the portfolio may try what is open."""


@dataclass(frozen=True)
class Broken:
    """An obligation that fails: refuted by a step that is replayed, or not proved any more."""

    property: str
    transition: str
    refuted: bool
    told: str


@dataclass(frozen=True)
class Open:
    """What a short attempt settled neither way: one such obligation, and how many there are.

    `all`: whether all others were asked, too.
    """

    property: str
    transition: str
    count: int
    all: bool

    def __str__(self) -> str:
        """Return it in words."""
        others = self.count - 1
        more = f" and {others} more" if others else ""
        return f"{self.property} at {self.transition}{more}" + ("" if self.all else " at least")


class Provers:
    """The provers of one spec, in the unbounded reading and in scopes, for it and its mutants."""

    def __init__(self, spec: Spec) -> None:
        """Prepare; nothing is translated yet."""
        self.spec = spec
        self._unbounded = cache(lambda: Prover(spec))
        self._bounded = cache(lambda scope: Prover(spec, lambda s: BoundedVocabulary(s, scope)))

    def unbounded(self) -> Prover:
        """Return the prover of the unbounded reading."""
        return self._unbounded()

    def bounded(self, scope: Scope) -> Prover:
        """Return the prover of a scope."""
        return self._bounded(scope)


class Asker:
    """Asks about one mutant; `provers` are the original's, whose formulas it shares if it may."""

    def __init__(self, made: Spec, provers: Provers, *, shares: bool) -> None:
        """Prepare for the spec with the fault."""
        self.spec = made
        self.asked = 0
        self._own = None if shares else Provers(made)
        self._provers = provers
        self._solvers: dict[tuple[int, ...], tuple[object, z3.Solver]] = {}

    def unbounded(self) -> Prover:
        """Return the prover of the mutant in the unbounded reading."""
        if self._own is not None:
            return self._own.unbounded()
        return self._provers.unbounded().of_steps(self.spec)

    def bounded(self, scope: Scope) -> Prover:
        """Return the prover of the mutant in a scope."""
        if self._own is not None:
            return self._own.bounded(scope)
        return self._provers.bounded(scope).of_steps(self.spec)

    # ------------------------------------------------------------ the first that fails

    def hastily(self, questions: Sequence[Question]) -> Broken | Open | None:
        """Return an obligation that a step breaks; else what a short attempt leaves open."""
        left: list[Question] = []
        prover, asked = self.unbounded(), 0
        for some in _portions(questions):
            for q, o in zip(some, prover.obligations(some), strict=True):
                asked += 1
                if not isinstance(o, Obligation):
                    return Broken(q.property, q.transition, False, o.reason)
                if self.proves(o):
                    continue
                told = self.breaks(q, NEAREST)
                if told is not None:
                    return Broken(q.property, q.transition, True, told)
                if not self.proves(o, LONG):
                    left.append(q)
                if len(left) == HASTE:
                    return _open(left, asked == len(questions))
        return _open(left, True)

    def first_broken(self, questions: Sequence[Question]) -> Broken | None:
        """Return the first obligation that a step breaks; else one that is not proved any more."""
        left: list[tuple[Question, Obligation]] = []
        prover = self.unbounded()
        for some in _portions(questions):
            for q, o in zip(some, prover.obligations(some), strict=True):
                if not isinstance(o, Obligation):
                    return Broken(q.property, q.transition, False, o.reason)
                if self.proves(o):
                    continue
                told = self.breaks(q, NEAR)
                if told is not None:
                    return Broken(q.property, q.transition, True, told)
                if self.proves(o, LONG):
                    continue
                left.append((q, o))
                late = self._late(left) if len(left) == PATIENCE else None
                if late is not None:
                    return late
                left = left if len(left) < PATIENCE else []
        return self._late(left)

    def _late(self, left: Sequence[tuple[Question, Obligation]]) -> Broken | None:
        """Return the first of what is left open that a larger step breaks, or no engine proves."""
        for q, _ in left[:1]:
            told = self.breaks(q, FAR)
            if told is not None:
                return Broken(q.property, q.transition, True, told)
        for q, o in left:
            with Portfolio(Limits(SECONDS)) as portfolio:
                if not portfolio.ask(o.query()).follows:
                    return Broken(q.property, q.transition, False, "it is not proved any more")
        return None

    # ------------------------------------------------------------ one obligation

    def proves(self, o: Obligation, steps: int = QUICK) -> bool:
        """Tell whether it is proved in a moment."""
        self.asked += 1
        query = o.query()
        plain = self._solver((id(query.guards),), query.guards)
        if steps == QUICK and self._follows(plain, PLAIN, o.goal):
            return True
        named, definitions = query.given()
        formulas = (*query.background, *definitions)
        key = (id(query.guards), id(query.background), id(named), len(definitions))
        full = self._solver(key, query.guards, formulas, named, keep=(query, named))
        return self._follows(full, steps, o.goal)

    def _solver(
        self,
        key: tuple[int, ...],
        guards: tuple[tuple[str, z3.BoolRef], ...],
        formulas: tuple[z3.BoolRef, ...] = (),
        named: tuple[tuple[str, z3.BoolRef], ...] = (),
        keep: object = None,
    ) -> z3.Solver:
        known = self._solvers.get(key)
        if known is None:
            solver = z3.SimpleSolver()
            solver.set("timeout", MOST_MS)
            solver.add(*(f for _, f in guards), *formulas, *(f for _, f in named))
            known = self._solvers[key] = ((guards, keep), solver)  # holds what its key names
        return known[1]

    @staticmethod
    def _follows(solver: z3.Solver, steps: int, goal: z3.BoolRef) -> bool:
        solver.push()
        try:
            solver.set("rlimit", steps)
            solver.add(z3.Not(goal))
            return bool(check(solver) == z3.unsat)
        finally:
            solver.pop()

    def breaks(self, question: Question, scopes: Sequence[Scope]) -> str | None:
        """Return what a step breaks in a small scope, by the evaluator's word; None for none."""
        for scope in scopes:
            for o in self.bounded(scope).obligations([question]):
                found = self.search(o, scope) if isinstance(o, Obligation) else None
                if found is None:
                    continue
                try:
                    told = counterexamples.explain(self.spec, found)
                except (EvaluationError, SpecError):
                    return None
                return told.broken or "a step breaks it" if told.replayed else None
        return None

    def search(self, o: Obligation, scope: Scope, steps: int = SCOPED) -> Found | None:
        """Return a step of a scope that breaks an obligation, as the solver tells it."""
        self.asked += 1
        query = o.query()
        named, definitions = query.given()
        solver = z3.Solver()
        solver.set("rlimit", steps)
        solver.set("timeout", MOST_MS)
        solver.add(*query.background, *(f for _, f in query.guards), *definitions)
        solver.add(*(f for _, f in named), *(f for _, f in o.vocabulary.axioms()))
        solver.add(z3.Not(o.goal))
        if check(solver) != z3.sat:
            return None
        return state_of(self.spec, o, scope, solver.model())


def _open(left: Sequence[Question], every: bool) -> Open | None:
    return Open(left[0].property, left[0].transition, len(left), every) if left else None


def _portions(questions: Sequence[Question]) -> Iterator[list[Question]]:
    """Yield the questions in portions, all of one about the same transitions.

    What is asked together is translated together; but the first few mostly tell already.
    """
    start, size = 0, 3
    while start < len(questions):
        end = start + 1
        while end < min(start + size, len(questions)) and _alike(questions[end], questions[start]):
            end += 1
        yield list(questions[start:end])
        start, size = end, size * 4


def _alike(one: Question, other: Question) -> bool:
    return [id(t) for t in one.of] == [id(t) for t in other.of] and one.when == other.when
