"""Messages, replies and what a crash spares, from dictionaries and from bytes, right and wrong.

Stands for: what arrives is a value of the spec, or is refused with a place, a value, a reason and a
fix; what is right comes back as it was; equal values have equal bytes, and other bytes are other
values. Nothing that arrives takes long to refuse.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

import impl.order.plain
import impl.order.types
import impl.order.wire
from impl.order.plain import BadValue
from impl.order.wire import (
    MOST_BYTES,
    MOST_NUMBER,
    durable_from_bytes,
    durable_to_bytes,
    event_from_bytes,
    reply_from_bytes,
    to_bytes,
)
from model.lang import Spec
from model.lang.load import load as load_spec
from tests.fuzz.effort import SEED, cases, many, told
from tests.fuzz.values import JUNK, fields, spoilt
from tests.generated_nodes import load, order_spec, value
from tests.test_imports import ROOT


@dataclass(frozen=True)
class Node:
    """A generated node's modules, and the spec that they were written from."""

    spec: Spec
    plain: ModuleType
    wire: ModuleType
    types: ModuleType

    def kinds(self) -> list[tuple[str, str]]:
        """Return every kind of thing that has bytes: what it is, and its name."""
        found = [("event", name) for name in self.spec.events]
        found += [("reply", name) for name in self.spec.replies]
        return [*found, ("durable", "Durable")]

    def parts(self, what: str, name: str) -> dict[str, Any]:
        """Return the sorts of a kind's fields."""
        if what == "durable":
            by_attribute = {a: n for n, (a, _) in self.plain.VARIABLES.items()}
            named = {a: by_attribute.get(a, a) for a in self.plain.DURABLE}
            return {a: self.spec.variables[n].sort for a, n in named.items()}
        declared = (self.spec.events if what == "event" else self.spec.replies)[name]
        return {n: d.sort for n, d in declared.parts.items()}

    def read(self, what: str, name: str, values: Any) -> Any:
        """Read a dictionary."""
        if what == "durable":
            return self.plain.read_durable(values)
        return getattr(self.plain, f"read_{what}")(name, values)

    def write(self, what: str, item: Any) -> bytes:
        """Return the bytes of something."""
        data = self.wire.durable_to_bytes(item) if what == "durable" else self.wire.to_bytes(item)
        assert isinstance(data, bytes)
        return data

    def back(self, what: str, data: Any) -> Any:
        """Read bytes."""
        return getattr(self.wire, f"{what}_from_bytes")(data)


ORDER = Node(order_spec(), impl.order.plain, impl.order.wire, impl.order.types)
REFUSAL = {"rule": "add_shard", "clause": "me.worst == 0", "kind": "guard"}


