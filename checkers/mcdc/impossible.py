"""That nothing can show a goal: a proof in the unbounded reading, and what it used.

Belongs here: the question and its core. Never here: looking for a case (`room`).

Any number of nodes, of values and of sets: what the solver excludes here no state of any system
shows. First nothing is given but what is wanted, each value being of its sort; then the axioms of
orders and majorities, and that no two rules answer (which `oathbound verify` proves). What is
stated of one node is given only to tell which states are unlikely: a clause is called impossible
only where no lemma is needed for it. What a proof used is told by leaving out one thing after
another, in a fixed order; so it is the same on every machine, unless a solver gives up.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TypeAlias

import z3

from checkers.given import Given
from checkers.mcdc.goal import Goal
from checkers.mcdc.goals import of_the_configuration
from model.lang import Message, Spec
from model.smt import SystemStep, Vocabulary
from model.smt.translate import UnsupportedExpression

STEPS = 4_000_000
"""How long the solver may try one question, in its own steps: some three million a second."""
AXIOMS = "the axioms of orders and majorities"
ONE_RULE = "no two rules answer"
SENT = "the message was sent"

Named: TypeAlias = list[tuple[str, z3.BoolRef]]
"""Formulas with their names."""


@dataclass(frozen=True)
class Proof:
    """What a proof used: of what is wanted, by its words; axioms; statements by name."""

    used: tuple[str, ...]
    lemmas: tuple[str, ...] = ()


class Impossible:
    """Questions about the rows of one spec, in the unbounded reading."""

    def __init__(self, spec: Spec, given: Given) -> None:
        self.spec, self.given = spec, given
        self.v = Vocabulary(spec)
        self._steps: dict[str, SystemStep] = {}
        self._facts = self.v.translator(self.v)
        self._pairs: dict[str, Named] = {}
        self._known_axioms: z3.BoolRef | None = None
        self._assumptions = [
            (s.name, s.formula)
            for s in spec.of_kind("assumption")
            if s.formula is not None and of_the_configuration(s.formula)
        ]

    def proof(self, goal: Goal) -> Proof | None:
        """Return why no case shows a goal, whatever the node holds; None if that is unknown."""
        try:
            wanted = self._wanted(goal)
        except UnsupportedExpression:
            return None
        given = list(wanted)
        for more in ([], self._axioms(), self._assumed(), self._one_rule(goal)):
            given += more
            core = self._core(goal, given) if more or given == wanted else None
            if core is not None:
                return Proof(core)
        return None

    def holds(self, goal: Goal, proof: Proof) -> bool:
        """Tell whether what a proof is said to use excludes each other; one question."""
        told = {*proof.used, *proof.lemmas}
        try:
            given = self._wanted(goal, told)
            for more, names in (
                (self._axioms, {AXIOMS}),
                (self._assumed, {n for n, _ in self._assumptions}),
                (lambda: self._one_rule(goal), {ONE_RULE}),
                (lambda: self._lemmas(goal), set(proof.lemmas)),
            ):
                given += more() if names & told else []
        except UnsupportedExpression:
            return False
        solver = self._solver(goal)
        solver.add(*(f for name, f in given if name in told))
        return told <= {name for name, _ in given} and self._excluded(solver, [])

    def unlikely(self, goal: Goal) -> Proof | None:
        """Return why no node of a run shows a goal, by what is stated of one; None if unknown."""
        try:
            known = [*self._wanted(goal), *self._one_rule(goal), *self._axioms(), *self._assumed()]
            lemmas = self._lemmas(goal)
        except UnsupportedExpression:
            return None
        # Lemmas come first: as few of them as can be are left.
        core = self._core(goal, [*lemmas, *reversed(known)])
        if core is None:
            return None
        names = {name for name, _ in lemmas}
        return Proof(
            tuple(n for n in reversed(core) if n not in names),
            tuple(n for n in core if n in names),
        )

    # ------------------------------------------------------------ what is given

    def _step(self, row: str) -> SystemStep:
        if row not in self._steps:
            self._steps[row] = SystemStep(self.spec, self.spec.by_label[row], self.v)
        return self._steps[row]

    def _wanted(self, goal: Goal, told: Collection[str] | None = None) -> Named:
        before = self._step(goal.row).before
        return [
            (name, before.formula(e) if value else z3.Not(before.formula(e)))
            for name, (e, value) in zip(goal.names, goal.wanted, strict=True)
            if told is None or name in told
        ]

    def _one_rule(self, goal: Goal) -> Named:
        """Return that at most one rule answers the event."""
        if goal.row not in self._pairs:
            event = self.spec.by_label[goal.row].event
            before = self._step(goal.row).before
            rules = self.spec.rules_of(event) if event is not None else ()
            guards = [before.formula(rule.guard) for rule in rules]
            pairs = [z3.Not(z3.And(a, b)) for a, b in combinations(guards, 2)]
            self._pairs[goal.row] = [(ONE_RULE, z3.And(pairs))] if pairs else []
        return self._pairs[goal.row]

    def _axioms(self) -> Named:
        if self._known_axioms is None:
            self._known_axioms = z3.And([f for _, f in self.v.axioms()])
        return [(AXIOMS, self._known_axioms)]

    def _assumed(self) -> Named:
        """Return what is assumed of the configuration."""
        return [(name, self._facts.formula(formula)) for name, formula in self._assumptions]

    def _lemmas(self, goal: Goal) -> Named:
        """Return what is stated of one node, at this one, and of the message that it answers."""
        t = self.spec.by_label[goal.row]
        found = list(self._of_the_node)
        found += [(n, self._facts.formula(fact)) for n, fact in self.given.of_answered(t)]
        if t.event is not None and issubclass(t.event, Message):
            found.append((SENT, self._step(goal.row).received))
        return found

    @cached_property
    def _of_the_node(self) -> Named:
        found = []
        for name, fact in self.given.of_the_node:
            self._facts.bound = {fact.data[0][0]: self.v.me}
            found.append((name, self._facts.formula(fact.args[0])))
            self._facts.bound = {}
        return found

    # ------------------------------------------------------------ asking

    def _core(self, goal: Goal, given: Sequence[tuple[str, z3.BoolRef]]) -> tuple[str, ...] | None:
        """Return the names of what excludes each other, as few as leaving out one by one gives."""
        solver = self._solver(goal)
        names = []
        for at, (_, formula) in enumerate(given):
            names.append(z3.Bool(f"given!{at}"))
            solver.add(z3.Implies(names[at], formula))
        if not self._excluded(solver, names):
            return None
        kept = list(names)
        for name in reversed(names):
            fewer = [x for x in kept if not x.eq(name)]
            if self._excluded(solver, fewer):
                kept = fewer
        told = [given[at][0] for at, name in enumerate(names) if any(x.eq(name) for x in kept)]
        return tuple(dict.fromkeys(told))

    def _solver(self, goal: Goal) -> z3.Solver:
        solver = z3.SimpleSolver()
        solver.set("rlimit", STEPS)
        solver.add(*self._step(goal.row).side, *self._facts.side)
        return solver

    def _excluded(self, solver: z3.Solver, names: list[z3.BoolRef]) -> bool:
        answer = solver.check(*names)
        if answer == z3.unknown and "interrupted" in solver.reason_unknown():
            raise KeyboardInterrupt
        return bool(answer == z3.unsat)
