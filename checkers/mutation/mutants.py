"""All mutants of a spec, and those that are asked for.

Belongs here: their list, in one order, each under a name of its own. Never here: how one is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from checkers.mutation.declarations import declaration_mutants
from checkers.mutation.mutant import Mutant, place
from checkers.mutation.rows import row_faults
from model.lang import Spec


def mutants_of(spec: Spec) -> list[Mutant]:
    """Return the mutants of a spec: of its rules in their order, then of what is declared."""
    return [*_of_rules(spec), *declaration_mutants(spec)]


def _of_rules(spec: Spec) -> Iterator[Mutant]:
    for t in spec.transitions:
        if t.kind != "rule":
            continue
        for fault in row_faults(spec, t):
            made = fault.on(t)
            if made is None:
                continue
            name = f"{t.label}/{fault.within}"
            yield Mutant(
                name, fault.operator, t.label, place(fault.span), fault.told, {t.label: made}
            )


def chosen(mutants: Sequence[Mutant], only: Sequence[str]) -> list[Mutant]:
    """Return the mutants that `only` names, each by its operator, row or name, or all of them."""
    return [m for m in mutants if not only or any(_named(m, name) for name in only)]


def _named(m: Mutant, name: str) -> bool:
    return name in (m.operator, m.at, m.name) or m.name.startswith(f"{name}/")


def sampled(mutants: Sequence[Any], count: int) -> list[Any]:
    """Return about so many of the mutants, evenly spread: the same ones every time."""
    if count <= 0 or count >= len(mutants):
        return list(mutants)
    return [mutants[(2 * i + 1) * len(mutants) // (2 * count)] for i in range(count)]
