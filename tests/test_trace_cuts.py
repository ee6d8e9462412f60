"""`oathbound trace`: what it says of every cut is what holds at every cut, each of them visited.

Short recordings have few enough cuts to visit them all, with the plain evaluator, in every order.
The properties are those of the spec and others made of them by chance, most of them false.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from checkers.simulation import Rates
from checkers.traces import Options, everywhere, narrowing, telling, validate, validation
from checkers.traces.cuts import FOREVER, Clock, History, View
from checkers.traces.holding import Properties
from checkers.traces.memory import Memory
from checkers.traces.perhaps import Perhaps
from checkers.traces.reading import open_recordings
from checkers.traces.steps import Account, Words
from checkers.traces.values import text_of
from model.evaluate import Evaluator, Event, GlobalState, Outcome
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.sorts import BOOL, NODE, SumSort
from model.lang.spec import Statement
from tests.latecomers_toy import toy
from tests.recorded_runs import LASTING, TARGETS, files, read, run, spec_of

Cut = tuple[int, ...]
OTHERWISE = 1
"""A seed of a run of the toy in which something breaks in another order alone."""
MOST_CUTS = 3000
SERVICE, RAFT = (next(t for t in TARGETS if name in t) for name in ("lock_service", "raft"))


@dataclass
class Visited:
    """Every cut of recordings, each with all states that it has in some order."""

    nodes: list[str]
    states: dict[Cut, list[GlobalState]]
    steps: list[tuple[GlobalState, Event, Outcome]] = field(default_factory=list)
    """Every step from every state of every cut."""

    def is_false(self, evaluator: Evaluator, statement: Statement) -> bool:
        """Tell whether a property is false somewhere."""
        if statement.formula is not None:
            return any(
                not evaluator.holds(state, statement)
                for states in self.states.values()
                for state in states
            )
        return any(not evaluator.step_holds(s, e, o, statement) for s, e, o in self.steps)


def visit(spec: Spec, paths: list[Path]) -> Visited:
    """Visit all cuts of right recordings, from the first on, by every record that can be next."""
    words, evaluator = Words(spec), Evaluator(spec)
    recordings = open_recordings(paths, spec, "spec")
    events: dict[str, list[Event]] = {}
    for one in recordings:
        events[one.node] = found = []
        one.advance()
        while one.current is not None:
            kind, data = one.record()
            crash = Event("crash", "crash", one.node)
            found.append(words.event(one, data["event"]) if kind == "event" else crash)
            one.advance()
        one.close()
    nodes = list(events)
    first = evaluator.initial_state(recordings[0].config, nodes)
    visited = Visited(nodes, {(0,) * len(nodes): [first]})
    waiting = list(visited.states)
    for cut in waiting:  # by how many records there are: all states of one come before the next
        assert len(waiting) <= MOST_CUTS, "too many cuts to visit: take fewer steps"
        for k, node in enumerate(nodes):
            if cut[k] == len(events[node]):
                continue
            event = events[node][cut[k]]
            after = (*cut[:k], cut[k] + 1, *cut[k + 1 :])
            for state in visited.states[cut]:
                if event.sender is not None:
                    row = (event.sender, event.node, *event.fields.values())
                    if row not in state.sent[event.name].rows:
                        continue
                made, outcome = evaluator.step(state, event)
                visited.steps.append((state, event, outcome))
                if after not in visited.states:
                    visited.states[after] = []
                    waiting.append(after)
                if made not in visited.states[after]:
                    visited.states[after].append(made)
    return visited


def mutants(statement: Statement, chance: random.Random, count: int) -> Iterator[Statement]:
    """Yield a property with parts of it true, false, or the opposite."""
    for number in range(count):
        name = f"{statement.name} {number}"
        prop = replace(statement.prop, name=name)
        if statement.formula is not None:
            yield replace(statement, prop=prop, formula=mutated(statement.formula, chance))
        else:
            formulas = {n: mutated(f, chance) for n, f in statement.per_transition.items()}
            yield replace(statement, prop=prop, per_transition=formulas)


def mutated(formula: Expr, chance: random.Random) -> Expr:
    """Return a formula with some part of it true, false, or the opposite."""
    at = chance.randrange(count_of(formula))

    def visit(e: Expr) -> Expr:
        nonlocal at
        if e.sort == BOOL:
            at -= 1
            if at == -1:
                made = (Expr(Kind.CONST, BOOL, (), True), Expr(Kind.CONST, BOOL, (), False))
                return chance.choice((*made, Expr(Kind.NOT, BOOL, (e,))))
        args = tuple([visit(a) for a in e.args])
        return e if all(a is b for a, b in zip(args, e.args, strict=True)) else e.with_args(args)

    return visit(formula)


def shapes(spec: Spec, named: list[str], chance: random.Random, count: int) -> Iterator[Statement]:
    """Yield properties of certain nodes' variables and messages, two of these at once."""
    any_of = next(s for s in spec.statements.values() if s.formula is not None)
    nodes = {name: Expr(Kind.BOUND, NODE, (), name) for name in "abc"}
    variables = [(n, d.sort) for n, d in spec.variables.items() if isinstance(d.sort, SumSort)]

    def is_somehow(node: str) -> Expr:
        name, sort = chance.choice(variables)
        leaves = frozenset(chance.sample(sort.leaves, chance.randint(1, len(sort.leaves) - 1)))
        return Expr(Kind.IS, BOOL, (Expr(Kind.VAR, sort, (nodes[node],), name),), leaves)

    def was_sent(one: str, other: str) -> Expr:
        name, message = chance.choice(list(spec.messages.items()))
        sorts = [(f"{one}{other}{n}", d.sort) for n, d in message.parts.items()]
        fields = [Expr(Kind.BOUND, sort, (), n) for n, sort in sorts]
        sent = Expr(Kind.SENT, BOOL, (nodes[one], nodes[other], *fields), name)
        return Expr(Kind.EXISTS, BOOL, (sent,), tuple(sorts)) if sorts else sent

    for number in range(count):
        kinds = [was_sent("a", "b"), was_sent("b", "c")]
        kinds += [is_somehow("a"), is_somehow("b")] if variables else []
        some = [chance.choice((e, Expr(Kind.NOT, BOOL, (e,)))) for e in chance.sample(kinds, 2)]
        given = [
            Expr(Kind.EQ, BOOL, (nodes[name], Expr(Kind.CONST, NODE, (), node)))
            for name, node in zip("abc", chance.sample(named, 3), strict=True)
        ]
        never = Expr(Kind.NOT, BOOL, (Expr(Kind.AND, BOOL, (*given, *some)),))
        names = tuple((name, NODE) for name in "abc")
        prop = replace(any_of.prop, name=f"shape {number}")
        yield replace(any_of, prop=prop, formula=Expr(Kind.FORALL, BOOL, (never,), names))


