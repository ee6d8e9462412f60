"""One record against one step: what the spec's step is, in the words of a recording.

Belongs here: from an outcome to the text of its record, and where a record differs, in what. Never
here: which record is next (`validation`), or the meaning of a rule (the evaluator's).

A record as nodes write it is compared as a text: the text that the spec's step has. Where that
differs, the record is read and compared value by value, which alone decides; so a recording written
by another hand (its members in another order, its sets unsorted) is read as well, only slower.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from checkers.traces.reading import Recording
from checkers.traces.values import (
    Fields,
    Value,
    ValueProblem,
    digest_of,
    object_text,
    text_of,
    told,
)
from model.evaluate import Event, Outcome, Packet
from model.evaluate.state import Schema
from model.evaluate.values import show_value
from model.lang import Spec
from model.lang.errors import suggest

REMEMBERED = 50_000
"""How many events and messages are remembered before all are forgotten."""
NAMED = ("rule", "clause", "kind")
"""What a refusal names."""


@dataclass(frozen=True)
class Difference:
    """One thing that a record has other than the spec's step: what, as it should be, as it is."""

    what: str
    expected: str
    recorded: str

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, recorded {self.recorded}"


class Words:
    """A spec's events, states and answers in the words of recordings."""

    def __init__(self, spec: Spec) -> None:
        schema = Schema(spec)
        self.spec = spec
        self.variables = Fields(schema.variables)
        durable = {n: schema.variables[n] for n, d in spec.variables.items() if d.durable}
        self.durable = Fields(durable)
        self.fields = {name: Fields(sorts) for name, sorts in schema.fields.items()}
        self.replies = {
            name: Fields({n: d.sort for n, d in reply.parts.items()})
            for name, reply in spec.replies.items()
        }
        self.refusals = {name for name, reply in spec.replies.items() if reply.refusal}
        self._events: dict[tuple[str, str], Event] = {}
        self._packets: dict[Packet, str] = {}
        self._replies: dict[tuple[Value, ...], str] = {}
        self._values: dict[str, dict[Value, str]] = {name: {} for name in spec.variables}

    # ------------------------------------------------------------ events

    def known_event(self, node: str, text: str) -> Event | None:
        """Return the event with this text, where it was read before."""
        return self._events.get((node, text))

    def remember(self, node: str, text: str, event: Event) -> None:
        """Keep an event by its text."""
        if len(self._events) > REMEMBERED:
            self._events.clear()
        self._events[node, text] = event

    def event(self, recording: Recording, data: Any) -> Event:
        """Return the event of a record. Raises `TraceError` where it is none of the spec's."""
        if not isinstance(data, dict):
            recording.wrong(f"event: {told(data)} is no object")
        name = data.get("name")
        declared = self.spec.events.get(name) if isinstance(name, str) else None
        if declared is None:
            fix = suggest(str(name), self.spec.events)
            recording.wrong(f"event.name: {told(name)}: the spec declares no such event", fix)
        assert isinstance(name, str)
        members = ("name", "from", "fields") if declared.kind == "message" else ("name", "fields")
        if set(data) != set(members):
            what = f"event: a {declared.kind} has the members {', '.join(members)}"
            recording.wrong(f"{what}, and this one {', '.join(map(told, data))}")
        sender = data.get("from")
        if declared.kind == "message" and not (isinstance(sender, str) and sender):
            recording.wrong(f"event.from: {told(sender)} is no node")
        try:
            fields = self.fields[name].decode(data["fields"], f"event.fields of {name}")
        except ValueProblem as error:
            recording.wrong(str(error))
        return Event(declared.kind, name, recording.node, fields, sender)

    # ------------------------------------------------------------ texts

    def variable(self, name: str, value: Value) -> str:
        """Return the text of a variable with its name."""
        known = self._values[name]
        text = known.get(value)
        if text is None:
            if len(known) > REMEMBERED:
                known.clear()
            text = known[value] = f"{quoted(name)}:{text_of(value)}"
        return text

    def packet(self, packet: Packet) -> str:
        """Return the text of a message sent."""
        text = self._packets.get(packet)
        if text is None:
            if len(self._packets) > REMEMBERED:
                self._packets.clear()
            fields = self._named(self.fields[packet.message], packet.fields)
            text = self._packets[packet] = (
                f'{{"name":{quoted(packet.message)},"to":{quoted(packet.dst)},"fields":{fields}}}'
            )
        return text

    def reply(self, outcome: Outcome) -> str:
        """Return the text of a reply."""
        values = reply_fields(self, outcome)
        key = (outcome.reply, *values.values())
        text = self._replies.get(key)
        if text is None:
            if len(self._replies) > REMEMBERED:
                self._replies.clear()
            fields = {name: text_of(v) for name, v in values.items()}
            text = f'{{"name":{json.dumps(outcome.reply)},"fields":{object_text(fields)}}}'
            self._replies[key] = text
        return text

    @staticmethod
    def _named(fields: Fields, values: tuple[Value, ...]) -> str:
        texts = {name: text_of(v) for name, v in zip(fields.sorts, values, strict=True)}
        return object_text(texts)


