"""Why recordings wait for messages in vain.

Belongs here: what to say once no record can be taken any more. Never here: taking records
(`validation`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checkers.traces.reading import Recording
from checkers.traces.results import Place, Wrong
from checkers.traces.steps import Words, read_sent
from checkers.traces.values import Value
from model.evaluate import Event, Packet
from model.evaluate.values import show_value

Key = tuple[str, tuple[Value, ...]]
"""A message: its name, sender, receiver and fields."""


@dataclass
class Blocked:
    """Recordings none of which can go on: each `waiting` for a message."""

    words: Words
    recordings: Sequence[Recording]
    waiting: Mapping[Key, Sequence[Recording]]
    voided: Mapping[Key, tuple[Recording, int]]
    """Messages of steps that are taken not to have happened, with the record and its line."""

    def look(self) -> Wrong:
        """Every recording left waits for a message: say why the first of them waits in vain."""
        blocked: dict[str, tuple[Recording, Key, Event]] = {}
        for key, ones in self.waiting.items():
            for one in ones:
                _, data = one.record()
                blocked[one.node] = (one, key, self.words.event(one, data["event"]))
        later: dict[str, tuple[str, int]] = {}
        for node in sorted(blocked):
            recording, key, event = blocked[node]
            sender = event.sender
            assert sender is not None
            place = place_of(recording, event)
            if key in self.voided:
                return _voided(place, *self.voided[key])
            at = self._sent_later(sender, key) if sender in blocked else None
            if at is None:
                reason = f"{sender} never sent this message, as far as its recording goes"
                by = next(r for r in self.recordings if r.node == sender)
                notes = [f"{by.path} ends after {by.records - 1} records"] if by.torn == 0 else []
                if by.torn:
                    notes = [f"{by.path} ends with half a record, whose step did not take effect"]
                return Wrong("unsent", place, reason, [], notes)
            later[node] = (sender, at)
        return _circle(blocked, later)

    def _sent_later(self, sender: str, key: Key) -> int | None:
        """Return the line at which a recording that waits itself says that it sent a message."""
        path = next(r.path for r in self.recordings if r.node == sender)
        again = Recording(path)
        again.node = sender
        waiting_at = next(r for r in self.recordings if r.node == sender).current
        assert waiting_at is not None
        try:
            while (line := again.next_line()) is not None:
                if line.number < waiting_at.number or '"sent"' not in line.text:
                    continue
                kind, data = again.record(line)
                if kind == "event":
                    again.current = line
                    packets = read_sent(self.words, again, data["sent"])
                    if any(key_of(p) == key for p in packets):
                        return line.number
        finally:
            again.close()
        return None


def _circle(
    blocked: dict[str, tuple[Recording, Key, Event]], later: dict[str, tuple[str, int]]
) -> Wrong:
    node = min(later)
    seen: list[str] = []
    while node not in seen:
        seen.append(node)
        node = later[node][0]
    circle = seen[seen.index(node) :]
    notes = []
    for one in circle:
        recording, _, event = blocked[one]
        sender, at = later[one]
        path = blocked[sender][0].path
        notes.append(
            f"{place_of(recording, event)}, which {path}:{at} sends, after that waits itself"
        )
    place = place_of(blocked[circle[0]][0], blocked[circle[0]][2])
    reason = "each of these messages is received before it can have been sent"
    return Wrong("cycle", place, reason, [], notes)


def _voided(received: Place, sender: Recording, line: int) -> Wrong:
    reason = (
        "durable state did not survive the restart: what the step before it stored is gone,"
        " and that step had taken effect"
    )
    place = Place(sender.path, line + 1, sender.node, "restart")
    notes = [f"a message of {sender.path}:{line} was received: {received}"]
    return Wrong("restart", place, reason, [], notes)


def key_of(packet: Packet) -> Key:
    """Return a message as it is waited for."""
    return packet[0], (packet[1], packet[2], *packet[3])


def place_of(recording: Recording, event: Event | str) -> Place:
    """Return a recording's current record as a place."""
    line = recording.current
    assert line is not None
    told = event if isinstance(event, str) else told_event(event)
    return Place(recording.path, line.number, recording.node, told)


def told_event(event: Event) -> str:
    """Return an event in words."""
    given = ", ".join(f"{n}={show_value(v)}" for n, v in event.fields.items())
    origin = f" from {event.sender}" if event.sender is not None else ""
    return f"{event.name}({given}){origin}"
