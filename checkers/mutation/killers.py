"""What notices a mutant of a spec: the checks of the project, the cheap ones first.

Belongs here: which checks are asked, in which order, and what each says. Never here: a check of its
own, or how an obligation is asked (`asking`).

First come the checks that say what is wanted: the language, the proofs as far as a short attempt
goes, the figure, that every rule can answer, that the scenarios can be played, on request the
promises in a small scope. Only then comes what is *recorded* of the original: how its scenarios
went, what the stored cases of its clauses hold, and its permission matrix. These are no evidence
that the original is right; they tell whoever makes such an edit that something changed, and a
review must say whether it should. What no scenario tells apart may be the original's equal: the
solver is asked for a proof, and again with patience before a case that no run leads to is heard.
What the short attempt at the proofs left open is asked in earnest where nobody else noticed; where
a record did, the outcome says that it is open.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from checkers.edges import can_answer, steps_of
from checkers.induction import Obligation
from checkers.liveness.check import check
from checkers.liveness.setting import read_setting
from checkers.mcdc.cases import Case
from checkers.mcdc.restart import NAME as RESTART
from checkers.mutation.asking import Asker, Broken, Open, Provers
from checkers.mutation.bearing import Bearing, Proofs, difference
from checkers.mutation.equivalence import SOON, STEPS, Equivalence
from checkers.mutation.mutant import Mutant
from checkers.mutation.outcome import (
    CASES,
    CHECKS,
    DEAD,
    FIGURE,
    LANGUAGE,
    MATRIX,
    PROMISE,
    PROOF,
    RUN,
    SCENARIO,
    UNPROVED,
    Check,
    Fate,
    Outcome,
)
from checkers.possible import Possible
from checkers.questions import Question
from checkers.scenarios import play
from checkers.verdict import Verdict
from model import figures
from model.evaluate import Checker, Evaluator, Event, GlobalState, show_value
from model.evaluate import Outcome as Answer
from model.evaluate.checker import Violation
from model.evaluate.node import NodeEvaluator
from model.evaluate.values import EvaluationError, Value
from model.figures import Step
from model.lang import Spec, SpecError, SpecErrors, checks
from model.lang.expr import Expr, Kind
from model.lang.promises import EVENTUALLY
from model.lang.scenario import Scenario
from model.lang.sorts import BOOL
from model.lang.spec import Transition
from model.reference.source import Source

SCOPE_STATES = 60_000
"""A scope in which promises are asked has at most so many states; of more nothing is concluded."""

Told = tuple[Check | None, str]
"""The check that notices, if one does, and what it says; or in which state a survivor differs."""


class Killers:
    """The checks of one spec, asked of its mutants in one process."""

    def __init__(self, spec: Spec, proofs: Proofs, cases: Sequence[Case] = ()) -> None:
        """Prepare; `proofs` are those of the original's obligations, `cases` its stored ones."""
        self.spec, self.cases = spec, cases
        self.provers = Provers(spec)
        self.bearing = Bearing(spec, proofs)
        self.equivalence = Equivalence(spec, self.provers)
        self.scope: str | None = None
        self.requests: tuple[str, ...] = ()
        """The scope in which promises are asked of what nothing cheaper kills, and with which
        requests; None for not at all."""

    def outcome(self, m: Mutant) -> Outcome:
        """Return what becomes of a mutant."""
        started = time.process_time()
        fate, told, left = self._fate(m)
        check = told[0].name if told is not None and told[0] is not None else ""
        message = told[1] if told is not None else ""
        undecided = str(left) if left is not None and check and CHECKS[check].recorded else ""
        spent = time.process_time() - started
        row = (m.name, m.operator, m.at, m.where, m.told)
        return Outcome(*row, fate, check, message, spent, undecided)

    def _fate(self, m: Mutant) -> tuple[Fate, Told | None, Open | None]:
        try:
            made = m.spec(self.spec)
            _language(made, m)
        except (SpecError, SpecErrors) as error:
            return Fate.KILLED, (LANGUAGE, str(error).splitlines()[0]), None
        asker = Asker(made, self.provers, shares=m.local)
        hasty = asker.hastily(self.bearing.questions(m, made))
        if isinstance(hasty, Broken):
            return Fate.KILLED, _broken(hasty), None
        told = self._noticed(m, made)
        if told is not None:
            return Fate.KILLED, told, hasty
        if self.equivalence.same(made, m, SOON):
            return Fate.EQUIVALENT, None, None
        told = self._stored(m, made, likely=True)
        if told is not None:
            return Fate.KILLED, told, hasty
        if self.equivalence.same(made, m, STEPS):
            return Fate.EQUIVALENT, None, None
        told = self._stored(m, made, likely=False) or self._matrix(m, made)
        if told is not None:
            return Fate.KILLED, told, hasty
        if hasty is not None:
            broken = asker.first_broken(self.bearing.questions(m, made))
            if broken is not None:
                return Fate.KILLED, _broken(broken), None
        apart = self.equivalence.told_apart(made, m)
        if apart is not None:
            return Fate.SURVIVED, (None, apart), None
        return Fate.UNKNOWN, None, None

    def _noticed(self, m: Mutant, made: Spec) -> Told | None:
        """Return what notices, after the proofs, in a moment."""
        told = self._figure(m, made) or self._dead(m, made)
        if told is not None:
            return told
        run = self._runs(m, made)
        if run is not None and run[0] is SCENARIO:
            return run
        return self._promises(made) or run  # what runs otherwise is not the same

    # ------------------------------------------------------------ proofs

    def _dead(self, m: Mutant, made: Spec) -> Told | None:
        """Ask whether a rule that answers in other states can still answer at all."""
        asker = Asker(made, self.provers, shares=m.local)
        for t in self._changed(made):
            if t.kind != "rule" or not difference(self.spec.by_label[t.label], t).guard:
                continue
            false = Expr(Kind.CONST, BOOL, (), False)
            asked = Question("", t.label, "across", (t,), false, self.equivalence.near)
            for o in asker.unbounded().obligations([asked]):
                if isinstance(o, Obligation) and asker.proves(o):
                    return DEAD, f"{t.label} can never answer"
        return None

    def _changed(self, made: Spec) -> Iterator[Transition]:
        for t in made.transitions:
            if self.spec.by_label.get(t.label) is not t:
                yield t

    # ------------------------------------------------------------ the figure

    @cached_property
    def _can(self) -> Possible:
        return Possible(self.spec)

    @cached_property
    def _steps(self) -> dict[str, dict[str, list[Step]]]:
        """The steps of the original, by table and row."""
        return {
            table.variable: {
                t.label: steps_of(self._can, t, table.variable)
                for t in self.spec.transitions
                if t.kind != "environment"
            }
            for table in self.spec.edges
        }

    def _figure(self, m: Mutant, made: Spec) -> Told | None:
        if not self.spec.edges:
            return None
        now = {variable: dict(rows) for variable, rows in self._steps.items()}
        rows = [t for t in self._changed(made) if t.kind == "rule" and self._moves(t)]
        if not rows:
            return None
        can = self._can.afresh()
        for table in self.spec.edges:
            allowed = table.allowed()
            for t in rows:
                steps = now[table.variable][t.label] = steps_of(can, t, table.variable)
                for step in steps:
                    if (step.before, step.after) not in allowed:
                        return FIGURE, f"it gets {step.before} -> {step.after} by {t.label}"
        first = self.spec.edges[0].variable
        steps = [s for t in made.transitions for s in now[first].get(t.label, ())]
        drawn = figures.collapse(figures.assemble(made, steps), made)
        lost = sorted(figures.published(made) - drawn)
        return (FIGURE, "it loses {} -> {}".format(*lost[0])) if lost else None

    def _moves(self, t: Transition) -> bool:
        """Tell whether a changed rule can take other steps of the figure."""
        tabled = {table.variable for table in self.spec.edges}
        old = self.spec.by_label[t.label]
        d = difference(old, t)
        return bool(d.writes.variables & tabled) or (d.guard and bool(tabled & set(old.updates)))

    # ------------------------------------------------------------ scenarios

    @cached_property
    def _plays(self) -> dict[str, _Played]:
        evaluator = Evaluator(self.spec)
        return {s.name: _played(evaluator, s) for s in self.spec.scenarios}

    def _played_now(self, m: Mutant, made: Spec) -> Iterator[tuple[str, _Played, _Played]]:
        """Yield each scenario that the fault can reach, as it went and as it goes."""
        events = self._events(m, made)
        changed = (t for t in self._changed(made) if t.event is None)
        everywhere = any(True for _ in changed) or not m.local
        evaluator = Evaluator(made)
        for scenario in self.spec.scenarios:
            before = self._plays[scenario.name]
            if everywhere or events & before.events:
                yield scenario.name, before, _played(evaluator, scenario)

    def _events(self, m: Mutant, made: Spec) -> set[str]:
        """Return the events that the mutant may answer otherwise."""
        changed = {t.label for t in self._changed(made)} | {
            t.label for t in self.spec.transitions if t.label not in made.by_label
        }
        return {
            t.event.__name__ if t.event is not None else RESTART
            for t in self.spec.transitions
            if t.label in changed or any(t.label in o for o in m.order)
        }

    def _runs(self, m: Mutant, made: Spec) -> Told | None:
        """Return that a scenario cannot be carried out, or else that one goes otherwise."""
        otherwise: Told | None = None
        for name, before, now in self._played_now(m, made):
            if now.trouble and not before.trouble:
                return SCENARIO, f"{name!r} cannot be carried out: {now.trouble}"
            told = before.against(now)
            if told and otherwise is None:
                otherwise = RUN, f"{name!r} goes otherwise: {told}"
        return otherwise

    # ------------------------------------------------------------ promises

    @cached_property
    def _kept_promises(self) -> frozenset[str]:
        """The promises that the original keeps in the scope."""
        return self._promised(self.spec, frozenset())[Verdict.BOUND_REACHED]

    def _promises(self, made: Spec) -> Told | None:
        if self.scope is None or not self.spec.of_kind(EVENTUALLY):
            return None
        broken = self._promised(made, self._kept_promises)[Verdict.REFUTED]
        return (PROMISE, f"{min(broken)} is broken, in a small scope") if broken else None

    def _promised(self, spec: Spec, only: frozenset[str]) -> dict[Verdict, frozenset[str]]:
        setting = read_setting(spec, self.scope or "", requests=self.requests, states=SCOPE_STATES)
        told = check(spec, setting.config, setting.nodes, setting.bounds, only=only)
        return {
            verdict: frozenset(c.name for c in told.checked if c.verdict is verdict)
            for verdict in Verdict
        }

    # ------------------------------------------------------------ stored cases

    def _stored(self, m: Mutant, made: Spec, *, likely: bool) -> Told | None:
        """Ask the cases of the events that the fault can reach; the nearest clause is not told.

        `likely`: those in states that lemmas allow; or else those in states that no run leads to.
        """
        events = self._events(m, made)
        evaluator = NodeEvaluator(made)
        for number, case in enumerate(self.cases, start=1):
            s = case.situation
            if s.event.name not in events or bool(case.breaks) is likely:
                continue
            try:
                now = evaluator.answer(s.config, s.me, s.before, s.event)
            except EvaluationError as error:
                return CASES, f"case {number}, {s.event}: {error}"
            told = _other_answer(s.before, case.outcome, now)
            if told:
                return CASES, f"case {number}, {s.event}: {told}"
        return None

    # ------------------------------------------------------------ the permission matrix

    @cached_property
    def _pages(self) -> Source:
        return Source(self.spec, Path())

    @cached_property
    def _cells(self) -> dict[str, frozenset[tuple[str, str]]]:
        return {}

    def _matrix(self, m: Mutant, made: Spec) -> Told | None:
        for t in self._changed(made):
            old = self.spec.by_label[t.label]
            if t.kind != "rule" or not difference(old, t).guard:
                continue
            if t.label not in self._cells:
                self._cells[t.label] = frozenset(self._answered(self._can, old))
            event = t.event.__name__ if t.event is not None else ""
            can = self._can.afresh()
            for cell in self._cells_of(can, t):
                accepts = can_answer(can, t, *cell)
                if accepts != (cell in self._cells[t.label]):
                    where = " in ".join(x for x in (cell[0] or "a node", cell[1]) if x)
                    said = "accepts" if accepts else "no longer accepts"
                    return MATRIX, f"{where} {said} {event}"
        return None

    def _answered(self, can: Possible, t: Transition) -> Iterator[tuple[str, str]]:
        for cell in self._cells_of(can, t):
            if can_answer(can, t, *cell):
                yield cell

    def _cells_of(self, can: Possible, t: Transition) -> Iterator[tuple[str, str]]:
        pages = self._pages
        for role in pages.roles:
            for state in pages.states:
                if pages.together(role, state):
                    yield role, state


