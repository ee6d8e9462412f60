"""Every state, role and event of one node, and both sides of every guard clause, in three readings.

Belongs here: running the cases of `cases` through the `comparison`, and what they covered.
Never here: which values are tried (`setting`).

    report = run(spec)
    report.ok, report.rows(), str(report)

What no case decided is listed, and makes the run fail unless the solver shows it impossible: a row
that never answered, a clause that was never true, or never the only one of its rule that is false.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

import z3

from checkers.conformance.cases import CRASH, Case, EventCases
from checkers.conformance.comparison import Difference, Mismatch, Readings, Step
from checkers.conformance.compiled_model import CompiledModel, Values, is_satisfiable
from checkers.conformance.overlap import Overlaps
from checkers.conformance.setting import Setting, setting
from model.evaluate import Event
from model.lang import Spec
from model.lang.spec import Transition

Progress = Callable[[str, int], None]
"""Called after each event with its name and the number of cases so far."""

SHOWN = 20
"""So many mismatches are kept; one fault makes thousands."""


@dataclass(frozen=True, order=True)
class Goal:
    """Something that some case must show: a row that answers, or a clause that decides.

    `clause` is the place of a clause in its rule; `value` what it is to be, with `alone` all other
    clauses of the rule being true.
    """

    row: str
    clause: int | None = None
    value: bool = True
    alone: bool = False
    text: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Return it as reports show it."""
        if self.clause is None:
            return f"{self.row} answers"
        only = " while all others are true" if self.alone else ""
        return f"{self.row}: {self.text} is {str(self.value).lower()}{only}"


@dataclass
class Coverage:
    """What the cases have shown."""

    rows: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    clauses: Counter[tuple[str, tuple[bool, ...]]] = field(default_factory=Counter)
    """By rule and the values of its clauses together."""
    places: set[tuple[str, ...]] = field(default_factory=set)
    """The events, each with the values of the node's control variables."""

    def reached(self) -> set[Goal]:
        """Return the goals that some case showed."""
        found = {Goal(row) for row in self.rows}
        for rule, values in self.clauses:
            false = [at for at, value in enumerate(values) if not value]
            found |= {Goal(rule, at, value) for at, value in enumerate(values)}
            if len(false) == 1:
                found.add(Goal(rule, false[0], False, alone=True))
        return found


@dataclass
class ConformanceReport:
    """What the comparison of the three readings found.

    `impossible` are the goals that the solver shows nothing can reach, `undecided` those that a
    case should have reached; `unknown` those that the solver could not decide.
    """

    spec: str
    cases: int = 0
    differing: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)
    goals: int = 0
    impossible: list[Goal] = field(default_factory=list)
    undecided: list[Goal] = field(default_factory=list)
    unknown: list[Goal] = field(default_factory=list)
    silent_replies: list[str] = field(default_factory=list)
    excluded: Counter[tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=Counter)
    """Cases in which two rules answer, in a state that no node gets into: rules and the oaths."""
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """The readings agree on every case, and the cases show everything that is possible."""
        return not (self.differing or self.undecided or self.unknown or self.silent_replies)

    def rows(self) -> list[tuple[str, str]]:
        """Return what a table shows: a name and a value each."""
        reached = self.goals - len(self.impossible) - len(self.undecided) - len(self.unknown)
        counts = self.counts
        return [
            ("cases compared", f"{self.cases:,}"),
            ("events, the crash included", str(counts["events"])),
            ("events in every state and role", str(len(self.coverage.places))),
            ("rules that accepted", f"{counts['rules fired']} of {counts['rules']}"),
            ("refusals that answered", f"{counts['refusals given']} of {counts['refusals']}"),
            ("kinds of reply", f"{counts['replies given']} of {counts['replies']}"),
            ("guard clauses", str(counts["clauses"])),
            ("goals reached", f"{reached} of {self.goals}"),
            ("shown impossible by the solver", str(len(self.impossible))),
            ("two rules answer, where oaths exclude it", str(self.excluded.total())),
            ("cases that differ", str(self.differing)),
            ("seconds", f"{self.seconds:.1f}"),
        ]

    def __str__(self) -> str:
        """Return the whole report as text."""
        width = max(len(name) for name, _ in self.rows())
        lines = [f"{name:{width}}  {value}" for name, value in self.rows()]
        for title, goals in (
            ("No case decides, though one could:", self.undecided),
            ("The solver does not know whether a case could decide:", self.unknown),
        ):
            lines += [title, *(f"  {goal}" for goal in goals)] if goals else []
        if self.silent_replies:
            lines.append(f"Never replied: {', '.join(self.silent_replies)}")
        if self.mismatches:
            lines.append(f"The first of {self.differing} cases on which the readings differ:")
            lines += [str(m) for m in self.mismatches[:3]]
        return "\n".join(lines)


def run(
    spec: Spec,
    progress: Progress | None = None,
    *,
    values: Setting | None = None,
    package: str | None = None,
    events: Collection[str] | None = None,
    stop: bool = False,
) -> ConformanceReport:
    """Compare the generated node, the evaluator and the Z3 model on every case of `spec`.

    `values` is what to try, the setting of the spec's name unless it is given; `package` the
    generated node's. With `events` only these are tried (`crash` is one); with `stop` the first
    difference ends it, and nothing is said of what the cases left out.

    Raises `KeyError` for a spec without a setting, `ModuleNotFoundError` for one without a
    generated node.
    """
    started = time.perf_counter()
    chosen = values if values is not None else setting(spec.name)
    readings = Readings(spec, package)
    report = ConformanceReport(spec.name)
    bench = Bench(readings, chosen, report)
    bench.starts()
    tried = [name for name in (*spec.events, CRASH) if events is None or name in events]
    for name in tried:
        cases = EventCases(spec, chosen, name)
        control = [variable for _, variable in cases.control]
        for case in cases.cases():
            bench.run(case, control)
            if stop and report.differing:
                break
        if progress is not None:
            progress(name, report.cases)
    if not (stop and report.differing):
        _judge(report, readings.model, tried)
    report.seconds = time.perf_counter() - started
    return report


