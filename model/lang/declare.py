"""What a spec declares: sums, sorts, the process, messages, requests, timers, replies, tables.

Belongs here: the classes that a spec derives from, and the checks that need only one declaration.
Never here: rules and properties (`rules.py`), or what needs the whole spec (`spec.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from model.lang.errors import SpecError, suggest
from model.lang.expr import Expr, Kind, Operators, Var, lift, show
from model.lang.sorts import (
    BOOL,
    NODE,
    AtomSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)
from model.lang.source import Span, caller, span_of_class


def one_line(doc: str | None) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join((doc or "").strip().split("\n\n")[0].split())


# ---------------------------------------------------------------- sorts


class Declared(Operators):
    """A declared sort. The class is the sort; as an annotation it stands for a value of it."""

    sort: ClassVar[Any]

    @classmethod
    def bound(cls, name: str) -> Any:
        """Return the quantified variable `name` of this sort."""
        return Expr(Kind.BOUND, cls.sort, (), name)


class Bool(Declared):
    """Truth values."""

    sort = BOOL


class Node(Declared):
    """The processes, any number of them, told apart by identity alone."""

    sort = NODE


class Atom(Declared):
    """Any number of things that can only be told apart: `class Key(Atom)`."""

    def __init_subclass__(cls) -> None:
        """Give the class its sort."""
        cls.sort = AtomSort(cls.__name__)


class Ordered(Declared):
    """An unbounded total order with least element `zero`: `class Term(Ordered, owned=True)`.

    In an owned order every element has one node that may start it (`owner(x)`); an implementation
    takes pairs (round, node), ordered lexicographically.
    """

    zero: ClassVar[Any]

    def __init_subclass__(cls, owned: bool = False) -> None:
        """Give the class its sort and its least element."""
        cls.sort = OrderSort(cls.__name__, owned)
        cls.zero = Expr(Kind.CONST, cls.sort, (), "zero")


class Range(Declared):
    """The whole numbers from 0 to `top`: `class Tries(Range, top=3)`."""

    top: ClassVar[int]

    def __init_subclass__(cls, top: int) -> None:
        """Give the class its sort."""
        cls.sort = RangeSort(cls.__name__, top)
        cls.top = top


class SetOf(Declared):
    """Finite sets: `class Nodes(SetOf, of=Node)`."""

    empty: ClassVar[Any]

    def __init_subclass__(cls, of: type[Declared]) -> None:
        """Give the class its sort and the empty set."""
        cls.sort = SetSort(cls.__name__, of.sort)
        cls.empty = Expr(Kind.EMPTY, cls.sort)


class Maybe(Declared):
    """Nothing or a value: `class MaybeNode(Maybe, of=Node)`; `None` stands for `nothing`."""

    nothing: ClassVar[Any]

    def __init_subclass__(cls, of: type[Declared]) -> None:
        """Give the class its sort and its empty value."""
        cls.sort = MaybeSort(cls.__name__, of.sort)
        cls.nothing = Expr(Kind.NONE, cls.sort)


@dataclass(frozen=True, slots=True)
class FieldDecl:
    """A named part of a struct, event or reply."""

    sort: Sort
    doc: str
    name: str = ""


def part(sort: type[Declared], doc: str = "") -> Any:
    """Declare a named part of a struct, message, request or reply."""
    return FieldDecl(sort.sort, doc)


def _parts(cls: type) -> dict[str, FieldDecl]:
    found: dict[str, FieldDecl] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, FieldDecl):
                found[name] = FieldDecl(value.sort, value.doc, name)
    return found


def check_parts(
    owner_name: str, declared: Mapping[str, FieldDecl], given: Mapping[str, object]
) -> dict[str, Expr]:
    """Return `given` as expressions of the declared sorts, in declaration order.

    Raises `SpecError` ORD109 for a missing or undeclared one, ORD102 for a wrong sort.
    """
    for name in declared:
        if name not in given:
            raise SpecError("ORD109", f"{owner_name}.{name}", "no value is given for it")
    for name in given:
        if name not in declared:
            raise SpecError(
                "ORD109",
                f"{owner_name}.{name}",
                "it is not declared",
                fix=suggest(name, declared),
            )
    return {name: lift(given[name], decl.sort) for name, decl in declared.items()}


class Struct(Declared):
    """A tuple of named parts, ordered lexicographically: `class Position(Struct): term = part(Term)`."""

    def __init_subclass__(cls) -> None:
        """Give the class its sort."""
        decls = _parts(cls)
        cls.sort = StructSort(cls.__name__, tuple((n, d.sort) for n, d in decls.items()))
        for name in decls:
            delattr(cls, name)
        cls._decls = decls

    _decls: ClassVar[dict[str, FieldDecl]]

    def __new__(cls, **given: object) -> Any:
        """Build a value from its parts."""
        values = check_parts(cls.__name__, cls._decls, given)
        return Expr(Kind.STRUCT, cls.sort, tuple(values.values()))


# ---------------------------------------------------------------- sums


class Case(Operators):
    """A case of a sum; called with a payload it narrows to that payload.

    Without its payload it is a pattern for all of them, with it a value.
    """

    __slots__ = ("doc", "leaves", "name", "payload", "sum_sort")

    def __init__(
        self,
        payload: Any = None,
        doc: str = "",
        *,
        name: str = "",
        sum_sort: SumSort | None = None,
        leaves: frozenset[str] = frozenset(),
    ) -> None:
        """Make a case; `Sum` fills in name, sort and leaves."""
        self.payload = payload
        self.doc = doc
        self.name = name
        self.sum_sort = sum_sort
        self.leaves = leaves

    def __str__(self) -> str:
        """Return the case as a spec writes it."""
        return self.name

    def as_expr(self) -> Expr:
        """Return the value, for a case with no payload left open."""
        assert self.sum_sort is not None
        if len(self.leaves) != 1:
            what = getattr(self.payload, "__name__", "payload")
            raise SpecError("ORD103", self.name, f"{self.name} needs a payload of {what}")
        return Expr(Kind.CONST, self.sum_sort, (), next(iter(self.leaves)))

    def __call__(self, payload: Any) -> Any:
        """Narrow to `payload`: a case gives a case, an expression an expression."""
        assert self.sum_sort is not None
        if self.payload is None:
            raise SpecError("ORD103", f"{self.name}({show(payload)})", f"{self.name} takes none")
        wanted: SumSort = self.payload.sort
        if isinstance(payload, Case):
            if payload.sum_sort != wanted:
                raise SpecError(
                    "ORD103",
                    f"{self.name}({payload})",
                    f"{payload} is a {payload.sum_sort}; {self.name} carries a {wanted}",
                )
            return Case(
                None if len(payload.leaves) == 1 else payload.payload,
                self.doc,
                name=f"{self.name}({payload.name})",
                sum_sort=self.sum_sort,
                leaves=frozenset(f"{self.name}({leaf})" for leaf in payload.leaves),
            )
        expr = payload.as_expr() if isinstance(payload, Operators) else None
        if expr is None or expr.sort != wanted:
            shown = show(payload)
            raise SpecError("ORD103", f"{self.name}({shown})", f"{shown} is not a {wanted}")
        mapping = tuple((leaf, f"{self.name}({leaf})") for leaf in wanted.leaves)
        return Expr(Kind.MAP, self.sum_sort, (expr,), mapping)

    def of(self, value: Any) -> Expr:
        """Return the payload of `value`; it means something only where `value.is_(case)`.

        Elsewhere it is the first leaf of the payload's sum, in every reading of the spec alike.
        """
        expr = lift(value, self.sum_sort)
        inner: SumSort = self.payload.sort
        assert self.sum_sort is not None
        table = []
        for leaf in self.sum_sort.leaves:
            below = leaf[len(self.name) + 1 : -1] if leaf in self.leaves else inner.leaves[0]
            table.append((leaf, below))
        return Expr(Kind.MAP, inner, (expr,), tuple(table))


def case(payload: Any = None, doc: str = "") -> Any:
    """Declare a case of a sum: `case("doc")` or `case(PayloadSum, "doc")`."""
    if isinstance(payload, str):
        payload, doc = None, payload
    return Case(payload, doc)


class Sum(Declared):
    """A finite sum: `class Light(Sum): RED = case("stop")`; payloads are other sums."""

    cases: ClassVar[tuple[Case, ...]]

    def __init_subclass__(cls) -> None:
        """Flatten the cases into leaves and give the class its sort."""
        declared = {n: c for n, c in vars(cls).items() if isinstance(c, Case)}
        if not declared:
            raise SpecError("ORD115", cls.__name__, "a sum has at least one case")
        leaves: list[str] = []
        below: dict[str, list[str]] = {}
        for name, one in declared.items():
            if one.payload is None:
                below[name] = [name]
            elif isinstance(one.payload, type) and issubclass(one.payload, Sum):
                below[name] = [f"{name}({leaf})" for leaf in one.payload.sort.leaves]
            else:
                raise SpecError("ORD103", f"{name} = case({one.payload!r})", "it is not a sum")
            leaves += below[name]
        cls.sort = SumSort(cls.__name__, tuple(leaves))
        for name, one in declared.items():
            one.name, one.sum_sort, one.leaves = name, cls.sort, frozenset(below[name])
        cls.cases = tuple(declared.values())

    @classmethod
    def leaf_docs(cls) -> dict[str, str]:
        """Return each leaf's meaning, the innermost case's."""
        docs: dict[str, str] = {}
        for one in cls.cases:
            if one.payload is None:
                docs[one.name] = one.doc
            else:
                for leaf, doc in one.payload.leaf_docs().items():
                    docs[f"{one.name}({leaf})"] = doc
        return docs


# ---------------------------------------------------------------- the process


@dataclass(frozen=True, slots=True)
class VarDecl:
    """A variable of a process: its sort, first value, meaning, and whether a crash spares it."""

    sort: Sort
    init: Any
    doc: str
    durable: bool
    name: str = ""


def durable(sort: type[Declared], init: Any = None, doc: str = "") -> Any:
    """Declare a variable that survives a crash: written before any message of its step leaves."""
    return VarDecl(sort.sort, init, doc, True)


def volatile(sort: type[Declared], init: Any = None, doc: str = "") -> Any:
    """Declare a variable that a crash sets back to its first value."""
    return VarDecl(sort.sort, init, doc, False)


class NodeProxy(Operators):
    """A node and, as attributes, its variables; `me` in a rule, a parameter in a property."""

    __slots__ = ("_kind", "_node", "_process")

    def __init__(self, process: type[Process], node: Expr, kind: Kind = Kind.VAR) -> None:
        """Make the view of `node`; kind NEXT shows the values after the step."""
        self._process = process
        self._node = node
        self._kind = kind

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


ME = Expr(Kind.ME, NODE)


class Process(Declared):
    """What every node runs: `class Radiant(Process): term = durable(Term)`."""

    sort = NODE
    variables: ClassVar[dict[str, VarDecl]]

    def __init_subclass__(cls) -> None:
        """Collect the variables."""
        found = {n: v for n, v in vars(cls).items() if isinstance(v, VarDecl)}
        cls.variables = {
            n: VarDecl(v.sort, _initial(v, n, cls), v.doc, v.durable, n) for n, v in found.items()
        }
        for name in found:
            delattr(cls, name)

    @classmethod
    def bound(cls, name: str) -> Any:
        """Return the quantified process `name`."""
        return NodeProxy(cls, Expr(Kind.BOUND, NODE, (), name))

    @classmethod
    def at(cls, node: Any) -> Any:
        """Return the variables of `node`, for properties."""
        return NodeProxy(cls, lift(node, NODE))


def _initial(decl: VarDecl, name: str, cls: type) -> Expr:
    sort = decl.sort
    if decl.init is not None or isinstance(sort, MaybeSort):
        return lift(decl.init, sort)
    value = default_value(sort)
    if value is None:
        raise SpecError(
            "ORD115", f"{cls.__name__}.{name}", f"a {sort} has no natural first value: give init="
        )
    return value


def default_value(sort: Sort) -> Expr | None:
    """Return the first value of a sort that has a natural one: false, 0, zero, empty."""
    match sort:
        case OrderSort():
            return Expr(Kind.CONST, sort, (), "zero")
        case SetSort():
            return Expr(Kind.EMPTY, sort)
        case RangeSort():
            return Expr(Kind.CONST, sort, (), 0)
        case StructSort():
            parts = [default_value(inner) for _, inner in sort.parts]
            found = tuple(p for p in parts if p is not None)
            return Expr(Kind.STRUCT, sort, found) if len(found) == len(parts) else None
        case _ if sort == BOOL:
            return Expr(Kind.CONST, BOOL, (), False)
        case _:
            return None


class Config:
    """Constants that every node is given: `class C(Config): members = part(Nodes)`; use `C()`."""

    parts: ClassVar[dict[str, FieldDecl]]

    def __init_subclass__(cls) -> None:
        """Collect the constants."""
        cls.parts = _parts(cls)
        for name in cls.parts:
            delattr(cls, name)

    def __getattr__(self, name: str) -> Any:
        """Return the constant `name`."""
        decl = self.parts.get(name)
        if decl is None:
            if name.startswith("_"):
                raise AttributeError(name)
            raise SpecError(
                "ORD101", f"config.{name}", "it is not declared", fix=suggest(name, self.parts)
            )
        return Expr(Kind.CONFIG, decl.sort, (), name)


# ---------------------------------------------------------------- events and replies


class Event:
    """Anything a node answers."""

    parts: ClassVar[dict[str, FieldDecl]]
    kind: ClassVar[str]
    doc: ClassVar[str]
    span: ClassVar[Span]
    roles: ClassVar[tuple[Case, ...]] = ()

    @classmethod
    def _collect(cls) -> None:
        cls.parts = _parts(cls)
        cls.doc = one_line(cls.__doc__)
        cls.span = span_of_class(cls)
        for name in cls.parts:
            if name in vars(cls):
                delattr(cls, name)


class EventProxy:
    """The event in a rule: its fields, and for a message its `sender`."""

    def __init__(self, event: type[Event]) -> None:
        """Make the view of an event of class `event`."""
        self._event = event

    def has(self, name: str) -> bool:
        """Tell, while the spec is read, whether the event has a field `name`."""
        return name in self._event.parts

    def only_at(self, role: Case) -> bool:
        """Tell, while the spec is read, whether `role` alone may act on the event."""
        return tuple(r.name for r in self._event.roles) == (role.name,)

    def is_a(self, *events: type[Event]) -> bool:
        """Tell, while the spec is read, whether the event is of one of these classes."""
        return self._event in events

    def __getattr__(self, name: str) -> Any:
        """Return the field `name`."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name == "sender" and issubclass(self._event, Message):
            return Expr(Kind.SENDER, NODE)
        decl = self._event.parts.get(name)
        if decl is None:
            known = [*self._event.parts, *(["sender"] if issubclass(self._event, Message) else [])]
            raise SpecError(
                "ORD101",
                f"m.{name}",
                f"{self._event.__name__} has no field {name!r}",
                fix=suggest(name, known),
            )
        return Expr(Kind.FIELD, decl.sort, (), name)


