"""One obligation at a time, with chosen hypotheses: does the step keep the statement, and by what?

Belongs here: asking the solver, quickly and often. Never here: a verdict that anybody is shown;
what this finds is proved again by `checkers.induction`.

A question is bounded in steps of the solver, not in seconds: so a search finds the same on every
machine, however slow, unless the time for all of it is over.

Steps of the protocol and hypotheses are translated once and kept, so that the same step can be
asked about hundreds of statements.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import z3

from checkers.induction import INITIAL, InitialState
from checkers.strengthen.mine import Guard, footprint
from model.lang import Spec
from model.lang.expr import Expr
from model.lang.footprint import reads, writes
from model.lang.spec import Statement, Transition
from model.smt import SystemStep, Translator, UnsupportedExpression, Vocabulary

A_SECOND = 2_000_000
"""As many steps as a solver takes in a second, about."""
PLAIN = A_SECOND // 25
"""How many steps the guards alone are tried for, first."""
STALLED = 60.0
"""After so many seconds a question ends in any case: a solver counts most that it does, not all."""


class Interrupted(Exception):
    """The time given is over."""


@dataclass(frozen=True)
class Reply:
    """What the solver said: `holds`, with the hypotheses it used; else whether it was sure."""

    holds: bool
    used: tuple[str, ...] = ()
    sure: bool = True


def bounded(steps: int, left: float = math.inf) -> z3.Solver:
    """Return a solver that gives up after so many steps, and once `left` seconds are over."""
    solver = z3.Solver()
    solver.set("rlimit", steps)
    solver.set("timeout", max(1, int(1000 * min(STALLED, left))))
    return solver


def check(solver: z3.Solver) -> z3.CheckSatResult:
    """Ask the solver, and leave Ctrl-C to Python: Z3 would take it for itself and say `unknown`."""
    solver.set("ctrl_c", False)
    return solver.check()


class Asker:
    """Obligations of one spec in the unbounded reading."""

    def __init__(self, spec: Spec, steps: int = A_SECOND, until: float = math.inf) -> None:
        """Prepare for `spec`; `steps` for a question, and stop `until`, by `time.perf_counter`."""
        self.spec, self.steps, self.until = spec, steps, until
        self.v = Vocabulary(spec)
        self.queries = 0
        self._closed: Translator = self.v.translator(self.v)
        self._given: dict[str, tuple[z3.BoolRef, list[z3.BoolRef]] | None] = {}
        self._steps: dict[str, SystemStep] = {}
        self._goals: dict[tuple[str, str], z3.BoolRef | None] = {}
        self._reads: dict[str, frozenset[str]] = {}
        self._assumed = [s for s in spec.of_kind("assumption") if s.formula is not None]

    # ------------------------------------------------------------ what there is to ask

    def steps_of(self, statement: Statement) -> list[Transition]:
        """Return the transitions that may break a statement: those that write what it reads."""
        if statement.formula is None:
            return [t for t in self.spec.transitions if t.label in statement.per_transition]
        seen = reads(statement.formula)
        return [t for t in self.spec.transitions if seen.meets(writes(t))]

    def around(self, label: str, statement: Statement) -> frozenset[str]:
        """Return what an obligation speaks of: all that the step and the statement read."""
        if label not in self._reads:
            found: frozenset[str] = frozenset()
            if label != INITIAL:
                t = self.spec.by_label[label]
                found = footprint(t.expressions())
                found |= {f"var {n}" for n in t.updates}
                found |= {f"sent {s.message.__name__}" for s in t.sends}
                found |= {f"ghost {g.relation.name}" for g in t.ghosts}
                if t.event is not None and t.event.__name__ in self.spec.messages:
                    found |= {f"sent {t.event.__name__}"}
            self._reads[label] = found
        formula = statement.formula
        if formula is None:
            formula = statement.per_transition.get(label)
        return self._reads[label] | (footprint([formula]) if formula is not None else frozenset())

    def wider(self, seen: frozenset[str]) -> frozenset[str]:
        """Return what the steps that write any of `seen` speak of, too."""
        found = set(seen)
        for t in self.spec.transitions:
            written = {f"var {n}" for n in t.updates} | self.added(t.label)
            if t.kind == "rule" and written & seen:
                found |= written | footprint(t.expressions())
        return frozenset(found)

    def core(self, label: str, statement: Statement) -> frozenset[str]:
        """Return the near part of `around`: the guard, and what the step writes of it."""
        formula = statement.formula
        own = footprint([formula]) if formula is not None else frozenset()
        if label == INITIAL:
            return own
        t = self.spec.by_label[label]
        told = [c.expr for c in t.clauses]
        told += [e for name, e in t.updates.items() if f"var {name}" in own]
        for out in t.sends:
            if f"sent {out.message.__name__}" in own:
                told += out.fields.values()
        for update in t.ghosts:
            if f"ghost {update.relation.name}" in own:
                told += update.args
        return own | footprint(told)

    def guard(self, label: str) -> Guard:
        """Return what a step's guard asks for."""
        if label == INITIAL:
            return Guard()
        return Guard.of(c.expr for c in self.spec.by_label[label].clauses)

    def added(self, label: str) -> frozenset[str]:
        """Return the messages and ghosts that a step adds to."""
        if label == INITIAL:
            return frozenset()
        t = self.spec.by_label[label]
        sends = {f"sent {s.message.__name__}" for s in t.sends}
        return frozenset(sends | {f"ghost {g.relation.name}" for g in t.ghosts})

    # ------------------------------------------------------------ asking

    def step(self, label: str) -> SystemStep:
        """Return the translated step."""
        if label not in self._steps:
            self._steps[label] = SystemStep(self.spec, self.spec.by_label[label], self.v)
        return self._steps[label]

    def ask(self, label: str, statement: Statement, given: Sequence[Statement]) -> Reply:
        """Tell whether the step keeps the statement, given the hypotheses before it."""
        if time.perf_counter() > self.until:
            raise Interrupted
        if label == INITIAL:
            return self.initial(statement)
        goal = self._goal(label, statement)
        if goal is None:
            return Reply(False)
        step = self.step(label)
        self.queries += 1
        plain = bounded(PLAIN)
        plain.add(*step.enabled, z3.Not(goal))
        if check(plain) == z3.unsat:
            return Reply(True)
        return self._check([step.received, *step.enabled, *step.side, z3.Not(goal)], given)

    def initial(self, statement: Statement) -> Reply:
        """Tell whether a statement holds before anything happened."""
        if statement.formula is None:
            return Reply(True)
        start = InitialState(self.spec, self.v)
        try:
            goal = start.translator.formula(statement.formula)
        except UnsupportedExpression:
            return Reply(False, sure=False)
        self.queries += 1
        assumed = [
            start.translator.formula(s.formula) for s in self._assumed if s.formula is not None
        ]
        return self._check([*assumed, *start.side, z3.Not(goal)], [])

    def _check(self, facts: Iterable[z3.BoolRef], given: Sequence[Statement]) -> Reply:
        solver = bounded(self.steps, self.until - time.perf_counter())
        solver.set("unsat_core", True)
        for s in {s.name: s for s in (*self._assumed, *given)}.values():
            told = self._before(s)
            if told is None:
                continue
            solver.add(*told[1])
            solver.assert_and_track(told[0], f"given {s.name}")
        solver.add(*facts)
        solver.add(*(f for _, f in self.v.axioms()))
        answer = check(solver)
        if answer == z3.unsat:
            assumed = {s.name for s in self._assumed}
            core = (str(name)[6:] for name in solver.unsat_core())
            return Reply(True, tuple(sorted(n for n in core if n not in assumed)))
        return Reply(False, sure=answer == z3.sat)

    def _before(self, s: Statement) -> tuple[z3.BoolRef, list[z3.BoolRef]] | None:
        if s.name not in self._given:
            count = len(self._closed.side)
            try:
                formula = self._closed.formula(s.formula) if s.formula is not None else None
            except UnsupportedExpression:
                formula = None
            told = None if formula is None else (formula, self._closed.side[count:])
            self._given[s.name] = told
        return self._given[s.name]

    def _goal(self, label: str, s: Statement) -> z3.BoolRef | None:
        key = (label, s.name)
        if key not in self._goals:
            step = self.step(label)
            try:
                if s.formula is None:
                    goal = step.before.formula(s.per_transition[label])
                else:
                    goal = step.after.formula(s.formula)
            except UnsupportedExpression:
                goal = None
            self._goals[key] = goal
        return self._goals[key]

    def translatable(self, formula: Expr) -> bool:
        """Tell whether a formula can be given to the solver at all."""
        try:
            self.v.translator(self.v).formula(formula)
        except UnsupportedExpression:
            return False
        return True
