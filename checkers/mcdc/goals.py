"""What a test of one rule has to show: each clause, condition and choice decides, by itself.

Belongs here: from a spec's rows to *goals*, each a few expressions with the truth values that they
must have. Never here: finding a state in which they have them (`room`), or showing that there is
none (`impossible`).

A row's *decision* is the conjunction of its clauses; a refusal's begins with "no rule accepts, and
no refusal before it answers". Unique-cause modified condition/decision coverage of a conjunction
(Chilenski and Miller 1994; RTCA DO-178C) is: all true, and for each part a case in which it alone
is false. Where a clause is itself made of conditions, these get the masking form (NASA
TM-2001-210876): for each condition two cases, true and false, in which the clause would be another
if the condition were, while all other clauses are true. So the rule is taken in one of the two and
not in the other. A condition that is written twice is two conditions. What a row does may hold
choices (`ite`): each is a decision of its own, and its two branches must differ where it is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from checkers.mcdc.goal import (
    ANSWERS,
    BEFORE,
    CHOICE,
    CLAUSE,
    CONDITION,
    NEEDED,
    VALUE,
    Goal,
    Path,
    part_at,
    with_part,
)
from checkers.mcdc.restart import RESTART, restart_goals
from checkers.mcdc.telling import heard_by, refusal_tellings, tellings
from model.lang import Spec
from model.lang.declare import Event
from model.lang.expr import Expr, Kind, conjunction, disjunction, negate, same, show, walk
from model.lang.sorts import BOOL, NODE, RangeSort, SumSort, is_ordered
from model.lang.spec import Transition

_CONNECTIVES = frozenset({Kind.NOT, Kind.AND, Kind.OR, Kind.IMPLIES})


def goals_of(spec: Spec, event: type[Event]) -> list[Goal]:
    """Return everything to be shown of the rows that answer `event`, in order."""
    if event is RESTART:
        return _distinct(list(restart_goals(spec)))
    found: list[Goal] = []
    rules = spec.rules_of(event)
    for at, rule in enumerate(rules):
        found += _of_row(rule, (), (), rules[:at], rules[at + 1 :])
        found += tellings(spec, rule, rules[:at])
    before = [(rule.label, rule.guard) for rule in spec.rules_of(event)]
    for refusal in spec.refusals_of(event):
        none = tuple((guard, False) for _, guard in before)
        names = tuple(f"{label} does not answer" for label, _ in before)
        found += _of_row(refusal, none, names)
        found += refusal_tellings(spec, refusal, none, names)
        found += _behind(refusal, before)
        before.append((refusal.label, refusal.guard))
    return _distinct(found)


def _of_row(
    t: Transition,
    none: tuple[tuple[Expr, bool], ...],
    names: tuple[str, ...],
    before: Sequence[Transition] = (),
    behind: Sequence[Transition] = (),
) -> Iterator[Goal]:
    """Yield the goals of one row.

    `none` says that none before it answers, where it is a refusal; `before` and `behind` are the
    other rules of the event, where it is a rule.
    """
    quiet = tuple((rule.guard, False) for rule in before)
    still = tuple(f"{rule.label} does not answer" for rule in before)
    unheard = tuple(_none_of(rules) for rules in ([*before, *behind], before) if rules)
    texts = [c.text for c in t.clauses]
    holds = tuple((c.expr, True) for c in t.clauses)
    told = (*names, *texts)
    near = tuple(w for c in t.clauses for w in _borders(c.expr))
    yield Goal(t.label, ANSWERS, "", True, None, (*none, *holds), told, (*_seen(t), *near))
    for at, clause in enumerate(t.clauses):
        others = holds[:at] + holds[at + 1 :]
        rest = (*names, *texts[:at], *texts[at + 1 :])
        alone = (*none, *others, (clause.expr, False))
        spoken = (*rest, f"not {clause.text}")
        near = (*unheard, *_borders(clause.expr))
        yield Goal(t.label, CLAUSE, clause.text, False, at, alone, spoken, near)
        if before:
            first = (*quiet, *alone)
            yield Goal(t.label, NEEDED, clause.text, False, at, first, (*still, *spoken), near)
        whole = plain(clause.expr)
        places = list(conditions(whole))
        if t.kind == "rule":
            yield from _at_the_border(t, at, whole, others, rest, unheard)
        if len(places) < 2:
            continue  # the clause is its condition, or the contrary of it
        for number, (path, positive) in enumerate(places):
            condition = part_at(whole, path)
            text = _numbered(whole, places, number)
            for value in (True, False):
                deciding = _deciding(whole, path, positive, value)
                words = (*rest, *_in_words(show(condition), clause.text, value))
                wanted = (*none, *others, *deciding)
                near = tuple(_borders(condition))
                yield Goal(t.label, CONDITION, text, value, at, wanted, words, near, path)
    yield from _choices(t, (*none, *holds), told)


def _at_the_border(
    t: Transition,
    at: int,
    whole: Expr,
    others: tuple[tuple[Expr, bool], ...],
    rest: tuple[str, ...],
    unheard: tuple[Expr, ...],
) -> Iterator[Goal]:
    """Yield that each condition of a rule's clause decides at each value that it is about."""
    clause = t.clauses[at]
    for path, positive in conditions(whole):
        condition = part_at(whole, path)
        for equation, value in _values(condition):
            deciding = (*_deciding(whole, path, positive, value), (equation, True))
            words = (*rest, *_in_words(show(condition), clause.text, value), show(equation))
            text = show(equation) + ("" if condition is whole else f", by {show(condition)},")
            text = f"{text} in {clause.text}"
            wishes = () if value == positive else unheard
            yield Goal(t.label, VALUE, text, value, at, (*others, *deciding), words, wishes, path)


