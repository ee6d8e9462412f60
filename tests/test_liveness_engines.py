"""Fair cycles on arrays: three ways of finding them agree, and what is found is one.

Stands for: "strongly connected components, a lasso as counterexample", "networkx serves small
graphs; large ones need array code or a kept library". The array engine is held against one that
recurses over networkx, and on tiny graphs against one that tries every set of edges.
"""

from __future__ import annotations

import random
from itertools import combinations

import networkx as nx
import numpy as np
import pytest

from checkers.liveness.fair import Condition, missed_by, stranded
from checkers.liveness.graph import UNREACHED, Graph, distances, from_states
from checkers.liveness.lasso import Lasso, lasso
from checkers.liveness.second import Demand, Edge, broken
from model.lang.promises import AGAIN, FOR_GOOD, LEADS_TO, ONCE

SHAPES = (LEADS_TO, ONCE, AGAIN, FOR_GOOD)


class Drawn:
    """A random graph with conditions and a promise, for each engine in its own terms."""

    def __init__(self, seed: int, most: int, most_edges: int) -> None:
        r = random.Random(seed)
        count, actions = r.randint(1, most), r.randint(1, 4)
        size = r.randint(0, most_edges)
        drawn = sorted(
            {(r.randrange(count), r.randrange(count), r.randrange(actions)) for _ in range(size)}
        )
        cuts = sorted(
            {(r.randrange(count), r.randrange(actions)) for _ in range(r.choice((0, 0, 2)))}
        )
        self.edges = [Edge(*e) for e in drawn]
        self.first = [0]
        columns = [np.array([e[i] for e in drawn], np.int64) for i in range(3)]
        cut = [np.array([c[i] for c in cuts], np.int64) for i in range(2)]
        reachable = self._reachable()
        self.graph = Graph(count, np.array(self.first), *columns, *cut)
        self.shape = r.choice(SHAPES)
        some = [frozenset(s for s in range(count) if r.random() < 0.5) for _ in range(2)]
        self.when, self.then = some[0], some[1]
        if r.random() < 0.3:
            self.then = frozenset()
        self.demands: list[Demand] = []
        self.never: frozenset[int] = frozenset()
        self.conditions: list[Condition] = []
        for at in range(r.randint(0, 3)):
            takes = frozenset(a for a in range(actions) if r.random() < 0.4)
            kind = r.choice(("weak", "strong", "loss", "ceases", "ceases"))
            enabled = frozenset(e.source for e in self.edges if e.action in takes) | frozenset(
                s for s, a in cuts if a in takes
            )
            asks = frozenset(a for a in range(actions) if r.random() < 0.5)
            void = frozenset(s for s in range(count) if r.random() < 0.3)
            if kind == "ceases":
                # For arrays steps that are cut off, for networkx a strong demand that nothing
                # serves; where everything is tried they are not tried.
                none = mask(frozenset(), actions)
                self.conditions.append(
                    Condition(f"c{at}", True, none, None, mask(takes, actions), ceases=True)
                )
                self.never |= takes
            elif kind == "loss":
                self.demands.append(Demand(True, takes, asks=asks, void=void))
                self.conditions.append(
                    Condition(
                        f"c{at}",
                        True,
                        mask(takes, actions),
                        None,
                        mask(asks, actions),
                        mask(void, count),
                    )
                )
            else:
                self.demands.append(Demand(kind == "strong", takes, enabled))
                asked = self.graph.enabled(mask(takes, actions))
                self.conditions.append(
                    Condition(f"c{at}", kind == "strong", mask(takes, actions), asked)
                )
        self.reachable = reachable

    def _reachable(self) -> frozenset[int]:
        found = {0}
        while True:
            more = {e.target for e in self.edges if e.source in found} - found
            if not more:
                return frozenset(found)
            found |= more

    @property
    def asked(self) -> list[Demand]:
        """Return what the second engine is told."""
        return [*self.demands, Demand(True, frozenset(), asks=self.never)]

    @property
    def question(self) -> tuple[frozenset[int], frozenset[int], frozenset[int] | None]:
        """Return where the promise is due, where a run has to stay, what it has to visit."""
        every = frozenset(range(self.graph.count))
        if self.shape == FOR_GOOD:
            return every, every, every - self.then
        due = {LEADS_TO: self.when, ONCE: frozenset(self.first), AGAIN: every}[self.shape]
        return due, every - self.then, None

    def found(self) -> Lasso | None:
        count = self.graph.count
        return lasso(
            self.graph, self.conditions, self.shape, mask(self.when, count), mask(self.then, count)
        )

    def tried(self) -> bool:
        """Try every set of edges that a run could take again and again, and every single state."""
        due, stay, visit = self.question
        begin = due & stay & self.reachable
        onward = set(begin)
        inner = [e for e in self.edges if e.source in stay and e.target in stay]
        while more := {e.target for e in inner if e.source in onward} - onward:
            onward |= more
        chosen = [e for e in inner if e.source in onward and e.action not in self.never]
        sets = [s for n in range(1, len(chosen) + 1) for s in combinations(chosen, n)]
        for states, edges in [({s}, ()) for s in onward] + [
            ({x for e in s for x in (e.source, e.target)}, s) for s in sets
        ]:
            graph = nx.DiGraph((e.source, e.target) for e in edges)
            graph.add_nodes_from(states)
            if not nx.is_strongly_connected(graph) or (visit is not None and not visit & states):
                continue
            if all(d.is_met(states, edges) for d in self.demands):
                return True
        return False