def _roles(given: Any) -> tuple[Case, ...]:
    cases = given if isinstance(given, tuple) else (given,)
    return tuple(cases)


@dataclass(frozen=True, slots=True)
class Send:
    """A message that a rule sends, to one node, each of a set, or a node that may be unknown."""

    message: type[Message]
    fields: dict[str, Expr]
    to: Expr
    span: Span


class Message(Event):
    """A message: `class Vote(Message, sender=RADIANT, receiver=(RADIANT, HERALD)): term = part(Term)`.

    `sender`: the roles that may send it; how a receiver knows is the spec's `@authority`.
    `receiver`: the roles that may act on it.
    """

    kind = "message"
    senders: ClassVar[tuple[Case, ...]]

    def __init_subclass__(cls, sender: Any = None, receiver: Any = None) -> None:
        """Collect fields and roles."""
        cls._collect()
        if sender is None or receiver is None:
            missing = "sender=" if sender is None else "receiver="
            raise SpecError(
                "ORD110", cls.__name__, f"{missing} is not given", span=span_of_class(cls)
            )
        cls.senders = _roles(sender)
        cls.roles = _roles(receiver)

    def __init__(self, **given: object) -> None:
        """Build a message to send; `.to(...)` addresses it."""
        self._fields = check_parts(type(self).__name__, self.parts, given)
        self._span = caller()

    def to(self, destination: Any) -> Send:
        """Address it to a node, to every node of a set, or to a node if it is known."""
        where = lift(destination)
        of = where.sort.of if isinstance(where.sort, SetSort | MaybeSort) else where.sort
        if of != NODE:
            raise SpecError("ORD102", show(where), f"a message goes to nodes, not to a {where.sort}")
        return Send(type(self), self._fields, where, self._span)


