"""Cases for one event of one node: every combination of conditions that the values can give.

Belongs here: choosing cases. Never here: running them (`exhaustive`), or the values (`setting`).

A row's guard is made of *conditions*: comparisons, memberships, majorities, truth values. What a
node answers depends on its control variables (the role, the tabled state) and on which conditions
hold. For each value of the control variables, all combinations of conditions that the pools of
values can give are found; conditions that share no variable or field are independent, so they are
found group by group and multiplied. Where that is too much (`MOST`), a condition that cannot matter
under those control variables, since it stands behind one that is false there, only takes turns.
Of each combination several cases are made, of a small event more; the values that give it are dealt
like cards, so that every value is used before one comes again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import ceil, prod
from typing import Any, TypeAlias

from checkers.conformance.setting import Setting
from model.evaluate import Event
from model.evaluate.terms import Closure, Frame, TermCompiler
from model.lang import Message, Spec
from model.lang.expr import Expr, Kind, walk
from model.lang.sorts import BOOL, NODE, Sort
from model.lang.spec import Transition

Value: TypeAlias = Any
Input: TypeAlias = tuple[str, str]
"""A variable (`me`, name), a field (`m`, name) or the sender (`m`, `sender!`)."""
Choice: TypeAlias = tuple[Value, ...]
Control: TypeAlias = dict[Input, Value]
Truths: TypeAlias = tuple[bool, ...]

SENDER: Input = ("m", "sender!")
_COMPOUND = frozenset({Kind.NOT, Kind.AND, Kind.OR, Kind.IMPLIES, Kind.ITE, Kind.CONST})


@dataclass(frozen=True)
class Case:
    """A node's variables, and an event for it."""

    before: Mapping[str, Value]
    event: Event


@dataclass(eq=False)
class Condition:
    """An expression that is true or false and has no such part, and the inputs it reads."""

    expr: Expr
    inputs: frozenset[Input]
    test: Closure


@dataclass(eq=False)
class Group:
    """Inputs that conditions tie together, and every combination of their values."""

    inputs: tuple[Input, ...]
    choices: list[Choice]
    conditions: list[Condition] = field(default_factory=list)


Plan: TypeAlias = "list[tuple[Group, dict[Truths, list[Choice]]]]"


class Deck:
    """Deals the elements of a list, shuffled once, in turn."""

    def __init__(self, cards: Sequence[Any], chance: random.Random) -> None:
        self._cards = list(cards)
        chance.shuffle(self._cards)
        self._turn = 0

    def deal(self) -> Any:
        """Return the next element."""
        self._turn += 1
        return self._cards[self._turn % len(self._cards)]


CRASH = "crash"
MOST = 30_000
"""More combinations of one event than this, and conditions that cannot matter take turns."""
BACKGROUNDS = 251
"""So many different values of everything that no condition of a case settles."""
CASES = 2_500
"""At least so many cases of an event, with other values for the same combinations."""


