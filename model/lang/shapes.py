"""Sorts as a spec declares them: sums, orders, ranges, sets, structs.

Belongs here: the classes that declare sorts, the cases of sums, and the named parts that structs,
events and replies share. Never here: what a sort is to a back-end (`sorts.py`), or the process and
its events (`declare.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any, ClassVar, cast, overload

from model.lang.errors import SpecError, suggest
from model.lang.expr import Expr, Kind, Operators, Var, lift, nearest
from model.lang.show import an, show
from model.lang.sorts import (
    BOOL,
    NODE,
    AtomSort,
    BoolSort,
    MapSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)
from model.lang.source import Span, caller
from model.lang.syntax import written
from model.lang.words import check_words


class Declared(Operators):
    """A declared sort. The class is the sort; as an annotation it stands for a value of it."""

    sort: ClassVar[Any]

    def __new__(cls, *_args: object, **_parts: object) -> Any:
        """Refuse: the class is the sort; its values come from variables, fields and operators."""
        raise SpecError(
            "ORD102",
            f"{cls.__name__}(...)",
            f"{cls.__name__} is a sort, and no value of it is made by calling it",
            fix="use a variable, a field, or a constant such as Term.zero or Nodes.empty",
        )

    @classmethod
    def bound(cls, name: str) -> Any:
        """Return the quantified variable `name` of this sort. Raises ORD115 for a map."""
        if isinstance(cls.sort, MapSort):
            fix = "quantify over keys, and ask the map of a node at them"
            reason = "a map is a variable or a constant, and no quantifier speaks of all maps"
            raise SpecError("ORD115", f"{name}: {cls.__name__}", reason, fix=fix)
        return Expr(Kind.BOUND, cls.sort, (), name)


def sort_of(declared: Any, text: str, span: Span | None = None) -> Sort:
    """Return the sort that `declared` declares.

    Raises `SpecError` ORD115 at `span` when it declares none; `text` is what asked for it.
    """
    general = isinstance(declared, type) and issubclass(declared, Declared)
    if general and hasattr(declared, "sort"):
        sort: Sort = declared.sort
        return sort
    if declared is None:
        reason = "no sort is given"
    elif general:
        reason = f"{show(declared)} is a kind of sort, and no sort yet"
    else:
        reason = f"{show(declared)} is no declared sort"
    fix = "name Bool, Node, or a class that the spec declares"
    raise SpecError("ORD115", text, reason, fix=fix, span=span)


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


MOST_TOP = 1000
"""The top of a range: solver, tables and sets have a name for each of its values."""


class Range(Declared):
    """The whole numbers from 0 to `top`: `class Tries(Range, top=3)`."""

    top: ClassVar[int]

    def __init_subclass__(cls, top: Any = None) -> None:
        """Give the class its sort."""
        if not isinstance(top, int) or isinstance(top, bool) or top < 1:
            raise _malformed(
                f"{cls.__name__}(Range, top={show(top)})",
                "a range has a top of at least 1",
                "write class Tries(Range, top=3)",
            )
        if top > MOST_TOP:
            text, reason = (
                f"{cls.__name__}(Range, top={show(top)})",
                "every value of it is spelt out",
            )
            fix = f"write a top of at most {MOST_TOP}, or an Ordered for what only grows"
            raise SpecError("ORD115", text, reason, fix=fix)
        cls.sort = RangeSort(cls.__name__, top)
        cls.top = top


class SetOf(Declared):
    """Finite sets: `class Nodes(SetOf, of=Node)`; of atoms or of cases of a sum."""

    empty: ClassVar[Any]

    def __init_subclass__(cls, of: Any = None) -> None:
        """Give the class its sort and the empty set."""
        cls.sort = SetSort(cls.__name__, _element_sort(cls, of))
        cls.empty = Expr(Kind.EMPTY, cls.sort)


class MapOf(Declared):
    """A value for every key: `class Table(MapOf, key=Key, to=MaybeValue)`.

    `t.at(k)` is the value there, `t.put(k, v)` the map with another one. All keys but finitely many
    have the default of `to`: false, 0, zero, empty or nothing. Keys are atoms, cases, numbers, or
    structs of these; a map from a struct to `Bool` is a relation. A map is a variable or a
    constant: a message carries single entries.
    """

    empty: ClassVar[Any]

    def __init_subclass__(cls, key: Any = None, to: Any = None) -> None:
        """Give the class its sort and the map that has the default everywhere."""
        text = f"{cls.__name__}(MapOf, key={show(key)}, to={show(to)})"
        keys = sort_of(key, text, caller().first_line())
        values = sort_of(to, text, caller().first_line())
        if not _is_key(keys):
            reason = f"a key is an atom, a case, a number or a struct of these, and {keys} is none"
            raise _malformed(text, reason, "name a Node, an Atom, a Sum, a Range or an Ordered")
        if isinstance(values, MapSort) or default_value(values) is None:
            reason = f"a key that was never put has a default value, and {values} has none"
            raise _malformed(text, reason, "map to a Maybe of it, which begins as nothing")
        cls.sort = MapSort(cls.__name__, keys, values)
        cls.empty = Expr(Kind.EMPTY, cls.sort)


def _is_key(sort: Sort) -> bool:
    if isinstance(sort, StructSort):
        return all(_is_key(part) for _, part in sort.parts)
    return isinstance(sort, AtomSort | SumSort | RangeSort | OrderSort | BoolSort)


class Maybe(Declared):
    """Nothing or a value: `class MaybeNode(Maybe, of=Node)`; `None` stands for `nothing`."""

    nothing: ClassVar[Any]

    def __init_subclass__(cls, of: Any = None) -> None:
        """Give the class its sort and its empty value."""
        cls.sort = MaybeSort(cls.__name__, _value_sort(cls, of))
        cls.nothing = Expr(Kind.NONE, cls.sort)


def _element_sort(cls: type, of: Any) -> Sort:
    text = f"{cls.__name__}(SetOf, of={show(of)})"
    sort = sort_of(of, text, caller().first_line())
    if not isinstance(sort, AtomSort | SumSort):
        reason = f"a set is one of atoms or of cases of a sum, and {sort} is neither"
        raise _malformed(text, reason, "keep a set of Node, of an Atom or of a Sum")
    return sort


def _value_sort(cls: type, of: Any) -> Sort:
    text = f"{cls.__name__}(Maybe, of={show(of)})"
    sort = sort_of(of, text, caller().first_line())
    if isinstance(sort, MapSort):
        fix = "keep a map, and ask for its entries"
        raise _malformed(text, "a map is a variable or a constant, and part of no other value", fix)
    if isinstance(sort, MaybeSort):
        reason = "nothing of a Maybe and nothing at all could not be told apart"
        raise _malformed(text, reason, f"use {sort} itself")
    return sort


def _malformed(value: str, reason: str, fix: str) -> SpecError:
    return SpecError("ORD115", value, reason, fix=fix, span=caller().first_line())


# ---------------------------------------------------------------- named parts


@dataclass(frozen=True, slots=True)
class FieldDecl:
    """A named part of a struct, event or reply."""

    sort: Sort
    doc: str
    name: str = ""
    span: Span | None = None


def part(sort: type[Declared], doc: str = "") -> Expr:
    """Declare a named part of a struct, message, request or reply."""
    said = check_words(doc, "part(doc=...)", empty=True)
    made: Any = FieldDecl(sort_of(sort, f"part({show(sort)})"), said, span=caller())
    return cast(Expr, made)


def collect_parts(cls: type, taken: Iterable[str], *, maps: bool = False) -> dict[str, FieldDecl]:
    """Take the parts out of a class body and return them, those of its bases first.

    Raises `SpecError` ORD115 for a name in `taken`, which the language needs, or with a leading
    underscore, and for a map unless `maps`.
    """
    found: dict[str, FieldDecl] = {}
    for base in reversed(cls.__mro__[1:]):
        found.update(vars(base).get("parts", {}))
    for name, value in list(vars(cls).items()):
        if isinstance(value, FieldDecl):
            check_name(cls, name, taken, value.span)
            found[name] = FieldDecl(value.sort, value.doc, name, value.span)
    check_body(cls, FieldDecl, "part")
    for name in found:
        if name in vars(cls):
            delattr(cls, name)
        if isinstance(found[name].sort, MapSort) and not maps:
            reason = "a map is a variable of a node or a constant of the configuration"
            fix = "carry the key and the value of one entry"
            value = f"{cls.__name__}.{name}"
            raise SpecError("ORD115", value, reason, fix=fix, span=found[name].span)
    return found


_ROUTINES = (FunctionType, classmethod, staticmethod, property)


def check_body(cls: type, kind: type, call: str) -> None:
    """Raise ORD115 for a member of a class body that declares nothing, such as `term = Term`.

    Members are of `kind`, what `call` returns; functions and private names may stand there too.
    """
    values = {n: v for n, v in vars(cls).items() if not n.startswith("_")}
    hints = {n: h for n, h in vars(cls).get("__annotations__", {}).items() if n not in values}
    for name, value in {**values, **hints}.items():
        if name in hints or not isinstance(value, (*_ROUTINES, kind)):
            shown = value if isinstance(value, str) and name in hints else show(value)
            fix = f"write {name} = {call}({shown})"
            span = written(caller(), name).first_line()
            reason = "it declares nothing, and would be lost"
            raise SpecError("ORD115", f"{cls.__name__}.{name}", reason, fix=fix, span=span)


def check_name(cls: type, name: str, taken: Iterable[str], span: Span | None) -> None:
    """Raise ORD115 when the language needs `name` itself, so that the part could not be read."""
    if name.startswith("_") or name in taken:
        raise SpecError(
            "ORD115",
            f"{cls.__name__}.{name}",
            f"{name!r} means something to the language, and would hide this",
            fix="give it another name",
            span=span,
        )


def check_parts(
    owner_name: str,
    declared: Mapping[str, FieldDecl],
    given: Mapping[str, object],
    positional: tuple[object, ...] = (),
) -> dict[str, Expr]:
    """Return `given` as expressions of the declared sorts, in declaration order.

    Raises `SpecError` ORD109 for a missing or undeclared one, ORD102 for a wrong sort.
    """
    if positional:
        names = ", ".join(f"{name}=..." for name in declared)
        text = f"{owner_name}({', '.join(map(show, positional))})"
        fix = f"write {owner_name}({names})"
        raise SpecError("ORD109", text, "its parts are given by name", fix=fix)
    for name in given:
        if name not in declared:
            text = f"{owner_name}.{name}"
            raise SpecError("ORD109", text, "it is not declared", fix=suggest(name, declared))
    missing = [name for name in declared if name not in given]
    if missing:
        text = f"{owner_name}.{missing[0]}"
        others = f", nor for {', '.join(missing[1:])}" if missing[1:] else ""
        fix = f"write {owner_name}({', '.join(f'{name}=...' for name in declared)})"
        raise SpecError("ORD109", text, f"no value is given for it{others}", fix=fix)
    return {n: lift(given[n], d.sort, f"{owner_name}.{n}") for n, d in declared.items()}


class Struct(Declared):
    """A tuple of named parts, in lexicographic order: `class At(Struct): term = part(Term)`."""

    parts: ClassVar[dict[str, FieldDecl]]

    def __init_subclass__(cls) -> None:
        """Give the class its sort."""
        cls.parts = collect_parts(cls, {*dir(Expr), *dir(Var)})
        if not cls.parts:
            fix = "write class At(Struct): term = part(Term)"
            raise _malformed(cls.__name__, "a struct has at least one part", fix)
        cls.sort = StructSort(cls.__name__, tuple((n, d.sort) for n, d in cls.parts.items()))

    def __new__(cls, *positional: object, **given: object) -> Any:
        """Build a value from its parts."""
        values = check_parts(cls.__name__, cls.parts, given, positional)
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
        return self.name or "case(...)"

    def __repr__(self) -> str:
        """Return the case as a spec writes it."""
        return str(self)

    def as_expr(self) -> Expr:
        """Return the value, for a case with no payload left open."""
        sort = self._sum()
        if len(self.leaves) != 1:
            what = show(self.payload)
            reason = f"it carries {an(what)}, and none is given"
            fix = f"write x.is_({self.name}) for any {what}, or {self.name}(...) for one"
            raise SpecError("ORD103", self.name, reason, fix=fix, span=nearest(self))
        return Expr(Kind.CONST, sort, (), next(iter(self.leaves)))

    @overload
    def __call__(self, payload: Case, /) -> Case: ...

    @overload
    def __call__(self, payload: Expr | Var, /) -> Expr: ...

    def __call__(self, *payloads: Any) -> Any:
        """Narrow to a payload: a case gives a case, an expression an expression."""
        text = f"{self.name}({', '.join(map(show, payloads))})"
        if self.payload is None:
            reason = f"{self.name} carries no payload"
            raise SpecError("ORD103", text, reason, fix=f"write {self.name}")
        wanted: SumSort = self.payload.sort
        cases = f"{self.name} carries {an(wanted)}"
        fix = f"give it one of {', '.join(map(show, self.payload.cases))}"
        if len(payloads) != 1:
            raise SpecError("ORD103", text, f"{cases}, and only one", fix=fix)
        payload = payloads[0]
        if isinstance(payload, Case):
            if payload.sum_sort != wanted:
                reason = f"{payload} is {an(payload.sum_sort)}; {cases}"
                raise SpecError("ORD103", text, reason, fix=fix)
            return Case(
                None if len(payload.leaves) == 1 else payload.payload,
                self.doc,
                name=self._around(payload.name),
                sum_sort=self.sum_sort,
                leaves=frozenset(self._around(leaf) for leaf in payload.leaves),
            )
        if not isinstance(payload, Operators):
            raise SpecError("ORD103", text, f"{show(payload)} is no {wanted}; {cases}", fix=fix)
        expr = payload.as_expr()
        if expr.sort != wanted:
            reason = f"{show(expr)} is {an(expr.sort)}; {cases}"
            raise SpecError("ORD103", text, reason, fix=fix)
        mapping = tuple((leaf, self._around(leaf)) for leaf in wanted.leaves)
        return Expr(Kind.MAP, self._sum(), (expr,), mapping, label=self._around("{0}"))

    def of(self, value: Any) -> Expr:
        """Return the payload of `value`; it means something only where `value.is_(case)`.

        Elsewhere it is the first leaf of the payload's sum, in every reading of the spec alike.
        """
        if self.payload is None:
            text, reason = f"{self.name}.of({show(value)})", f"{self.name} carries no payload"
            fix = "take the payload of a case that carries one"
            raise SpecError("ORD103", text, reason, fix=fix)
        expr = lift(value, self._sum(), f"{self.name}.of")
        inner: SumSort = self.payload.sort
        below = {self._around(leaf): leaf for leaf in inner.leaves}
        table = tuple((leaf, below.get(leaf, inner.leaves[0])) for leaf in self._sum().leaves)
        return Expr(Kind.MAP, inner, (expr,), table, label=f"{self.name}.of({{0}})")

    def _around(self, payload: str) -> str:
        """Return the name of this case with `payload` innermost: `ERROR(RECOVERABLE(STATE))`."""
        head = self.name.rstrip(")")
        return f"{head}({payload})" + ")" * (len(self.name) - len(head))

    def _sum(self) -> SumSort:
        if self.sum_sort is None:
            reason = "it is a case of no sum yet"
            fix = "declare it in a class X(Sum), and use it after the class"
            raise SpecError("ORD115", "case(...)", reason, fix=fix)
        return self.sum_sort


def case(payload: Any = None, doc: str = "") -> Case:
    """Declare a case of a sum: `case("doc")` or `case(PayloadSum, "doc")`."""
    if isinstance(payload, str):
        payload, doc = None, payload
    is_sum = isinstance(payload, type) and issubclass(payload, Sum) and payload is not Sum
    if payload is not None and not is_sum:
        fix = "declare a class X(Sum) with the payloads, and write case(X)"
        text = f"case({show(payload)})"
        raise SpecError("ORD103", text, f"{show(payload)} is not a sum", fix=fix)
    return Case(payload, check_words(doc, "case(doc=...)", empty=True))


class Sum(Declared):
    """A finite sum: `class Light(Sum): RED = case("stop")`; payloads are other sums."""

    cases: ClassVar[tuple[Case, ...]]

    def __init_subclass__(cls) -> None:
        """Flatten the cases into leaves and give the class its sort."""
        declared = {n: c for n, c in vars(cls).items() if isinstance(c, Case)}
        check_body(cls, Case, "case")
        if not declared:
            fix = 'write class Light(Sum): RED = case("stop")'
            raise _malformed(cls.__name__, "a sum has at least one case", fix)
        below: dict[str, list[str]] = {}
        for name, one in declared.items():
            check_name(cls, name, {*dir(Sum), "cases"}, caller().first_line())
            if one.name or one.sum_sort is not None:
                text, reason = f"{cls.__name__}.{name}", f"it is the case {show(one)} already"
                fix = "give each case a case(...) of its own"
                raise SpecError("ORD116", text, reason, fix=fix, span=caller().first_line())
            one.name = name
            inner = [] if one.payload is None else one.payload.sort.leaves
            below[name] = [f"{name}({leaf})" for leaf in inner] or [name]
        cls.sort = SumSort(cls.__name__, tuple(leaf for group in below.values() for leaf in group))
        for name, one in declared.items():
            one.sum_sort, one.leaves = cls.sort, frozenset(below[name])
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


def default_value(sort: Sort) -> Expr | None:
    """Return the first value of a sort that has a natural one: false, 0, zero, empty, nothing."""
    match sort:
        case OrderSort():
            return Expr(Kind.CONST, sort, (), "zero")
        case SetSort() | MapSort():
            return Expr(Kind.EMPTY, sort)
        case MaybeSort():
            return Expr(Kind.NONE, sort)
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
