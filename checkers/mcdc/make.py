"""From a spec to its cases: each goal gets a case, or a proof that there is none.

Belongs here: the order in which goals are looked at, and what becomes of each. Never here: the
questions to the solver (`room`, `impossible`), or what a case is (`cases`).

Every case that the solver gives is judged by the reference evaluator, which shares nothing with it:
it must be well-sorted, have what is wanted, and be answered by one row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from checkers.given import Given
from checkers.mcdc.cases import Case, Situation
from checkers.mcdc.goal import Goal
from checkers.mcdc.goals import goals_of, of_one_node
from checkers.mcdc.impossible import Impossible, Proof
from checkers.mcdc.restart import events_of
from checkers.mcdc.room import SCOPES, Room, Undecided
from model.evaluate import EvaluationError, Evaluator, Outcome, check_value
from model.evaluate.state import GlobalState, Packet
from model.evaluate.terms import Closure, Frame, TermCompiler
from model.evaluate.values import occurring
from model.lang import Spec, declare
from model.lang.sorts import NODE
from model.smt.bounded import Scope
from model.smt.translate import UnsupportedExpression

Progress = Callable[[str, int, int], None]


@dataclass
class Made:
    """What was made of a spec: its goals by event, the cases, and what no case shows.

    `unlikely`: goals that a case shows, but none that a run can lead to, with the proof of that.
    `unknown`: goals that no case shows, and why that is not settled.
    """

    goals: dict[str, list[Goal]] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    impossible: dict[str, Proof] = field(default_factory=dict)
    unlikely: dict[str, Proof] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)


class Judge:
    """What the reference evaluator says of a situation."""

    def __init__(self, spec: Spec, given: Given) -> None:
        self.spec = spec
        self.evaluator = Evaluator(spec)
        self._given = given
        self._tests: dict[int, list[tuple[Closure, bool]]] = {}
        self._goals: list[Goal] = []  # keeps them, and so their identities, alive

    def shows(self, s: Situation, goal: Goal) -> bool:
        """Tell whether a situation has what a goal wants."""
        tests = self._tests.get(id(goal))
        if tests is None:
            compiler = TermCompiler()
            tests = [(compiler.compile(e, {}), value) for e, value in goal.wanted]
            self._tests[id(goal)] = tests
            self._goals.append(goal)
        f = Frame(s.config, s.me, s.before, s.event.fields, s.event.sender)
        return all(bool(test(f)) == value for test, value in tests)

    def outcome(self, s: Situation) -> Outcome:
        """Return what the node answers. Raises `EvaluationError` where that is not one thing."""
        return self.evaluator.answer(s.config, s.me, s.before, s.event)

    def check(self, s: Situation) -> None:
        """Raise `EvaluationError` unless everything is of its sort."""
        check_value(s.me, NODE, "me")
        event = events_of(self.spec)[s.event.name]
        if s.event.sender is not None:
            check_value(s.event.sender, NODE, "the sender")
        for parts, values in (
            (self.spec.config.parts, s.config),
            (self.spec.variables, s.before),
            (event.parts, s.event.fields),
        ):
            for name, decl in parts.items():
                check_value(values[name], decl.sort, name)

    def breaks(self, s: Situation) -> tuple[str, ...]:
        """Return which statements about one node, or about this message, are false of it."""
        statements, holds = self.spec.statements, self.evaluator.holds
        alone: GlobalState = self.evaluator.state(s.config, {s.me: s.before})
        names = [n for n, fact in self._given.of_the_node if of_one_node(fact)]
        broken = [n for n in names if not holds(alone, statements[n])]
        if s.event.sender is not None:
            fields = self.spec.events[s.event.name].parts
            named = {s.me, s.event.sender}
            for name, decl in fields.items():
                inside = occurring(s.event.fields[name], decl.sort)
                named |= {value for sort, value in inside if sort == NODE}
            packet = Packet(s.event.name, s.event.sender, s.me, tuple(s.event.fields.values()))
            # What these nodes hold is nothing to a statement about messages alone.
            sent = self.evaluator.state(s.config, dict.fromkeys(sorted(named), s.before), [packet])
            told = [n for n, _ in self._given.of_message(s.event.name)]
            broken += [n for n in told if not holds(sent, statements[n])]
        return tuple(broken)


class Maker:
    """Makes the cases of one spec; each event by itself."""

    def __init__(self, spec: Spec, scopes: Iterable[Scope] = SCOPES) -> None:
        self.spec, self.scopes = spec, tuple(scopes)
        self.given = Given(spec)
        self.judge = Judge(spec, self.given)
        self._rooms: dict[Scope, Room] = {}
        self._configs: dict[str, dict[str, object]] = {}

    @cached_property
    def _impossible(self) -> Impossible:
        return Impossible(self.spec, self.given)

    def make(self, progress: Progress | None = None) -> Made:
        """Return the cases of every event, and what no case shows."""
        made = Made()
        events = list(events_of(self.spec).values())
        for done, event in enumerate(events):
            if progress is not None:
                progress("events", done, len(events))
            self.add(made, event)
        if progress is not None:
            progress("events", len(events), len(events))
        return made

    def add(self, made: Made, event: type[declare.Event]) -> None:
        """Add the cases of one event."""
        self._rooms = {}
        goals = made.goals[event.__name__] = goals_of(self.spec, event)
        cases: list[Case] = []
        for goal in goals:
            shown = None if goal.own else self._known(cases, goal)
            if shown is None:
                shown = self._case(made, event, goal, cases)
            if shown is None:
                continue
            shown.shows.append(goal.name)
            if shown.breaks:
                proof = self._impossible.unlikely(goal)
                if proof is not None:
                    made.unlikely[goal.name] = proof
        made.cases += cases

    def _known(self, cases: list[Case], goal: Goal) -> Case | None:
        """Return a likely case made for another goal that shows this one, too."""
        likely = (c for c in cases if not c.breaks)
        return next((c for c in likely if self.judge.shows(c.situation, goal)), None)

    def _case(
        self, made: Made, event: type[declare.Event], goal: Goal, cases: list[Case]
    ) -> Case | None:
        """Return the case for a goal, a new one or one that is the same, or tell why not."""
        try:
            situation = self._situation(event, goal, made)
        except (Undecided, UnsupportedExpression) as error:
            made.unknown[goal.name] = f"the solver does not decide it: {error}"
            return None
        if situation is None:
            return None
        for case in cases:
            if case.situation == situation:
                return case
        try:
            self.judge.check(situation)
            if not self.judge.shows(situation, goal):
                raise EvaluationError(goal.name, situation.event.name, "it does not show the goal")
            outcome = self.judge.outcome(situation)
        except EvaluationError as error:
            made.unknown[goal.name] = f"the evaluator does not agree to the case found: {error}"
            return None
        cases.append(Case(situation, outcome, [], self.judge.breaks(situation)))
        return cases[-1]

    def _situation(self, event: type[declare.Event], goal: Goal, made: Made) -> Situation | None:
        """Return the least situation in the first scope that has one; or note why there is none."""
        first, *further = self.scopes
        found = self._in(first, event, goal)
        if found is not None:
            return found
        proof = self._impossible.proof(goal)
        if proof is not None:
            made.impossible[goal.name] = proof
            return None
        for scope in further:
            found = self._in(scope, event, goal)
            if found is not None:
                return found
        made.unknown[goal.name] = f"no case with {self.scopes[-1]}, and no proof that there is none"
        return None

    def _in(self, scope: Scope, event: type[declare.Event], goal: Goal) -> Situation | None:
        if scope not in self._rooms:
            self._rooms[scope] = Room(self.spec, event, scope, self.given)
        room = self._rooms[scope]
        for likely in (True, False):
            found = room.least(goal.wanted, goal.wishes, likely)
            if found is not None:
                return found
        return None


def shown(made: Made) -> Iterator[tuple[str, Case]]:
    """Yield every goal that is shown, with the case that shows it."""
    for case in made.cases:
        yield from ((name, case) for name in case.shows)
