"""Bounded model checking: the shortest run that breaks a property, by the solver.

Belongs here: asking the solver about ever longer runs. Never here: what a run is to the solver
(`model.smt.unrolled`), or telling one.

A step is added at a time to one incremental question. A depth that was answered for is answered
for; where the solver gives up or the time is over, it is said how far it got. What cannot happen in
a step (`forward`), or cannot matter to the question, is left out before the solver is asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import z3

from checkers.counterexamples.forward import Forward
from checkers.counterexamples.runs import FoundRun, System
from checkers.induction import ACTORS, DETERMINISM, ROLES, TOTALITY
from checkers.questions import acting_roles, sender_roles
from model.evaluate import Event
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.footprint import Footprint, reads
from model.lang.sorts import NODE, SetSort
from model.lang.spec import Transition
from model.smt.bounded import Scope
from model.smt.cone import Cone, backwards
from model.smt.unrolled import ReadStep, TooLarge, Unrolled

SCOPE = Scope(nodes=3, atoms=2, bits=2, rows=0)
"""The system in which runs are looked for: every configuration of so many nodes."""


def scope_in_words(spec: Spec, scope: Scope) -> str:
    """Return the scope of a run as reports show it; it holds any number of messages."""
    orders = 2**scope.bits - 1
    return (
        f"{scope.nodes} nodes in any configuration, at most {scope.atoms} of each other atom,"
        f" rounds and numbers up to {orders}, any number of messages"
    )


PLAINER_SECONDS = 2.0
NEAR = 3
"""Of how many last steps the solver is told that they matter; of the others it finds out."""


@dataclass
class Unrolling:
    """What the solver found.

    `runs`: by property; `depth`: by property, no run of so many steps or fewer breaks it;
    `stopped`: why no deeper, if not for the depth asked for, and `stops` by property, where one
    has a reason of its own.
    """

    scope: str
    runs: dict[str, FoundRun] = field(default_factory=dict)
    depth: dict[str, int] = field(default_factory=dict)
    stopped: str = ""
    stops: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def unroll(
    spec: Spec,
    names: Iterable[str],
    depth: int,
    seconds: float,
    scope: Scope = SCOPE,
    only: frozenset[str] | None = None,
) -> Unrolling:
    """Look for the shortest runs of at most `depth` steps that break the properties `names`.

    With `only`, none but these transitions are taken; then nothing is said of other runs.
    """
    started = time.perf_counter()
    found = Unrolling(scope_in_words(spec, scope))
    asked = [_Question(spec, name) for name in names if name != TOTALITY]
    if not asked:
        found.stopped = "not a question for this search"
        return found
    while asked:
        try:
            _deepen(spec, asked, depth, started + seconds, scope, found, only)
            break
        except TooLarge as error:  # the others need not stop there
            reading = [
                q for q in asked if error.relation in (q.symbols.ghosts | q.symbols.messages)
            ]
            asked = [q for q in asked if q not in reading and q.name not in found.runs]
            found.stops.update({q.name: str(error) for q in reading})
            if not reading:
                found.stopped = str(error)
                break
        except z3.Z3Exception as error:
            found.stopped = f"the solver failed: {error}"
            break
    found.seconds = time.perf_counter() - started
    return found


def _deepen(
    spec: Spec,
    asked: list[_Question],
    depth: int,
    until: float,
    scope: Scope,
    found: Unrolling,
    only: frozenset[str] | None,
) -> None:
    labels = frozenset(label for q in asked for label in q.labels)
    symbols = Footprint(
        frozenset().union(*(q.symbols.variables for q in asked)),
        frozenset().union(*(q.symbols.messages for q in asked)),
        frozenset().union(*(q.symbols.ghosts for q in asked)),
    )
    levels = list(backwards(spec, symbols, labels))
    within = levels[-1]
    if only is not None:
        within = Cone(within.labels & only, within.symbols)
    forward = Forward(spec, within.labels)
    system = Unrolled(spec, scope, within, forward.labels)
    solver = z3.SolverFor("QF_FD")
    solver.add(*system.added)
    for now in range(depth + 1):
        if now:
            if time.perf_counter() > until:
                found.stopped = "out of time"
                return
            system.extend()
            solver.add(*system.added)
        open_ = [q for q in asked if q.name not in found.runs]
        goals = {q.name: q.goal(system) for q in open_}
        # a last step that could be left out would leave a run that was excluded before
        near = [
            system.taken(back, level.labels)
            for back, level in enumerate(levels[:-1])
            if back < min(now, NEAR) and only is None
        ]
        while True:
            left = [n for n in goals if n not in found.runs]
            if not left:
                break
            goal = z3.And(z3.Or([goals[n] for n in left]), *near)
            answer = _ask(solver, goal, until)
            if isinstance(answer, str):
                found.stopped = answer
                return
            if answer is None:
                found.depth.update(dict.fromkeys(left, now))
                break
            # a run in which one rule at most answers each event can be taken by generated nodes
            plain = _ask(solver, z3.And(goal, system.one_answer()), until)
            model = answer if isinstance(plain, str) or plain is None else plain
            model = _plainer(solver, system, goal, model, until)
            for name in left:
                if z3.is_true(model.eval(goals[name], model_completion=True)):
                    found.runs[name] = _decode(system, model, name)
        if len(found.runs) == len(asked):
            return


def _ask(solver: z3.Solver, goal: z3.BoolRef, until: float) -> z3.ModelRef | str | None:
    """Return a model, None where there is none, or why that is not known."""
    left = int((until - time.perf_counter()) * 1000)
    if left <= 0:
        return "out of time"
    solver.set("timeout", left)
    solver.push()
    solver.add(goal)
    answer = solver.check()
    model = solver.model() if answer == z3.sat else None
    reason = solver.reason_unknown() if answer == z3.unknown else ""
    solver.pop()
    if answer == z3.unknown:
        over = time.perf_counter() > until - 0.2
        return "out of time" if over else f"the solver gave up: {reason}"
    return model


def _plainer(
    solver: z3.Solver, system: Unrolled, goal: z3.BoolRef, model: z3.ModelRef, until: float
) -> z3.ModelRef:
    """Return a model whose configuration has as few sets with elements as a short look finds."""
    soon = min(until, time.perf_counter() + PLAINER_SECONDS)
    kept = [goal, system.one_answer()]
    if not z3.is_true(model.eval(kept[1], model_completion=True)):
        kept.pop()
    for name, decl in system.spec.config.parts.items():
        if isinstance(decl.sort, SetSort):
            attempt = [*kept, system.config[name] == 0]
            found = _ask(solver, z3.And(attempt), soon)
            if isinstance(found, z3.ModelRef):
                kept, model = attempt, found
    return model


class _Question:
    """A property as a question about the end of a run, or about its last step."""

    def __init__(self, spec: Spec, name: str) -> None:
        self.spec, self.name = spec, name
        self.formula: Expr | None = None
        self.per_transition: dict[str, Expr] = {}
        self.pairs: list[tuple[str, str]] = []
        statement = spec.statements.get(name)
        if statement is not None:
            self.formula, self.per_transition = statement.formula, statement.per_transition
        elif name == ROLES:
            self.per_transition = _of_each(spec, sender_roles)
        elif name == ACTORS:
            self.per_transition = _of_each(spec, acting_roles)
        else:
            assert name == DETERMINISM
            for event in spec.events.values():
                rules = [t.label for t in spec.rules_of(event)]
                self.pairs += [(a, b) for i, a in enumerate(rules) for b in rules[i + 1 :]]
        told = {n: f for n, f in self.per_transition.items() if not _is_true(f)}
        self.labels = frozenset(told) | {label for pair in self.pairs for label in pair}
        read = [reads(f) for f in ([self.formula] if self.formula is not None else told.values())]
        self.symbols = Footprint(
            frozenset().union(*(r.variables for r in read)),
            frozenset().union(*(r.messages for r in read)),
            frozenset().union(*(r.ghosts for r in read)),
        )

    def goal(self, system: Unrolled) -> z3.BoolRef:
        """Return that the run, as long as it is now, breaks the property with its last step."""
        if self.formula is not None:
            return system.falsified(self.formula)
        if not system.steps:
            return z3.BoolVal(False)
        if self.pairs:
            return z3.Or([system.overlap(a, b) for a, b in self.pairs])
        return system.step_falsified(self.per_transition)


def _is_true(formula: Expr) -> bool:
    return formula.kind is Kind.CONST and formula.data is True


def _of_each(spec: Spec, goal: Callable[[Spec, Transition], Expr | None]) -> dict[str, Expr]:
    made = {t.label: goal(spec, t) for t in spec.transitions}
    return {label: formula for label, formula in made.items() if formula is not None}


def _decode(system: Unrolled, model: z3.ModelRef, name: str) -> FoundRun:
    config, steps = system.read(model)
    nodes = tuple(system.v.values(NODE)[: system.v.scope.nodes])
    taken = tuple((_event(step), step.label) for step in steps)
    return FoundRun(name, System(config, nodes), taken, "the solver")


def _event(step: ReadStep) -> Event:
    if step.event is None:
        return Event("crash", "crash", step.me)
    return Event(step.event.kind, step.event.__name__, step.me, step.fields, step.sender)
