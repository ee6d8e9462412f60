"""Recordings as files: lines, headers, records, and every way in which they can be malformed.

Belongs here: from bytes to a record's JSON, with the line it stands in. Never here: what a record
should say (`steps`).

A file is read line by line, one line ahead; so its size does not matter.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from checkers.traces.values import Fields, ValueProblem, safe, told
from model.evaluate.state import Schema
from model.lang import Spec
from model.lang.digest import digest

SCHEMA = 1
MARK = "recording"
LONGEST = 16 << 20
"""Bytes: a longer line is no record of any node."""
BUFFER = 1 << 20
"""Bytes that are read at once."""
HEADER = ("oathbound", "schema", "spec", "digest", "node", "config", "states", "run")
RECORDS = {
    "start": ("n", "start"),
    "event": ("n", "event", "rule", "before", "after", "sent", "reply", "persisted"),
    "restart": ("n", "restart"),
}
"""The members of each kind of record."""


class TraceError(Exception):
    """A file that is no recording: where, what is wrong, and what mends it."""

    def __init__(self, path: Path, line: int, what: str, fix: str = "record it again") -> None:
        self.path, self.line = path, line
        what, fix = self.what, self.fix = safe(what), safe(fix)
        place = safe(f"{path}:{line}" if line else str(path))
        super().__init__(f"{place}: {what}\n  fix: {fix}")


@dataclass
class Line:
    """A line of a recording: its number in the file, and its text without the end."""

    number: int
    text: str


@dataclass(eq=False)
class Recording:
    """One node's recording, open, at one of its records; `following` is the one after it."""

    path: Path
    node: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    digests: bool = False
    """Whether its records hold digests in the place of states."""
    run: str = ""
    current: Line | None = None
    following: Line | None = None
    records: int = 0
    """The number of the current record."""
    torn: int = 0
    """Bytes of half a record at the end."""
    size: int = 0
    read: int = 0

    def __post_init__(self) -> None:
        try:
            self._file: BinaryIO = self.path.open("rb", BUFFER)
            self.size = self.path.stat().st_size
        except OSError as error:
            what = f"it cannot be read: {error.strerror}"
            raise TraceError(self.path, 0, what, "name a recording's file") from None
        except ValueError as error:
            raise TraceError(self.path, 0, str(error), "name a recording's file") from None
        self._number = 0

    def wrong(self, what: str, fix: str = "record it again", line: int | None = None) -> NoReturn:
        """Raise the error that the current record is malformed."""
        at = self.current.number if self.current is not None else self._number
        raise TraceError(self.path, at if line is None else line, what, fix)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    # ------------------------------------------------------------ lines

    def next_line(self) -> Line | None:
        """Return the next whole line; None at the end, or where half a line is left."""
        try:
            data = self._file.readline(LONGEST)
        except OSError as error:
            raise TraceError(
                self.path, self._number + 1, f"it cannot be read: {error.strerror}"
            ) from None
        if not data:
            return None
        self._number += 1
        self.read += len(data)
        if not data.endswith(b"\n"):
            if len(data) >= LONGEST:
                what = f"a line of more than {LONGEST >> 20} MiB: it is no record"
                raise TraceError(self.path, self._number, what, "name a recording's file")
            self.torn = len(data)
            return None
        try:
            return Line(self._number, data[:-1].decode())
        except UnicodeDecodeError:
            what, fix = "it is not text in UTF-8", "name a recording's file"
            raise TraceError(self.path, self._number, what, fix) from None

    def advance(self) -> None:
        """Go on to the next record."""
        self.current = self.following
        self.following = self.next_line()
        self.records += 1

    # ------------------------------------------------------------ records

    def record(self, line: Line | None = None) -> tuple[str, dict[str, Any]]:
        """Return the kind and the members of a line, the current one unless another is given."""
        line = line if line is not None else self.current
        assert line is not None
        data = parse(self.path, line)
        kind = next((k for k in RECORDS if k in data), None)
        if kind is None:
            known = ", ".join(RECORDS)
            what = f"it is no record: it has none of the members {known}"
            raise TraceError(self.path, line.number, what)
        _exactly(self.path, line.number, data, RECORDS[kind])
        if type(data["n"]) is not int:
            raise TraceError(self.path, line.number, f"n: {told(data['n'])} is no number")
        return kind, data

    def check_number(self, data: dict[str, Any]) -> None:
        """Refuse a record that is not the one after the last."""
        found = data["n"]
        if found != self.records:
            gone = f"record {self.records}" + (
                f" to {found - 1}" if found > self.records + 1 else ""
            )
            what = f"this is record {found}, and record {self.records} was to come: " + (
                f"{gone} missing" if found > self.records else "it is out of order"
            )
            self.wrong(what, "give the recording whole, its lines as they were written")