def count_of(e: Expr) -> int:
    """Return how many parts of a formula are true or false."""
    return (e.sort == BOOL) + sum(map(count_of, e.args))


def compare(spec: Spec, folder: Path, statements: list[Statement]) -> tuple[int, int, int]:
    """Hold what is said of every cut against every cut.

    Return how many properties were looked up at all cuts, how many of these are false, and how many
    of the false ones are true at each cut that is visited where all are not looked up.
    """
    paths = files(folder)
    visited = visit(spec, paths)
    with mock.patch.object(validation, "asked", lambda *_: statements):
        result = validate(spec, paths, Options())
    assert result.wrong is None and not result.perhaps and not result.undetermined
    evaluator = Evaluator(spec)
    told = {b.violation.statement.name: b for b in result.broken}
    assert len(told) == len(result.broken)
    for statement in statements:
        is_false = visited.is_false(evaluator, statement)
        if statement.name in result.everywhere:
            assert (statement.name in told) == is_false, statement.name
        else:
            assert statement.name not in told or is_false, statement.name
        if statement.name in told and statement.formula is not None:
            shown = told[statement.name].cut
            cut = tuple([max(shown.get(str(p), 2), 2) - 2 for p in paths])
            assert any(not evaluator.holds(s, statement) for s in visited.states[cut]), shown
    looked = set(result.everywhere)
    unseen = told.keys() - visited_only(spec, paths, statements)
    return len(looked), len(told.keys() & looked), len(unseen)


