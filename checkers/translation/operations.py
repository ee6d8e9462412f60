"""What Python's operators and a few of its methods do to the reader's values.

Belongs here: operators on values. Never here: names, statements, calls of the node's own functions.

Where an operation can raise, the exception and when it is raised go to `fail`, which has to be
shown impossible; the value is then whatever it is elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import cast

import z3

from checkers.translation.forms import at, build, flatten, put
from checkers.translation.things import Stranger
from checkers.translation.values import (
    FALSE,
    TRUE,
    Bool,
    Entries,
    Leaf,
    Many,
    Map,
    Name,
    NoMeaning,
    Nothing,
    Number,
    Record,
    Row,
    Table,
    Term,
    Text,
    Truth,
    Value,
    conj,
    described,
    disj,
    equal,
    gather,
    is_false,
    may_change,
    merge,
    named,
    neg,
    options,
    same_sets,
)

Fail = Callable[[Bool, str], None]
"""Note that an exception, told in words, is raised where the condition holds."""


class Raised(Exception):
    """An operation that always raises: there is no value."""


def over(value: Value, path: Bool, of: Callable[[Bool, Value], Value]) -> Value:
    """Return `of` each thing that a value may be, with the path to it, as one value.

    A thing on which it always raises is left out: that was noted as impossible.
    """
    found = []
    for guard, one in options(value):
        here = conj((path, guard))
        try:
            found.append((guard, of(here, one)))
        except Raised:
            continue
    if not found:
        raise Raised
    result = found[-1][1]
    for guard, made in reversed(found[:-1]):
        result = merge(guard, made, result)
    return result


# ---------------------------------------------------------------- comparing


def identical(a: Value, b: Value) -> Bool:
    """Return `a is b`, of what there is only one of each."""
    pairs = [(conj((g, h)), x, y) for g, x in options(a) for h, y in options(b)]
    return disj(conj((g, _identical(x, y))) for g, x, y in pairs)


def _identical(a: Value, b: Value) -> Bool:
    single = (Nothing, Leaf, Truth)
    known = not isinstance(a, Stranger) and not isinstance(b, Stranger)  # it may be `None`
    if not known or not (isinstance(a, single) or isinstance(b, single)):
        raise NoMeaning(f"`is` between {described(a)} and {described(b)}: write `==`")
    return equal(a, b) if type(a) is type(b) else FALSE


def ordered(operator: ast.cmpop, a: Value, b: Value, path: Bool, fail: Fail) -> Bool:
    """Return `a < b`, or another of the four."""
    if isinstance(operator, ast.Gt | ast.GtE):
        a, b = b, a
    strict = isinstance(operator, ast.Lt | ast.Gt)
    found = []
    for g, x in options(a):
        for h, y in options(b):
            here = conj((g, h))
            one = _ordered(strict, x, y)
            if one is None:
                fail(conj((path, here)), f"TypeError: {described(x)} and {described(y)}")
            else:
                found.append(conj((here, one)))
    return disj(found)


def _ordered(strict: bool, a: Value, b: Value) -> Bool | None:
    """Return `a < b` or `a <= b`; None where Python raises."""
    match a, b:
        case Number(), Number():
            return cast(Bool, a.term < b.term if strict else a.term <= b.term)
        case (Name() | Text(), Name() | Text()):
            x, y = (v.term if isinstance(v, Name) else named(v) for v in (a, b))
            return cast(Bool, x < y if strict else x <= y)
        case Many(), Many():
            alike = same_sets(a, b)
            if alike is None:
                raise NoMeaning("a comparison of sets of unlike things")
            _, one, other = alike
            if one is None or other is None:
                return FALSE if strict else TRUE
            within = z3.IsSubset(one, other)
            return conj((within, one != other)) if strict else within
        case Row(), Row():
            result: Bool = TRUE if len(a.items) < len(b.items) + (not strict) else FALSE
            for x, y in reversed(list(zip(a.items, b.items, strict=False))):
                if isinstance(x, Many) or isinstance(y, Many):
                    raise NoMeaning("a comparison of tuples with sets")
                less = ordered(ast.Lt(), x, y, TRUE, _never)
                result = disj((less, conj((equal(x, y), result))))
            return result
        case (Truth() | Number(), Truth() | Number()):
            raise NoMeaning(f"a comparison of {described(a)} and {described(b)}")
    return None


def _never(condition: Bool, what: str) -> None:
    raise NoMeaning(f"a comparison within tuples: {what}")


def contains(whole: Value, item: Value, path: Bool, fail: Fail) -> Bool:
    """Return `item in whole`."""
    found = []
    for g, x in options(whole):
        for h, y in options(item):
            here = conj((g, h))
            one = _contains(x, y)
            if one is None:
                fail(conj((path, here)), f"TypeError: {described(y)} in {described(x)}")
            else:
                found.append(conj((here, one)))
    return disj(found)


def _contains(whole: Value, item: Value) -> Bool | None:
    if (isinstance(item, Many) or may_change(item)) and not isinstance(whole, Row):
        raise NoMeaning(f"`in` with {described(item)}")
    match whole:
        case Many():
            if whole.term is None:
                return FALSE
            term = _element(whole, item)
            return FALSE if term is None else z3.Select(cast(z3.ArrayRef, whole.term), term)
        case Row():
            return disj(equal(one, item) for one in whole.items)
        case Table():
            return disj(equal(key, item) for key, _ in whole.entries)
        case Entries():
            inside: Bool = FALSE
            for key, value in whole.entries:
                same = equal(key, item)
                inside = disj((same, inside)) if value else conj((neg(same), inside))
            return inside
        case Map():
            here = at(whole, flatten(whole.form.key, item))
            held = build(whole.form.to, iter(here))
            return neg(equal(held, build(whole.form.to, iter(whole.default))))
        case Nothing() | Number() | Truth() | Leaf():
            return None
    raise NoMeaning(f"`in` with {described(whole)}")


def _element(whole: Many, item: Value) -> Term | None:
    """Return the term of an element as a set has them; None where it can have no such one."""
    match item:
        case Leaf():
            return item.term if item.enum == whole.of else None
        case Name() | Text():
            return (item.term if isinstance(item, Name) else named(item)) if not whole.of else None
        case Nothing() | Number() | Truth() | Row() | Record():
            return None
    raise NoMeaning(f"{described(item)} in a set")


# ---------------------------------------------------------------- calculating


def calculated(operator: ast.operator, a: Value, b: Value, path: Bool, fail: Fail) -> Value:
    """Return `a + b`, or what another operator makes of two values."""

    def of(here: Bool, x: Value) -> Value:
        return over(b, here, lambda inner, y: _calculated(operator, x, y, inner, fail))

    return over(a, path, of)


def _calculated(operator: ast.operator, a: Value, b: Value, path: Bool, fail: Fail) -> Value:
    match operator, a, b:
        case ast.Add(), Number(), Number():
            return Number(a.term + b.term)
        case ast.Sub(), Number(), Number():
            return Number(a.term - b.term)
        case ast.Mult(), Number(), Number():
            if z3.is_int_value(a.term) or z3.is_int_value(b.term):
                return Number(a.term * b.term)
            raise NoMeaning("a product of two variables")
        case ast.Add(), Row(), Row():
            return Row((*a.items, *b.items))
        case (ast.BitOr() | ast.Sub() | ast.BitAnd(), Many(), Many()):
            return _of_sets(operator, a, b)
        case _:
            numbers = (Truth, Number)
            if isinstance(a, numbers) and isinstance(b, numbers):
                raise NoMeaning(f"an operation on {described(a)} and {described(b)}")
            if isinstance(a, Map | Entries | Table) or isinstance(b, Map | Entries | Table):
                raise NoMeaning(f"an operation on {described(a)} and {described(b)}")
            unlike = isinstance(a, _PLAIN) and isinstance(b, _PLAIN)
            known = unlike and isinstance(operator, ast.Add | ast.Sub | ast.BitOr | ast.BitAnd)
            if not known and not isinstance(a, _NO_OPERAND) and not isinstance(b, _NO_OPERAND):
                raise NoMeaning(f"an operation on {described(a)} and {described(b)}")
            fail(path, f"TypeError: an operation on {described(a)} and {described(b)}")
            raise Raised


_PLAIN = (Row, Many, Number, Truth)
_NO_OPERAND = (Nothing, Leaf, Record)
"""What no operator takes, whatever stands on its other side."""


def _of_sets(operator: ast.operator, a: Many, b: Many) -> Many:
    alike = same_sets(a, b)
    if alike is None:
        raise NoMeaning("an operation on sets of unlike things")
    of, one, other = alike
    if one is None or other is None:
        return Many(None, None, a.display)
    if b.elements and not isinstance(operator, ast.BitAnd):
        value = TRUE if isinstance(operator, ast.BitOr) else FALSE
        for element in b.elements:
            one = z3.Store(cast(z3.ArrayRef, one), element, value)
        return Many(of, one, a.display)
    match operator:
        case ast.BitOr():
            return Many(of, z3.SetUnion(one, other), a.display)
        case ast.BitAnd():
            return Many(of, z3.SetIntersect(one, other), a.display)
        case _:
            return Many(of, z3.SetDifference(one, other), a.display)


def least(values: list[Value], largest: bool) -> Value:
    """Return `min(...)` or `max(...)` of numbers: the first of those that are it."""
    result: Term | None = None
    for value in values:
        if not isinstance(value, Number):
            raise NoMeaning(f"min or max of {described(value)}")
        if result is None:
            result = value.term
            continue
        better = value.term > result if largest else value.term < result
        result = z3.If(better, value.term, result)
    if result is None or len(values) < 2:
        raise NoMeaning("min or max of what is not spelt out")
    return Number(result)


def display(values: list[Value], starred: list[Many]) -> Many:
    """Return a set display: of values, and of all in other sets."""
    made = Many(None, None, True)
    for value in values:
        match value:
            case Leaf():
                one = _singleton(value.enum, value.term)
            case Name():
                one = _singleton("", value.term)
            case Text():
                one = _singleton("", named(value))
            case _:
                raise NoMeaning(f"{described(value)} in a set")
        joined = _of_sets(ast.BitOr(), made, one)
        made = Many(joined.of, joined.term, True, (*made.elements, *one.elements))
    for whole in starred:
        joined = _of_sets(ast.BitOr(), made, Many(whole.of, whole.term, True))
        made = Many(joined.of, joined.term, True)
    return made


def _singleton(of: str, term: Term) -> Many:
    return Many(of, z3.Store(z3.K(term.sort(), FALSE), term, TRUE), True, (term,))


# ---------------------------------------------------------------- looking up


def item_at(whole: Value, key: Value, path: Bool, fail: Fail) -> Value:
    """Return `whole[key]`."""

    def of(here: Bool, one: Value) -> Value:
        match one:
            case Table():
                return _entry(one, key, here, fail)
            case Row():
                return _item(one, key, here, fail)
        raise NoMeaning(f"an item of {described(one)}")

    return over(whole, path, of)


def _entry(table: Table, key: Value, path: Bool, fail: Fail) -> Value:
    found = [(equal(k, key), v) for k, v in table.entries]
    fail(conj((path, neg(disj(g for g, _ in found)))), "KeyError")
    found = [(g, v) for g, v in found if not is_false(g)]
    if not found:
        raise Raised
    result = found[-1][1]
    for guard, value in reversed(found[:-1]):
        result = merge(guard, value, result)
    return result


def _item(row: Row, key: Value, path: Bool, fail: Fail) -> Value:
    if not isinstance(key, Number):
        raise NoMeaning(f"the item of a tuple at {described(key)}")
    count = len(row.items)
    here = [disj((key.term == i, key.term == i - count)) for i in range(count)]
    if z3.is_int_value(key.term):
        at = key.term.as_long()
        here = [TRUE if at in (i, i - count) else FALSE for i in range(count)]
    fail(conj((path, neg(disj(here)))), "IndexError")
    found = [(g, v) for g, v in zip(here, row.items, strict=True) if not is_false(g)]
    if not found:
        raise Raised
    result = found[-1][1]
    for guard, value in reversed(found[:-1]):
        result = merge(guard, value, result)
    return result


def index_of(row: Row, item: Value, path: Bool, fail: Fail) -> Value:
    """Return `row.index(item)`: the place of the first that is equal."""
    same = [equal(one, item) for one in row.items]
    fail(conj((path, neg(disj(same)))), "ValueError: none of them is equal")
    if not same:
        raise Raised
    result: Term = z3.IntVal(len(same) - 1)
    for place in reversed(range(len(same) - 1)):
        result = z3.If(same[place], z3.IntVal(place), result)
    return Number(result)


def got(whole: Map | Entries, key: Value, otherwise: Value) -> Value:
    """Return `whole.get(key, otherwise)`."""
    if may_change(key):
        raise NoMeaning(f"{described(key)} as a key")
    if isinstance(whole, Entries):
        result = otherwise
        for k, v in whole.entries:
            result = merge(equal(k, key), v if v is not None else otherwise, result)
        return result
    held = build(whole.form.to, iter(at(whole, flatten(whole.form.key, key))))
    missing = equal(held, build(whole.form.to, iter(whole.default)))
    return gather([(neg(missing), held), (missing, otherwise)])


def without(whole: Value, key: Value) -> Map | Entries:
    """Return `{k: v for k, v in whole.items() if k != key}`."""
    assert isinstance(whole, Map | Entries)
    if isinstance(whole, Entries):
        return Entries((*whole.entries, (key, None)), True)
    made = put(whole, flatten(whole.form.key, key), list(whole.default))
    return Map(made.form, made.arrays, made.default, True)


def with_entry(
    whole: Map | Entries, key: Value, value: Value, path: Bool, fail: Fail
) -> Map | Entries:
    """Return the map after `whole[key] = value`."""
    if may_change(key):
        raise NoMeaning(f"{described(key)} as a key")
    if isinstance(whole, Entries):
        return Entries((*whole.entries, (key, value)), whole.own)
    default = build(whole.form.to, iter(whole.default))
    why = "the default is kept: two maps that are equal would differ"
    fail(conj((path, equal(value, default))), why)
    return put(whole, flatten(whole.form.key, key), flatten(whole.form.to, value))
