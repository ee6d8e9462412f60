"""What an expression speaks of.

Belongs here: reading expressions. Never here: what they mean (the evaluator's business).
"""

from __future__ import annotations

from model.evaluate.search import FormulaCompiler, is_open
from model.lang import Spec
from model.lang.expr import Expr, Kind


def mentions(e: Expr, *kinds: Kind) -> bool:
    """Tell whether an expression of one of these kinds occurs."""
    return e.kind in kinds or any(mentions(a, *kinds) for a in e.args)


def reads_others(e: Expr) -> bool:
    """Tell whether a formula of a step reads variables of another node than the one that steps."""
    if e.kind is Kind.VAR and e.args[0].kind is not Kind.ME:
        return True
    return any(reads_others(a) for a in e.args)


def ghosts_of(e: Expr) -> frozenset[str]:
    """Return the ghosts that an expression mentions."""
    found = frozenset().union(*map(ghosts_of, e.args))
    return found | {e.data} if e.kind is Kind.GHOST else found


def ordered_ghosts_of(spec: Spec) -> frozenset[str]:
    """Return the ghosts whose rows may depend on what was taken first."""
    return frozenset(
        u.relation.name for t in spec.transitions for u in t.ghosts if u.where is not None
    )


def runs_through_what_occurs(compiler: FormulaCompiler) -> bool:
    """Tell whether a compiled formula asks all values of some sort that occur anywhere."""
    return any(is_open(compiler.slots[slot][1]) for slot in compiler.enumerated)
