"""The reference evaluator: the meaning of each kind of expression, of a row, and of a step.

The sentences of the domain that are run here stand in the tests' docstrings.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from model.evaluate import (
    EvaluationError,
    Evaluator,
    Event,
    GlobalState,
    Packet,
    check_value,
    show_value,
)
from model.evaluate.terms import Frame, TermCompiler
from model.lang.expr import Expr, Kind
from model.lang.sorts import BOOL, NODE
from model.lang.spec import drop_clause
from tests.evaluate_toy import (
    Count,
    Fault,
    Key,
    Keys,
    Level,
    MaybeNode,
    Mode,
    Nodes,
    Notes,
    Place,
    Ranks,
    Term,
    toy,
)

CONFIG = {"members": frozenset({"a", "b", "c"}), "chief": "a"}
NODES = ("a", "b", "c")
ZERO = (0, "")


# ---------------------------------------------------------------- expressions

ME = Expr(Kind.ME, NODE)
LOCAL = {
    "term": (3, "b"),
    "keys": frozenset({"k"}),
    "friend": None,
    "level": 2,
    "peers": CONFIG["members"],
    "notes": frozenset({("k", "b")}),
    "ranks": frozenset({((3, "b"), (1, "a"))}),
}
FIELDS = {"count": 7, "mode": "BROKEN(LARGE)", "yes": True, "no": False, "few": frozenset({"a"})}


def me(name: str, sort: Any) -> Expr:
    return Expr(Kind.VAR, sort, (ME,), name)


def field(name: str, sort: Any = BOOL) -> Expr:
    return Expr(Kind.FIELD, sort, (), name)


YES, NO = field("yes"), field("no")
TERM, KEYS, FRIEND = me("term", Term.sort), me("keys", Keys.sort), me("friend", MaybeNode.sort)
PEERS, FEW = me("peers", Nodes.sort), field("few", Nodes.sort)
COUNT, MODE, LEVEL = field("count", Count.sort), field("mode", Mode.sort), me("level", Level.sort)
ZERO_TERM = Expr(Kind.CONST, Term.sort, (), "zero")
SENDER = Expr(Kind.SENDER, NODE)
KEY = Expr(Kind.CONFIG, Key.sort, (), "key")
NONE, EMPTY = Expr(Kind.NONE, MaybeNode.sort), Expr(Kind.EMPTY, Keys.sort)
PLACE = Expr(Kind.STRUCT, Place.sort, (TERM, COUNT))
LEAVES = tuple((leaf, "IDLE" if leaf == "BUSY" else "BUSY") for leaf in Mode.sort.leaves)
NEXT_COUNT = Expr(Kind.FRESH, Count.sort, (COUNT,))
NOTES, RANKS = me("notes", Notes.sort), me("ranks", Ranks.sort)
NO_NOTES = Expr(Kind.EMPTY, Notes.sort)
SOME_ME = Expr(Kind.SOME, MaybeNode.sort, (ME,))
ONE = Expr(Kind.CONST, Level.sort, (), 1)


def of(kind: Kind, *args: Expr, data: Any = None, sort: Any = BOOL) -> Expr:
    return Expr(kind, sort, args, data)


MEANINGS: list[tuple[Expr, Any]] = [
    (ONE, 1),
    (ZERO_TERM, ZERO),
    (Expr(Kind.CONST, Count.sort, (), "zero"), 0),
    (ME, "a"),
    (SENDER, "b"),
    (TERM, (3, "b")),
    (of(Kind.NEXT, ME, data="term", sort=Term.sort), (4, "a")),
    (COUNT, 7),
    (KEY, "k"),
    (of(Kind.FRESH, TERM, sort=Term.sort), (4, "a")),
    (NEXT_COUNT, 8),
    (of(Kind.EQ, FRIEND, NONE), True),
    (of(Kind.EQ, FRIEND, of(Kind.SOME, ME, sort=MaybeNode.sort)), False),
    (of(Kind.LT, ZERO_TERM, TERM), True),
    (of(Kind.LT, TERM, TERM), False),
    (of(Kind.LT, PLACE, of(Kind.STRUCT, TERM, NEXT_COUNT, sort=Place.sort)), True),
    (of(Kind.LT, PLACE, of(Kind.STRUCT, ZERO_TERM, NEXT_COUNT, sort=Place.sort)), False),
    (of(Kind.LE, TERM, TERM), True),
    (of(Kind.NOT, YES), False),
    (of(Kind.AND, YES, YES), True),
    (of(Kind.AND, YES, YES, NO), False),
    (of(Kind.AND), True),
    (of(Kind.OR, NO, YES), True),
    (of(Kind.OR, NO, NO, NO), False),
    (of(Kind.OR), False),
    (of(Kind.IMPLIES, NO, NO), True),
    (of(Kind.IMPLIES, YES, NO), False),
    (of(Kind.ITE, NO, ONE, LEVEL, sort=Level.sort), 2),
    (of(Kind.IS, MODE, data=frozenset({"BROKEN(SMALL)", "BROKEN(LARGE)"})), True),
    (of(Kind.IS, MODE, data=frozenset()), False),
    (of(Kind.MAP, MODE, data=LEAVES, sort=Mode.sort), "BUSY"),
    (of(Kind.MAP, ONE, data=((0, "IDLE"), (1, "BUSY"), (2, "IDLE")), sort=Mode.sort), "BUSY"),
    (of(Kind.UP, ONE, sort=Level.sort), 2),
    (of(Kind.UP, LEVEL, sort=Level.sort), 2),
    (EMPTY, frozenset()),
    (of(Kind.HAS, KEYS, KEY), True),
    (of(Kind.HAS, EMPTY, KEY), False),
    (of(Kind.ADD, EMPTY, KEY, sort=Keys.sort), frozenset({"k"})),
    (of(Kind.REMOVE, KEYS, KEY, sort=Keys.sort), frozenset()),
    (of(Kind.REMOVE, EMPTY, KEY, sort=Keys.sort), frozenset()),
    (of(Kind.UNION, FEW, of(Kind.ADD, EMPTY, SENDER), sort=Nodes.sort), frozenset({"a", "b"})),
    (of(Kind.SUBSET, FEW, PEERS), True),
    (of(Kind.SUBSET, PEERS, FEW), False),
    (NO_NOTES, frozenset()),
    (of(Kind.AT, NOTES, KEY, sort=MaybeNode.sort), "b"),
    (of(Kind.AT, NO_NOTES, KEY, sort=MaybeNode.sort), None),
    (of(Kind.AT, RANKS, TERM, sort=Term.sort), (1, "a")),
    (of(Kind.AT, RANKS, ZERO_TERM, sort=Term.sort), ZERO),
    (of(Kind.PUT, NO_NOTES, KEY, SOME_ME, sort=Notes.sort), frozenset({("k", "a")})),
    (of(Kind.PUT, NOTES, KEY, SOME_ME, sort=Notes.sort), frozenset({("k", "a")})),
    (of(Kind.PUT, NOTES, KEY, NONE, sort=Notes.sort), frozenset()),
    (of(Kind.PUT, RANKS, TERM, ZERO_TERM, sort=Ranks.sort), frozenset()),
    (of(Kind.MAJORITY, FEW, PEERS), False),
    (of(Kind.MAJORITY, of(Kind.ADD, FEW, SENDER), PEERS), True),
    (of(Kind.MAJORITY, PEERS, FEW), True),
    (of(Kind.MAJORITY, PEERS, EMPTY), False),
    (of(Kind.OWNER, TERM, sort=NODE), "b"),
    (PLACE, ((3, "b"), 7)),
    (of(Kind.GET, PLACE, data="count", sort=Count.sort), 7),
    (NONE, None),
    (of(Kind.SOME, ME, sort=MaybeNode.sort), "a"),
    (of(Kind.KNOWN, FRIEND), False),
    (of(Kind.KNOWN, of(Kind.SOME, ME, sort=MaybeNode.sort)), True),
]


@pytest.mark.parametrize(("expr", "value"), MEANINGS, ids=lambda x: str(x)[:60])
def test_meaning(expr: Expr, value: Any) -> None:
    f = Frame({**CONFIG, "key": "k"}, "a", LOCAL, FIELDS, "b")
    f.after = {**LOCAL, "term": (4, "a")}
    found = TermCompiler().compile(expr, {})(f)
    assert found == value and type(found) is type(value)


def test_every_local_kind_has_a_meaning_here() -> None:
    """A kind added to the language has to be added to the table above."""
    quantified = {Kind.FORALL, Kind.EXISTS, Kind.SENT, Kind.GHOST, Kind.BOUND}
    assert {expr.kind for expr, _ in MEANINGS} | quantified == set(Kind)


def test_a_node_has_no_quantifiers() -> None:
    with pytest.raises(EvaluationError, match="one node cannot see it"):
        TermCompiler().compile(of(Kind.GHOST, ME, TERM, data="seen"), {})


def test_payload_outside_its_case_is_the_first_leaf() -> None:
    """`BROKEN.of(x)` where x is no BROKEN: the first leaf, in every reading alike."""
    expr = Mode.BROKEN.of(Expr(Kind.FIELD, Mode.sort, (), "mode"))
    compiled = TermCompiler().compile(expr, {})
    read = [compiled(Frame(CONFIG, fields={"mode": leaf})) for leaf in Mode.sort.leaves]
    assert read == ["SMALL", "SMALL", "SMALL", "LARGE"]
    assert Fault.sort.leaves[0] == "SMALL"


@pytest.mark.parametrize(
    ("value", "sort"),
    [
        (1, BOOL),
        ("BROKEN", Mode.sort),
        (3, Level.sort),
        (True, Level.sort),
        ("", NODE),
        (-1, Count.sort),
        (1, Term.sort),
        ((1, 2), Term.sort),
        (((1, "a"),), Place.sort),
        (((1, "a"), -1), Place.sort),
        ({"k"}, Keys.sort),
        (frozenset({1}), Keys.sort),
        (7, MaybeNode.sort),
    ],
)
def test_wrong_values_are_told(value: Any, sort: Any) -> None:
    with pytest.raises(EvaluationError, match="it is no"):
        check_value(value, sort, "here")


def test_values_are_shown_the_same_in_every_run() -> None:
    assert show_value(frozenset({"b", "a"})) == "{a, b}"
    assert show_value(((3, "n1"), 2)) == "(3.n1, 2)"
    assert show_value(ZERO) == "0"


# ---------------------------------------------------------------- one node


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    return Evaluator(toy())


def local(evaluator: Evaluator, node: str = "b", **given: Any) -> dict[str, Any]:
    return {**evaluator.initial(node, CONFIG), **given}


def test_first_values_may_depend_on_the_configuration(evaluator: Evaluator) -> None:
    assert evaluator.initial("b", CONFIG)["peers"] == CONFIG["members"]
    assert evaluator.initial("b", CONFIG)["place"] == (ZERO, 0)


def test_updates_are_simultaneous_and_messages_go_to_each_of_a_set(evaluator: Evaluator) -> None:
    """A FRESH object is one value; a set's receivers include the node itself."""
    before = local(evaluator, term=(4, "c"), heard=frozenset({"c"}))
    outcome = evaluator.answer(CONFIG, "b", before, Event("timer", "Tick", "b"))
    assert (outcome.transition, outcome.kind, outcome.reply) == ("greet", "rule", "Done")
    assert outcome.updates == {"term": (5, "b"), "mode": "BUSY", "heard": frozenset()}
    assert outcome.sends == [Packet("Hello", "b", to, ((5, "b"), 0)) for to in NODES]
    assert before["term"] == (4, "c")


