"""Writes `types.py`: the values, messages, requests, timers, replies and tables of a spec.

Belongs here: declarations as Python classes. Never here: rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from model.lang.declare import Case, FieldDecl, Message, Reply, Request, Table, Timer
from model.lang.expr import Kind
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
from model.python.layout import (
    WIDTH,
    Call,
    Text,
    Words,
    comment,
    docstring,
    render,
    spaced,
    string,
)
from model.python.source_file import import_lines, whole_file
from model.python.vocabulary import Lookup, Vocabulary, leaf_identifier, row_class, upper

_ABOUT = (
    "Values are never changed once they are made: type checkers hold the fields final. At run time",
    "nothing enforces it, since a frozen dataclass takes three times as long to make.",
)


def write(vocabulary: Vocabulary) -> str:
    """Return the text of `types.py`."""
    spec = vocabulary.spec
    lines: list[str] = []
    for sort in vocabulary.sorts.values():
        lines += _sort(vocabulary, sort)
    lines += _lookups(vocabulary)
    lines += _record(
        vocabulary, spec.config.__name__, "What every node is told.", spec.config.parts
    )
    for kind, title in ((Message, "Messages"), (Request, "Requests"), (Timer, "Timers")):
        lines += _section(title)
        chosen = [e for e in spec.events.values() if issubclass(e, kind)]
        for event in chosen:
            lines += _record(vocabulary, event.__name__, event.doc, event.parts)
        lines += _union(kind.__name__, [e.__name__ for e in chosen])
    lines += ["Event: TypeAlias = Message | Request | Timer", ""]
    lines += _section("Tables")
    for table in spec.tables.values():
        lines += _table(vocabulary, table)
    lines += _section("Replies")
    for reply in spec.replies.values():
        lines += _reply(vocabulary, reply)
    lines += _union("Reply", list(spec.replies))
    lines += _section("Outcomes")
    lines += _OUTCOME.strip().split("\n")
    lines += _durable(vocabulary)
    lines += _helpers(vocabulary)
    variables = []
    if vocabulary.computes(Kind.PUT):
        variables = ['K = TypeVar("K")', 'V = TypeVar("V")', ""]
    lines = [*variables, *lines]
    imports = _imports("\n".join(lines))
    title = f"{spec.title}: values, messages, requests, timers, replies and tables."
    return whole_file(spec, title, _ABOUT, spaced([*imports, "", *lines]))


def _imports(code: str) -> list[str]:
    typing = ["Final", "NamedTuple", "TypeAlias", "TypeVar"]
    typing += [name for name in ("Literal", "Never") if f"[{name}[" in code or f"= {name}" in code]
    mapping = ["from collections.abc import Mapping"] if " Mapping[" in code else []
    enum = ["from enum import Enum"] if "(Enum)" in code else []
    return [
        *mapping,
        "from dataclasses import dataclass",
        *enum,
        *import_lines("typing", [name for name in typing if f"{name}" in code]),
        "",
        "from .rules import Rule",
    ]


def _section(title: str) -> list[str]:
    return ["", f"# {'-' * 64} {title.lower()}", ""]


def _doc_of(vocabulary: Vocabulary, sort: Sort, otherwise: str) -> str:
    declared = vocabulary.spec.sorts.get(sort.name)
    written = vars(declared).get("__doc__") if declared is not None else None
    return written or otherwise


# ---------------------------------------------------------------- sorts


def _sort(vocabulary: Vocabulary, sort: Sort) -> list[str]:
    match sort:
        case SumSort():
            return _sum(vocabulary, sort)
        case OrderSort(owned=True):
            doc = _doc_of(vocabulary, sort, f"An element of the order {sort.name}.")
            more = ("", "    round: int", "    owner: Node", "")
            return ["", f"class {sort.name}(NamedTuple):", *docstring(doc, sort.name, 4), *more]
        case StructSort():
            doc = _doc_of(vocabulary, sort, f"A {sort.name}.")
            parts = [_tuple_part(name, vocabulary.type_name(part)) for name, part in sort.parts]
            head = ["", f"class {sort.name}(NamedTuple):", *docstring(doc, sort.name, 4)]
            return [*head, "", *parts, ""]
        case AtomSort():
            return _alias(vocabulary, sort, "str", "A name: told apart from others, no more.")
        case OrderSort():
            return _alias(vocabulary, sort, "int", "A count from 0.")
        case RangeSort():
            doc = f"A number from 0 to {sort.top}."
            return _alias(vocabulary, sort, "int", doc)
        case SetSort():
            return _alias(vocabulary, sort, f"frozenset[{vocabulary.type_name(sort.of)}]", "A set.")
        case MapSort():
            names = f"{vocabulary.type_name(sort.key)}, {vocabulary.type_name(sort.to)}"
            doc = "A value for every key; one that has the default is not kept."
            return _alias(vocabulary, sort, f"Mapping[{names}]", doc)
        case MaybeSort():
            return _alias(
                vocabulary, sort, f"{vocabulary.type_name(sort.of)} | None", "A value or nothing."
            )
    raise AssertionError(sort)


def _tuple_part(name: str, type_name: str) -> str:
    """Return a part of a named tuple; tuples have methods of some names, which it then hides."""
    hides = "  # type: ignore[assignment]" if name in ("count", "index") else ""
    return f"    {name}: {type_name}{hides}"


def _alias(vocabulary: Vocabulary, sort: Sort, target: str, otherwise: str) -> list[str]:
    doc = " ".join(_doc_of(vocabulary, sort, otherwise).split())
    return [*comment(doc, 0), f"{sort.name}: TypeAlias = {target}", ""]


def _sum(vocabulary: Vocabulary, sort: SumSort) -> list[str]:
    declared = vocabulary.spec.sums.get(sort.name)
    docs = declared.leaf_docs() if declared is not None else {}
    doc = _doc_of(vocabulary, sort, f"A {sort.name}.")
    lines = ["", f"class {sort.name}(Enum):", *docstring(doc, sort.name, 4), ""]
    lines += ["    __hash__ = object.__hash__  # by identity: far quicker than by name", ""]
    for leaf in sort.leaves:
        lines += _with_note(f"    {leaf_identifier(leaf)} = {string(leaf)}", docs.get(leaf, ""))
    lines += ["", ""]
    for leaf in sort.leaves:
        name = vocabulary.leaves[sort.name, leaf]
        lines.append(f"{name}: {sort.name} = {sort.name}.{leaf_identifier(leaf)}")
    lines.append("")
    for group in vocabulary.sets.values():
        if group.sort != sort:
            continue
        if group.doc:
            lines += comment(group.doc, 0)
        ordered = [leaf for leaf in sort.leaves if leaf in group.leaves]
        names = group.parts or tuple(vocabulary.leaves[sort.name, leaf] for leaf in ordered)
        head = f"{group.name}: frozenset[{sort.name}] = frozenset("
        lines += _braces(head, [f"{name}," for name in names], ")")
    return [*lines, ""]


def _with_note(line: str, note: str) -> list[str]:
    """Return a line with a comment behind it, or before it where it is too long."""
    note = " ".join(note.split())
    if not note:
        return [line]
    both = f"{line}  # {note}"
    indent = len(line) - len(line.lstrip())
    return [both] if len(both) <= WIDTH else [*comment(note, indent), line]


def _braces(head: str, items: Iterable[str], tail: str) -> list[str]:
    """Return `head{items}tail`: on one line where it fits, else one item per line."""
    texts = list(items)
    line = head + "{" + " ".join(texts).rstrip(",") + "}" + tail
    if len(line) <= WIDTH:
        return [line]
    if not head.endswith("("):
        return [head + "{", *("    " + text for text in texts), "}" + tail]
    inner = "    {" + " ".join(texts).rstrip(",") + "}"
    if len(inner) <= WIDTH:
        return [head, inner, tail]
    return [head, "    {", *("        " + text for text in texts), "    }", tail]


def _lookups(vocabulary: Vocabulary) -> list[str]:
    lines = _section("Maps between sums")
    for one in vocabulary.lookups.values():
        source, result = vocabulary.type_name(one.source), vocabulary.type_name(one.result)
        lines += _dictionary(vocabulary, one, f"{one.name}: Mapping[{source}, {result}] = ")
    return lines


def _dictionary(vocabulary: Vocabulary, one: Lookup, head: str) -> list[str]:
    shown = [
        f"{_value(vocabulary, one.source, k)}: {_value(vocabulary, one.result, v)},"
        for k, v in one.data
    ]
    return [*_braces(head, shown, ""), ""]


def _value(vocabulary: Vocabulary, sort: Sort, value: Any) -> str:
    return vocabulary.leaves[sort.name, value] if isinstance(sort, SumSort) else repr(value)


# ---------------------------------------------------------------- records

_DATACLASS = "@dataclass(slots=True, unsafe_hash=True)"


def _fields(vocabulary: Vocabulary, parts: dict[str, FieldDecl]) -> Iterator[str]:
    for name, part in parts.items():
        yield from _with_note(f"    {name}: Final[{vocabulary.type_name(part.sort)}]", part.doc)


def _record(vocabulary: Vocabulary, name: str, doc: str, parts: dict[str, FieldDecl]) -> list[str]:
    head = ["", _DATACLASS, f"class {name}:", *docstring(doc, f"A {name}", 4)]
    fields = list(_fields(vocabulary, parts))
    return [*head, *([""] if fields else []), *fields, ""]


def _reply(vocabulary: Vocabulary, reply: type[Reply]) -> list[str]:
    lines = _record(vocabulary, reply.__name__, reply.doc, reply.parts)
    if reply.refusal:
        return [
            *lines,
            "    rule: Final[str]  # the rule that came nearest; empty where the event has none",
            "    clause: Final[str]  # its first clause that does not hold, as the spec writes it",
            '    kind: Final[Literal["role", "sender", "guard", "none"]]',
            "",
        ]
    for table in vocabulary.spec.tables.values():
        keyed = [name for name, part in reply.parts.items() if part.sort == table.key.sort]
        for name in keyed:
            own = table.name if len(keyed) == 1 else f"{table.name}_of_{name}"
            lines += [
                "    @property",
                f"    def {own}(self) -> {row_class(table.name)}:",
                f'        """The row of `{table.name}` for its `{name}`."""',
                f"        return {upper(table.name)}[self.{name}]",
                "",
            ]
    return lines


def _union(name: str, classes: list[str]) -> list[str]:
    if not classes:
        return ["", f"{name}: TypeAlias = Never", ""]
    line = f"{name}: TypeAlias = {' | '.join(classes)}"
    if len(line) <= WIDTH:
        return ["", line, ""]
    line = f"    {' | '.join(classes)}"
    if len(line) <= WIDTH:
        return ["", f"{name}: TypeAlias = (", line, ")", ""]
    rest = [f"    | {one}" for one in classes[1:]]
    return ["", f"{name}: TypeAlias = (", f"    {classes[0]}", *rest, ")", ""]


# ---------------------------------------------------------------- tables


def _table(vocabulary: Vocabulary, table: Table) -> list[str]:
    row, key = row_class(table.name), table.key.sort
    lines = ["", f"class {row}(NamedTuple):", f'    """A row of `{table.name}`."""', ""]
    columns = list(zip(*table.rows.values(), strict=True))
    for name, values in zip(table.columns, columns, strict=True):
        lines.append(f"    {name}: {_column_type(list(values))}")
    lines += ["", "", f"{upper(table.name)}: Mapping[{key.name}, {row}] = {{"]
    for leaf, values in table.rows.items():
        cells = tuple(_cell(vocabulary, value) for value in values)
        head = f"{vocabulary.leaves[key.name, leaf]}: "
        lines += render(Call(row, cells), head, ",", 4)
    return [*lines, "}", ""]


def _column_type(values: list[Any]) -> str:
    if all(isinstance(v, Case) for v in values):
        return str(values[0].sum_sort.name)
    kinds = {type(v) for v in values}
    if kinds == {int, float}:
        return "float"
    return kinds.pop().__name__ if len(kinds) == 1 else "object"


def _cell(vocabulary: Vocabulary, value: Any) -> Text | Words:
    if isinstance(value, Case):
        assert value.sum_sort is not None
        return Text(vocabulary.leaves[value.sum_sort.name, next(iter(value.leaves))])
    return Words(value) if isinstance(value, str) else Text(repr(value))


# ---------------------------------------------------------------- outcomes


_OUTCOME = """
# A message and where it goes: to one node, or to each of a set.
Send: TypeAlias = tuple[Node | frozenset[Node], Message]

