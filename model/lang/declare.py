"""What a spec declares: the process, its configuration, messages, requests, timers, replies.

Belongs here: the classes that a spec derives from, and the checks that need only one declaration.
Sorts are in `shapes.py`, tables and ghosts in `tables.py`; all of them can be imported from here.
Never here: rules and properties (`rules.py`), or what needs the whole spec (`checks.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast

from model.lang.errors import SpecError, suggest
from model.lang.expr import Expr, Kind, Operators, Var, lift, nearest, walk
from model.lang.quantifiers import check_capture
from model.lang.shapes import (
    Atom,
    Bool,
    Case,
    Declared,
    FieldDecl,
    MapOf,
    Maybe,
    Node,
    Ordered,
    Range,
    SetOf,
    Struct,
    Sum,
    case,
    check_body,
    check_name,
    check_parts,
    collect_parts,
    default_value,
    part,
    sort_of,
)
from model.lang.show import an, show
from model.lang.sorts import BOOL, NODE, MaybeSort, SetSort, Sort
from model.lang.source import Span, caller, span_of_class
from model.lang.tables import EdgeTable, Ghost, GhostUpdate, Table, ghost
from model.lang.words import check_doc, check_words

__all__ = [
    "ME",
    "Atom",
    "Bool",
    "Case",
    "Config",
    "Declared",
    "EdgeTable",
    "Event",
    "EventProxy",
    "FieldDecl",
    "Ghost",
    "GhostUpdate",
    "MapOf",
    "Maybe",
    "Message",
    "Node",
    "NodeProxy",
    "Ordered",
    "Process",
    "Range",
    "Reply",
    "Request",
    "Send",
    "SetOf",
    "Struct",
    "Sum",
    "Table",
    "Timer",
    "VarDecl",
    "case",
    "default_value",
    "durable",
    "ghost",
    "one_line",
    "part",
    "sent",
    "volatile",
]


def one_line(doc: str | None) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join((doc or "").strip().split("\n\n")[0].split())


# ---------------------------------------------------------------- the process


@dataclass(frozen=True, slots=True)
class VarDecl:
    """A variable of a process: its sort, first value, meaning, and whether a crash spares it."""

    sort: Sort
    init: Any
    doc: str
    durable: bool
    name: str = ""
    span: Span | None = None


def durable(sort: type[Declared], init: Any = None, doc: str = "") -> Var:
    """Declare a variable that survives a crash: written before any message of its step leaves."""
    return _variable(sort, init, doc, "durable")


def volatile(sort: type[Declared], init: Any = None, doc: str = "") -> Var:
    """Declare a variable that a crash sets back to its first value."""
    return _variable(sort, init, doc, "volatile")


_INITIAL = frozenset({Kind.CONST, Kind.ME, Kind.CONFIG}) | {
    *(Kind.EQ, Kind.LT, Kind.LE, Kind.NOT, Kind.AND, Kind.OR, Kind.IMPLIES, Kind.ITE),
    *(Kind.IS, Kind.MAP, Kind.UP, Kind.EMPTY, Kind.HAS, Kind.ADD, Kind.REMOVE, Kind.UNION),
    *(Kind.SUBSET, Kind.MAJORITY, Kind.OWNER, Kind.STRUCT, Kind.GET, Kind.NONE, Kind.SOME),
    *(Kind.KNOWN, Kind.AT, Kind.PUT),
}


def _variable(declared: type[Declared], init: Any, doc: str, how: str) -> Var:
    sort = sort_of(declared, f"{how}({show(declared)})")
    if init is not None:
        value: Expr | None = lift(init, sort, "the first value")
    else:
        value = default_value(sort)
    if value is None:
        text, reason = f"{how}({sort})", f"{an(sort)} has no natural first value"
        raise SpecError("ORD115", text, reason, fix=f"write {how}({sort}, init=...)")
    for node in walk(value):
        if node.kind not in _INITIAL:
            reason = "a first value may mention only constants, the configuration and ME"
            raise SpecError("ORD105", show(node), reason, fix="let a rule set it later")
    said = check_words(doc, f"{how}(doc=...)", empty=True)
    made: Any = VarDecl(sort, value, said, how == "durable", span=caller())
    return cast(Var, made)


class NodeProxy(Operators):
    """A node and, as attributes, its variables; `me` in a rule, a parameter in a property."""

    __slots__ = ("_kind", "_node", "_process")

    def __init__(self, process: type[Process], node: Expr, kind: Kind = Kind.VAR) -> None:
        """Make the view of `node`; kind NEXT shows the values after the step."""
        self._process = process
        self._node = node
        self._kind = kind

    def __repr__(self) -> str:
        """Return the node as a spec would write it."""
        return show(self._node)

    def as_expr(self) -> Expr:
        """Return the node itself."""
        return self._node

    def __getattr__(self, name: str) -> Any:
        """Return the handle of variable `name`."""
        if name.startswith("_"):
            raise AttributeError(name)
        decl = self._process.variables.get(name)
        if decl is None:
            raise SpecError(
                "ORD101",
                f"{show(self._node)}.{name}",
                f"{self._process.__name__} has no variable {name!r}",
                fix=suggest(name, self._process.variables),
            )
        if self._kind is Kind.NEXT:
            return Expr(Kind.NEXT, decl.sort, (self._node,), name)
        return Var(name, decl.sort, self._node)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse a variable: an assignment would be lost; updates stand in the row."""
        if name.startswith("_"):
            object.__setattr__(self, name, value)
            return
        text = f"{show(self._node)}.{name} = {show(value)}"
        fix = f"put {show(self._node)}.{name}.set({show(value)}) into `then`"
        raise SpecError("ORD115", text, "an assignment is no update", fix=fix)