def _none_of(rules: Sequence[Transition]) -> Expr:
    return negate(disjunction(*(rule.guard for rule in rules)))


def _behind(refusal: Transition, before: list[tuple[str, Expr]]) -> Iterator[Goal]:
    """Yield that each row before a refusal, alone, keeps it from answering."""
    own = tuple((c.expr, True) for c in refusal.clauses)
    for at, (label, _) in enumerate(before):
        others = tuple((g, i == at) for i, (_, g) in enumerate(before))
        names = tuple(
            f"{n} answers" if i == at else f"{n} does not answer" for i, (n, _) in enumerate(before)
        )
        told = (*names, *(c.text for c in refusal.clauses))
        yield Goal(refusal.label, BEFORE, label, False, at, (*others, *own), told)


# ---------------------------------------------------------------- conditions


def plain(e: Expr) -> Expr:
    """Return a truth value with its choices between truth values spelled out."""
    if e.sort == BOOL and e.kind is Kind.ITE:
        condition, then, otherwise = (plain(a) for a in e.args)
        return disjunction(conjunction(condition, then), conjunction(negate(condition), otherwise))
    if e.kind in _CONNECTIVES:
        return e.with_args(tuple(plain(a) for a in e.args))
    return e


def conditions(e: Expr, positive: bool = True) -> Iterator[tuple[Path, bool]]:
    """Yield where the conditions of a truth value stand, each with its sign; constants are none."""
    if e.kind not in _CONNECTIVES:
        if e.kind is not Kind.CONST:
            yield (), positive
        return
    for at, arg in enumerate(e.args):
        turned = e.kind is Kind.NOT or (e.kind is Kind.IMPLIES and at == 0)
        for path, sign in conditions(arg, positive != turned):
            yield (at, *path), sign


def _deciding(
    whole: Expr, path: Path, positive: bool, value: bool
) -> tuple[tuple[Expr, bool], ...]:
    """Return that a condition has a value, and that the whole would be another without it."""
    if_true, if_false = (
        with_part(whole, path, Expr(Kind.CONST, BOOL, (), told)) for told in (True, False)
    )
    return (part_at(whole, path), value), (if_true, positive), (if_false, not positive)


def _in_words(condition: str, whole: str, value: bool) -> tuple[str, str, str]:
    return (
        condition if value else f"not {condition}",
        f"{whole} if {condition} were true",
        f"{whole} if {condition} were false",
    )


def _numbered(whole: Expr, places: list[tuple[Path, bool]], number: int) -> str:
    """Return the text of a condition; one that is written more than once is numbered."""
    told = part_at(whole, places[number][0])
    alike = [i for i, (path, _) in enumerate(places) if same(part_at(whole, path), told)]
    text = f"{show(told)} in {show(whole)}"
    return text if len(alike) == 1 else f"{text} (place {alike.index(number) + 1})"


# ---------------------------------------------------------------- choices


def _choices(
    t: Transition, taken: tuple[tuple[Expr, bool], ...], names: tuple[str, ...]
) -> Iterator[Goal]:
    """Yield the goals of the choices in what a row does."""
    for effect, seen, inside in _effects(t):
        for choice, way in _ites(effect, ()):
            condition, then, otherwise = choice.args
            differ = negate(Expr(Kind.EQ, BOOL, (then, otherwise)))
            fixed = (*taken, *seen, *way, (differ, True))
            told = (*names, *(f"somebody hears{inside}" for _ in seen))
            told = (*told, *(show(c) if v else f"not {show(c)}" for c, v in way))
            told = (*told, f"{show(then)} is not {show(otherwise)}")
            whole = plain(condition)
            places = list(conditions(whole))
            for number, (path, positive) in enumerate(places):
                one = part_at(whole, path)
                text = show(one) if len(places) == 1 else _numbered(whole, places, number)
                text += inside
                for value in (True, False):
                    deciding = _deciding(whole, path, positive, value)
                    words = (*told, *_in_words(show(one), show(whole), value))
                    near = tuple(_borders(one))
                    yield Goal(t.label, CHOICE, text, value, None, (*fixed, *deciding), words, near)
                for equation, value in _values(one):
                    deciding = (*_deciding(whole, path, positive, value), (equation, True))
                    words = (*told, *_in_words(show(one), show(whole), value), show(equation))
                    said = f"{show(equation)}, by {text},"
                    yield Goal(t.label, VALUE, said, value, None, (*fixed, *deciding), words)


