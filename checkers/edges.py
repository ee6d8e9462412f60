"""Which pairs of leaf states a rule connects, in which role, asked of the solver.

Belongs here: the derivation of the figure's edges. Never here: how they are drawn, or how one
question is asked (`possible`).
"""

from __future__ import annotations

from dataclasses import dataclass

from checkers.possible import Possible
from model.figures import Edge, Step, assemble
from model.lang import Spec
from model.lang.sorts import SumSort
from model.lang.spec import Transition, possible_leaves


@dataclass(frozen=True, slots=True)
class Derived:
    """The steps that rules can take, and the statements that the solver was given for it."""

    steps: list[Step]
    given: frozenset[str]


def derive(spec: Spec, variable: str, possible: Possible | None = None) -> Derived:
    """Return every step between different leaves of `variable`, in the order of the rules."""
    can = possible if possible is not None else Possible(spec)
    sort = spec.variables[variable].sort
    assert isinstance(sort, SumSort)
    found: list[Step] = []
    named: set[str] = set()
    for t in spec.transitions:
        if t.kind != "environment" and variable in t.updates:
            found += _steps_of(can, t, variable, sort)
            named |= can.given.names(t)
    return Derived(found, frozenset(named))


def steps_of(possible: Possible, t: Transition, variable: str) -> list[Step]:
    """Return every step between different leaves of `variable` that one transition can take."""
    sort = possible.spec.variables[variable].sort
    assert isinstance(sort, SumSort)
    return _steps_of(possible, t, variable, sort) if variable in t.updates else []


def derive_steps(spec: Spec, variable: str, possible: Possible | None = None) -> list[Step]:
    """Return the steps alone."""
    return derive(spec, variable, possible).steps


def derive_edges(spec: Spec, possible: Possible | None = None) -> tuple[Edge, ...]:
    """Return the edges of the figure: of the spec's first edge table."""
    return assemble(spec, derive_steps(spec, spec.edges[0].variable, possible))


def _steps_of(can: Possible, t: Transition, variable: str, sort: SumSort) -> list[Step]:
    roles = can.spec.role_sort
    targets = [leaf for leaf in sort.leaves if leaf in possible_leaves(t.updates[variable])]
    found = []
    for role in roles.leaves if roles is not None else ("",):
        if not can(t, role):
            continue
        for leaf in sort.leaves:
            if not can(t, role, variable, leaf):
                continue
            for target in targets:
                if target != leaf and can(t, role, variable, leaf, target):
                    found.append(Step(t.label, role, leaf, target))
    return found


def can_answer(possible: Possible, t: Transition, role: str, state: str) -> bool:
    """Tell whether `t` can be the answer of a node in `role` and `state`, for the pages."""
    tables = possible.spec.edges[:1]
    return possible(t, role, tables[0].variable, state) if tables else possible(t, role)