ME = Expr(Kind.ME, NODE)


class Process(Declared):
    """What every node runs: `class Radiant(Process): term = durable(Term)`."""

    sort = NODE
    variables: ClassVar[dict[str, VarDecl]]
    span: ClassVar[Span]

    def __init_subclass__(cls) -> None:
        """Collect the variables."""
        check_body(cls, VarDecl, "durable")
        cls.variables = {}
        taken = {*dir(NodeProxy), "variables"}
        for name, decl in list(vars(cls).items()):
            if isinstance(decl, VarDecl):
                check_name(cls, name, taken, decl.span)
                cls.variables[name] = VarDecl(
                    decl.sort, decl.init, decl.doc, decl.durable, name, decl.span
                )
                delattr(cls, name)
        cls.span = span_of_class()

    @classmethod
    def bound(cls, name: str) -> Any:
        """Return the quantified process `name`."""
        return NodeProxy(cls, Expr(Kind.BOUND, NODE, (), name))

    @classmethod
    def at(cls, node: Any) -> Any:
        """Return the variables of `node`, for properties."""
        return NodeProxy(cls, lift(node, NODE, f"{cls.__name__}.at"))


class Config:
    """Constants that every node is given: `class C(Config): members = part(Nodes)`; use `C()`."""

    parts: ClassVar[dict[str, FieldDecl]]
    span: ClassVar[Span]

    def __init_subclass__(cls) -> None:
        """Collect the constants."""
        cls.parts = collect_parts(cls, {"parts", "span"}, maps=True)
        cls.span = span_of_class()

    def __getattr__(self, name: str) -> Any:
        """Return the constant `name`."""
        if name.startswith("_"):
            raise AttributeError(name)
        decl = self.parts.get(name)
        if decl is None:
            reason = f"{type(self).__name__} has no constant {name!r}"
            raise SpecError("ORD101", f"config.{name}", reason, fix=suggest(name, self.parts))
        return Expr(Kind.CONFIG, decl.sort, (), name)


# ---------------------------------------------------------------- events and replies


