"""Reading promises and fairness: from what a spec wrote to what an engine is given.

Belongs here: the checks of promises, of who stays up, and of what is fair. Never here: how they
are written (`promises.py`), or what they mean of a run (the engine that checks them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from model.lang import checks
from model.lang.declare import Event, Message, Request, Timer
from model.lang.errors import SpecError, suggest
from model.lang.expr import Expr, Kind, lift, walk
from model.lang.promises import (
    ALIVE,
    CEASES,
    EVENTUALLY,
    LEADS_TO,
    LOSS,
    ONCE,
    FairAction,
    Fairness,
    Pledge,
    Whenever,
)
from model.lang.rules import Property, Rule
from model.lang.show import show
from model.lang.sorts import NODE, SetSort, Sort
from model.lang.spec import Spec

Names = tuple[tuple[str, Sort], ...]
Placed = Callable[[Any], Expr]


def promise_of(prop: Property, bound: Mapping[str, Any], names: Names, placed: Placed) -> Pledge:
    """Read what a promise's function returned. Raises `SpecError` ORD120 where it is none."""
    made = prop.function(**bound)
    if isinstance(made, Whenever):
        fix = f"write {show(made)}.then(...)"
        raise SpecError("ORD120", show(made), "it promises nothing yet", fix=fix, span=prop.span)
    if made is None:
        fix = "end it with return whenever(p).then(q), or with the condition itself"
        text = f"{prop.function.__name__} returns None"
        raise SpecError("ORD120", text, "it promises nothing", fix=fix, span=prop.span)
    promise = made if isinstance(made, Pledge) else Pledge(ONCE, made)
    then = placed(promise.then)
    when = placed(promise.when) if promise.shape == LEADS_TO else None
    variables = {name: lift(value) for name, value in bound.items()}
    for expr in (then, when):
        if expr is not None:
            checks.of_states(prop, expr, variables)
    if then.kind is Kind.CONST or (when is not None and when.kind is Kind.CONST and not when.data):
        reason = "it is the same in every state, so that there is nothing to wait for"
        fix = "say what is to happen, of the nodes' variables"
        raise SpecError("ORD120", show(promise), reason, fix=fix, span=prop.span)
    return replace(promise, then=then, when=when, bound=names)


def alive_of(prop: Property, bound: Mapping[str, Any], names: Names, placed: Placed) -> Pledge:
    """Read which sets of nodes stay up. Raises `SpecError` ORD120 for any other function."""
    sorts = [sort for _, sort in names]
    if len(sorts) != 1 or not isinstance(sorts[0], SetSort) or sorts[0].of != NODE:
        text = f"{prop.name}({', '.join(name for name, _ in names)})"
        reason = "who stays up is a condition on one set of nodes"
        fix = "declare class Nodes(SetOf, of=Node), and write one parameter up: Nodes"
        raise SpecError("ORD120", text, reason, fix=fix, span=prop.span)
    then = placed(prop.function(**bound))
    checks.of_states(prop, then, {name: lift(value) for name, value in bound.items()})
    for node in walk(then):
        if node.kind in (Kind.VAR, Kind.SENT, Kind.GHOST):
            reason = "who stays up may depend on the configuration alone"
            fix = "say it of the set and of config"
            raise SpecError("ORD120", show(node), reason, fix=fix, span=prop.span)
    return Pledge(ALIVE, then, None, names)