def test_a_message_to_nobody_is_not_sent(evaluator: Evaluator) -> None:
    event = Event("request", "Put", "b", {"key": "k", "to": "c"})
    alone = evaluator.answer(CONFIG, "b", local(evaluator), event)
    place = (ZERO, 1)
    assert alone.updates == {"keys": frozenset({"k"}), "place": place}
    assert alone.sends == [Packet("Order", "b", "c", (place, frozenset({"k"})))]
    befriended = evaluator.answer(CONFIG, "b", local(evaluator, friend="a"), event)
    assert befriended.sends[1:] == [Packet("Hello", "b", "a", (ZERO, 2))]


def test_refusals_in_order_and_the_nearest_clause(evaluator: Evaluator) -> None:
    """The rule whose first false clause is furthest along refuses; the first of those that tie."""
    hello = Event("message", "Hello", "b", {"term": (2, "c"), "level": 0}, "c")
    busy = evaluator.answer(CONFIG, "b", local(evaluator, mode="BUSY", term=(3, "a")), hello)
    assert (busy.transition, busy.reply_fields) == ("Hello/busy", {"mode": "BUSY"})
    assert busy.refused_by is None
    tired = evaluator.answer(CONFIG, "b", local(evaluator, level=1), hello)
    assert tired.refused_by == ("follow", "m.level >= me.level", "guard")
    idle = evaluator.answer(CONFIG, "b", local(evaluator, term=(2, "c")), hello)
    assert idle.refused_by == ("hear", "me.mode == BUSY", "guard")
    old = evaluator.answer(CONFIG, "b", local(evaluator, term=(3, "a")), hello)
    assert old.refused_by == ("hear", "m.term == me.term", "guard")


