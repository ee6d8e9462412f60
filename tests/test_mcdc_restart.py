"""Solver-made tests (issue 5): what a restart keeps and what it forgets, for every variable.

A variable that is volatile and should not be, or the other way round, is told by the cases of a
restart alone: of a controller as of any other node, by the evaluator and on the generated node.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from checkers.mcdc import cases
from checkers.mcdc.cases import Case
from checkers.mcdc.goal import CHANGES, KEEPS
from checkers.mcdc.restart import NAME, events_of, restart_goals, restart_of
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.sorts import NODE
from model.lang.spec import initial_value
from tests.generated_nodes import order_spec
from tests.stored_cases import small, stored, told

SMALL = ("raft_election", "two_phase_commit")


def restarts(known: list[Case]) -> list[Case]:
    return [c for c in known if c.situation.event.name == NAME]


def turned(spec: Spec, name: str) -> Spec:
    """Return the spec in which a variable is volatile that was durable, or the other way round."""
    t = restart_of(spec)
    updates = {n: e for n, e in t.updates.items() if n != name}
    if name not in t.updates:
        updates[name] = initial_value(spec, name)
    rows = tuple(replace(t, updates=updates) if r is t else r for r in spec.transitions)
    return replace(spec, transitions=rows)


def noticed(changed: Spec, known: list[Case]) -> bool:
    return bool(cases.run_spec(changed, stored=known, events={NAME}, stop=True))


def test_each_variable_is_kept_or_forgotten_at_a_controller_and_elsewhere() -> None:
    """Counted from the declarations; controllers are in likely states, too."""
    spec, shown = order_spec(), told(stored())
    for name, decl in spec.variables.items():
        what = "keeps" if decl.durable else "changes"
        for where in ("config.controllers.has(me)", "not config.controllers.has(me)"):
            assert f"crash {what} {name}, where {where}" in shown
    kinds = {g.what for g in restart_goals(spec)}
    assert {KEEPS, CHANGES} <= kinds
    likely = [c for c in restarts(stored().cases) if not c.breaks]
    assert len(likely) > 5 and {c.outcome.updates["role"] for c in likely} == {
        "CONTROLLER",
        "RADIANT",
    }


def test_a_variable_that_becomes_volatile_or_durable_is_told_by_the_restarts_alone() -> None:
    spec, known = order_spec(), stored().cases
    assert not noticed(spec, known)
    assert [n for n in spec.variables if not noticed(turned(spec, n), known)] == []


@pytest.mark.parametrize("name", SMALL)
def test_so_it_is_in_another_spec(name: str) -> None:
    spec, made = small(name)
    assert made.goals[NAME] and not set(made.unknown)
    assert [n for n in spec.variables if not noticed(turned(spec, n), made.cases)] == []


def test_without_the_case_that_shows_it_a_forgotten_variable_is_not_told() -> None:
    """`joined` was durable in vain once: no other case looks at what a restart keeps."""
    known = [c for c in stored().cases if not any("keeps joined" in name for name in c.shows)]
    fewer = [c for c in known if not any("me.joined" in name for name in c.shows)]
    others = [c for c in fewer if c.situation.event.name != NAME]
    changed = turned(order_spec(), "joined")
    assert others and not cases.run_spec(changed, stored=others)
    assert noticed(changed, stored().cases)


def test_a_variable_that_is_restored_from_another_is_told() -> None:
    """Each pair of durable variables of one sort."""
    spec, t, tried = order_spec(), restart_of(order_spec()), 0
    durable = {n: d for n, d in spec.variables.items() if d.durable}
    for name, decl in durable.items():
        for other, like in durable.items():
            if other == name or like.sort != decl.sort:
                continue
            wrong = Expr(Kind.VAR, decl.sort, (Expr(Kind.ME, NODE),), other)
            row = replace(t, updates={**t.updates, name: wrong})
            rows = tuple(row if r is t else r for r in spec.transitions)
            assert noticed(replace(spec, transitions=rows), stored().cases), (name, other)
            tried += 1
    assert tried >= 10


def forgetting(name: str, old: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `restart` of the generated node that begins one variable afresh."""

    def restart(cls: type[Any], me: str, config: Any, stored_: Any) -> Any:
        node = old(me, config, stored_)
        setattr(node, name, getattr(cls(me, config), name))
        return node

    return restart


@pytest.mark.parametrize("name", ["joined", "episode", "members", "ruled", "term"])
def test_a_generated_node_that_forgets_is_found(name: str, monkeypatch: Any) -> None:
    node = importlib.import_module("impl.order.node")
    assert cases.run(node, events={NAME}) == []
    fault = classmethod(forgetting(name, node.Radiant.restart))
    monkeypatch.setattr(node.Radiant, "restart", fault)
    found = cases.run(node, events={NAME}, stop=True)
    assert found and f"the variable {name} after" in str(found[0])


def test_a_restart_stands_among_the_events_under_a_name_that_no_event_has() -> None:
    spec = order_spec()
    assert list(events_of(spec)) == [*spec.events, NAME]
    assert not NAME.isidentifier()
