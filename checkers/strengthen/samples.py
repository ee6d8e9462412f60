"""States of runs, which no candidate may contradict, and runs that break a goal.

Belongs here: running the evaluator and keeping states. Never here: what is read off them (`mine`).

A state of a run is reachable, so whatever it contradicts is no invariant. A candidate that every
kept state agrees with may still be none.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from checkers.reach import MIXES, standard_config
from checkers.scenarios import play
from model.evaluate import Checker, Evaluator, Event, GlobalState, Mix, Outcome, Simulation, shorten
from model.evaluate.values import EvaluationError
from model.lang import Spec
from model.lang.errors import SpecError
from model.lang.spec import Statement

EPISODES = 240
"""How many random runs are made, apart from the spec's scenarios."""
LENGTH = 300
"""Steps of one."""
SIZES = (3, 2, 1, 5)
"""How many nodes the configurations have, apart from one that no set of nodes holds."""
EVERY = 30
"""After how many steps of a random run a state is kept."""
MOST_STATES = 1500
"""How many states are kept in all; those of scenarios and those where something rare happened go
before the others."""


@dataclass
class Samples:
    """Reachable states, the rare ones first, and `more` of the common ones.

    `broken` gives for a goal that a run breaks that run, shortened.
    """

    states: list[GlobalState] = field(default_factory=list)
    more: list[GlobalState] = field(default_factory=list)
    steps: int = 0
    runs: int = 0
    broken: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0


class _Recorder(Checker):
    """A checker that also keeps every `every`-th state of the run."""

    every = 1
    kept: list[GlobalState]
    seen = 0

    def apply(self, state: GlobalState, outcome: Outcome) -> list[Any]:
        found = super().apply(state, outcome)
        self.seen += 1
        if outcome.kind != "refusal" and self.seen % self.every == 0:
            self.kept.append(state.copy())
        return found


def sample(
    spec: Spec,
    goals: Iterable[Statement],
    seed: int = 1,
    episodes: int = EPISODES,
    seconds: float = 20.0,
) -> Samples:
    """Return states of the spec's scenarios and of random runs, and what breaks a goal.

    Runs are the same for the same seed, as far as `seconds` let them go.
    """
    started = time.perf_counter()
    evaluator = Evaluator(spec)
    chosen = list(goals)
    found = Samples()
    for scenario in spec.scenarios:
        recorder = _Recorder(evaluator, chosen)
        recorder.kept = []
        try:
            run = play(evaluator, scenario, recorder)
        except (SpecError, EvaluationError):
            continue  # the goals are looked for elsewhere; `verify` tells what is wrong with it
        found.runs += 1
        found.steps += len(run.steps)
        found.states += recorder.kept
        start = evaluator.initial_state(scenario.config, scenario.nodes)
        for at, violation in run.violations:
            _break(found, evaluator, start, [e for e, _ in run.steps[:at]], violation.statement)
    choose = random.Random(seed)
    mixes = [*MIXES, Mix()]
    rare: dict[str, tuple[list[Event], GlobalState]] = {}
    firsts: list[GlobalState] = []
    common: list[GlobalState] = []
    for members in SIZES:
        config, nodes = standard_config(spec, members=members)
        start = evaluator.initial_state(config, nodes)
        firsts.append(start)
        found.states.append(start.copy())
        for violation in _Recorder(evaluator, chosen).start(start):
            _break(found, evaluator, start, [], violation.statement)
    for episode in range(episodes):
        if time.perf_counter() - started > seconds or (found.broken and episode > 8):
            break
        size = episode % len(SIZES)
        first = firsts[size]
        prefix: list[Event] = []
        start = first
        if episode % 2 and rare:  # from where something rare happened before
            key = choose.choice(sorted(rare))
            size = int(key[0])
            first, (prefix, start) = firsts[size], rare[key]
        recorder = _Recorder(evaluator, chosen)
        recorder.kept, recorder.every = [], EVERY
        simulation = Simulation(
            evaluator,
            start.copy(),
            choose.randrange(2**32),
            recorder,
            mixes[episode % len(mixes)],
            Counter(),
        )
        try:
            for _ in range(LENGTH):
                outcome = simulation.step()
                found.steps += 1
                local = simulation.state.nodes[outcome.node]
                told = [outcome.transition, *(local[e.variable] for e in spec.edges)]
                key = f"{size} {told}"
                if outcome.kind != "refusal" and key not in rare:
                    events = prefix + [e for e, _ in simulation.run.steps]
                    rare[key] = (events, simulation.state.copy())
        except EvaluationError:
            pass  # two rules answer one event: `verify` tells of it
        found.runs += 1
        common += recorder.kept
        for at, violation in simulation.run.violations:
            events = prefix + [e for e, _ in simulation.run.steps[:at]]
            _break(found, evaluator, first, events, violation.statement)
    found.states += [state for _, state in rare.values()]
    left = max(0, MOST_STATES - len(found.states))
    choose.shuffle(common)
    found.states += common[:left]
    found.more = common[left : left + MOST_STATES]
    found.seconds = time.perf_counter() - started
    return found


def _break(
    found: Samples,
    evaluator: Evaluator,
    start: GlobalState,
    events: list[Event],
    statement: Statement,
) -> None:
    if statement.name in found.broken:
        return
    short = shorten(evaluator, start, events, statement)
    found.broken[statement.name] = str(short).splitlines()