# What a step gives: the rule that answered, what to send, and the reply. Where `rule.persists` is
# not empty, the node's `durable()` is to be stored safely before anything is sent or replied.
# A plain tuple: an object of a class with three fields takes five times as long to make.
Outcome: TypeAlias = tuple[Rule, tuple[Send, ...], Reply]
"""


def _helpers(vocabulary: Vocabulary) -> list[str]:
    """Return what the code of expressions calls."""
    lines: list[str] = []
    if vocabulary.computes(Kind.STRUCT) or vocabulary.computes(Kind.FRESH):
        lines += [
            "# Makes a named tuple from a tuple of its parts, three times as fast as by its name.",
            "new = tuple.__new__",
            "",
        ]
    if vocabulary.computes(Kind.PUT):
        lines += [
            "",
            "def put(entries: Mapping[K, V], key: K, value: V, default: V) -> Mapping[K, V]:",
            '    """Return the map with `value` at `key`, not kept where it is `default`."""',
            "    made = {k: v for k, v in entries.items() if k != key}",
            "    if value != default:",
            "        made[key] = value",
            "    return made",
            "",
        ]
    if vocabulary.computes(Kind.MAJORITY):
        lines += [
            "",
            "def majority(some: frozenset[Node], whole: frozenset[Node]) -> bool:",
            '    """Tell whether more than half of `whole` are in `some`."""',
            "    return 2 * len(some & whole) > len(whole)",
            "",
        ]
    return [*(_section("What guards and updates call") if lines else []), *lines]


def _durable(vocabulary: Vocabulary) -> list[str]:
    lines = [
        "",
        "class Durable(NamedTuple):",
        '    """The variables that a crash spares."""',
        "",
    ]
    for name, decl in vocabulary.spec.variables.items():
        if decl.durable:
            attribute = vocabulary.attribute(name)
            line = _tuple_part(attribute, vocabulary.type_name(decl.sort))
            lines += _with_note(line, decl.doc)
    return lines
