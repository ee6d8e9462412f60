"""What happens next: messages on their way, timers, requests, and what goes wrong with them.

Belongs here: choosing events, all by two streams of chance, of which one is for faults alone: so a
run can be repeated with the faults that it had, or with others. Never here: what a node does about
an event (`running`).

Both streams are asked only for numbers in [0, 1), and everything else is whole numbers: so a seed
gives the same run wherever Python runs. Chances change in phases, in which some timers rest, some
fire at one node alone and some everywhere, and there are few kinds of request ("swarm testing",
Groce et al. 2012): in a uniform run somebody always interferes. A request goes most often where one
of its kind was accepted last; a timer of which nothing comes fires less and less often.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from checkers.simulation.faults import Crash, Partition, Rates, Schedule, Span
from model.evaluate import Event, GlobalState, Packet
from model.evaluate.simulate import random_value
from model.evaluate.state import Schema
from model.lang import Spec

PHASE = 300
"""Ticks after which chances are drawn anew."""
QUICK, SLOW, SLOWEST = 20, 120, 960
"""Ticks between two firings of a timer, about: at first, and where nothing comes of it."""
REQUESTS = (0, 150, 50, 15)
"""Ticks between two requests, about; 0: none in this phase."""
LIKED = 4
"""How many kinds of request a phase has, at most."""
KEYS = 3


class Entry(NamedTuple):
    """Something that is to happen at a tick; `number` decides between two at the same tick."""

    tick: int
    number: int
    kind: str
    data: Any


@dataclass
class Chance:
    """A stream of chance that gives the same everywhere."""

    source: random.Random

    def below(self, count: int) -> int:
        """Return a number from 0 to `count` - 1."""
        return int(self.source.random() * count)

    def within(self, span: Span) -> int:
        """Return a number of a range, both ends included."""
        return span[0] + self.below(span[1] - span[0] + 1)

    def happens(self, share: float) -> bool:
        """Tell whether something that happens so often does now."""
        return self.source.random() < share


class Network:
    """The nodes' surroundings, in progress."""

    def __init__(
        self,
        spec: Spec,
        nodes: Sequence[str],
        seed: int,
        rates: Rates,
        schedule: Schedule | None,
        weights: Mapping[str, float],
    ) -> None:
        self.spec, self.nodes, self.rates = spec, list(nodes), rates
        self.fields = Schema(spec).fields
        self.timers = {n: weights.get(n, 1.0) for n in spec.timers if weights.get(n, 1.0) > 0}
        self.requests = {n: weights.get(n, 1.0) for n in spec.requests if weights.get(n, 1.0) > 0}
        self.chance = Chance(random.Random(f"{seed} events"))
        self.fault = Chance(random.Random(f"{seed} faults"))
        self.given = schedule
        self.happened = Schedule(schedule.delay if schedule is not None else rates.delay)
        self.step = 1
        """The number of the next step."""
        self.tick = 0
        self.messages = 0
        self.faults: Counter[str] = Counter()
        self._accepted: dict[str, str] = {}
        self._idle: dict[tuple[str, str], int] = {}
        self._heard: dict[str, int] = {}
        self._queue: list[Entry] = []
        self._number = 0
        self._phase = 0
        self._down: dict[str, int] = {}
        self._cut: tuple[dict[str, int], int] | None = None
        self._crashes = {} if schedule is None else _by_step(schedule.crashes)
        self._partitions = {} if schedule is None else _by_step(schedule.partitions)
        self._checked = 0
        self._begin_phase()

    # ------------------------------------------------------------ events

    def next_event(self, state: GlobalState) -> Event | None:
        """Return what happens next: a crash is one, too, and is the node's restart.

        None where nothing can happen any more.
        """
        restarted = self._faults()
        if restarted is not None:
            return Event("crash", "crash", restarted)
        if len(self._down) == len(self.nodes):  # no step would come after which one is up again
            return self._first_up()
        while self._queue:
            entry = heapq.heappop(self._queue)
            self.tick = entry.tick
            event = self._event(entry, state)
            if event is not None:
                return event
        return self._first_up() if self._down else None

    def _first_up(self) -> Event:
        """Let the node restart that is down for the shortest."""
        node = min(self._down, key=lambda n: (self._down[n], n))
        del self._down[node]
        return Event("crash", "crash", node)

    def sent(self, packets: Sequence[Packet]) -> None:
        """Take messages that a step sent, and draw what becomes of each."""
        for packet in packets:
            self.messages += 1
            number = self.messages
            ticks = self.chance.within(self.happened.delay)
            if self.given is None:
                if self.fault.happens(self.rates.loss):
                    self.happened.lost.add(number)
                if self.fault.happens(self.rates.duplicate):
                    self.happened.again[number] = self.fault.within(self.happened.delay)
            else:
                if number in self.given.lost:
                    self.happened.lost.add(number)
                if number in self.given.again:
                    self.happened.again[number] = self.given.again[number]
            if number in self.happened.lost:
                self.faults["lost"] += 1
            else:
                self._add(self.tick + ticks, "message", packet)
            if number in self.happened.again:
                self.faults["duplicated"] += 1
                self._add(self.tick + ticks + self.happened.again[number], "message", packet)

    def heed(self, event: Event, accepted: bool) -> None:
        """Take notice of whether a rule accepted an event."""
        if event.kind == "request" and accepted:
            self._accepted["request"] = self._accepted[event.name] = event.node
        elif event.kind == "message" and accepted and event.sender != event.node:
            self._heard[event.node] = self.tick
        elif event.kind == "timer":
            key = (event.name, event.node)
            self._idle[key] = 0 if accepted else min(self._idle.get(key, 0) + 1, 3)

    def _event(self, entry: Entry, state: GlobalState) -> Event | None:
        match entry.kind:
            case "phase":
                self._begin_phase()
                return None
            case "message":
                return self._delivery(entry.data)
            case "timer":
                return self._firing(entry.data)
            case _:
                return self._request(entry, state)

    def _firing(self, data: tuple[int, str, str, int, int]) -> Event | None:
        phase, name, node, about, armed = data
        if phase != self._phase:
            return None
        heard = self._heard.get(node, -1)
        wait = self._wait(min(about << self._idle.get((name, node), 0), SLOWEST))
        if self._orderly and heard > armed:  # it is armed anew by what the node accepts
            at = max(heard + wait, self.tick + 1)
            self._add(at, "timer", (phase, name, node, about, self.tick))
            return None
        self._add(self.tick + wait, "timer", (phase, name, node, about, self.tick))
        return None if node in self._down else Event("timer", name, node)

    def _delivery(self, packet: Packet) -> Event | None:
        if packet.dst not in self.nodes:
            return None
        if packet.dst in self._down:
            self.faults["sent to a node that was down"] += 1
            return None
        if self._cut is not None:
            groups, _ = self._cut
            if groups.get(packet.src, -1) != groups.get(packet.dst, -1):
                self.faults["cut off"] += 1
                return None
        names = self.fields[packet.message]
        values = dict(zip(names, packet.fields, strict=True))
        return Event("message", packet.message, packet.dst, values, packet.src)

    def _request(self, entry: Entry, state: GlobalState) -> Event | None:
        phase, names, about = entry.data
        if phase != self._phase:
            return None
        self._add(self.tick + self._wait(about), "request", entry.data)
        name = names[self.chance.below(len(names))]
        node = self.nodes[self.chance.below(len(self.nodes))]
        draw_again = self.chance.source.random()
        if draw_again < 0.4:
            node = self._accepted.get(name, node)
        elif draw_again < 0.8:
            node = self._accepted.get("request", node)
        draw: Any = _Draw(self.chance)
        values = {n: random_value(draw, s, state, KEYS) for n, s in self.fields[name].items()}
        return None if node in self._down else Event("request", name, node, values)

    def _begin_phase(self) -> None:
        self._phase += 1
        self._orderly = self.chance.below(5) > 0
        for name, weight in self.timers.items():
            draw = self.chance.below(20)
            alone = self.nodes[self.chance.below(len(self.nodes))]
            for node in self.nodes:
                if draw < 4 or (draw < 10 and node != alone):
                    continue
                about = max(1, int((SLOW if 10 <= draw < 16 else QUICK) / weight))
                entry = (self._phase, name, node, about, self.tick)
                self._add(self.tick + self._wait(about), "timer", entry)
        about = REQUESTS[self.chance.below(len(REQUESTS))]
        if about and self.requests:
            count = 1 + self.chance.below(LIKED)
            names = [self._kind_of_request() for _ in range(count)]
            self._add(self.tick + self._wait(about), "request", (self._phase, names, about))
        if self.timers or self.requests:
            self._add(self.tick + PHASE, "phase", None)

    def _kind_of_request(self) -> str:
        left = self.chance.source.random() * sum(self.requests.values())
        for name, weight in self.requests.items():
            left -= weight
            if left < 0:
                return name
        return next(reversed(self.requests))

    def _wait(self, about: int) -> int:
        return self.chance.within((1, 2 * about))

    def _add(self, tick: int, kind: str, data: Any) -> None:
        self._number += 1
        heapq.heappush(self._queue, Entry(tick, self._number, kind, data))

    # ------------------------------------------------------------ faults

    def _faults(self) -> str | None:
        """Let what goes wrong before this step go wrong; return a node that restarts now."""
        if self._cut is not None and self.step >= self._cut[1]:
            self._cut = None
        if self._checked < self.step:  # once before each step
            self._checked = self.step
            if self.given is None:
                self._draw()
            for cut in self._partitions.pop(self.step, ()):
                groups = {n: at for at, group in enumerate(cut.groups) for n in group}
                self._cut = (groups, cut.step + cut.steps)
                self.happened.partitions.append(cut)
                self.faults["partitions"] += 1
            for crash in self._crashes.pop(self.step, ()):
                if crash.node not in self._down:
                    self._down[crash.node] = crash.step + crash.steps
                    self.happened.crashes.append(crash)
                    self.faults["crashes"] += 1
        for node in self.nodes:
            if node in self._down and self.step >= self._down[node]:
                del self._down[node]
                return node
        return None

    def _draw(self) -> None:
        rates = self.rates
        if rates.partition and self.fault.happens(rates.partition) and self._cut is None:
            sides: tuple[list[str], list[str]] = ([], [])
            for node in self.nodes:
                sides[self.fault.below(2)].append(node)
            groups = tuple(tuple(side) for side in sides)
            cut = Partition(self.step, groups, self.fault.within(rates.cut))
            self._partitions.setdefault(self.step, []).append(cut)
        if rates.crash and self.fault.happens(rates.crash):
            up = [n for n in self.nodes if n not in self._down]
            if up:
                node = up[self.fault.below(len(up))]
                crash = Crash(self.step, node, self.fault.within(rates.down))
                self._crashes.setdefault(self.step, []).append(crash)


class _Draw:
    """What `random_value` asks for, of a stream that gives the same everywhere."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    def random(self) -> float:
        return self._chance.source.random()

    def randrange(self, count: int) -> int:
        return self._chance.below(count)

    def choice(self, items: Sequence[Any]) -> Any:
        return items[self._chance.below(len(items))]


def _by_step(faults: Sequence[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for fault in faults:
        found.setdefault(fault.step, []).append(fault)
    return found
