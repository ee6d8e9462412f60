"""The values that the reader of generated code computes with: Python's, as Z3 terms.

Belongs here: what a value is, choosing between two, whether two are equal. Never here: statements,
or where a value comes from.

A name (a node's or a key's) is a number: names are numbered in the order that Python has on
strings, and the empty one is 0. Whatever a handler does in one step concerns finitely many names,
and any finitely many can be numbered so. A set is an array of truth values over all of a sort's
values, finite or not.

What may be one of several things is a `Choice`: disjoint guards that leave nothing out. `x | None`
is one, of `Nothing` and something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import z3

Term: TypeAlias = z3.ExprRef
Bool: TypeAlias = z3.BoolRef

TRUE: Bool = z3.BoolVal(True)
FALSE: Bool = z3.BoolVal(False)


# ---------------------------------------------------------------- truth, kept short

_TRUE, _FALSE = TRUE.ast.value, FALSE.ast.value


def is_true(part: Bool) -> bool:
    """Tell whether a condition is the constant `true`, of which Z3 keeps one: quickly."""
    return bool(part.ast.value == _TRUE)


def is_false(part: Bool) -> bool:
    """Tell whether a condition is the constant `false`."""
    return bool(part.ast.value == _FALSE)


def total(numbers: Sequence[z3.ArithRef]) -> z3.ArithRef:
    """Return the sum; SMT-LIB has none of fewer than two."""
    if len(numbers) < 2:
        return numbers[0] if numbers else z3.IntVal(0)
    return z3.Sum(numbers)


def conj(parts: Iterable[Bool]) -> Bool:
    """Return that all hold."""
    kept: list[Bool] = []
    for part in parts:
        if is_false(part):
            return FALSE
        if not is_true(part):
            kept.append(part)
    return TRUE if not kept else kept[0] if len(kept) == 1 else z3.And(kept)


def disj(parts: Iterable[Bool]) -> Bool:
    """Return that one holds."""
    kept: list[Bool] = []
    for part in parts:
        if is_true(part):
            return TRUE
        if not is_false(part):
            kept.append(part)
    return FALSE if not kept else kept[0] if len(kept) == 1 else z3.Or(kept)


def neg(part: Bool) -> Bool:
    """Return that it does not hold."""
    if is_true(part) or is_false(part):
        return FALSE if is_true(part) else TRUE
    return cast(Bool, part.arg(0)) if z3.is_not(part) else z3.Not(part)


def choose(condition: Bool, a: Term, b: Term) -> Term:
    """Return `a` where the condition holds, `b` elsewhere."""
    if is_true(condition) or a.eq(b):
        return a
    return b if is_false(condition) else z3.If(condition, a, b)


# ---------------------------------------------------------------- values


@dataclass(frozen=True, eq=False)
class Value:
    """Any value."""


@dataclass(frozen=True, eq=False)
class Truth(Value):
    """A `bool`."""

    term: Bool


@dataclass(frozen=True, eq=False)
class Number(Value):
    """An `int`."""

    term: Term


@dataclass(frozen=True, eq=False)
class Name(Value):
    """A `str` that is the name of something, by its number."""

    term: Term


@dataclass(frozen=True, eq=False)
class Text(Value):
    """A `str` that the code spells out."""

    text: str


@dataclass(frozen=True, eq=False)
class Other(Value):
    """A constant that nothing is computed with, such as a `float`."""

    value: object


@dataclass(frozen=True, eq=False)
class Leaf(Value):
    """A member of an `Enum`, whose name is `enum`."""

    enum: str
    term: Term


@dataclass(frozen=True, eq=False)
class Nothing(Value):
    """`None`."""


@dataclass(frozen=True, eq=False)
class Many(Value):
    """A `frozenset`, or a set display where `display`; `of` is `""` for names, else an enum.

    The empty set has neither until it meets another: `of` and `term` are None. `elements` are those
    of a display.
    """

    of: str | None
    term: Term | None
    display: bool = False
    elements: tuple[Term, ...] = ()


@dataclass(frozen=True, eq=False)
class Row(Value):
    """A `tuple`; of the `NamedTuple` class `kind` with parts called `names` where it has one."""

    items: tuple[Value, ...]
    kind: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Record(Value):
    """An instance of a dataclass; `constant` is the module's name for it, if it has one.

    `by_identity`: its class has no equality of its own.
    """

    kind: str
    fields: dict[str, Value]
    constant: str = ""
    by_identity: bool = False


@dataclass(frozen=True, eq=False)
class Table(Value):
    """A `dict` that the module spells out, with its entries in order."""

    entries: tuple[tuple[Value, Value], ...]


@dataclass(frozen=True, eq=False)
class Map(Value):
    """A `dict`: for each term of a value that it holds an array over the terms of a key.

    `form` says what it holds (`forms.OfMap`). What is not in it has the value `default`; it holds
    no key with that value. `own`: the code may still change it, since nothing else has it.
    """

    form: Any
    arrays: tuple[Term, ...]
    default: tuple[Term, ...]
    own: bool = False


@dataclass(frozen=True, eq=False)
class Entries(Value):
    """A `dict` made from nothing: `{}`, and what the code has put into it since.

    Of entries with equal keys the last counts; one without a value says that the key is taken out.
    `own`: as of a `Map`.
    """

    entries: tuple[tuple[Value, Value | None], ...] = ()
    own: bool = False


@dataclass(frozen=True, eq=False)
class Choice(Value):
    """One of several, by disjoint guards of which always one holds."""

    options: tuple[tuple[Bool, Value], ...]


@dataclass(frozen=True, eq=False)
class Unset(Value):
    """What a local variable is before it is assigned."""


class NoMeaning(Exception):
    """An operation that the reader gives no meaning to, on these values; the text says which."""


def options(value: Value) -> tuple[tuple[Bool, Value], ...]:
    """Return what a value may be, with the guard of each."""
    return value.options if isinstance(value, Choice) else ((TRUE, value),)


def described(value: Value) -> str:
    """Return what a value is, in a few words."""
    match value:
        case Truth():
            return "a bool"
        case Number():
            return "an int"
        case Name() | Text():
            return "a str"
        case Leaf():
            return f"a member of {value.enum}"
        case Nothing():
            return "None"
        case Many():
            return "a set" if value.display else "a frozenset"
        case Row():
            return f"a {value.kind}" if value.kind else "a tuple"
        case Record():
            return f"a {value.kind}"
        case Choice():
            return " or ".join(dict.fromkeys(described(v) for _, v in value.options))
        case Unset():
            return "unbound"
        case _:
            return type(value).__name__.lower()


def may_change(value: Value) -> bool:
    """Tell whether a value is, or has in it, what may be changed: Python does not look it up."""
    match value:
        case Many():
            return value.display
        case Map() | Entries() | Table():
            return True
        case Choice():
            return any(may_change(v) for _, v in value.options)
        case Row():
            return any(map(may_change, value.items))
        case Record():
            return any(map(may_change, value.fields.values()))
    return False


# ---------------------------------------------------------------- choosing


def _form(value: Value) -> object:
    """Return what two values share that can be made one."""
    match value:
        case Leaf():
            return ("leaf", value.enum)
        case Many():
            return ("set", value.display)
        case Text() if not value.text:
            return Name  # nobody's name
        case Text():
            return ("text", value.text)
        case Row():
            return ("row", value.kind, len(value.items))
        case Record():
            return ("constant", value.constant) if value.constant else ("record", value.kind)
        case Map():
            return ("map", value.form)
        case Entries():
            return ("entries", tuple((id(k), id(v)) for k, v in value.entries))
        case Truth() | Number() | Name() | Nothing() | Unset():
            return type(value)
        case _:
            return id(value)


def merge(condition: Bool, a: Value, b: Value) -> Value:
    """Return `a` where the condition holds, `b` elsewhere."""
    if a is b or is_true(condition):
        return a
    if is_false(condition):
        return b
    if not isinstance(a, Choice) and not isinstance(b, Choice):
        one = _joined(condition, a, b)
        if one is not None:
            return one
    other = neg(condition)
    return gather(
        [
            *((conj((condition, g)), v) for g, v in options(a)),
            *((conj((other, g)), v) for g, v in options(b)),
        ]
    )


def gather(found: Iterable[tuple[Bool, Value]]) -> Value:
    """Return one value of guarded ones, those of one form made one."""
    kept: list[tuple[Bool, Value]] = []
    alone = [(conj((g, h)), v) for g, value in found for h, v in options(value)]
    for guard, value in alone:
        if is_false(guard):
            continue
        for at, (other, there) in enumerate(kept):
            one = there if there is value else _joined(other, there, value)
            if one is not None:
                kept[at] = (disj((other, guard)), one)
                break
        else:
            kept.append((guard, value))
    if not kept:
        raise NoMeaning("a value on no path")
    return kept[0][1] if len(kept) == 1 else Choice(tuple(kept))


def _joined(condition: Bool, a: Value, b: Value) -> Value | None:
    """Return one value that is `a` where the condition holds and else `b`, if they are alike."""
    if a is b:
        return a
    if _form(a) != _form(b):
        return None
    match a, b:
        case Truth(), Truth():
            return Truth(cast(Bool, choose(condition, a.term, b.term)))
        case Number(), Number():
            return Number(choose(condition, a.term, b.term))
        case (Name() | Text(), Name() | Text()):
            if isinstance(a, Text) and isinstance(b, Text):
                return a
            return Name(choose(condition, number_of(a), number_of(b)))
        case Leaf(), Leaf():
            return Leaf(a.enum, choose(condition, a.term, b.term))
        case Many(), Many():
            alike = same_sets(a, b)
            if alike is None:
                return None
            of, one, other = alike
            if one is None or other is None:
                return a
            return Many(of, choose(condition, one, other), a.display)
        case Row(), Row():
            pairs = zip(a.items, b.items, strict=True)
            return Row(tuple(merge(condition, x, y) for x, y in pairs), a.kind, a.names)
        case Map(), Map():
            pairs = zip(a.arrays, b.arrays, strict=True)
            arrays = tuple(choose(condition, x, y) for x, y in pairs)
            return Map(a.form, arrays, a.default, a.own and b.own)
        case Record(), Record():
            if a.constant:
                return a
            if a.by_identity:
                return None
            merged = {n: merge(condition, v, b.fields[n]) for n, v in a.fields.items()}
            return Record(a.kind, merged)
        case Entries(), Entries():
            return Entries(a.entries, a.own and b.own)
        case _:
            return a  # nothing, unset, or one and the same text


def same_sets(a: Many, b: Many) -> tuple[str | None, Term | None, Term | None] | None:
    """Return the element's kind and the terms of two sets; None where elements are not alike."""
    if a.of is None and b.of is None:
        return None, None, None
    if a.of is not None and b.of is not None and a.of != b.of:
        return None
    of = a.of if a.of is not None else b.of
    known = a.term if a.term is not None else b.term
    assert known is not None
    empty = z3.K(cast(z3.ArraySortRef, known.sort()).domain(), FALSE)
    return of, a.term if a.term is not None else empty, b.term if b.term is not None else empty


