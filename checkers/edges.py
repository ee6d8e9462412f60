"""Which pairs of leaf states a rule connects, in which role, asked of the solver.

Belongs here: the derivation of the figure's edges. Never here: how they are drawn.

For a rule and a pair of leaves the solver is asked whether the guard can hold with the first leaf
before and the second after, given what every proved statement about one node says of `me`.
Hypotheses about a node are instantiated at `me`; of the others only those about the message that is
answered are given, so that the answer is quick. Leaving hypotheses out can only add edges, never
hide one, and neither can an undecided question, which counts as possible.
"""

from __future__ import annotations

import z3

from model.figures import Edge, Step, assemble
from model.lang import Message, Spec
from model.lang.expr import Expr, Kind
from model.lang.sorts import NODE, SumSort
from model.lang.spec import Transition, possible_leaves
from model.smt import SystemStep, Vocabulary
from model.smt.relation import reads


def about_one_node(spec: Spec) -> list[Expr]:
    """Return the bodies of the proved statements that have one process parameter and no other."""
    found = []
    for s in spec.of_kind("safety", "lemma"):
        f = s.formula
        if s.prop.open or f is None or f.kind is not Kind.FORALL or len(f.data) != 1:
            continue
        if f.data[0][1] == NODE and not any(
            n.kind in (Kind.FORALL, Kind.EXISTS) for n in _below(f.args[0])
        ):
            found.append(f)
    return found


def _below(expr: Expr) -> list[Expr]:
    out = [expr]
    for a in expr.args:
        out += _below(a)
    return out


def about_one_message(spec: Spec, message: str) -> list[Expr]:
    """Return the proved statements that speak of nothing but messages sent, this one among them."""
    found = []
    for s in spec.of_kind("safety", "lemma"):
        if s.prop.open or s.formula is None:
            continue
        seen = reads(s.formula)
        if message in seen.messages and not seen.variables and not seen.ghosts:
            found.append(s.formula)
    return found


def derive_steps(spec: Spec, variable: str) -> list[Step]:
    """Return every step between different leaves of `variable`, in the order of the rules."""
    sort = spec.variables[variable].sort
    assert isinstance(sort, SumSort)
    facts = about_one_node(spec)
    found: list[Step] = []
    for t in spec.transitions:
        if t.kind != "environment" and variable in t.updates:
            found += _steps_of(spec, t, variable, sort, facts)
    return found


def derive_edges(spec: Spec) -> tuple[Edge, ...]:
    """Return the edges of the figure: of the spec's first edge table."""
    return assemble(spec, derive_steps(spec, spec.edges[0].variable))


class Question:
    """What can hold of one transition, given what is proved of the node that takes it."""

    def __init__(self, spec: Spec, t: Transition, facts: list[Expr]) -> None:
        """Prepare the solver for `t`."""
        self.v = Vocabulary(spec)
        self.step = SystemStep(spec, t, self.v)
        self.solver = z3.Solver()
        self.solver.add(*self.step.enabled)
        for fact in facts:
            self.step.before.bound[fact.data[0][0]] = self.v.me
            self.solver.add(self.step.before.formula(fact.args[0]))
        self.step.before.bound.clear()
        if t.event is not None and issubclass(t.event, Message):
            self.solver.add(self.step.received)
            for fact in about_one_message(spec, t.event.__name__):
                self.solver.add(self.step.before.formula(fact))
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
        return bool(self.solver.check(*conditions) != z3.unsat)


def _steps_of(
    spec: Spec, t: Transition, variable: str, sort: SumSort, facts: list[Expr]
) -> list[Step]:
    ask = Question(spec, t, facts)
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
        self.facts = about_one_node(spec)
        self._questions: dict[str, Question] = {}

    def can_answer(self, transition: Transition, role: str, state: str) -> bool:
        """Tell whether `transition` can be the answer of a node in `role` and `state`."""
        ask = self._questions.get(transition.label)
        if ask is None:
            ask = self._questions[transition.label] = Question(self.spec, transition, self.facts)
        there = [ask.is_leaf(table.variable, state) for table in self.spec.edges[:1]]
        return ask.possible(ask.in_role(role), *there)