def visited_only(spec: Spec, paths: list[Path], statements: list[Statement]) -> set[str]:
    """Return what is false at the cuts that one order visits."""

    def properties(*args: Any, everywhere: bool) -> Properties:
        return Properties(*args, everywhere=False)

    with (
        mock.patch.object(validation, "asked", lambda *_: statements),
        mock.patch.object(validation, "Properties", properties),
    ):
        result = validate(spec, paths, Options())
    assert not result.everywhere
    return {b.violation.statement.name for b in result.broken}


def drawn(
    target: str, folder: Path, seeds: int, copies: int, steps: int = 22
) -> Iterator[tuple[Spec, Path, list[Statement]]]:
    """Yield short recordings, with properties of which many are false."""
    spec = spec_of(target)
    chance = random.Random(f"cuts of {Path(target).stem}")
    known = spec.of_kind("assumption", "safety", "step", "lemma")
    for seed in range(seeds):
        run(spec, folder / str(seed), steps=steps, seed=seed)
        named = [recording.stem for recording in files(folder / str(seed))]
        made = [one for s in known for one in mutants(s, chance, copies)]
        made += shapes(spec, named, chance, 10 * copies)
        yield spec, folder / str(seed), [*known, *made]


@pytest.mark.parametrize("target", (RAFT, SERVICE))
def test_what_is_said_of_every_cut_holds_at_each_and_what_breaks_at_one_is_found(
    target: str, tmp_path: Path
) -> None:
    found = [compare(*one) for one in drawn(target, tmp_path, 2, 5)]
    looked, false, _ = map(sum, zip(*found, strict=True))
    assert looked > false > 0


def test_whoever_lacks_a_row_is_looked_for_anew_for_each_row_that_is_there(tmp_path: Path) -> None:
    """Nothing that is there names the node `n`: it is any of those of whom something is not."""
    spec = spec_of(RAFT)
    term, role = (spec.variables[name].sort for name in ("term", "role"))
    a, b, c, d, n = (Expr(Kind.BOUND, NODE, (), name) for name in "abcdn")
    t = Expr(Kind.BOUND, term, (), "t")
    parts = (
        Expr(Kind.SENT, BOOL, (a, b, t), "Vote"),
        Expr(Kind.GHOST, BOOL, (c, t, d), "voted"),
        Expr(Kind.IS, BOOL, (Expr(Kind.VAR, role, (c,), "role"),), frozenset({"LEADER"})),
        Expr(Kind.NOT, BOOL, (Expr(Kind.GHOST, BOOL, (n, t, d), "voted"),)),
    )
    never = Expr(Kind.NOT, BOOL, (Expr(Kind.AND, BOOL, parts),))
    names = (*((name, NODE) for name in "abcdn"), ("t", term))
    any_of = next(s for s in spec.statements.values() if s.formula is not None)
    statement = replace(
        any_of,
        prop=replace(any_of.prop, name="all voted"),
        formula=Expr(Kind.FORALL, BOOL, (never,), names),
    )
    for seed in (1, 3, 4):
        run(spec, tmp_path / str(seed), steps=24, seed=seed)
        assert compare(spec, tmp_path / str(seed), [statement])[:2] == (1, 1)


def test_what_a_step_says_of_all_values_that_occur_is_not_said_of_every_cut(tmp_path: Path) -> None:
    """It reads no other node by name, and yet it hangs on what others have."""
    spec = toy()
    count = spec.variables["count"].sort
    c, zero = Expr(Kind.BOUND, count, (), "c"), Expr(Kind.CONST, count, (), "zero")
    none = Expr(Kind.FORALL, BOOL, (Expr(Kind.EQ, BOOL, (c, zero)),), (("c", count),))
    any_of = next(iter(spec.of_kind("safety")))
    prop = replace(any_of.prop, name="none is sold before one closes")
    statement = replace(any_of, prop=prop, formula=None, per_transition={"close": none})
    looked = [compare(*trade(tmp_path, seed), [statement])[0] for seed in range(6)]
    assert not any(looked)