def test_a_wrong_role_is_refused_before_the_rest(evaluator: Evaluator) -> None:
    order = Event("message", "Order", "b", {"place": (ZERO, 1), "keys": frozenset()}, "c")
    outcome = evaluator.answer(CONFIG, "b", local(evaluator, mode="BUSY"), order)
    assert outcome.transition == "Order/wrong_role"
    assert outcome.refused_by == ("obey", "m.sender == config.chief", "sender")


def test_clause_values(evaluator: Evaluator) -> None:
    hello = Event("message", "Hello", "b", {"term": (2, "c"), "level": 0}, "c")
    found = evaluator.clause_values(CONFIG, "b", local(evaluator), hello)
    assert found == {"hear": (False, False, True), "follow": (True, True)}


def test_a_crash_keeps_what_is_durable(evaluator: Evaluator) -> None:
    state = evaluator.initial_state(CONFIG, NODES)
    state.nodes["b"] = local(evaluator, term=(2, "b"), mode="BUSY", level=2, friend="a")
    outcome = evaluator.advance(state, Event("crash", "crash", "b"))
    assert (outcome.transition, outcome.reply, outcome.sends) == ("crash", None, [])
    assert state.nodes["b"] == local(evaluator, term=(2, "b"))


def test_a_given_fresh_value_is_taken(evaluator: Evaluator) -> None:
    """A solver's choice of a fresh term can be replayed."""
    tick = Event("timer", "Tick", "b")
    outcome = evaluator.answer(CONFIG, "b", local(evaluator), tick, fresh=[(9, "b")])
    assert outcome.updates["term"] == (9, "b") == outcome.sends[0].fields[0]


