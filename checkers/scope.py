"""Reading `--scope radiants=3,terms=2,keys=1`.

Belongs here: from words to the bounded reading's `Scope`. Never here: what a scope means.
"""

from __future__ import annotations

from model.lang import Spec
from model.lang.sorts import NODE, AtomSort, OrderSort
from model.smt.bounded import Scope


class ScopeError(Exception):
    """A scope that cannot be read; the text says where, why and what to write."""


def read_scope(spec: Spec, text: str) -> Scope:
    """Return the scope that `text` names.

    `nodes` or the process's name counts nodes; an order's name (`terms`, `numbers`) its values
    beyond zero, rounded up to a power of two with zero; another sort's name its elements; and
    `messages` the messages of a kind. What is not named has a small default.

    Raises `ScopeError` for anything else.
    """
    nodes, atoms, bits, rows = 3, 1, 2, 2
    process = spec.process.__name__.lower()
    sorts = {name.lower(): getattr(d, "sort", None) for name, d in spec.sorts.items()}
    atom_names = [n for n, s in sorts.items() if isinstance(s, AtomSort) and s != NODE]
    order_names = [n for n, s in sorts.items() if isinstance(s, OrderSort)]
    known = [process, "node", "message", *atom_names, *order_names]
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, equals, number = (x.strip() for x in part.partition("="))
        singular = name.lower().removesuffix("s")
        if not equals or not number.isdecimal() or int(number) < 1:
            raise ScopeError(
                f"--scope {part}: a part is NAME=NUMBER, at least 1; write for example {process}s=3"
            )
        count = int(number)
        if singular in (process, "node"):
            nodes = count
        elif singular == "message":
            rows = count
        elif singular in order_names:
            bits = max(1, count.bit_length())
        elif singular in atom_names:
            atoms = count
        else:
            raise ScopeError(
                f"--scope {part}: the spec has no {name!r}; use one of:"
                f" {', '.join(f'{k}s' for k in known)}"
            )
    if nodes > 6 or atoms > 6 or bits > 4 or rows > 8:
        raise ScopeError(
            f"--scope {text}: too large to spell out; at most 6 nodes, 6 of each other sort,"
            " 15 values of each order, 8 messages"
        )
    return Scope(nodes, atoms, bits, rows)
