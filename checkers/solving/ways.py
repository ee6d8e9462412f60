"""The ways in which a query is asked, as a table: the portfolio.

Belongs here: rows. Never here: running them (`portfolio`).

The first rows are cheap tries inside the process, each with more brought in. What they leave open
goes round the other rows, in processes of their own, each round with more time for each. The order
was measured on the obligations of the order: docs/solving.md says how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checkers.solving.inside import Stage

FIRST: tuple[tuple[Stage, float], ...] = (
    (Stage.GUARDS, 0.05),
    (Stage.FIRST, 0.1),
    (Stage.ALL, 1.0),
)
"""The cheap tries, with their seconds."""

ROUNDS = (1.0, 4.0, 16.0, 64.0)
"""Seconds for each way in a round; the last repeats until the time of the query is over."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ask: a solver and its options."""

    name: str
    engine: str
    options: Mapping[str, Any] = field(default_factory=dict)


INTERLEAVED = {"enum-inst": "true", "enum-inst-interleave": "true"}
"""Of cvc5: instances by enumeration beside those by patterns, and not only after them."""

WAYS: tuple[Way, ...] = (
    Way("z3, instances by patterns", "z3", {"simple": True, "auto_config": False, "mbqi": False}),
    Way("z3, as it comes", "z3"),
    Way("cvc5", "cvc5"),
    Way("z3, seed 7", "z3", {"simple": True, "random_seed": 7}),
    Way("cvc5, instances by enumeration beside patterns", "cvc5", INTERLEAVED),
    Way("cvc5, instances by enumeration", "cvc5", {"enum-inst": "true"}),
    Way("z3, instances late", "z3", {"simple": True, "qi.eager_threshold": 100.0}),
    Way("z3, instances by models", "z3", {"simple": True, "ematching": False}),
    Way("cvc5, finite models", "cvc5", {"finite-model-find": "true"}),
)
"""In the order in which they are tried. Those of a solver that is not installed are left out."""