@dataclass
class Bench:
    """One generated node on which the cases are run, and the report that they go into."""

    readings: Readings
    setting: Setting
    report: ConformanceReport

    def __post_init__(self) -> None:
        self.overlaps = Overlaps(self.readings.model)
        self.config = self.readings.node.config(self.setting.config)
        self.node = self.readings.node.start(self.setting.me, self.config)

    def starts(self) -> None:
        """Compare the first variables of every node of the setting."""
        pairs = {(self.setting.me, id(self.setting.config)): self.setting.config}
        for cluster in self.setting.clusters:
            pairs |= {(node, id(cluster.config)): cluster.config for node in cluster.nodes}
        for (me, _), config in pairs.items():
            self.report.cases += 1
            self._note(Event("start", "start", me), {}, self.readings.compare_start(me, config))

    def run(self, case: Case, control: list[str]) -> None:
        """Run a case, compare, and note what it covers; `control` are the control variables."""
        report, readings = self.report, self.readings
        report.cases += 1
        readings.node.put(self.node, case.before)
        taken = readings.take(self.setting.config, self.node, case.before, case.event)
        if taken.outcome is not None and taken.step is not None:
            found = readings.compare(self.setting.config, taken.step, taken.outcome, clauses=True)
            taken.differences += found.differences
            coverage = report.coverage
            coverage.rows[taken.outcome.transition] += 1
            if taken.outcome.reply is not None:
                coverage.replies[taken.outcome.reply] += 1
            for rule, values in found.clauses.items():
                coverage.clauses[rule, values] += 1
        elif taken.torn and taken.step is not None and self._excluded(taken.step):
            taken.differences.clear()
        report.coverage.places.add((case.event.name, *(str(case.before[n]) for n in control)))
        self._note(case.event, case.before, taken.differences)

    def _excluded(self, step: Step) -> bool:
        """Tell whether oaths exclude a state in which two rules answer, and keep count."""
        rules = self.readings.rules_that_accept(self.setting.config, step)
        if len(rules) < 2 or step.answer is None or step.answer.label not in rules:
            return False
        oaths = self.overlaps.excluding(rules)
        if oaths is None:
            return False
        self.report.excluded[rules, oaths] += 1
        return True

    def _note(self, event: Event, before: Values, differences: list[Difference]) -> None:
        if differences:
            self.report.differing += 1
            if len(self.report.mismatches) < SHOWN:
                self.report.mismatches.append(
                    Mismatch(event, before, self.setting.config, differences)
                )


# ---------------------------------------------------------------- what the cases should show


def goals(t: Transition) -> Iterator[Goal]:
    """Yield what the cases should show of a transition."""
    yield Goal(t.label)
    if t.kind == "rule":
        for at, clause in enumerate(t.clauses):
            yield Goal(t.label, at, True, text=clause.text)
            yield Goal(t.label, at, False, text=clause.text)
            yield Goal(t.label, at, False, alone=True, text=clause.text)


def is_possible(model: CompiledModel, goal: Goal) -> bool | None:
    """Ask the solver whether any step at all can reach a goal; None where it does not know."""
    relation = model.relation(goal.row)
    if goal.clause is None:
        wanted = [relation.enabled]
    else:
        clause = relation.clauses[goal.clause]
        wanted = [clause if goal.value else z3.Not(clause)]
        if goal.alone:
            wanted += [c for at, c in enumerate(relation.clauses) if at != goal.clause]
    if is_satisfiable(*wanted) is False:
        return False
    return is_satisfiable(*wanted, *(axiom for _, axiom in model.vocabulary.axioms()))


def _judge(report: ConformanceReport, model: CompiledModel, events: Collection[str]) -> None:
    """Tell what the cases of `events` left out, and whether it is possible at all."""
    coverage = report.coverage
    transitions = [
        t
        for t in model.spec.transitions
        if (t.event.__name__ if t.event is not None else CRASH) in events
    ]
    wanted = [goal for t in transitions for goal in goals(t)]
    reached = coverage.reached()
    report.goals = len(wanted)
    for goal in wanted:
        if goal not in reached:
            answer = is_possible(model, goal)
            where = {False: report.impossible, True: report.undecided, None: report.unknown}
            where[answer].append(goal)
    dead = {goal.row for goal in report.impossible if goal.clause is None}
    given = {t.reply.decl.__name__ for t in transitions if t.reply and t.label not in dead}
    report.silent_replies = sorted(given - set(coverage.replies))
    kinds = Counter(t.kind for t in transitions)
    fired = Counter(t.kind for t in transitions if coverage.rows[t.label])
    report.counts.update(
        {
            "events": len(events),
            "rules": kinds["rule"],
            "rules fired": fired["rule"],
            "refusals": kinds["refusal"],
            "refusals given": fired["refusal"],
            "replies": len(given),
            "replies given": len(coverage.replies),
            "clauses": sum(len(t.clauses) for t in transitions if t.kind == "rule"),
        }
    )
