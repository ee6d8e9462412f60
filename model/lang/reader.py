"""Reading a spec: its modules' declarations are collected and its rules run once, symbolically.

Belongs here: from modules to a `Spec`, with every mistake found on the way.
Never here: what a mistake looks like once the spec is there (`checks.py`), or any back-end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from types import ModuleType
from typing import Any

from model.lang import checks
from model.lang.declare import (
    ME,
    Config,
    Declared,
    EdgeTable,
    Event,
    EventProxy,
    Ghost,
    Message,
    NodeProxy,
    Process,
    Reply,
    Sum,
    Table,
)
from model.lang.errors import SpecError, SpecErrors, suggest
from model.lang.expr import Expr, Kind, Var, conjunction, disjunction, lift, negate
from model.lang.promised import alive_of, fair_actions, promise_of
from model.lang.promises import ALIVE, EVENTUALLY, Fairness
from model.lang.raised import as_mistake
from model.lang.rows import check_parameters, ghosts, parameter_sorts, reply, sends, updates
from model.lang.rules import Authority, Fallback, Property, Row, Rule, as_tuple
from model.lang.scenario import Scenario
from model.lang.show import an, show
from model.lang.sorts import BOOL, Sort, SumSort
from model.lang.source import NOWHERE, Span, caller, span_of_body
from model.lang.spec import Clause, Spec, Statement, StepEvent, Transition
from model.lang.words import check_doc, check_identifier, check_words


def read_spec(
    name: str, title: str, modules: Iterable[ModuleType], *, role: str | None = None
) -> Spec:
    """Read the spec declared in `modules`; `role` names the variable that holds a node's role.

    Without it all nodes are alike. Raises `SpecErrors` with every mistake found.
    """
    try:
        check_identifier(name, "read_spec(...)")
        title = check_words(title, f"read_spec({name!r}, ...)")
        if role is not None:
            check_identifier(role, f"read_spec({name!r}, role=...)")
        given = tuple(modules)
    except SpecError as error:
        raise SpecErrors([error]) from None
    for module in given:
        if not isinstance(module, ModuleType):
            text, fix = f"modules=[{show(module)}]", "give modules, e.g. sys.modules[__name__]"
            raise SpecErrors([SpecError("ORD115", text, f"{show(module)} is no module", fix=fix)])
    return _Reader(name, title, given, role, caller()).read()


# What a module may declare: classes derived from these, and objects of these.
_CLASSES = (Declared, Event, Reply, Config)
_OBJECTS = (
    *(Rule, Fallback, Authority, Property, Fairness),
    *(Table, Ghost, EdgeTable, Config, Scenario),
)


class _Reader:
    """Collects declarations and runs the rules, gathering mistakes as it goes."""

    def __init__(
        self, name: str, title: str, modules: tuple[ModuleType, ...], role: str | None, where: Span
    ) -> None:
        self.name, self.title, self.role, self.where = name, title, role, where
        self.modules = modules
        self.errors: list[SpecError] = []
        self.found = self.collect()

    def read(self) -> Spec:
        self.process = self.the_process()
        self.role_sort = self.the_role_sort()
        self.events: dict[str, type[Event]] = self.pick(Event)
        self.replies: dict[str, type[Reply]] = self.pick(Reply)
        self.authorities = self.the_authorities()
        transitions = self.transitions()
        role_clauses = {
            name: self.attempt(partial(self.role_clauses, event), name, None, event.span) or ()
            for name, event in self.events.items()
        }
        spec = Spec(
            name=self.name,
            title=self.title,
            process=self.process,
            role_variable=self.role,
            config=self.the_config(),
            sums=self.pick(Sum),
            sorts={n: c for n, c in self.pick(Declared).items() if not issubclass(c, Process)},
            events=self.events,
            replies=self.replies,
            tables=self.pick(Table),
            ghosts=self.pick(Ghost),
            edges=tuple(self.pick(EdgeTable).values()),
            authorities=self.authorities,
            transitions=transitions,
            statements={},
            scenarios=tuple(self.pick(Scenario).values()),
            role_clauses=role_clauses,
        )
        spec.statements = self.statements(transitions)
        spec.fairness = tuple(fair_actions(spec, self.pick(Fairness).values(), self.errors))
        for check in checks.OF_A_SPEC:
            self.errors.extend(check(spec))
        self.errors.extend(self.silent_mistakes())
        if not self.errors:
            # A rule that could not be read may be the one that leads there.
            self.errors.extend(checks.reachable_leaves(spec))
        if self.errors:
            raise SpecErrors(self.errors)
        return spec

    # ------------------------------------------------------------ collecting

    def collect(self) -> dict[int, tuple[str, Any]]:
        """Return what the modules declare, each thing once, by identity."""
        names = {module.__name__ for module in self.modules}
        found: dict[int, tuple[str, Any]] = {}
        for module in self.modules:
            for key, value in vars(module).items():
                if isinstance(value, type):
                    wanted = issubclass(value, _CLASSES) and value.__module__ in names
                    name = value.__name__
                else:
                    wanted = isinstance(value, _OBJECTS)
                    name = _name(value, key)
                if wanted and not key.startswith("__"):
                    found.setdefault(id(value), (name, value))
                elif isinstance(value, tuple | list | dict) and not key.startswith("__"):
                    for one in value.values() if isinstance(value, dict) else value:
                        if isinstance(one, Rule | Fallback | Property):
                            found.setdefault(id(one), (_name(one, key), one))
        return found

    def pick(self, kind: type) -> dict[str, Any]:
        """Return the classes that derive from `kind`, or the objects of it, by name."""
        found: dict[str, Any] = {}
        for name, value in self.found.values():
            if issubclass(value if isinstance(value, type) else type(value), kind):
                if name in found:
                    self.twice(name, found[name], value)
                found.setdefault(name, value)
        return found

    def twice(self, name: str, first: Any, second: Any) -> None:
        """Keep the mistake that two things have one name."""
        reason = "another one has this name, so that a report could not tell them apart"
        related = [("the other one", _place(first))]
        self.errors.append(SpecError("ORD116", name, reason, span=_place(second), related=related))

    def attempt(
        self, action: Callable[[], Any], what: str, function: Callable[..., Any] | None, span: Span
    ) -> Any:
        """Run `action`; keep a mistake, placed at `span` where it has no place, and go on."""
        try:
            return action()
        except Exception as error:
            mistake = as_mistake(error, span)
            if mistake.span in (self.where, NOWHERE):
                mistake = mistake.moved(span)
            elif function and not span_of_body(function.__code__).holds(mistake.span):
                mistake = mistake.noted(f"found while reading {what} ({span.place()})")
            self.errors.append(mistake)
            return None

    def placed(self, value: Any, sort: Sort, what: str, span: Span) -> Expr:
        """Lift `value`; a mistake is told at the value if it has a place, else at `span`."""
        own = value.span if isinstance(value, Expr | Var) else span
        try:
            return lift(value, sort, what, own)
        except SpecError as error:
            raise error.moved(own) if error.span == self.where else error from None

    # ------------------------------------------------------------ declarations

    def silent_mistakes(self) -> list[SpecError]:
        """Return what Python ran over in silence; not what it stumbled over as well."""
        told = {(error.code, error.span) for error in self.errors}
        found = checks.silent_mistakes(self.modules, self.member_names())
        return [error for error in found if (error.code, error.span) not in told]

    def member_names(self) -> frozenset[str]:
        """Return the names of all variables and fields, as `me.x` and `m.x` would be read."""
        names = {"sender"}
        for one in self.pick(Process).values():
            names.update(one.variables)
        for one in self.pick(Event).values():
            names.update(one.parts)
        return frozenset(names)

    def the_process(self) -> type[Process]:
        """Return the one process. Raises `SpecErrors` when there is none, or another."""
        found: list[type[Process]] = list(self.pick(Process).values())
        if len(found) == 1:
            return found[0]
        reason = f"the spec declares {len(found)} processes"
        fix = "declare exactly one class X(Process), in a module given to read_spec"
        span = found[1].span if found else self.where
        value = found[1].__name__ if found else self.name
        self.errors.append(SpecError("ORD115", value, reason, fix=fix, span=span))
        raise SpecErrors([*self.errors, *self.silent_mistakes()])

    def the_role_sort(self) -> SumSort | None:
        """Return the sort of the variable that holds the role; None where there are no roles."""
        if self.role is None:
            return None
        variables = self.process.variables
        decl = variables.get(self.role)
        value = f"role={self.role!r}"
        if decl is None:
            reason, fix = (
                f"{self.process.__name__} has no such variable",
                suggest(self.role, variables),
            )
            self.errors.append(SpecError("ORD101", value, reason, fix=fix, span=self.where))
        elif not isinstance(decl.sort, SumSort):
            reason = f"{self.process.__name__}.{self.role} is {an(decl.sort)}, and a role is a case"
            fix = "declare class Role(Sum), and a variable of it"
            self.errors.append(SpecError("ORD102", value, reason, fix=fix, span=self.where))
        else:
            return decl.sort
        raise SpecErrors(self.errors)

    def the_config(self) -> type[Config]:
        """Return the class of the configuration; an empty one where the spec declares none."""
        found: dict[int, type[Config]] = {}
        for one in self.pick(Config).values():
            made = one if isinstance(one, type) else type(one)
            found.setdefault(id(made), made)
        classes = list(found.values())
        if len(classes) > 1:
            reason = f"{classes[0].__name__} is the spec's configuration already"
            fix = "declare all constants in one class X(Config)"
            name, span = classes[1].__name__, classes[1].span
            self.errors.append(SpecError("ORD115", name, reason, fix=fix, span=span))
        return classes[0] if classes else type("NoConfig", (Config,), {})

    def the_authorities(self) -> dict[str, Authority]:
        """Return who may speak as what, by role."""
        found: dict[str, Authority] = {}
        for one in self.pick(Authority).values():
            if one.role.name in found:
                self.twice(f"@authority({one.role})", found[one.role.name], one)
            found.setdefault(one.role.name, one)
        return found

    # ------------------------------------------------------------ transitions

    def transitions(self) -> tuple[Transition, ...]:
        """Return what every rule and every fallback says, and the crash."""
        found: list[Transition] = []
        for rule in self.pick(Rule).values():
            for event in rule.events:
                made = self.attempt(
                    partial(self.rule, rule, event),
                    f"rule {rule.function.__name__!r}",
                    rule.function,
                    rule.span,
                )
                if made is not None:
                    found.append(made)
        for event in self.events.values():
            one = self.fallback(event)
            if one is not None:
                made = self.attempt(
                    partial(self.refusals, event, one),
                    f"fallback {one.function.__name__!r} for {event.__name__}",
                    one.function,
                    one.span,
                )
                found.extend(made or ())
        found.append(self.crash())
        return tuple(found)

    def rule(self, rule: Rule, event: type[Event]) -> Transition:
        """Read a rule for one of its events."""
        self.known(event, rule.span)
        check_parameters(rule.function, ("me", "m"), "rule", rule.span)
        row = rule.function(NodeProxy(self.process, ME), EventProxy(event))
        name = rule.name(event)
        if not isinstance(row, Row):
            raise SpecError(
                "ORD115",
                f"{rule.function.__name__} returns {show(row)}",
                "a rule returns a Row",
                fix="end it with return Row(when=..., then=..., send=..., reply=...)",
                span=rule.span,
            )
        doc = check_doc(rule.function.__doc__, rule.function.__name__)
        return self.transition(name, "rule", event, row, doc, rule.span)

    def fallback(self, event: type[Event]) -> Fallback | None:
        """Return the fallback that names the event, or else its kind; two that do are a mistake."""
        ranked: list[tuple[int, Fallback]] = [
            (min(event.__mro__.index(kind) for kind in one.kinds if issubclass(event, kind)), one)
            for one in self.pick(Fallback).values()
            if any(issubclass(event, kind) for kind in one.kinds)
        ]
        if not ranked:
            reason = "no @fallback is declared for it"
            fix = "write @fallback(Message), @fallback(Request) and @fallback(Timer)"
            name, span = event.__name__, event.span
            self.errors.append(SpecError("ORD112", name, reason, fix=fix, span=span))
            return None
        closest = min(rank for rank, _ in ranked)
        first, *others = [one for rank, one in ranked if rank == closest]
        for other in others:
            self.errors.append(
                SpecError(
                    "ORD116",
                    other.function.__name__,
                    f"another fallback answers {event.__name__} too",
                    fix="let one fallback answer each event; one for the event goes before others",
                    span=other.span,
                    related=[("the other one", first.span)],
                )
            )
        return first

    def refusals(self, event: type[Event], one: Fallback) -> list[Transition]:
        """Read the answers of a fallback to one event."""
        check_parameters(one.function, ("me", "m"), "fallback", one.span)
        rows = as_tuple(one.function(NodeProxy(self.process, ME), EventProxy(event)))
        name = one.function.__name__
        for row in rows:
            if not isinstance(row, Row):
                text, fix = f"{name} returns {show(row)}", "return a tuple of Row(...)"
                raise SpecError("ORD115", text, "a fallback returns rows", fix=fix, span=one.span)
        for row in rows[:-1]:
            if not as_tuple(row.when):
                reason = "it has no `when`, so that the rows after it are never tried"
                fix = "give it a `when`, or put it last"
                raise SpecError("ORD115", row.name or name, reason, fix=fix, span=row.span)
        if not rows or as_tuple(rows[-1].when):
            reason = "its last row has a `when`, so that some event gets no answer"
            if not rows:
                reason = "it returns no row"
            fix = "end it with a row without `when`"
            span = rows[-1].span if rows else one.span
            raise SpecError("ORD112", name, reason, fix=fix, span=span)
        early = [row for row in rows if row.early]
        late = [row for row in rows if not row.early]
        return [
            self.transition(row.name or f"answer_{i}", "refusal", event, row, row.doc, row.span)
            for i, row in enumerate(early + self.role_refusal(event, rows[-1]) + late)
        ]

    def role_refusal(self, event: type[Event], last: Row) -> list[Row]:
        """Return the answer to an event that the wrong role sent or received."""
        roles = [c.expr for c in self.role_clauses(event)]
        refusing = [r for r in self.replies.values() if r.refusal]
        for second in refusing[1:]:
            reason = f"{refusing[0].__name__} is the spec's refusal already"
            fix = "declare one reply with refusal=True"
            name, span = second.__name__, second.span
            self.errors.append(SpecError("ORD115", name, reason, fix=fix, span=span))
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

    def role_clauses(self, event: type[Event]) -> tuple[Clause, ...]:
        """Return the clauses that the event's declared roles put before every rule's own."""
        clauses: list[Clause] = []
        if self.role is None or self.role_sort is None:
            return ()
        role = getattr(NodeProxy(self.process, ME), self.role)
        names = {leaf for r in event.roles for leaf in r.leaves}
        if event.roles and names != set(self.role_sort.leaves):
            expr = role.is_(*event.roles)
            clauses.append(Clause(show(expr), expr, "role"))
        if issubclass(event, Message):
            grants = [self.authorities[r.name] for r in event.senders if r.name in self.authorities]
            if grants and len(grants) == len(event.senders):
                expr = disjunction(*(self.grant(g, event) for g in grants))
                if not (expr.kind is Kind.CONST and expr.data is True):
                    clauses.append(Clause(show(expr), expr, "sender"))
        return tuple(clauses)

    def grant(self, one: Authority, event: type[Message]) -> Expr:
        """Return when the sender of `event` may speak in a role."""
        check_parameters(one.function, ("me", "m"), "authority", one.span)
        what = f"authority {one.function.__name__!r}"
        try:
            value = one.function(NodeProxy(self.process, ME), EventProxy(event))
            return self.placed(value, BOOL, what, one.span)
        except SpecError as error:
            who = f"{what} is asked about every message that a {one.role} sends"
            raise error.noted(f"{who}: {event.__name__} ({event.span.place()})") from None

    def transition(
        self, name: str, kind: str, event: type[Event], row: Row, doc: str, span: Span
    ) -> Transition:
        """Read a row."""
        own = [self.placed(c, BOOL, "a clause of `when`", row.span) for c in as_tuple(row.when)]
        own = [part for c in own for part in (c.args if c.kind is Kind.AND else (c,))]
        clauses = [Clause(show(c), c, "guard") for c in own]
        if kind == "rule":
            clauses = [*self.role_clauses(event), *clauses]
        made = Transition(
            name,
            kind,
            event,
            tuple(clauses),
            updates(row),
            sends(row),
            ghosts(row),
            reply(row, name.partition("@")[0]),
            doc,
            span,
        )
        for out in made.sends:
            self.known(out.message, out.span)
        if made.reply is not None:
            self.known(made.reply.decl, row.span)
        checks.local(made, row.span)
        return made

    def known(self, declared: type[Event] | type[Reply], span: Span) -> None:
        """Raise ORD101 for an event or reply of a module that is not part of the spec."""
        if declared not in self.events.values() and declared not in self.replies.values():
            raise SpecError(
                "ORD101",
                declared.__name__,
                f"it is declared in {declared.__module__}, which is no module of the spec",
                fix=f"give {declared.__module__} to read_spec(..., modules=...) too",
                span=span,
            )

    def crash(self) -> Transition:
        """Return the environment's transition: a crash and restart."""
        updates = {n: d.init for n, d in self.process.variables.items() if not d.durable}
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

    # ------------------------------------------------------------ statements

    def statements(self, transitions: tuple[Transition, ...]) -> dict[str, Statement]:
        """Return the properties, read."""
        found: dict[str, Statement] = {}
        for name, prop in self.pick(Property).items():
            made = self.attempt(
                partial(self.statement, prop, transitions),
                f"property {name!r}",
                prop.function,
                prop.span,
            )
            if made is not None:
                found[name] = made
        return found

    def statement(self, prop: Property, transitions: tuple[Transition, ...]) -> Statement:
        """Read a property."""
        what = f"property {prop.name!r}"
        if prop.kind == "step":
            return Statement(prop, None, self.step_formulas(prop, transitions))
        bound = {name: hint.bound(name) for name, hint in parameter_sorts(prop).items()}
        names = tuple((name, lift(value).sort) for name, value in bound.items())
        if prop.kind in (EVENTUALLY, ALIVE):
            read = promise_of if prop.kind == EVENTUALLY else alive_of
            placed = partial(self.placed, sort=BOOL, what=what, span=prop.span)
            return Statement(prop, promise=read(prop, bound, names, placed))
        body = self.placed(prop.function(**bound), BOOL, what, prop.span)
        checks.of_states(prop, body, {name: lift(value) for name, value in bound.items()})
        if bound:
            kind = Kind.EXISTS if prop.kind == "sometimes" else Kind.FORALL
            body = Expr(kind, BOOL, (body,), names, prop.span)
        return Statement(prop, body)

    def step_formulas(self, prop: Property, transitions: tuple[Transition, ...]) -> dict[str, Expr]:
        """Read a step property once for each transition."""
        check_parameters(prop.function, ("before", "after", "event"), "step property", prop.span)
        before = NodeProxy(self.process, ME)
        after = NodeProxy(self.process, ME, Kind.NEXT)
        found: dict[str, Expr] = {}
        for t in transitions:
            if t.kind == "environment" and not prop.environment:
                continue
            value = prop.function(before, after, StepEvent(t))
            body = self.placed(value, BOOL, f"property {prop.name!r}", prop.span)
            checks.closed(prop, body, {})
            found[t.label] = body
        return found


def _name(value: Any, key: str) -> str:
    """Return the name that reports give an object."""
    if isinstance(value, Rule | Fallback):
        return value.function.__name__
    return value.name if isinstance(value, Table | Ghost | Property | Scenario) else key


def _place(value: Any) -> Span:
    """Return where a declaration is written, as far as it knows."""
    span = getattr(value, "span", NOWHERE)
    return span if isinstance(span, Span) else NOWHERE
