"""Random runs of a whole spec, checked after every step: a quick look for what a proof would miss.

Belongs here: choosing events, keeping the run. Never here: time, fairness or scheduling; a run is
any sequence of events that the environment allows. Runs that dig deeper are `seek`'s.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from model.evaluate.checker import Checker, Violation
from model.evaluate.evaluator import Evaluator
from model.evaluate.node import Outcome
from model.evaluate.state import Event, GlobalState, Packet
from model.evaluate.values import Value
from model.lang.sorts import NODE, AtomSort, MaybeSort, SetSort, Sort, StructSort
from model.lang.spec import Spec, Statement


@dataclass(frozen=True)
class Mix:
    """How often a run chooses what: relative weights, and how it favours the new."""

    message: float = 10.0
    timer: float = 3.0
    request: float = 1.0
    crash: float = 0.1
    recent: float = 0.85
    """The share of deliveries that is taken from the last `window` messages sent."""
    window: int = 24
    tries: int = 1
    """How many events are drawn for a step, of which one that is not refused is taken: the one
    whose row answered least so far, or, in half of the phases, the first."""
    phase: int = 0
    """After how many steps new weights are drawn for every event and node, some of them 0; 0:
    never. Swarm testing (Groce et al. 2012): in a uniform run somebody always interferes."""
    orderly: float = 0.0
    """The share of phases in which messages arrive once each and in order, before anything else
    happens; those to a node or of a kind that the phase does not like at all are lost."""
    keys: int = 2
    """How many atoms of each sort but nodes there are."""
    events: Mapping[str, float] = field(default_factory=dict)
    """By name of event (`crash` included): its weight within its kind, where that is not 1."""


@dataclass
class Run:
    """What happened: the events with the labels of the rows that answered, and what broke when."""

    config: Mapping[str, Value]
    nodes: tuple[str, ...]
    steps: list[tuple[Event, str]] = field(default_factory=list)
    violations: list[tuple[int, Violation]] = field(default_factory=list)
    """Each with the number of steps up to and including the one that broke it."""
    transitions: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)

    def note(self, event: Event, outcome: Outcome, found: Iterable[Violation]) -> None:
        """Add a step."""
        self.steps.append((event, outcome.transition))
        self.transitions[outcome.transition] += 1
        if outcome.reply is not None:
            self.replies[outcome.reply] += 1
        self.violations.extend((len(self.steps), v) for v in found)

    def __str__(self) -> str:
        """Return the run, one step a line, with what each step broke."""
        lines = []
        for at, (event, label) in enumerate(self.steps, 1):
            lines.append(f"{at:4} {event}  [{label}]")
            lines.extend(f"     breaks {v}" for when, v in self.violations if when == at)
        return "\n".join(lines)


class Simulation:
    """A random run in progress. The same seed gives the same run.

    `checker` has been started on the state that the run starts from; `fired` counts how often each
    row answered, and may be shared by runs that are to complement each other.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        state: GlobalState,
        seed: int,
        checker: Checker,
        mix: Mix | None = None,
        fired: Counter[str] | None = None,
    ) -> None:
        self.evaluator = evaluator
        self.mix = mix if mix is not None else Mix()
        self.random = random.Random(seed)
        self.state = state
        self.checker = checker
        self.run = Run(state.config, tuple(state.nodes))
        self.fired = fired if fired is not None else Counter()
        self._biased = True
        self._favour: dict[str, float] = {}
        self._most = 1.0
        self._orderly = False
        self._pending: deque[Packet] = deque()
        self._prepare()

    def steps(self, count: int) -> Run:
        """Take `count` steps and return the run so far."""
        for _ in range(count):
            self.step()
        return self.run

    def step(self) -> Outcome:
        """Let one random event happen, and check."""
        if self.mix.phase and len(self.run.steps) % self.mix.phase == 0:
            self._new_phase()
        event, outcome = self._choose()
        found = self.checker.before(self.state, event, outcome)
        found += self.checker.apply(self.state, outcome)
        if self._orderly:
            self._pending.extend(p for p in outcome.sends if self._liking(p.message, p.dst))
        self.fired[outcome.transition] += 1
        self.run.note(event, outcome, found)
        return outcome

    # ------------------------------------------------------------ which event

    def _new_phase(self) -> None:
        """Draw anew how much each event and node is favoured, and whether rare rows are."""
        names = [*self.evaluator.spec.events, *self.run.nodes, "crash"]
        draw = self.random.random
        self._favour = {n: 0.0 if draw() < 0.25 else 10 ** -(2 * draw()) for n in names}
        self._biased = draw() < 0.5
        self._orderly = draw() < self.mix.orderly
        self._pending.clear()
        self._prepare()

    def _prepare(self) -> None:
        """Weigh what can happen at each node on its own; messages are drawn one by one."""
        spec, mix = self.evaluator.spec, self.mix
        kinds = (
            ("timer", list(spec.timers), mix.timer),
            ("request", list(spec.requests), mix.request),
            ("crash", ["crash"], mix.crash),
        )
        self._own = [
            (kind, name, node, weight * self._liking(name, node) / len(names))
            for kind, names, weight in kinds
            for name in names
            for node in self.run.nodes
        ]
        total = sum(weight for *_, weight in self._own)
        kinds_total = mix.message + mix.timer + mix.request + mix.crash
        self._message_share = mix.message / kinds_total if total else 1.0
        self._weights = list(accumulate(weight for *_, weight in self._own))
        names_ = [*spec.messages]
        self._most = max(
            (self._liking(name, node) for name in names_ for node in self.run.nodes), default=1.0
        )

    def _liking(self, name: str, node: str) -> float:
        given = self.mix.events.get(name, 1.0)
        return given * self._favour.get(name, 1.0) * self._favour.get(node, 1.0)

    def _choose(self) -> tuple[Event, Outcome]:
        if self._pending:
            event = self.evaluator.delivery(self._pending.popleft())
            return event, self.evaluator.outcome(self.state, event)
        best: tuple[Event, Outcome] | None = None
        fewest = -1
        for _ in range(self.mix.tries):
            event = self._event()
            outcome = self.evaluator.outcome(self.state, event)
            count = self.fired[outcome.transition] if self._biased else 0
            if outcome.kind == "refusal":  # it changes nothing: only where nothing else was drawn
                count += 1_000_000_000
            elif not self._biased:
                return event, outcome
            if best is None or count < fewest:
                best, fewest = (event, outcome), count
        assert best is not None
        return best

    def _event(self) -> Event:
        packets = self.state.packets
        if packets and not self._orderly and self.random.random() < self._message_share:
            return self.evaluator.delivery(self._packet(packets))
        if not self._weights[-1]:
            return Event("crash", "crash", self.random.choice(self.run.nodes))
        ((kind, name, node, _),) = self.random.choices(self._own, cum_weights=self._weights)
        sorts = self.evaluator.schema.fields.get(name, {})
        draw, state, keys = self.random, self.state, self.mix.keys
        fields = {n: random_value(draw, s, state, keys) for n, s in sorts.items()}
        return Event(kind, name, node, fields)

    def _packet(self, packets: list[Packet]) -> Packet:
        """Draw a message, again while the phase does not favour it, within reason."""
        count = len(packets)
        for _ in range(10):
            recent = self.random.random() < self.mix.recent
            first = max(0, count - self.mix.window) if recent else 0
            packet = packets[first + int(self.random.random() * (count - first))]
            if self.random.random() * self._most <= self._liking(packet.message, packet.dst):
                break
        return packet