class Request(Event):
    """A client's request: `class Add(Request, at=HERALD): key = part(Key)`."""

    kind = "request"

    def __init_subclass__(cls, at: Any = None) -> None:
        """Collect fields and roles."""
        cls._collect()
        if at is None:
            raise SpecError("ORD110", cls.__name__, "at= is not given", span=span_of_class(cls))
        cls.roles = _roles(at)


class Timer(Event):
    """A timer of a node; when it fires is nondeterministic: `class Election(Timer)`."""

    kind = "timer"

    def __init_subclass__(cls) -> None:
        """Collect the (empty) fields."""
        cls._collect()


class Reply:
    """What a node answers to an event: `class Stale(Reply): newer = part(Term)`.

    The one reply declared with `refusal=True` names the role or the guard clause that refused.
    """

    parts: ClassVar[dict[str, FieldDecl]]
    refusal: ClassVar[bool]
    doc: ClassVar[str]

    def __init_subclass__(cls, refusal: bool = False) -> None:
        """Collect the fields."""
        cls.parts = _parts(cls)
        cls.refusal = refusal
        cls.doc = one_line(cls.__doc__)
        for name in cls.parts:
            delattr(cls, name)

    def __init__(self, **given: object) -> None:
        """Build the reply."""
        self.fields = check_parts(type(self).__name__, self.parts, given)