def fair_actions(
    spec: Spec, declared: Iterable[Fairness], errors: list[SpecError]
) -> Iterator[FairAction]:
    """Yield what is fair, one event or rule at a time, and keep the mistakes in `errors`."""
    known: dict[str, FairAction] = {}
    count = 0
    for one in declared:
        count += one.strength != CEASES
        for target in one.targets:
            try:
                found = list(_actions(spec, one, target))
            except SpecError as error:
                errors.append(error)
                continue
            for action in found:
                clash = _clash(spec, known, action)
                if clash is None:
                    known[action.name] = action
                    yield action
                    continue
                first, reason, fix = clash
                related = [("the other one", first.span)]
                twice = SpecError(
                    "ORD116", action.name, reason, fix=fix, span=action.span, related=related
                )
                errors.append(twice)
    for statement in spec.statements.values():
        for name in statement.prop.without:
            if name not in known and not errors:
                text = f"{statement.name}: without={name}"
                reason = "it is not declared to be fair, so that nothing is left out"
                fix = suggest(name, known)
                span = statement.prop.span
                errors.append(SpecError("ORD120", text, reason, fix=fix, span=span))
    promised = [s for s in spec.statements.values() if s.prop.kind == EVENTUALLY]
    if promised and not count and not errors:
        first_promise = promised[0].prop
        errors.append(SpecError("ORD121", first_promise.name, _IDLE, span=first_promise.span))


def _clash(
    spec: Spec, known: Mapping[str, FairAction], action: FairAction
) -> tuple[FairAction, str, str] | None:
    """Return what was declared before and does not go with this, the reason, and a fix."""
    first = known.get(action.name)
    if first is not None:
        return first, f"it is declared as {first.strength} already", "say once how fair it is"
    for other in known.values():
        strengths = {other.strength, action.strength}
        shared = sorted(_labels(spec, other) & _labels(spec, action))
        if not shared or not strengths & {CEASES, LOSS}:
            continue
        said = "to cease" if other.strength == CEASES else f"as {other.strength}"
        reason = f"{other.name} is declared {said} already, and {shared[0]} is a rule of both"
        fix = "say of a rule how fair it is, or that it ceases"
        if strengths == {CEASES}:
            fix = "say once what ceases"
        elif LOSS in strengths:
            # What is sent once would have to arrive finitely often, and its rule act for ever.
            fix = "say of a message that it may be lost, or how fair its rules are"
        return other, reason, fix
    return None


def _labels(spec: Spec, action: FairAction) -> set[str]:
    if action.event is None:
        return {str(action.rule)}
    return {t.label for t in spec.rules_of(action.event)}


_IDLE = "nothing is said to be fair, and a run in which nobody ever acts again breaks it"


def _actions(spec: Spec, one: Fairness, target: Any) -> Iterator[FairAction]:
    """Yield the events or rules that one target of a declaration stands for.

    Raises `SpecError` ORD101 for what the spec does not have, ORD120 for what never happens.
    """
    unless = frozenset(event.__name__ for event in one.unless)
    for event in one.unless:
        if event not in spec.events.values():
            raise _elsewhere(event, one)
    if isinstance(target, Rule):
        labels = [target.name(event) for event in target.events]
        found = [label for label in labels if label in spec.by_label]
        if not found:
            reason = "no module of the spec has this rule"
            fix = "give its module to read_spec(..., modules=...) too"
            raise SpecError("ORD101", target.function.__name__, reason, fix=fix, span=one.span)
        for label in found:
            yield FairAction(one.strength, label, None, label, one.span, unless, one.why)
        return
    if target in (Timer, Message, Request):
        every = [e for e in spec.events.values() if issubclass(e, target)]
        events: list[type[Event]] = [e for e in every if spec.rules_of(e)]
        what = f"any {target.__name__.lower()}"
    else:
        events, what = [target], "it"
        if target not in spec.events.values():
            raise _elsewhere(target, one)
    if not any(spec.rules_of(e) for e in events):
        text = f"{show(one)}: {target.__name__}"
        fix = "write the rule, or leave it out"
        raise SpecError("ORD120", text, f"no rule accepts {what}", fix=fix, span=one.span)
    for event in events:
        yield FairAction(one.strength, event.__name__, event, None, one.span, unless, one.why)


def _elsewhere(event: type[Event], one: Fairness) -> SpecError:
    reason = "no module of the spec declares this event"
    fix = f"give {event.__module__} to read_spec(..., modules=...) too"
    return SpecError("ORD101", event.__name__, reason, fix=fix, span=one.span)
