"""Whether a mutant does what the original does, in every state that satisfies all that is proved.

Belongs here: what is compared of a row, and the solver's word for it. Never here: which mutants are
asked about (`killers`).

A row is the same where it answers in the same states, sets the same values, sends the same messages
to the same nodes and gives the same reply, whatever fresh values both choose. The difference is
asked of the solver, given every statement that is proved of the original: `unsat` says that no
reachable state tells the two apart. Anything else is no proof. Sets and maps are the same where
they hold the same. The clause that a refusal names as the nearest one is not compared: it is told
to people.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import z3

from checkers.counterexamples.explain import event_of, state_before
from checkers.induction import Obligation, Prover
from checkers.mutation.asking import MOST_MS, NEAR, Asker, Provers
from checkers.mutation.mutant import Mutant
from checkers.questions import Question
from checkers.strengthen.asker import check
from model.evaluate import Evaluator, Outcome
from model.evaluate.values import EvaluationError
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.sorts import BOOL, MapSort, SetSort
from model.lang.spec import ReplyValue, Transition
from model.smt import SystemStep, UnsupportedExpression, Vocabulary

SOON, STEPS = 400_000, 4_000_000
"""How long Z3 may try in its own steps to show that two rows are the same: at first, and where no
state was found that tells them apart."""
EQUIVALENT = "does the same"


@dataclass(frozen=True)
class Pair:
    """A row of the original and what became of it; None for one that is gone."""

    old: Transition
    new: Transition | None


def pairs(original: Spec, made: Spec, m: Mutant) -> list[Pair]:
    """Return the rows that a mutant may answer otherwise with."""
    found = [
        Pair(t, made.by_label.get(t.label))
        for t in original.transitions
        if made.by_label.get(t.label) is not t
    ]
    for labels in m.order:
        found += [Pair(original.by_label[x], made.by_label[x]) for x in labels]
    return found


class Equivalence:
    """Asks of mutants of one spec whether they are its equal."""

    def __init__(self, spec: Spec, provers: Provers) -> None:
        """Prepare for the original and its provers."""
        self.spec, self.provers = spec, provers
        given = [s for s in spec.of_kind("safety", "lemma", "assumption") if not s.prop.open]
        self.every = frozenset(s.name for s in given)
        self.near = frozenset(s.name for s in given if not s.prop.by_name)

    # ------------------------------------------------------------ the same

    def same(self, made: Spec, m: Mutant, steps: int) -> bool:
        """Tell whether every row is proved to do what it did; a first value is never said to be."""
        if any(d.init is not self.spec.variables[n].init for n, d in made.variables.items()):
            return False
        return all(self._same_row(made, pair, steps) for pair in pairs(self.spec, made, m))

    def _same_row(self, made: Spec, pair: Pair, steps: int) -> bool:
        with suppress(UnsupportedExpression):
            for offered in dict.fromkeys((self.near, self.every)):
                prover = self.provers.unbounded()
                asked = self._obligations(prover, made, pair, offered)
                if all(self._never(o, steps) for o in asked):
                    return True
                if steps == SOON:
                    return False
        return False

    @staticmethod
    def _never(o: Obligation, steps: int) -> bool:
        query = o.query()
        named, definitions = query.given()
        solver = z3.SimpleSolver()
        solver.set("rlimit", steps)
        solver.set("timeout", MOST_MS)  # it has been seen to go on without a step that counts
        solver.add(*query.background, *definitions, *(f for _, f in named), z3.Not(o.goal))
        return bool(check(solver) == z3.unsat)

    def _obligations(
        self, prover: Prover, made: Spec, pair: Pair, offered: frozenset[str]
    ) -> Iterator[Obligation]:
        """Yield that a row is not told apart, by its answering first, then by what it does."""
        true = Expr(Kind.CONST, BOOL, (), True)
        question = Question(EQUIVALENT, pair.old.label, "across", (pair.old,), true, offered)
        (base,) = prover.obligations([question])
        assert isinstance(base, Obligation)
        v = prover.vocabulary
        old = SystemStep(self.spec, pair.old, v)
        new = None
        if pair.new is not None:
            new = SystemStep(made, pair.new, v, beside=old)
        comparing = _Comparing(v, old, new, self.spec, made, pair)
        for differs in comparing.differences():
            # After the comparison: it may have made sets that must be defined.
            given = (*base.assumptions, old.received, *old.side)
            yield replace(base, assumptions=given, guards=(), numbered=(), goal=z3.Not(differs))

    # ------------------------------------------------------------ not the same

    def told_apart(self, made: Spec, m: Mutant) -> str | None:
        """Return in which state the two differ, by the evaluator's word; None where none is found.

        The state satisfies all that is stated. Whether a run leads there is not asked.
        """
        asker = Asker(made, self.provers, shares=True)
        for scope in NEAR[:2]:
            prover = self.provers.bounded(scope)
            for pair in pairs(self.spec, made, m):
                with suppress(UnsupportedExpression, EvaluationError):
                    for o in self._obligations(prover, made, pair, self.every):
                        found = asker.search(o, scope, STEPS)
                        if found is None:
                            continue
                        here = Evaluator(self.spec)
                        state, event = state_before(here, found), event_of(self.spec, found)
                        if not self._stated(here, state):
                            continue
                        ours, theirs = (
                            _said(Evaluator(s).outcome(state, event)) for s in (self.spec, made)
                        )
                        if ours != theirs:
                            return f"at {event}: {_first_difference(ours, theirs)}"
        return None

    def _stated(self, evaluator: Evaluator, state: object) -> bool:
        statements = (self.spec.statements[n] for n in self.every)
        return all(evaluator.holds(state, s) for s in statements if s.formula is not None)  # type: ignore[arg-type]


def _said(outcome: Outcome) -> dict[str, str]:
    """Return what an outcome says, each part as text."""
    updates = {f"sets {n}": str(v) for n, v in sorted(outcome.updates.items())}
    sends = {f"sends {p}": "" for p in outcome.sends}
    fields = {n: outcome.reply_fields[n] for n in outcome.reply_fields}
    return {
        "answers as": outcome.transition,
        **updates,
        **sends,
        "replies": f"{outcome.reply} {fields}",
    }


def _first_difference(ours: dict[str, str], theirs: dict[str, str]) -> str:
    for what in (*ours, *theirs):
        one, other = ours.get(what), theirs.get(what)
        if one != other:
            return (
                f"{what} {one if one is not None else '-'} -> {other if other is not None else '-'}"
            )
    return ""


class _Comparing:
    """What can differ between a row and what became of it, as formulas."""

    def __init__(
        self,
        v: Vocabulary,
        old: SystemStep,
        new: SystemStep | None,
        original: Spec,
        made: Spec,
        pair: Pair,
    ) -> None:
        self.v, self.old, self.new, self.pair = v, old, new, pair
        self.original, self.made = original, made
        self._number = itertools.count()

    def differences(self) -> Iterator[z3.BoolRef]:
        """Yield each way in which the two can differ."""
        answers = z3.And(*self.old.enabled)
        if self.new is None or self.pair.new is None:
            yield answers
            return
        now = z3.And(*self.new.enabled)
        if self.pair.old.kind == "refusal" or self._guard_differs():
            yield z3.Xor(answers, now)
        for differs in (*self._variables(), *self._messages(), *self._replies()):
            yield z3.And(answers, differs)

    def _guard_differs(self) -> bool:
        assert self.pair.new is not None
        one, other = ([id(c.expr) for c in t.clauses] for t in (self.pair.old, self.pair.new))
        return one != other

    def _variables(self) -> Iterator[z3.BoolRef]:
        assert self.pair.new is not None
        old, new = self.pair.old.updates, self.pair.new.updates
        me = Expr(Kind.ME, self.original.process.sort)
        for name, decl in self.original.variables.items():
            if old.get(name) is not new.get(name):
                kept = Expr(Kind.VAR, decl.sort, (me,), name)
                yield self.differ(old.get(name, kept), new.get(name, kept))

    def _messages(self) -> Iterator[z3.BoolRef]:
        """Yield that some message is sent by one of the two alone."""
        assert self.pair.new is not None
        t = self.old.before
        ours, theirs = list(self.pair.old.sends), list(self.pair.new.sends)
        both = [s for s in ours if any(s is x for x in theirs)]
        for one, others in ((ours, theirs), (theirs, ours)):
            for out in one:
                if any(out is x for x in both):
                    continue
                to = z3.Const(
                    f"receiver!{next(self._number)}", self.v.sort(self.original.process.sort)
                )
                same = []
                for other in others:
                    if other.message is not out.message:
                        continue
                    fields = [
                        z3.Not(self.differ(value, other.fields[n]))
                        if value is not other.fields[n]
                        else z3.BoolVal(True)
                        for n, value in out.fields.items()
                    ]
                    same.append(z3.And(t.addressed(other.to, to), *fields))
                yield z3.And(t.addressed(out.to, to), z3.Not(z3.Or(same)) if same else True)

    def _replies(self) -> Iterator[z3.BoolRef]:
        assert self.pair.new is not None
        one, other = self.pair.old.reply, self.pair.new.reply
        if one is other:
            return
        if one is None or other is None or one.decl is not other.decl:
            yield z3.BoolVal(True)
            return
        assert isinstance(one, ReplyValue) and isinstance(other, ReplyValue)
        for name, value in one.fields.items():
            if value is not other.fields[name]:
                yield self.differ(value, other.fields[name])

    def differ(self, a: Expr, b: Expr) -> z3.BoolRef:
        """Return that two expressions have different values."""
        t = self.old.before
        match a.sort:
            case SetSort():
                x = z3.Const(f"element!{next(self._number)}", self.v.sort(a.sort.of))
                return z3.Xor(t.contains(a, x), t.contains(b, x))
            case MapSort():
                key = self.v.constants(f"key!differs{next(self._number)}", a.sort.key)
                return z3.Not(self.v.equal(a.sort.to, t.value_at(a, key), t.value_at(b, key)))
            case _:
                return z3.Not(self.v.equal(a.sort, t.value(a), t.value(b)))