def test_two_rules_for_one_event_are_an_error() -> None:
    """No two rules answer the same event differently."""
    broken = Evaluator(drop_clause(toy(), "hear", 0))
    hello = Event("message", "Hello", "b", {"term": (2, "c"), "level": 0}, "c")
    with pytest.raises(EvaluationError, match=r"ORD111: b: Hello.*both hear and follow answer it"):
        broken.answer(CONFIG, "b", local(broken, mode="BUSY"), hello)


def test_an_event_without_an_answer_is_an_error() -> None:
    spec = toy()
    left = tuple(t for t in spec.transitions if t.label != "Tick/refused")
    broken = Evaluator(replace(spec, transitions=left))
    with pytest.raises(EvaluationError, match=r"ORD112: b: Tick.*no row answers it"):
        broken.answer(CONFIG, "b", local(broken, mode="BROKEN(SMALL)"), Event("timer", "Tick", "b"))


def test_an_unknown_event_is_an_error(evaluator: Evaluator) -> None:
    with pytest.raises(EvaluationError, match="declares no such event"):
        evaluator.answer(CONFIG, "b", local(evaluator), Event("timer", "Tock", "b"))


# ---------------------------------------------------------------- a whole state


def test_ghosts_are_added_from_the_state_before(evaluator: Evaluator) -> None:
    """With `where`: for every value of the bound variables that satisfies it."""
    low, high, far = ((1, "a"), 3), ((1, "b"), 4), ((9, "a"), 1)
    ghosts = {"pair": [(low, high), (high, low), (far, high)]}
    nodes = {node: local(evaluator, node, term=(2, "c")) for node in NODES}
    state = evaluator.state(CONFIG, nodes, ghosts=ghosts)
    outcome = evaluator.advance(state, Event("timer", "Tick", "b"))
    new = (3, "b")
    added = {("seen", ("b", new)), ("pair", ((new, 4), high)), ("pair", ((new, 3), low))}
    assert set(outcome.ghosts) == added
    assert state.ghosts["pair"].rows == {*ghosts["pair"], ((new, 4), high), ((new, 3), low)}