def _broken(broken: Broken) -> Told:
    text = f"{broken.property} at {broken.transition}: {broken.told}"
    return (PROOF if broken.refuted else UNPROVED), text


def _language(made: Spec, m: Mutant) -> None:
    """Raise what the language says against a mutant."""
    for label, t in m.rows.items():
        if t is not None and t.event is not None:
            checks.local(t, t.span)
        elif t is None:
            assert label not in made.by_label
    found = list(checks.reachable_leaves(made))
    if found:
        raise SpecErrors(found)


@dataclass(frozen=True)
class _Played:
    """How a scenario went: what happened and was answered, how it ended, and why it could not."""

    events: frozenset[str]
    steps: tuple[tuple[str, str], ...]
    ends: tuple[tuple[str, str], ...] = ()
    trouble: str = ""

    def against(self, other: _Played) -> str:
        """Return the first thing that goes otherwise in another play; nothing where none does."""
        for at, (one, two) in enumerate(zip(self.steps, other.steps, strict=False), start=1):
            if one != two:
                return f"step {at}: {two[0]} is answered by {two[1]}, and was {one[0]} by {one[1]}"
        if len(self.steps) != len(other.steps):
            return f"{len(other.steps)} steps, and were {len(self.steps)}"
        for (what, was), (_, now) in zip(self.ends, other.ends, strict=False):
            if was != now:
                return f"{what} ends as {now}, and was {was}"
        return other.trouble if other.trouble != self.trouble else ""


