"""Which step is next in a random run: drawn numbers, turned into events that lead somewhere.

Belongs here: choosing. Never here: taking the step (`replay`) or drawing the numbers (`stateful`).

A number stands for one draw of a few events that can happen; of these the one is taken whose row
answered least so far, and a refusal, which changes nothing, only if there is nothing else. A
*phase* favours some nodes and events and leaves out others for a while: in a uniform run somebody
always interferes (swarm testing, Groce et al. 2012).
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, TypeAlias

from checkers.conformance.replay import Replay
from checkers.conformance.setting import Setting
from model.evaluate import EvaluationError, Event, Packet
from model.lang.sorts import NODE, AtomSort, MaybeSort, OrderSort, SetSort, Sort, StructSort

Value: TypeAlias = Any


@dataclass(frozen=True)
class Mix:
    """How often what is drawn: relative weights, and how the new is favoured."""

    message: float = 10.0
    timer: float = 3.0
    request: float = 1.0
    crash: float = 0.1
    recent: float = 0.85
    """The share of deliveries that is taken from the last `window` messages sent."""
    window: int = 24
    tries: int = 5
    """How many events are drawn for a step, in half of the phases; in the others it is one."""
    rare: int = 20
    """A row that answered less often is rare; what can happen after it is always searched."""
    absence: int = 3
    """For so many phases a node is cut off, if one is."""
    seek: float = 0.15
    """The share of steps for which all that can happen is searched for a rule that never did."""


@dataclass
class Guide:
    """Chooses events for one run; the same numbers in the same run give the same events.

    `fired` says how often each row answered before this run.
    """

    run: Replay
    setting: Setting
    fired: Mapping[str, int]
    absent: str | None = None
    mix: Mix = field(default_factory=Mix)

    def __post_init__(self) -> None:
        self._chance = random.Random(0)
        self._phases = -1
        self._evaluator = self.run.readings.evaluator
        self.begin_phase(0)

    def begin_phase(self, number: int) -> None:
        """Favour other nodes and events from now on; 0 favours none.

        In the first phases of a run one node may be cut off from all else: much is only answered
        by a node that missed what went before.
        """
        self._phases += 1
        spec, mix, chance = self.run.subject.spec, self.mix, self._chance
        chance.seed(number)
        names = [*spec.events, *self.run.cluster.nodes, "crash"]
        draw = chance.random
        self._liking = {n: 0.0 if draw() < 0.25 else 10 ** -(2 * draw()) for n in names}
        self._tries = chance.choice((1, mix.tries))
        if not number:
            self._liking, self._tries = dict.fromkeys(names, 1.0), mix.tries
        if self.absent is not None and self._phases <= self.mix.absence:
            self._liking[self.absent] = 0.0
        kinds = (
            ("timer", list(spec.timers), mix.timer),
            ("request", list(spec.requests), mix.request),
            ("crash", ["crash"], mix.crash),
        )
        self._own = [
            (kind, name, node, weight * self._liking[name] * self._liking[node] / len(names))
            for kind, names, weight in kinds
            for name in names
            for node in self.run.cluster.nodes
        ]
        self._weights = list(accumulate(weight for *_, weight in self._own))
        share = mix.message / (mix.message + mix.timer + mix.request + mix.crash)
        self._message_share = share if self._weights[-1] else 1.0
        likings = [self._liking[m] for m in spec.messages]
        self._most = max(likings) * max(self._liking[n] for n in self.run.cluster.nodes)

    def choose(self, number: int) -> Event:
        """Return an event that can happen now."""
        self._chance.seed(number)
        if self._chance.random() < self.mix.seek or self._after_something_rare():
            found = self._unseen()
            if found is not None:
                return found
        best, fewest = None, -1
        for _ in range(self._tries):
            event = self._event()
            count = self._count(event)
            if best is None or count < fewest:
                best, fewest = event, count
        assert best is not None
        return best

    def _after_something_rare(self) -> bool:
        """Tell whether the last step was one that leads to states seldom seen."""
        if not self.run.labels:
            return False
        label = self.run.labels[-1]
        return self.fired.get(label, 0) + self.run.rows[label] < self.mix.rare

    def _count(self, event: Event) -> int:
        """Return how often the row that would answer has answered; a refusal comes last."""
        if event.kind == "crash":
            return self.fired.get("crash", 0)
        try:
            outcome = self._evaluator.answer(
                self.run.cluster.config, event.node, self.run.state.nodes[event.node], event
            )
        except EvaluationError:
            return 0  # worth a look
        label = outcome.transition
        count = self.fired.get(label, 0) + self.run.rows[label]
        return count if outcome.kind == "rule" else count + 1_000_000_000

    def _unseen(self) -> Event | None:
        """Return an event that can happen and that a rule accepts which never did before."""
        run = self.run
        wanted = {
            name
            for name, (rules, _) in self._evaluator.events.items()
            if not all(self.fired.get(r.label) or run.rows[r.label] for r in rules)
        }
        for packet in run.state.packets:
            if packet.message in wanted and self._liking[packet.dst]:
                event = self._evaluator.delivery(packet)
                if self._count(event) == 0:
                    return event
        for kind, name, node, _ in self._own:
            if name in wanted and self._liking[node]:
                event = self._own_event(kind, name, node)
                if self._count(event) == 0:
                    return event
        return None

    # ------------------------------------------------------------ an event

    def _event(self) -> Event:
        packets = self.run.state.packets
        if packets and self._chance.random() < self._message_share:
            return self._evaluator.delivery(self._packet(packets))
        if not self._weights[-1]:
            return Event("crash", "crash", self._chance.choice(self.run.cluster.nodes))
        ((kind, name, node, _),) = self._chance.choices(self._own, cum_weights=self._weights)
        return self._own_event(kind, name, node)

    def _own_event(self, kind: str, name: str, node: str) -> Event:
        sorts = self.run.subject.sorts.get(name, {})
        return Event(kind, name, node, {n: self._value(s) for n, s in sorts.items()})

    def _packet(self, packets: list[Packet]) -> Packet:
        """Draw a message, again while the phase does not favour it, within reason."""
        count, draw = len(packets), self._chance.random
        for _ in range(10):
            first = max(0, count - self.mix.window) if draw() < self.mix.recent else 0
            packet = packets[first + int(draw() * (count - first))]
            liking = self._liking[packet.message] * self._liking[packet.dst]
            if draw() * self._most <= liking:
                break
        return packet

    def _value(self, sort: Sort) -> Value:
        """Return a value of a request's field."""
        match sort:
            case AtomSort() if sort == NODE:
                return self._chance.choice(self.run.cluster.nodes)
            case AtomSort():
                return self._chance.choice(self.setting.atoms[sort.name])
            case SetSort():
                return frozenset(self._value(sort.of) for _ in range(self._chance.randrange(3)))
            case StructSort():
                return tuple(self._value(part) for _, part in sort.parts)
            case MaybeSort():
                return None if self._chance.random() < 0.3 else self._value(sort.of)
            case OrderSort():
                return self._chance.choice(sorted(self.run.state.domain(sort)))
            case _:
                return self._chance.choice(self.setting.pool(sort))
