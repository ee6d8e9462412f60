"""What beside the proofs notices that a clause of a guard is gone.

Belongs here: the tests that a spec brings with it. Never here: its proofs (`without`).

A test counts where it says what is wanted apart from the rule itself: a published edge of the
figure, an entry of the permission matrix (which role may have what answered in which state), a
scenario. What is generated from the rule again (the node, the page with its clauses) differs for
any clause, and says nothing of why it should stand. Nor does `sometimes`: with a clause less, only
more can happen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from checkers.edges import can_answer, steps_of
from checkers.needs.without import Left, Without
from checkers.possible import Possible
from checkers.questions import Question as Asked
from checkers.scenarios import play
from model.evaluate import Checker, Evaluator
from model.evaluate.values import EvaluationError
from model.lang import Spec
from model.lang.errors import SpecError
from model.lang.spec import Transition, drop_clause
from model.reference.source import Source

Cell = tuple[str, str]
"""A role and a state: where an event may come."""


@dataclass(frozen=True)
class Noticed:
    """What notices that a clause is gone, in words; `by` is the kind of it."""

    by: str
    text: str


class Tests:
    """The tests of one spec, each asked again with a clause less."""

    def __init__(self, spec: Spec) -> None:
        """Prepare for `spec`; nothing is asked yet."""
        self.spec = spec
        self._cells: dict[str, frozenset[Cell]] = {}

    def notice(self, label: str, clause: int) -> Noticed | None:
        """Return the first test that notices that the rule's clause is gone."""
        changed = drop_clause(self.spec, label, clause)
        for by, told in self._asked(changed, label, clause):
            return Noticed(by, told)
        return None

    def _asked(self, changed: Spec, label: str, clause: int) -> Iterator[tuple[str, str]]:
        t = changed.by_label[label]
        # Under a name of its own: what it can do is remembered by that.
        t = replace(t, name=f"{t.name} without {clause}")
        yield from (("scenario", told) for told in self._scenarios(changed, label))
        yield from (("figure", told) for told in self._figure(t))
        yield from (("matrix", told) for told in self._matrix(label, t))

    # ------------------------------------------------------------ figure and matrix

    @cached_property
    def _can(self) -> Possible:
        return Possible(self.spec)

    def _figure(self, t: Transition) -> Iterator[str]:
        """Yield the edges that the rule would take, and the published figure does not have."""
        for table in self.spec.edges:
            for step in steps_of(self._can, t, table.variable):
                pair = (step.before, step.after)
                if not any(pair[0] in a.leaves and pair[1] in b.leaves for a, b in table.edges):
                    yield f"the figure gets {pair[0]} -> {pair[1]}"

    def _matrix(self, label: str, t: Transition) -> Iterator[str]:
        """Yield where the rule would answer, and the permission matrix says that it does not."""
        before = self.spec.by_label[label]
        if label not in self._cells:
            self._cells[label] = frozenset(self._answered(before))
        name = t.event.__name__ if t.event is not None else ""
        for role, state in self._answered(t):
            if (role, state) not in self._cells[label]:
                where = " in ".join(x for x in (role or "a node", state) if x)
                yield f"the permission matrix: {where} accepts {name}"

    @cached_property
    def _pages(self) -> Source:
        return Source(self.spec, Path())

    def _answered(self, t: Transition) -> Iterator[Cell]:
        pages = self._pages
        for role in pages.roles:
            for state in pages.states:
                if pages.together(role, state) and can_answer(self._can, t, role, state):
                    yield role, state

    # ------------------------------------------------------------ scenarios

    def _scenarios(self, changed: Spec, label: str) -> Iterator[str]:
        """Yield the scenarios that go otherwise: an event has another answer."""
        evaluator = Evaluator(changed)
        event = changed.by_label[label].event
        for name, before in self._plays.items():
            if event is None or event.__name__ not in before.events:
                continue  # the rule is never asked in it
            if _played(evaluator, name) != before:
                yield f"the scenario {name!r} goes otherwise"

    @cached_property
    def _plays(self) -> dict[str, _Played]:
        evaluator = Evaluator(self.spec)
        return {s.name: _played(evaluator, s.name) for s in self.spec.scenarios}


@dataclass(frozen=True)
class _Played:
    """What happened in a scenario: each event with what answered it, and whether it could go on.

    Replies, messages and states follow from these.
    """

    events: frozenset[str]
    steps: tuple[tuple[str, str], ...]
    trouble: str = ""


def _played(evaluator: Evaluator, name: str) -> _Played:
    (scenario,) = (s for s in evaluator.spec.scenarios if s.name == name)
    try:
        run = play(evaluator, scenario, Checker(evaluator, []))
    except (SpecError, EvaluationError) as error:
        return _Played(frozenset(), (), str(error))
    steps = tuple((str(event), label) for event, label in run.steps)
    return _Played(frozenset(event.name for event, _ in run.steps), steps)


# ---------------------------------------------------------------- a clause that nothing notices


@dataclass(frozen=True)
class Implied:
    """Whether a clause follows from what is left; None: UNKNOWN.

    `clauses` and `given`: the clauses and statements that it follows from.
    """

    follows: bool | None
    clauses: tuple[str, ...] = ()
    given: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return it in words."""
        if self.follows is None:
            return "UNKNOWN whether it is implied"
        if self.follows:
            return f"implied by {', '.join([*self.clauses, *self.given]) or 'what is sent'}"
        return "not implied: a state that satisfies all that is stated has it alone false"


def implied(asks: Without, label: str, clause: int) -> Implied:
    """Return whether the other clauses and all that is stated imply a clause.

    What is implied in every reachable state can go, and nothing behaves otherwise.
    """
    spec, left = asks.spec, Left(clause=clause)
    t = spec.by_label[label]
    given = [s for s in spec.of_kind("safety", "lemma", "assumption") if not s.prop.open]
    every = frozenset(s.name for s in given)
    near = frozenset(s.name for s in given if not s.prop.by_name)

    def question(offered: frozenset[str]) -> Asked:
        return Asked("", label, "across", (t,), t.clauses[clause].expr, offered)

    for patient, offered in ((False, near), (False, every), (True, near)):
        if patient and asks.differs(question(offered), left, label):
            return Implied(False)
        core = asks.follows(question(offered), left, patient)
        if core is not None:
            return Implied(True, tuple(t.clauses[i].text for i in core.guards), core.given)
    return Implied(None)