def mask(members: frozenset[int], count: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = np.zeros(count, bool)
    found[list(members)] = True
    return found


def held_to(drawn: Drawn, found: Lasso) -> None:
    """Assert that a lasso is one: a path, a loop, fair, and breaking the promise."""
    graph, (due, stay, visit) = drawn.graph, drawn.question
    at = found.start
    assert at in drawn.first
    states = [at]
    for e in (*found.stem, *found.loop):
        assert graph.source[e] == states[-1]
        states.append(int(graph.target[e]))
    entry = len(found.stem)
    assert states[-1] == states[entry]
    assert missed_by(graph, drawn.conditions, states[entry:], found.loop) == []
    assert states[found.begins] in due
    assert found.begins <= entry
    assert set(states[found.begins :]) <= stay
    assert visit is None or visit & set(states[entry:])
    assert not drawn.never & set(graph.action[list(found.loop)].tolist())


TINY = range(200)
SMALL = range(10_000, 10_150)


@pytest.mark.parametrize("block", range(8))
def test_on_tiny_graphs_trying_everything_finds_the_same(block: int) -> None:
    for seed in TINY[block::8]:
        drawn = Drawn(seed, 4, 6)
        found = drawn.found()
        due, stay, visit = drawn.question
        tried = drawn.tried()
        assert (found is not None) == tried, seed
        assert broken(drawn.first, drawn.edges, drawn.asked, due, stay, visit) == tried, seed
        if found is not None:
            held_to(drawn, found)


@pytest.mark.parametrize("seed", SMALL)
def test_arrays_and_networkx_agree(seed: int) -> None:
    drawn = Drawn(seed, 40, 120)
    found = drawn.found()
    due, stay, visit = drawn.question
    assert (found is not None) == broken(drawn.first, drawn.edges, drawn.asked, due, stay, visit)
    if found is not None:
        held_to(drawn, found)


def on_from(drawn: Drawn, state: int) -> bool:
    """Tell by networkx whether a fair run goes on from a state, or one that leaves the scope."""
    every = frozenset(range(drawn.graph.count))
    cut = set(drawn.graph.cut_source.tolist())
    met, waiting = {state}, [state]
    while waiting:
        at = waiting.pop()
        fresh = {e.target for e in drawn.edges if e.source == at} - met
        met |= fresh
        waiting += fresh
    return bool(cut & met) or broken([state], drawn.edges, drawn.asked, every, every)


def test_where_no_fair_run_goes_on_is_told_by_both() -> None:
    seen = set()
    for seed in (*TINY, *SMALL[:40]):
        drawn = Drawn(seed, 4, 6) if seed in TINY else Drawn(seed, 12, 20)
        told = stranded(drawn.graph, drawn.conditions).tolist()
        assert told == [not on_from(drawn, s) for s in range(drawn.graph.count)], seed
        seen |= {(any(told), all(told))}
    assert seen == {(False, False), (True, False), (True, True)}


def test_the_random_graphs_are_no_foregone_conclusion() -> None:
    """Of each shape, some are broken and some are not; some by a stay, some by a loop."""
    seen = {(d.shape, d.found() is not None) for d in (Drawn(s, 4, 6) for s in TINY)}
    assert seen == {(shape, is_broken) for shape in SHAPES for is_broken in (True, False)}
    found = [d.found() for d in (Drawn(s, 40, 120) for s in SMALL)]
    assert {bool(f.loop) for f in found if f is not None} == {True, False}
    assert sum(len(f.loop) > 2 for f in found if f is not None) > 10
    drawn = [*(Drawn(s, 4, 6) for s in TINY), *(Drawn(s, 40, 120) for s in SMALL)]
    ended = [d for d in drawn if d.never]
    assert sum(_happens(d) for d in ended) > 5  # on the stem, and no more in the loop
    assert sum(d.found() is None and _without(d) is not None for d in ended) > 5


def _happens(drawn: Drawn) -> bool:
    found = drawn.found()
    return found is not None and any(int(drawn.graph.action[e]) in drawn.never for e in found.stem)


def _without(drawn: Drawn) -> Lasso | None:
    """Return what is found where nothing has to cease."""
    drawn.conditions = [c for c in drawn.conditions if not c.ceases]
    return drawn.found()


# ---------------------------------------------------------------- examples


def graph_of(count: int, edges: list[tuple[int, int, int]]) -> Graph:
    columns = [np.array([e[i] for e in sorted(edges)], np.int64) for i in range(3)]
    return Graph(count, np.zeros(1, np.int64), *columns)


def some(count: int, *members: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return mask(frozenset(members), count)


def test_weak_and_strong_differ_where_an_action_is_enabled_now_and_then() -> None:
    """Between 0 and 1 for ever; action 2 leads out, and is enabled in 0 alone."""
    graph = graph_of(3, [(0, 1, 0), (1, 0, 1), (0, 2, 2)])
    leave = some(3, 2)
    both = [Condition(f"{a}", False, some(3, a), graph.enabled(some(3, a))) for a in (0, 1)]
    weak = Condition("leave", False, leave, graph.enabled(leave))
    strong = Condition("leave", True, leave, graph.enabled(leave))
    then = some(3, 2)
    found = lasso(graph, [*both, weak], AGAIN, None, then)
    assert found is not None and found.stem == () and len(found.loop) == 2
    assert lasso(graph, [*both, strong], AGAIN, None, then) is None


def test_without_fairness_nothing_need_happen() -> None:
    graph = graph_of(2, [(0, 1, 0)])
    found = lasso(graph, [], ONCE, None, some(2, 1))
    assert found == Lasso(0, (), (), 0)


def test_what_is_cut_is_enabled_so_no_run_waits_for_ever_before_it() -> None:
    """Beyond the cut nothing is known: a lasso that is unfair to it would be no counterexample."""
    step = some(1, 0)
    empty = np.zeros(0, np.int64)
    open_end = Graph(
        1, np.zeros(1, np.int64), empty, empty, empty, np.zeros(1, np.int64), np.zeros(1, np.int64)
    )
    dead_end = Graph(1, np.zeros(1, np.int64), empty, empty, empty)
    for graph, is_broken in ((open_end, False), (dead_end, True)):
        c = Condition("step", False, step, graph.enabled(step))
        assert (lasso(graph, [c], AGAIN, None, some(1)) is not None) is is_broken


def test_what_ceases_may_happen_before_the_loop_and_not_in_it() -> None:
    """A fault leads from 0 to 1, a repair back: for good 0, if faults cease and repairs do not."""
    graph = graph_of(2, [(0, 1, 0), (1, 0, 1)])
    repair = Condition("repair", False, some(2, 1), graph.enabled(some(2, 1)))
    fault = Condition("fault", True, some(2), None, some(2, 0), ceases=True)
    then = some(2, 0)
    found = lasso(graph, [repair], FOR_GOOD, None, then)
    assert found is not None and len(found.loop) == 2
    assert missed_by(graph, [repair, fault], [0, 1, 0], found.loop) == [fault]
    assert lasso(graph, [repair, fault], FOR_GOOD, None, then) is None
    unrepaired = lasso(graph, [fault], FOR_GOOD, None, then)
    assert unrepaired == Lasso(0, (0,), (), 0)


def test_what_is_sent_again_arrives_unless_its_receiver_has_stopped() -> None:
    graph = graph_of(2, [(0, 0, 0), (0, 1, 1)])
    resend = Condition("resend", False, some(2, 0), graph.enabled(some(2, 0)))
    for void, is_broken in ((None, False), (some(2, 0), True)):
        arrival = Condition("arrival", True, some(2, 1), None, some(2, 0), void)
        found = lasso(graph, [resend, arrival], AGAIN, None, some(2, 1))
        assert (found is not None) is is_broken


def test_distances_are_shortest() -> None:
    r = random.Random(5)
    for _ in range(30):
        drawn = Drawn(r.randrange(10**6), 30, 60)
        graph = drawn.graph
        far = distances(graph, from_states(graph, some(graph.count, 0)))
        plain = nx.DiGraph((e.source, e.target) for e in drawn.edges)
        plain.add_node(0)
        wanted = nx.single_source_shortest_path_length(plain, 0)
        assert {i: int(s) for i, s in enumerate(far.steps) if s < UNREACHED} == dict(wanted)
        assert all(len(far.path(graph, i)) == wanted[i] for i in wanted)


def test_a_large_graph_takes_no_recursion() -> None:
    """A hundred thousand states in one component."""
    count = 100_000
    at = np.arange(count, dtype=np.int64)
    # From n to 2n and to 2n + 1: no state is far from the first.
    ahead = np.stack([2 * at, 2 * at + 1]).T.ravel() % count
    graph = Graph(count, np.zeros(1, np.int64), np.repeat(at, 2), ahead, np.tile([0, 1], count))
    c = Condition("one", False, some(2, 1), graph.enabled(some(2, 1)))
    then = np.zeros(count, bool)
    found = lasso(graph, [c], AGAIN, None, then)
    assert found is not None and found.stem == () and len(found.loop) > 1
    then[count // 2] = True
    strong = [Condition(str(a), True, some(2, a), graph.enabled(some(2, a))) for a in (0, 1)]
    found = lasso(graph, strong, AGAIN, None, then)
    assert found is not None  # a run can go round without the state in the middle
