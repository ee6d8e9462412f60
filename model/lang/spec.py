"""A whole spec, read: the form that every back-end works from.

Belongs here: collecting declarations from modules, running each rule once symbolically, the checks
that need no solver. Never here: any back-end's business.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import ModuleType
from typing import Any

from model.lang.declare import (
    ME,
    Case,
    Config,
    Declared,
    EdgeTable,
    Event,
    EventProxy,
    Ghost,
    GhostUpdate,
    Message,
    NodeProxy,
    Process,
    Reply,
    Request,
    Send,
    Sum,
    Table,
    Timer,
    VarDecl,
)
from model.lang.errors import SpecError, SpecErrors
from model.lang.expr import (
    GLOBAL_KINDS,
    Expr,
    Kind,
    Update,
    conjunction,
    disjunction,
    lift,
    negate,
    show,
    walk,
)
from model.lang.rules import Authority, Fallback, Property, Row, Rule, as_tuple
from model.lang.sorts import BOOL, SumSort
from model.lang.source import NOWHERE, Span, span_of_code


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
    """A property read: a closed formula, or for a step property one per transition."""

    prop: Property
    formula: Expr | None = None
    per_transition: dict[str, Expr] = field(default_factory=dict)

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
    """An outgoing message in a step property."""

    def __init__(self, out: Send) -> None:
        """Make the view of `out`."""
        self._out = out

    @property
    def to(self) -> Expr:
        """The destination."""
        return self._out.to

    def __getattr__(self, name: str) -> Any:
        """Return the value of field `name`."""
        if name.startswith("_") or name not in self._out.fields:
            raise AttributeError(name)
        return self._out.fields[name]


@dataclass
class Spec:
    """A spec: declarations by name, and the transitions and statements read from its rules."""

    name: str
    title: str
    process: type[Process]
    role_variable: str
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
    initial_role: Callable[..., Any] | None = None

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

    @cached_property
    def by_label(self) -> dict[str, Transition]:
        """Every transition by its label."""
        return {t.label: t for t in self.transitions}

    def rules_of(self, event: type[Event]) -> tuple[Transition, ...]:
        """Return the rules that accept `event`, in order."""
        return tuple(t for t in self.transitions if t.kind == "rule" and t.event is event)

    def refusals_of(self, event: type[Event]) -> tuple[Transition, ...]:
        """Return the answers to `event` where no rule accepts it, in order."""
        return tuple(t for t in self.transitions if t.kind == "refusal" and t.event is event)

    def enabled(self, transition: Transition) -> Expr:
        """Return when `transition` is the answer: its guard, and for a refusal that none before is."""
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


# ---------------------------------------------------------------- reading a spec


def read_spec(name: str, title: str, modules: Iterable[ModuleType], *, role: str) -> Spec:
    """Read the spec declared in `modules`; `role` names the variable that holds a node's role.

    Raises `SpecErrors` with every mistake found.
    """
    return _Reader(name, title, list(modules), role).read()


class _Reader:
    """Collects declarations and runs the rules, gathering mistakes as it goes."""

    def __init__(self, name: str, title: str, modules: list[ModuleType], role: str) -> None:
        self.name, self.title, self.role = name, title, role
        self.errors: list[SpecError] = []
        self.things: dict[str, Any] = {}
        names = {m.__name__ for m in modules}
        for module in modules:
            for key, value in vars(module).items():
                home = getattr(value, "__module__", module.__name__)
                if isinstance(value, type) and home not in names:
                    continue
                if key.startswith("__"):
                    continue
                self.things.setdefault(key, value)

    def pick(self, kind: type) -> dict[str, Any]:
        """Return the classes that derive from `kind`, or its instances, each once."""
        found: dict[str, Any] = {}
        seen: set[int] = set()
        for key, value in self.things.items():
            is_one = (
                isinstance(value, type) and issubclass(value, kind) and value is not kind
            ) or (not isinstance(value, type) and isinstance(value, kind))
            if is_one and id(value) not in seen:
                seen.add(id(value))
                found[key] = value
        return found

    def attempt(self, action: Callable[[], Any]) -> Any:
        """Run `action`; keep a mistake and go on."""
        try:
            return action()
        except SpecError as error:
            self.errors.append(error)
            return None

    def read(self) -> Spec:
        processes = list(self.pick(Process).values())
        if len(processes) != 1:
            self.errors.append(
                SpecError(
                    "ORD115",
                    self.name,
                    f"it declares {len(processes)} processes",
                    fix="declare exactly one class X(Process)",
                    span=NOWHERE,
                )
            )
            raise SpecErrors(self.errors)
        self.process: type[Process] = processes[0]
        configs = list(self.pick(Config).values())
        classes = [c for c in configs if isinstance(c, type)] or [
            type(c) for c in configs if not isinstance(c, type)
        ]
        config = classes[0] if classes else type("NoConfig", (Config,), {})
        self.events = self.pick(Event)
        self.authorities = {a.role.name: a for a in self.pick(Authority).values()}
        self.role_sort = self.process.variables[self.role].sort
        transitions = self.transitions()
        spec = Spec(
            name=self.name,
            title=self.title,
            process=self.process,
            role_variable=self.role,
            config=config,
            sums=self.pick(Sum),
            sorts={
                k: v
                for k, v in self.pick(Declared).items()
                if isinstance(v, type) and not issubclass(v, Process)
            },
            events=self.events,
            replies=self.pick(Reply),
            tables={t.name: t for t in self.pick(Table).values()},
            ghosts={g.name: g for g in self.pick(Ghost).values()},
            edges=tuple(self.pick(EdgeTable).values()),
            authorities=self.authorities,
            transitions=transitions,
            statements={},
        )
        self.unique(transitions)
        spec.statements = self.statements(transitions)
        self.reachable_leaves(spec)
        if self.errors:
            raise SpecErrors(sorted(self.errors, key=lambda e: (e.span.file, e.span.line)))
        return spec

    # ------------------------------------------------------------ transitions

    def transitions(self) -> tuple[Transition, ...]:
        found: list[Transition] = []
        for rule in self.pick(Rule).values():
            for event in rule.events:
                made = self.attempt(lambda rule=rule, event=event: self.rule(rule, event))
                if made is not None:
                    found.append(made)
        fallbacks = list(self.pick(Fallback).values())
        for event in self.events.values():
            found.extend(self.attempt(lambda event=event: self.refusals(event, fallbacks)) or ())
        found.append(self.crash())
        return tuple(found)

    def rule(self, rule: Rule, event: type[Event]) -> Transition:
        me = NodeProxy(self.process, ME)
        row = rule.function(me, EventProxy(event))
        span = span_of_code(rule.function.__code__)
        name = rule.name(event)
        if not isinstance(row, Row):
            raise SpecError("ORD115", name, "a rule returns a Row(...)", span=span)
        doc = inspect.cleandoc(rule.function.__doc__ or "")
        return self.transition(name, "rule", event, row, doc, span)

    def refusals(self, event: type[Event], fallbacks: list[Fallback]) -> list[Transition]:
        for one in fallbacks:
            if any(issubclass(event, kind) for kind in one.kinds):
                rows = one.function(NodeProxy(self.process, ME), EventProxy(event))
                if as_tuple(rows[-1].when):
                    break
                early = [row for row in rows if row.early]
                late = [row for row in rows if not row.early]
                return [
                    self.transition(row.name or f"answer_{i}", "refusal", event, row, row.doc, row.span)
                    for i, row in enumerate(early + self.role_refusal(event, rows[-1]) + late)
                ]
        raise SpecError(
            "ORD112",
            event.__name__,
            "no @fallback for it ends with a row that has no `when`",
            span=event.span,
        )

    def role_refusal(self, event: type[Event], last: Row) -> list[Row]:
        """Return the answer to an event that the wrong role sent or received."""
        roles = [c.expr for c in self.role_clauses(event)]
        refusing = [r for r in self.pick(Reply).values() if r.refusal]
        if not roles or not refusing:
            return []
        return [
            Row(
                when=negate(conjunction(*roles)),
                reply=refusing[0](),
                name="wrong_role",
                doc="The role that the message or request declares is missing.",
                span=last.span,
            )
        ]

    def role_clauses(self, event: type[Event]) -> list[Clause]:
        """Return the clauses that the event's declared roles put before every rule's own."""
        clauses: list[Clause] = []
        role = NodeProxy(self.process, ME).__getattr__(self.role)
        if event.roles:
            names = {leaf for r in event.roles for leaf in r.leaves}
            assert isinstance(self.role_sort, SumSort)
            if names != set(self.role_sort.leaves):
                expr = role.is_(*event.roles)
                clauses.append(Clause(show(expr), expr, "role"))
        if issubclass(event, Message):
            grants = [self.authorities[r.name] for r in event.senders if r.name in self.authorities]
            if len(grants) == len(event.senders):
                proxy, me = EventProxy(event), NodeProxy(self.process, ME)
                expr = disjunction(*(lift(g.function(me, proxy), BOOL) for g in grants))
                if not (expr.kind is Kind.CONST and expr.data is True):
                    clauses.append(Clause(show(expr), expr, "sender"))
        return clauses

    def transition(
        self, name: str, kind: str, event: type[Event], row: Row, doc: str, span: Span
    ) -> Transition:
        own = [lift(c, BOOL) for c in as_tuple(row.when)]
        own = [part for c in own for part in (c.args if c.kind is Kind.AND else (c,))]
        clauses = [Clause(show(c), c, "guard") for c in own]
        if kind == "rule":
            clauses = self.role_clauses(event) + clauses
        updates: dict[str, Expr] = {}
        for update in as_tuple(row.then):
            if not isinstance(update, Update):
                raise SpecError(
                    "ORD115",
                    show(update),
                    "`then` holds updates",
                    fix="write me.variable.set(value)",
                    span=row.span,
                )
            if update.name in updates:
                raise SpecError(
                    "ORD106",
                    f"me.{update.name}",
                    f"it is set to {show(updates[update.name])} already",
                    span=update.span,
                )
            updates[update.name] = update.value
        updates = {n: v for n, v in updates.items() if not _unchanged(n, v)}
        sends = as_tuple(row.send)
        for out in sends:
            if not isinstance(out, Send):
                raise SpecError(
                    "ORD115",
                    getattr(type(out), "__name__", "?"),
                    "`send` holds addressed messages",
                    fix="write Message(...).to(destination)",
                    span=row.span,
                )
        reply = None
        if row.reply is not None:
            reply = ReplyValue(type(row.reply), row.reply.fields)
        elif kind != "environment":
            raise SpecError("ORD112", name, "the row gives no reply", span=span)
        made = Transition(
            name,
            kind,
            event,
            tuple(clauses),
            updates,
            sends,
            row.ghost,
            reply,
            doc,
            span,
        )
        self.local(made)
        return made

    def local(self, t: Transition) -> None:
        """Check that nothing a node would have to evaluate looks beyond it."""
        ghost_args = {id(a) for g in t.ghosts for a in (*g.args, g.where)}
        for expr in t.expressions():
            if id(expr) in ghost_args:
                continue
            for node in walk(expr):
                if node.kind is Kind.SENDER and not (t.event and issubclass(t.event, Message)):
                    raise SpecError("ORD101", "m.sender", "only messages have one", span=node.span)
                other = node.kind is Kind.VAR and node.args[0].kind is not Kind.ME
                if node.kind in GLOBAL_KINDS or other:
                    raise SpecError(
                        "ORD105",
                        show(node),
                        f"rule {t.name!r} runs on one node, which cannot see it",
                        span=node.span,
                    )

    def crash(self) -> Transition:
        updates = {
            n: d.init for n, d in self.process.variables.items() if not d.durable
        }
        return Transition(
            "crash",
            "environment",
            None,
            (),
            updates,
            (),
            (),
            None,
            "A crash and restart: volatile variables start afresh, durable ones stay.",
            NOWHERE,
        )

    def unique(self, transitions: tuple[Transition, ...]) -> None:
        seen: dict[str, Transition] = {}
        for t in transitions:
            if t.label in seen:
                self.errors.append(
                    SpecError("ORD116", t.label, "another rule has this name", span=t.span)
                )
            seen[t.label] = t

    # ------------------------------------------------------------ statements

    def statements(self, transitions: tuple[Transition, ...]) -> dict[str, Statement]:
        found: dict[str, Statement] = {}
        for value in self.things.values():
            props = [value] if isinstance(value, Property) else []
            if isinstance(value, tuple | list):
                props = [v for v in value if isinstance(v, Property)]
            for prop in props:
                if prop.name in found and found[prop.name].prop is prop:
                    continue
                if prop.name in found:
                    self.errors.append(
                        SpecError("ORD116", prop.name, "another property has it", span=prop.span)
                    )
                made = self.attempt(lambda prop=prop: self.statement(prop, transitions))
                if made is not None:
                    found[prop.name] = made
        return found

    def statement(self, prop: Property, transitions: tuple[Transition, ...]) -> Statement:
        if prop.kind == "step":
            return Statement(prop, None, self.step_formulas(prop, transitions))
        hints = inspect.get_annotations(prop.function, eval_str=True)
        sorts = {n: h for n, h in hints.items() if n != "return"}
        for name in inspect.signature(prop.function).parameters:
            hint = sorts.get(name)
            if not (isinstance(hint, type) and issubclass(hint, Declared)):
                raise SpecError(
                    "ORD115",
                    f"{prop.name}({name})",
                    "a property's parameter needs a declared sort",
                    fix=f"write {name}: Radiant, {name}: Term, ...",
                    span=prop.span,
                )
        body = lift(prop.function(**{n: s.bound(n) for n, s in sorts.items()}), BOOL)
        if sorts:
            names = tuple((n, s.sort) for n, s in sorts.items())
            kind = Kind.EXISTS if prop.kind == "sometimes" else Kind.FORALL
            body = Expr(kind, BOOL, (body,), names, prop.span)
        return Statement(prop, body)

    def step_formulas(
        self, prop: Property, transitions: tuple[Transition, ...]
    ) -> dict[str, Expr]:
        before = NodeProxy(self.process, ME)
        after = NodeProxy(self.process, ME, Kind.NEXT)
        found: dict[str, Expr] = {}
        for t in transitions:
            if t.kind == "environment" and not prop.environment:
                continue
            found[t.label] = lift(prop.function(before, after, StepEvent(t)), BOOL)
        return found

    # ------------------------------------------------------------ reachability of leaves

    def reachable_leaves(self, spec: Spec) -> None:
        """Check that every leaf of a tabled state variable is the target of some rule."""
        for table in spec.edges:
            decl = self.process.variables[table.variable]
            if not isinstance(decl.sort, SumSort):
                raise SpecError(
                    "ORD115", table.variable, "an edge table is about a sum", span=table.span
                )
            reached = possible_leaves(decl.init)
            for t in spec.transitions:
                if table.variable in t.updates:
                    reached |= possible_leaves(t.updates[table.variable])
            for leaf in decl.sort.leaves:
                if leaf not in reached:
                    self.errors.append(
                        SpecError(
                            "ORD113",
                            f"{table.variable} = {leaf}",
                            "no rule sets it",
                            span=table.span,
                        )
                    )


def _unchanged(name: str, value: Expr) -> bool:
    return value.kind is Kind.VAR and value.data == name and value.args[0].kind is Kind.ME


def possible_leaves(expr: Expr) -> set[str]:
    """Return the leaves an expression of a sum can take, by its form alone (too many, never too few)."""
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
