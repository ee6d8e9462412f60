"""The graph that arrays find is the one that the evaluator finds: states, steps, cuts, verdicts.

Stands for: "large ones need array code"; and two engines that share the expression tree and nothing
else are evidence for each other.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from checkers.liveness import arrays
from checkers.liveness import check as module
from checkers.liveness.arrays import ArrayExplored
from checkers.liveness.check import ARRAYS, EVALUATOR, Outcome, check, explore
from checkers.liveness.explored import Explored
from checkers.liveness.setting import read_setting
from checkers.verdict import Verdict
from model.lang import Spec
from tests.test_liveness import FAULTS, ORDER, ORDER_FAULTS, SCOPES, SMALL, spec_of, without

Told = tuple[Any, ...]


def both(spec: Spec, scope: str, **more: Any) -> list[Explored]:
    setting = read_setting(spec, scope, **more)
    found = [
        explore(spec, setting.config, setting.nodes, setting.bounds, engine=engine)
        for engine in (ARRAYS, EVALUATOR)
    ]
    assert type(found[0]) is ArrayExplored
    assert type(found[1]) is Explored
    return found


def states(explored: Explored) -> list[Told]:
    """Return every state in a form in which those of both engines can be compared."""
    found = []
    for number in range(explored.graph.count):
        state = explored.state(number)
        nodes = tuple((n, tuple(sorted(v.items()))) for n, v in sorted(state.nodes.items()))
        relations = [
            (name, frozenset(held.rows))
            for table in (state.sent, state.ghosts)
            for name, held in sorted(table.items())
        ]
        up = tuple(sorted(explored.up(number)))
        found.append((nodes, tuple(relations), up, explored.crashed(number)))
    return found


def steps(explored: Explored) -> tuple[Counter[Told], Counter[Told]]:
    """Return every step, and every step that is cut, by states and what happens.

    Of what is cut nothing follows; what it would send is not compared.
    """
    graph = explored.graph
    named = [hash(state) for state in states(explored)]
    actions = [
        (a.event, a.label, a.accepted, tuple(sorted(map(str, a.sends))))
        for a in explored.actions.things
    ]
    taken = zip(graph.source.tolist(), graph.target.tolist(), graph.action.tolist(), strict=True)
    cut = zip(graph.cut_source.tolist(), graph.cut_action.tolist(), strict=True)
    return (
        Counter((named[s], named[t], *actions[a]) for s, t, a in taken),
        Counter((named[s], *actions[a][:3]) for s, a in cut),
    )


@pytest.mark.parametrize("name", SCOPES)
def test_arrays_and_the_evaluator_find_the_same_graph(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every state and every step, with what happens on it; crashes, stops, cuts."""
    monkeypatch.setattr(arrays, "CHUNK", 100)
    scope, crashes, stops = SCOPES[name]
    found, twin = both(spec_of(name), scope, crashes=crashes, stops=stops)
    assert Counter(states(found)) == Counter(states(twin))
    assert steps(found) == steps(twin)
    assert (found.graph.source[1:] >= found.graph.source[:-1]).all()
    assert states(found)[int(found.graph.first[0])] == states(twin)[int(twin.graph.first[0])]


@pytest.mark.parametrize(
    ("scope", "more", "count"),
    [
        ("nodes=3,messages=3", {"requests": ("none",)}, 97),
        ("nodes=3,messages=3", {"requests": ("GetStatus", "MoveShard"), "stops": 1}, 485),
        ("messages=3,numbers=2", {"requests": ("AddShard",), "crashes": 1}, 54),
        ("messages=3,terms=2", {}, 99),
    ],
)
def test_the_order_is_explored_alike(scope: str, more: dict[str, Any], count: int) -> None:
    """With ghosts and owned terms; crashes, stops, requests, bounded messages."""
    found, twin = both(ORDER, scope, **more)
    assert found.graph.count == twin.graph.count == count
    assert Counter(states(found)) == Counter(states(twin))
    assert steps(found) == steps(twin)


def verdicts(spec: Spec, scope: str, engine: str, **more: Any) -> dict[str, tuple[Any, ...]]:
    setting = read_setting(spec, scope, **more)
    found: Outcome = check(spec, setting.config, setting.nodes, setting.bounds, engine=engine)
    told = {c.name: (c.verdict, c.due, c.run is not None) for c in found.checked}
    return told | {"": (found.states, found.edges, found.cut, found.unexplored)}


@pytest.mark.parametrize(("name", "rules", "promise"), FAULTS)
def test_what_one_engine_refutes_the_other_does(
    name: str, rules: tuple[str, ...], promise: str
) -> None:
    """Each fault: the same verdicts, due in as many states; a lasso by either is confirmed."""
    spec, (scope, crashes, stops) = without(spec_of(name), *rules), SCOPES[name]
    one, other = (
        verdicts(spec, scope, engine, crashes=crashes, stops=stops)
        for engine in (ARRAYS, EVALUATOR)
    )
    assert one == other
    assert one[promise][0] is Verdict.REFUTED


@pytest.mark.slow
@pytest.mark.parametrize("rules", [(), *ORDER_FAULTS])
def test_of_the_order_both_find_the_same(rules: tuple[str, ...]) -> None:
    spec = without(ORDER, *rules)
    one, other = (verdicts(spec, "", engine, **SMALL) for engine in (ARRAYS, EVALUATOR))
    assert one == other


@pytest.mark.parametrize("states", [1, 7, 50])
def test_as_many_states_are_looked_at_as_asked_for(states: int) -> None:
    spec = spec_of("tutorial_lock")
    found, twin = both(spec, "tickets=3", states=states)
    assert found.graph.count == twin.graph.count == states
    assert found.unexplored > 0
    assert int(found.graph.target.max(initial=0)) < states


def test_parts_that_outgrow_their_fields_are_moved_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fields that begin as narrow as can be: each level is packed anew, edges and all."""
    from checkers.explore.packing import Packing

    calls = 0

    def narrow(cls: type[Packing], counts: list[int], extra: int = 0) -> Packing:
        nonlocal calls
        calls += 1
        return Packing([max(2, count) for count in counts], extra)

    monkeypatch.setattr(Packing, "roomy", classmethod(narrow))
    monkeypatch.setattr(arrays, "CHUNK", 40)
    found, twin = both(spec_of("tutorial_lock"), "tickets=2", crashes=1)
    assert calls > 10
    assert Counter(states(found)) == Counter(states(twin))
    assert steps(found) == steps(twin)


def test_what_does_not_fit_into_arrays_is_left_to_the_evaluator(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from model.arrays import TooLarge
    from model.lang.sorts import NODE

    def refuse(*_: Any) -> None:
        raise TooLarge(NODE, 99)

    monkeypatch.setattr(ArrayExplored, "_prepare", refuse)
    told: list[str] = []
    spec = spec_of("tutorial_lock")
    setting = read_setting(spec, "")
    found = module.explore(spec, setting.config, setting.nodes, setting.bounds, tell=told.append)
    assert type(found) is Explored
    assert any("by the evaluator: " in text for text in told)