def reply_fields(words: Words, outcome: Outcome) -> dict[str, Value]:
    """Return the fields of an outcome's reply, what a refusal names included."""
    if outcome.reply not in words.refusals:
        return outcome.reply_fields
    by = outcome.refused_by
    return dict(zip(NAMED, ("", "", "none") if by is None else by, strict=True))


class Account:
    """What one node's next record has to say, given the state that the spec's steps led it to."""

    def __init__(self, words: Words, recording: Recording, local: Mapping[str, Value]) -> None:
        self.words, self.recording = words, recording
        self._at = {name: at for at, name in enumerate(words.spec.variables)}
        self.put(local)

    def put(self, local: Mapping[str, Value]) -> None:
        """Begin with these variables."""
        self._texts = [self.words.variable(name, local[name]) for name in self._at]
        self.state = self._state()

    def _state(self) -> str:
        text = "{" + ",".join(self._texts) + "}"
        return f'"{digest_of(text)}"' if self.recording.digests else text

    def take(self, outcome: Outcome) -> str:
        """Go on by a step, and return the text of its record after the event."""
        words, before = self.words, self.state
        stored: list[str] = []
        if outcome.updates:
            for name, value in outcome.updates.items():
                text = words.variable(name, value)
                self._texts[self._at[name]] = text
                if name in words.durable.sorts:
                    stored.append(name)
            stored.sort(key=self._at.__getitem__)
            self.state = self._state()
        sent = ",".join([words.packet(p) for p in outcome.sends])
        kept = ",".join([self._texts[self._at[name]] for name in stored])
        return (
            f',"rule":{quoted(outcome.transition)},"before":{before},"after":{self.state},'
            f'"sent":[{sent}],"reply":{words.reply(outcome)},"persisted":{{{kept}}}}}'
        )


# ---------------------------------------------------------------- value by value


def differences(
    words: Words,
    recording: Recording,
    data: dict[str, Any],
    before: Mapping[str, Value],
    outcome: Outcome,
) -> list[Difference]:
    """Return in what an event's record differs from a step of the spec from the state `before`.

    Raises `TraceError` where something in it is no value of its sort.
    """
    found: list[Difference] = []
    after = {**before, **outcome.updates}
    found += state_differences(words, recording, data["before"], before, "before")
    if not isinstance(data["rule"], str):
        recording.wrong(f"rule: {told(data['rule'])} is no label")
    if data["rule"] != outcome.transition:
        found.append(Difference("the rule", outcome.transition, told(data["rule"]).strip('"')))
    found += state_differences(words, recording, data["after"], after, "after")
    found += _sent_differences(words, recording, data["sent"], outcome)
    found += _reply_differences(words, recording, data["reply"], outcome)
    stored = {n: v for n, v in outcome.updates.items() if n in words.durable.sorts}
    found += _persisted_differences(words, recording, data["persisted"], stored)
    return found


def state_differences(
    words: Words, recording: Recording, data: Any, wanted: Mapping[str, Value], place: str
) -> list[Difference]:
    """Return in what a recorded state, or its digest, differs from the one it should be."""
    if recording.digests:
        text = "{" + ",".join([words.variable(n, wanted[n]) for n in words.spec.variables]) + "}"
        if not isinstance(data, str):
            recording.wrong(f"{place}: {told(data)} is no digest, and the header says it is one")
        right = digest_of(text)
        return [] if data == right else [Difference(f"the digest {place}", right, told(data))]
    try:
        values = words.variables.decode(data, place)
    except ValueProblem as error:
        recording.wrong(str(error))
    return [
        Difference(f"{name} {place}", show_value(wanted[name]), show_value(value))
        for name, value in values.items()
        if value != wanted[name]
    ]