def test_what_a_node_heard_before_it_was_killed_happened_before_its_restart(tmp_path: Path) -> None:
    """Its step did not take effect, but the message had been sent."""
    spec = spec_of(RAFT)
    run(spec, tmp_path, steps=1, seed=1)
    term, role = (spec.variables[name].sort for name in ("term", "role"))
    due = [{"name": "ElectionDue", "fields": {}}] * 2
    vote = {"name": "RequestVote", "from": "n1", "fields": {"term": 2}}
    evaluator, words = Evaluator(spec), Words(spec)
    for path, events in zip(files(tmp_path), (due, [due[0], vote], []), strict=True):
        (recording,) = open_recordings([path], spec, "spec")
        recording.close()
        node, local = recording.node, evaluator.initial(recording.node, recording.config)
        lines = path.read_text().splitlines()[:2]
        for number, data in enumerate(events, 2):
            event = words.event(recording, data)
            outcome = evaluator.answer(recording.config, node, local, event)
            account = Account(words, recording, local)
            lines.append(f'{{"n":{number},"event":{json.dumps(data)}{account.take(outcome)}')
            if data is vote:
                loaded = {name: local[name] for name in words.durable.sorts}
                crash = Event("crash", "crash", node)
                outcome = evaluator.answer(recording.config, node, local, crash)
            local = {**local, **outcome.updates}
            if data is vote:
                told = {
                    "loaded": loaded,
                    "after": {n: json.loads(text_of(v)) for n, v in local.items()},
                }
                lines.append(json.dumps({"n": number + 1, "restart": told}))
        path.write_text("".join(f"{line}\n" for line in lines))
    a, b = (Expr(Kind.BOUND, NODE, (), name) for name in "ab")
    t, u = (Expr(Kind.BOUND, term, (), name) for name in "tu")
    asked = Expr(Kind.SENT, BOOL, (b, a, u), "RequestVote")
    parts = (
        Expr(Kind.GHOST, BOOL, (a, t, a), "voted"),
        Expr(Kind.IS, BOOL, (Expr(Kind.VAR, role, (a,), "role"),), frozenset({"FOLLOWER"})),
        Expr(Kind.NOT, BOOL, (Expr(Kind.EXISTS, BOOL, (asked,), (("b", NODE), ("u", term))),)),
    )
    never = Expr(Kind.NOT, BOOL, (Expr(Kind.AND, BOOL, parts),))
    formula = Expr(Kind.FORALL, BOOL, (never,), (("a", NODE), ("t", term)))
    any_of = next(s for s in spec.statements.values() if s.formula is not None)
    statement = replace(any_of, prop=replace(any_of.prop, name="follows"), formula=formula)
    with mock.patch.object(validation, "asked", lambda *_: [statement]):
        result = validate(spec, files(tmp_path), Options())
    assert result.wrong is None and result.unfinished == 1 and result.restarts == 1
    assert result.everywhere == ["follows"] and not result.broken


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_it_is_so_of_many_more_recordings(target: str, tmp_path: Path) -> None:
    seeds, copies = (4, 2) if target == "order" else (20, 10)
    found = [compare(*one) for one in drawn(target, tmp_path, seeds, copies)]
    _, false, unseen = map(sum, zip(*found, strict=True))
    assert false > 20 and (unseen or target == "order")


def test_one_order_does_not_visit_the_cut_where_something_breaks(tmp_path: Path) -> None:
    """What this is for: the same recordings, and a fault that one order of them passes by."""
    found = [compare(*one) for one in drawn(RAFT, tmp_path, 1, 12)]
    assert sum(unseen for *_, unseen in found) > 0