def _ites(
    e: Expr, way: tuple[tuple[Expr, bool], ...]
) -> Iterator[tuple[Expr, tuple[tuple[Expr, bool], ...]]]:
    """Yield the choices in an expression, each with what leads to it."""
    if e.kind is not Kind.ITE:
        for arg in e.args:
            yield from _ites(arg, way)
        return
    condition, then, otherwise = e.args
    yield e, way
    yield from _ites(condition, way)
    yield from _ites(then, (*way, (condition, True)))
    yield from _ites(otherwise, (*way, (condition, False)))


def _effects(t: Transition) -> Iterator[tuple[Expr, tuple[tuple[Expr, bool], ...], str]]:
    """Yield what a row sets, sends and replies, each with what makes it seen, and where that is.

    What a message says is seen where somebody hears it.
    """
    for value in t.updates.values():
        yield value, (), ""
    for out in t.sends:
        yield out.to, (), ""
        heard = heard_by(out.to)
        for value in out.fields.values():
            yield value, () if heard is None else ((heard, True),), f" in {out.message.__name__}"
    for value in t.reply.fields.values() if t.reply is not None else ():
        yield value, (), ""


# ---------------------------------------------------------------- wishes


def _seen(t: Transition) -> Iterator[Expr]:
    """Yield what makes the effects of a row visible: each variable changes, somebody is told."""
    me = Expr(Kind.ME, NODE)
    for name, value in t.updates.items():
        yield negate(Expr(Kind.EQ, BOOL, (Expr(Kind.VAR, value.sort, (me,), name), value)))
    for out in t.sends:
        heard = heard_by(out.to)
        if heard is not None:
            yield heard


def _values(e: Expr) -> Iterator[tuple[Expr, bool]]:
    """Yield what a condition may be wrong about: equations, each with what it is where they hold.

    Of a case among several these are all cases, of a comparison by order that both are equal, and
    of an equation between what has an order that the one is less, and that the other is.
    """
    if e.kind in (Kind.LT, Kind.LE):
        yield Expr(Kind.EQ, BOOL, e.args), e.kind is Kind.LE
    elif e.kind is Kind.IS:
        (x,) = e.args
        assert isinstance(x.sort, SumSort)
        for leaf in x.sort.leaves:
            yield Expr(Kind.EQ, BOOL, (x, Expr(Kind.CONST, x.sort, (), leaf))), leaf in e.data
    elif e.kind is Kind.EQ and e.args[1].kind is Kind.CONST:
        x, y = e.args
        if isinstance(x.sort, SumSort | RangeSort):
            every = x.sort.leaves if isinstance(x.sort, SumSort) else range(x.sort.top + 1)
            for one in every:
                yield Expr(Kind.EQ, BOOL, (x, Expr(Kind.CONST, x.sort, (), one))), one == y.data
    elif e.kind is Kind.EQ and is_ordered(e.args[0].sort):
        x, y = e.args
        yield Expr(Kind.LT, BOOL, (x, y)), False
        yield Expr(Kind.LT, BOOL, (y, x)), False


def _borders(e: Expr) -> Iterator[Expr]:
    """Yield that what a truth value compares is equal, where it is compared by order."""
    if e.kind in (Kind.LT, Kind.LE):
        yield Expr(Kind.EQ, BOOL, e.args)
    elif e.kind in _CONNECTIVES:
        for arg in e.args:
            yield from _borders(arg)


# ---------------------------------------------------------------- what is the same


def _distinct(found: list[Goal]) -> list[Goal]:
    """Leave out what asks for the same as a goal before it; number what is only called the same."""
    kept: dict[str, list[Goal]] = {}
    for goal in found:
        alike = kept.setdefault(goal.name, [])
        if not any(_alike(goal, other) for other in alike):
            alike.append(replace(goal, again=len(alike)))
    order = {name: iter(goals) for name, goals in kept.items()}
    return [goal for one in found for goal in (next(order[one.name], None),) if goal is not None]


def _alike(a: Goal, b: Goal) -> bool:
    return len(a.wanted) == len(b.wanted) and all(
        v == w and same(x, y) for (x, v), (y, w) in zip(a.wanted, b.wanted, strict=True)
    )


# ---------------------------------------------------------------- what statements speak of


def of_one_node(fact: Expr) -> bool:
    """Tell whether a statement about a node reads the variables of just that one."""
    return not any(
        e.kind in (Kind.SENT, Kind.GHOST)
        or (e.kind is Kind.VAR and e.args[0].kind is not Kind.BOUND)
        for e in walk(fact)
    )


def of_the_configuration(formula: Expr) -> bool:
    """Tell whether a formula speaks of the configuration alone."""
    return not any(e.kind in (Kind.VAR, Kind.SENT, Kind.GHOST) for e in walk(formula))
