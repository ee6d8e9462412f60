"""The file that a spec's cases are kept in: JSON Lines, the same bytes wherever they are made.

Belongs here: the lines and what is wrong with them. Never here: how cases are made (`make`), or
what a damaged file is worth: nothing.

The first line is the header: the schema, the spec, the fingerprint of what the cases depend on,
how many lines of each kind follow, and the `first` value of each variable. Then come the cases, a
line each: what it shows, the event, what the node holds where that is not its first value, and
what the evaluator says happens. After them the goals that no run can show (`unlikely`), those that
nothing shows (`impossible`), each with its proof, and those that are not settled (`unknown`). The
last entry of a line checks it and the line before it; so a line that was changed, lost or moved is
told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sized
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from checkers.cache.prints import Prints
from checkers.cache.store import digest
from checkers.given import Given
from checkers.mcdc.cases import Case, Situation, order_spec
from checkers.mcdc.impossible import Proof
from checkers.mcdc.make import Made
from checkers.mcdc.restart import events_of
from checkers.mcdc.values import from_json, to_json
from checkers.reading import read_plain
from model.evaluate import EvaluationError, Event, Outcome, Packet, RefusedBy, Value
from model.evaluate.values import default_of
from model.lang import Message, Spec
from model.lang.declare import Reply
from model.lang.sorts import AtomSort, MapSort, Sort, StructSort, SumSort

SCHEMA = 1
ORDER = Path(__file__).resolve().parents[2] / "tests" / "cases" / "order.jsonl"
"""Where the order's cases lie."""
NAME = "cases.jsonl"
"""How the file of another spec is called, among what is derived from that."""

_CHECK = re.compile(r'^(.*), "check": "([0-9a-f]{8})"\}$')
_KINDS = ("case", "unlikely", "impossible", "unknown")


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a file: the line, from 1, and the reason."""

    line: int
    reason: str

    def __str__(self) -> str:
        """Return it as it is told, after the file's name."""
        return f"line {self.line}: {self.reason}"


class BadFile(Exception):
    """A file of cases that cannot be believed."""

    def __init__(self, wrong: Wrong) -> None:
        """Say what is wrong first."""
        super().__init__(str(wrong))
        self.wrong = wrong


@dataclass
class Stored:
    """What a file holds."""

    header: dict[str, Any]
    cases: list[Case] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    """The line of each case."""
    impossible: dict[str, Proof] = field(default_factory=dict)
    unlikely: dict[str, Proof] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    """The line of each goal that a line of its own tells of."""

    def line_of(self, goal: str) -> int:
        """Return the line that tells of a goal, by its name."""
        if goal in self.places:
            return self.places[goal]
        shown = (n for n, case in zip(self.lines, self.cases, strict=True) if goal in case.shows)
        return next(shown, 1)


def fingerprint(spec: Spec) -> str:
    """Return the fingerprint of all that a spec's cases depend on.

    These are its rows and first values, and what is stated of one node or message, or assumed of
    the configuration.
    """
    prints, given = Prints(spec), Given(spec)
    names = [s.name for s in spec.of_kind("assumption") if s.formula is not None]
    names += [n for n, _ in given.of_the_node]
    names += [n for m in spec.messages for n, _ in given.of_message(m)]
    rows = [prints.transition(t)[0] for t in spec.transitions]
    stated = [(n, prints.statement(n)) for n in names]
    refusing = [n for n, reply in spec.replies.items() if reply.refusal]
    declared = (prints.world, prints.first_state)
    return digest(repr((SCHEMA, spec.name, *declared, rows, stated, refusing)))


# ---------------------------------------------------------------- writing


def text_of(spec: Spec, made: Made) -> str:
    """Return the whole file."""
    lines, before = [], ""
    for entry in _entries(spec, made):
        text = json.dumps(entry, ensure_ascii=False)[:-1]
        before = _check(before, text)
        lines.append(f'{text}, "check": "{before}"}}\n')
    return "".join(lines)


def _check(before: str, text: str) -> str:
    return digest(f"{before} {text}")[:8]


def _entries(spec: Spec, made: Made) -> Iterator[dict[str, Any]]:
    held: tuple[Sized, ...] = (made.cases, made.unlikely, made.impossible, made.unknown)
    yield {
        "oathbound": "cases",
        "schema": SCHEMA,
        "spec": spec.name,
        "print": fingerprint(spec),
        "lines": dict(zip(_KINDS, map(len, held), strict=True)),
        "first": {n: to_json(first_of(d.sort), d.sort) for n, d in spec.variables.items()},
    }
    for number, case in enumerate(made.cases, 1):
        yield _of_case(spec, number, case)
    for kind, proofs in (("unlikely", made.unlikely), ("impossible", made.impossible)):
        for name, proof in proofs.items():
            entry: dict[str, Any] = {kind: name, "since": list(proof.used)}
            if proof.lemmas:
                entry["lemmas"] = list(proof.lemmas)
            yield entry
    for name, why in made.unknown.items():
        yield {"unknown": name, "since": why}


