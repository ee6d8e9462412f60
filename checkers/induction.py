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
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any

import z3

from checkers.verdict import Result, Verdict
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.sorts import BOOL
from model.lang.spec import Statement, Transition
from model.smt import SystemStep, Translator, UnsupportedExpression, Vocabulary
from model.smt.relation import reads, writes
from model.smt.vocabulary import Value

LOCAL = frozenset({"sender roles", "acting roles"})
"""Follow from the guards alone: a role is checked where it matters, not inferred."""

INITIAL = "initial state"
ROLES = "sender roles"
ACTORS = "acting roles"
DETERMINISM = "one answer"
TOTALITY = "every event answered"
STRUCTURAL = {
    ROLES: "A message is sent only in a role that may send it",
    ACTORS: "Only who may act on an event does, and only for a sender who may speak",
    DETERMINISM: "No two rules answer one event differently",
    TOTALITY: "Every event has an answer in every state",
}


PLAIN_MS = 50
"""How long the guards alone are tried, in milliseconds, before the hypotheses are brought in."""

Hypotheses = tuple[tuple[tuple[str, z3.BoolRef], ...], tuple[z3.BoolRef, ...]]
"""Named formulas, and what defines the sets they mention, which is no assumption."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """One thing to prove: `goal` follows from `assumptions` and the named `hypotheses`.

    `guards` are the transition's clauses by their text; `assumptions` is everything else that is
    given (axioms, the message was received, what fresh values are).
    """

    property: str
    transition: str
    assumptions: tuple[z3.BoolRef, ...]
    guards: tuple[tuple[str, z3.BoolRef], ...]
    given: Callable[[], Hypotheses]
    goal: z3.BoolRef
    vocabulary: Vocabulary
    step: SystemStep | None = None

    def hypotheses(self) -> list[z3.BoolRef]:
        """Return the formulas that may be assumed, translated when first asked for."""
        named, definitions = self.given()
        return [*definitions, *(f for _, f in named)]

    def solver(self, timeout_ms: int, seed: int = 0) -> z3.Solver:
        """Return a solver that is unsatisfiable exactly when the goal follows."""
        solver = z3.Solver()
        solver.set("timeout", timeout_ms)
        solver.set("unsat_core", True)
        solver.set("random_seed", seed)
        solver.add(*self.assumptions)
        for i, (text, clause) in enumerate(self.guards):
            solver.assert_and_track(clause, f"guard {i}: {text}")
        named, definitions = self.given()
        solver.add(*definitions)
        for name, formula in named:
            solver.assert_and_track(formula, f"given {name}")
        solver.add(z3.Not(self.goal))
        return solver

    def discharge(self, timeout_ms: int, seeds: Iterable[int] = (0, 7)) -> Result:
        """Ask the solver; `unknown` from every seed is UNKNOWN, with the solver's reason."""
        started = time.perf_counter()
        if self._plain():
            spent = time.perf_counter() - started
            return Result(self.property, self.transition, Verdict.PROVED, "solver", spent)
        reason = ""
        for seed in seeds:
            solver = self.solver(timeout_ms, seed)
            answer = solver.check()
            if answer == z3.unsat:
                core = [str(name) for name in solver.unsat_core()]
                return Result(
                    self.property,
                    self.transition,
                    Verdict.PROVED,
                    "solver",
                    time.perf_counter() - started,
                    uses=tuple(sorted(n[6:] for n in core if n.startswith("given "))),
                    guards=tuple(sorted(n for n in core if n.startswith("guard "))),
                )
            if answer == z3.sat:
                reason = "the step is possible in a state that satisfies every hypothesis"
                break
            reason = f"the solver gave up ({solver.reason_unknown()})"
        return Result(
            self.property,
            self.transition,
            Verdict.UNKNOWN,
            "solver",
            time.perf_counter() - started,
            reason,
        )

    def _plain(self) -> bool:
        """Tell whether the guards alone entail the goal: most obligations need no more."""
        solver = z3.Solver()
        solver.set("timeout", PLAIN_MS)
        solver.add(*(clause for _, clause in self.guards), z3.Not(self.goal))
        return bool(solver.check() == z3.unsat)


