"""What a property of steps says of a rule, once what the rule leaves alone is left out.

Belongs here: a formula made shorter, that means the same of every step of its rule. Never here:
what it means (the evaluator's business).

Most records are of rules that change little, and most properties of steps speak of changes: of a
rule that does not write `x`, "x after is x before" is plainly true. What is plainly true is not
asked of each record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations

from model.lang import Spec
from model.lang.expr import Expr, Kind, same
from model.lang.sorts import BOOL
from model.lang.spec import Statement

TRUE, FALSE = Expr(Kind.CONST, BOOL, (), True), Expr(Kind.CONST, BOOL, (), False)


def shortened(spec: Spec, statement: Statement) -> Statement:
    """Return a statement that means the same of every step; those of states as they are."""
    if statement.formula is not None:
        return statement
    return replace(
        statement,
        per_transition={
            label: shorter(f, frozenset(spec.by_label[label].updates))
            for label, f in statement.per_transition.items()
        },
    )


def shorter(e: Expr, written: frozenset[str]) -> Expr:
    """Return an expression of the same value in every step that writes at most `written`."""
    if e.kind is Kind.NEXT and e.data not in written and e.args[0].kind is Kind.ME:
        return Expr(Kind.VAR, e.sort, e.args, e.data, e.span)
    if e.kind in (Kind.FRESH, Kind.FORALL, Kind.EXISTS) or not e.args:
        return e  # one `fresh` is told from another by which object it is
    args = tuple([shorter(a, written) for a in e.args])
    match e.kind:
        case Kind.NOT if args[0].kind is Kind.CONST:
            return FALSE if args[0].data else TRUE
        case Kind.EQ | Kind.LE | Kind.SUBSET if same(*args):
            return TRUE
        case Kind.LT if same(*args):
            return FALSE
        case Kind.AND | Kind.OR:
            return _junction(e, args)
        case Kind.IMPLIES:
            if _is(args[0], False) or _is(args[1], True) or same(*args):
                return TRUE
            if _is(args[0], True):
                return args[1]
            if _is_among(args[0], args[1]):
                return TRUE
        case Kind.ITE if args[0].kind is Kind.CONST:
            return args[1] if args[0].data else args[2]
        case _:
            pass
    if all(a is b for a, b in zip(args, e.args, strict=True)):
        return e
    return e.with_args(args)


def _junction(e: Expr, args: tuple[Expr, ...]) -> Expr:
    decisive = e.kind is Kind.OR
    if any(_is(a, decisive) for a in args):
        return TRUE if decisive else FALSE
    left = [a for a in args if not _is(a, not decisive)]
    if e.kind is Kind.AND and _contradict(list(conjuncts(left))):
        return FALSE
    if not left:
        return FALSE if decisive else TRUE
    return left[0] if len(left) == 1 else e.with_args(tuple(left))


def conjuncts(parts: Iterable[Expr]) -> Iterator[Expr]:
    """Yield what conjunctions are made of, one by one."""
    for part in parts:
        if part.kind is Kind.AND:
            yield from conjuncts(part.args)
        else:
            yield part


def _contradict(parts: list[Expr]) -> bool:
    """Tell whether two parts cannot both hold: the opposite of each other, or of no common leaf."""
    for a, b in combinations(parts, 2):
        if _is_not(a, b) or _is_not(b, a):
            return True
        if a.kind is b.kind is Kind.IS and not a.data & b.data and same(a.args[0], b.args[0]):
            return True
    return False


def _is_not(a: Expr, b: Expr) -> bool:
    if a.kind is not Kind.NOT:
        return False
    (inner,) = a.args
    return _is_among(b, inner) or same(inner, b)


def _is_among(a: Expr, b: Expr) -> bool:
    """Tell whether a value that is one of the first leaves is one of the second, too."""
    if not (a.kind is b.kind is Kind.IS and same(a.args[0], b.args[0])):
        return False
    return bool(a.data <= b.data)


def _is(e: Expr, value: bool) -> bool:
    return e.kind is Kind.CONST and e.data is value
