"""The second search for a run that breaks a property: many random runs of the evaluator.

Belongs here: going where something rare happened, and making what is found short. Never here: what
a step means (`model.evaluate`), or telling a run. It goes deeper than the solver, and finds no
proof that there is nothing.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from checkers.counterexamples.breaking import CANNOT, broken_by
from checkers.counterexamples.runs import (
    FoundRun,
    Replayed,
    System,
    Taken,
    is_first,
    without_node,
)
from checkers.counterexamples.unrolling import SCOPE, unroll
from checkers.induction import STRUCTURAL
from model.evaluate import (
    Checker,
    Evaluator,
    Event,
    GlobalState,
    Local,
    Mix,
    Outcome,
    Simulation,
)
from model.evaluate.seek import DEEP
from model.evaluate.state import Row
from model.evaluate.values import EvaluationError, Value
from model.lang import Spec

ROUNDS = 4
MIXES = (DEEP, Mix(tries=3, phase=60, recent=0.97, window=10, request=3.0, orderly=0.3))
EPISODE = 60
NOBODY = "nothing answers"
SHORT, STRAIGHTEN_SECONDS = 6, 10.0
"""Longer runs are made short by the solver, which gets so many seconds for it."""


@dataclass
class Searched:
    """What the random runs found, and how much was searched."""

    runs: dict[str, FoundRun] = field(default_factory=dict)
    steps: int = 0
    systems: int = 0
    seconds: float = 0.0

    def told(self) -> str:
        """Return how much was searched, in words."""
        return f"{self.steps:,} steps of random runs in {self.systems} systems"


class Lenient(Evaluator):
    """Goes on where two rules answer, or none does: that is a fault, but not the one looked for."""

    def outcome(
        self, state: GlobalState, event: Event, fresh: Sequence[Value] | None = None
    ) -> Outcome:
        """Return what the event's node answers; where nothing does, that nothing changes."""
        try:
            return super().outcome(state, event, fresh)
        except EvaluationError as error:
            if error.place != "ORD112":
                raise
            none: list[tuple[str, Row]] = []
            return Outcome(NOBODY, "refusal", event.node, {}, [], None, {}, None, none)