def first_of(sort: Sort) -> Value:
    """Return the value that a variable has where a line says nothing: the least of its sort."""
    match sort:
        case SumSort():
            return sort.leaves[0]
        case AtomSort():
            return "n1" if sort.name == "Node" else f"{sort.name[0].lower()}1"
        case StructSort():
            return tuple(first_of(part) for _, part in sort.parts)
        case MapSort():
            return frozenset()
        case _:
            return default_of(sort)


def _of_case(spec: Spec, number: int, case: Case) -> dict[str, Any]:
    s, o = case.situation, case.outcome
    sorts = {n: d.sort for n, d in spec.variables.items()}
    event = events_of(spec)[s.event.name]
    entry: dict[str, Any] = {"case": number, "shows": case.shows}
    if case.breaks:
        entry["breaks"] = list(case.breaks)
    entry["me"] = s.me
    entry["config"] = {n: to_json(s.config[n], d.sort) for n, d in spec.config.parts.items()}
    entry["event"] = s.event.name
    if s.event.sender is not None:
        entry["sender"] = s.event.sender
    entry["fields"] = {n: to_json(s.event.fields[n], d.sort) for n, d in event.parts.items()}
    entry["state"] = {
        n: to_json(s.before[n], sort) for n, sort in sorts.items() if s.before[n] != first_of(sort)
    }
    then: dict[str, Any] = {"row": o.transition}
    then["sets"] = {n: to_json(value, sorts[n]) for n, value in o.updates.items()}
    then["sends"] = [_of_packet(spec.messages[p.message], p) for p in o.sends]
    reply = spec.replies[o.reply] if o.reply is not None else None
    then["reply"] = o.reply
    if reply is not None and o.reply_fields:
        parts = reply.parts
        then["with"] = {n: to_json(v, parts[n].sort) for n, v in o.reply_fields.items()}
    if o.refused_by is not None:
        then["refused_by"] = o.refused_by._asdict()
    entry["then"] = then
    return entry


def _of_packet(message: type[Message], p: Packet) -> dict[str, Any]:
    parts = zip(message.parts.items(), p.fields, strict=True)
    return {"to": p.dst, p.message: {n: to_json(v, d.sort) for (n, d), v in parts}}


# ---------------------------------------------------------------- reading


def read(spec: Spec, path: Path) -> Stored:
    """Return what a file holds.

    Raises `BadFile` for one that is damaged or stale, `FileNotFoundError` where there is none.
    """
    return read_text(spec, _text(path))


def header_of(spec: Spec, path: Path) -> dict[str, Any]:
    """Return the header of a file whose lines all check. Raises what `read` raises."""
    entries = _checked(_text(path))
    header = next(entries, None)
    if header is None:
        raise BadFile(Wrong(1, "the file is empty"))
    _check_header(spec, header)
    lines = 1 + sum(1 for _ in entries)
    if lines != 1 + sum(header["lines"].values()):
        raise BadFile(Wrong(lines, "the header says another number of lines"))
    return header


def why_stale(spec: Spec, path: Path) -> str:
    """Return why a file is not current, by its header and its lines' checks; empty where it is.

    No case is looked at, and no solver asked.
    """
    try:
        header_of(spec, path)
    except FileNotFoundError:
        return "missing"
    except BadFile as error:
        return str(error)
    return ""


def _text(path: Path) -> str:
    content = read_plain(path)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadFile(Wrong(line, "it is no text in UTF-8")) from None


def read_text(spec: Spec, text: str) -> Stored:
    """Return what the text of a file holds. Raises `BadFile`."""
    entries = list(_checked(text))
    if not entries:
        raise BadFile(Wrong(1, "the file is empty"))
    header = entries[0]
    _check_header(spec, header)
    stored = Stored(header)
    reader = _Reader(spec)
    for line, entry in enumerate(entries[1:], 2):
        kind = next((k for k in _KINDS if k in entry), None)
        try:
            if kind == "case":
                stored.cases.append(reader.case(entry))
                stored.lines.append(line)
            elif kind == "unknown":
                stored.unknown[_name(entry[kind])] = _name(entry["since"])
                stored.places[entry[kind]] = line
            elif kind is not None:
                stored.places[_name(entry[kind])] = line
                where = stored.impossible if kind == "impossible" else stored.unlikely
                where[entry[kind]] = Proof(_names(entry["since"]), _names(entry.get("lemmas", [])))
            else:
                raise BadFile(Wrong(line, f"it is none of: {', '.join(_KINDS)}"))
        except EvaluationError as error:
            raise BadFile(Wrong(line, str(error))) from None
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise BadFile(Wrong(line, f"something is missing or misplaced: {error}")) from None
    held: tuple[Sized, ...] = (stored.cases, stored.unlikely, stored.impossible, stored.unknown)
    for kind, found in zip(_KINDS, held, strict=True):
        said = header["lines"].get(kind)
        if said != len(found):
            reason = f"the header says {said} lines of kind {kind!r}; there are {len(found)}"
            raise BadFile(Wrong(len(entries), reason))
    return stored


