"""Reading `--scope radiants=3,terms=2,keys=1`.

Belongs here: from words to the bounded reading's `Scope`. Never here: what a scope means.
"""

from __future__ import annotations

from checkers.instances import ScopeError, read_numbers
from model.lang import Spec
from model.lang.sorts import NODE, AtomSort, OrderSort
from model.smt.bounded import Scope


def read_scope(spec: Spec, text: str) -> Scope:
    """Return the scope that `text` names.

    `nodes` or the process's name counts nodes; an order's name (`terms`, `numbers`) its values
    beyond zero, rounded up to a power of two with zero; another sort's name its elements; and
    `messages` the messages of a kind. What is not named has a small default.

    Raises `ScopeError` for anything else.
    """
    sorts = {name.lower(): getattr(d, "sort", None) for name, d in spec.sorts.items()}
    atom_names = [n for n, s in sorts.items() if isinstance(s, AtomSort) and s != NODE]
    order_names = [n for n, s in sorts.items() if isinstance(s, OrderSort)]
    given = read_numbers(spec, text, ["message", *atom_names, *order_names], least=1)
    nodes, rows = given.get("node", 3), given.get("message", 2)
    atoms = max((given[n] for n in atom_names if n in given), default=1)
    bits = max((given[n].bit_length() for n in order_names if n in given), default=2)
    if nodes > 6 or atoms > 6 or bits > 4 or rows > 8:
        raise ScopeError(
            f"--scope {text}: too large to spell out",
            "write at most 6 nodes, 6 of each other sort, 15 values of each order, 8 messages",
        )
    return Scope(nodes, atoms, bits, rows)
