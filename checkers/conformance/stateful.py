"""Hypothesis drives a whole order: every step compared in three readings, every oath checked.

Belongs here: the state machine, its profiles, what it covered. Never here: what a step is
(`replay`), or which one is next (`guide`). Needs Hypothesis, which only tests have.

Every run starts where something rare happened in an earlier one ("first return, then explore",
Ecoffet et al. 2021), or afresh. Where that is, and what was rare, is kept under the number that
Hypothesis drew for the run: the same numbers give the same run again, which shrinking needs.
"""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from checkers.conformance.acts import events_of
from checkers.conformance.guide import Guide
from checkers.conformance.recorded import record
from checkers.conformance.replay import Failure, Replay, Snapshot, Subject, shorten
from checkers.conformance.setting import Cluster, Setting
from model.evaluate import Event

FAR = 0x3D97_A6C5_10E3
NUMBERS = st.integers(FAR, FAR + 2**16 - 1).map(lambda number: number - FAR)
"""Drawn from far away: Hypothesis prefers numbers that stand in the modules that are loaded, and
which these are depends on what was run before."""
ABSENT = 0.3
"""The share of runs that begin with one node cut off."""


@dataclass(frozen=True)
class Profile:
    """How long to run: rounds of examples of bursts of steps, each round with its own seed."""

    rounds: int = 1
    examples: int = 60
    bursts: int = 6
    burst: int = 60
    seed: int = 1
    scenarios: bool = True
    """Play the spec's scenarios first, so that runs can go on from within them."""


QUICK = Profile()
LONG = Profile(rounds=30)


@dataclass
class StatefulReport:
    """What a run did and covered, and the failure that ended it.

    `missing_rules` never fired, `only_told` fired in the spec's scenarios and in no random run.
    """

    spec: str
    seed: int
    steps: int = 0
    runs: int = 0
    rounds: int = 0
    seconds: float = 0.0
    """Of processor time, everything included."""
    rows: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    """Of `rows`, those that answered in the spec's scenarios."""
    missing_rules: list[str] = field(default_factory=list)
    only_told: list[str] = field(default_factory=list)
    missing_replies: list[str] = field(default_factory=list)
    failure: Failure | None = None
    recordings: list[Path] = field(default_factory=list)
    """Of the failing run, shortened: one of each node."""

    @property
    def steps_per_second(self) -> float:
        """Compared steps a second of processor time."""
        return self.steps / self.seconds if self.seconds else 0.0

    @property
    def covered(self) -> bool:
        """Every rule fired, and every kind of reply was given."""
        return not (self.missing_rules or self.missing_replies)

    def __str__(self) -> str:
        """Return it as text."""
        lines = [
            f"seed {self.seed}: {self.steps:,} steps compared in {self.runs} runs, "
            f"{self.rounds} rounds, {self.seconds:.1f} s: {self.steps_per_second:,.0f} a second",
            f"rules never fired: {', '.join(self.missing_rules) or 'none'}",
            f"rules fired in scenarios alone: {', '.join(self.only_told) or 'none'}",
            f"replies never given: {', '.join(self.missing_replies) or 'none'}",
        ]
        rare = [f"{label} {n}" for label, n in self.rows.most_common()[:-11:-1]]
        lines.append(f"rows that answered least: {', '.join(rare)}")
        if self.failure is not None:
            lines.append(str(self.failure))
        if self.recordings:
            names = " ".join(map(str, self.recordings))
            lines += ["Its recordings are written; to look at them:", f"oathbound trace {names}"]
        return "\n".join(lines)


@dataclass
class Start:
    """How a run begins: from which moment, and what had been seen by then."""

    moment: Snapshot | None
    cluster: Cluster
    fired: Counter[str]
    absent: str | None


