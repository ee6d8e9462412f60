"""Writes `plain.py`: values as plain data and back, for storage, wires and comparison.

Belongs here: conversions and their checks. Never here: any encoding of plain data.
"""

from __future__ import annotations

from model.lang.declare import FieldDecl
from model.lang.sorts import (
    AtomSort,
    MapSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)
from model.python.layout import WIDTH, spaced, string
from model.python.source_file import import_lines, whole_file
from model.python.terms import Terms, default_code
from model.python.vocabulary import Vocabulary, snake

READ_HERE = frozenset({"field", "event", "reply", "config", "durable"})
"""What readers read that is no value of a sort; a sort may be called so all the same."""

_HEAD = '''
Reader: TypeAlias = Callable[[object], Any]


def to_plain(value: object) -> object:
    """Return a value as plain data: leaves as their names, structs as tuples."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset):
        return frozenset(to_plain(item) for item in value)
    if isinstance(value, tuple):
        return tuple(to_plain(item) for item in value)
    return value


def fields_of(item: Event | Reply) -> dict[str, object]:
    """Return the fields of an event or reply as plain data."""
    return {one.name: to_plain(getattr(item, one.name)) for one in fields(item)}


def read_field(values: Mapping[str, object], name: str, read: Reader) -> Any:
    """Return the value called `name`. Raises `ValueError` naming it if it is missing or wrong."""
    if name not in values:
        raise ValueError(f"{name}: missing")
    try:
        return read(values[name])
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _read(kind: str, make: Callable[..., Any], readers: dict[str, Reader], values: Any) -> Any:
    try:
        for name in values:
            if name not in readers:
                raise ValueError(f"{name}: not one of its fields ({', '.join(readers) or 'none'})")
        return make(*(read_field(values, name, read) for name, read in readers.items()))
    except ValueError as error:
        raise ValueError(f"{kind}.{error}") from None


def read_event(kind: str, values: Mapping[str, object]) -> Event:
    """Return the event of class `kind`. Raises `ValueError` naming what is wrong."""
    if kind not in EVENTS:
        raise ValueError(f"{kind!r}: not an event")
    made: Event = _read(kind, *EVENTS[kind], values)
    return made


def read_reply(kind: str, values: Mapping[str, object]) -> Reply:
    """Return the reply of class `kind`. Raises `ValueError` naming what is wrong."""
    if kind not in REPLIES:
        raise ValueError(f"{kind!r}: not a reply")
    made: Reply = _read(kind, *REPLIES[kind], values)
    return made


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is not a truth value")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a name")
    return value


def _number(value: object, top: int | None = None) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is not a number from 0")
    if top is not None and value > top:
        raise ValueError(f"{value!r} is more than {top}")
    return value


def _parts(value: object, count: int, kind: str) -> tuple[object, ...]:
    if not isinstance(value, tuple | list) or len(value) != count:
        raise ValueError(f"{value!r} is not a {kind} of {count} parts")
    return tuple(value)


def _items(value: object) -> tuple[object, ...]:
    if not isinstance(value, frozenset | set | tuple | list):
        raise ValueError(f"{value!r} is not a set")
    return tuple(value)
'''


_MAPS = """    if isinstance(value, dict):
        return frozenset((to_plain(key), to_plain(item)) for key, item in value.items())
    return value
"""


def write(vocabulary: Vocabulary) -> str:
    """Return the text of `plain.py`."""
    spec = vocabulary.spec
    head = _HEAD
    if any(isinstance(sort, MapSort) for sort in vocabulary.sorts.values()):
        head = head.replace("    return value\n", _MAPS, 1)
    body: list[str] = head.strip("\n").split("\n")
    used: set[str] = {"Event", "Reply"}
    for sort in vocabulary.sorts.values():
        body += _reader(vocabulary, sort, used)
    config = spec.config.__name__
    used |= {config, "Durable"}
    kept = {n: d for n, d in spec.variables.items() if d.durable}
    body += [
        "",
        f"def read_config(values: Mapping[str, object]) -> {config}:",
        '    """Return a configuration. Raises `ValueError` naming what is wrong."""',
        f'    made: {config} = _read("config", {config}, CONFIG, values)',
        "    return made",
        "",
        "def read_durable(values: Mapping[str, object]) -> Durable:",
        '    """Return what a crash spares. Raises `ValueError` naming what is wrong."""',
        '    made: Durable = _read("durable", Durable, DURABLE, values)',
        "    return made",
        "",
        "",
        "# By name: how each constant, variable, event and reply is read.",
        *_table("CONFIG", "Reader", [(n, _name(p.sort)) for n, p in spec.config.parts.items()]),
        *_table(
            "DURABLE", "Reader", [(vocabulary.attribute(n), _name(d.sort)) for n, d in kept.items()]
        ),
        "# Variables by their names in the spec: the attribute, and how it is read.",
        *_table(
            "VARIABLES",
            "tuple[str, Reader]",
            [
                (n, f"({string(vocabulary.attribute(n))}, {_name(d.sort)})")
                for n, d in spec.variables.items()
            ],
        ),
    ]
    classes = "tuple[Callable[..., Any], dict[str, Reader]]"
    for title, declared in (("EVENTS", spec.events), ("REPLIES", spec.replies)):
        body.append(f"{title}: dict[str, {classes}] = {{")
        for name, one in declared.items():
            used.add(name)
            extra = ("rule", "clause", "kind") if getattr(one, "refusal", False) else ()
            body += _record(name, one.parts, extra)
        body.append("}")
    imports = [
        "from collections.abc import Callable, Mapping",
        "from dataclasses import fields",
        "from enum import Enum",
        "from typing import Any, TypeAlias",
        "",
        *import_lines(".types", used),
        "",
    ]
    about = (
        "Plain data are what the spec's evaluator computes with: strings, numbers, tuples, sets.",
    )
    title = f"{spec.title}: values as plain data, and back."
    return whole_file(spec, title, about, spaced([*imports, *body]))


