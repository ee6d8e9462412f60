"""A node's own account of what it did: JSON Lines, one record for each event that it handled.

    with Recorder(Radiant("n1", config), "n1.jsonl", store=store) as recorder:
        rule, sends, reply = recorder.handle(event, sender)

Belongs here: writing recordings, of any generated node. Never here: whether what the node did was
right (`oathbound trace` tells), transport, storage, clocks.

A recording is one node's. Its first line is the header, the second the first state; then comes one
line for each event. `docs/traces.md` has the form. A record is written at once, before anything of
its step is stored, sent or replied. So a process that is killed leaves at most one record that did
not take effect, or half a line; a recorder that goes on in the same file cuts the half line off.

Values are JSON: leaves by their names, structs as lists, sets as lists sorted by their text,
nothing as null. The same values always have the same text.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable, Mapping
from enum import Enum
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

SCHEMA = 1
"""The version of the form; it changes when a reader of it would have to."""
MARK = "recording"
DIGEST_SIZE = 16

States = Literal["full", "digest"]


class RecordingError(Exception):
    """A recording that cannot be written: the place, the reason, and what mends it."""

    def __init__(self, path: Path, reason: str, fix: str) -> None:
        self.path, self.reason, self.fix = path, reason, fix
        super().__init__(f"{path}: {reason}; {fix}")


def to_json(value: object) -> str:
    """Return the canonical JSON of a value."""
    match value:
        case Enum():
            return json.dumps(value.value)
        case tuple() | list():
            return f"[{','.join(map(to_json, value))}]"
        case frozenset():
            return f"[{','.join(sorted(map(to_json, value)))}]"
        case dict():
            return object_text({name: to_json(item) for name, item in value.items()})
        case _:
            return json.dumps(value)


def object_text(texts: Mapping[str, str]) -> str:
    """Return the JSON object whose members have these texts."""
    return "{" + ",".join([f"{json.dumps(name)}:{text}" for name, text in texts.items()]) + "}"


def digest_of(state: str) -> str:
    """Return the digest of a state's canonical JSON."""
    return blake2b(state.encode(), digest_size=DIGEST_SIZE).hexdigest()


