"""Values as recordings hold them: JSON to the evaluator's values, by sort, and back.

Belongs here: single values. Never here: records (`reading`), or what a value should be (`steps`).

The canonical text of a value is written here once more, from the spec's sorts, and shares nothing
with what the nodes write theirs with (`impl/recording.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import blake2b
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, TypeAlias

from model.evaluate.values import default_of, show_value
from model.lang.sorts import (
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

Value: TypeAlias = Any
Decoder: TypeAlias = Callable[[Any], Value]


BEYOND = 1 << 256
"""No node counts so far; and Python writes no number of more than 4,300 digits."""


class ValueProblem(Exception):
    """JSON that is no value of its sort; the reason says why."""


def text_of(value: Value) -> str:
    """Return the canonical JSON of a value."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    parts = [text_of(part) for part in value]
    if isinstance(value, frozenset):
        parts.sort()
    return f"[{','.join(parts)}]"


def object_text(members: Mapping[str, str]) -> str:
    """Return the JSON object whose members have these texts."""
    return "{" + ",".join([f"{quoted(name)}:{text}" for name, text in members.items()]) + "}"


def digest_of(text: str) -> str:
    """Return the digest of a state, given its canonical JSON."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def decoder(sort: Sort) -> Decoder:
    """Return what makes a value of `sort` from JSON, or raises `ValueProblem`."""
    made = _DECODERS.get(type(sort))
    if made is None:
        raise TypeError(f"{type(sort).__name__} has no JSON")
    return made(sort)


def told(data: object) -> str:
    """Return JSON data as messages show it, cut where it is long."""
    text = json.dumps(data)
    return text if len(text) <= 60 else text[:57] + "..."


def safe(text: str) -> str:
    """Return text of a recording as it can be shown: what is not printed is written as escapes."""
    if text.isprintable():
        return text
    escaped = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return "".join(escaped)


def _no(data: object, sort: Sort, expected: str) -> ValueProblem:
    return ValueProblem(f"{told(data)} is no {sort}: expected {expected}")


def _bool(sort: Sort) -> Decoder:
    def decode(data: Any) -> Value:
        if data is True or data is False:
            return data
        raise _no(data, sort, "true or false")

    return decode


def _sum(sort: Sort) -> Decoder:
    assert isinstance(sort, SumSort)
    leaves = frozenset(sort.leaves)

    def decode(data: Any) -> Value:
        if isinstance(data, str) and data in leaves:
            return data
        known = ", ".join(sort.leaves[:6]) + (", ..." if len(sort.leaves) > 6 else "")
        raise _no(data, sort, f"one of {known}")

    return decode


def _is_count(data: Any) -> bool:
    return type(data) is int and 0 <= data < BEYOND


def _range(sort: Sort) -> Decoder:
    assert isinstance(sort, RangeSort)
    top = sort.top

    def decode(data: Any) -> Value:
        if _is_count(data) and data <= top:
            return data
        raise _no(data, sort, f"a number from 0 to {top}")

    return decode


def _atom(sort: Sort) -> Decoder:
    def decode(data: Any) -> Value:
        if isinstance(data, str) and data:
            return data
        raise _no(data, sort, "a name")

    return decode


def _order(sort: Sort) -> Decoder:
    assert isinstance(sort, OrderSort)

    def decode(data: Any) -> Value:
        if _is_count(data):
            return data
        raise _no(data, sort, "a number from 0, and below 2^256")

    def decode_owned(data: Any) -> Value:
        if isinstance(data, list) and len(data) == 2:
            round_, owner = data
            if _is_count(round_) and isinstance(owner, str) and (owner or not round_):
                return (round_, owner)
        raise _no(data, sort, "a list of a number below 2^256 and its owner")

    return decode_owned if sort.owned else decode


def _struct(sort: Sort) -> Decoder:
    assert isinstance(sort, StructSort)
    parts = [decoder(inner) for _, inner in sort.parts]
    names = ", ".join(name for name, _ in sort.parts)

    def decode(data: Any) -> Value:
        if not isinstance(data, list) or len(data) != len(parts):
            raise _no(data, sort, f"a list of its parts ({names})")
        return tuple([part(item) for part, item in zip(parts, data, strict=True)])

    return decode


def _set(sort: Sort) -> Decoder:
    assert isinstance(sort, SetSort)
    element = decoder(sort.of)

    def decode(data: Any) -> Value:
        if not isinstance(data, list):
            raise _no(data, sort, "a list of its elements")
        found = frozenset([element(item) for item in data])
        if len(found) != len(data):
            raise _no(data, sort, "each element once")
        return found

    return decode


def _map(sort: Sort) -> Decoder:
    assert isinstance(sort, MapSort)
    key, held, least = decoder(sort.key), decoder(sort.to), default_of(sort.to)

    def decode(data: Any) -> Value:
        if not isinstance(data, list) or not all(isinstance(e, list) and len(e) == 2 for e in data):
            raise _no(data, sort, "a list of pairs of a key and a value")
        found = {key(k): held(v) for k, v in data}
        if len(found) != len(data):
            raise _no(data, sort, "each key once")
        if least in found.values():
            raise _no(data, sort, f"no key that has the default, {show_value(least)}")
        return frozenset(found.items())

    return decode


def _maybe(sort: Sort) -> Decoder:
    assert isinstance(sort, MaybeSort)
    inner = decoder(sort.of)
    return lambda data: None if data is None else inner(data)


_DECODERS: dict[type[Sort], Callable[[Sort], Decoder]] = {
    BoolSort: _bool,
    SumSort: _sum,
    RangeSort: _range,
    AtomSort: _atom,
    OrderSort: _order,
    StructSort: _struct,
    SetSort: _set,
    MapSort: _map,
    MaybeSort: _maybe,
}


class Fields:
    """Named values of known sorts: the variables of a node, or the fields of an event."""

    def __init__(self, sorts: Mapping[str, Sort]) -> None:
        self.sorts = dict(sorts)
        self._decoders = {name: decoder(sort) for name, sort in sorts.items()}

    def decode(self, data: Any, place: str) -> dict[str, Value]:
        """Return the values by name. Raises `ValueProblem`, which names the place."""
        if not isinstance(data, dict):
            raise ValueProblem(f"{place}: {told(data)} is no object")
        for name in data:
            if name not in self._decoders:
                known = ", ".join(self._decoders) or "none"
                raise ValueProblem(f"{place}.{name}: not one of its names ({known})")
        found = {}
        for name, decode in self._decoders.items():
            if name not in data:
                raise ValueProblem(f"{place}.{name}: missing")
            try:
                found[name] = decode(data[name])
            except ValueProblem as error:
                raise ValueProblem(f"{place}.{name}: {error}") from None
        return found
