"""Values of the generated node as plain data and as bytes, and back.

"[...] the code's next state, messages, reply and persisted part equal the rule's": what is stored
goes through `snapshot`, `restore` and the module `plain`, which are proved for all values; bytes
are tested here and in `tests/fuzz/test_messages.py`.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import z3

from checkers import nodes
from checkers.translation.loading import load, unload
from checkers.translation.obligations import NOTHING_RAISES, Reading
from checkers.translation.package import Package
from checkers.translation.plainly import PLAIN, Plainly, left_out
from checkers.translation.proving import Files
from checkers.translation.subset import OutsideSubset
from checkers.verdict import Verdict
from tests.generated_nodes import value
from tests.map_toy import toy as map_spec
from tests.test_translation import PROTOCOLS, ROOT, compare, edited, order, spec_of, told


@cache
def order_results() -> dict[str, Any]:
    return {r.transition: r for r in compare(spec_of("order"), order(), PLAIN)}


def test_each_value_of_the_order_is_plain_data_and_is_read_back() -> None:
    results, spec = order_results(), spec_of("order")
    assert {r.verdict for r in results.values()} == {Verdict.PROVED}, told([*results.values()])
    asked = {"snapshot", "restore", "durable as plain data", "durable read back"}
    asked |= {
        f"{n} {way}"
        for n in (*spec.events, *spec.replies)
        for way in ("as plain data", "read back")
    }
    asked |= {"config read back"}
    assert set(results) == asked | {f"{name}: {NOTHING_RAISES}" for name in asked}
    assert left_out(Reading(spec, Package(order().texts))) == []


WITH_MAPS = {"paxos", "ring_election", "sharded_store"}


@pytest.mark.parametrize("target", [str(p.relative_to(ROOT)) for p in PROTOCOLS])
def test_what_holds_maps_is_left_out_and_named(target: str) -> None:
    spec = spec_of(target)
    out = left_out(Reading(spec, Package(nodes.files(spec, own=False).texts)))
    assert bool(out) == (Path(target).stem in WITH_MAPS), out


def test_of_maps_no_plain_data_is_claimed() -> None:
    spec = map_spec()
    files = nodes.files(spec, own=False)
    out = left_out(Reading(spec, Package(files.texts)))
    asked = {r.transition for r in compare(spec, files, PLAIN)}
    assert out and not any(name.partition(" ")[0].partition(":")[0] in out for name in asked)


# Edits of what makes plain data of values, and reads it: module, what stands there, what instead.
READ_NODES = (
    "def read_nodes(value: object) -> Nodes:\n"
    '    """Return a `Nodes` from its plain value."""\n    return '
)
FAULTS: dict[str, tuple[str, str, str]] = {
    "snapshot forgets": (
        "node",
        "for name, (attribute, _) in plain.VARIABLES.items()\n        }",
        "for name, (attribute, _) in plain.VARIABLES.items()\n"
        "            if name != 'term'\n        }",
    ),
    "snapshot of another attribute": (
        "node",
        "name: plain.to_plain(getattr(self, attribute))",
        "name: plain.to_plain(getattr(self, 'term'))",
    ),
    "snapshot raw": (
        "node",
        "name: plain.to_plain(getattr(self, attribute))",
        "name: getattr(self, attribute)",
    ),
    "snapshot effect": (
        "node",
        "        return {\n            name: plain.to_plain",
        "        self.term = Term(0, '')\n        return {\n            name: plain.to_plain",
    ),
    "restore nothing": ("node", "            setattr(self, attribute, value)", "            pass"),
    "restore unread": (
        "node",
        "            setattr(self, attribute, value)",
        "            setattr(self, attribute, values['term'])",
    ),
    "restore me": (
        "node",
        "            setattr(self, attribute, value)",
        "            setattr(self, attribute, value)\n            self.me = 'x'",
    ),
    "one attribute twice": (
        "plain",
        '    "votes": ("votes", read_nodes),',
        '    "votes": ("audience", read_nodes),',
    ),
    "another reader": (
        "plain",
        '    "votes": ("votes", read_nodes),',
        '    "votes": ("votes", read_errors),',
    ),
    "a bound too small": (
        "plain",
        "return _number(value, 3)\n\n\ndef read_episode",
        "return _number(value, 2)\n\n\ndef read_episode",
    ),
    "term parts swapped": (
        "plain",
        'return Term(*_owned(value, "Term"))',
        'made = _owned(value, "Term")\n    return Term(made[1], made[0])',
    ),
    "plain tuple": ("plain", 'return Term(*_owned(value, "Term"))', 'return _owned(value, "Term")'),
    "a set that changes": ("plain", READ_NODES + "frozenset(", READ_NODES + "set("),
    "a tuple for a set": ("plain", READ_NODES + "frozenset(", READ_NODES + "tuple("),
    "to_plain forgets leaves": (
        "plain",
        "    if isinstance(value, Enum):\n        return value.value\n",
        "",
    ),
    "leaves in sets stay": (
        "plain",
        "return frozenset(to_plain(item) for item in value)",
        "return value",
    ),
    "to_plain structs": ("plain", "return tuple(to_plain(item) for item in value)", "return value"),
    "none is nobody": (
        "plain",
        "return None if value is None else read_node(value)",
        "return None",
    ),
    "number off by one": (
        "plain",
        "    if top is not None and value > top:\n"
        '        raise BadValue(value, f"it is more than {top}", fix)\n    return value',
        "    if top is not None and value > top:\n"
        '        raise BadValue(value, f"it is more than {top}", fix)\n    return value + 1',
    ),
    "positions": (
        "plain",
        'return Position(_inside("term", read_term, parts[0]), '
        '_inside("version", read_number, parts[1]))',
        'return Position(_inside("term", read_term, parts[0]), 0)',
    ),
    "refuses zero": ("plain", "    if value < 0:", "    if value <= 0:"),
    "owner": ("plain", "    if made[0] and not made[1]:", "    if made[0] and made[1]:"),
    "swallowed": (
        "plain",
        "    try:\n        return read(value)\n    except BadValue as error:\n"
        "        raise error.within(place) from None",
        "    try:\n        return read(value)\n    except BadValue as error:\n        return 0",
    ),
    "event's readers": (
        "plain",
        '"Vote": (Vote, {"term": read_term, "severity": read_severity}),',
        '"Vote": (Vote, {"severity": read_term, "term": read_severity}),',
    ),
    "event order": (
        "plain",
        '"Vote": (Vote, {"term": read_term, "severity": read_severity}),',
        '"Vote": (Vote, {"severity": read_severity, "term": read_term}),',
    ),
    "the event's class": (
        "plain",
        '"Elected": (Elected, {"term": read_term}),',
        '"Elected": (NewerTerm, {"term": read_term}),',
    ),
    "fields": (
        "plain",
        "return {one.name: to_plain(getattr(item, one.name)) for one in fields(item)}",
        "return {one.name: getattr(item, one.name) for one in fields(item)}",
    ),
    "a kind is missing": (
        "plain",
        'not in ("role", "sender", "guard", "none")',
        'not in ("role", "sender", "guard")',
    ),
    "config": (
        "plain",
        '{"members": read_nodes, "controllers": read_nodes}',
        '{"controllers": read_nodes, "members": read_nodes}',
    ),
    "durable": (
        "plain",
        '    "vote": read_maybe_node,\n    "accepted_at": read_position,\n',
        '    "accepted_at": read_position,\n    "vote": read_maybe_node,\n',
    ),
    "generator": (
        "plain",
        "def read_field(values: Mapping[str, object], name: str, read: Reader) -> Any:\n",
        "def read_field(values: Mapping[str, object], name: str, read: Reader) -> Any:\n"
        "    if False:\n        yield 1\n",
    ),
    "finally": (
        "plain",
        "    except BadValue as error:\n        raise error.within(place) from None",
        "    except BadValue as error:\n        raise error.within(place) from None\n"
        "    finally:\n        return 0",
    ),
    "nested set doubles": (
        "plain",
        "    if len(set(found)) < len(found):",
        "    if len(set(found)) <= len(found):",
    ),
    "element lost": (
        "plain",
        'return tuple(_inside("an element", read, item) for item in value)',
        'return tuple(_inside("an element", read, item) for item in value if item != "n1")',
    ),
    "element const": (
        "plain",
        'return tuple(_inside("an element", read, item) for item in value)',
        'return tuple("x" for item in value)',
    ),
    "no such name": ("plain", "from dataclasses import fields\n", ""),
    "words that act": (
        "node",
        "            setattr(self, attribute, value)\n",
        "            setattr(self, attribute, value)\n        said = f'{self.bump()}'\n",
    ),
}


def first_failure(files: Files) -> str:
    """Return what is the first that is not so, or cannot be read; nothing where all is proved."""
    reading = Reading(spec_of("order"), Package(files.texts))
    try:
        for one in Plainly(reading).shown():
            solver = z3.Solver()
            solver.add(one.valid, z3.Not(one.goal))
            if solver.check() != z3.unsat:
                return one.name
    except OutsideSubset as error:
        return f"not read: {error}"
    return ""


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_what_plain_data_is_made_by_is_found(name: str) -> None:
    assert first_failure(edited(order(), *FAULTS[name]))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "snapshot of another attribute",
            "  and is asked for a snapshot\n  vote\n    the code:  0",
        ),
        ("leaves in sets stay", "tried"),
        ("the event's class", "Elected(term=0.n1) read back\n"),
        ("a kind is missing", "raises\n    the code:  BadValue: Refused.kind: 'none'"),
        ("refuses zero", "  and is given this as a snapshot\n  raises\n    the code:  BadValue"),
    ],
)
def test_a_fault_in_plain_data_is_refuted_by_a_call(name: str, said: str) -> None:
    results = compare(spec_of("order"), edited(order(), *FAULTS[name]), PLAIN)
    (refuted,) = (r for r in results if r.verdict is Verdict.REFUTED)
    assert said in refuted.told


def test_an_edit_that_changes_no_plain_data_is_proved() -> None:
    for module, old, new in (
        (
            "plain",
            "    if isinstance(value, Enum):\n        return value.value\n"
            "    if isinstance(value, frozenset):\n"
            "        return frozenset(to_plain(item) for item in value)\n",
            "    if isinstance(value, frozenset):\n"
            "        return frozenset(to_plain(one) for one in value)\n"
            "    if isinstance(value, Enum):\n        return value.value\n",
        ),
        (
            "node",
            "        for attribute, value in found.items():\n"
            "            setattr(self, attribute, value)\n",
            "        for place, (name, (_, _)) in (): pass\n"
            "        for name, one in found.items():\n"
            "            setattr(self, name, one)\n",
        ),
    ):
        assert first_failure(edited(order(), module, old, new)) == "", new


# ---------------------------------------------------------------- bytes

VOTE = {"term": (1, "n1"), "severity": 2}
VOTE_BYTES = b'{"fields":{"severity":2,"term":[1,"n1"]},"kind":"Vote"}'
EVENT, REPLY, DURABLE = "event", "reply", "durable"


def samples(package: str) -> Iterator[tuple[str, Any]]:
    """Yield values of the order's node: some of each event and reply, and of what is stored."""
    spec, r = spec_of("order"), random.Random(5)
    plain = importlib.import_module(f"{package}.plain")
    for what, declared in ((EVENT, spec.events), (REPLY, spec.replies)):
        for name, one in declared.items():
            for _ in range(4):
                fields = {n: value(r, d.sort) for n, d in one.parts.items()}
                if getattr(one, "refusal", False):
                    fields = {"rule": "r", "clause": "c", "kind": r.choice(("role", "none"))}
                read = plain.read_event if what == EVENT else plain.read_reply
                yield what, read(name, fields)
    for _ in range(8):
        durable = {n: value(r, d.sort) for n, d in spec.variables.items() if d.durable}
        yield DURABLE, plain.read_durable(durable)


