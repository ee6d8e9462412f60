"""What values of one sort look like in the generated code, as data.

Belongs here: from plain terms to a value of the code, and whether a value is exactly such a one.
Never here: a spec's sorts (`meaning` makes forms of them).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, cast

import z3

from checkers.translation.values import (
    FALSE,
    TRUE,
    Bool,
    Choice,
    Entries,
    Leaf,
    Many,
    Map,
    Name,
    NoMeaning,
    Nothing,
    Number,
    Row,
    Term,
    Text,
    Truth,
    Value,
    conj,
    disj,
    equal,
    gather,
    is_true,
    merge,
    neg,
)


@dataclass(frozen=True)
class Plain:
    """A `bool`, an `int`, a `name` (a `str`); or `known`: whether there is something."""

    what: str


@dataclass(frozen=True)
class OfEnum:
    """A member of an enum."""

    enum: str


@dataclass(frozen=True)
class OfSet:
    """A `frozenset` of names (`""`) or of members of an enum."""

    of: str


@dataclass(frozen=True)
class OfMaybe:
    """`None`, or a value."""

    of: Form


@dataclass(frozen=True)
class OfRow:
    """An instance of the `NamedTuple` class `kind`."""

    kind: str
    names: tuple[str, ...]
    parts: tuple[Form, ...]


@dataclass(frozen=True)
class OfMap:
    """A `Mapping`, in which no key has the default value."""

    key: Form
    to: Form

    def may_be_nothing(self) -> bool:
        """Tell whether a value that it holds may be, or have in it, nothing: told by no array."""
        return any(isinstance(leaf, Plain) and leaf.what == "known" for leaf in leaves(self.to))


Form: TypeAlias = Plain | OfEnum | OfSet | OfMaybe | OfRow | OfMap


def build(form: Form, terms: Iterator[Term], default: tuple[Term, ...] = ()) -> Value:
    """Return the value of a form made of the terms of its components, in their order."""
    match form:
        case Plain("bool"):
            return Truth(cast(Bool, next(terms)))
        case Plain("int"):
            return Number(next(terms))
        case Plain():
            return Name(next(terms))
        case OfEnum():
            return Leaf(form.enum, next(terms))
        case OfSet():
            return Many(form.of, next(terms))
        case OfMaybe():
            known = cast(Bool, next(terms))
            inner = build(form.of, terms)
            if is_true(known):
                return inner
            return gather([(known, inner), (neg(known), Nothing())])
        case OfRow():
            made = tuple(build(part, terms) for part in form.parts)
            return Row(made, form.kind, form.names)
        case OfMap():
            arrays = tuple(next(terms) for _ in default)
            return Map(form, arrays, default)


def flatten(form: Form, value: Value) -> list[Term]:
    """Return the terms of a value's components. Raises `NoMeaning` where it has another form."""
    match form, value:
        case Plain("bool"), Truth():
            return [value.term]
        case Plain("int"), Number():
            return [value.term]
        case Plain("name"), Name():
            return [value.term]
        case OfEnum(), Leaf() if value.enum == form.enum:
            return [value.term]
        case OfSet(), Many() if not value.display and value.of == form.of:
            assert value.term is not None
            return [value.term]
        case OfSet(""), Many(of=None, display=False):
            return [z3.K(z3.IntSort(), FALSE)]
        case OfRow(), Row() if value.kind == form.kind:
            pairs = zip(form.parts, value.items, strict=True)
            return [term for part, item in pairs for term in flatten(part, item)]
        case OfMaybe(), _:
            return _flat_maybe(form, value)
    raise NoMeaning(f"{type(value).__name__.lower()} in a map")


def _flat_maybe(form: OfMaybe, value: Value) -> list[Term]:
    known, inner = FALSE, None
    for guard, one in value.options if isinstance(value, Choice) else ((TRUE, value),):
        if not isinstance(one, Nothing):
            known = disj((known, guard))
            inner = flatten(form.of, one)
    return [known, *(inner if inner is not None else zeros(form.of))]


def zeros(form: Form) -> list[Term]:
    """Return terms that stand for no particular value."""
    match form:
        case Plain("bool"):
            return [FALSE]
        case Plain():
            return [z3.IntVal(0)]
        case OfMaybe():
            return [FALSE, *zeros(form.of)]
        case OfRow():
            return [term for part in form.parts for term in zeros(part)]
        case _:
            raise NoMeaning(f"{form} that may be missing from a map")