class EventCases:
    """All cases of one event, or of a crash."""

    def __init__(self, spec: Spec, setting: Setting, name: str) -> None:
        self.spec, self.setting, self.name = spec, setting, name
        self.event = spec.events[name] if name != CRASH else None
        self.rows = [t for t in spec.transitions if t.event is self.event]
        self.parts = self.event.parts if self.event is not None else {}
        self.sorts = self._input_sorts()
        self.control: list[Input] = [("me", name) for name in spec.control]
        self._compiler = TermCompiler()
        self._conditions: dict[Any, Condition] = {}
        for row in self.rows:
            for expr in (*(c.expr for c in row.clauses), *_effects(row)):
                self._collect(expr)
        self._chance = random.Random(name)
        self._pools: dict[str, tuple[Value, ...]] = {}
        self._all_choices: dict[tuple[Input, ...], list[Choice]] = {}
        self._decks: dict[int, Deck] = {}
        self._background = self._backgrounds()
        self._tables: dict[Any, dict[Truths, list[Choice]]] = {}

    def _input_sorts(self) -> dict[Input, Sort]:
        sorts: dict[Input, Sort] = {("me", n): d.sort for n, d in self.spec.variables.items()}
        sorts |= {("m", n): d.sort for n, d in self.parts.items()}
        if self.event is not None and issubclass(self.event, Message):
            sorts[SENDER] = NODE
        return sorts

    def pool(self, one: Input) -> tuple[Value, ...]:
        """Return the values to try for a variable or field."""
        name = f"{self.name if one[0] == 'm' else 'me'}.{one[1].rstrip('!')}"
        if name not in self._pools:
            self._pools[name] = self.setting.pool(self.sorts[one], name)
        return self._pools[name]

    # ------------------------------------------------------------ conditions

    def _collect(self, expr: Expr) -> list[Condition]:
        """Return the conditions of an expression, each made once."""
        below = [c for a in expr.args for c in self._collect(a)]
        is_condition = expr.sort == BOOL and expr.kind not in _COMPOUND
        return [self._condition(expr), *below] if is_condition else below

    def _condition(self, expr: Expr) -> Condition:
        key = _key(expr)
        if key not in self._conditions:
            test = self._compiler.compile(expr, {})
            self._conditions[key] = Condition(expr, inputs_of(expr), test)
        return self._conditions[key]

    def _mattering(self, control: Control) -> list[Condition]:
        """Return the conditions that can decide something under these control variables.

        Of a rule with one clause that is false for them, the others decide whether that clause is
        alone false; with more, what comes before the first, for the refusal that names it.
        """
        f, fixed = self._frame(control), set(self.control)
        found: dict[Condition, None] = {}
        for row in self.rows:
            clauses = [c.expr for c in row.clauses]
            false = [
                at
                for at, expr in enumerate(clauses)
                if inputs_of(expr) <= fixed and not self._compiler.compile(expr, {})(f)
            ]
            mattering = clauses[: false[0]] if len(false) > 1 else clauses
            for expr in (*mattering, *([] if false else _effects(row))):
                found |= dict.fromkeys(self._collect(expr))
        return [c for c in found if not c.inputs <= fixed]

    def _groups(self, conditions: list[Condition]) -> list[Group]:
        """Return the inputs that conditions read, grouped by the conditions that tie them."""
        fixed = set(self.control)
        leader = {i: i for c in conditions for i in self.sorts if i in c.inputs - fixed}

        def find(one: Input) -> Input:
            while leader[one] != one:
                one = leader[one]
            return one

        for condition in conditions:
            first, *rest = [i for i in condition.inputs if i not in fixed]
            for other in rest:
                leader[find(other)] = find(first)
        members: dict[Input, list[Input]] = {}
        for one in leader:
            members.setdefault(find(one), []).append(one)
        groups = {
            first: Group(tuple(inputs), self._choices(tuple(inputs)))
            for first, inputs in members.items()
        }
        for condition in conditions:
            one = next(i for i in condition.inputs if i not in fixed)
            groups[find(one)].conditions.append(condition)
        return list(groups.values())

    def _choices(self, inputs: tuple[Input, ...]) -> list[Choice]:
        if inputs not in self._all_choices:
            self._all_choices[inputs] = list(product(*map(self.pool, inputs)))
        return self._all_choices[inputs]

    # ------------------------------------------------------------ cases

    def cases(self) -> Iterator[Case]:
        """Yield the cases, for every value of the control variables."""
        controls = [
            dict(zip(self.control, values, strict=True))
            for values in product(*map(self.pool, self.control))
        ]
        plans = [self._plan(control, self._all_conditions()) for control in controls]
        if _size(plans) > MOST:
            plans = [self._plan(control, self._mattering(control)) for control in controls]
        repeats = ceil(CASES / _size(plans))
        for control, plan in zip(controls, plans, strict=True):
            for combination in product(*(table for _, table in plan)):
                for _ in range(repeats):
                    yield self._case(control, plan, combination)

    def _all_conditions(self) -> list[Condition]:
        fixed = set(self.control)
        return [c for c in self._conditions.values() if not c.inputs <= fixed]

    def _plan(self, control: Control, conditions: list[Condition]) -> Plan:
        return [(group, self._table(group, control)) for group in self._groups(conditions)]

    def _table(self, group: Group, control: Control) -> dict[Truths, list[Choice]]:
        """Return the values of a group's inputs by the truth of its conditions."""
        read = {i for c in group.conditions for i in c.inputs}
        key = (
            tuple(map(id, group.conditions)),
            tuple([value for one, value in control.items() if one in read]),
        )
        if key not in self._tables:
            f = self._frame(control)
            tests = [c.test for c in group.conditions]
            found: dict[Truths, list[Choice]] = {}
            for choice in group.choices:
                self._assign(f, zip(group.inputs, choice, strict=True))
                found.setdefault(tuple([bool(test(f)) for test in tests]), []).append(choice)
            self._tables[key] = found
        return self._tables[key]

    def _frame(self, control: Control) -> Frame:
        f = Frame(self.setting.config, self.setting.me, {}, {})
        self._assign(f, control.items())
        return f

    @staticmethod
    def _assign(f: Frame, values: Any) -> None:
        for one, value in values:
            if one == SENDER:
                f.sender = value
            else:
                (f.local if one[0] == "me" else f.fields)[one[1]] = value  # type: ignore[index]

    def _backgrounds(self) -> Deck:
        """Return values of everything, to be dealt to what a case leaves open."""
        decks = {one: Deck(self.pool(one), self._chance) for one in self.sorts}
        return Deck(
            [{one: deck.deal() for one, deck in decks.items()} for _ in range(BACKGROUNDS)],
            self._chance,
        )

    def _case(self, control: Control, plan: Plan, combination: tuple[Truths, ...]) -> Case:
        chosen = {**self._background.deal(), **control}
        for (group, table), truths in zip(plan, combination, strict=True):
            cards = table[truths]
            deck = self._decks.get(id(cards))
            if deck is None:
                deck = self._decks[id(cards)] = Deck(cards, self._chance)
            chosen.update(zip(group.inputs, deck.deal(), strict=True))
        values = list(chosen.values())  # in the order of `sorts`, as backgrounds are made
        before = dict(zip(self.spec.variables, values, strict=False))
        fields = dict(zip(self.parts, values[len(before) :], strict=False))
        kind = self.event.kind if self.event is not None else CRASH
        sender = chosen.get(SENDER)
        return Case(before, Event(kind, self.name, self.setting.me, fields, sender))


def _size(plans: list[Plan]) -> int:
    return sum(prod(len(table) for _, table in plan) for plan in plans)


def inputs_of(expr: Expr) -> frozenset[Input]:
    """Return the variables and fields that an expression reads."""
    found: set[Input] = set()
    for node in walk(expr):
        if node.kind is Kind.VAR:
            found.add(("me", node.data))
        elif node.kind is Kind.FIELD:
            found.add(("m", node.data))
        elif node.kind is Kind.SENDER:
            found.add(SENDER)
    return frozenset(found)


def _effects(row: Transition) -> Iterator[Expr]:
    yield from row.updates.values()
    for out in row.sends:
        yield out.to
        yield from out.fields.values()
    if row.reply is not None:
        yield from row.reply.fields.values()


def _key(expr: Expr) -> Any:
    """Return what two expressions that read alike have in common."""
    return (expr.kind, expr.sort, expr.data, tuple(map(_key, expr.args)))