def _name(sort: Sort) -> str:
    if sort.name == "Bool":
        return "_truth"
    name = snake(sort.name)
    return f"read_{name}_value" if name in READ_HERE else f"read_{name}"


def _record(name: str, parts: dict[str, FieldDecl], extra: tuple[str, ...]) -> list[str]:
    readers = [(part, _name(decl.sort)) for part, decl in parts.items()]
    readers += [(part, "_text") for part in extra]
    inner = ", ".join(f"{string(part)}: {reader}" for part, reader in readers)
    line = f"    {string(name)}: ({name}, {{{inner}}}),"
    if len(line) <= WIDTH:
        return [line]
    lines = [f"    {string(name)}: (", f"        {name},"]
    one = f"        {{{inner}}},"
    if len(one) <= WIDTH:
        return [*lines, one, "    ),"]
    rows = [f"            {string(part)}: {reader}," for part, reader in readers]
    return [*lines, "        {", *rows, "        },", "    ),"]


def _table(name: str, value: str, rows: list[tuple[str, str]]) -> list[str]:
    head = f"{name}: dict[str, {value}] = {{"
    if not rows:
        return [head + "}"]
    line = head + ", ".join(f"{string(key)}: {cell}" for key, cell in rows) + "}"
    if len(line) <= WIDTH:
        return [line]
    return [head, *(f"    {string(key)}: {cell}," for key, cell in rows), "}"]


def _default(vocabulary: Vocabulary, sort: Sort, used: set[str]) -> str:
    return default_code(Terms(vocabulary, "", used), sort)


def _reader(vocabulary: Vocabulary, sort: Sort, used: set[str]) -> list[str]:
    used.add(sort.name)
    lines = [
        "",
        f"def {_name(sort)}(value: object) -> {sort.name}:",
        f'    """Return a `{sort.name}` from its plain value."""',
    ]
    match sort:
        case SumSort():
            lines += [
                "    try:",
                f"        return {sort.name}(value)",
                "    except ValueError:",
                f'        raise ValueError(f"{{value!r}} is not of the sum {sort.name}") from None',
            ]
        case OrderSort(owned=True):
            lines += [
                f'    count, owner = _parts(value, 2, "{sort.name}")',
                f"    return {sort.name}(_number(count), _text(owner))",
            ]
        case OrderSort():
            lines.append("    return _number(value)")
        case RangeSort():
            lines.append(f"    return _number(value, {sort.top})")
        case AtomSort():
            lines.append("    return _text(value)")
        case StructSort():
            inner = ", ".join(
                f"{_name(part)}(parts[{at}])" for at, (_, part) in enumerate(sort.parts)
            )
            lines += [
                f'    parts = _parts(value, {len(sort.parts)}, "{sort.name}")',
                f"    return {sort.name}({inner})",
            ]
        case SetSort():
            lines.append(f"    return frozenset({_name(sort.of)}(item) for item in _items(value))")
        case MapSort():
            lines += [
                '    entries = [_parts(item, 2, "pair") for item in _items(value)]',
                f"    made = {{{_name(sort.key)}(k): {_name(sort.to)}(v) for k, v in entries}}",
                f"    default = {_default(vocabulary, sort.to, used)}",
                "    return {k: v for k, v in made.items() if v != default}",
            ]
        case MaybeSort():
            lines.append(f"    return None if value is None else {_name(sort.of)}(value)")
    return [*lines, ""]
