"""Which pairs of leaf states a rule connects, in which role, asked of the solver.

Belongs here: the derivation of the figure's edges. Never here: how they are drawn.

For a rule and a pair of leaves the solver is asked whether the guard can hold with the first leaf
before and the second after, given what every proved statement about one node says of `me`.
Hypotheses about a node are instantiated at `me`; of the others only those about the message that is
answered are given, so that the answer is quick. Leaving hypotheses out can only add edges, never
hide one, and neither can an undecided question, which counts as possible.
"""

from __future__ import annotations

from dataclasses import dataclass

import z3

from model.figures import Edge, Step, assemble
from model.lang import Message, Spec
from model.lang.expr import Expr, Kind
from model.lang.footprint import reads
from model.lang.sorts import NODE, SumSort
from model.lang.spec import Transition, possible_leaves
from model.smt import SystemStep, Translator, Vocabulary


@dataclass(frozen=True, slots=True)
class Derived:
    """The steps that rules can take, and the statements that the solver was given for it."""

    steps: list[Step]
    given: frozenset[str]


def about_one_node(spec: Spec) -> list[tuple[str, Expr]]:
    """Return the stated properties that have one process parameter and no other, by name."""
    found = []
    for s in spec.of_kind("safety", "lemma"):
        f = s.formula
        if s.prop.open or f is None or f.kind is not Kind.FORALL or len(f.data) != 1:
            continue
        if f.data[0][1] == NODE and not any(
            n.kind in (Kind.FORALL, Kind.EXISTS) for n in _below(f.args[0])
        ):
            found.append((s.name, f))
    return found


def _below(expr: Expr) -> list[Expr]:
    out = [expr]
    for a in expr.args:
        out += _below(a)
    return out


def about_one_message(spec: Spec, message: str) -> list[tuple[str, Expr]]:
    """Return the stated properties of nothing but messages sent, this one among them, by name."""
    found = []
    for s in spec.of_kind("safety", "lemma"):
        if s.prop.open or s.formula is None:
            continue
        seen = reads(s.formula)
        if message in seen.messages and not seen.variables and not seen.ghosts:
            found.append((s.name, s.formula))
    return found


def derive(spec: Spec, variable: str, without: frozenset[str] = frozenset()) -> Derived:
    """Return every step between different leaves of `variable`, in the order of the rules.

    The solver is not given the statements `without`.
    """
    sort = spec.variables[variable].sort
    assert isinstance(sort, SumSort)
    facts = Facts(spec, without)
    found: list[Step] = []
    given: set[str] = set()
    for t in spec.transitions:
        if t.kind != "environment" and variable in t.updates:
            ask = Question(facts, t)
            found += _steps_of(ask, t, variable, sort)
            given |= ask.given
    return Derived(found, frozenset(given))


def derive_steps(spec: Spec, variable: str) -> list[Step]:
    """Return the steps alone."""
    return derive(spec, variable).steps


def derive_edges(spec: Spec) -> tuple[Edge, ...]:
    """Return the edges of the figure: of the spec's first edge table."""
    return assemble(spec, derive_steps(spec, spec.edges[0].variable))


class Facts:
    """What is stated of the node that takes a step, and of the message that it gets.

    They are the same formulas for every transition, so they are translated once. The statements
    `without` are not among them.
    """

    def __init__(self, spec: Spec, without: frozenset[str] = frozenset()) -> None:
        """Translate what is stated of one node."""
        self.spec, self.without = spec, without
        self.v = Vocabulary(spec)
        self._translator: Translator = self.v.translator(self.v)
        self.of_the_node = self._translated(about_one_node(spec))
        self._of_messages: dict[str, list[tuple[str, z3.BoolRef]]] = {}

    def of_message(self, message: str) -> list[tuple[str, z3.BoolRef]]:
        """Return what is stated of messages of that name alone."""
        if message not in self._of_messages:
            told = about_one_message(self.spec, message)
            self._of_messages[message] = [
                (name, self._translator.formula(fact))
                for name, fact in told
                if name not in self.without
            ]
        return self._of_messages[message]

    def _translated(self, facts: list[tuple[str, Expr]]) -> list[tuple[str, z3.BoolRef]]:
        found = []
        for name, fact in facts:
            if name not in self.without:
                self._translator.bound[fact.data[0][0]] = self.v.me
                found.append((name, self._translator.formula(fact.args[0])))
        self._translator.bound.clear()
        return found


class Question:
    """What can hold of one transition, given what is stated of the node that takes it.

    `given` are the statements it was given. (Which of them an answer used is not asked: that made
    the questions of the order twelve times as slow.)
    """

    def __init__(self, facts: Facts, t: Transition) -> None:
        """Prepare the solver for `t`."""
        self.v = facts.v
        self.step = SystemStep(facts.spec, t, self.v)
        given = list(facts.of_the_node)
        self.solver = z3.Solver()
        self.solver.add(*self.step.enabled)
        if t.event is not None and issubclass(t.event, Message):
            self.solver.add(self.step.received)
            given += facts.of_message(t.event.__name__)
        self.solver.add(*(fact for _, fact in given))
        self.given = {name for name, _ in given}
        self.solver.set("timeout", 2_000)

    def is_leaf(self, variable: str, leaf: str) -> z3.BoolRef:
        """Return that the node's `variable` is `leaf` before the step."""
        sort = self.v.spec.variables[variable].sort
        return self.v.variable(variable, self.v.me) == self.v.constant(sort, leaf)

    def in_role(self, role: str) -> z3.BoolRef:
        """Return that the node has that role; all have the one that is no role."""
        name = self.v.spec.role_variable
        return z3.BoolVal(True) if name is None else self.is_leaf(name, role)

    def possible(self, *conditions: z3.BoolRef) -> bool:
        """Tell whether the conditions can hold; an undecided question counts as possible."""
        answer = self.solver.check(*conditions)
        if answer == z3.unknown and "interrupted" in self.solver.reason_unknown():
            raise KeyboardInterrupt  # the solver takes the key for itself; no edge comes of it
        return bool(answer != z3.unsat)


def _steps_of(ask: Question, t: Transition, variable: str, sort: SumSort) -> list[Step]:
    spec = ask.v.spec
    after = ask.step.variable(variable, ask.v.me)
    targets = [leaf for leaf in sort.leaves if leaf in possible_leaves(t.updates[variable])]
    found = []
    for role in spec.role_sort.leaves if spec.role_sort is not None else ("",):
        in_role = ask.in_role(role)
        if not ask.possible(in_role):
            continue
        for leaf in sort.leaves:
            source = ask.is_leaf(variable, leaf)
            if not ask.possible(in_role, source):
                continue
            for target in targets:
                there = after == ask.v.constant(sort, target)
                if target != leaf and ask.possible(in_role, source, there):
                    found.append(Step(t.label, role, leaf, target))
    return found


class Answers:
    """Which transitions can be the answer in a role and a state, for the permission matrix."""

    def __init__(self, spec: Spec) -> None:
        """Prepare for `spec`."""
        self.spec = spec
        self.facts = Facts(spec)
        self._questions: dict[str, Question] = {}

    def can_answer(self, transition: Transition, role: str, state: str) -> bool:
        """Tell whether `transition` can be the answer of a node in `role` and `state`."""
        ask = self._questions.get(transition.label)
        if ask is None:
            ask = self._questions[transition.label] = Question(self.facts, transition)
        there = [ask.is_leaf(table.variable, state) for table in self.spec.edges[:1]]
        return ask.possible(ask.in_role(role), *there)
