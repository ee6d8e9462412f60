"""Proof by induction, rule by rule, for any number of nodes.

A property holds in every reachable state if it holds initially and every transition preserves it,
assuming all safety properties and lemmas before the step. Each pair of a transition and a property
is one obligation: *assumptions, guard and hypotheses entail the property after the step*; it is
asked of the solver negated, so `unsat` is a proof. A transition that writes nothing a property
reads preserves it by frame. Step properties speak of the state before and after at once.

Belongs here: obligations and their discharge. Never here: how a failed one is explained
(`counterexample`), or what a whole run adds up to (`verify`).
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from types import MappingProxyType
from typing import Any

import z3

from checkers.questions import (
    ACTORS,
    DETERMINISM,
    INITIAL,
    ROLES,
    STRUCTURAL,
    TOTALITY,
    Question,
    Questions,
    hypotheses,
)
from checkers.solving import Answer, Cause, Hypotheses, Portfolio, Query, cause_of
from checkers.solving.query import Named
from checkers.verdict import Result, Verdict
from model.lang import Spec
from model.lang.expr import Expr
from model.lang.spec import Transition
from model.smt import SystemStep, Translator, UnsupportedExpression, Vocabulary
from model.smt.vocabulary import Value

__all__ = [
    "ACTORS",
    "DETERMINISM",
    "INITIAL",
    "ROLES",
    "STRUCTURAL",
    "TOTALITY",
    "InitialState",
    "Obligation",
    "Prover",
    "hypotheses",
]


@dataclass(frozen=True, slots=True)
class Obligation:
    """One thing to prove: `goal` follows from `assumptions` and the named `hypotheses`.

    `guards` are the transition's clauses by their text; `assumptions` is everything else that is
    given (axioms, the message was received, what fresh values are). `numbered` are the guards as
    cores name them: one object for all obligations of a transition, which then share a solver.
    """

    property: str
    transition: str
    assumptions: tuple[z3.BoolRef, ...]
    guards: tuple[tuple[str, z3.BoolRef], ...]
    given: Callable[[], Hypotheses]
    goal: z3.BoolRef
    vocabulary: Vocabulary
    step: SystemStep | None = None
    numbered: Named | None = None

    def hypotheses(self) -> list[z3.BoolRef]:
        """Return the formulas that may be assumed, translated when first asked for."""
        named, definitions = self.given()
        return [*definitions, *(f for _, f in named)]

    def query(self) -> Query:
        """Return what is asked of the solvers; the property itself is the first to be assumed."""
        return Query(
            self.assumptions,
            self.numbered if self.numbered is not None else numbered(self.guards),
            self.given,
            self.goal,
            frozenset({self.property}),
            self.property,
        )

    def discharge(self, portfolio: Portfolio) -> Result:
        """Ask the solvers; where none decides, the verdict says why, with their reasons."""
        return self.result(portfolio.ask(self.query()))

    def result(self, answer: Answer) -> Result:
        """Return the verdict that an answer of the solvers gives."""
        verdict, reason = Verdict.PROVED, ""
        if answer.follows is False:
            verdict = Verdict.UNKNOWN
            reason = "the step is possible in a state that satisfies every hypothesis"
        elif answer.cause is not None:
            verdict, reason = UNDECIDED[answer.cause], answer.reason
        elif not answer.follows:
            raise ValueError(f"{self.property}, {self.transition}: no answer, and no cause of that")
        return Result(
            self.property,
            self.transition,
            verdict,
            "solver",
            answer.seconds,
            reason,
            uses=answer.hypotheses,
            guards=answer.guards,
            by=answer.by,
        )


def numbered(guards: Named) -> Named:
    """Return guards by names that tell equal clauses apart."""
    return tuple((f"guard {i}: {text}", clause) for i, (text, clause) in enumerate(guards))


UNDECIDED = {
    Cause.TIMEOUT: Verdict.TIMED_OUT,
    Cause.MEMORY: Verdict.OUT_OF_MEMORY,
    Cause.INCOMPLETE: Verdict.UNKNOWN,
}


def gave_up(reason: str) -> Verdict:
    """Return the verdict for a solver's `unknown`, from the reason it gives."""
    return UNDECIDED[cause_of(reason)]


