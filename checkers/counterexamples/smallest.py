"""The smallest counterexample to induction of a failed obligation.

A broken rule usually makes the unbounded query `unknown`, not refuted. So the same obligation is
asked again in the bounded reading, with as few nodes as possible, and then with as few *facts*:
messages sent, ghosts, and variables that do not have their first value. A bounded search that finds
nothing is never called a proof. What is found is replayed by the reference evaluator, which shares
nothing with the solver's model, before anybody sees it.

Belongs here: finding and shrinking. Never here: proving (`induction`), showing (`explain`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import z3

from checkers.induction import DETERMINISM, INITIAL, TOTALITY, InitialState, Obligation, Prover
from model.lang import Message, Spec
from model.lang.sorts import NODE, AtomSort, Sort
from model.smt.bounded import BoundedVocabulary, Scope

SCOPES = (
    Scope(nodes=1, atoms=1, bits=2, rows=2),
    Scope(nodes=2, atoms=1, bits=2, rows=2),
    Scope(nodes=3, atoms=2, bits=2, rows=2),
    Scope(nodes=3, atoms=2, bits=3, rows=3),
    Scope(nodes=4, atoms=2, bits=2, rows=3),
)
"""Scopes tried in turn."""

SCOPE_MS, SECONDS = 10_000, 30.0
"""A scope gets so many milliseconds, and none is begun after so many seconds."""

SHRINK_MS = 4_000
"""How long one may look for fewer facts, in milliseconds."""

PLAIN_MS = 500
"""How long one may look for one plainer value."""


@dataclass(frozen=True, slots=True)
class Found:
    """A concrete step in the evaluator's values, and the scope it was found in.

    `messages` and `ghosts` hold flat tuples: (source, destination, *fields), (*columns).
    `smallest`: the solver excludes fewer facts in this scope.
    """

    property: str
    transition: str
    scope: Scope
    me: str
    sender: str | None
    fields: dict[str, Any]
    config: dict[str, Any]
    nodes: dict[str, dict[str, Any]]
    messages: dict[str, frozenset[tuple[Any, ...]]]
    ghosts: dict[str, frozenset[tuple[Any, ...]]]
    smallest: bool = False


def find(spec: Spec, property: str, transition: str) -> Found | None:
    """Return the smallest counterexample to an obligation within `SCOPES`, or None."""
    until = time.perf_counter() + SECONDS
    for scope in SCOPES:
        left = int((until - time.perf_counter()) * 1000)
        if left <= 0:
            return None
        obligation = bounded_obligation(spec, property, transition, scope)
        if obligation is not None:
            found = _Search(spec, obligation, scope, min(SCOPE_MS, left)).find()
            if found is not None:
                return found
    return None


def bounded_obligation(
    spec: Spec, property: str, transition: str, scope: Scope
) -> Obligation | None:
    """Return the obligation of that name in the bounded reading."""
    prover = Prover(spec, lambda s: BoundedVocabulary(s, scope))
    source: Iterator[Any]
    if transition == INITIAL:
        source = prover.of_initial_state(frozenset({property}))
    elif property in (DETERMINISM, TOTALITY):
        source = prover.of_events(frozenset({property}))
    else:
        source = prover.of_transition(spec.by_label[transition], frozenset({property}))
    for one in source:
        if (
            isinstance(one, Obligation)
            and one.property == property
            and one.transition == transition
        ):
            return one
    return None


def state_of(spec: Spec, obligation: Obligation, scope: Scope, model: z3.ModelRef) -> Found:
    """Return the step that a model of a bounded obligation, negated, is."""
    return _Search(spec, obligation, scope, 0)._decode(model, smallest=False)


class _Search:
    """One obligation in one scope."""

    def __init__(self, spec: Spec, obligation: Obligation, scope: Scope, timeout_ms: int) -> None:
        self.spec, self.obligation, self.scope = spec, obligation, scope
        self.timeout_ms = timeout_ms
        vocabulary = obligation.vocabulary
        assert isinstance(vocabulary, BoundedVocabulary)
        self.v = vocabulary

    def find(self) -> Found | None:
        solver = z3.Solver()
        solver.set("timeout", self.timeout_ms)
        o = self.obligation
        solver.add(*o.assumptions, *(f for _, f in o.guards), *o.hypotheses())
        solver.add(*(f for _, f in self.v.axioms()))
        solver.add(z3.Not(o.goal))
        if solver.check() != z3.sat:
            return None
        model, smallest = self._shrink(solver)
        return self._decode(model, smallest)

    # ------------------------------------------------------------ fewer facts

    def _shrink(self, solver: z3.Solver) -> tuple[z3.ModelRef, bool]:
        """Return a model with as few facts as the time allows, and whether fewer do not do."""
        model, smallest = solver.model(), False
        until = time.perf_counter() + SHRINK_MS / 1000
        facts = [flag for rows in self.v.rows.values() for flag, _ in rows] + self._changed()
        while True:
            held = sum(z3.is_true(model.eval(f, model_completion=True)) for f in facts)
            left = int((until - time.perf_counter()) * 1000)
            if not held or left <= 0:
                smallest = not held
                break
            solver.set("timeout", left)
            solver.push()
            solver.add(z3.PbLe([(f, 1) for f in facts], held - 1))
            answer = solver.check()
            if answer == z3.sat:
                model = solver.model()
            solver.pop()
            if answer != z3.sat:
                smallest = answer == z3.unsat
                break
        if facts:
            solver.add(z3.PbLe([(f, 1) for f in facts], held))
        solver.set("timeout", PLAIN_MS)
        for simpler in self._plainer():
            model = _narrow(solver, simpler) or model
        return model, smallest

    def _changed(self) -> list[z3.BoolRef]:
        """Return for every variable of every node that it does not have its first value."""
        start = InitialState(self.spec, self.v)
        return [
            z3.Not(self.v.equal(decl.sort, self.v.variable(name, node), start.variable(name, node)))
            for name, decl in self.spec.variables.items()
            for node in self.v.elements(NODE)
        ]

    def _plainer(self) -> Iterator[z3.BoolRef]:
        """Yield that the configuration and the event have plain values; these are no facts."""
        event = self.obligation.step.transition.event if self.obligation.step is not None else None
        places = [(f"config.{n}", d.sort) for n, d in self.spec.config.parts.items()]
        places += [(f"event.{n}", d.sort) for n, d in (event.parts if event else {}).items()]
        for name, sort in places:
            for (_, leaf), term in zip(
                self.v.components(sort), self.v.flat(self.v.constants(name, sort)), strict=True
            ):
                if isinstance(leaf, AtomSort):
                    continue  # one is as plain as another
                yield term == self.v.elements(leaf)[0]

    # ------------------------------------------------------------ decoding

    def _decode(self, model: z3.ModelRef, smallest: bool) -> Found:
        spec, v, o = self.spec, self.v, self.obligation
        event = o.step.transition.event if o.step is not None else None
        parts = event.parts if event is not None else {}
        is_message = event is not None and issubclass(event, Message)
        return Found(
            property=o.property,
            transition=o.transition,
            scope=self.scope,
            me=v.read(model, NODE, v.me),
            sender=v.read(model, NODE, v.sender) if is_message else None,
            fields={
                name: v.read(model, d.sort, v.constants(f"event.{name}", d.sort))
                for name, d in parts.items()
            },
            config={
                name: v.read(model, d.sort, v.constants(f"config.{name}", d.sort))
                for name, d in spec.config.parts.items()
            },
            nodes={
                v.read(model, NODE, node): {
                    var: v.read(model, decl.sort, v.variable(var, node))
                    for var, decl in spec.variables.items()
                }
                for node in v.elements(NODE)
            },
            messages={
                name: self._tuples(model, f"sent {name}", [NODE, NODE, *v.field_sorts(name)])
                for name in spec.messages
            },
            ghosts={
                name: self._tuples(model, f"ghost {name}", list(ghost.columns))
                for name, ghost in spec.ghosts.items()
            },
            smallest=smallest,
        )

    def _tuples(
        self, model: z3.ModelRef, name: str, sorts: list[Sort]
    ) -> frozenset[tuple[Any, ...]]:
        return frozenset(
            tuple(self.v.read(model, s, x) for s, x in zip(sorts, row, strict=True))
            for flag, row in self.v.rows[name]
            if z3.is_true(model.eval(flag, model_completion=True))
        )


def _narrow(solver: z3.Solver, simpler: z3.BoolRef) -> z3.ModelRef | None:
    """Keep a simplification if a counterexample is left, and return it."""
    solver.push()
    solver.add(simpler)
    if solver.check() == z3.sat:
        return solver.model()
    solver.pop()
    return None
