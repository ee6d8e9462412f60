"""What has to be proved of a spec: every obligation, before any solver sees it.

A property holds in every reachable state if it holds initially and every transition preserves it.
Each pair of a transition and a property is one question. A transition that writes nothing a
property reads preserves it by frame, which needs no solver: that is an answer and no question.

Belongs here: which questions there are, and what each may assume. Never here: their formulas for a
solver (`induction`), or any solver; so that what is answered already is told without loading one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from checkers.verdict import Result, Verdict
from model.lang import Spec
from model.lang.expr import Expr, Kind, conjunction, disjunction, negate
from model.lang.footprint import Footprint, reads, writes
from model.lang.sorts import BOOL
from model.lang.spec import Statement, Transition

INITIAL = "initial state"
ROLES = "sender roles"
ACTORS = "acting roles"
DETERMINISM = "one answer"
TOTALITY = "every event answered"
STRUCTURAL = {
    ROLES: "A message is sent only in a role that may send it",
    ACTORS: "Only who may act on an event does, and only for a sender who may speak",
    DETERMINISM: "No two rules answer one event differently",
    TOTALITY: "Every event has an answer in every state",
}


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Does `goal` follow, of the transitions `of`?

    `when`: `initially` (the goal is read in the first state; no transition), `after` (in the state
    after the transition), `across` (the goal itself speaks of before and after), `apart` (before
    two transitions), `answered` (before some of the transitions). `offered`: the statements that
    may be assumed of the state before; `later`: those that may be assumed of the state after.
    """

    property: str
    transition: str
    when: str
    of: tuple[Transition, ...]
    goal: Expr
    offered: frozenset[str]
    later: frozenset[str] = frozenset()


def hypotheses(spec: Spec, statement: Statement | None = None) -> list[Statement]:
    """Return the statements an induction step may assume, none of them open.

    A statement that names what its proof uses gets just those and itself; any other, and a
    structural obligation, every one that is not to be assumed by name alone.
    """
    given = [s for s in spec.of_kind("safety", "lemma") if not s.prop.open]
    if statement is None:
        return [s for s in given if not s.prop.by_name]
    named = {*(statement.prop.uses or ()), statement.name}
    if statement.prop.uses is None:
        named |= {s.name for s in given if not s.prop.by_name}
    return [s for s in given if s.name in named]


class Questions:
    """The questions of one spec; `only` names the properties that are asked about, or is None."""

    def __init__(self, spec: Spec, only: frozenset[str] | None = None) -> None:
        """Prepare for `spec`."""
        self.spec, self.only = spec, only
        self.statements = [s for s in spec.of_kind("safety", "lemma", "step") if not s.prop.open]
        self._always = frozenset(s.name for s in spec.of_kind("assumption"))
        self._reads = cache(self._footprint)

    def _asked(self, name: str) -> bool:
        return self.only is None or name in self.only

    def _footprint(self, name: str) -> Footprint:
        formula = self.spec.statements[name].formula
        assert formula is not None
        return reads(formula)

    def _offered(self, statement: Statement | None = None) -> frozenset[str]:
        return frozenset(s.name for s in hypotheses(self.spec, statement)) | self._always

    def _later(self, statement: Statement) -> frozenset[str]:
        """Return what the statement's proof may assume of the state after the step.

        Sound by induction on steps, then on the order in which statements name each other so,
        which the reader of specs has found to have no circle (ORD119).
        """
        named = ((n, self.spec.statements[n]) for n in statement.prop.after)
        return frozenset(n for n, s in named if not s.prop.open and s.formula is not None)

    # ------------------------------------------------------------ one transition

    def of_transition(self, transition: Transition) -> Iterator[Question | Result]:
        """Yield what is asked of one transition, and results for what it meets by frame."""
        written = writes(transition)
        here = (transition,)
        for s in self.statements:
            if not self._asked(s.name):
                continue
            formula = s.per_transition.get(transition.label) if s.formula is None else s.formula
            if formula is None:
                continue
            if s.formula is not None and not self._reads(s.name).meets(written):
                yield Result(s.name, transition.label, Verdict.PROVED, "frame")
                continue
            when = "across" if s.formula is None else "after"
            offered, later = self._offered(s), self._later(s)
            yield Question(s.name, transition.label, when, here, formula, offered, later)
        # The roles follow from the guards alone: they are checked where they matter, not inferred.
        if self._asked(ROLES):
            goal = sender_roles(self.spec, transition)
            if goal is not None:
                yield Question(ROLES, transition.label, "across", here, goal, frozenset())
        if self._asked(ACTORS):
            goal = acting_roles(self.spec, transition)
            if goal is not None:
                yield Question(ACTORS, transition.label, "across", here, goal, frozenset())

    # ------------------------------------------------------------ the rest

    def of_initial_state(self) -> Iterator[Question]:
        """Yield for each statement that it holds before anything happened."""
        for s in self.spec.of_kind("safety", "lemma"):
            if not s.prop.open and s.formula is not None and self._asked(s.name):
                yield Question(s.name, INITIAL, "initially", (), s.formula, self._always)

    def of_events(self) -> Iterator[Question]:
        """Yield for each event that some answer fits, and for each two rules that not both do."""
        for name, event in self.spec.events.items():
            rules = self.spec.rules_of(event)
            answers = (*rules, *self.spec.refusals_of(event))
            if self._asked(TOTALITY):
                goal = disjunction(*(t.guard for t in answers))
                yield Question(TOTALITY, name, "answered", answers, goal, frozenset())
            if self._asked(DETERMINISM):
                for i, first in enumerate(rules):
                    for second in rules[i + 1 :]:
                        yield self.apart(first, second)

    def apart(self, first: Transition, second: Transition) -> Question:
        """Return that the guards of two rules for one event are never both true."""
        label = f"{first.label} / {second.label}"
        goal = negate(second.guard)
        return Question(DETERMINISM, label, "apart", (first, second), goal, self._offered())


# ---------------------------------------------------------------- roles


def sender_roles(spec: Spec, transition: Transition) -> Expr | None:
    """Return that the sending node's role may send each message it sends; None if none is sent.

    It is the role after the step: who wins an election announces it as herald.
    """
    name, sort = spec.role_variable, spec.role_sort
    if not transition.sends or sort is None:
        return None
    role = Expr(Kind.NEXT, sort, (Expr(Kind.ME, spec.process.sort),), name)
    allowed = []
    for out in transition.sends:
        leaves = frozenset(x for case in spec.sending_roles(out.message) for x in case.leaves)
        allowed.append(Expr(Kind.IS, BOOL, (role,), leaves))
    return conjunction(*allowed)


def acting_roles(spec: Spec, transition: Transition) -> Expr | None:
    """Return that a rule acts only where its event's declared roles allow; None if none are."""
    if transition.kind != "rule" or transition.event is None:
        return None
    declared = spec.role_clauses[transition.event.__name__]
    return conjunction(*(c.expr for c in declared)) if declared else None
