"""Looking for faults in deep states, and making a run that shows one short.

Belongs here: what to do with many random runs. Never here: a single one (`simulate`).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from model.evaluate.checker import Checker
from model.evaluate.evaluator import Evaluator
from model.evaluate.node import Outcome
from model.evaluate.simulate import Mix, Run, Simulation, checkable, replay_events
from model.evaluate.state import Event, GlobalState
from model.evaluate.values import Value
from model.lang.spec import Statement

DEEP = Mix(tries=6, phase=30, orderly=0.5)
"""The mix of events that gets far: half of the time things go well, then somebody interferes."""


@dataclass
class Found:
    """What many runs found: how often each row answered, and the shortest run to each fault."""

    steps: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    broken: dict[str, list[Event]] = field(default_factory=dict)
    """By statement: the events of a run that breaks it, up to the step that does."""


def seek(
    evaluator: Evaluator,
    config: Mapping[str, Value],
    nodes: Sequence[str],
    seed: int,
    steps: int,
    *,
    mix: Mix | None = None,
    statements: Iterable[Statement] | None = None,
    episode: int = 60,
    stop: bool = False,
) -> Found:
    """Run many short episodes, each from where something rare has happened before.

    A thing that happened is a row that answered and where it led its node; the state after it is
    kept with the shortest run to it, and the less often it was gone on from, the likelier it is
    next (Ecoffet et al. 2021, "First return, then explore"). With `stop`, the first fault ends it.
    """
    choose = random.Random(seed)
    mix = mix if mix is not None else DEEP
    checker = Checker(evaluator, checkable(evaluator.spec) if statements is None else statements)
    found = Found()
    first = evaluator.initial_state(config, nodes)
    found.broken = {violation.statement.name: [] for violation in checker.start(first)}
    kept: dict[str, tuple[list[Event], GlobalState]] = {"": ([], first)}
    visits: Counter[str] = Counter()
    while found.steps < steps and not (stop and found.broken):
        cells = list(kept)
        (cell,) = choose.choices(cells, [1 / (1 + visits[c]) for c in cells])
        visits[cell] += 1
        prefix, state = kept[cell]
        checker.broken = set(found.broken) if stop else set()
        simulation = Simulation(
            evaluator, state.copy(), choose.randrange(2**32), checker, mix, found.fired
        )
        run = simulation.run
        for _ in range(episode):
            outcome = simulation.step()
            if run.violations:
                break
            cell = _cell(simulation, outcome)
            length = len(prefix) + len(run.steps)
            if outcome.kind == "rule" and (cell not in kept or len(kept[cell][0]) > length):
                events = prefix + [event for event, _ in run.steps]
                kept[cell] = (events, simulation.state.copy())
        found.steps += len(run.steps)
        found.replies += run.replies
        for at, violation in run.violations:
            events = prefix + [event for event, _ in run.steps[:at]]
            name = violation.statement.name
            if name not in found.broken or len(events) < len(found.broken[name]):
                found.broken[name] = events
    return found


def _cell(simulation: Simulation, outcome: Outcome) -> str:
    """Return what counts as the same thing: the row that answered, and where it led the node."""
    spec = simulation.evaluator.spec
    local = simulation.state.nodes[outcome.node]
    return " ".join([outcome.transition, *(str(local[name]) for name in spec.control)])


def shorten(
    evaluator: Evaluator, start: GlobalState, events: Sequence[Event], statement: Statement
) -> Run:
    """Return a short run from `start` that still breaks `statement`: no single event can go.

    Removes ever smaller pieces of `events` (Zeller's delta debugging, in its simplest form).
    """
    best = replay_events(evaluator, start, events, [statement], stop=True)
    if not best.violations:
        return best
    kept = [event for event, _ in best.steps]
    size = max(1, len(kept) // 2)
    while True:
        at, shorter = 0, False
        while at < len(kept):
            attempt = kept[:at] + kept[at + size :]
            run = replay_events(evaluator, start, attempt, [statement], stop=True)
            if run.violations:
                best, shorter = run, True
                kept = [event for event, _ in run.steps]
            else:
                at += size
        if size == 1 and not shorter:
            return best
        size = max(1, size // 2)