# ---------------------------------------------------------------- equality, as Python has it


def equal(a: Value, b: Value) -> Bool:
    """Return `a == b`. Raises `NoMeaning` where the reader cannot tell."""
    if isinstance(a, Choice) or isinstance(b, Choice):
        pairs = [(g, h, x, y) for g, x in options(a) for h, y in options(b)]
        return disj(conj((g, h, equal(x, y))) for g, h, x, y in pairs)
    match a, b:
        case (Other(), _) | (_, Other()):
            raise NoMeaning(f"`==` between {described(a)} and {described(b)}")
        case Truth(), Truth():
            if is_true(b.term) or is_false(b.term):
                return a.term if is_true(b.term) else neg(a.term)
            return a.term == b.term
        case (Truth() | Number(), Truth() | Number()):
            return whole(a) == whole(b)
        case Name(), Name():
            return a.term == b.term
        case Text(), Text():
            return TRUE if a.text == b.text else FALSE
        case (Name(), Text()) | (Text(), Name()):
            name, text = (a, b) if isinstance(a, Name) else (b, a)
            assert isinstance(name, Name) and isinstance(text, Text)
            return name.term == named(text)
        case Leaf(), Leaf():
            return a.term == b.term if a.enum == b.enum else FALSE
        case Nothing(), Nothing():
            return TRUE
        case Many(), Many():
            alike = same_sets(a, b)
            if alike is None:
                raise NoMeaning("`==` between sets of unlike things")
            _, one, other = alike
            return TRUE if one is None or other is None else one == other
        case Row(), Row():
            if len(a.items) != len(b.items):
                return FALSE
            return conj(equal(x, y) for x, y in zip(a.items, b.items, strict=True))
        case Record(), Record():
            if a.by_identity or b.by_identity:
                raise NoMeaning(f"`==` between {described(a)} and {described(b)}, by identity")
            if a.kind != b.kind:
                return FALSE
            return conj(equal(v, b.fields[n]) for n, v in a.fields.items())
        case Map(), Map() if a.form == b.form and not a.form.may_be_nothing():
            return conj(x == y for x, y in zip(a.arrays, b.arrays, strict=True))
        case _:
            if type(a) in _PLAIN and type(b) in _PLAIN:
                return FALSE  # values of two unlike types are never equal
            raise NoMeaning(f"`==` between {described(a)} and {described(b)}")