def random_value(chance: random.Random, sort: Sort, state: GlobalState, keys: int) -> Value:
    """Return a random value of a request's field; of each sort of atoms there are `keys`."""
    match sort:
        case AtomSort() if sort == NODE:
            return chance.choice(list(state.nodes))
        case AtomSort():
            return f"{sort.name.lower()}{chance.randrange(keys) + 1}"
        case SetSort():
            count = chance.randrange(3)
            return frozenset(random_value(chance, sort.of, state, keys) for _ in range(count))
        case StructSort():
            return tuple(random_value(chance, inner, state, keys) for _, inner in sort.parts)
        case MaybeSort():
            if chance.random() < 0.3:
                return None
            return random_value(chance, sort.of, state, keys)
        case _:
            return chance.choice(sorted(state.domain(sort)))


def random_run(
    spec: Spec | Evaluator,
    config: Mapping[str, Value],
    nodes: Sequence[str],
    seed: int,
    steps: int,
    mix: Mix | None = None,
    statements: Iterable[Statement] | None = None,
) -> Run:
    """Run `steps` random events from the first state and check every statement after each.

    Without `statements` it is all of the spec's but `sometimes`.
    """
    evaluator = spec if isinstance(spec, Evaluator) else Evaluator(spec)
    state = evaluator.initial_state(config, nodes)
    checker = Checker(evaluator, checkable(evaluator.spec) if statements is None else statements)
    broken = checker.start(state)
    simulation = Simulation(evaluator, state, seed, checker, mix)
    simulation.run.violations.extend((0, v) for v in broken)
    return simulation.steps(steps)


def checkable(spec: Spec) -> list[Statement]:
    """Return the statements that every state or step satisfies: all but `sometimes`."""
    return spec.of_kind("safety", "lemma", "assumption", "step")


def replay_events(
    evaluator: Evaluator,
    start: GlobalState,
    events: Iterable[Event],
    statements: Iterable[Statement],
    *,
    stop: bool = False,
) -> Run:
    """Run the given events from `start`, leaving out deliveries of what was never sent.

    With `stop`, end at the first violation.
    """
    state = start.copy()
    run = Run(state.config, tuple(state.nodes))
    checker = Checker(evaluator, statements)
    run.violations = [(0, v) for v in checker.start(state)]
    for event in events:
        if stop and run.violations:
            break
        if event.kind == "message":
            row = (event.sender, event.node, *event.fields.values())
            if row not in state.sent[event.name].rows:
                continue
        outcome, found = checker.advance(state, event)
        run.note(event, outcome, found)
    return run