class Prover:
    """Makes the obligations of one spec, in the unbounded reading unless told otherwise."""

    def __init__(self, spec: Spec, vocabulary: Callable[[Spec], Vocabulary] = Vocabulary) -> None:
        """Prepare for `spec`; `vocabulary` makes the symbols of a reading."""
        self.spec = spec
        self.vocabulary = vocabulary(spec)
        self._closed: Translator = self.vocabulary.translator(self.vocabulary)
        self._chosen: dict[frozenset[str], Hypotheses] = {}

    def of_steps(self, spec: Spec) -> Prover:
        """Return a prover of a spec that differs in its transitions alone; it shares formulas.

        The caller answers for that: hypotheses and first values are taken from this one.
        """
        assert self._hypotheses is not None  # translated once, before it is shared
        other = copy.copy(self)
        other.spec = spec
        return other

    def of_transition(
        self, transition: Transition, only: frozenset[str] | None = None
    ) -> Iterator[Obligation | Result]:
        """Yield the obligations of one transition, and results for those it meets by frame."""
        return self.obligations(Questions(self.spec, only).of_transition(transition))

    def of_initial_state(self, only: frozenset[str] | None = None) -> Iterator[Obligation | Result]:
        """Yield for each statement that it holds before anything happened."""
        return self.obligations(Questions(self.spec, only).of_initial_state())

    def of_events(self, only: frozenset[str] | None = None) -> Iterator[Obligation | Result]:
        """Yield for each event that some answer fits, and for each two rules that not both do."""
        return self.obligations(Questions(self.spec, only).of_events())

    def apart(self, first: Transition, second: Transition) -> Obligation:
        """Return that the guards of two rules for one event are never both true."""
        (made,) = self.obligations([Questions(self.spec).apart(first, second)])
        assert isinstance(made, Obligation)
        return made

    # ------------------------------------------------------------ from a question to its formulas

    def obligations(self, questions: Iterable[Question | Result]) -> Iterator[Obligation | Result]:
        """Yield the obligation of each question; one with no formulas here is UNKNOWN, and why.

        Questions about the same transitions, one after another, share the formulas of these.
        """
        group: list[Question] = []
        for q in questions:
            if isinstance(q, Result):
                yield q
                continue
            if group and _about(group[0]) != _about(q):
                yield from self._together(group)
                group = []
            group.append(q)
        yield from self._together(group)

    def _together(self, asked: list[Question]) -> Iterator[Obligation | Result]:
        setting: _Setting | None = None
        made: list[tuple[Question, z3.BoolRef, dict[str, z3.BoolRef]]] = []
        for q in asked:
            try:
                setting = setting if setting is not None else _Setting(self, q)
                made.append((q, setting.goal(q), setting.later(q)))
            except UnsupportedExpression as error:
                reason = str(error)
                yield Result(q.property, q.transition, Verdict.UNKNOWN, "solver", reason=reason)
        if setting is None:
            return
        # Translating a goal may define sets and declare symbols, so this comes after all of them.
        configuration = setting.configuration()
        assumptions, guards = setting.assumptions(), setting.guards()
        named = numbered(guards)
        for q, goal, later in made:
            given: Callable[[], Hypotheses] = cache(
                partial(self._given, q.offered, MappingProxyType(later))
            )
            if q.when == "initially":
                given = partial(_unchanged, (configuration, ()))
            yield Obligation(
                q.property,
                q.transition,
                assumptions,
                guards,
                given,
                goal,
                self.vocabulary,
                setting.step,
                named,
            )

    def _given(self, names: frozenset[str], later: Mapping[str, z3.BoolRef]) -> Hypotheses:
        """Return the hypotheses of those names, and what defines the sets they mention.

        They speak of the state before any step, so one translation serves every transition; those
        in `later` hold after it, too.
        """
        if later:
            chosen = tuple(
                (n, z3.And([*([f] if n in names else ()), *([later[n]] if n in later else ())]))
                for n, f in self._hypotheses.items()
                if n in names or n in later
            )
            return chosen, tuple(self._closed.side)
        if names not in self._chosen:
            chosen = tuple((n, f) for n, f in self._hypotheses.items() if n in names)
            self._chosen[names] = (chosen, tuple(self._closed.side))
        return self._chosen[names]

    @cached_property
    def _hypotheses(self) -> dict[str, z3.BoolRef]:
        found = {}
        given = [s for s in self.spec.of_kind("safety", "lemma") if not s.prop.open]
        for s in (*given, *self.spec.of_kind("assumption")):
            with contextlib.suppress(UnsupportedExpression):  # then nothing is proved from it
                if s.formula is not None:
                    found[s.name] = self._closed.formula(s.formula)
        return found