def wrong_in_bytes(files: Files) -> str:
    """Return what is wrong with the bytes of some values: they are read back, and as they were."""
    name = load(files.texts)
    try:
        wire = importlib.import_module(f"{name}.wire")
        seen: dict[bytes, Any] = {}
        vote = importlib.import_module(f"{name}.plain").read_event("Vote", VOTE)
        if wire.to_bytes(vote) != VOTE_BYTES:
            return f"a vote is {wire.to_bytes(vote)!r}"
        for what, one in samples(name):
            write = wire.durable_to_bytes if what == DURABLE else wire.to_bytes
            read: Callable[[bytes], Any] = getattr(wire, f"{what}_from_bytes")
            try:
                data = write(one)
                again = read(data)
            except Exception as error:
                return f"{one}: {type(error).__name__}: {error}"
            if again != one or type(again) is not type(one):
                return f"{one} is read back as {again}"
            if seen.setdefault(data, one) != one:
                return f"{one} and {seen[data]} are the same bytes"
            for other in (data + b" ", b" " + data, data.replace(b":", b": ", 1), data[:-1]):
                try:
                    read(other)
                except wire.BadValue:
                    continue
                return f"{other!r} are read, too"
        return ""
    finally:
        unload(name)


def test_bytes_are_read_back_as_what_was_written() -> None:
    assert wrong_in_bytes(order()) == ""


