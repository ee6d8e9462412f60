"""A whole spec, read: the form that every back-end works from.

Belongs here: `Spec` and what it is made of. Never here: how it is read (`reader.py`), or any
back-end's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from model.lang.declare import (
    Case,
    Config,
    Declared,
    EdgeTable,
    Event,
    EventProxy,
    Ghost,
    GhostUpdate,
    Message,
    Process,
    Reply,
    Request,
    Send,
    Sum,
    Table,
    Timer,
    VarDecl,
)
from model.lang.errors import SpecError, suggest
from model.lang.expr import Expr, Kind, conjunction, disjunction, negate, walk
from model.lang.promises import FairAction, Pledge
from model.lang.rules import Authority, Property
from model.lang.scenario import Scenario
from model.lang.sorts import SetSort, SumSort
from model.lang.source import Span


@dataclass(frozen=True, slots=True)
class Clause:
    """One conjunct of a guard.

    `kind`: `role` (may this node, in its role, act on this), `sender` (may the sender speak so),
    `guard` (everything else). `text` is how refusals and reports name it.
    """

    text: str
    expr: Expr
    kind: str


@dataclass(frozen=True, slots=True)
class ReplyValue:
    """A reply with its fields; a refusal's fields are filled in by the nearest guard."""

    decl: type[Reply]
    fields: dict[str, Expr]


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the spec.

    `kind`: `rule` accepts an event; `refusal` answers one that no rule accepts (tried in order,
    the first whose clauses hold); `environment` is a crash.
    """

    name: str
    kind: str
    event: type[Event] | None
    clauses: tuple[Clause, ...]
    updates: dict[str, Expr]
    sends: tuple[Send, ...]
    ghosts: tuple[GhostUpdate, ...]
    reply: ReplyValue | None
    doc: str
    span: Span

    @property
    def guard(self) -> Expr:
        """The conjunction of its own clauses (a refusal's place in the order apart)."""
        return conjunction(*(c.expr for c in self.clauses))

    @property
    def label(self) -> str:
        """A name unique in the spec: refusals carry their event's name."""
        if self.kind == "refusal" and self.event is not None:
            return f"{self.event.__name__}/{self.name}"
        return self.name

    def expressions(self) -> Iterator[Expr]:
        """Yield every expression in it, outermost ones only."""
        yield from (c.expr for c in self.clauses)
        yield from self.updates.values()
        for out in self.sends:
            yield out.to
            yield from out.fields.values()
        for update in self.ghosts:
            yield from update.args
            if update.where is not None:
                yield update.where
        if self.reply is not None:
            yield from self.reply.fields.values()

    def fresh(self) -> list[Expr]:
        """Return its FRESH expressions, each once, in order."""
        found: dict[int, Expr] = {}
        for expr in self.expressions():
            for node in walk(expr):
                if node.kind is Kind.FRESH:
                    found.setdefault(id(node), node)
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Statement:
    """A property read: a closed formula, for a step property one per transition, or a promise.

    What speaks of whole runs (kinds `eventually` and `alive`) has neither, so that what asks about
    states or steps has nothing to ask about it.
    """

    prop: Property
    formula: Expr | None = None
    per_transition: dict[str, Expr] = field(default_factory=dict)
    promise: Pledge | None = None

    @property
    def name(self) -> str:
        """The property's name."""
        return self.prop.name


class StepEvent(EventProxy):
    """The transition in a step property."""

    def __init__(self, transition: Transition) -> None:
        """Make the view of `transition`."""
        super().__init__(transition.event if transition.event is not None else Event)
        self._transition = transition

    @property
    def is_rule(self) -> bool:
        """Tell whether it accepts its event."""
        return self._transition.kind == "rule"

    @property
    def is_environment(self) -> bool:
        """Tell whether it is a crash."""
        return self._transition.kind == "environment"

    def is_kind(self, kind: type[Event]) -> bool:
        """Tell whether it answers an event of this kind."""
        return self._transition.event is not None and issubclass(self._transition.event, kind)

    def sends(self, message: type[Message]) -> list[Any]:
        """Return what it sends of `message`, each with its fields as attributes."""
        return [SendView(s) for s in self._transition.sends if s.message is message]


class SendView:
    """An outgoing message in a step property: its fields, and `to`, where it goes.

    Where the message has a field of that name, `to` is the field.
    """

    def __init__(self, out: Send) -> None:
        """Make the view of `out`."""
        self._out = out

    def __getattr__(self, name: str) -> Expr:
        """Return the value of field `name`, or the destination."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._out.fields:
            return self._out.fields[name]
        if name == "to":
            return self._out.to
        message = self._out.message.__name__
        reason = f"message {message} has no field {name!r}"
        fix = suggest(name, [*self._out.fields, "to"])
        raise SpecError("ORD101", f"{message}.{name}", reason, fix=fix)


@dataclass
class Spec:
    """A spec: declarations by name, and the transitions and statements read from its rules."""

    name: str
    title: str
    process: type[Process]
    role_variable: str | None
    config: type[Config]
    sums: dict[str, type[Sum]]
    sorts: dict[str, type[Declared]]
    events: dict[str, type[Event]]
    replies: dict[str, type[Reply]]
    tables: dict[str, Table]
    ghosts: dict[str, Ghost]
    edges: tuple[EdgeTable, ...]
    authorities: dict[str, Authority]
    transitions: tuple[Transition, ...]
    statements: dict[str, Statement]
    scenarios: tuple[Scenario, ...] = ()
    role_clauses: dict[str, tuple[Clause, ...]] = field(default_factory=dict)
    """By event: the clauses that its declared roles put before every rule's own."""
    fairness: tuple[FairAction, ...] = ()
    """What does not wait for ever, by event and rule."""

    @property
    def variables(self) -> dict[str, VarDecl]:
        """The process's variables."""
        return self.process.variables

    @property
    def messages(self) -> dict[str, type[Message]]:
        """The messages by name."""
        return {n: e for n, e in self.events.items() if issubclass(e, Message)}

    @property
    def requests(self) -> dict[str, type[Request]]:
        """The client requests by name."""
        return {n: e for n, e in self.events.items() if issubclass(e, Request)}

    @property
    def timers(self) -> dict[str, type[Timer]]:
        """The timers by name."""
        return {n: e for n, e in self.events.items() if issubclass(e, Timer)}

    @property
    def role_sort(self) -> SumSort | None:
        """The sort of the variable that holds the role; None where all nodes are alike."""
        if self.role_variable is None:
            return None
        sort = self.variables[self.role_variable].sort
        assert isinstance(sort, SumSort)
        return sort

    @property
    def control(self) -> tuple[str, ...]:
        """The variables that say where a node is: its role and its tabled states, as far as any."""
        named = [table.variable for table in self.edges]
        if self.role_variable is not None:
            named.insert(0, self.role_variable)
        return tuple(dict.fromkeys(named))

    @cached_property
    def by_label(self) -> dict[str, Transition]:
        """Every transition by its label."""
        return {t.label: t for t in self.transitions}

    @cached_property
    def majorities(self) -> frozenset[tuple[SetSort, SetSort]]:
        """The sorts of the sets that are compared as majorities: axioms are made for these."""
        told = [e for t in self.transitions for e in t.expressions()]
        told += [s.formula for s in self.statements.values() if s.formula is not None]
        told += [e for s in self.statements.values() for e in s.per_transition.values()]
        return frozenset(
            (e.args[0].sort, e.args[1].sort)  # type: ignore[misc]
            for formula in told
            for e in walk(formula)
            if e.kind is Kind.MAJORITY
        )

    def rules_of(self, event: type[Event]) -> tuple[Transition, ...]:
        """Return the rules that accept `event`, in order."""
        return tuple(t for t in self.transitions if t.kind == "rule" and t.event is event)

    def refusals_of(self, event: type[Event]) -> tuple[Transition, ...]:
        """Return the answers to `event` where no rule accepts it, in order."""
        return tuple(t for t in self.transitions if t.kind == "refusal" and t.event is event)

    def enabled(self, transition: Transition) -> Expr:
        """Return when `transition` answers: its guard, and for a refusal that none before does."""
        if transition.kind != "refusal" or transition.event is None:
            return transition.guard
        before = [negate(rule.guard) for rule in self.rules_of(transition.event)]
        for other in self.refusals_of(transition.event):
            if other is transition:
                break
            before.append(negate(other.guard))
        return conjunction(*before, transition.guard)

    def any_rule(self, event: type[Event]) -> Expr:
        """Return when some rule accepts `event`."""
        return disjunction(*(rule.guard for rule in self.rules_of(event)))

    def sending_roles(self, message: type[Message]) -> tuple[Case, ...]:
        """Return every role in which a node may send `message`."""
        found = list(message.senders)
        for role in message.senders:
            if role.name in self.authorities:
                found += self.authorities[role.name].also
        return tuple(found)

    def of_kind(self, *kinds: str) -> list[Statement]:
        """Return the statements of these kinds, in order."""
        return [s for s in self.statements.values() if s.prop.kind in kinds]


def initial_value(spec: Spec, name: str) -> Expr:
    """Return the first value of a variable; it may mention `me` and the configuration."""
    value = spec.variables[name].init
    assert isinstance(value, Expr)
    return value


def possible_leaves(expr: Expr) -> set[str]:
    """Return the leaves a sum can take, by the expression's form alone: never too few."""
    assert isinstance(expr.sort, SumSort)
    match expr.kind:
        case Kind.CONST:
            return {expr.data}
        case Kind.ITE:
            return possible_leaves(expr.args[1]) | possible_leaves(expr.args[2])
        case Kind.MAP:
            inner = expr.args[0]
            table: Mapping[str, str] = dict(expr.data)
            if isinstance(inner.sort, SumSort):
                return {table[leaf] for leaf in possible_leaves(inner)}
            return set(table.values())
        case _:
            return set(expr.sort.leaves)


def drop_clause(spec: Spec, label: str, index: int) -> Spec:
    """Return the spec with one guard clause of one rule removed: a fault that must be found."""
    changed = []
    for t in spec.transitions:
        if t.label == label:
            t = replace(t, clauses=t.clauses[:index] + t.clauses[index + 1 :])
        changed.append(t)
    return replace(spec, transitions=tuple(changed))
