"""Expressions are shown as the spec wrote them: in refusals, reports, figures and errors."""

from __future__ import annotations

import pickle

import pytest

from model.lang import ME, Node, exists, forall, ite, majority, sent
from model.lang.declare import EventProxy, NodeProxy
from model.lang.expr import Expr, conjunction, same, show
from model.lang.shapes import Case
from model.order.messages import ReportError, RequestVote, Vote
from model.order.radiant import Nodes, Number, Position, Radiant, committed, config
from model.order.states import (
    ACTIVE,
    ERROR,
    LOCKED,
    RECOVERABLE,
    UNRECOVERABLE,
    VOTING,
    OrderError,
    OrderState,
    OrderStateError,
    Role,
)
from model.order.tables import ERROR_LADDER

me = NodeProxy(Radiant, ME)
m = EventProxy(RequestVote)
report = EventProxy(ReportError)

SHOWN = [
    (m.term > me.term, "m.term > me.term"),
    (m.accepted_at >= me.accepted_at, "m.accepted_at >= me.accepted_at"),
    (me.severity.up() > 3, "me.severity.up() > 3"),
    ((m.term > me.term) | (m.term == me.term), "(m.term > me.term) | (m.term == me.term)"),
    (me.joined & (m.sender != me), "me.joined & (m.sender != me)"),
    (~me.vote.known & ~(me.vote == m.sender), "~me.vote.known & (me.vote != m.sender)"),
    (ERROR(report.error), "ERROR(m.error)"),
    (ERROR.of(me.state), "ERROR.of(me.state)"),
    (RECOVERABLE.of(me.state), "ERROR(RECOVERABLE).of(me.state)"),
    (me.state == ERROR(report.error), "me.state == ERROR(m.error)"),
    (ERROR_LADDER.look_up("then", report.error), "error_ladder.then(m.error)"),
    (me.state.is_(LOCKED, UNRECOVERABLE), "me.state.is_(LOCKED, ERROR(UNRECOVERABLE))"),
    (VOTING.as_expr(), "LOCKED(VOTING)"),
    (Position(term=m.term, version=Number.zero), "Position(term=m.term, version=Number.zero)"),
    (me.accepted_at.term, "me.accepted_at.term"),
    (Nodes.empty.add(me).union(config.members), "Nodes.empty.add(me).union(config.members)"),
    (majority(me.votes, me.members), "majority(me.votes, me.members)"),
    (ite(me.severity == 3, ACTIVE, VOTING), "ite(me.severity == 3, ACTIVE, LOCKED(VOTING))"),
    (sent(Vote, m.sender, me, term=me.term), "sent(Vote, m.sender, me, term=me.term)"),
    (sent(Vote, m.sender, me), "sent(Vote, m.sender, me)"),
    (forall(lambda n: me.votes.has(n), n=Node), "forall n: Node. me.votes.has(n)"),
    (
        exists(lambda n: n.role == Role.HERALD, n=Radiant) & me.joined,
        "(exists n: Node. n.role == HERALD) & me.joined",
    ),
    (
        committed(me.accepted_at, me.members, me.keys),
        "committed(me.accepted_at, me.members, me.keys)",
    ),
]


@pytest.mark.parametrize(("expr", "text"), SHOWN, ids=[text for _, text in SHOWN])
def test_shown_as_written(expr: Expr, text: str) -> None:
    assert show(expr) == text


@pytest.mark.parametrize(("expr", "text"), SHOWN, ids=[text for _, text in SHOWN])
def test_the_words_survive_pickling_and_rewriting(expr: Expr, text: str) -> None:
    """Workers get obligations pickled; back-ends rewrite them with `with_args`."""
    again = pickle.loads(pickle.dumps(expr))
    assert show(again) == text
    assert show(expr.with_args(expr.args)) == text
    assert same(again.with_args(again.args), expr)


def test_the_words_are_no_part_of_the_tree() -> None:
    """A comparison is recorded one way round, however it was written."""
    one, other = m.term > me.term, me.term < m.term
    assert same(one, other)
    assert show(one) != show(other)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (me, "me"),
        (me.term, "me.term"),
        (m, "m"),
        (LOCKED, "LOCKED"),
        (OrderState, "OrderState"),
        (me.term.set(m.term), "me.term.set(m.term)"),
        (Vote(term=me.term, severity=0), "Vote(...)"),
        ((me.joined, LOCKED), "(me.joined, LOCKED)"),
        (("x",), "('x',)"),
        (None, "None"),
    ],
    ids=str,
)
def test_whatever_may_stand_in_a_message(value: object, text: str) -> None:
    assert show(value) == text


def test_addresses_are_never_shown() -> None:
    assert "0x" not in show(object())


# ---------------------------------------------------------------- cases within cases


def test_a_narrowed_case_narrows_further() -> None:
    """`ERROR(RECOVERABLE)` is a pattern that still takes what is wrong."""
    narrowed: Case = RECOVERABLE(OrderError.SHARD)
    assert str(narrowed) == "ERROR(RECOVERABLE(SHARD))"
    assert narrowed.leaves == {"ERROR(RECOVERABLE(SHARD))"}
    direct = ERROR(OrderStateError.RECOVERABLE(OrderError.SHARD))
    assert narrowed.leaves == direct.leaves


def test_a_narrowed_case_takes_an_expression() -> None:
    made = RECOVERABLE(OrderStateError.RECOVERABLE.of(report.error))
    assert isinstance(made, Expr)
    assert dict(made.data)["SHARD"] == "ERROR(RECOVERABLE(SHARD))"


def test_the_payload_of_a_narrowed_case() -> None:
    table = dict(RECOVERABLE.of(me.state).data)
    assert table["ERROR(RECOVERABLE(MEMBERSHIP))"] == "MEMBERSHIP"
    assert table["ACTIVE"] == "STATE"  # the first leaf where it means nothing
    assert set(table) == set(OrderState.sort.leaves)


def test_of_nothing_a_conjunction_is_true() -> None:
    assert show(conjunction()) == "True"
