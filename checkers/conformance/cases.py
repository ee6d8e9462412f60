"""Cases for one event of one node: every combination of conditions that the values can give.

Belongs here: choosing cases. Never here: running them (`exhaustive`), or the values (`scenario`).

A row's guard is made of *conditions*: comparisons, memberships, majorities, truth values. What a
node answers depends on its control variables (the role, the tabled state) and on which conditions
hold. For each value of the control variables, all combinations of conditions that the pools of
values can give are found; conditions that share no variable or field are independent, so they are
found group by group and multiplied. A condition that cannot matter under those control variables
(it stands behind one that is false there) only takes turns. Of each combination one case is made;
the values that give it take turns, so that every value of every pool is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any, TypeAlias

from checkers.conformance.scenario import Scenario
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

SENDER: Input = ("m", "sender!")
_CONNECTIVES = frozenset({Kind.NOT, Kind.AND, Kind.OR, Kind.IMPLIES})


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


@dataclass
class Group:
    """Inputs that conditions tie together, and every combination of their values."""

    inputs: tuple[Input, ...]
    choices: list[Choice]
    conditions: list[Condition] = field(default_factory=list)


@dataclass
class Turns:
    """Gives out the elements of lists in turn."""

    at: dict[Any, int] = field(default_factory=dict)

    def next(self, key: Any, values: list[Any]) -> Any:
        """Return the next element of the list known by `key`."""
        turn = self.at.get(key, 0)
        self.at[key] = turn + 1
        return values[turn % len(values)]


class EventCases:
    """All cases of one event."""

    def __init__(self, spec: Spec, scenario: Scenario, name: str) -> None:
        self.spec, self.scenario, self.name = spec, scenario, name
        self.event = spec.events[name]
        self.rules = spec.rules_of(self.event)
        self.rows = (*self.rules, *spec.refusals_of(self.event))
        self.sorts = self._input_sorts()
        self.control: list[Input] = [
            ("me", n) for n in dict.fromkeys([spec.role_variable, *(t.variable for t in spec.edges)])
        ]
        self._compiler = TermCompiler()
        self._conditions: dict[Any, Condition] = {}
        for row in self.rows:
            for expr in _own_expressions(row):
                self._collect(expr)
        self._turns = Turns()

    def _input_sorts(self) -> dict[Input, Sort]:
        sorts: dict[Input, Sort] = {("me", n): d.sort for n, d in self.spec.variables.items()}
        sorts |= {("m", n): d.sort for n, d in self.event.parts.items()}
        if issubclass(self.event, Message):
            sorts[SENDER] = NODE
        return sorts

    def pool(self, one: Input) -> tuple[Value, ...]:
        """Return the values to try for a variable or field."""
        where = self.name if one[0] == "m" else "me"
        return self.scenario.pool(self.sorts[one], f"{where}.{one[1].rstrip('!')}")

    # ------------------------------------------------------------ conditions

    def _collect(self, expr: Expr) -> list[Condition]:
        """Return the conditions of an expression, each made once."""
        if expr.sort == BOOL and expr.kind is not Kind.CONST:
            if expr.kind not in _CONNECTIVES and expr.kind is not Kind.ITE:
                found = [self._condition(expr)]
                return found + [c for a in expr.args for c in self._collect(a)]
        return [c for a in expr.args for c in self._collect(a)]

    def _condition(self, expr: Expr) -> Condition:
        key = _key(expr)
        if key not in self._conditions:
            test = self._compiler.compile(expr, {})
            self._conditions[key] = Condition(expr, inputs_of(expr), test)
        return self._conditions[key]

    def _mattering(self, f: Frame) -> list[Condition]:
        """Return the conditions that can decide the answer under the control variables of `f`.

        A rule with a false clause that only reads those matters up to that clause, for the
        refusal that names the nearest one.
        """
        found: dict[Condition, None] = {}
        fixed = set(self.control)
        for row in self.rows:
            alive = True
            for clause in row.clauses:
                if inputs_of(clause.expr) <= fixed:
                    if not self._compiler.compile(clause.expr, {})(f):
                        alive = False
                        break
                    continue
                found |= dict.fromkeys(self._collect(clause.expr))
            if alive:
                for expr in _effects(row):
                    found |= dict.fromkeys(self._collect(expr))
        return [c for c in found if not c.inputs <= fixed]

    def _groups(self, conditions: list[Condition]) -> list[Group]:
        """Return the inputs grouped by the conditions that tie them; each alone if none does."""
        fixed = set(self.control)
        leader: dict[Input, Input] = {i: i for i in self.sorts if i not in fixed}

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
            first: Group(tuple(inputs), list(product(*map(self.pool, inputs))))
            for first, inputs in members.items()
        }
        for condition in conditions:
            groups[find(next(i for i in condition.inputs if i not in fixed))].conditions.append(
                condition
            )
        return list(groups.values())

    # ------------------------------------------------------------ cases

    def cases(self) -> Iterator[Case]:
        """Yield the cases, for every value of the control variables."""
        for values in product(*map(self.pool, self.control)):
            yield from self._under(dict(zip(self.control, values, strict=True)))

    def _under(self, control: dict[Input, Value]) -> Iterator[Case]:
        f = self._frame(control)
        groups = self._groups(self._mattering(f))
        tables = [(group, self._table(group, control)) for group in groups]
        for combination in product(*(table for _, table in tables)):
            chosen = dict(control)
            for (group, table), vector in zip(tables, combination, strict=True):
                key = (group.inputs, tuple(control.values()) if group.conditions else (), vector)
                choice = self._turns.next(key, table[vector])
                chosen.update(zip(group.inputs, choice, strict=True))
            yield self._case(chosen)

    def _table(
        self, group: Group, control: dict[Input, Value]
    ) -> dict[tuple[bool, ...], list[Choice]]:
        """Return the values of a group's inputs by the combination of conditions they give."""
        found: dict[tuple[bool, ...], list[Choice]] = {}
        if not group.conditions:
            return {(): group.choices}
        f = self._frame(control)
        tests = [c.test for c in group.conditions]
        for choice in group.choices:
            self._assign(f, zip(group.inputs, choice, strict=True))
            found.setdefault(tuple([bool(test(f)) for test in tests]), []).append(choice)
        return found

    def _frame(self, control: dict[Input, Value]) -> Frame:
        f = Frame(self.scenario.config, self.scenario.me, {}, {})
        self._assign(f, control.items())
        return f

    @staticmethod
    def _assign(f: Frame, values: Any) -> None:
        for one, value in values:
            if one == SENDER:
                f.sender = value
            else:
                (f.local if one[0] == "me" else f.fields)[one[1]] = value  # type: ignore[index]

    def _case(self, chosen: dict[Input, Value]) -> Case:
        before = {name: chosen["me", name] for name in self.spec.variables}
        fields = {name: chosen["m", name] for name in self.event.parts}
        event = Event(
            self.event.kind, self.name, self.scenario.me, fields, chosen.get(SENDER)
        )
        return Case(before, event)


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


def _own_expressions(row: Transition) -> Iterator[Expr]:
    yield from (c.expr for c in row.clauses)
    yield from _effects(row)


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