def drawn(node: Node, kind: tuple[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    """Return what draws a kind's fields."""
    what, name = kind
    if what == "reply" and node.spec.replies[name].refusal:
        return st.just(REFUSAL)
    return fields(node.parts(what, name))


@cache
def strategies() -> dict[tuple[str, str], st.SearchStrategy[dict[str, Any]]]:
    """Return for each kind of the order what draws its fields."""
    return {kind: drawn(ORDER, kind) for kind in ORDER.kinds()}


ANYTHING = st.sampled_from(ORDER.kinds()).flatmap(
    lambda kind: st.tuples(st.just(kind), strategies()[kind])
)
BRIEF = settings(max_examples=150, deadline=None, database=None)
LONG = settings(max_examples=many(5_000), deadline=None, database=None)


def told_well(error: Any) -> None:
    """Check that a mistake tells value, reason and fix, and is short whatever it is about."""
    text = str(error)
    assert error.reason and error.fix
    assert error.reason in text and error.fix in text
    assert len(text) < 1_000
    assert error.__cause__ is None


# ---------------------------------------------------------------- what is right


def comes_back(node: Node, kind: tuple[str, str], values: dict[str, Any]) -> bytes:
    """Check that a value comes back from a dictionary and from bytes; return the bytes."""
    what, name = kind
    made = node.read(what, name, values)
    if what != "durable":
        assert node.plain.fields_of(made) == values
    data = node.write(what, made)
    assert node.back(what, data) == made
    assert node.back(what, bytearray(data)) == made
    assert node.write(what, node.back(what, data)) == data
    return data


@seed(SEED)
@BRIEF
@given(ANYTHING)
def test_what_is_right_comes_back(drawn: tuple[tuple[str, str], dict[str, Any]]) -> None:
    comes_back(ORDER, *drawn)


@pytest.mark.slow
@seed(SEED)
@LONG
@given(ANYTHING)
def test_much_that_is_right_comes_back(drawn: tuple[tuple[str, str], dict[str, Any]]) -> None:
    comes_back(ORDER, *drawn)


def test_every_kind_comes_back(tmp_path: Path) -> None:
    """Of the order, and of specs with maps, with no fields, and with names of all sorts."""
    nodes = [ORDER, *protocols(tmp_path)]
    for node in nodes:
        r = random.Random(f"{SEED}")
        for what, name in node.kinds():
            values = {n: value(r, s) for n, s in node.parts(what, name).items()}
            if what == "reply" and node.spec.replies[name].refusal:
                values = dict(REFUSAL)
            comes_back(node, (what, name), values)
    assert any("map" in type(s).__name__.lower() for s in sorts_of(nodes))


def protocols(folder: Path) -> Iterator[Node]:
    """Write the nodes of some other specs, and import them."""
    for name in ("ring_election", "two_phase_commit", "sharded_store"):
        spec = load_spec(str(ROOT / "docs" / "protocols" / f"{name}.py"))
        module = load(spec, folder)
        yield Node(spec, module.plain, module.wire, module.types)


def sorts_of(nodes: list[Node]) -> list[Any]:
    return [s for node in nodes for kind in node.kinds() for s in node.parts(*kind).values()]


def test_equal_values_have_equal_bytes() -> None:
    """Whatever the order in which a dictionary or a set was made."""
    values = {"term": (1, "a"), "version": 2, "op": "REPLICATING"}
    names = [f"n{i}" for i in range(9)]
    one = {**values, "members": frozenset(names), "keys": ["k1", "k2"]}
    other = {"keys": {"k2", "k1"}, "members": frozenset(reversed(names)), **values}
    read = ORDER.plain.read_event
    assert to_bytes(read("Propose", one)) == to_bytes(read("Propose", other))


# ---------------------------------------------------------------- what is wrong


def try_dictionaries(node: Node, count: int) -> Counter[str]:
    """Read spoilt dictionaries; return how often one was refused, or still was right."""
    tally: Counter[str] = Counter()
    for case, r in cases("dictionaries", count):
        what, name = r.choice(node.kinds())
        right = {n: value(r, s) for n, s in node.parts(what, name).items()}
        wrong = spoilt(r, right or {"x": 1})
        try:
            made = node.read(what, name, wrong)
        except BadValue as error:
            told_well(error)
            tally["refused"] += 1
        except BaseException as error:
            raise AssertionError(f"{case}: {what} {name}: {type(error).__name__}") from error
        else:
            try:
                data = node.write(what, made)
            except BadValue as error:  # such as a number that no counter reaches
                told_well(error)
                tally["too large for bytes"] += 1
                continue
            assert node.back(what, data) == made, case
            tally["still right"] += 1
    return tally


def test_a_spoilt_dictionary_is_refused_or_still_right() -> None:
    tally = try_dictionaries(ORDER, 3_000)
    assert tally["refused"] > 1_000 and tally["still right"] > 50


@pytest.mark.slow
def test_many_spoilt_dictionaries(capsys: pytest.CaptureFixture[str]) -> None:
    tally = try_dictionaries(ORDER, many(200_000))
    with capsys.disabled():
        print(told("spoilt dictionaries", tally))


@pytest.mark.parametrize("what", ["event", "reply", "durable"])
def test_what_is_no_dictionary_at_all(what: str) -> None:
    name = {"event": "Vote", "reply": "Locked", "durable": "Durable"}[what]
    for make in JUNK:
        with pytest.raises(BadValue) as caught:
            ORDER.read(what, name, make())
        told_well(caught.value)
        if what != "durable":
            with pytest.raises(BadValue):
                ORDER.read(what, make(), {})


def damaged(r: random.Random, data: bytes) -> bytes:
    """Return bytes with some of them gone, doubled, flipped, new or from elsewhere."""
    for _ in range(r.choice((1, 1, 2))):
        at = r.randrange(len(data) + 1)
        match r.randrange(7):
            case 0:
                data = data[:at]
            case 1:
                data = data[:at] + bytes([r.randrange(256)]) + data[at:]
            case 2 if at < len(data):
                data = data[:at] + bytes([data[at] ^ 1 << r.randrange(8)]) + data[at + 1 :]
            case 3:
                data = data[:at] + data[at + r.randint(1, 5) :]
            case 4:
                data = data[:at] + data[max(at - r.randint(1, 20), 0) : at] + data[at:]
            case 5:
                data = data[:at] + r.choice(PIECES) + data[at:]
            case _:
                whole = json.loads(data) if data[:1] == b"{" and _is_json(data) else {}
                whole["fields"] = spoilt(r, whole.get("fields", {"x": 1}))
                try:
                    compact = r.random() < 0.7
                    text = json.dumps(
                        whole, sort_keys=compact, separators=(",", ":") if compact else None
                    )
                    data = text.encode("utf-8", "surrogatepass")
                except (TypeError, ValueError, RecursionError, ZeroDivisionError):
                    continue
    return data


PIECES = (
    *(
        b" ",
        b"\n",
        b"\0",
        b'"',
        b"\\",
        b"[",
        b"]",
        b"{",
        b"}",
        b",",
        b":",
        b"-",
        b"0",
        b"1e9",
        b".5",
    ),
    *(b"null", b"true", b"NaN", b"Infinity", b'"kind":"Vote",', b"\\u0061", b"\\ud800", b"9" * 30),
    *(b"\xef\xbb\xbf", b"\xff", b"[" * 2000, b'{"a":' * 2000, b'"n1",', b"9" * 6000, b".5"),
)


def _is_json(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):
        return False


def try_bytes(node: Node, count: int) -> Counter[str]:
    """Read damaged bytes; return how often they were refused, and how often they still were right.

    What is read has just the bytes that it was read from: nothing is guessed.
    """
    tally: Counter[str] = Counter()
    for case, r in cases("bytes", count):
        what, name = r.choice(node.kinds())
        values = {n: value(r, s) for n, s in node.parts(what, name).items()}
        if what == "reply" and node.spec.replies[name].refusal:
            values = dict(REFUSAL)
        right = node.write(what, node.read(what, name, values))
        data = damaged(r, right)
        try:
            made = node.back(what, data)
        except node.plain.BadValue as error:
            told_well(error)
            tally["refused"] += 1
        except BaseException as error:
            raise AssertionError(f"{case}: {data[:200]!r}: {type(error).__name__}") from error
        else:
            assert node.write(what, made) == data, case
            tally["as they were" if data == right else "another value"] += 1
    return tally


def test_damaged_bytes_are_refused_or_just_what_they_say() -> None:
    tally = try_bytes(ORDER, 3_000)
    assert tally["refused"] > 1_000 and tally["another value"] > 20


@pytest.mark.slow
def test_much_damage_to_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = try_bytes(ORDER, many(200_000))
    for node in protocols(tmp_path):
        tally += try_bytes(node, many(20_000))
    with capsys.disabled():
        print(told("damaged bytes", tally))


@seed(SEED)
@BRIEF
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    for what in ("event", "reply", "durable"):
        with pytest.raises(BadValue) as caught:
            ORDER.back(what, data)
        told_well(caught.value)


def vote(**changed: Any) -> bytes:
    """Return a vote as bytes, some of its fields exchanged, whatever they are."""
    whole = {"fields": {"severity": 0, "term": [1, "a"], **changed}, "kind": "Vote"}
    return json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()


RIGHT = vote()
WRONG: dict[str, tuple[Any, str]] = {
    "nothing": (b"", "no JSON"),
    "no bytes": ("text", "these are no bytes"),
    "a number": (b"7", "it has not just a kind and fields"),
    "a list": (b"[]", "it has not just a kind and fields"),
    "no kind": (b'{"fields":{}}', "it has not just a kind and fields"),
    "more than kind and fields": (b'{"fields":{},"kind":"Vote","to":"n1"}', "it has not just"),
    "an unknown kind": (RIGHT.replace(b"Vote", b"Vode"), "it is no event"),
    "a kind that is a list": (RIGHT.replace(b'"Vote"', b'["Vote"]'), "it is no event"),
    "fields that are a list": (b'{"fields":[],"kind":"Vote"}', "these are no fields"),
    "a name twice": (RIGHT.replace(b'{"sev', b'{"severity":0,"sev'), "it stands twice"),
    "an element twice": (
        b'{"fields":{"episode":[[0,""],0],"members":["a","a"],"term":[1,"a"]},'
        b'"kind":"SystemResetRequest"}',
        "it names something twice",
    ),
    "elements in another order": (
        b'{"fields":{"episode":[[0,""],0],"members":["b","a"],"term":[1,"a"]},'
        b'"kind":"SystemResetRequest"}',
        "it is not written as such a value is",
    ),
    "names in another order": (
        b'{"kind":"Vote","fields":{"severity":0,"term":[1,"a"]}}',
        "it is not written as such a value is",
    ),
    "space": (RIGHT + b"\n", "it is not written as such a value is"),
    "a needless escape": (RIGHT.replace(b'"a"', b'"\\u0061"'), "it is not written as"),
    "minus zero": (RIGHT.replace(b"0", b"-0"), "it is not written as such a value is"),
    "a fraction": (RIGHT.replace(b"0", b"0.0"), "it is no whole number"),
    "an exponent": (RIGHT.replace(b"0", b"0e0"), "it is no whole number"),
    "an exponent without end": (RIGHT.replace(b"0", b"1e9999999999"), "it is no whole number"),
    "NaN": (RIGHT.replace(b"0", b"NaN"), "it is no whole number"),
    "infinity": (RIGHT.replace(b"0", b"-Infinity"), "it is no whole number"),
    "a truth value for a number": (vote(severity=True), "it is no number"),
    "a number of a million digits": (RIGHT.replace(b"0", b"9" * 1_000_000), "it is more than"),
    "a number that no counter reaches": (vote(term=[2**63, "a"]), "it is more than"),
    "half a sign": (vote(term=[1, "\ud800"]), "it holds half a sign"),
    "a round that nobody owns": (vote(term=[1, ""]), "nobody owns it"),
    "lists in lists": (b"[" * 1_000_000, "lists in lists in lists, too many"),
    "objects in objects": (b'{"a":' * 200_000, "lists in lists in lists, too many"),
    "too many bytes": (b" " * (MOST_BYTES + 1), f"more than {MOST_BYTES}"),
    "another encoding": (RIGHT.decode().encode("utf-16"), "no ASCII"),
    "a mark before it": (b"\xef\xbb\xbf" + RIGHT, "no ASCII"),
    "half of it": (RIGHT[: len(RIGHT) // 2], "no JSON"),
    "two of it": (RIGHT + RIGHT, "no JSON"),
    "an open string": (RIGHT[:-2], "no JSON"),
    "a reply": (b'{"fields":{},"kind":"Done"}', "it is no event"),
}
"""By what is wrong: bytes, and the reason why they are no event."""


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_bytes_is_told(what: str) -> None:
    data, reason = WRONG[what]
    with pytest.raises(BadValue) as caught:
        event_from_bytes(data)
    told_well(caught.value)
    assert reason in str(caught.value)


def test_the_vote_that_is_spoilt_is_right() -> None:
    assert to_bytes(event_from_bytes(RIGHT)) == RIGHT


def test_the_place_is_told_from_the_outside_in() -> None:
    with pytest.raises(BadValue) as caught:
        event_from_bytes(vote(term=[1, 2]))
    assert caught.value.place == ("Vote", "term", "[1]")


def test_what_cannot_be_read_back_is_not_written() -> None:
    """A node that holds a wrong value must not send it, nor store it."""
    types = impl.order.types
    for wrong in (
        types.Vote(types.Term(1, ""), 0),
        types.Vote(types.Term(2**63, "a"), 0),
        types.AddShard(""),
        types.AddShard("k" * MOST_BYTES),
        types.AddShard(7),  # type: ignore[arg-type]
        RIGHT,
        None,
    ):
        with pytest.raises(BadValue) as caught:
            to_bytes(wrong)  # type: ignore[arg-type]
        told_well(caught.value)
    with pytest.raises(BadValue):
        durable_to_bytes(())  # type: ignore[arg-type]


def test_the_largest_number_comes_back() -> None:
    types = impl.order.types
    largest = types.Vote(types.Term(MOST_NUMBER, "a"), 0)
    assert event_from_bytes(to_bytes(largest)) == largest


def test_each_reader_refuses_what_another_reads() -> None:
    kept = impl.order.Radiant("a", CONFIG).durable()
    stored, done = durable_to_bytes(kept), to_bytes(impl.order.types.Done())
    assert durable_from_bytes(stored) == kept
    for data, read in (
        (stored, event_from_bytes),
        (stored, reply_from_bytes),
        (done, event_from_bytes),
        (done, durable_from_bytes),
        (RIGHT, reply_from_bytes),
        (RIGHT, durable_from_bytes),
    ):
        with pytest.raises(BadValue):
            read(data)


CONFIG = impl.order.OrderConfig(frozenset("abc"), frozenset("z"))


def test_a_snapshot_with_a_mistake_changes_nothing() -> None:
    """All of it is read before any of it is taken over."""
    node = impl.order.Radiant("a", CONFIG)
    before = node.snapshot()
    for wrong in ({**before, "term": (7, "b"), "plea_members": 3}, {}, None, 3):
        with pytest.raises(BadValue):
            node.restore(wrong)  # type: ignore[arg-type]
    assert node.snapshot() == before