@dataclass
class Explorer:
    """What all runs of a test share: the moments worth going back to, and what was seen."""

    subject: Subject
    setting: Setting
    report: StatefulReport

    def __post_init__(self) -> None:
        transitions = self.subject.spec.transitions
        self.rules = {t.label for t in transitions if t.kind == "rule"}
        self.moments: dict[str, Snapshot] = {}
        self.visits: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self._starts: dict[int, Start] = {}

    def play_scenarios(self) -> None:
        """Play what the spec's author tells, so that runs can go on from there."""
        for scenario in self.subject.spec.scenarios:
            run = Replay(self.subject, nodes=scenario.nodes, config=scenario.config)
            for event in events_of(scenario, run):
                self.step(run, event)
            self.ended(run)
        self.report.told += self.report.rows

    def step(self, run: Replay, event: Event) -> None:
        """Take a step, and keep the moment after it if it is worth it."""
        label = run.take(event, known=True)
        if label in self.rules:
            self._note(run, label, event.node)

    def start(self, number: int) -> tuple[Replay, Guide]:
        """Return a run and its guide; the same number gives the same again. 0 starts afresh."""
        found = self._starts.get(number)
        if found is None:
            found = self._starts[number] = self._new_start(number)
        if found.moment is None:
            run = Replay(self.subject, nodes=found.cluster.nodes, config=found.cluster.config)
        else:
            run = Replay.resume(self.subject, found.moment)
        return run, Guide(run, self.setting, found.fired, found.absent)

    def _new_start(self, number: int) -> Start:
        cluster = self.setting.clusters[number % len(self.setting.clusters)]
        if not number:
            return Start(None, cluster, Counter(), None)
        chance = random.Random(number)
        cells = ["", *self.moments]
        weights = [1 / (1 + self.visits[c]) / math.sqrt(1 + self.seen[c]) for c in cells]
        (cell,) = chance.choices(cells, weights)
        self.visits[cell] += 1
        moment = self.moments.get(cell)
        if moment is not None:
            cluster = moment.cluster
        absent = chance.choice(cluster.nodes) if chance.random() < ABSENT else None
        return Start(moment, cluster, self.report.rows - self.report.told, absent)

    def _note(self, run: Replay, label: str, node: str) -> None:
        """Keep this moment if what happened never did before, or took longer to get to.

        What happened is the rule that answered and where it led its node.
        """
        local, spec = run.state.nodes[node], self.subject.spec
        cell = " ".join([label, *(str(local[name]) for name in spec.control)])
        self.seen[cell] += 1
        kept = self.moments.get(cell)
        if kept is None or len(kept.history) > len(run.history):
            self.moments[cell] = run.moment()

    def ended(self, run: Replay) -> None:
        """Count what a run has seen."""
        self.report.runs += 1
        self.report.steps += run.rows.total()
        self.report.rows += run.rows
        self.report.replies += run.replies


def machine(explorer: Explorer, burst: int) -> type[RuleBasedStateMachine]:
    """Return the state machine whose runs share `explorer`; a burst has so many steps."""

    class System(RuleBasedStateMachine):
        """One run: it begins somewhere, and bursts of steps follow."""

        @initialize(number=NUMBERS)
        def begin(self, number: int) -> None:
            """Start a system."""
            self.replay, self.guide = explorer.start(number)

        @rule(phase=NUMBERS, numbers=st.lists(NUMBERS, min_size=burst, max_size=burst))
        def steps(self, phase: int, numbers: list[int]) -> None:
            """Let one event happen for each number but 0."""
            run = self.replay
            self.guide.begin_phase(phase)
            for number in filter(None, numbers):
                explorer.step(run, self.guide.choose(number))

        def teardown(self) -> None:
            """Count what this run has seen, if it began at all."""
            if hasattr(self, "replay"):
                explorer.ended(self.replay)

    return System


def run(
    subject: Subject,
    setting: Setting,
    profile: Profile = QUICK,
    progress: Callable[[StatefulReport], None] | None = None,
    keep: Path | None = None,
) -> StatefulReport:
    """Run a profile; a failure ends it and is shortened. The same profile does the same again.

    The recordings of a failing run, as short as it got, are written to the folder `keep`.
    """
    report = StatefulReport(subject.spec.name, profile.seed)
    explorer = Explorer(subject, setting, report)
    started = time.process_time()
    chosen = settings(
        max_examples=profile.examples,
        stateful_step_count=profile.bursts,
        phases=(Phase.generate, Phase.shrink),
        deadline=None,
        derandomize=False,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    try:
        if profile.scenarios:
            explorer.play_scenarios()
        for number in range(profile.rounds):
            factory = hypothesis.seed(profile.seed + number)(machine(explorer, profile.burst))
            run_state_machine_as_test(factory, settings=chosen)
            report.rounds += 1
            report.seconds = time.process_time() - started
            _judge(report, subject)
            if progress is not None:
                progress(report)
    except Failure as failure:
        report.failure = shorten(failure)
        if keep is not None:
            report.recordings = record(report.failure, keep)
    report.seconds = time.process_time() - started
    _judge(report, subject)
    return report


def _judge(report: StatefulReport, subject: Subject) -> None:
    """Tell which rules and replies the runs left out."""
    spec = subject.spec
    rules = [t for t in spec.transitions if t.kind == "rule"]
    given = {t.reply.decl.__name__ for t in spec.transitions if t.reply is not None}
    report.missing_rules = [t.label for t in rules if not report.rows[t.label]]
    report.only_told = [t.label for t in rules if 0 < report.told[t.label] == report.rows[t.label]]
    report.missing_replies = sorted(given - set(report.replies))