def _about(question: Question) -> tuple[bool, tuple[int, ...]]:
    """Return what a question shares with others about the same transitions."""
    return question.when == "initially", tuple(id(t) for t in question.of)


class _Setting:
    """What the questions about one transition (or two, or none) share."""

    def __init__(self, prover: Prover, question: Question) -> None:
        self.prover, self.question = prover, question
        spec, v = prover.spec, prover.vocabulary
        self.start = InitialState(spec, v) if question.when == "initially" else None
        self.steps: list[SystemStep] = []
        for t in question.of:
            beside = self.steps[0] if question.when == "apart" and self.steps else None
            self.steps.append(SystemStep(spec, t, v, beside=beside))
        self.step = self.steps[0] if self.steps and question.when != "answered" else None

    def goal(self, question: Question) -> z3.BoolRef:
        """Return the formula of a goal."""
        match question.when:
            case "initially":
                assert self.start is not None
                return self.start.translator.formula(question.goal)
            case "after":
                return self.steps[0].after.formula(question.goal)
            case "across":
                return self.steps[0].before.formula(question.goal)
            case "apart":
                return z3.Not(z3.And(self.steps[1].clauses))
            case _:
                return z3.Or([z3.And(s.clauses) for s in self.steps])

    def later(self, question: Question) -> dict[str, z3.BoolRef]:
        """Return what may be assumed of the state after the step."""
        found = {}
        for name in sorted(question.later):
            formula = self.prover.spec.statements[name].formula
            assert formula is not None, name
            found[name] = self.steps[0].after.formula(formula)
        return found

    def assumptions(self) -> tuple[z3.BoolRef, ...]:
        """Return what is given whatever the goal: axioms, the message received, made values."""
        axioms = tuple(formula for _, formula in self.prover.vocabulary.axioms())
        if self.start is not None:
            return (*axioms, *self.start.side)
        if self.step is None:
            return tuple(f for s in self.steps for f in s.side)
        return (*axioms, self.step.received, *self.step.side)

    def guards(self) -> tuple[tuple[str, z3.BoolRef], ...]:
        """Return the guard of the transition, clause by clause."""
        if self.step is None:
            return ()
        transition = self.step.transition
        if transition.kind == "refusal":
            return tuple(("no rule accepts it", f) for f in self.step.enabled)
        clauses = zip(transition.clauses, self.step.clauses, strict=True)
        return tuple((c.text, f) for c, f in clauses)

    def configuration(self) -> tuple[tuple[str, z3.BoolRef], ...]:
        """Return what is assumed of the configuration, in the first state."""
        if self.start is None:
            return ()
        translate, always = self.start.translator, self.prover.spec.of_kind("assumption")
        found = []
        for a in always:
            with contextlib.suppress(UnsupportedExpression):  # then nothing is proved from it
                if a.formula is not None:
                    found.append((a.name, translate.formula(a.formula)))
        return tuple(found)


def _unchanged(hypotheses: Hypotheses) -> Hypotheses:
    """Return hypotheses that are at hand already."""
    return hypotheses


class InitialState:
    """The state before anything happened: first values, no messages, no ghosts."""

    def __init__(self, spec: Spec, vocabulary: Vocabulary) -> None:
        """Prepare for `spec`."""
        self.spec, self.v = spec, vocabulary
        self.side: list[z3.BoolRef] = []
        self.translator: Translator = vocabulary.translator(self, side=self.side)
        self._nodes: dict[str, z3.ExprRef] = {}

    def variable(self, name: str, node: z3.ExprRef) -> Value:
        """Return the first value of `name` at `node`."""
        at_node = self.v.translator(self, me=node, side=self.side, made={})
        init = self.spec.variables[name].init
        assert isinstance(init, Expr)
        return at_node.value(init)

    def sent(self, message: str, args: list[Value]) -> z3.BoolRef:
        """Nothing was sent."""
        return z3.BoolVal(False)

    def ghost(self, name: str, args: list[Value]) -> z3.BoolRef:
        """Nothing happened."""
        return z3.BoolVal(False)

    def rows_of(self, atom: Expr) -> list[Any]:
        """Return no rows, in the bounded reading."""
        return []