# ---------------------------------------------------------------- tables, ghosts, edges


class Table:
    """Data with one row for each case of a sum; columns of sums can be looked up in expressions."""

    def __init__(
        self, name: str, key: type[Sum], columns: tuple[str, ...], rows: dict[Any, tuple[Any, ...]]
    ) -> None:
        """Make the table; every leaf of `key` needs exactly one row."""
        self.name = name
        self.key = key
        self.columns = columns
        self.rows: dict[str, tuple[Any, ...]] = {}
        for pattern, row in rows.items():
            if getattr(pattern, "sum_sort", None) != key.sort:
                raise SpecError("ORD102", show(pattern), f"the table's rows are {key.sort}s")
            if len(row) != len(columns):
                raise SpecError(
                    "ORD115", f"{name}[{pattern}]", f"{len(row)} values for {len(columns)} columns"
                )
            for leaf in sorted(pattern.leaves, key=key.sort.leaves.index):
                if leaf in self.rows:
                    raise SpecError("ORD116", f"{name}[{leaf}]", "it has a row already")
                self.rows[leaf] = row
        for leaf in key.sort.leaves:
            if leaf not in self.rows:
                raise SpecError("ORD115", f"{name}[{leaf}]", "it has no row")
        self.rows = {leaf: self.rows[leaf] for leaf in key.sort.leaves}

    def look_up(self, column: str, key: Any, sort: type[Declared] | None = None) -> Expr:
        """Return the value of a column, as an expression; numbers need the `sort` of a range."""
        if column not in self.columns:
            raise SpecError(
                "ORD101", f"{self.name}.{column}", "no such column", fix=suggest(column, self.columns)
            )
        at = self.columns.index(column)
        of = sort.sort if sort is not None else None
        values = {leaf: lift(row[at], of) for leaf, row in self.rows.items()}
        mapping = tuple((leaf, value.data) for leaf, value in values.items())
        result = next(iter(values.values())).sort
        return Expr(Kind.MAP, result, (lift(key, self.key.sort),), mapping)


