"""Two rules that accept one event: which oaths keep every node out of the states where they do.

Belongs here: one question to the solver. Never here: proving the oaths (the induction does that).

That no two rules answer one event is proved of the states that a run can reach. Cases take any
state, so two rules may well accept; that is no fault if the oaths about a node's own variables
exclude it, which the solver is asked once for each two rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

import z3

from checkers.conformance.compiled_model import CompiledModel
from model.lang.expr import Kind, walk
from model.lang.sorts import NODE
from model.smt import LocalRelation

GLOBAL = frozenset({Kind.SENT, Kind.GHOST, Kind.FORALL, Kind.EXISTS})


@dataclass
class Overlaps:
    """The pairs of rules asked about so far."""

    model: CompiledModel
    timeout_ms: int = 10_000
    _known: dict[tuple[str, str], tuple[str, ...] | None] = field(default_factory=dict)

    def excluding(self, rules: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return the oaths by which some two of `rules` never accept together, or None."""
        for pair in combinations(rules, 2):
            if pair not in self._known:
                self._known[pair] = self._ask(*pair)
            found = self._known[pair]
            if found is not None:
                return found
        return None

    def _ask(self, first: str, second: str) -> tuple[str, ...] | None:
        one, other = self.model.relation(first), self.model.relation(second)
        solver = z3.Solver()
        solver.set(timeout=self.timeout_ms)
        solver.add(*one.clauses, *other.clauses)
        solver.add(*(axiom for _, axiom in self.model.vocabulary.axioms()))
        for name, formula in self._oaths(one):
            solver.assert_and_track(formula, name)
        if solver.check() != z3.unsat:
            return None
        return tuple(sorted(map(str, solver.unsat_core())))

    def _oaths(self, relation: LocalRelation) -> Iterator[tuple[str, z3.BoolRef]]:
        """Yield what is proved or assumed of every node by itself, said of the node in question."""
        for statement in self.model.spec.of_kind("safety", "lemma", "assumption"):
            formula = statement.formula
            if statement.prop.open or formula is None or formula.kind is not Kind.FORALL:
                continue
            (body,) = formula.args
            if [sort for _, sort in formula.data] != [NODE]:
                continue
            if any(node.kind in GLOBAL for node in walk(body)):
                continue
            ((name, _),) = formula.data
            relation.t.bound = {name: self.model.vocabulary.me}
            yield statement.name, relation.t.formula(body)
            relation.t.bound = {}
