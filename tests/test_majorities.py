"""The solver's axioms about majorities are true of all finite sets."""

from itertools import chain, combinations

import pytest
import z3

from model.lang.sorts import NODE, SetSort
from model.order import spec
from model.smt import Vocabulary


def subsets(nodes: range) -> list[frozenset[int]]:
    found = chain.from_iterable(combinations(nodes, k) for k in range(len(nodes) + 1))
    return [frozenset(s) for s in found]


def majority(some: frozenset[int], whole: frozenset[int]) -> bool:
    return 2 * len(some & whole) > len(whole)


@pytest.mark.parametrize("size", range(5))
def test_majorities_of_sets_one_apart_share_a_node_of_both(size: int) -> None:
    every = subsets(range(size))
    for a in every:
        for b in (a | {n} for n in range(size)):
            quorums = [(p, q) for p in every if majority(p, a) for q in every if majority(q, b)]
            assert all(p & q & a & b for p, q in quorums)


def test_majorities_of_sets_two_apart_need_not_share_a_node() -> None:
    assert majority(frozenset({1}), frozenset({1}))
    assert majority(frozenset({2, 3}), frozenset({1, 2, 3}))


def test_the_solver_is_told_of_sets_one_apart_only() -> None:
    """Said of two sets without more, the axiom would be false; it takes the sets it is given."""
    vocabulary = Vocabulary(spec())
    nodes = SetSort("Nodes", NODE)
    a, b, other = (z3.Const(name, vocabulary.sort(nodes)) for name in ("a", "b", "other"))
    axioms = vocabulary.one_apart(nodes, a, b)
    assert axioms
    solver = z3.Solver()
    solver.add(*axioms, *(f for _, f in vocabulary.axioms()))
    p, q = (z3.Const(name, vocabulary.sort(nodes)) for name in "pq")
    node = z3.Const("n", vocabulary.sort(NODE))
    apart = z3.ForAll(
        [node],
        z3.Not(z3.And(vocabulary.contains(nodes, p, node), vocabulary.contains(nodes, q, node))),
    )
    solver.add(apart, vocabulary.majority(nodes, p, nodes, a))
    solver.push()
    solver.add(vocabulary.majority(nodes, q, nodes, b))
    assert solver.check() == z3.unsat
    solver.pop()
    solver.add(vocabulary.majority(nodes, q, nodes, other))
    assert solver.check() == z3.sat