class Recorder:
    """A node that records what it does. Threads that share one need a lock around each call."""

    def __init__(
        self,
        node: Any,
        path: str | os.PathLike[str],
        *,
        states: States = "full",
        run: str = "",
        restarted: bool = False,
        store: Callable[[Any], object] | None = None,
        sync: bool = False,
    ) -> None:
        """Begin the recording of a generated node, or go on with it after a restart.

        `node` is in its first state, or, with `restarted`, was made from what it had stored; then
        an earlier recording in `path` is continued. `states` says whether each record holds the
        state or its digest. `run` names what several nodes' recordings are of. `store` is called
        with the node's durable part where a step asks for it, once the step is recorded. With
        `sync`, each record is on the disk before `handle` returns, and survives a loss of power.

        Raises `RecordingError` where there is a recording already and `restarted` is not given,
        or where it is not this node's.
        """
        self.path = Path(path)
        self.states: States = states
        self._package = importlib.import_module(type(node).__module__.rpartition(".")[0])
        self._plain: Any = importlib.import_module(f"{self._package.__name__}.plain")
        self._names = {name: json.dumps(name) for name in self._plain.VARIABLES}
        self._read = attrgetter(*(attribute for attribute, _ in self._plain.VARIABLES.values()))
        self._store, self._sync = store, sync
        plain = self._plain.to_plain
        header = {
            "oathbound": MARK,
            "schema": SCHEMA,
            "spec": self._package.SPEC,
            "digest": self._package.SPEC_DIGEST,
            "node": node.me,
            "config": {n: plain(getattr(node.config, n)) for n in self._plain.CONFIG},
            "states": states,
            "run": run,
        }
        text = to_json(header)
        cut = self._open(text, restarted)
        self._take(node)
        if restarted:
            self._write(f'"restart":{self._restart(cut)}')
        else:
            self._write(f'"start":{self._state}')

    # ------------------------------------------------------------ use

    def handle(self, event: Any, sender: str | None = None) -> Any:
        """Let the node answer an event, record it and store what is to be stored.

        Returns the node's outcome; what it holds may then be sent and replied.
        """
        outcome = self.node.handle(event, sender)
        rule, sends, reply = outcome
        before = self._state
        self._look()
        origin = "" if sender is None else f',"from":{json.dumps(sender)}'
        durable = {name: self._texts[name] for name in rule.persists}
        sent = [text for to, message in sends for text in self._sent(to, message)]
        self._write(
            f'"event":{{"name":"{type(event).__name__}"{origin},'
            f'"fields":{self._fields(event)}}},"rule":{json.dumps(rule.label)},'
            f'"before":{before},"after":{self._state},"sent":[{",".join(sent)}],'
            f'"reply":{{"name":"{type(reply).__name__}","fields":{self._fields(reply)}}},'
            f'"persisted":{object_text(durable)}'
        )
        if self._store is not None and rule.persists:
            self._store(self.node.durable())
        return outcome

    def restart(self, node: Any) -> None:
        """Go on with a node that was made from what this one had stored."""
        self._take(node)
        self._write(f'"restart":{self._restart(0)}')

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    # ------------------------------------------------------------ texts

    def _take(self, node: Any) -> None:
        self.node = node
        self._values: tuple[object, ...] = (object(),) * len(self._names)
        self._texts: dict[str, str] = {}
        self._look()

    def _look(self) -> None:
        """Read the node's variables; only what is another object than before is written anew."""
        values = self._read(self.node)
        if not isinstance(values, tuple) or len(self._names) == 1:
            values = (values,)
        for name, now, then in zip(self._names, values, self._values, strict=True):
            if now is not then:
                self._texts[name] = to_json(self._plain.to_plain(now))
        self._values = values
        members = [f"{name}:{self._texts[n]}" for n, name in self._names.items()]
        state = "{" + ",".join(members) + "}"
        self._state = state if self.states == "full" else f'"{digest_of(state)}"'

    def _restart(self, cut: int) -> str:
        loaded = {name: self._texts[name] for name in self._plain.DURABLE}
        text = f'{{"loaded":{object_text(loaded)},"after":{self._state}'
        return text + (f',"cut":{cut}}}' if cut else "}")

    def _fields(self, item: Any) -> str:
        return to_json(self._plain.fields_of(item))

    def _sent(self, to: Any, message: Any) -> list[str]:
        """Return the texts of a message sent, one for each receiver."""
        receivers = sorted(to) if isinstance(to, frozenset) else [to]
        rest = f',"fields":{self._fields(message)}}}'
        name = type(message).__name__
        return [f'{{"name":"{name}","to":{json.dumps(node)}{rest}' for node in receivers]

    # ------------------------------------------------------------ the file

    def _open(self, header: str, restarted: bool) -> int:
        """Open the file; return how many bytes of half a record were cut off."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        self._file = os.open(self.path, flags, 0o644)
        try:
            size = os.fstat(self._file).st_size
            last = b"" if size == 0 else _last_line(self._file, size)
            whole = size - len(last) if not last.endswith(b"\n") else size
            if size and not restarted:
                reason, fix = "there is a recording already", "give restarted=True, or another file"
                raise RecordingError(self.path, reason, fix)
            if whole < size:
                os.truncate(self._file, whole)
                last = _last_line(self._file, whole) if whole else b""
            self.records = self._continued(header, last) if whole else 0
            if not whole:
                self._put(header)
        except BaseException:
            os.close(self._file)
            raise
        return size - whole

    def _continued(self, header: str, last: bytes) -> int:
        """Return how many records there are in a recording that is continued."""
        os.lseek(self._file, 0, os.SEEK_SET)
        with os.fdopen(os.dup(self._file), "rb") as reader:
            first = reader.readline()
        if first.decode(errors="replace").rstrip("\n") != header:
            reason = "it is not this node's recording: its header is another"
            raise RecordingError(self.path, reason, "record to another file")
        if last == first:
            return 0
        try:
            return int(json.loads(last)["n"])
        except (ValueError, KeyError, TypeError):
            reason = "its last line is no record"
            raise RecordingError(self.path, reason, "record to another file") from None

    def _write(self, members: str) -> None:
        self.records += 1
        self._put(f'{{"n":{self.records},{members}}}')

    def _put(self, line: str) -> None:
        data = line.encode() + b"\n"
        if os.write(self._file, data) != len(data):
            raise RecordingError(self.path, "a record was written in part", "make room on the disk")
        if self._sync:
            os.fsync(self._file)


def _last_line(file: int, size: int) -> bytes:
    """Return the last line of a file, which may lack its end."""
    found = b""
    at = size
    while at > 0:
        step = min(at, 1 << 16)
        at -= step
        found = os.pread(file, step, at) + found
        cut = found.rfind(b"\n", 0, len(found) - 1)
        if cut >= 0:
            return found[cut + 1 :]
    return found