def test_messages_are_a_set_that_only_grows(evaluator: Evaluator) -> None:
    state = evaluator.initial_state(CONFIG, NODES)
    evaluator.advance(state, Event("timer", "Tick", "b"))
    assert [p.dst for p in state.packets] == list(NODES)
    delivery = evaluator.delivery(state.packets[0])
    assert delivery == Event("message", "Hello", "a", {"term": (1, "b"), "level": 0}, "b")
    after, outcome = evaluator.step(state, delivery)
    assert outcome.transition == "follow" and after.nodes["a"]["friend"] == "b"
    assert state.nodes["a"]["friend"] is None, "`step` leaves the state as it is"
    assert set(state.packets) < set(after.packets)
    again, _ = evaluator.step(after, delivery)
    assert again.packets == after.packets


def test_what_cannot_happen_is_told(evaluator: Evaluator) -> None:
    state = evaluator.initial_state(CONFIG, NODES)
    hello = {"term": (1, "c"), "level": 0}
    cases = [
        (Event("timer", "Tick", "z"), "no such node"),
        (Event("timer", "Tock", "a"), "no such timer"),
        (Event("request", "Tick", "a"), "no such request"),
        (Event("message", "Hello", "a", hello, "c"), "never sent"),
        (Event("message", "Hello", "a", {"term": (1, "c")}, "c"), "fields are term, level"),
        (Event("request", "Put", "a", {"key": "k", "to": 1}), "it is no Node"),
    ]
    for event, reason in cases:
        with pytest.raises(EvaluationError, match=reason):
            evaluator.check_event(state, event)
    with pytest.raises(EvaluationError, match=r"a\.level: 9: it is no Level"):
        evaluator.state(CONFIG, {"a": local(evaluator, level=9)})


def test_replaying_a_step_from_any_state(evaluator: Evaluator) -> None:
    """A step from a state that no run reaches tells what it breaks."""
    nodes = {node: local(evaluator, node) for node in NODES}
    hello = Packet("Hello", "c", "c", ((1, "c"), 0))
    state = evaluator.state(CONFIG, nodes, [hello])
    assert evaluator.violations(state, evaluator.spec.statements["owner"]) == {
        "n": "c",
        "t": (1, "c"),
        "any_level": 0,
    }
    replay = evaluator.replay(state, evaluator.delivery(hello))
    assert replay.held_before == {"owner": False} and replay.holds_after == {"owner": True}
    assert replay.step_holds == {"grows": True} and not replay.broken()
    assert isinstance(replay.after, GlobalState)


def test_a_step_property_sees_before_and_after(evaluator: Evaluator) -> None:
    state = evaluator.initial_state(CONFIG, NODES)
    state.nodes["b"] = local(evaluator, term=(5, "b"))
    replay = evaluator.replay(state, Event("timer", "Tick", "b"), fresh=[(1, "b")])
    assert replay.broken() == ["grows"]
