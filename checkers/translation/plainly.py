"""What has to be shown of a node's way to plain data and back: snapshots, events, replies.

Belongs here: what plain data is, of each sort, and that the code makes it and reads it back. Never
here: bytes, or what is refused of data that is none (tests ask that).

Plain data is what the reference evaluator computes with: a leaf is its text, a struct a tuple. For
every value of its sort, unbounded sets included: `snapshot` gives each variable as plain data, and
`restore` takes just these, whatever the node held before; what is stored, the configuration, each
event and each reply is read back as it was. Maps are left out: `left_out` says where there are any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import z3

from checkers.translation.around import TEXTS, Around, Member
from checkers.translation.forms import exactly
from checkers.translation.obligations import Reading, Shown
from checkers.translation.package import Function
from checkers.translation.things import Exit, Failure, Node
from checkers.translation.values import (
    FALSE,
    TRUE,
    Bool,
    Choice,
    Leaf,
    Many,
    Name,
    Nothing,
    Number,
    Record,
    Row,
    Table,
    Text,
    Truth,
    Value,
    conj,
    disj,
    equal,
    gather,
    neg,
    options,
    truthy,
)
from model.lang.sorts import MapSort, parts_of

PLAIN = "plain data"
"""The part of what is shown."""
SNAPSHOT, RESTORE = "snapshot", "restore"
DURABLE_AS, DURABLE_BACK = "durable as plain data", "durable read back"
AS_PLAIN, READ_BACK = "as plain data", "read back"
KINDS = ("role", "sender", "guard", "none")
"""Of what kind a clause is that refuses; the number of one is `KIND`."""
KIND = "the kind of the clause"


def plain(value: Value) -> Value:
    """Return a value of the code as plain data."""
    match value:
        case Choice():
            return gather([(g, plain(v)) for g, v in value.options])
        case Leaf():
            return Member(value.enum, value.term)
        case Row():
            return Row(tuple(map(plain, value.items)))
        case Many() if value.of:
            return Many(TEXTS + value.of, value.term)
        case Truth() | Number() | Name() | Text() | Nothing() | Many():
            return value
    raise AssertionError(value)


def same(a: Value, b: Value) -> Bool:
    """Return that two plain values are the same, and of the same types."""
    match a, b:
        case (Choice(), _) | (_, Choice()):
            pairs = [(g, h, x, y) for g, x in options(a) for h, y in options(b)]
            return disj(conj((g, h, same(x, y))) for g, h, x, y in pairs)
        case Member(), Member():
            return a.term == b.term if a.enum == b.enum else FALSE
        case Row(kind=None), Row(kind=None) if len(a.items) == len(b.items):
            return conj(same(x, y) for x, y in zip(a.items, b.items, strict=True))
        case Many(display=False), Many(display=False) if a.of == b.of or None in (a.of, b.of):
            return equal(a, b)
        case Many(display=False), Many(display=False):
            return conj((neg(truthy(a)), neg(truthy(b))))  # there is one empty set
        case (Truth(), Truth()) | (Number(), Number()) | (Nothing(), Nothing()):
            return equal(a, b)
        case (Name() | Text(), Name() | Text()):
            return equal(a, b)
    return FALSE


def same_tables(code: Value, wanted: Mapping[str, Value]) -> Bool:
    """Return that a dictionary has just these names and values."""
    found = []
    for guard, one in options(code):
        if isinstance(one, Table):
            held = {k.text: v for k, v in one.entries if isinstance(k, Text)}
            if set(held) == set(wanted) and len(one.entries) == len(wanted):
                found.append(conj([guard, *(same(held[n], v) for n, v in wanted.items())]))
    return disj(found)


def left_out(reading: Reading) -> list[str]:
    """Return what is not shown: the events and replies that hold maps, and the variables."""
    spec: Any = reading.spec
    found = []
    for name, one in (*spec.events.items(), *spec.replies.items()):
        if _has_maps(one.parts):
            found.append(name)
    if _has_maps(spec.variables):
        found += ["snapshot", "durable"]
    return found + (["config"] if _has_maps(spec.config.parts) else [])


def _has_maps(parts: Mapping[str, Any]) -> bool:
    return any(isinstance(s, MapSort) for d in parts.values() for s in parts_of(d.sort))


class Plainly:
    """The ways of one node's values to plain data and back."""

    def __init__(self, reading: Reading) -> None:
        """Prepare; `reading` is of the node's code and its spec."""
        self.reading, self.v = reading, reading.v
        self.machine = Around(reading.package, reading.enum, reading.v.count)
        self.out = set(left_out(reading))

    def shown(self) -> Iterator[Shown]:
        """Yield what is to be shown."""
        spec = self.reading.spec
        config: Any = spec.config
        for table, declared in (("EVENTS", spec.events), ("REPLIES", spec.replies)):
            if set(self._names(table)) != set(declared):
                why = f"{table} is to name just the spec's"
                raise self.reading.error("plain", why)
        if "snapshot" not in self.out:
            yield from self._snapshots()
            yield from self._stored()
        if "config" not in self.out:
            terms, made = self._parts("config", config.parts)
            wanted = {n: plain(v) for n, v in made.items()}
            code = self._run(self._function("read_config"), [_table(wanted)])
            yield from self._read_back("config", code, config.__name__, config, made, terms)
        for what, declared in (("event", spec.events), ("reply", spec.replies)):
            for name, one in declared.items():
                if name not in self.out:
                    yield from self._items(what, name, one)

    # ------------------------------------------------------------ the node

    def _snapshots(self) -> Iterator[Shown]:
        reading, methods = self.reading, self.reading.package.process.methods
        before = reading.attributes(reading.before)
        wanted = {n: plain(before[a]) for n, a in reading.names.items()}
        valid = reading.valid_state
        if "snapshot" not in methods or "restore" not in methods:
            raise reading.error("node", "the node's class needs snapshot() and restore(...)")
        exits, failures = self.machine.run(methods["snapshot"], [Node()], before)
        goal = conj(
            disj(
                (
                    neg(e.when),
                    conj(
                        (
                            same_tables(e.value, wanted),
                            reading.changed(e.attributes, reading.before),
                        )
                    ),
                )
            )
            for e in exits
        )
        yield Shown(SNAPSHOT, valid, TRUE, TRUE, goal)
        yield reading.raises(SNAPSHOT, valid, (exits, failures))
        other = {
            n: self.v.constants(f"other.{n}", d.sort) for n, d in reading.spec.variables.items()
        }
        given = [Node(), _table(wanted)]
        exits, failures = self.machine.run(methods["restore"], given, reading.attributes(other))
        goal = conj(
            disj((neg(e.when), reading.changed(e.attributes, reading.before))) for e in exits
        )
        yield Shown(RESTORE, valid, TRUE, TRUE, goal)
        yield reading.raises(RESTORE, valid, (exits, failures))

    def _stored(self) -> Iterator[Shown]:
        reading = self.reading
        before, valid = reading.attributes(reading.before), reading.valid_state
        names = [reading.names[n] for n, d in reading.spec.variables.items() if d.durable]
        kept = Row(tuple(before[n] for n in names), "Durable", tuple(names))
        code = self._run(self._function("to_plain"), [kept])
        goal = conj(disj((neg(e.when), same(e.value, plain(kept)))) for e in code[0])
        yield Shown(DURABLE_AS, valid, TRUE, TRUE, goal)
        yield reading.raises(DURABLE_AS, valid, code)
        code = self._run(
            self._function("read_durable"), [_table({n: plain(before[n]) for n in names})]
        )
        goal = conj(disj((neg(e.when), reading.stored(e.value))) for e in code[0])
        yield Shown(DURABLE_BACK, valid, TRUE, TRUE, goal)
        yield reading.raises(DURABLE_BACK, valid, code)

    # ------------------------------------------------------------ events and replies

    def _items(self, what: str, name: str, declared: Any) -> Iterator[Shown]:
        refusal = bool(getattr(declared, "refusal", False))
        terms, made = self._parts(f"{what}.{name}", {} if refusal else declared.parts)
        if refusal:
            which = z3.Int(KIND)
            kinds: list[tuple[Bool, Value]] = [
                (which == at, Text(kind)) for at, kind in enumerate(KINDS[:-1])
            ]
            kinds.append((neg(disj(g for g, _ in kinds)), Text(KINDS[-1])))
            made = {n: Name(z3.Int(f"reply.{name}.{n}")) for n in ("rule", "clause")}
            made["kind"] = Choice(tuple(kinds))
        cls = self.reading.record(name, dict.fromkeys(made))
        record = Record(name, {n: made[n] for n in cls.parts})
        valid = self._valid(declared, terms)
        wanted = {n: plain(v) for n, v in made.items()}
        code = self._run(self._function("fields_of"), [record])
        goal = conj(disj((neg(e.when), same_tables(e.value, wanted))) for e in code[0])
        yield Shown(f"{name} {AS_PLAIN}", valid, TRUE, TRUE, goal)
        yield self.reading.raises(f"{name} {AS_PLAIN}", valid, code)
        code = self._run(self._function(f"read_{what}"), [Text(name), _table(wanted)])
        yield from self._read_back(name, code, name, declared, made, terms)

    def _read_back(
        self,
        title: str,
        code: tuple[list[Exit], list[Failure]],
        kind: str,
        declared: Any,
        made: Mapping[str, Value],
        terms: Mapping[str, Any],
    ) -> Iterator[Shown]:
        valid, parts = self._valid(declared, terms), declared.parts
        goals = []
        for e in code[0]:
            ways = []
            for guard, one in options(e.value):
                if isinstance(one, Record) and one.kind == kind and set(one.fields) == set(made):
                    agree = [
                        exactly(self.v.form(parts[n].sort), one.fields[n], value)
                        if n in terms
                        else same(one.fields[n], value)
                        for n, value in made.items()
                    ]
                    ways.append(conj([guard, *agree]))
            goals.append(disj((neg(e.when), disj(ways))))
        yield Shown(f"{title} {READ_BACK}", valid, TRUE, TRUE, conj(goals))
        yield self.reading.raises(f"{title} {READ_BACK}", valid, code)

    def _parts(
        self, title: str, parts: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Value]]:
        """Return values of the parts' sorts, as terms and as the code has them."""
        terms = {n: self.v.constants(f"{title}.{n}", d.sort) for n, d in parts.items()}
        return terms, {n: self.v.in_code(parts[n].sort, x) for n, x in terms.items()}

    def _valid(self, declared: Any, terms: Mapping[str, Any]) -> Bool:
        return conj(self.v.valid(declared.parts[n].sort, x) for n, x in terms.items())

    def _run(self, function: Function, args: list[Value]) -> tuple[list[Exit], list[Failure]]:
        return self.machine.run(function, args, {})

    def _names(self, table: str) -> list[str]:
        """Return the names that stand in a table of the module."""
        found = self.machine.constant("plain", table)
        entries = found.entries if isinstance(found, Table) else ()
        return [key.text if isinstance(key, Text) else "" for key, _ in entries]

    def _function(self, name: str) -> Function:
        found = self.reading.package.find("plain", name)
        if not isinstance(found, Function):
            raise self.reading.error("plain", f"it has no function {name}")
        return found


def _table(entries: Mapping[str, Value]) -> Table:
    return Table(tuple((Text(name), value) for name, value in entries.items()))
