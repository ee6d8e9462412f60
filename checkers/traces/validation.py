"""Recordings of one or many nodes against a spec: every step, every message, every cut.

Belongs here: the order in which records are taken, and what is asked of each. Never here: how a
record is read (`reading`) or compared (`steps`), or what is printed (`telling`).

Records are taken one by one, each node's in its own order, and a message is received only after it
was sent: after each record the nodes are in a state that fits the recordings, a *cut*. The state is
the evaluator's; a record is compared with the step that the evaluator takes there. Recordings
determine many such orders, and every one of them is a run of the spec if one is; `orders` of them
are taken, the first in turns, the others by chance.

A message is matched with its sending by what it says: sender, receiver, name and fields. That is
what the spec means by a message: one that was sent can arrive late, twice or never.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checkers.traces.compiled import FastEvaluator
from checkers.traces.determined import determined, is_settled
from checkers.traces.reading import Line, Recording, TraceError, open_recordings, parse
from checkers.traces.steps import (
    Account,
    Difference,
    Words,
    differences,
    read_sent,
    state_differences,
)
from checkers.traces.unchanged import shortened
from checkers.traces.values import Value, ValueProblem, told
from model.evaluate import (
    Checker,
    EvaluationError,
    Evaluator,
    Event,
    GlobalState,
    Outcome,
    Packet,
    Violation,
)
from model.evaluate.values import occurring, show_value
from model.lang import Spec
from model.lang.sorts import NODE
from model.lang.spec import Statement

EVERY = 1000
"""After how many records progress is told."""
Key = tuple[str, tuple[Value, ...]]


@dataclass(frozen=True)
class Place:
    """A record: its file, line, node, and what it is of, in words."""

    path: Path
    line: int
    node: str
    event: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.node}: {self.event}"


@dataclass
class Wrong:
    """The first record that is none of the spec's.

    `kind` is start, step, restart, unsent or cycle; `reason` says it in words; `nearest` names the
    rule that comes nearest, and the clause that fails.
    """

    kind: str
    place: Place
    reason: str
    differences: list[Difference] = field(default_factory=list)
    nearest: list[str] = field(default_factory=list)


@dataclass
class Broken:
    """A property that does not hold at a cut: after which record, and how far each node was."""

    violation: Violation
    place: Place
    cut: dict[str, int]


@dataclass
class Result:
    """What a validation found."""

    spec: str
    files: list[Path]
    nodes: list[str]
    records: int = 0
    orders: int = 0
    wrong: Wrong | None = None
    broken: list[Broken] = field(default_factory=list)
    perhaps: list[Broken] = field(default_factory=list)
    """Those that are false of nodes at moments of which nothing tells that they were the same."""
    begun: list[str] = field(default_factory=list)
    """Nodes whose recording begins with a restart: where they stood then is taken as they say."""
    asked: list[str] = field(default_factory=list)
    """The properties that were checked."""
    undetermined: list[str] = field(default_factory=list)
    """Those that the recordings do not determine, or not of all steps."""
    unmatched: Counter[str] = field(default_factory=Counter)
    """By node whose recording is missing, or not whole: how many messages were received of it."""
    torn: dict[Path, int] = field(default_factory=dict)
    unfinished: int = 0
    """Records of steps that did not take effect, since their node was killed."""
    rules: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    slow: int = 0
    """How many records had to be compared value by value."""
    interrupted: bool = False

    @property
    def is_determined(self) -> bool:
        """Tell whether everything that was asked could be answered."""
        lacking = self.undetermined or self.unmatched or self.begun or self.perhaps
        return not (lacking or self.interrupted)

    def exit_status(self, allow_missing: bool = False) -> int:
        """Return the command's exit status."""
        if self.wrong is not None or self.broken:
            return 1
        if self.interrupted or self.perhaps:
            return 3
        return 0 if self.is_determined or allow_missing else 3


@dataclass
class Options:
    """What is asked of recordings."""

    properties: bool = True
    lemmas: bool = False
    orders: int = 1
    seed: int = 1
    progress: Callable[[int, int, int], None] | None = None
    """Told how many records and bytes are done, and of how many bytes."""


