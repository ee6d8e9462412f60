"""What really happens: every leaf, rule and reply reached in a run, and no property without a case.

Belongs here: evidence from concrete runs of the reference evaluator. Never here: proofs; a run
shows that something is possible, and that a property was not broken in just this run.

A statement `for all x: A implies B` says something only if A happens; that is looked for in the
run, for every claim of every statement (`cases`). Runs are deterministic by their seed.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from checkers.cases import cases_of, leaf_goals
from checkers.instances import members_config, suits
from checkers.scenarios import NoAnswer, play
from model.evaluate import Checker, Evaluator, Event, Mix, Run, Simulation, shorten
from model.evaluate.simulate import checkable
from model.evaluate.values import EvaluationError
from model.lang import Spec

MIXES = (
    Mix(tries=6, phase=30),
    Mix(tries=3, phase=60, recent=0.97, window=10, request=3.0),
    Mix(tries=3, phase=120, recent=0.95, window=16, request=2.0, timer=2.0, crash=0.0),
)
"""Kinds of episodes: quick and varied, or long and orderly with some nodes cut off throughout."""
WANTED = 10.0
"""How much likelier an event is drawn while a rule that answers it has not fired. (Over a dozen
seeds the order's runs were half as long then, and none gave up.)"""


@dataclass(slots=True)
class Reached:
    """What a run reached, what it did not, and what it broke.

    `missing_cases` and `missing_leaves` name what no state or step of the run showed;
    `broken` gives for each broken statement a short run from the first state that breaks it, one
    line a step.
    """

    seed: int
    steps: int
    nodes: int
    fired: Counter[str]
    replies: Counter[str]
    missing_rules: list[str] = field(default_factory=list)
    missing_replies: list[str] = field(default_factory=list)
    missing_leaves: list[str] = field(default_factory=list)
    missing_cases: list[str] = field(default_factory=list)
    broken: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0
    reason: str = ""
    """Why there is no run, where there is none."""

    def complete(self) -> bool:
        """Tell whether nothing is missing."""
        return not (
            self.missing_rules or self.missing_replies or self.missing_leaves or self.missing_cases
        )


def standard_config(spec: Spec, members: int = 3) -> tuple[dict[str, Any], list[str]]:
    """Return a configuration and its nodes.

    `members` nodes are in the first set of nodes, one in each other set, and one in none. Where
    that contradicts the spec's assumptions it is the configuration of the first scenario.
    """
    made = members_config(spec, members, spare=1)
    told = [(dict(s.config), list(s.nodes)) for s in spec.scenarios]
    return next((one for one in [made, *told] if suits(spec, *one)), made)


def reach(
    spec: Spec,
    seed: int = 1,
    steps: int = 60_000,
    at_least: int = 12_000,
    config: Mapping[str, Any] | None = None,
    nodes: list[str] | None = None,
) -> Reached:
    """Run short episodes, each from where something rare happened before, until all is reached.

    It takes `at_least` that many steps, and gives up after `steps`.
    Every property, open ones included, is checked after each step. (First return, then explore:
    Ecoffet et al., 2021.)
    """
    started = time.perf_counter()
    if config is None or nodes is None:
        config, nodes = standard_config(spec)
    evaluator = Evaluator(spec)
    rules = [t.label for t in spec.transitions if t.kind == "rule"]
    event_of = {t.label: t.event.__name__ for t in spec.transitions if t.event is not None}
    if not suits(spec, dict(config), nodes):
        reason = "no configuration is known that satisfies the assumptions; tell one in a Scenario"
        return Reached(seed, 0, 0, Counter(), Counter(), missing_rules=rules, reason=reason)
    cases = [case for s in spec.statements.values() for case in cases_of(s)]
    leaves = leaf_goals(spec)
    real = checkable(spec)
    checker = Checker(evaluator, [*real, *cases, *leaves])
    first = evaluator.initial_state(config, nodes)
    fired: Counter[str] = Counter()
    replies: Counter[str] = Counter()
    broken: dict[str, tuple[Any, list[Event]]] = {
        violation.statement.name: (first, []) for violation in checker.start(first)
    }
    taken = 0
    kept: dict[tuple[str, str], tuple[list[Event], Any]] = {("", ""): ([], first)}

    def no_answer(run: Run, error: EvaluationError) -> Reached:
        """End with a run that comes to an event which two rules answer."""
        found = Reached(seed, taken, len(nodes), fired, replies)
        found.broken["one answer"] = [*str(run).splitlines(), str(error)]
        found.seconds = time.perf_counter() - started
        return found

    for scenario in spec.scenarios:
        try:
            played = play(evaluator, scenario, checker)
        except NoAnswer as error:
            return no_answer(error.run, error)
        taken += len(played.steps)
        fired += played.transitions
        replies += played.replies
        start = evaluator.initial_state(scenario.config, scenario.nodes)
        for at, violation in played.violations:
            events = [event for event, _ in played.steps[:at]]
            broken.setdefault(violation.statement.name, (start, events))
    used = {t.reply.decl.__name__ for t in spec.transitions if t.reply is not None}
    goals = {s.name for s in (*cases, *leaves)}
    choose = random.Random(seed)
    visits: Counter[tuple[str, str]] = Counter()
    while taken < steps:
        if (
            taken >= at_least
            and all(fired[r] for r in rules)
            and all(replies[r] for r in used)
            and goals <= checker.broken
        ):
            break
        promising = [c for c in kept if c[1] and not fired[c[1]]]
        cells = promising if promising and choose.random() < 0.6 else list(kept)
        (cell,) = choose.choices(cells, [1 / (1 + visits[c]) for c in cells])
        visits[cell] += 1
        wanted = {event_of[r]: WANTED for r in rules if not fired[r]}
        mix = replace(choose.choice(MIXES), events=wanted)
        prefix, state = kept[cell]
        simulation = Simulation(
            evaluator, state.copy(), choose.randrange(2**32), checker, mix, fired
        )
        for _ in range(mix.phase * 2):
            try:
                outcome = simulation.step()
            except EvaluationError as error:
                return no_answer(simulation.run, error)
            taken += 1
            local = simulation.state.nodes[outcome.node]
            place = " ".join([outcome.transition, *(str(local[name]) for name in spec.control)])
            if outcome.kind == "rule":
                cell = (place, "")
            elif outcome.refused_by is not None:  # how near the refusing rule was
                cell = (outcome.refused_by.clause, outcome.refused_by.rule)
            else:
                continue
            if cell not in kept:
                events = prefix + [event for event, _ in simulation.run.steps]
                kept[cell] = (events, simulation.state.copy())
        replies += simulation.run.replies
        for at, violation in simulation.run.violations:
            events = prefix + [event for event, _ in simulation.run.steps[:at]]
            broken.setdefault(violation.statement.name, (first, events))
    found = Reached(seed, taken, len(nodes), fired, replies)
    for name, (start, events) in broken.items():
        if name not in goals:
            short = shorten(evaluator, start, events, spec.statements[name])
            found.broken[name] = str(short).splitlines() or ["  the first state breaks it"]
    found.missing_rules = [r for r in rules if not fired[r]]
    found.missing_replies = sorted(used - set(replies))
    found.missing_leaves = [s.name[5:] for s in leaves if s.name not in checker.broken]
    found.missing_cases = [s.name[5:] for s in cases if s.name not in checker.broken]
    found.seconds = time.perf_counter() - started
    return found
