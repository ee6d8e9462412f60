"""Which pairs of leaf states a rule connects, asked of the solver.

Belongs here: the derivation of the figure's edges. Never here: how they are drawn.

For a rule and a pair of leaves the solver is asked whether the guard can hold with the first leaf
before and the second after, given what every proved statement about one node says of `me`.
The hypotheses are instantiated at `me`, so that the question has no quantifier and a definite
answer; leaving hypotheses out can only add edges, never hide one.
"""

from __future__ import annotations

from dataclasses import dataclass

import z3

from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.sorts import NODE, SumSort
from model.lang.spec import Transition, possible_leaves
from model.smt import SystemStep, Vocabulary


@dataclass(frozen=True, slots=True)
class DerivedEdge:
    """A pair of leaves and a rule that can lead from the first to the second."""

    before: str
    after: str
    rule: str


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


def derive_edges(spec: Spec, variable: str) -> list[DerivedEdge]:
    """Return every edge between different leaves of `variable`, in the order of the rules."""
    sort = spec.variables[variable].sort
    assert isinstance(sort, SumSort)
    facts = about_one_node(spec)
    found: list[DerivedEdge] = []
    for t in spec.transitions:
        if t.kind != "environment" and variable in t.updates:
            found += _edges_of(spec, t, variable, sort, facts)
    return found


def _edges_of(
    spec: Spec, t: Transition, variable: str, sort: SumSort, facts: list[Expr]
) -> list[DerivedEdge]:
    vocabulary = Vocabulary(spec)
    step = SystemStep(spec, t, vocabulary)
    solver = z3.Solver()
    solver.add(*step.enabled)
    for fact in facts:
        step.before.bound[fact.data[0][0]] = vocabulary.me
        solver.add(step.before.formula(fact.args[0]))
    step.before.bound.clear()
    before = vocabulary.variable(variable, vocabulary.me)
    after = step.variable(variable, vocabulary.me)
    targets = [leaf for leaf in sort.leaves if leaf in possible_leaves(t.updates[variable])]
    edges = []
    for leaf in sort.leaves:
        source = before == vocabulary.constant(sort, leaf)
        if solver.check(source) == z3.unsat:
            continue
        for target in targets:
            if target == leaf:
                continue
            if solver.check(source, after == vocabulary.constant(sort, target)) != z3.unsat:
                edges.append(DerivedEdge(leaf, target, t.label))
    return edges