class _Noting(Checker):
    """Checks nothing, and notes every answer and the last state."""

    def __init__(self, evaluator: Evaluator) -> None:
        super().__init__(evaluator, [])
        self.last: GlobalState | None = None
        self.noted: list[tuple[str, str]] = []
        self.names: set[str] = set()

    def advance(self, state: GlobalState, event: Event) -> tuple[Answer, list[Violation]]:
        outcome, found = super().advance(state, event)
        fields = ", ".join(f"{n}={show_value(v)}" for n, v in outcome.reply_fields.items())
        self.noted.append((str(event), f"{outcome.transition} with {outcome.reply}({fields})"))
        self.names.add(event.name)
        self.last = state
        return outcome, found


def _played(evaluator: Evaluator, scenario: Scenario) -> _Played:
    noting, trouble = _Noting(evaluator), ""
    try:
        play(evaluator, scenario, noting)
    except (SpecError, SpecErrors, EvaluationError) as error:
        trouble = str(error).splitlines()[0]
    ends = []
    for node, local in sorted(noting.last.nodes.items()) if noting.last is not None else ():
        ends += [(f"{node}.{name}", show_value(value)) for name, value in sorted(local.items())]
    return _Played(frozenset(noting.names), tuple(noting.noted), tuple(ends), trouble)


def _other_answer(before: dict[str, Value], was: Answer, now: Answer) -> str:
    """Return how an answer differs: not in which clause a refusal names as the nearest."""
    for what, one, other in (
        ("it is answered as", was.transition, now.transition),
        ("it sets", _set(before, was), _set(before, now)),
        ("it sends", was.sends, now.sends),
        ("the reply is", was.reply, now.reply),
        ("the reply tells", was.reply_fields, now.reply_fields),
    ):
        if one != other:
            return f"{what} {_plain(other)}, and was {_plain(one)}"
    return ""


def _set(before: dict[str, Value], answer: Answer) -> dict[str, Value]:
    """Return what is another value afterwards."""
    return {n: v for n, v in answer.updates.items() if v != before[n]}


def _plain(value: object) -> str:
    match value:
        case dict():
            return ", ".join(f"{n}={show_value(v)}" for n, v in value.items()) or "nothing"
        case list():
            return "; ".join(map(str, value)) or "nothing"
        case _:
            return str(value)