@dataclass(frozen=True, slots=True)
class GhostUpdate:
    """Tuples added to a ghost relation by a rule.

    Without `where` it is the one tuple `args`. With it, `args` is added for every value of the
    `bound` variables that satisfies `where`, a conjunction whose first part is a ghost atom that
    mentions all of them (so that an evaluator can enumerate them).
    """

    relation: Ghost
    args: tuple[Expr, ...]
    bound: tuple[tuple[str, Sort], ...] = ()
    where: Expr | None = None


@dataclass(frozen=True, slots=True)
class Ghost:
    """A relation that exists for the proof alone; tuples are only ever added.

    It never reaches the generated node, and no guard may read it.
    """

    name: str
    columns: tuple[Sort, ...]
    doc: str

    def __call__(self, *args: Any) -> Expr:
        """Tell, in a property, whether the relation holds of `args`."""
        return Expr(Kind.GHOST, BOOL, self._lift(args), self.name)

    def add(self, *args: Any) -> GhostUpdate:
        """Return the update that adds a tuple."""
        return GhostUpdate(self, self._lift(args))

    def add_for(
        self, args: Callable[..., tuple[Any, ...]], where: Callable[..., Any], **sorts: Any
    ) -> GhostUpdate:
        """Return the update that adds `args(x)` for every `x` that satisfies `where(x)`.

        The first conjunct of `where` is a ghost atom that mentions every bound variable.
        """
        bound = {name: declared.bound(name) for name, declared in sorts.items()}
        condition = lift(where(**bound), BOOL)
        first = condition.args[0] if condition.kind is Kind.AND else condition
        if first.kind is not Kind.GHOST:
            raise SpecError(
                "ORD115", show(condition), "its first conjunct is not a ghost relation"
            )
        names = tuple((name, declared.sort) for name, declared in sorts.items())
        return GhostUpdate(self, self._lift(args(**bound)), names, condition)

    def _lift(self, args: tuple[Any, ...]) -> tuple[Expr, ...]:
        if len(args) != len(self.columns):
            raise SpecError(
                "ORD109", f"{self.name}({len(args)} values)", f"it takes {len(self.columns)}"
            )
        return tuple(lift(a, s) for a, s in zip(args, self.columns, strict=True))