def exactly(form: Form, code: Value, spec: Value) -> Bool:
    """Return that the code's value is the spec's, and of just its Python type.

    `==` would let a tuple pass for a named one, and a truth value for a number.
    """
    if isinstance(code, Choice) or isinstance(spec, Choice):
        ones = code.options if isinstance(code, Choice) else ((TRUE, code),)
        others = spec.options if isinstance(spec, Choice) else ((TRUE, spec),)
        return disj(conj((g, h, exactly(form, a, b))) for g, a in ones for h, b in others)
    match form, code, spec:
        case OfMaybe(), Nothing(), Nothing():
            return TRUE
        case (OfMaybe(), Nothing(), _) | (OfMaybe(), _, Nothing()):
            return FALSE
        case OfMaybe(), _, _:
            return exactly(form.of, code, spec)
        case OfRow(), Row(), Row() if code.kind == form.kind and code.names == form.names:
            pairs = zip(form.parts, code.items, spec.items, strict=True)
            return conj(exactly(part, a, b) for part, a, b in pairs)
        case OfSet(), Many(display=False), Many() if code.of in (None, form.of):
            return equal(code, spec)
        case OfMap(), Map() | Entries(), Map():
            return _same_maps(form, code, spec)
        case Plain("name"), Name() | Text(), Name():
            return equal(code, spec)
        case (Plain("bool"), Truth(), Truth()) | (Plain("int"), Number(), Number()):
            return equal(code, spec)
        case OfEnum(), Leaf(), Leaf() if code.enum == form.enum:
            return equal(code, spec)
    return FALSE


def fits(form: Form, code: Value) -> Bool:
    """Return that the code's value is of a form: just of its Python type, whatever it is."""
    match form, code:
        case _, Choice():
            return disj(conj((g, fits(form, a))) for g, a in code.options)
        case OfMaybe(), _:
            return TRUE if isinstance(code, Nothing) else fits(form.of, code)
        case OfRow(), Row() if code.kind == form.kind and code.names == form.names:
            return conj(fits(part, a) for part, a in zip(form.parts, code.items, strict=True))
        case OfSet(), Many(display=False) if code.of in (None, form.of):
            return TRUE
        case OfMap(), Map() if code.form == form:
            return TRUE
        case Plain("name"), Name() | Text(text=""):
            return TRUE
        case (Plain("bool"), Truth()) | (Plain("int"), Number()):
            return TRUE
        case OfEnum(), Leaf() if code.enum == form.enum:
            return TRUE
    return FALSE


# ---------------------------------------------------------------- maps

_fresh = iter(range(1, 1 << 60))


def _same_maps(form: OfMap, code: Map | Entries, spec: Map) -> Bool:
    """Return that two maps are the same at any key: at one that nothing else is known of.

    So this may only stand where it is to be proved, never where it is assumed.
    """
    keys = [z3.Const(f"key!{next(_fresh)}", sort) for sort in key_sorts(spec)]
    here = build(form.to, iter(at(spec, keys)))
    default = build(form.to, iter(spec.default))
    if isinstance(code, Map):
        return exactly(form.to, build(form.to, iter(at(code, keys))), here)
    there, found = default, []
    for key, value in code.entries:
        same = equal(build(form.key, iter(keys)), key)
        there = merge(same, value if value is not None else default, there)
        if value is not None:
            found.append(neg(equal(value, default)))  # no key has the default
    return conj([exactly(form.to, there, here), *found])


def key_sorts(one: Map) -> list[z3.SortRef]:
    """Return the sorts of the terms of a key."""
    array, found = one.arrays[0].sort(), []
    for _ in leaves(one.form.key):
        assert isinstance(array, z3.ArraySortRef)
        found.append(array.domain())
        array = array.range()
    return found


def leaves(form: Form) -> list[Form]:
    """Return the forms of the components of a form."""
    match form:
        case OfRow():
            return [leaf for part in form.parts for leaf in leaves(part)]
        case OfMaybe():
            return [Plain("known"), *leaves(form.of)]
        case _:
            return [form]


def at(one: Map, keys: list[Term]) -> list[Term]:
    """Return the terms of the value at a key."""
    found = []
    for array in one.arrays:
        for key in keys:
            array = z3.Select(cast(z3.ArrayRef, array), key)
        found.append(array)
    return found


def put(one: Map, keys: list[Term], terms: list[Term]) -> Map:
    """Return the map with a value at a key."""
    pairs = zip(one.arrays, terms, strict=True)
    return Map(one.form, tuple(stored(a, keys, t) for a, t in pairs), one.default, one.own)


def stored(array: Term, keys: list[Term], term: Term) -> Term:
    """Return an array of arrays with a term at the keys, one after the other."""
    if not keys:
        return term
    inner = z3.Select(cast(z3.ArrayRef, array), keys[0])
    return z3.Store(cast(z3.ArrayRef, array), keys[0], stored(inner, keys[1:], term))
