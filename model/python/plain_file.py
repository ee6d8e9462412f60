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


class BadValue(ValueError):
    """Plain data that is no value of the spec.

    `place`: where it stands, from the outside in, as in ("Vote", "term", "round"); `value`: it, in
    short; `reason`: why it is wrong; `fix`: what to write instead.
    """

    def __init__(self, value: object, reason: str, fix: str, *place: str) -> None:
        self.value, self.reason, self.fix, self.place = value, reason, fix, place
        super().__init__(value, reason, fix, *place)

    def __str__(self) -> str:
        where = "".join(p if p.startswith("[") else f".{p}" for p in self.place).lstrip(".")
        return f"{where + ': ' if where else ''}{in_short(self.value)}: {self.reason}; {self.fix}"

    def within(self, place: str) -> "BadValue":
        """Return the same mistake, seen from one step further out."""
        return BadValue(self.value, self.reason, self.fix, place, *self.place)


def in_short(value: object) -> str:
    """Return a value as a mistake shows it: never long, whatever it is."""
    try:
        return _SHORT.repr(value)
    except Exception:  # a number of thousands of digits, or what cannot show itself
        return f"some {type(value).__name__}"


_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother, _SHORT.maxlong = 3, 60, 60, 30


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
    """Return the value called `name`. Raises `BadValue` naming it if it is missing or wrong."""
    if not isinstance(values, Mapping):
        raise BadValue(values, "it is no mapping of names to values", "write a dictionary")
    if name not in values:
        raise BadValue(name, "it is missing", "give it a value")
    return _inside(name, read, values[name])


def _inside(place: str, read: Reader, value: object) -> Any:
    try:
        return read(value)
    except BadValue as error:
        raise error.within(place) from None


def _read(kind: str, make: Callable[..., Any], readers: dict[str, Reader], values: Any) -> Any:
    try:
        if not isinstance(values, Mapping):
            raise BadValue(values, "it is no mapping of names to values", "write a dictionary")
        made = [read_field(values, name, read) for name, read in readers.items()]
        for name in values:
            if not isinstance(name, str) or name not in readers:
                fix = f"leave it out; there is {', '.join(readers) or 'none'}"
                raise BadValue(name, "it is not one of the fields", fix)
    except BadValue as error:
        raise error.within(kind) from None
    return make(*made)


def read_event(kind: str, values: Mapping[str, object]) -> Event:
    """Return the event of class `kind`. Raises `BadValue` naming what is wrong."""
    if not isinstance(kind, str) or kind not in EVENTS:
        raise BadValue(kind, "it is no event", "name one of EVENTS")
    made: Event = _read(kind, *EVENTS[kind], values)
    return made


def read_reply(kind: str, values: Mapping[str, object]) -> Reply:
    """Return the reply of class `kind`. Raises `BadValue` naming what is wrong."""
    if not isinstance(kind, str) or kind not in REPLIES:
        raise BadValue(kind, "it is no reply", "name one of REPLIES")
    made: Reply = _read(kind, *REPLIES[kind], values)
    return made


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadValue(value, "it is no truth value", "write True or False")
    return value


def _text(value: object) -> str:
    if type(value) is not str:
        raise BadValue(value, "it is no text", "write a string")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadValue(value, "it holds half a sign", "write whole signs") from None
    return value


def _name(value: object) -> str:
    if _text(value) == "":
        raise BadValue(value, "a name is not empty", "write a name")
    return _text(value)


def _kind(value: object) -> str:
    if _text(value) not in ("role", "sender", "guard", "none"):
        fix = "write role, sender, guard or none"
        raise BadValue(value, "it is no kind of a clause", fix)
    return _text(value)


def _number(value: object, top: int | None = None) -> int:
    fix = "write a whole number from 0" + (f" to {top}" if top is not None else "")
    if type(value) is not int:
        raise BadValue(value, "it is no number", fix)
    if value < 0:
        raise BadValue(value, "it is less than 0", fix)
    if top is not None and value > top:
        raise BadValue(value, f"it is more than {top}", fix)
    return value


def _parts(value: object, count: int, kind: str) -> tuple[object, ...]:
    if not isinstance(value, tuple | list) or len(value) != count:
        raise BadValue(value, f"it is no {kind}", f"write its {count} parts, in order")
    return tuple(value)


def _owned(value: object, kind: str) -> tuple[int, str]:
    count, owner = _parts(value, 2, kind)
    made = _inside("[0]", _number, count), _inside("[1]", _text, owner)
    if made[0] and not made[1]:
        raise BadValue(value, "nobody owns it", "name its owner; only the least has none")
    return made


def _items(read: Reader, value: object) -> tuple[Any, ...]:
    found = _each(read, value)
    if len(set(found)) < len(found):
        raise BadValue(value, "it names something twice", "name each element once")
    return found


def _each(read: Reader, value: object) -> tuple[Any, ...]:
    if isinstance(value, tuple | list):
        return tuple(_inside(f"[{at}]", read, item) for at, item in enumerate(value))
    if not isinstance(value, frozenset | set):
        raise BadValue(value, "it is no set", "write a set, or a list without doubles")
    return tuple(_inside("an element", read, item) for item in value)
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
        '    """Return a configuration. Raises `BadValue` naming what is wrong."""',
        f'    made: {config} = _read("config", {config}, CONFIG, values)',
        "    return made",
        "",
        "def read_durable(values: Mapping[str, object]) -> Durable:",
        '    """Return what a crash spares. Raises `BadValue` naming what is wrong."""',
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
        "import reprlib",
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
    readers += [(part, "_kind" if part == "kind" else "_text") for part in extra]
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
                f"        return {sort.name}(_text(value))",
                "    except ValueError:",
                f"        fix = f\"write one of {{', '.join(x.value for x in {sort.name})}}\"",
                f'        raise BadValue(value, "it is no {sort.name}", fix) from None',
            ]
        case OrderSort(owned=True):
            lines.append(f'    return {sort.name}(*_owned(value, "{sort.name}"))')
        case OrderSort():
            lines.append("    return _number(value)")
        case RangeSort():
            lines.append(f"    return _number(value, {sort.top})")
        case AtomSort():
            lines.append("    return _name(value)")
        case StructSort():
            lines.append(f'    parts = _parts(value, {len(sort.parts)}, "{sort.name}")')
            inner = [
                f'_inside("{name}", {_name(part)}, parts[{at}])'
                for at, (name, part) in enumerate(sort.parts)
            ]
            lines += _call(f"    return {sort.name}", inner)
        case SetSort():
            lines.append(f"    return frozenset(_items({_name(sort.of)}, value))")
        case MapSort():
            lines += [
                "    made: dict[Any, Any] = {}",
                f"    default = {_default(vocabulary, sort.to, used)}",
                '    for pair in _each(lambda item: _parts(item, 2, "pair"), value):',
                f'        key = _inside("a key", {_name(sort.key)}, pair[0])',
                f'        found = _inside("a value", {_name(sort.to)}, pair[1])',
                "        if key in made:",
                '            raise BadValue(value, "a key has two values", "give it one")',
                "        if found == default:",
                '            reason = "it is the default, which every other key has"',
                '            raise BadValue(pair, reason, "leave it out")',
                "        made[key] = found",
                "    return made",
            ]
        case MaybeSort():
            lines.append(f"    return None if value is None else {_name(sort.of)}(value)")
    return [*lines, ""]


def _call(head: str, arguments: list[str]) -> list[str]:
    line = f"{head}({', '.join(arguments)})"
    if len(line) <= WIDTH:
        return [line]
    return [f"{head}(", *(f"        {one}," for one in arguments), "    )"]
