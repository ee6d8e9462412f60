"""What a statement asks for before it claims something, as goals that a run has to reach.

Belongs here: the antecedents of a statement. Never here: reaching them (`reach`).

A claim `if A then B` says something only if A happens. So does `not both A and B`, for A and for B;
and `A just if B`, for A and for its opposite. A statement may make several claims, and each needs
its own case. A claim about a step without a condition needs a step that it is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from model.lang import Spec
from model.lang.expr import Expr, Kind, conjunction, negate, show
from model.lang.promises import Pledge
from model.lang.rules import Property
from model.lang.sorts import BOOL, NODE, Sort, SumSort
from model.lang.spec import Statement

Variables = tuple[tuple[str, Sort], ...]
SHOWN = 90
"""How many characters of a condition name a case."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim under conditions, about all values of some variables."""

    conditions: tuple[Expr, ...]
    variables: Variables
    about: Expr


def cases_of(statement: Statement) -> list[Statement]:
    """Return for each claim that nothing satisfies its conditions; a run that breaks it has a case.

    For what holds `sometimes`, that it never does; for a promise, that it is never due.
    """
    if statement.promise is not None:
        return _cases_of_promise(statement.name, statement.promise)
    name, formula = statement.name, statement.formula
    if statement.prop.kind == "assumption":
        return []
    if formula is None:
        return _cases_of_steps(statement)
    if statement.prop.kind == "sometimes":
        return [goal(name, negate(formula))]
    found = {_text(c.conditions): _never(c) for c in claims(formula) if c.conditions}
    told = _told(name, list(found))
    return [goal(text, never) for text, never in zip(told, found.values(), strict=True)]


def _cases_of_promise(name: str, promise: Pledge) -> list[Statement]:
    if promise.when is None:
        return []
    never = _never(Claim((promise.when,), promise.bound, promise.when))
    return [goal(_told(name, [_text((promise.when,))])[0], never)]


def _cases_of_steps(statement: Statement) -> list[Statement]:
    """Return the cases of a step property: claims of one place in the spec share one."""
    found: dict[object, dict[str, Expr]] = {}
    texts: dict[object, str] = {}
    for label, formula in statement.per_transition.items():
        if formula.kind is Kind.CONST and formula.data is True:
            continue  # nothing is claimed of this transition
        for claim in claims(formula):
            place = tuple(c.span for c in claim.conditions) or claim.about.span
            before = found.setdefault(place, {}).get(label)
            never = _never(claim)
            found[place][label] = never if before is None else conjunction(before, never)
            asked = _text(claim.conditions) or "there is such a step"
            texts.setdefault(place, f"{asked} (line {claim.about.span.line})")
    told = _told(statement.name, [texts[place] for place in found])
    return [
        Statement(Property("step", f"goal {text}", "", _nothing), None, formulas)
        for text, formulas in zip(told, found.values(), strict=True)
    ]


def _told(name: str, texts: list[str]) -> list[str]:
    """Return a name for each case, no two alike: a run's goals are known by their names."""
    short = [t if len(t) <= SHOWN else f"{t[: SHOWN - 3]}..." for t in texts]
    return [
        f"{name}, where {t}" if short.count(t) == 1 else f"{name} ({i}), where {t}"
        for i, t in enumerate(short, start=1)
    ]


def claims(formula: Expr) -> Iterator[Claim]:
    """Yield the claims that a formula makes."""
    yield from _claims(formula, (), ())


def _claims(e: Expr, given: tuple[Expr, ...], variables: Variables) -> Iterator[Claim]:
    match e.kind:
        case Kind.FORALL if not {n for n, _ in e.data} & {n for n, _ in variables}:
            yield from _claims(e.args[0], given, (*variables, *e.data))
        case Kind.AND:
            for part in e.args:
                yield from _claims(part, given, variables)
        case Kind.IMPLIES:
            yield from _claims(e.args[1], (*given, e.args[0]), variables)
        case Kind.OR if refused := tuple(a.args[0] for a in e.args if a.kind is Kind.NOT):
            yield Claim((*given, *refused), variables, e)
        case Kind.NOT:
            yield from _denials(e, given, variables)
        case Kind.EQ if e.args[0].sort == BOOL:
            for side in (e.args[0], negate(e.args[0])):
                yield Claim((*given, side), variables, e)
        case _:
            yield Claim(given, variables, e)


def _denials(e: Expr, given: tuple[Expr, ...], variables: Variables) -> Iterator[Claim]:
    """Yield the claims of a negation."""
    denied = e.args[0]
    match denied.kind:
        case Kind.AND:
            for part in denied.args:
                yield Claim((*given, part), variables, e)
        case Kind.OR:
            for part in denied.args:
                yield from _claims(negate(part), given, variables)
        case Kind.EXISTS if not {n for n, _ in denied.data} & {n for n, _ in variables}:
            inner = negate(denied.args[0])
            yield from _claims(inner, given, (*variables, *denied.data))
        case _:
            yield Claim(given, variables, e)


def _never(claim: Claim) -> Expr:
    """Return that nothing satisfies the conditions of a claim."""
    none = negate(conjunction(*claim.conditions))
    if not claim.variables:
        return none
    return Expr(Kind.FORALL, BOOL, (none,), claim.variables, claim.about.span)


def _text(conditions: tuple[Expr, ...]) -> str:
    return " and ".join(show(c) for c in conditions)


def leaf_goals(spec: Spec) -> list[Statement]:
    """Return for each leaf of a tabled variable that no node is in it."""
    found = []
    for table in spec.edges:
        sort = spec.variables[table.variable].sort
        assert isinstance(sort, SumSort)
        node = Expr(Kind.BOUND, NODE, (), "n")
        state = Expr(Kind.VAR, sort, (node,), table.variable)
        for leaf in sort.leaves:
            there = Expr(Kind.IS, BOOL, (state,), frozenset({leaf}))
            nobody = Expr(Kind.FORALL, BOOL, (negate(there),), (("n", NODE),))
            found.append(goal(f"{table.variable} = {leaf}", nobody))
    return found


def goal(name: str, formula: Expr) -> Statement:
    """Return a statement about states that a run is to break."""
    return Statement(Property("safety", f"goal {name}", "", _nothing), formula)


def _nothing() -> None:
    """Stand in for the function of a goal, which no spec wrote."""