_PLAIN = (Truth, Number, Name, Text, Leaf, Nothing, Many, Row, Record)


def whole(value: Value) -> Term:
    """Return the number that a number or a truth value is."""
    if isinstance(value, Truth):
        return z3.If(value.term, z3.IntVal(1), z3.IntVal(0))
    assert isinstance(value, Number)
    return value.term


def number_of(name: Name | Text) -> Term:
    """Return the number of a name."""
    return name.term if isinstance(name, Name) else named(name)


def named(text: Text) -> Term:
    """Return the number of a name that the code spells out: of the empty one alone."""
    if text.text:
        raise NoMeaning(f"the name {text.text!r}, spelt out in the code")
    return z3.IntVal(0)


def truthy(value: Value) -> Bool:
    """Return `bool(value)`."""
    match value:
        case Choice():
            return disj(conj((g, truthy(v))) for g, v in value.options)
        case Truth():
            return value.term
        case Number() | Name():
            return value.term != 0
        case Text():
            return TRUE if value.text else FALSE
        case Nothing():
            return FALSE
        case Leaf() | Record():
            return TRUE
        case Row():
            return TRUE if value.items else FALSE
        case Many() if value.term is None:
            return FALSE
        case Many():
            assert value.term is not None
            domain = cast(z3.ArraySortRef, value.term.sort()).domain()
            return value.term != z3.K(domain, FALSE)
        case _:
            raise NoMeaning(f"the truth of {described(value)}")


def lifted(value: Value, of: Callable[[Bool, Value], Value]) -> Value:
    """Return `of` each thing that a value may be, with its guard, as one value."""
    if not isinstance(value, Choice):
        return of(TRUE, value)
    return gather([(g, of(g, v)) for g, v in value.options])