def validate(spec: Spec, paths: Sequence[Path], options: Options, target: str = "order") -> Result:
    """Validate recordings. Raises `TraceError` where a file is no recording of the spec's nodes."""
    words = Words(spec)
    result = Result(spec.name, list(paths), [])
    for number in range(options.orders):
        recordings = open_recordings(paths, spec, target)
        chance = random.Random(options.seed + number) if number else None
        try:
            _Validation(spec, words, recordings, options, result, chance).run()
        except KeyboardInterrupt:
            result.interrupted = True
        finally:
            for recording in recordings:
                recording.close()
        result.orders += 1
        if result.wrong is not None or result.broken or result.interrupted:
            break
    return result


def asked(spec: Spec, options: Options) -> list[Statement]:
    """Return the statements that are checked at every cut."""
    if not options.properties:
        return []
    return spec.of_kind("assumption", "safety", "step", *(["lemma"] if options.lemmas else []))


class _Validation:
    """One order of the records of all recordings, in progress."""

    def __init__(
        self,
        spec: Spec,
        words: Words,
        recordings: list[Recording],
        options: Options,
        result: Result,
        chance: random.Random | None,
    ) -> None:
        self.spec, self.words, self.recordings = spec, words, recordings
        self.options, self.result, self.chance = options, result, chance
        self.first = chance is None
        self.evaluator: Evaluator = FastEvaluator(spec)
        config = recordings[0].config
        recorded = [r.node for r in recordings]
        self.state = self._first_state(config, recorded)
        self.recorded = frozenset(recorded)
        self.open: set[str] = set()
        """Nodes whose sendings are not all recorded, and that were heard of."""
        self.partial = False
        """Whether only what is determined is checked."""
        self.statements = [shortened(spec, s) for s in asked(spec, options)]
        self.checker = Checker(self.evaluator, self.statements)
        self.accounts: dict[str, Account] = {}
        self.started: set[str] = set()
        self.waiting: dict[Key, list[Recording]] = {}
        self.voided: dict[Key, tuple[Recording, int]] = {}
        self.last: dict[str, int] = {}
        self.bytes = sum(r.size for r in recordings)
        if self.first:
            result.nodes = recorded
            result.asked = [s.name for s in self.statements]

    def _first_state(self, config: Mapping[str, Value], recorded: list[str]) -> GlobalState:
        """Return the state in which no node has done anything yet: those of the configuration, too.

        A node that nobody hears of may as well have done nothing.
        """
        named = {
            value: None
            for name, sort in self.evaluator.schema.config.items()
            for inner, value in occurring(config[name], sort)
            if inner == NODE
        }
        nodes = sorted({*recorded, *named})
        return self.evaluator.initial_state(config, nodes)

    # ------------------------------------------------------------ the order

    def run(self) -> None:
        """Take all records, as far as they are right."""
        result = self.result
        if any(_kind(r) == "restart" for r in self.recordings):
            self._begin_in_the_middle()
        place = self._first_place()
        if self.statements:
            self._found(self.checker.start(self.state), place)
        for recording in self.recordings:
            if not self._begin(recording):
                return
        if self.partial:  # what was loaded is no first state
            self._found(self.checker.start(self.state), place)
        ready: deque[Recording] = deque(r for r in self.recordings if r.current is not None)
        done = 0
        while ready:
            if self.chance is not None:
                ready.rotate(-int(self.chance.random() * len(ready)))
            recording = ready.popleft()
            while True:  # by chance: one node may go on alone
                moved = self._take(recording, ready)
                if result.wrong is not None:
                    return
                if not moved:
                    break
                done += 1
                if done % EVERY == 0:
                    self._tell()
                if recording.current is None:
                    break
                if self.chance is None or self.chance.random() < 0.3:
                    ready.append(recording)
                    break
        self._tell()
        if self.waiting:
            self._stuck()
        for one in self.recordings:
            if one.torn:
                result.torn[one.path] = one.torn

    def _tell(self) -> None:
        if self.options.progress is not None:
            read = sum(r.read for r in self.recordings)
            self.options.progress(self.result.records, read, self.bytes)

    def _count(self) -> None:
        if self.first:
            self.result.records += 1

    # ------------------------------------------------------------ first records

    def _begin_in_the_middle(self) -> None:
        """Some recording begins with a restart: what was before is not known."""
        for recording in self.recordings:
            if _kind(recording) == "restart":
                self.open.add(recording.node)
                if self.first:
                    self.result.begun.append(recording.node)
        self._lose()

    def _begin(self, recording: Recording) -> bool:
        """Take a recording's first record; tell whether it is right."""
        kind, data = recording.record()
        recording.check_number(data)
        node = recording.node
        place = self._place(recording, kind)
        if kind == "event":
            recording.wrong("the first record is an event: it is to be the start, or a restart")
        if kind == "start":
            local = self.state.nodes[node]
            wrong = state_differences(self.words, recording, data["start"], local, "at the start")
            if wrong:
                reason = "the node does not start in the first state of the spec"
                self.result.wrong = Wrong("start", place, reason, wrong)
                return False
        else:
            loaded, after, _ = self._restarted(recording, data)
            fresh = {**self.evaluator.initial(node, recording.config), **loaded}
            self.state.nodes[node] = fresh
            self.state.changed()
            wrong = state_differences(self.words, recording, after, fresh, "after the restart")
            if wrong:
                reason = "the node does not start afresh with what it loaded"
                self.result.wrong = Wrong("restart", place, reason, wrong)
                return False
        self.accounts[node] = Account(self.words, recording, self.state.nodes[node])
        self._count()
        self._forward(recording)
        return True

    def _restarted(
        self, recording: Recording, data: dict[str, Any], line: Line | None = None
    ) -> tuple[dict[str, Value], Any, int]:
        """Return what a restart's record says was loaded, the state after, and the bytes cut."""
        at = None if line is None else line.number
        body = data["restart"]
        if not isinstance(body, dict) or not {"loaded", "after"} <= set(body) <= {
            *("loaded", "after", "cut")
        }:
            what = f"restart: {told(body)} is no object with the members loaded, after"
            recording.wrong(what, line=at)
        cut = body.get("cut", 0)
        if type(cut) is not int or cut < 0:
            recording.wrong(f"restart.cut: {told(cut)} is no number of bytes", line=at)
        try:
            loaded = self.words.durable.decode(body["loaded"], "restart.loaded")
        except ValueProblem as error:
            recording.wrong(str(error), line=at)
        return loaded, body["after"], cut

    # ------------------------------------------------------------ a record

    def _take(self, recording: Recording, ready: deque[Recording]) -> bool:
        """Take a recording's current record; tell whether it could be taken, and is right."""
        line = recording.current
        assert line is not None
        node, text = recording.node, line.text
        prefix = f'{{"n":{recording.records},"event":'
        data: dict[str, Any] | None = None
        event: Event | None = None
        end = -1
        if text.startswith(prefix):
            end = text.find(',"rule":', len(prefix))
            event = self.words.known_event(node, text[len(prefix) : end])
            if event is None:
                event = self._read_event(recording, text[len(prefix) : end])
        if event is None:
            kind, data = recording.record()
            recording.check_number(data)
            if kind == "restart":
                return self._restart(recording, data)
            if kind != "event":
                recording.wrong(f"a {kind} after the first record", "give the recording whole")
            event = self.words.event(recording, data["event"])
        if event.sender is not None and not self._was_sent(recording, event):
            return False
        before = self.state.nodes[node]
        outcome = self._outcome(recording, event, data)
        if outcome is None:
            return False
        account = self.accounts[node]
        expected = account.take(outcome)
        if end < 0 or text[end:] != expected:
            if data is None:
                _, data = recording.record()
            self.result.slow += self.first
            wrong = differences(self.words, recording, data, before, outcome)
            if wrong:
                self._wrong_step(recording, event, before, outcome, data, wrong)
                return False
        if self._is_void(recording, before, outcome):
            account.put(before)
            for packet in outcome.sends:
                self.voided[_key(packet)] = (recording, line.number)
            if self.first:
                self.result.unfinished += 1
            self._count()
            self._forward(recording)
            return True
        self._apply(recording, event, outcome)
        if self.waiting:
            for packet in outcome.sends:
                ready.extend(self.waiting.pop(_key(packet), ()))
        self._count()
        self._forward(recording)
        return True

    def _read_event(self, recording: Recording, text: str) -> Event | None:
        """Return the event with this text, or None where it has to be read with all its record."""
        assert recording.current is not None
        try:
            data = parse(recording.path, Line(recording.current.number, text))
        except TraceError:
            return None
        event = self.words.event(recording, data)
        self.words.remember(recording.node, text, event)
        return event

    def _forward(self, recording: Recording) -> None:
        assert recording.current is not None
        self.last[str(recording.path)] = recording.current.number
        recording.advance()

    def _was_sent(self, recording: Recording, event: Event) -> bool:
        """Tell whether a message was sent, as far as the records taken say; else let it wait."""
        sender = event.sender
        assert sender is not None
        row = (sender, event.node, *event.fields.values())
        if row in self.state.sent[event.name].rows:
            return True
        if sender not in self.recorded or sender in self.open:
            if sender not in self.open:
                self.open.add(sender)
                self._lose()
            if self.first:
                self.result.unmatched[sender] += 1
            self._assume(recording, event, Packet(event.name, sender, event.node, row[2:]))
            return True
        self.waiting.setdefault((event.name, row), []).append(recording)
        return False

    def _assume(self, recording: Recording, event: Event, packet: Packet) -> None:
        """Take it that a message was sent by a node that was not recorded."""
        if not self.statements:
            self.state.send(packet)
            return
        sending = Outcome("", "", event.node, {}, [packet], None, {}, None, [])
        self._found(self.checker.apply(self.state, sending), self._place(recording, event))

    def _lose(self) -> None:
        """From here on, only what is determined without the nodes not recorded is checked."""
        for node in [n for n in self.state.nodes if n not in self.recorded]:
            del self.state.nodes[node]  # heard of or not: others may have heard of it
        self.state.changed()
        if not self.statements or self.partial:
            return
        self.partial = True
        kept, lost = determined(self.spec, self.statements)
        self.result.undetermined = lost
        checker = Checker(FastEvaluator(self.spec), kept)
        checker.broken = set(self.checker.broken)
        self.checker = checker

    def _outcome(
        self, recording: Recording, event: Event, data: dict[str, Any] | None
    ) -> Outcome | None:
        """Return what the spec's node answers; where two rules do, the one that was recorded."""
        evaluator = self.evaluator
        try:
            return self._answer(event)
        except EvaluationError as error:
            if "ORD111" not in error.place:
                self.result.wrong = Wrong("step", self._place(recording, event), str(error))
                return None
        label = (data if data is not None else recording.record()[1])["rule"]
        evaluator.prefer = frozenset({label} if isinstance(label, str) else ())
        try:
            return self._answer(event)
        finally:
            evaluator.prefer = None

    def _answer(self, event: Event) -> Outcome:
        state = self.state
        if self.statements:
            return self.evaluator.outcome(state, event)
        local = state.nodes[event.node]
        return self.evaluator.answer(state.config, event.node, local, event)

    def _apply(self, recording: Recording, event: Event, outcome: Outcome) -> None:
        if self.statements:
            found = self.checker.before(self.state, event, outcome)
            found += self.checker.apply(self.state, outcome)
            if found:
                self._found(found, self._place(recording, event), outcome.transition)
        else:
            if outcome.updates:
                node = event.node
                self.state.nodes[node] = {**self.state.nodes[node], **outcome.updates}
            for packet in outcome.sends:
                self.state.send(packet)
        if self.first:
            self.result.rules[outcome.transition] += 1

    def _is_void(self, recording: Recording, before: Mapping[str, Value], outcome: Outcome) -> bool:
        """Tell whether a step did not take effect: its node was killed before it had stored it."""
        line = recording.following
        if line is None or '"restart"' not in line.text:
            return False
        kind, data = recording.record(line)
        if kind != "restart":
            return False
        loaded, _, _ = self._restarted(recording, data, line)
        after = {n: outcome.updates.get(n, before[n]) for n in loaded}
        return loaded != after and all(before[n] == v for n, v in loaded.items())

    def _restart(self, recording: Recording, data: dict[str, Any]) -> bool:
        node = recording.node
        before = self.state.nodes[node]
        event = Event("crash", "crash", node)
        loaded, after, _ = self._restarted(recording, data)
        place = self._place(recording, "restart")
        wrong = [
            Difference(f"{n} loaded", show_value(before[n]), show_value(v))
            for n, v in loaded.items()
            if v != before[n]
        ]
        if wrong:
            reason = "durable state did not survive the restart"
            self.result.wrong = Wrong("restart", place, reason, wrong)
            return False
        outcome = self._answer(event)
        self.accounts[node].take(outcome)
        wanted = {**before, **outcome.updates}
        wrong = state_differences(self.words, recording, after, wanted, "after the restart")
        if wrong:
            reason = "the node does not start afresh with what it had stored"
            self.result.wrong = Wrong("restart", place, reason, wrong)
            return False
        self._apply(recording, event, outcome)
        if self.first:
            self.result.restarts += 1
        self._count()
        self._forward(recording)
        return True

    # ------------------------------------------------------------ what is found

    def _place(self, recording: Recording, event: Event | str) -> Place:
        line = recording.current
        assert line is not None
        told_event = event if isinstance(event, str) else _told_event(event)
        return Place(recording.path, line.number, recording.node, told_event)

    def _first_place(self) -> Place:
        return self._place(self.recordings[0], "the first state")

    def _found(self, violations: list[Violation], place: Place, label: str = "") -> None:
        for violation in violations:
            cut = {**self.last, str(place.path): place.line}
            statement = violation.statement
            formula = statement.formula
            if formula is None:
                formula = statement.per_transition[label]
            sure = not self.partial or is_settled(self.spec, formula)
            into = self.result.broken if sure else self.result.perhaps
            into.append(Broken(violation, place, cut))

    def _wrong_step(
        self,
        recording: Recording,
        event: Event,
        before: Mapping[str, Value],
        outcome: Outcome,
        data: dict[str, Any],
        wrong: list[Difference],
    ) -> None:
        from checkers.traces.nearest import nearest

        place = self._place(recording, event)
        reason = "it is no step of the spec"
        if all(d.what.startswith("the digest before") or d.what.endswith(" before") for d in wrong):
            reason = "the state before is not the state after the record before it"
        told_nearest = nearest(self.evaluator, self.state.config, event, before, outcome, data)
        self.result.wrong = Wrong("step", place, reason, wrong, told_nearest)

    def _stuck(self) -> None:
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
            place = self._place(recording, event)
            if key in self.voided:
                self._wrong_voided(place, *self.voided[key])
                return
            at = self._sent_later(sender, key) if sender in blocked else None
            if at is None:
                reason = f"{sender} never sent this message, as far as its recording goes"
                by = next(r for r in self.recordings if r.node == sender)
                notes = [f"{by.path} ends after {by.records - 1} records"] if by.torn == 0 else []
                if by.torn:
                    notes = [f"{by.path} ends with half a record, whose step did not take effect"]
                self.result.wrong = Wrong("unsent", place, reason, [], notes)
                return
            later[node] = (sender, at)
        self._cycle(blocked, later)

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
                    if any(_key(p) == key for p in packets):
                        return line.number
        finally:
            again.close()
        return None

    def _cycle(
        self, blocked: dict[str, tuple[Recording, Key, Event]], later: dict[str, tuple[str, int]]
    ) -> None:
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
                f"{self._place(recording, event)}, which {path}:{at} sends, after that waits itself"
            )
        place = self._place(blocked[circle[0]][0], blocked[circle[0]][2])
        reason = "each of these messages is received before it can have been sent"
        self.result.wrong = Wrong("cycle", place, reason, [], notes)

    def _wrong_voided(self, received: Place, sender: Recording, line: int) -> None:
        reason = (
            "durable state did not survive the restart: what the step before it stored is gone,"
            " and that step had taken effect"
        )
        place = Place(sender.path, line + 1, sender.node, "restart")
        notes = [f"a message of {sender.path}:{line} was received: {received}"]
        self.result.wrong = Wrong("restart", place, reason, [], notes)


def _kind(recording: Recording) -> str:
    kind, _ = recording.record()
    return kind


def _key(packet: Packet) -> Key:
    return packet[0], (packet[1], packet[2], *packet[3])


def _told_event(event: Event) -> str:
    given = ", ".join(f"{n}={show_value(v)}" for n, v in event.fields.items())
    origin = f" from {event.sender}" if event.sender is not None else ""
    return f"{event.name}({given}){origin}"
