"""The run: generated nodes, their recordings, and every safety property after each step.

Belongs here: nodes made, crashed and restarted; what they did, put to the checker. Never here:
which event is next (`network`).

What is checked is what the nodes did, not what they should have done: their variables, the messages
they sent. Only the ghosts, which no node keeps, are the spec's: those of the rule that a node says
it took.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checkers.conformance.generated import GeneratedNode
from checkers.simulation.faults import Rates, Schedule
from checkers.simulation.network import Network
from checkers.writing import write_text
from impl.recording import Recorder, States
from model.evaluate import Checker, Evaluator, Event, GlobalState, Outcome, Violation
from model.evaluate.terms import Frame
from model.lang import Spec

Value = Any
EVERY = 500
FAULTS = "faults.json"
"""The file with what went wrong in a run, beside its recordings."""


@dataclass
class Options:
    """What to run."""

    steps: int = 1000
    seed: int = 1
    rates: Rates = field(default_factory=Rates)
    schedule: Schedule | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    """By name of a timer or request: how often it happens, where that is not 1; 0: never."""
    out: Path | None = None
    states: States = "full"
    progress: Callable[[int, int], None] | None = None


@dataclass
class SimulationReport:
    """What a run did, covered and broke."""

    spec: Spec
    nodes: list[str]
    seed: int
    steps: int = 0
    messages: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[int, Event, Violation]] = field(default_factory=list)
    """Each with the number of the step that broke it."""
    files: list[Path] = field(default_factory=list)
    schedule: Schedule = field(default_factory=Schedule)
    interrupted: bool = False
    ended: bool = False
    """Whether nothing could happen any more, before all steps were taken."""


def simulate(
    spec: Spec,
    config: Mapping[str, Value],
    nodes: Sequence[str],
    options: Options,
    package: str,
) -> SimulationReport:
    """Run nodes of the generated `package` of `spec`. The same options give the same run.

    Raises `impl.recording.RecordingError` where a recording cannot be written.
    """
    run = _Run(spec, config, nodes, options, package)
    try:
        run.go()
    except KeyboardInterrupt:
        run.report.interrupted = True
    finally:
        run.close()
    return run.report


class _Run:
    """A run in progress."""

    def __init__(
        self,
        spec: Spec,
        config: Mapping[str, Value],
        nodes: Sequence[str],
        options: Options,
        package: str,
    ) -> None:
        self.spec, self.options = spec, options
        self.generated = GeneratedNode(spec, package)
        self.config = self.generated.config(config)
        self.evaluator = Evaluator(spec)
        self.network = Network(
            spec, nodes, options.seed, options.rates, options.schedule, options.weights
        )
        self.report = SimulationReport(spec, list(nodes), options.seed)
        self.nodes: dict[str, Any] = {}
        self.stored: dict[str, Any] = {}
        self.recorders: dict[str, Recorder] = {}
        self.rows = {
            row.label: row
            for rules, refusals in self.evaluator.events.values()
            for row in (*rules, *refusals)
        }
        if options.out is not None:
            options.out.mkdir(parents=True, exist_ok=True)
        for name in nodes:
            self._start(name)
        locals_ = {name: self.generated.variables(self.nodes[name]) for name in nodes}
        self.state: GlobalState = self.evaluator.state(config, locals_)
        statements = spec.of_kind("assumption", "safety", "step")
        self.checker = Checker(self.evaluator, statements)

    def _start(self, name: str) -> None:
        node = self.nodes[name] = self.generated.start(name, self.config)
        self.stored[name] = node.durable()
        out = self.options.out
        if out is None:
            return
        path = out / f"{re.sub(r'[^A-Za-z0-9_-]', '_', name)}.jsonl"

        def store(durable: Any) -> None:
            self.stored[name] = durable

        run = f"{self.spec.name}, seed {self.options.seed}"
        recorder = Recorder(node, path, states=self.options.states, run=run, store=store)
        self.recorders[name] = recorder
        self.report.files.append(path)

    # ------------------------------------------------------------ steps

    def go(self) -> None:
        report, network = self.report, self.network
        first = Event("crash", "the first state", report.nodes[0])
        report.broken += [(0, first, v) for v in self.checker.start(self.state)]
        while report.steps < self.options.steps:
            event = network.next_event(self.state)
            if event is None:
                report.ended = True
                return
            outcome = self._restart(event) if event.kind == "crash" else self._answer(event)
            found = self.checker.before(self.state, event, outcome)
            found += self.checker.apply(self.state, outcome)
            network.sent(outcome.sends)
            network.heed(event, outcome.kind == "rule")
            report.steps += 1
            network.step += 1
            report.rows[outcome.transition] += 1
            if outcome.reply is not None:
                report.replies[outcome.reply] += 1
            report.broken += [(report.steps, event, v) for v in found]
            if self.options.progress is not None and report.steps % EVERY == 0:
                self.options.progress(report.steps, self.options.steps)

    def _answer(self, event: Event) -> Outcome:
        """Let a node handle an event; return what it did."""
        name = event.node
        node, before = self.nodes[name], self.state.nodes[name]
        values = self.generated.read_all(node)
        answer = self.generated.answer(self.recorders.get(name, node), event)
        if name not in self.recorders and answer.persist:
            self.stored[name] = node.durable()
        after = self.generated.after(node, before, values)
        updates = {n: v for n, v in after.items() if v != before[n]}
        row = self.rows[answer.label]
        f = Frame(self.state.config, name, before, event.fields, event.sender, self.state)
        return Outcome(
            answer.label,
            row.kind,
            name,
            updates,
            answer.sends,
            answer.reply,
            answer.reply_fields,
            answer.refused_by,
            row.ghost_rows(f),
        )

    def _restart(self, event: Event) -> Outcome:
        """Let a node that was down start again with what it had stored."""
        name = event.node
        old = self.nodes[name]
        node = self.nodes[name] = self.generated.process.restart(
            name, old.config, self.stored[name]
        )
        if name in self.recorders:
            self.recorders[name].restart(node)
        before, after = self.state.nodes[name], self.generated.variables(node)
        updates = {n: v for n, v in after.items() if v != before[n]}
        label = self.evaluator.crash.label
        return Outcome(label, "environment", name, updates, [], None, {}, None, [])

    def close(self) -> None:
        """Close the recordings, and write what went wrong beside them."""
        for recorder in self.recorders.values():
            recorder.close()
        report, network = self.report, self.network
        report.schedule = network.happened
        report.messages, report.faults = network.messages, network.faults
        if self.options.out is not None:
            path = self.options.out / FAULTS
            write_text(path, report.schedule.text())