def hypotheses(spec: Spec, statement: Statement | None = None) -> list[Statement]:
    """Return the statements an induction step may assume, none of them open.

    A statement that names what its proof uses gets just those and itself; any other, and a
    structural obligation, every one that is not to be assumed by name alone.
    """
    given = [s for s in spec.of_kind("safety", "lemma") if not s.prop.open]
    if statement is None:
        return [s for s in given if not s.prop.by_name]
    named = {*(statement.prop.uses or ()), statement.name}
    if statement.prop.uses is None:
        named |= {s.name for s in given if not s.prop.by_name}
    return [s for s in given if s.name in named]


class Prover:
    """Makes the obligations of one spec, in the unbounded reading unless told otherwise."""

    def __init__(self, spec: Spec, vocabulary: Callable[[Spec], Vocabulary] = Vocabulary) -> None:
        """Prepare for `spec`; `vocabulary` makes the symbols of a reading."""
        self.spec = spec
        self.vocabulary = vocabulary(spec)
        self._closed: Translator = self.vocabulary.translator(self.vocabulary)
        self.statements = [s for s in spec.of_kind("safety", "lemma", "step") if not s.prop.open]

    # ------------------------------------------------------------ one transition

    def of_transition(
        self, transition: Transition, only: frozenset[str] | None = None
    ) -> Iterator[Obligation | Result]:
        """Yield the obligations of one transition, and results for those it meets by frame."""
        written = writes(transition)
        asked: list[tuple[Statement, Expr]] = []
        for s in self.statements:
            if only is not None and s.name not in only:
                continue
            formula = s.per_transition.get(transition.label) if s.formula is None else s.formula
            if formula is None:
                continue
            if s.formula is not None and not reads(formula).meets(written):
                yield Result(s.name, transition.label, Verdict.PROVED, "frame")
            else:
                asked.append((s, formula))
        structural = only is None or bool({ROLES, ACTORS} & only)
        if not asked and not structural:
            return  # nothing to translate the transition for
        vocabulary = self.vocabulary
        makers: list[tuple[str, Statement | None, z3.BoolRef]] = []
        try:
            step = SystemStep(self.spec, transition, vocabulary)
        except UnsupportedExpression as error:
            for s, _ in asked:
                yield Result(s.name, transition.label, Verdict.UNKNOWN, "solver", reason=str(error))
            return
        later: dict[str, dict[str, z3.BoolRef]] = {}
        for s, formula in asked:
            try:
                goal = (step.before if s.formula is None else step.after).formula(formula)
                later[s.name] = self._later(s, step)
                makers.append((s.name, s, goal))
            except UnsupportedExpression as error:
                yield Result(s.name, transition.label, Verdict.UNKNOWN, "solver", reason=str(error))
        if only is None or ROLES in only:
            goal = self._roles(transition, step)
            if goal is not None:
                makers.append((ROLES, None, goal))
        if (only is None or ACTORS in only) and transition.kind == "rule":
            assert transition.event is not None
            declared = self.spec.role_clauses[transition.event.__name__]
            if declared:
                goal = z3.And([step.before.formula(c.expr) for c in declared])
                makers.append((ACTORS, None, goal))
        always = {s.name for s in self.spec.of_kind("assumption")}
        axioms = [formula for _, formula in vocabulary.axioms()]
        guards = tuple((c.text, f) for c, f in zip(transition.clauses, step.clauses, strict=True))
        if transition.kind == "refusal":
            guards = tuple(("no rule accepts it", f) for f in step.enabled)
        for name, statement, goal in makers:
            names = {s.name for s in hypotheses(self.spec, statement)} | always
            if name in LOCAL:
                names = set()
            yield Obligation(
                name,
                transition.label,
                (*axioms, step.received, *step.side),
                guards,
                partial(self._given, frozenset(names), later.get(name, {})),
                goal,
                vocabulary,
                step,
            )

    def _given(
        self, names: frozenset[str], later: Mapping[str, z3.BoolRef] = MappingProxyType({})
    ) -> Hypotheses:
        """Return the hypotheses of those names, and what defines the sets they mention.

        They speak of the state before any step, so one translation serves every transition; those
        in `later` hold after it, too.
        """
        chosen = tuple(
            (n, z3.And([*([f] if n in names else ()), *([later[n]] if n in later else ())]))
            for n, f in self._hypotheses.items()
            if n in names or n in later
        )
        return chosen, tuple(self._closed.side)

    def _later(self, statement: Statement, step: SystemStep) -> dict[str, z3.BoolRef]:
        """Return what the statement's proof may assume of the state after the step.

        Sound by induction on steps, then on the order in which statements name each other so,
        which the reader of specs has found to have no circle (ORD119).
        """
        found = {}
        for name in statement.prop.after:
            other = self.spec.statements[name]
            if not other.prop.open and other.formula is not None:
                found[name] = step.after.formula(other.formula)
        return found

    @cached_property
    def _hypotheses(self) -> dict[str, z3.BoolRef]:
        found = {}
        given = [s for s in self.spec.of_kind("safety", "lemma") if not s.prop.open]
        for s in (*given, *self.spec.of_kind("assumption")):
            with contextlib.suppress(UnsupportedExpression):  # then nothing is proved from it
                if s.formula is not None:
                    found[s.name] = self._closed.formula(s.formula)
        return found

    def _roles(self, transition: Transition, step: SystemStep) -> z3.BoolRef | None:
        """The sending node's role may send each message it sends.

        It is the role after the step: who wins an election announces it as herald.
        """
        role_name, sort = self.spec.role_variable, self.spec.role_sort
        if not transition.sends or sort is None:
            return None
        role = Expr(Kind.NEXT, sort, (Expr(Kind.ME, self.spec.process.sort),), role_name)
        allowed = []
        for out in transition.sends:
            leaves = frozenset(
                leaf for case in self.spec.sending_roles(out.message) for leaf in case.leaves
            )
            allowed.append(step.before.formula(Expr(Kind.IS, BOOL, (role,), leaves)))
        return z3.And(allowed)

    # ------------------------------------------------------------ the initial state

    def of_initial_state(self, only: frozenset[str] | None = None) -> Iterator[Obligation]:
        """Yield for each statement that it holds before anything happened."""
        for s in self.spec.of_kind("safety", "lemma"):
            if s.prop.open or s.formula is None or (only is not None and s.name not in only):
                continue
            vocabulary = self.vocabulary
            start = InitialState(self.spec, vocabulary)
            try:
                goal = start.translator.formula(s.formula)
            except UnsupportedExpression:
                continue  # its steps say why nothing is proved of it
            given = tuple(
                (a.name, start.translator.formula(a.formula))
                for a in self.spec.of_kind("assumption")
                if a.formula is not None
            )
            axioms = tuple(formula for _, formula in vocabulary.axioms())
            yield Obligation(
                s.name,
                INITIAL,
                (*axioms, *start.side),
                (),
                partial(_unchanged, (given, ())),
                goal,
                vocabulary,
            )

    # ------------------------------------------------------------ the structure

    def of_events(self, only: frozenset[str] | None = None) -> Iterator[Obligation]:
        """Yield for each event that some answer fits, and for each two rules that not both do."""
        for name, event in self.spec.events.items():
            rules = self.spec.rules_of(event)
            answers = [*rules, *self.spec.refusals_of(event)]
            if only is None or TOTALITY in only:
                vocabulary = self.vocabulary
                steps = [SystemStep(self.spec, t, vocabulary) for t in answers]
                fits = z3.Or([z3.And(s.clauses) for s in steps])
                side = tuple(f for s in steps for f in s.side)
                yield Obligation(
                    TOTALITY, name, side, (), partial(_unchanged, ((), ())), fits, vocabulary
                )
            if only is not None and DETERMINISM not in only:
                continue
            for i, first in enumerate(rules):
                for second in rules[i + 1 :]:
                    yield self.apart(first, second)

    def apart(self, first: Transition, second: Transition) -> Obligation:
        """Return that the guards of two rules for one event are never both true."""
        vocabulary = self.vocabulary
        one = SystemStep(self.spec, first, vocabulary)
        other = SystemStep(self.spec, second, vocabulary, beside=one)
        names = {s.name for s in (*hypotheses(self.spec), *self.spec.of_kind("assumption"))}
        axioms = tuple(formula for _, formula in vocabulary.axioms())
        return Obligation(
            DETERMINISM,
            f"{first.label} / {second.label}",
            (*axioms, one.received, *one.side),
            tuple((c.text, f) for c, f in zip(first.clauses, one.clauses, strict=True)),
            partial(self._given, frozenset(names)),
            z3.Not(z3.And(other.clauses)),
            vocabulary,
            one,
        )


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