def ghost(name: str, *columns: type[Declared], doc: str) -> Ghost:
    """Declare a ghost relation over `columns`."""
    return Ghost(name, tuple(c.sort for c in columns), doc)


@dataclass(frozen=True, slots=True)
class EdgeTable:
    """The published figure: between which cases of a state variable a rule may lead.

    `covered` holds all leaves; staying in one leaf is not an edge, and the environment (a crash)
    is drawn apart.
    """

    variable: str
    edges: tuple[tuple[Case, Case], ...]
    doc: str = ""
    span: Span = field(default_factory=caller)

    def allowed(self) -> frozenset[tuple[str, str]]:
        """Return the pairs of leaves that the table allows."""
        return frozenset((a, b) for x, y in self.edges for a in x.leaves for b in y.leaves)


def sent(message: type[Message], src: Any, dst: Any, **given: Any) -> Expr:
    """Tell, in a property, whether such a message was ever sent; fields not given may be anything."""
    for name in given:
        if name not in message.parts:
            raise SpecError(
                "ORD109",
                f"{message.__name__}.{name}",
                "it is not declared",
                fix=suggest(name, message.parts),
            )
    open_parts = {n: d for n, d in message.parts.items() if n not in given}

    def body(**bound: Any) -> Expr:
        values = tuple(lift(given.get(n, bound.get(n)), d.sort) for n, d in message.parts.items())
        args = (lift(src, NODE), lift(dst, NODE), *values)
        return Expr(Kind.SENT, BOOL, args, message.__name__)

    if not open_parts:
        return body()
    names = tuple((f"any_{n}", d.sort) for n, d in open_parts.items())
    bound = {n: Expr(Kind.BOUND, d.sort, (), f"any_{n}") for n, d in open_parts.items()}
    return Expr(Kind.EXISTS, BOOL, (body(**bound),), names)