class Event:
    """Anything a node answers."""

    parts: ClassVar[dict[str, FieldDecl]]
    kind: ClassVar[str]
    doc: ClassVar[str]
    span: ClassVar[Span]
    roles: ClassVar[tuple[Case, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Refuse a kind of event of one's own."""
        if cls.__module__ != __name__:
            reason = "an event is a message, a request or a timer"
            fix = "derive it from Message, Request or Timer"
            raise SpecError("ORD115", cls.__name__, reason, fix=fix, span=span_of_class())

    @classmethod
    def _collect(cls, taken: tuple[str, ...] = ()) -> None:
        cls.parts = collect_parts(cls, {*dir(EventProxy), *_STEP_WORDS, *taken})
        cls.doc = one_line(check_doc(cls.__doc__, cls.__name__))
        cls.span = span_of_class()


# What the event of a step property answers beside its fields.
_STEP_WORDS = ("is_environment", "is_kind", "sends")


class EventProxy:
    """The event in a rule: its fields, and for a message its `sender`."""

    def __init__(self, event: type[Event]) -> None:
        """Make the view of an event of class `event`."""
        self._event = event

    def __repr__(self) -> str:
        """Return the event as a rule calls it."""
        return "m"

    def has(self, name: str) -> bool:
        """Tell, while the spec is read, whether the event has a field `name`."""
        return name in self._event.parts

    def only_at(self, role: Case) -> bool:
        """Tell, while the spec is read, whether `role` alone may act on the event."""
        return tuple(r.name for r in self._event.roles) == (role.name,)

    def is_a(self, *events: type[Event]) -> bool:
        """Tell, while the spec is read, whether the event is of one of these classes."""
        for event in events:
            if not (isinstance(event, type) and issubclass(event, Event)):
                fix = "name messages, requests or timers"
                raise SpecError("ORD115", show(event), "it is no class of events", fix=fix)
        return self._event in events

    def __getattr__(self, name: str) -> Expr:
        """Return the field `name`."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name == "sender" and issubclass(self._event, Message):
            return Expr(Kind.SENDER, NODE)
        decl = self._event.parts.get(name)
        if decl is None:
            known = [*self._event.parts, *(["sender"] if issubclass(self._event, Message) else [])]
            what = f"{self._event.kind} {self._event.__name__}"
            fix = suggest(name, known) if known else "keep it in a variable of the process"
            if name == "sender":
                fix = "only a message has a sender"
            raise SpecError("ORD101", f"m.{name}", f"{what} has no field {name!r}", fix=fix)
        return Expr(Kind.FIELD, decl.sort, (), name)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse a field: what arrived does not change."""
        if name.startswith("_"):
            object.__setattr__(self, name, value)
            return
        fix = "put what changes into `then`, as an update of `me`"
        text = f"m.{name} = {show(value)}"
        raise SpecError("ORD115", text, "an event does not change", fix=fix)


def _roles(cls: type[Event], what: str, given: Any) -> tuple[Case, ...]:
    """Return the cases given as roles, none where none are given.

    Raises `SpecError` ORD110 when that is not what they are.
    """
    fix = how_to_give_roles(cls)
    if given is None:
        return ()
    cases = tuple(given) if isinstance(given, tuple | list) else (given,)
    if not cases:
        text, reason = f"{cls.__name__}({what}=())", "it names no role"
        raise SpecError("ORD110", text, reason, fix=fix, span=cls.span)
    for one in cases:
        if not isinstance(one, Case):
            text, reason = f"{cls.__name__}({what}={show(given)})", f"{show(one)} is no role"
            raise SpecError("ORD110", text, reason, fix=fix, span=cls.span)
    return cases


def how_to_give_roles(cls: type[Event]) -> str:
    """Return what mends an event whose roles are wrong."""
    form = "Message, sender=..., receiver=..." if cls.kind == "message" else "Request, at=..."
    return f"write class {cls.__name__}({form}), with one role or a tuple of them"


@dataclass(frozen=True, slots=True)
class Send:
    """A message that a rule sends, to one node, each of a set, or a node that may be unknown."""

    message: type[Message]
    fields: dict[str, Expr]
    to: Expr
    span: Span

    def __repr__(self) -> str:
        """Return it as a spec would write it."""
        return f"{self.message.__name__}(...).to({show(self.to)})"


class Message(Event):
    """A message: `class Vote(Message, sender=RADIANT, receiver=HERALD): term = part(Term)`.

    `sender`: the roles that may send it; how a receiver knows is the spec's `@authority`.
    `receiver`: the roles that may act on it. A spec whose nodes are all alike has no roles, and
    gives neither.
    """

    kind = "message"
    senders: ClassVar[tuple[Case, ...]]

    def __init_subclass__(cls, sender: Any = None, receiver: Any = None) -> None:
        """Collect fields and roles."""
        cls._collect(("sender",))
        cls.senders = _roles(cls, "sender", sender)
        cls.roles = _roles(cls, "receiver", receiver)

    def __init__(self, *positional: object, **given: object) -> None:
        """Build a message to send; `.to(...)` addresses it."""
        self._fields = check_parts(type(self).__name__, self.parts, given, positional)
        self._span = caller()

    def __repr__(self) -> str:
        """Return it as a spec would write it."""
        return f"{type(self).__name__}(...)"

    def to(self, destination: Any) -> Send:
        """Address it to a node, to every node of a set, or to a node if it is known."""
        where = lift(destination, None, "a destination")
        of = where.sort.of if isinstance(where.sort, SetSort | MaybeSort) else where.sort
        if of != NODE:
            reason = f"a message goes to nodes, not to {an(where.sort)}"
            fix = "address it to a node, a set of nodes or a Maybe of a node"
            raise SpecError("ORD102", show(where), reason, fix=fix, span=nearest(where))
        return Send(type(self), self._fields, where, self._span)


class Request(Event):
    """A client's request: `class Add(Request, at=HERALD): key = part(Key)`."""

    kind = "request"

    def __init_subclass__(cls, at: Any = None) -> None:
        """Collect fields and roles."""
        cls._collect()
        cls.roles = _roles(cls, "at", at)


class Timer(Event):
    """A timer of a node; when it fires is nondeterministic: `class Election(Timer)`."""

    kind = "timer"

    def __init_subclass__(cls) -> None:
        """Collect the (empty) fields."""
        cls._collect()
        if cls.parts:
            text, first = f"{cls.__name__}.{next(iter(cls.parts))}", next(iter(cls.parts.values()))
            fix = "keep it in a variable of the process"
            raise SpecError("ORD115", text, "a timer carries nothing", fix=fix, span=first.span)


class Reply:
    """What a node answers to an event: `class Stale(Reply): newer = part(Term)`.

    The one reply declared with `refusal=True` names the role or the guard clause that refused.
    """

    parts: ClassVar[dict[str, FieldDecl]]
    refusal: ClassVar[bool]
    doc: ClassVar[str]
    span: ClassVar[Span]

    def __init_subclass__(cls, refusal: bool = False) -> None:
        """Collect the fields."""
        cls.parts = collect_parts(cls, ())
        cls.span = span_of_class()
        cls.refusal = refusal
        cls.doc = one_line(check_doc(cls.__doc__, cls.__name__))
        if refusal and cls.parts:
            reason = "the nearest guard fills a refusal in, so it declares no parts"
            fix = "declare them in a reply of its own"
            raise SpecError("ORD115", cls.__name__, reason, fix=fix, span=cls.span)

    def __init__(self, *positional: object, **given: object) -> None:
        """Build the reply."""
        self.fields = check_parts(type(self).__name__, self.parts, given, positional)

    def __repr__(self) -> str:
        """Return it as a spec would write it."""
        return f"{type(self).__name__}(...)"


def sent(message: type[Message], src: Any, dst: Any, **given: Any) -> Expr:
    """Tell, in a property, whether such a message was sent; fields not given may be anything."""
    if not (isinstance(message, type) and issubclass(message, Message)):
        text, fix = f"sent({show(message)}, ...)", "name a class X(Message)"
        raise SpecError("ORD115", text, f"{show(message)} is no message", fix=fix)
    for name in given:
        if name not in message.parts:
            text = f"{message.__name__}.{name}"
            raise SpecError("ORD109", text, "it is not declared", fix=suggest(name, message.parts))
    open_parts = {n: d for n, d in message.parts.items() if n not in given}
    bound = {n: Expr(Kind.BOUND, d.sort, (), f"any_{n}") for n, d in open_parts.items()}
    values = tuple(
        lift({**given, **bound}[n], d.sort, f"{message.__name__}.{n}")
        for n, d in message.parts.items()
    )
    shown = [f", {n}={{{i}}}" for i, n in enumerate(message.parts, start=2) if n in given]
    label = f"sent({message.__name__}, {{0}}, {{1}}{''.join(shown)})"
    args = (lift(src, NODE, "the source"), lift(dst, NODE, "the destination"), *values)
    atom = Expr(Kind.SENT, BOOL, args, message.__name__, label=label)
    if not open_parts:
        return atom
    check_capture(atom, list(bound.values()), caller())
    names = tuple((f"any_{n}", d.sort) for n, d in open_parts.items())
    return Expr(Kind.EXISTS, BOOL, (atom,), names, label="{0}")
