"""What several rows have to agree on is asked of what is in them, and not of each row anew.

Belongs here: making a conjunction longer, that means the same and is sooner found to fail. Never
here: what it means (the evaluator's closures).

"No election's voters and no commit's acknowledgements cross" is one question for each election and
each commit; but of a thousand elections there are a dozen sets of voters. Where columns of a
relation have few values, the relation of those alone (a *projection*) is put beside it: whoever
plans the search joins and tests those first, and rows only where these pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from model.evaluate.search import Part, free_slots
from model.evaluate.state import GlobalState, Relation
from model.lang.expr import Expr, Kind
from model.lang.sorts import BOOL

FEWER = 4
"""So many times fewer values than rows are worth a projection."""


def narrowed(parts: Iterable[Part], state: GlobalState) -> list[Part]:
    """Return parts of a goal, with projections of their atoms, which are added to the state."""
    whole = list(parts)
    atoms = [part for part in whole if part.is_atom]
    tests = [part for part in whole if not part.is_atom]
    found: dict[tuple[int, tuple[int, ...]], Part] = {}
    for test in tests:
        free = free_slots(test.expr, test.scope)
        touched = [(at, columns) for at, a in enumerate(atoms) if (columns := _columns(a, free))]
        if len(touched) < 2:
            continue
        for at, columns in touched:
            if (at, columns) not in found:
                made = projection(atoms[at], columns, state)
                if made is not None:
                    found[at, columns] = made
    return [*found.values(), *whole]


def _columns(atom: Part, slots: set[int]) -> tuple[int, ...]:
    """Return the columns of an atom that are plain variables of some."""
    plain = enumerate(atom.expr.args)
    return tuple([i for i, a in plain if a.kind is Kind.BOUND and atom.scope[a.data] in slots])


def projection(atom: Part, columns: tuple[int, ...], state: GlobalState) -> Part | None:
    """Return an atom of some columns of another's relation; None where it has too many values."""
    expr = atom.expr
    relations: Mapping[str, Relation] = state.sent if expr.kind is Kind.SENT else state.ghosts
    rows = relations[expr.data].rows
    values = {tuple([row[c] for c in columns]) for row in rows}
    if len(values) * FEWER > len(rows):
        return None
    name = f"{expr.data} {columns}"  # no name of the spec's has a space
    state.ghosts[name] = Relation(values)
    args = tuple([expr.args[c] for c in columns])
    return Part(Expr(Kind.GHOST, BOOL, args, name), atom.scope, True)
