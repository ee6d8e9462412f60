"""Whether the properties hold: at every cut where that can be looked up, else at those visited.

Belongs here: which property is checked how, and what is told of one that breaks. Never here: the
order of the records (`validation`), or looking properties up at all cuts (`everywhere`).
"""

from __future__ import annotations

from collections.abc import Sequence

from checkers.traces.blocked import place_of, told_event
from checkers.traces.cuts import Clock, Cut, Stamp, Stamped
from checkers.traces.determined import determined, is_settled
from checkers.traces.everywhere import Everywhere, Failure
from checkers.traces.memory import Memory
from checkers.traces.perhaps import Perhaps, Way
from checkers.traces.reading import Recording
from checkers.traces.results import Broken, Place, Result
from checkers.traces.steps import Words
from model.evaluate import Checker, Evaluator, Event, GlobalState, Outcome, Violation
from model.lang.spec import Statement


class Properties:
    """The properties, in the course of one order of the records."""

    def __init__(
        self,
        words: Words,
        evaluator: Evaluator,
        statements: Sequence[Statement],
        state: GlobalState,
        recordings: Sequence[Recording],
        result: Result,
        *,
        everywhere: bool,
    ) -> None:
        """Begin at the first state. With `everywhere`, all cuts count, not only those visited."""
        self.words, self.spec, self.evaluator = words, words.spec, evaluator
        self.statements = list(statements)
        self.state, self.recordings, self.result = state, recordings, result
        self.last: dict[str, int] = {}
        """By file: the last line taken."""
        self.partial = False
        """Whether only what is determined is checked."""
        self._everywhere: Everywhere | None = None
        left = self.statements
        if everywhere and self.statements:
            # The order of recordings, and so of nodes, decides nothing but what is found first.
            nodes = [r.node for r in recordings]
            self._clock = Clock([*nodes, *(n for n in state.nodes if n not in nodes)])
            state.sent = {name: Stamped(self._clock) for name in state.sent}
            state.ghosts = {name: Stamped(self._clock) for name in state.ghosts}
            self._everywhere = Everywhere(evaluator, self.statements, state, self._clock)
            self._memory = Memory(evaluator, self._clock, state)
            self._perhaps = Perhaps(self.spec, evaluator.schema, self._clock, state)
            left = self._everywhere.left
        self.checker = Checker(evaluator, left)

    def start(self, place: Place) -> None:
        """Check the state as it is."""
        self._found(self.checker.start(self.state), place)

    def begin(self, recording: Recording) -> None:
        """Take a recording's first record, which does nothing."""
        if self._everywhere is not None:
            self._clock.take(recording.node, recording.records)

    def step(self, recording: Recording, event: Event, outcome: Outcome) -> None:
        """Check a step, carry it out, and check the state after it."""
        state, all_cuts = self.state, self._everywhere
        if all_cuts is None:
            found = self.checker.before(state, event, outcome)
            found += self.checker.apply(state, outcome)
        else:
            self._take(recording, event)
            found = all_cuts.step(event, outcome, state)
            if found:
                found = [one for one in found if one.statement.name not in self.checker.broken]
                self.checker.broken |= {one.statement.name for one in found}
            found += self.checker.before(state, event, outcome)
            self._memory.step(event, outcome, state)
            self._perhaps.take(outcome.transition, event)
            before = state.nodes[event.node]
            found += self.checker.apply(state, outcome)
            if outcome.updates:
                local = state.nodes[event.node]
                changed = tuple([n for n in outcome.updates if local[n] != before[n]])
                if changed:
                    all_cuts.changed(event.node, changed, local)
        if found:
            self._found(found, place_of(recording, event), outcome.transition)

    def skip(self, recording: Recording, event: Event) -> None:
        """Take a step that did not take effect: of what its node had heard, it had heard."""
        if self._everywhere is not None:
            self._take(recording, event)

    def _take(self, recording: Recording, event: Event) -> None:
        received = None
        if event.sender is not None:
            row = (event.sender, event.node, *event.fields.values())
            received = self.state.sent[event.name].rows[row]  # type: ignore[index]
        self._clock.take(event.node, recording.records, received)

    def assume(self, recording: Recording, event: Event, outcome: Outcome) -> None:
        """Take it that a message was sent by a node that was not recorded."""
        found = self.checker.apply(self.state, outcome)
        self._found(found, place_of(recording, event))

    def lose(self) -> None:
        """Go on with what is determined without the nodes that were not recorded.

        What happened before is looked up at all cuts first. From here on it is not known what
        happened before what.
        """
        if self.partial:
            return
        self.finish()
        self.result.everywhere = []
        self.partial = True
        kept, lost = determined(self.spec, self.statements)
        self.result.undetermined = lost
        broken = self.checker.broken
        self.checker = Checker(type(self.evaluator)(self.spec), kept)
        self.checker.broken = broken

    def finish(self) -> None:
        """Look up what holds at all cuts, of the records taken so far."""
        all_cuts, self._everywhere = self._everywhere, None
        if all_cuts is None:
            return
        for failure in all_cuts.failures(self._memory.loose(), self._perhaps, self.checker.broken):
            self._fails(failure)
        only = set(all_cuts.only_visited)
        self.result.everywhere = [s.name for s in self.statements if s.name not in only]

    # ------------------------------------------------------------ what is found

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

    def _fails(self, failure: Failure) -> None:
        self.checker.broken.add(failure.violation.statement.name)
        # A first state is the first record, on the second line.
        cut = {
            str(r.path): max(1, failure.cut[self._clock.at[r.node]]) + 1 for r in self.recordings
        }
        place = self._last_of(failure.cut)
        self.result.broken.append(Broken(failure.violation, place, cut, self._order(failure.ways)))

    def _order(self, ways: Sequence[Way]) -> str:
        """Return what has to be taken before what, where that is not the order that was taken."""
        return "; ".join(
            f"{', '.join(map(self._line_of, before))} taken before {self._line_of(adding)}"
            for adding, *before in ways
            if before
        )

    def _line_of(self, stamp: Stamp) -> str:
        number, k = divmod(stamp, self._clock.count)
        path = next(r.path for r in self.recordings if r.node == self._clock.nodes[k])
        return f"{path}:{number + 1}"

    def _last_of(self, cut: Cut) -> Place:
        """Return a record of a cut after which none of it comes."""
        clock = self._clock
        stamps = [number * clock.count + k for k, number in enumerate(cut) if number]
        last = [s for s in stamps if not any(clock.knows(o, s) for o in stamps if o != s)]
        number, k = divmod(last[0], clock.count) if last else (1, 0)
        recording = next(r for r in self.recordings if r.node == clock.nodes[k])
        again = Recording(recording.path)
        again.node = recording.node
        event = "the first state"
        try:
            while (line := again.next_line()) is not None:
                if line.number == number + 1:
                    kind, data = again.record(line)
                    event = kind if last else event
                    if kind == "event":
                        event = told_event(self.words.event(again, data["event"]))
                    break
        finally:
            again.close()
        return Place(recording.path, number + 1, recording.node, event)