def _sent_differences(
    words: Words, recording: Recording, data: Any, outcome: Outcome
) -> list[Difference]:
    sent = read_sent(words, recording, data)
    wanted = list(outcome.sends)
    if sorted(map(words.packet, sent)) == sorted(map(words.packet, wanted)):
        return []
    missing = [p for p in wanted if p not in sent]
    odd = [p for p in sent if p not in wanted]
    found = [Difference("a message sent", str(p), "none") for p in missing]
    found += [Difference("a message sent", "none", str(p)) for p in odd]
    if not found:
        found = [Difference("the number of messages", str(len(wanted)), str(len(sent)))]
    return found


def read_sent(words: Words, recording: Recording, data: Any) -> list[Packet]:
    """Return the messages that a record says were sent. Raises `TraceError` for what is none."""
    if not isinstance(data, list):
        recording.wrong(f"sent: {told(data)} is no list")
    found = []
    for at, one in enumerate(data):
        place = f"sent[{at}]"
        if not isinstance(one, dict) or set(one) != {"name", "to", "fields"}:
            recording.wrong(f"{place}: {told(one)} is no object with the members name, to, fields")
        name = one["name"]
        if not isinstance(name, str) or name not in words.spec.messages:
            what = f"{place}.name: {told(name)}: the spec declares no such message"
            recording.wrong(what, suggest(str(name), words.spec.messages))
        if not isinstance(one["to"], str) or not one["to"]:
            recording.wrong(f"{place}.to: {told(one['to'])} is no node")
        try:
            fields = words.fields[name].decode(one["fields"], f"{place}.fields")
        except ValueProblem as error:
            recording.wrong(str(error))
        found.append(Packet(name, recording.node, one["to"], tuple(fields.values())))
    return found


def _reply_differences(
    words: Words, recording: Recording, data: Any, outcome: Outcome
) -> list[Difference]:
    if not isinstance(data, dict) or set(data) != {"name", "fields"}:
        recording.wrong(f"reply: {told(data)} is no object with the members name, fields")
    name = data["name"]
    if not isinstance(name, str) or name not in words.replies:
        what = f"reply.name: {told(name)}: the spec declares no such reply"
        recording.wrong(what, suggest(str(name), words.replies))
    if name in words.refusals:
        values = data["fields"]
        if not isinstance(values, dict) or set(values) != set(NAMED):
            recording.wrong(f"reply.fields: a refusal has the members {', '.join(NAMED)}")
        for part in NAMED:
            if not isinstance(values[part], str):
                recording.wrong(f"reply.fields.{part}: {told(values[part])} is no text")
    else:
        try:
            values = words.replies[name].decode(data["fields"], "reply.fields")
        except ValueProblem as error:
            recording.wrong(str(error))
    wanted = reply_fields(words, outcome)
    if name != outcome.reply:
        return [Difference("the reply", str(outcome.reply), name)]
    return [
        Difference(f"{part} of the reply {name}", show_value(wanted[part]), told(value))
        if isinstance(value, str)
        else Difference(f"{part} of the reply {name}", show_value(wanted[part]), show_value(value))
        for part, value in values.items()
        if value != wanted[part]
    ]


def _persisted_differences(
    words: Words, recording: Recording, data: Any, wanted: Mapping[str, Value]
) -> list[Difference]:
    if not isinstance(data, dict):
        recording.wrong(f"persisted: {told(data)} is no object")
    for name in data:
        if name not in words.durable.sorts:
            recording.wrong(f"persisted: {told(name)} is no durable variable")
    part = Fields({name: words.durable.sorts[name] for name in data})
    try:
        values = part.decode(data, "persisted")
    except ValueProblem as error:
        recording.wrong(str(error))
    found = []
    for name in words.durable.sorts:
        if name in values and name in wanted and values[name] == wanted[name]:
            continue
        if name in values or name in wanted:
            right = show_value(wanted[name]) if name in wanted else "not asked for"
            was = show_value(values[name]) if name in values else "not stored"
            found.append(Difference(f"{name} stored", right, was))
    return found