def search(
    spec: Spec,
    names: Iterable[str],
    systems: Sequence[System],
    steps: int,
    seconds: float,
    prefer: frozenset[str] = frozenset(),
) -> Searched:
    """Look for runs that break the properties `names`, in each of `systems` for a share of `steps`.

    `prefer`: which of two rules answers, where two do. The same arguments give the same runs,
    unless the time runs out.
    """
    started = time.perf_counter()
    found = Searched(systems=len(systems))
    wanted = set(names)
    evaluator = Lenient(spec)
    evaluator.prefer = prefer
    for seed, system in product(range(1, ROUNDS + 1), systems):
        left = set(wanted)
        if seed > 1:  # again, for those that took long: the shortest is kept
            left = {n for n in wanted if n not in found.runs or len(found.runs[n].steps) > SHORT}
        share = min(steps // (2 * len(systems)), steps - found.steps)
        if not left or share <= 0 or time.perf_counter() - started > seconds:
            break
        one = _Search(evaluator, system, left, seed)
        found.steps += one.run(share, started + seconds)
        for name, events in one.broken.items():
            run = _Shortener(evaluator, name).shorten(system, events)
            known = found.runs.get(name)
            if run is not None and (known is None or len(run.steps) < len(known.steps)):
                found.runs[name] = run
    for name, run in found.runs.items():
        rest = started + seconds - time.perf_counter()
        found.runs[name] = _straightened(spec, run, min(STRAIGHTEN_SECONDS, rest))
    found.seconds = time.perf_counter() - started
    return found


def _straightened(spec: Spec, run: FoundRun, seconds: float) -> FoundRun:
    """Return the shortest run that takes the same rules, if the solver finds one so soon."""
    if seconds < 1 or len(run.steps) <= SHORT or len(run.system.nodes) > SCOPE.nodes:
        return run
    labels = frozenset(label for _, label in run.steps)
    most = len(run.steps) - 1
    better = unroll(spec, [run.name], most, seconds, only=labels).runs.get(run.name)
    if better is None or not Replayed(Evaluator(spec), better).broken:
        return run
    return replace(better, found_by="random runs, made short by the solver")


class _Search:
    """Random runs of one system."""

    def __init__(self, evaluator: Lenient, system: System, wanted: set[str], seed: int) -> None:
        self.evaluator, self.system = evaluator, system
        self.spec = evaluator.spec
        self.structural = sorted(wanted & set(STRUCTURAL))
        stated = [self.spec.statements[n] for n in sorted(wanted - set(STRUCTURAL))]
        self.checker = Checker(evaluator, stated)
        self.wanted = wanted
        self.choose = random.Random(seed)
        self.broken: dict[str, list[Event]] = {}

    def run(self, steps: int, until: float) -> int:
        """Run for `steps` steps, until all is found or the time is over; return how many it was."""
        first = self.evaluator.initial_state(self.system.config, self.system.nodes)
        if not is_first(self.evaluator, first):
            return 0
        for violation in self.checker.start(first):
            self.broken[violation.statement.name] = []
        kept: dict[str, tuple[list[Event], GlobalState]] = {"": ([], first)}
        visits: Counter[str] = Counter()
        fired: Counter[str] = Counter()
        taken = 0
        while taken < steps and self.wanted - set(self.broken) and time.perf_counter() < until:
            cells = list(kept)
            (cell,) = self.choose.choices(cells, [1 / (1 + visits[c]) for c in cells])
            visits[cell] += 1
            prefix, state = kept[cell]
            mix = self.choose.choice(MIXES)
            seed = self.choose.randrange(2**32)
            simulation = Simulation(self.evaluator, state.copy(), seed, self.checker, mix, fired)
            for _ in range(EPISODE):
                before = dict(simulation.state.nodes) if self.structural else {}
                outcome = simulation.step()
                taken += 1
                events = prefix + [event for event, _ in simulation.run.steps]
                if self.structural:
                    self._structure(before, events, outcome.transition)
                cell = self._cell(simulation, outcome)
                if cell and (cell not in kept or len(kept[cell][0]) > len(events)):
                    kept[cell] = (events, simulation.state.copy())
            for at, violation in simulation.run.violations:
                events = prefix + [event for event, _ in simulation.run.steps[:at]]
                self.broken.setdefault(violation.statement.name, events)
        return taken

    def _structure(self, before: Mapping[str, Local], events: list[Event], label: str) -> None:
        state = GlobalState(self.evaluator.schema, self.system.config, before)
        for name in self.structural:
            if name not in self.broken:
                try:
                    if broken_by(self.evaluator, name, state, events[-1], label):
                        self.broken[name] = events
                except CANNOT:
                    continue

    def _cell(self, simulation: Simulation, outcome: Outcome) -> str:
        """Return what counts as the same thing: which rule led the node where, or nearly did."""
        if outcome.kind == "rule":
            local = simulation.state.nodes[outcome.node]
            shown = [str(local[name]) for name in self.spec.control]
            return " ".join([outcome.transition, *shown])
        if outcome.refused_by is not None:
            return f"{outcome.refused_by.rule}: {outcome.refused_by.clause}"
        return ""


# ---------------------------------------------------------------- making it short


@dataclass
class _Shortener:
    """Makes a run of one property short."""

    evaluator: Lenient
    name: str

    def shorten(self, system: System, events: list[Event]) -> FoundRun | None:
        """Return a short run: no single event, and no node, can go (Zeller's delta debugging)."""
        best = self._again(system, events)
        if best is None:
            return None
        best = self._fewer_events(best)
        for node in system.nodes:
            smaller = without_node(best.system, node)
            kept = [event for event, _ in best.steps if node not in (event.node, event.sender)]
            try:
                attempt = self._again(smaller, kept)
            except CANNOT:
                continue
            if attempt is not None:
                best = self._fewer_events(attempt)
        return best

    def _fewer_events(self, best: FoundRun) -> FoundRun:
        kept = [event for event, _ in best.steps]
        size = max(1, len(kept) // 2)
        while kept:
            at, shorter = 0, False
            while at < len(kept):
                attempt = self._again(best.system, kept[:at] + kept[at + size :])
                if attempt is not None and len(attempt.steps) < len(kept):
                    best, shorter = attempt, True
                    kept = [event for event, _ in best.steps]
                else:
                    at += size
            if size == 1 and not shorter:
                break
            size = max(1, size // 2)
        return best

    def _again(self, system: System, events: list[Event]) -> FoundRun | None:
        """Run events, deliveries of what was never sent left out; return the run if it breaks."""
        evaluator, name = self.evaluator, self.name
        spec = evaluator.spec
        state = evaluator.initial_state(system.config, system.nodes)
        if not is_first(evaluator, state):
            return None
        checker = Checker(evaluator, [spec.statements[name]] if name in spec.statements else [])
        taken: list[Taken] = []
        broken = bool(checker.start(state))
        for event in events:
            if broken:
                break
            if event.kind == "message":
                row = (event.sender, event.node, *event.fields.values())
                if row not in state.sent[event.name].rows:
                    continue
            outcome = evaluator.outcome(state, event)
            if name in STRUCTURAL:
                broken = bool(broken_by(evaluator, name, state, event, outcome.transition))
            found = checker.before(state, event, outcome) + checker.apply(state, outcome)
            broken = broken or bool(found)
            taken.append((event, outcome.transition))
        return FoundRun(name, system, tuple(taken), "random runs") if broken else None