FAULTS: dict[str, tuple[Any, str, Any]] = {
    "a message is received by whom did not hear of its sending": (
        Clock,
        "take",
        lambda real: lambda self, node, number, received=None: real(self, node, number),
    ),
    "what was sent later is there": (View, "has", lambda _: lambda *_: True),
    "what was sent before is not there": (View, "has", lambda _: lambda *_: False),
    "nodes stay as they were": (History, "end", lambda _: lambda *_: FOREVER),
    "nodes are what they became": (
        History,
        "put",
        lambda real: lambda self, number, local: real(self, max(0, number - 1), local),
    ),
    "what has to be there is there from the first": (
        everywhere,
        "reached",
        lambda _: lambda clock, cut, stamps: cut,
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_looking_at_all_cuts_is_noticed(fault: str, tmp_path: Path) -> None:
    owner, name, change = FAULTS[fault]
    with mock.patch.object(owner, name, change(getattr(owner, name))):
        try:
            for target in (RAFT, SERVICE):
                for one in drawn(target, tmp_path / Path(target).stem, 3, 8):
                    compare(*one)
        except (AssertionError, KeyError, IndexError):
            return
    pytest.fail("nothing was noticed")


def test_projections_of_relations_change_nothing(tmp_path: Path) -> None:
    """They are made where there are many rows; here, everywhere."""
    made: list[str] = []
    real = narrowing.projection

    def told(*given: Any) -> Any:
        found = real(*given)
        made.extend([] if found is None else [found.expr.data])
        return found

    with mock.patch.object(narrowing, "FEWER", 0), mock.patch.object(narrowing, "projection", told):
        for target in (RAFT, SERVICE):
            for one in drawn(target, tmp_path / Path(target).stem, 2, 5):
                compare(*one)
    assert made


def test_what_takes_too_long_at_all_cuts_is_checked_at_those_visited(tmp_path: Path) -> None:
    target = RAFT
    run(spec_of(target), tmp_path, steps=60, seed=2)
    whole = validate(spec_of(target), files(tmp_path), Options())
    assert set(whole.everywhere) == set(whole.asked)
    with mock.patch.object(everywhere, "MOST", 0):
        part = validate(spec_of(target), files(tmp_path), Options())
    # it speaks of two nodes' variables
    assert set(whole.everywhere) - set(part.everywhere) == {"election-safety", "one-view"}
    for one in drawn(target, tmp_path, 2, 8):
        with mock.patch.object(everywhere, "MOST", 0):
            compare(*one)


# ---------------------------------------------------------------- what depends on the order


def trade(folder: Path, seed: int, steps: int = 9) -> tuple[Spec, Path]:
    """Record a run of the toy: of some, most messages are lost, and little comes before other."""
    place = folder / str(seed)
    weights = {"Sell": 3.0, "Close": 3.0}
    rates = Rates(loss=0.8 if seed < 30 else 0.2, crash=0.01)
    run(toy(), place, steps=steps, seed=seed, weights=weights, rates=rates)
    return toy(), place


def ghosts_of_orders(
    spec: Spec, paths: list[Path], orders: int
) -> tuple[frozenset[str], list[dict[str, set[Any]]]]:
    """Return which ghosts are said to depend on the order, and all ghosts after each of some."""
    loose: list[frozenset[str]] = []
    states: list[GlobalState] = []

    def properties(*args: Any, **more: Any) -> Properties:
        states.append(args[3])
        return Properties(*args, **more)

    real = Memory.loose

    def told(self: Memory) -> frozenset[str]:
        loose.append(real(self))
        return frozenset(spec.ghosts)  # what hangs on them is looked at in each order then

    with (
        mock.patch.object(validation, "Properties", properties),
        mock.patch.object(Memory, "loose", told),
    ):
        result = validate(spec, paths, Options(orders=orders))
    assert result.wrong is None and result.orders == orders
    return loose[0], [{n: set(r.rows) for n, r in s.ghosts.items()} for s in states]


def test_what_is_remembered_is_the_same_in_each_order_unless_it_is_said_not_to_be(
    tmp_path: Path,
) -> None:
    (shut,) = (s for s in toy().of_kind("safety") if s.name == "shut")
    same = differ = 0
    for seed in (*range(12), *range(30, 34)):
        spec, folder = trade(tmp_path, seed, 12)
        with mock.patch.object(validation, "asked", lambda *_: [shut]):
            told, found = ghosts_of_orders(spec, files(folder), 6)
        other = {n for n in found[0] if any(one[n] != found[0][n] for one in found)}
        assert other <= told <= {"late", "heard"}, (seed, told, other)
        same += not told
        differ += bool(other)
    assert same and differ


@pytest.mark.slow
def test_the_orders_proof_remembers_the_same_in_each_order_but_who_was_late(tmp_path: Path) -> None:
    spec = spec_of("order")
    weights = {**LASTING, "ElectionTimeout": 0.5}
    loose = differ = 0
    for seed in (4, 5):
        folder = tmp_path / str(seed)
        run(spec, folder, steps=700, seed=seed, weights=weights)
        told, found = ghosts_of_orders(spec, files(folder), 4)
        other = {n for n in found[0] if any(one[n] != found[0][n] for one in found)}
        assert found[0]["descends"], "nothing was proposed"
        assert other <= told <= {"late"}, (seed, told, other)
        loose += bool(told)
        differ += bool(other)
    assert loose and differ, "neither is told, or neither is so"


def test_what_only_another_order_remembers_is_found(tmp_path: Path) -> None:
    """Nothing tells who was first: with the one before the other, something breaks."""
    looked = unseen = 0
    for seed in (*range(20), *range(30, 36)):
        spec, folder = trade(tmp_path, seed)
        found = compare(spec, folder, spec.of_kind("safety"))
        looked += found[0]
        unseen += found[2]
    assert unseen >= 2 and looked >= 3 * 26, "`late`, `first` and `shut` are looked up each time"


ORDER_FAULTS: dict[str, tuple[Any, str, Any]] = {
    "no other order is thought of": (Perhaps, "ways", lambda _: lambda *_: []),
    "all comes before all": (
        Clock,
        "unheard",
        lambda _: lambda self, stamp: tuple([FOREVER] * self.count),
    ),
    "nothing comes before anything": (
        Clock,
        "unheard",
        lambda _: lambda self, stamp: self.zero,
    ),
    "what adds nothing here is not looked at": (
        Memory,
        "step",
        lambda real: (
            lambda self, event, outcome, state: (
                real(self, event, outcome, state) if outcome.transition != "sell" else None
            )
        ),
    ),
}


@pytest.mark.parametrize("fault", ORDER_FAULTS)
def test_a_fault_in_thinking_of_other_orders_is_noticed(fault: str, tmp_path: Path) -> None:
    owner, name, change = ORDER_FAULTS[fault]
    with mock.patch.object(owner, name, change(getattr(owner, name))):
        try:
            for seed in (*range(8), *range(30, 60)):
                spec, folder = trade(tmp_path, seed)
                compare(spec, folder, spec.of_kind("safety"))
        except (AssertionError, KeyError, IndexError):
            return
    pytest.fail("nothing was noticed")


def test_it_is_said_which_record_is_taken_before_which(tmp_path: Path) -> None:
    spec, folder = trade(tmp_path, OTHERWISE)
    result = validate(spec, files(folder), Options())
    broken = next(b for b in result.broken if b.violation.statement.name == "late")
    result.broken = [broken]
    (line,) = (line for line in telling.lines(result, 1.0) if line.startswith("  with"))
    closing, _, _, selling = line.removesuffix(", which may be").split()[1:]
    for place, event in ((closing, "Close"), (selling, "Sell")):
        path, number = place.rsplit(":", 1)
        assert read(Path(path))[int(number) - 1]["event"]["name"] == event
        assert broken.cut[path] >= int(number)
    assert broken.order == f"{closing} taken before {selling}"
