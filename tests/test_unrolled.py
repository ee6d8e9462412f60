"""The unrolled reading loses no run: what the evaluator does, the solver can do too.

Stands for: "not reachable within k steps" excludes every run of the scope. That a run of the solver
is one of the evaluator is checked for each by replaying it; here it is the other way round.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import z3

from checkers.cases import leaf_goals
from checkers.counterexamples.forward import Forward
from checkers.reach import standard_config
from model import order
from model.evaluate import Evaluator, Event, GlobalState, Mix, random_run
from model.lang import Spec
from model.lang.footprint import Footprint
from model.lang.load import load
from model.lang.sorts import (
    NODE,
    AtomSort,
    BoolSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)
from model.smt.bounded import Scope
from model.smt.cone import Cone
from model.smt.run_values import RunVocabulary
from model.smt.unrolled import Unrolled

ROOT = Path(__file__).resolve().parent.parent
SCOPE = Scope(nodes=3, atoms=2, bits=3, rows=0)
STEPS = 7


def same(v: RunVocabulary, sort: Sort, term: Any, value: Any) -> z3.BoolRef:
    """Return that a Z3 value of the reading is the plain value."""
    match sort:
        case BoolSort():
            return term == z3.BoolVal(value)
        case SumSort() | RangeSort():
            return term == v.values(sort).index(value)
        case AtomSort():
            name = value if sort == NODE else f"{value[0]}{value[-1]}"
            return term == v.values(sort).index(name)
        case OrderSort(owned=False):
            return term == value
        case OrderSort():
            round_, owner = value
            holder = v.names(NODE).index(owner) + 1 if owner else 0
            return term == (round_ << v.owner_bits) + holder
        case StructSort():
            parts = zip(sort.parts, term, value, strict=True)
            return z3.And([same(v, part, t, x) for (_, part), t, x in parts])
        case MaybeSort():
            if value is None:
                return z3.Not(term[0])
            return z3.And(term[0], same(v, sort.of, term[1], value))
        case _:
            assert isinstance(sort, SetSort)
            bits = [v.bit(sort, _element(v, sort.of, x)) for x in value]
            whole = z3.BitVecVal(0, v.sort(sort).size())
            for bit in bits:
                whole = whole | bit
            return term == whole


def _element(v: RunVocabulary, sort: Sort, value: Any) -> z3.ExprRef:
    names: Any = v.values(sort)
    plain = value if not isinstance(sort, AtomSort) or sort == NODE else f"{value[0]}{value[-1]}"
    return v.elements(sort)[names.index(plain)]


class Whole:
    """A spec unrolled with everything in it, so that nothing of a run is left out."""

    def __init__(self, spec: Spec) -> None:
        labels = frozenset(t.label for t in spec.transitions)
        symbols = Footprint(
            frozenset(spec.variables), frozenset(spec.messages), frozenset(spec.ghosts)
        )
        forward = Forward(spec, labels)
        small = frozenset(spec.ghosts) - {"descends", "lineage"}
        symbols = Footprint(symbols.variables, symbols.messages, small)
        self.system = Unrolled(spec, SCOPE, Cone(labels, symbols), forward.labels)
        self.solver = z3.SolverFor("QF_FD")
        self.solver.add(*self.system.added)
        for _ in range(STEPS):
            self.system.extend()
            self.solver.add(*self.system.added)

    def takes(
        self,
        spec: Spec,
        steps: list[tuple[Event, str]],
        end: GlobalState,
        also: z3.BoolRef | None = None,
    ) -> bool:
        """Tell whether the solver can take these steps and end in that state, with `also` true."""
        v, asked = self.system.v, []
        for name, sort in end.schema.config.items():
            asked.append(same(v, sort, self.system.config[name], end.config[name]))
        for step, (event, label) in zip(self.system.steps, steps, strict=True):
            assert label in step.rows, f"{label} is thought impossible in step {step.number}"
            asked.append(step.rows[label].taken)
            asked.append(same(v, NODE, step.me, event.node))
            if event.sender is not None:
                asked.append(same(v, NODE, step.sender, event.sender))
            for name, value in event.fields.items():
                sort = spec.events[event.name].parts[name].sort
                asked.append(same(v, sort, step.fields[event.name][name], value))
        for name, values in self.system.state.values.items():
            for node, term in zip(end.nodes, values, strict=True):
                sort = spec.variables[name].sort
                asked.append(same(v, sort, term, end.nodes[node][name]))
        self.solver.push()
        self.solver.add(*asked, *([] if also is None else [also]))
        answer = self.solver.check()
        self.solver.pop()
        return bool(answer == z3.sat)


@cache
def unrolled(target: str) -> tuple[Spec, Whole]:
    spec = order.spec() if target == "order" else load(str(ROOT / target))
    return spec, Whole(spec)


MIX = Mix(tries=5, phase=10, crash=0.5)


@pytest.mark.parametrize(
    "target", ["order", "docs/tutorial_lock.py", "tests/faulty_specs/owners.py"]
)
def test_the_solver_takes_what_the_evaluator_takes(target: str) -> None:
    spec, whole = unrolled(target)
    evaluator = Evaluator(spec)
    labels = set()
    for seed in range(30):
        config, _ = standard_config(spec, 1 + seed % 3)
        config = {n: _within(value) for n, value in config.items()}
        nodes = ["n1", "n2", "n3"]
        run = random_run(evaluator, config, nodes, seed, STEPS, MIX, statements=())
        end = evaluator.initial_state(config, nodes)
        for event, _ in run.steps:
            evaluator.advance(end, event)
        assert whole.takes(spec, run.steps, end), f"seed {seed}:\n{run}"
        labels |= {label for _, label in run.steps}
    assert len(labels) >= 4


def test_both_find_the_same_statements_false_at_the_end() -> None:
    """Some that always hold, and that no node is in a state, which is false of some ends."""
    spec, whole = unrolled("order")
    evaluator = Evaluator(spec)
    proved = ("S2", "S2.votes", "S10", "S11", "vote_is_remembered", "herald_knows_itself")
    stated = [*(spec.statements[n] for n in proved), *leaf_goals(spec)]
    formulas = [(s, s.formula) for s in stated if s.formula is not None]
    asked = [(s, whole.system.falsified(f)) for s, f in formulas]
    found = set()
    for seed in range(12):
        config: dict[str, Any] = {"members": frozenset({"n1"}), "controllers": frozenset()}
        nodes = ["n1", "n2", "n3"]
        run = random_run(evaluator, config, nodes, seed, STEPS, MIX, statements=())
        end = evaluator.initial_state(config, nodes)
        for event, _ in run.steps:
            evaluator.advance(end, event)
        for statement, is_false in asked:
            expected = not evaluator.holds(end, statement)
            assert whole.takes(spec, run.steps, end, is_false) == expected, statement.name
            found.add((statement.name in proved, expected))
    assert found == {(True, False), (False, True), (False, False)}


def _within(value: Any) -> Any:
    """Return a value of a configuration with none but the three nodes in it."""
    if isinstance(value, frozenset):
        return frozenset(x for x in value if x in ("n1", "n2", "n3"))
    return value if value in ("n1", "n2", "n3") else "n3"


def test_a_step_that_the_evaluator_does_not_take_is_excluded() -> None:
    spec, whole = unrolled("docs/tutorial_lock.py")
    evaluator = Evaluator(spec)
    end = evaluator.initial_state({"server": "n1"}, ["n1", "n2", "n3"])
    crash = Event("crash", "crash", "n2")
    steps = [(crash, "crash")] * STEPS
    assert whole.takes(spec, steps, end)
    end.nodes["n2"] = {**end.nodes["n2"], "state": "HOLDING"}
    assert not whole.takes(spec, steps, end)
