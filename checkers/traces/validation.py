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

import gc
import random
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from checkers.traces.blocked import Blocked, Key, key_of, place_of
from checkers.traces.compiled import FastEvaluator
from checkers.traces.holding import Properties
from checkers.traces.reading import Line, Recording, TraceError, open_recordings, parse
from checkers.traces.results import Options, Result, Wrong
from checkers.traces.steps import (
    Account,
    Difference,
    Words,
    differences,
    state_differences,
)
from checkers.traces.unchanged import shortened
from checkers.traces.values import Value, ValueProblem, told
from model.evaluate import (
    EvaluationError,
    Evaluator,
    Event,
    GlobalState,
    Outcome,
    Packet,
)
from model.evaluate.values import occurring, show_value
from model.lang import Spec
from model.lang.sorts import NODE
from model.lang.spec import Statement

EVERY = 1000
"""After how many records progress is told."""


def validate(spec: Spec, paths: Sequence[Path], options: Options, target: str = "order") -> Result:
    """Validate recordings. Raises `TraceError` where a file is no recording of the spec's nodes."""
    with _without_collection():
        return _validate(spec, paths, options, target)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Let Python not look for circles in what is kept: of records there are many, and no circle."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _validate(spec: Spec, paths: Sequence[Path], options: Options, target: str) -> Result:
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
    """Return the statements that are to hold at every cut."""
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
        statements = [shortened(spec, s) for s in asked(spec, options)]
        if not self.first and result.everywhere:
            # What was looked up at all cuts is no other in another order.
            statements = [s for s in statements if s.name not in result.everywhere]
        self.properties = Properties(
            words,
            self.evaluator,
            statements,
            self.state,
            recordings,
            result,
            everywhere=self.first and all(_kind(r) != "restart" for r in recordings),
        )
        self.accounts: dict[str, Account] = {}
        self.started: set[str] = set()
        self.waiting: dict[Key, list[Recording]] = {}
        self.voided: dict[Key, tuple[Recording, int]] = {}
        self.bytes = sum(r.size for r in recordings)
        if self.first:
            result.nodes = recorded
            result.asked = [s.name for s in statements]

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
        """Take all records, as far as they are right, and look at what holds of them."""
        self._run()
        self.properties.finish()

    def _run(self) -> None:
        result = self.result
        if any(_kind(r) == "restart" for r in self.recordings):
            self._begin_in_the_middle()
        place = place_of(self.recordings[0], "the first state")
        self.properties.start(place)
        result.cuts += 1
        for recording in self.recordings:
            if not self._begin(recording):
                return
        if self.properties.partial:  # what was loaded is no first state
            self.properties.start(place)
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
            blocked = Blocked(self.words, self.recordings, self.waiting, self.voided)
            result.wrong = blocked.look()
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
        place = place_of(recording, kind)
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
        self.properties.begin(recording)
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
            self.properties.skip(recording, event)
            account.put(before)
            for packet in outcome.sends:
                self.voided[key_of(packet)] = (recording, line.number)
            if self.first:
                self.result.unfinished += 1
            self._count()
            self._forward(recording)
            return True
        self._apply(recording, event, outcome)
        if self.waiting:
            for packet in outcome.sends:
                ready.extend(self.waiting.pop(key_of(packet), ()))
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
        self.properties.last[str(recording.path)] = recording.current.number
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
        if not self.properties.statements:
            self.state.send(packet)
            return
        sending = Outcome("", "", event.node, {}, [packet], None, {}, None, [])
        self.properties.assume(recording, event, sending)

    def _lose(self) -> None:
        """From here on, only what is determined without the nodes not recorded is checked."""
        self.properties.lose()
        for node in [n for n in self.state.nodes if n not in self.recorded]:
            del self.state.nodes[node]  # heard of or not: others may have heard of it
        self.state.changed()

    def _outcome(
        self, recording: Recording, event: Event, data: dict[str, Any] | None
    ) -> Outcome | None:
        """Return what the spec's node answers; where two rules do, the one that was recorded."""
        evaluator = self.evaluator
        try:
            return self._answer(event)
        except EvaluationError as error:
            if "ORD111" not in error.place:
                self.result.wrong = Wrong("step", place_of(recording, event), str(error))
                return None
        label = (data if data is not None else recording.record()[1])["rule"]
        evaluator.prefer = frozenset({label} if isinstance(label, str) else ())
        try:
            return self._answer(event)
        finally:
            evaluator.prefer = None

    def _answer(self, event: Event) -> Outcome:
        state = self.state
        if self.properties.statements:
            return self.evaluator.outcome(state, event)
        local = state.nodes[event.node]
        return self.evaluator.answer(state.config, event.node, local, event)

    def _apply(self, recording: Recording, event: Event, outcome: Outcome) -> None:
        self.result.cuts += 1
        if self.properties.statements:
            self.properties.step(recording, event, outcome)
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
        # A word may be written with escapes; who writes none is not made to wait.
        if line is None or ('"restart"' not in line.text and "\\" not in line.text):
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
        place = place_of(recording, "restart")
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

        place = place_of(recording, event)
        reason = "it is no step of the spec"
        if all(d.what.startswith("the digest before") or d.what.endswith(" before") for d in wrong):
            reason = "the state before is not the state after the record before it"
        told_nearest = nearest(self.evaluator, self.state.config, event, before, outcome, data)
        self.result.wrong = Wrong("step", place, reason, wrong, told_nearest)


def _kind(recording: Recording) -> str:
    kind, _ = recording.record()
    return kind