def parse(path: Path, line: Line) -> dict[str, Any]:
    """Return a line's JSON object."""
    try:
        data = _DECODER.decode(line.text)
    except ValueProblem as error:
        raise TraceError(path, line.number, str(error)) from None
    except json.JSONDecodeError as error:
        what = f"it is no JSON: {error.msg} in column {error.colno}"
        raise TraceError(path, line.number, what, "name a recording's file") from None
    except RecursionError:
        raise TraceError(path, line.number, "it is nested too deeply for a record") from None
    except ValueError as error:
        raise TraceError(path, line.number, f"it is no JSON: {error}") from None
    if not isinstance(data, dict):
        what = f"{told(data)} is no JSON object"
        raise TraceError(path, line.number, what, "name a recording's file")
    return data


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueProblem(f"{told(twice)} is there twice")
    return found


def _no_fraction(text: str) -> NoReturn:
    raise ValueProblem(f"{text[:40]}: a recording has whole numbers alone")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_no_fraction, parse_constant=_no_fraction
)


def _exactly(path: Path, line: int, data: dict[str, Any], names: Sequence[str]) -> None:
    for name in names:
        if name not in data:
            raise TraceError(path, line, f"it has no member {name!r}")
    for name in data:
        if name not in names:
            raise TraceError(path, line, f"{told(name)} is none of its members: {', '.join(names)}")


# ---------------------------------------------------------------- whole files


def open_recordings(paths: Sequence[Path], spec: Spec, target: str) -> list[Recording]:
    """Open recordings of nodes of `spec`, and read their headers.

    Raises `TraceError` for what is no recording, or not of this spec, run and configuration.
    """
    found: list[Recording] = []
    wanted = digest(spec)
    try:
        for path in paths:
            recording = Recording(path)
            found.append(recording)
            _read_header(recording, spec, target, wanted)
            _compare(found[:-1], recording)
    except BaseException:
        for recording in found:
            recording.close()
        raise
    return found


def _read_header(recording: Recording, spec: Spec, target: str, wanted: str) -> None:
    path = recording.path
    line = recording.next_line()
    if line is None:
        what = "it is empty" if not recording.torn else "it has no whole line"
        raise TraceError(path, 0, what, "name a recording's file")
    data = parse(path, line)
    if data.get("oathbound") != MARK:
        what = 'it does not begin with the header of a recording ("oathbound":"recording")'
        raise TraceError(path, 1, what, "name a recording's file")
    if data.get("schema") != SCHEMA or type(data.get("schema")) is not int:
        what = f"its schema is {told(data.get('schema'))}, and this version reads {SCHEMA}"
        raise TraceError(path, 1, what, "use the version of oathbound that it was recorded with")
    _exactly(path, 1, data, HEADER)
    if data["spec"] != spec.name:
        what = f"it was recorded by a node of the spec {told(data['spec'])}, not of {spec.name!r}"
        raise TraceError(path, 1, what, "name its spec with --spec")
    if data["digest"] != wanted:
        what = (
            f"it was recorded by a node of another version of the spec {spec.name!r}"
            f" (digest {told(data['digest'])}; {target} has {wanted!r})"
        )
        fix = "name the spec as it was then with --spec, or record again"
        raise TraceError(path, 1, what, fix)
    node = data["node"]
    if not isinstance(node, str) or not node or not node.isprintable():
        raise TraceError(path, 1, f"node: {told(node)} is no name")
    if data["states"] not in ("full", "digest"):
        raise TraceError(path, 1, f'states: {told(data["states"])} is not "full" or "digest"')
    if not isinstance(data["run"], str):
        raise TraceError(path, 1, f"run: {told(data['run'])} is no text")
    try:
        recording.config = Fields(Schema(spec).config).decode(data["config"], "config")
    except ValueProblem as error:
        raise TraceError(path, 1, str(error)) from None
    recording.node, recording.run = node, data["run"]
    recording.digests = data["states"] == "digest"
    recording.following = recording.next_line()
    recording.advance()
    if recording.current is None:
        what = "there is no record" + (": the first one is torn" if recording.torn else "")
        raise TraceError(path, 0, what, "leave it out, or give it whole")


def _compare(others: Sequence[Recording], one: Recording) -> None:
    """Refuse a recording that does not go with the others."""
    for other in others:
        if other.path.resolve() == one.path.resolve():
            raise TraceError(one.path, 0, "the file is given twice", "give it once")
        if other.node == one.node:
            what = f"it is of the node {one.node}, and so is {other.path}"
            raise TraceError(one.path, 1, what, "give one recording of each node")
        if other.run != one.run:
            what = f"it is of the run {told(one.run)}; {other.path} is of {told(other.run)}"
            raise TraceError(one.path, 1, what, "give recordings of one run")
        if other.config != one.config:
            name = next(n for n, v in one.config.items() if other.config[n] != v)
            what = f"config.{name} is another than in {other.path}"
            raise TraceError(one.path, 1, what, "give recordings of nodes of one configuration")