def _checked(text: str) -> Iterator[dict[str, Any]]:
    """Yield the entries; every line must check."""
    if text and not text.endswith("\n"):
        raise BadFile(Wrong(text.count("\n") + 1, "the last line is cut off"))
    before = ""
    for line, one in enumerate(text.split("\n")[:-1], 1):
        found = _CHECK.match(one)
        if found is None:
            raise BadFile(Wrong(line, "it does not end with its check"))
        if _check(before, found[1]) != found[2]:
            reason = "its check does not fit: it was changed by hand, or does not follow the line"
            raise BadFile(Wrong(line, f"{reason} before it"))
        before = found[2]
        try:
            entry = json.loads(one)
        except (ValueError, RecursionError) as error:
            raise BadFile(Wrong(line, f"it is no JSON: {error}")) from None
        if not isinstance(entry, dict):
            raise BadFile(Wrong(line, "it is no object"))
        yield entry


def _check_header(spec: Spec, header: dict[str, Any]) -> None:
    if header.get("oathbound") != "cases":
        raise BadFile(Wrong(1, "it is no header of a file of cases"))
    if header.get("schema") != SCHEMA:
        reason = f"its schema is {header.get('schema')!r}; this program reads {SCHEMA}"
        raise BadFile(Wrong(1, reason))
    if header.get("spec") != spec.name:
        raise BadFile(Wrong(1, f"its cases are of the spec {header.get('spec')!r}"))
    lines = header.get("lines")
    if not (isinstance(lines, dict) and all(type(n) is int for n in lines.values())):
        raise BadFile(Wrong(1, "it does not say how many lines follow"))
    if header.get("print") != fingerprint(spec):
        raise BadFile(Wrong(1, "its cases were made from the spec as it was before it was changed"))


class _Reader:
    """Reads the cases of one spec; equal configurations become one object."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._first = {n: first_of(d.sort) for n, d in spec.variables.items()}
        self._configs: dict[str, dict[str, Value]] = {}

    def case(self, entry: dict[str, Any]) -> Case:
        """Return the case of a line."""
        spec = self.spec
        event = events_of(spec)[entry["event"]]
        given = json.dumps(entry["config"])
        if given not in self._configs:
            self._configs[given] = _values(spec.config.parts, entry["config"], "config")
        held = {n: spec.variables[n] for n in entry["state"]}
        local = {**self._first, **_values(held, entry["state"], "state")}
        fields = _values(event.parts, entry["fields"], "fields")
        if ("sender" in entry) != issubclass(event, Message):
            raise EvaluationError(event.__name__, "sender", "a message has one, and nothing else")
        me = _name(entry["me"])
        sender = _name(entry["sender"]) if "sender" in entry else None
        happens = Event(event.kind, event.__name__, me, fields, sender)
        situation = Situation(me, self._configs[given], local, happens)
        outcome = self._outcome(me, entry["then"])
        return Case(situation, outcome, [*_names(entry["shows"])], _names(entry.get("breaks", [])))

    def _outcome(self, me: str, then: dict[str, Any]) -> Outcome:
        spec = self.spec
        t = spec.by_label[then["row"]]
        reply: type[Reply] | None = None if then["reply"] is None else spec.replies[then["reply"]]
        parts = reply.parts if reply is not None else {}
        told = then.get("with", {})
        by = then.get("refused_by")
        return Outcome(
            t.label,
            t.kind,
            me,
            _values({n: spec.variables[n] for n in then["sets"]}, then["sets"], "sets"),
            [self._packet(me, one) for one in then["sends"]],
            then["reply"],
            _values({n: parts[n] for n in told}, told, "with"),
            None if by is None else RefusedBy(by["rule"], by["clause"], by["kind"]),
            [],
        )

    def _packet(self, me: str, sent: dict[str, Any]) -> Packet:
        (name,) = [n for n in sent if n != "to"]
        fields = _values(self.spec.messages[name].parts, sent[name], name)
        return Packet(name, me, sent["to"], tuple(fields.values()))


def _name(data: Any) -> str:
    if not isinstance(data, str):
        raise TypeError(f"{data!r:.60} is no name")
    return data


def _names(data: Any) -> tuple[str, ...]:
    if not isinstance(data, list):
        raise TypeError(f"{data!r:.60} is no list of names")
    return tuple(map(_name, data))


def _values(parts: Any, data: dict[str, Any], place: str) -> dict[str, Value]:
    if list(parts) != list(data):
        raise EvaluationError(place, ", ".join(data), f"it should hold: {', '.join(parts)}")
    return {n: from_json(data[n], d.sort, f"{place}.{n}") for n, d in parts.items()}


@cache
def order_cases() -> tuple[Case, ...]:
    """Return the order's cases, from their file. Raises `BadFile`."""
    return tuple(read(order_spec(), ORDER).cases)