WIRE_FAULTS = {
    "numbers one less": ("return int(digits)\n", "return int(digits) - 1\n"),
    "sets lose one": (
        "return sorted(map(_listed, value), key=_text_of)",
        "return sorted(map(_listed, value), key=_text_of)[:2]",
    ),
    "any order": ("sort_keys=True, ", "sort_keys=False, "),
    "any space": ('separators=(",", ":")', 'separators=(",", ": ")'),
    "not compared": (
        '    if _text_of({"fields": _listed(values), "kind": kind}) != text:',
        "    if False:",
    ),
    "structs turned round": (
        "        return [_listed(item) for item in value]",
        "        return [_listed(item) for item in value][::-1]",
    ),
    "one kind": ("_written(kind, fields_of(item), _read_item)", '_written("Done", {}, _read_item)'),
    "what is stored under other names": (
        "zip(DURABLE, kept, strict=True)",
        "zip(DURABLE, reversed(kept), strict=True)",
    ),
    "what is stored as an event": (
        'return _written("Durable", _kept(kept), _read_durable)',
        'return _written("durable", _kept(kept), _read_durable)',
    ),
    "half a set": ('set(whole) != {"fields", "kind"}', 'set(whole) != {"kind"}'),
}


@pytest.mark.parametrize("name", WIRE_FAULTS)
def test_a_fault_in_bytes_is_found(name: str) -> None:
    old, new = WIRE_FAULTS[name]
    assert wrong_in_bytes(edited(order(), "wire", old, new))


def test_what_refused_is_of_a_known_kind() -> None:
    from impl.order import plain, types, wire

    with pytest.raises(plain.BadValue) as caught:
        wire.reply_from_bytes(b'{"fields":{"clause":"c","kind":"any","rule":"r"},"kind":"Refused"}')
    assert str(caught.value) == (
        "Refused.kind: 'any': it is no kind of a clause; write role, sender, guard or none"
    )
    for kind in ("role", "sender", "guard", "none"):
        reply = types.Refused("r", "c", kind)
        assert wire.reply_from_bytes(wire.to_bytes(reply)) == reply


def test_a_set_that_may_change_has_no_bytes() -> None:
    from impl.order import plain, types, wire

    term, wrong = types.Term(1, "n1"), {"k1"}
    for one in (
        types.ShardList(types.Position(term, 1), wrong),  # type: ignore[arg-type]
        types.SystemResetRequest(term, types.Episode(term, 1), wrong),  # type: ignore[arg-type]
    ):
        with pytest.raises(plain.BadValue) as caught:
            wire.to_bytes(one)
        said = f"{type(one).__name__}: {{'k1'}}: a set is no value; give tuples, frozen sets"
        assert str(caught.value) == said
