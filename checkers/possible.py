"""Whether a transition can be taken in a role and a state, asked of the solver.

Belongs here: single questions about one transition, and their answers, each asked once. Never here:
what the answers add up to (`edges`, and the pages of the reference), or what is kept of them from
run to run (`cache`).

For a transition, a role and a leaf before (and after) the solver is asked whether the guard can
hold there, given what every proved statement about one node says of `me`.
Hypotheses about a node are instantiated at `me`; of the others only those about the message that is
answered are given, so that the answer is quick. Leaving hypotheses out can only make more possible,
never hide a thing, and neither can an undecided question, which counts as possible.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cached_property

import z3

from checkers.given import Given
from model.lang import Message, Spec
from model.lang.spec import Transition
from model.smt import SystemStep, Translator, Vocabulary

Where = str
"""What is asked of a transition: its role, the variable, the leaf before and after, by `|`."""
Answered = Mapping[str, Mapping[Where, bool]]
"""Definite answers, by the transition's label and what was asked of it."""
QUESTION_MS = 20_000
"""A question takes a few milliseconds; far more, so that a busy machine draws no other figure."""


class Facts:
    """What is stated of the node that takes a step, and of the message that it gets, as formulas.

    They are the same formulas for every transition, so they are translated once.
    """

    def __init__(self, given: Given) -> None:
        """Translate what is stated of one node."""
        self.given = given
        self.v = Vocabulary(given.spec)
        self._translator: Translator = self.v.translator(self.v)
        self.of_the_node: list[z3.BoolRef] = []
        for _, fact in given.of_the_node:
            self._translator.bound[fact.data[0][0]] = self.v.me
            self.of_the_node.append(self._translator.formula(fact.args[0]))
        self._translator.bound.clear()
        self._of_messages: dict[str, list[z3.BoolRef]] = {}

    def of_message(self, message: str) -> list[z3.BoolRef]:
        """Return what is stated of messages of that name alone."""
        if message not in self._of_messages:
            told = self.given.of_message(message)
            self._of_messages[message] = [self._translator.formula(fact) for _, fact in told]
        return self._of_messages[message]


class Question:
    """What can hold of one transition, given what is stated of the node that takes it.

    `decided`: the solver has decided the last question. (Which of the statements an answer used is
    not asked: that made the questions of the order twelve times as slow.)
    """

    def __init__(self, facts: Facts, t: Transition) -> None:
        """Prepare the solver for `t`."""
        self.v = facts.v
        self.step = SystemStep(self.v.spec, t, self.v)
        self.solver = z3.Solver()
        self.solver.add(*self.step.enabled)
        if t.event is not None and issubclass(t.event, Message):
            self.solver.add(self.step.received, *facts.of_message(t.event.__name__))
        self.solver.add(*facts.of_the_node)
        self.decided = False
        self.solver.set("timeout", QUESTION_MS)

    def is_leaf(self, variable: str, leaf: str) -> z3.BoolRef:
        """Return that the node's `variable` is `leaf` before the step."""
        sort = self.v.spec.variables[variable].sort
        return self.v.variable(variable, self.v.me) == self.v.constant(sort, leaf)

    def becomes(self, variable: str, leaf: str) -> z3.BoolRef:
        """Return that the node's `variable` is `leaf` after the step."""
        sort = self.v.spec.variables[variable].sort
        after = self.step.variable(variable, self.v.me)
        return after == self.v.constant(sort, leaf)

    def in_role(self, role: str) -> z3.BoolRef:
        """Return that the node has that role; all have the one that is no role."""
        name = self.v.spec.role_variable
        return z3.BoolVal(True) if name is None else self.is_leaf(name, role)

    def possible(self, *conditions: z3.BoolRef) -> bool:
        """Tell whether the conditions can hold; an undecided question counts as possible."""
        answer = self.solver.check(*conditions)
        if answer == z3.unknown and "interrupted" in self.solver.reason_unknown():
            raise KeyboardInterrupt  # the solver takes the key for itself; no edge comes of it
        self.decided = bool(answer != z3.unknown)
        return bool(answer != z3.unsat)


class Possible:
    """What the transitions of one spec can do; each question is asked once.

    `known` are answers to the same questions, found before; `new` are those found here that the
    solver decided. The statements `without` are not given.
    """

    def __init__(
        self, spec: Spec, known: Answered | None = None, without: frozenset[str] = frozenset()
    ) -> None:
        """Prepare for `spec`; no solver is asked yet."""
        self.spec = spec
        self.given = Given(spec, without)
        self.new: dict[str, dict[Where, bool]] = {}
        self._known = {label: dict(answers) for label, answers in (known or {}).items()}
        self._questions: dict[str, Question] = {}

    @cached_property
    def facts(self) -> Facts:
        """The facts, translated when the first question is asked."""
        return Facts(self.given)

    def afresh(self) -> Possible:
        """Return another that was asked nothing yet, with the same facts."""
        assert self.facts is not None  # translated once, before they are shared
        other = copy.copy(self)
        other.new, other._known, other._questions = {}, {}, {}
        return other

    def __call__(
        self, t: Transition, role: str, variable: str = "", before: str = "", after: str = ""
    ) -> bool:
        """Tell whether a node in `role` can take `t`, from the leaf `before` to the leaf `after`.

        Without a variable nothing is asked of leaves, and without `after` nothing of the state
        after the step.
        """
        where = "|".join((role, variable, before, after))
        known = self._known.setdefault(t.label, {})
        if where not in known:
            known[where], decided = self._asked(t, role, variable, before, after)
            if decided:
                self.new.setdefault(t.label, {})[where] = known[where]
        return known[where]

    def _asked(
        self, t: Transition, role: str, variable: str, before: str, after: str
    ) -> tuple[bool, bool]:
        ask = self._questions.get(t.label)
        if ask is None:
            ask = self._questions[t.label] = Question(self.facts, t)
        conditions = [ask.in_role(role)]
        if variable:
            conditions.append(ask.is_leaf(variable, before))
        if after:
            conditions.append(ask.becomes(variable, after))
        possible = ask.possible(*conditions)
        return possible, ask.decided
