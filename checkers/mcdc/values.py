"""Values as JSON, and back.

Belongs here: how each sort's values are written. Never here: what a value means (`model.evaluate`).

Leaves, names, numbers and truth values are themselves, nothing is null; an owned value is a list of
its round and owner, a struct an object by its parts, a set a sorted list, a map a sorted list of
pairs.
"""

from __future__ import annotations

import json
from typing import Any

from model.evaluate import Value, check_value
from model.evaluate.values import EvaluationError
from model.lang.sorts import MapSort, MaybeSort, OrderSort, SetSort, Sort, StructSort

Json = Any


def to_json(value: Value, sort: Sort) -> Json:
    """Return a value as JSON data."""
    match sort:
        case MaybeSort():
            return None if value is None else to_json(value, sort.of)
        case StructSort():
            parts = zip(sort.parts, value, strict=True)
            return {name: to_json(part, inner) for (name, inner), part in parts}
        case OrderSort(owned=True):
            return list(value)
        case SetSort():
            return sorted((to_json(x, sort.of) for x in value), key=_text)
        case MapSort():
            pairs = [[to_json(k, sort.key), to_json(v, sort.to)] for k, v in value]
            return sorted(pairs, key=_text)
        case _:
            return value


def from_json(data: Json, sort: Sort, place: str) -> Value:
    """Return the value that was written. Raises `EvaluationError`, naming `place`, for no value."""
    try:
        value = _read(data, sort)
    except (TypeError, ValueError, KeyError, AttributeError):
        raise EvaluationError(place, _text(data), f"it is no {sort}") from None
    check_value(value, sort, place)
    return value


def _read(data: Json, sort: Sort) -> Value:
    match sort:
        case MaybeSort():
            return None if data is None else _read(data, sort.of)
        case StructSort():
            if list(data) != [name for name, _ in sort.parts]:
                raise ValueError
            return tuple([_read(data[name], inner) for name, inner in sort.parts])
        case OrderSort(owned=True):
            return tuple(data)
        case SetSort():
            return _all_different([_read(x, sort.of) for x in _list(data)])
        case MapSort():
            pairs = [(_read(k, sort.key), _read(v, sort.to)) for k, v in _list(data)]
            return _all_different(pairs)
        case _:
            return data


def _list(data: Json) -> list[Json]:
    if not isinstance(data, list):
        raise TypeError
    return data


def _all_different(items: list[Value]) -> frozenset[Value]:
    found = frozenset(items)
    if len(found) < len(items):
        raise ValueError
    return found


def _text(data: Json) -> str:
    return json.dumps(data, ensure_ascii=False)
