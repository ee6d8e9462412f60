"""One event at one node as a question to the solver: the least case that has what is wanted.

Belongs here: the solver's side of a case. Never here: what is wanted (`goals`), or the proof that
nothing has it (`impossible`): what is looked for here is bounded.

The values are just the evaluator's, all of them bits (`model.smt.run_values`). A solver may give
any model, and another one tomorrow. So of all cases the one is taken that is least, bit by bit, in
a fixed order: the node, the configuration, the sender, the role and the state, the other variables
and the fields; small numbers, first leaves, small sets come first. There is just one such case, so
every solver that makes no mistake finds the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import z3

from checkers.given import Given
from checkers.mcdc.cases import Situation
from checkers.mcdc.goals import of_one_node, of_the_configuration
from model.evaluate import Event, Value
from model.lang import Message, Spec, declare
from model.lang.expr import Expr
from model.lang.sorts import NODE, SetSort, Sort
from model.smt.bounded import Scope
from model.smt.run_values import RunVocabulary
from model.smt.vocabulary import Value as Term

SCOPES = (Scope(nodes=3, atoms=2, bits=2), Scope(nodes=5, atoms=3, bits=3))
"""Where a case is looked for: the second only where the first has none and some state could."""


MOST_MS = 120_000
"""A question takes a millisecond; one that takes so long is not decided."""


class Undecided(Exception):
    """The solver gave up on a question of the bounded reading; the text says why."""


class _Here:
    """The variables of the node in question; there is no other."""

    def __init__(self, v: RunVocabulary) -> None:
        self.v = v

    def variable(self, name: str, node: z3.ExprRef) -> Term:
        assert node.eq(self.v.me)
        return self.v.constants(f"before.{name}", self.v.spec.variables[name].sort)

    def sent(self, message: str, args: list[Term]) -> z3.BoolRef:
        return self.v.sent(message, args)

    def ghost(self, name: str, args: list[Term]) -> z3.BoolRef:
        return self.v.ghost(name, args)


class Room:
    """One event in one scope. `stated` are the statements that a likely case satisfies."""

    def __init__(self, spec: Spec, event: type[declare.Event], scope: Scope, given: Given) -> None:
        self.spec, self.event, self.scope = spec, event, scope
        self.v = v = RunVocabulary(spec, scope)
        v.begin_step(0)
        self._solver = z3.SolverFor("QF_FD")
        self._solver.set("timeout", MOST_MS)
        self._literals: dict[int, tuple[Expr, z3.BoolRef]] = {}
        self._count = 0
        self.fields = {n: v.constants(f"event.{n}", d.sort) for n, d in event.parts.items()}
        self.config = {n: v.constants(f"config.{n}", d.sort) for n, d in spec.config.parts.items()}
        here = _Here(v)
        self._translator = v.translator(here, fields=self.fields)
        self._parts = list(self._in_order(here))
        for sort, term in self._parts:
            self._solver.add(*v.well_formed(sort, term))
        if issubclass(event, Message):
            row = [v.sender, v.me, *self.fields.values()]
            v.rows[f"sent {event.__name__}"] = [(z3.BoolVal(True), row)]
        self.stated = self._stated(given)
        self._bits = [bit for _, term in self._parts for bit in self._bits_of(term)]
        self._wished = self._usual()
        rules = [self._literal(r.guard) for r in spec.rules_of(event)]
        if len(rules) > 1:
            self._solver.add(z3.PbLe([(r, 1) for r in rules], 1))

    def _in_order(self, here: _Here) -> Iterable[tuple[Sort, Term]]:
        """Yield everything that a case consists of; what comes first is kept least."""
        spec, v = self.spec, self.v
        yield NODE, v.me
        for name, part in spec.config.parts.items():
            yield part.sort, self.config[name]
        if issubclass(self.event, Message):
            yield NODE, v.sender
        names = [*spec.control, *(n for n in spec.variables if n not in spec.control)]
        for name in names:
            yield spec.variables[name].sort, here.variable(name, v.me)
        for name, decl in self.event.parts.items():
            yield decl.sort, self.fields[name]

    def _bits_of(self, term: Term) -> Iterable[z3.BoolRef]:
        for part in self.v.flat(term):
            if part.sort() == z3.BoolSort():
                yield self._named(part)
            else:
                for at in reversed(range(part.size())):
                    yield self._named(z3.Extract(at, at, part) == 1)

    def _stated(self, given: Given) -> list[tuple[str, z3.BoolRef]]:
        """Return what is assumed of the configuration, and stated of one node or this message."""
        found = []
        for s in self.spec.of_kind("assumption"):
            if s.formula is not None and of_the_configuration(s.formula):
                self._solver.add(self._translator.formula(s.formula))
        for name, fact in given.of_the_node:
            if of_one_node(fact):
                self._translator.bound = {fact.data[0][0]: self.v.me}
                found.append((name, self._named(self._translator.formula(fact.args[0]))))
                self._translator.bound = {}
        if issubclass(self.event, Message):
            for name, fact in given.of_message(self.event.__name__):
                found.append((name, self._named(self._translator.formula(fact))))
        return found

    def _literal(self, e: Expr) -> z3.BoolRef:
        known = self._literals.get(id(e))
        if known is None:
            formula = self._translator.formula(e)
            side, self._translator.side[:] = list(self._translator.side), []
            known = self._literals[id(e)] = (e, self._named(z3.And(formula, *side)))
        return known[1]

    def _named(self, formula: z3.BoolRef) -> z3.BoolRef:
        """Return a name for a formula, so that it can be assumed, or its contrary."""
        self._count += 1
        name = z3.Bool(f"a!{self._count}")
        self._solver.add(name == formula)
        return name

    # ------------------------------------------------------------ asking

    def least(
        self, wanted: Sequence[tuple[Expr, bool]], wishes: Sequence[Expr], likely: bool
    ) -> Situation | None:
        """Return the least case that has what is wanted, and of the wishes all that go together.

        With `likely` it satisfies what is stated, too. None where there is no such case. Raises
        `Undecided`.
        """
        fixed = [x if value else z3.Not(x) for e, value in wanted for x in (self._literal(e),)]
        if likely:
            fixed += [x for _, x in self.stated]
        model = self._ask(fixed)
        if model is None:
            return None
        for wish in (*self._wished, *map(self._literal, wishes)):
            better = model if z3.is_true(model.eval(wish)) else self._ask([*fixed, wish])
            if better is not None:
                fixed.append(wish)
                model = better
        for bit in self._bits:
            if z3.is_true(model.eval(bit, model_completion=True)):
                lower = self._ask([*fixed, z3.Not(bit)])
                if lower is None:
                    fixed.append(bit)
                    continue
                model = lower
            fixed.append(z3.Not(bit))
        return self._read(model)

    def _usual(self) -> list[z3.BoolRef]:
        """Return that no set of nodes in the configuration is empty, and another node sends."""
        found = [
            self._named(self.config[name] != 0)
            for name, part in self.spec.config.parts.items()
            if isinstance(part.sort, SetSort) and part.sort.of == NODE
        ]
        if issubclass(self.event, Message):
            found.append(self._named(self.v.sender != self.v.me))
        return found

    def _ask(self, assumed: list[z3.BoolRef]) -> z3.ModelRef | None:
        answer = self._solver.check(*assumed)
        if answer == z3.sat:
            return self._solver.model()
        if answer == z3.unsat:
            return None
        reason = self._solver.reason_unknown()
        if "interrupted" in reason:
            raise KeyboardInterrupt
        raise Undecided(reason)

    def _read(self, model: z3.ModelRef) -> Situation:
        v, spec = self.v, self.spec

        def values(parts: Any, terms: Any) -> dict[str, Value]:
            return {n: v.read(model, d.sort, terms[n]) for n, d in parts.items()}

        here = _Here(v)
        me = v.read(model, NODE, v.me)
        local = {n: here.variable(n, v.me) for n in spec.variables}
        sender = v.read(model, NODE, v.sender) if issubclass(self.event, Message) else None
        fields = values(self.event.parts, self.fields)
        event = Event(self.event.kind, self.event.__name__, me, fields, sender)
        config = values(spec.config.parts, self.config)
        return Situation(me, config, values(spec.variables, local), event)
