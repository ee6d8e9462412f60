"""Sets as the standard has them: by what is in each place of an array.

Belongs here: taking out what Z3 has beside SMT-LIB's theory of arrays (`ArraysEx`): arrays with one
value everywhere, unions, intersections, differences, subsets. Never here: text.

Each such array becomes a constant, with a definition of what it holds at each place. There is
one such array, so nothing is gained or lost. What stands within a quantifier stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import cast

import z3

_AT: dict[int, Callable[[list[z3.BoolRef]], z3.BoolRef]] = {
    z3.Z3_OP_SET_UNION: z3.Or,
    z3.Z3_OP_SET_INTERSECT: z3.And,
    z3.Z3_OP_SET_DIFFERENCE: lambda held: z3.And(held[0], *map(z3.Not, held[1:])),
    z3.Z3_OP_SET_COMPLEMENT: lambda held: z3.Not(held[0]),
}
"""Of each operation: whether something is in the result, by whether it is in each operand."""


def pointwise(formulas: Sequence[z3.BoolRef]) -> tuple[list[z3.BoolRef], list[z3.BoolRef]]:
    """Return definitions, and the formulas in which what they define stands by name."""
    taken: set[str] = set()
    found = list(_beside_the_standard(formulas, taken))
    if not found:
        return [], list(formulas)
    place = _fresh("place", taken)
    instead: list[tuple[z3.ExprRef, z3.ExprRef]] = []
    definitions: list[z3.BoolRef] = []
    for term in found:  # what is within another comes before it
        operands = [z3.substitute(c, *instead) for c in term.children()]
        kind = term.decl().kind()
        if kind == z3.Z3_OP_SET_SUBSET:
            at = _where(place, operands[0])
            one, other = (z3.Select(a, at) for a in operands)
            instead.append((term, z3.ForAll([at], z3.Implies(one, other))))
            continue
        name = z3.Const(_fresh(f"set {len(definitions)}", taken), term.sort())
        at = _where(place, name)
        if kind == z3.Z3_OP_CONST_ARRAY:
            value = operands[0]
        else:
            value = _AT[kind]([z3.Select(a, at) for a in operands])
        definitions.append(z3.ForAll([at], z3.Select(name, at) == value))
        instead.append((term, name))
    return definitions, [cast(z3.BoolRef, z3.substitute(f, *instead)) for f in formulas]


def _fresh(name: str, taken: set[str]) -> str:
    """Return a name that nothing has: a quantifier must not take in what is free."""
    while name in taken:
        name += "!"
    taken.add(name)
    return name


def _where(place: str, array: z3.ExprRef) -> z3.ExprRef:
    return z3.Const(place, cast(z3.ArraySortRef, array.sort()).domain())


def _beside_the_standard(formulas: Iterable[z3.BoolRef], taken: set[str]) -> Iterable[z3.ExprRef]:
    """Yield each term that the standard lacks, once, and what it is made of before it.

    The names of functions and constants go to `taken`.
    """
    seen: set[tuple[int, bool]] = set()
    waiting = [(f, False, False) for f in reversed(list(formulas))]
    while waiting:
        term, bound, ready = waiting.pop()
        if ready:
            yield term
            continue
        if (term.get_id(), bound) in seen:
            continue
        seen.add((term.get_id(), bound))
        if z3.is_quantifier(term):
            waiting.append((term.body(), True, False))
        elif z3.is_app(term):
            kind = term.decl().kind()
            taken.add(term.decl().name())
            if not bound and (kind in _AT or kind in (z3.Z3_OP_CONST_ARRAY, z3.Z3_OP_SET_SUBSET)):
                waiting.append((term, bound, True))
            waiting += [(c, bound, False) for c in reversed(term.children())]
