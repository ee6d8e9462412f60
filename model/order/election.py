"""Electing a herald: one vote per term, one herald per term.

Belongs here: standing, voting, winning, hearing of a herald, adopting a newer term.
Never here: what the herald does next (`proposing`).
"""

from typing import Any

from model.lang import EventProxy, Expr, Row, fresh, ite, majority, on, owner
from model.order.messages import (
    Commit,
    Done,
    Elected,
    ElectionTimeout,
    NewerTerm,
    Probe,
    Propose,
    ReportError,
    RequestVote,
    ResetRequest,
    Rollback,
    Vote,
)
from model.order.radiant import (
    Errors,
    MaybeNode,
    Nodes,
    Number,
    Radiant,
    elected,
    election,
    is_full_member,
    start,
    worse,
)
from model.order.states import (
    ACTIVE,
    BOOTSTRAP,
    ERROR,
    PROBE,
    PROPOSING,
    RESET,
    UNRECOVERABLE,
    VOTING,
    OrderError,
    OrderStateError,
    Role,
)

MEMBERSHIP_ERROR = OrderStateError.RECOVERABLE(OrderError.MEMBERSHIP)
STATE_ERROR = OrderStateError.RECOVERABLE(OrderError.STATE)


def in_live_error(me: Radiant) -> Expr:
    """In error, but not for ever."""
    return me.state.is_(ERROR) & ~me.state.is_(UNRECOVERABLE)


# ---------------------------------------------------------------- standing


def candidacy(me: Radiant, term: Expr) -> tuple[Any, ...]:
    """The updates of a radiant that stands in `term`, its order state apart."""
    return (
        me.term.set(term),
        me.vote.set(me),
        me.standing.set(True),
        me.votes.set(Nodes.empty),
        me.herald.set(None),
        me.worst.set(me.severity),
    )


def canvass(me: Radiant, term: Expr) -> tuple[Any, ...]:
    """The messages of a radiant that stands: to the others, and its own vote to itself."""
    return (
        RequestVote(term=term, accepted_at=me.accepted_at).to(me.members.remove(me)),
        Vote(term=term, severity=me.severity).to(me),
    )


@on(ElectionTimeout)
def stand(me: Radiant, m: EventProxy) -> Row:
    """The herald is silent: stand in a fresh term. Only a full member stands."""
    term = fresh(me.term)
    return Row(
        when=(me.role == Role.RADIANT, me.state.is_(ACTIVE, RESET, VOTING), is_full_member(me)),
        then=(*candidacy(me, term), me.state.set(VOTING)),
        send=canvass(me, term),
        reply=Done(),
    )


@on(ElectionTimeout)
def stand_in_error(me: Radiant, m: EventProxy) -> Row:
    """In error the order state stays: else nobody could ask for a dead herald's order's reset."""
    term = fresh(me.term)
    return Row(
        when=(me.role == Role.RADIANT, in_live_error(me), is_full_member(me)),
        then=candidacy(me, term),
        send=canvass(me, term),
        reply=Done(),
    )


@on(ElectionTimeout)
def lock_timeout(me: Radiant, m: EventProxy) -> Row:
    """A lock held for too long means that somebody is down."""
    return Row(
        when=(me.role == Role.RADIANT, me.state.is_(*PROPOSING)),
        then=(me.standing.set(False), me.state.set(ERROR(MEMBERSHIP_ERROR))),
        send=ReportError(term=me.term, error=MEMBERSHIP_ERROR, episode=me.episode).to(me.herald),
        reply=Done(),
    )


@on(ElectionTimeout)
def lock_timeout_of_herald(me: Radiant, m: EventProxy) -> Row:
    """The herald's own operation finds no quorum, or its probe no answer: somebody is down."""
    return Row(
        when=(me.role == Role.HERALD, me.state.is_(PROBE, *PROPOSING)),
        then=me.state.set(ERROR(MEMBERSHIP_ERROR)),
        reply=Done(),
    )


# ---------------------------------------------------------------- voting


def may_vote(me: Radiant, m: EventProxy) -> Expr:
    """One vote per term, for one who owns it and holds at least what this radiant accepted."""
    unbound = ~me.vote.known & ~me.herald.known
    return (
        (owner(m.term) == m.sender)
        & ((m.term > me.term) | ((m.term == me.term) & (unbound | (me.vote == m.sender))))
        & (m.accepted_at >= me.accepted_at)
    )


def ballot(me: Radiant, m: EventProxy) -> tuple[Any, ...]:
    """The updates of a radiant that votes for the sender, its order state apart."""
    return (
        me.term.set(m.term),
        me.vote.set(m.sender),
        me.role.set(Role.RADIANT),
        me.herald.set(None),
        me.standing.set(False),
    )


@on(RequestVote)
def grant_vote(me: Radiant, m: EventProxy) -> Row:
    """A full member votes and waits for the announcement."""
    return Row(
        when=(may_vote(me, m), me.state.is_(ACTIVE, RESET, VOTING), is_full_member(me)),
        then=(*ballot(me, m), me.state.set(VOTING)),
        send=Vote(term=m.term, severity=me.severity).to(m.sender),
        reply=Done(),
    )


@on(RequestVote)
def grant_vote_aside(me: Radiant, m: EventProxy) -> Row:
    """A radiant in error, or not (or no longer) a full member, votes with its state unchanged."""
    return Row(
        when=(
            may_vote(me, m),
            in_live_error(me) | (me.state.is_(RESET) & ~is_full_member(me)),
        ),
        then=ballot(me, m),
        send=Vote(term=m.term, severity=me.severity).to(m.sender),
        reply=Done(),
    )


@on(RequestVote)
def withhold_vote(me: Radiant, m: EventProxy) -> Row:
    """A candidate that holds less than this radiant gets no vote, but its newer term is seen."""
    return Row(
        when=(
            m.term > me.term,
            m.accepted_at < me.accepted_at,
            me.state.is_(ACTIVE, RESET, VOTING) | in_live_error(me),
        ),
        then=(*adoption(me, m.term), me.herald.set(None)),
        reply=Done(),
    )


# ---------------------------------------------------------------- winning


@on(Vote)
def count_vote(me: Radiant, m: EventProxy) -> Row:
    """A majority of the accepted membership is still missing."""
    votes = me.votes.add(m.sender)
    return Row(
        when=(
            me.standing,
            m.term == me.term,
            ~majority(votes, me.members),
            me.state.is_(VOTING) | in_live_error(me),
        ),
        then=(me.votes.set(votes), me.worst.set(worse(me.worst, m.severity))),
        reply=Done(),
    )


def victory(me: Radiant, m: EventProxy) -> tuple[Any, ...]:
    """The updates of a radiant that wins its term, its order state apart."""
    return (
        me.role.set(Role.HERALD),
        me.herald.set(me),
        me.standing.set(False),
        me.votes.set(Nodes.empty),
        me.worst.set(worse(me.worst, m.severity)),
        me.version.set(Number.zero),
        me.audience.set(me.members),
        me.acks.set(Nodes.empty),
        me.confirmed.set(Nodes.empty),
        me.answered.set(Nodes.empty),
        me.tried.set(Errors.empty),
        me.asks.set(0),
    )


def victory_ghosts(me: Radiant, m: EventProxy) -> tuple[Any, ...]:
    """What the proof remembers of an election."""
    return (
        elected.add(me, me.term),
        election.add(me.term, me.votes.add(m.sender), me.members),
        start.add(me.term, me.accepted_at),
    )


@on(Vote)
def win(me: Radiant, m: EventProxy) -> Row:
    """A majority of the accepted membership voted: announce it."""
    return Row(
        when=(
            me.standing,
            m.term == me.term,
            majority(me.votes.add(m.sender), me.members),
            me.state.is_(VOTING),
        ),
        then=(*victory(me, m), me.state.set(ACTIVE)),
        send=Elected(term=me.term).to(me.members.remove(me)),
        ghost=victory_ghosts(me, m),
        reply=Done(),
    )


@on(Vote)
def win_in_error(me: Radiant, m: EventProxy) -> Row:
    """The same in error; the order state stays, and the new herald answers for the error."""
    return Row(
        when=(
            me.standing,
            m.term == me.term,
            majority(me.votes.add(m.sender), me.members),
            in_live_error(me),
        ),
        then=victory(me, m),
        send=Elected(term=me.term).to(me.members.remove(me)),
        ghost=victory_ghosts(me, m),
        reply=Done(),
    )


# ---------------------------------------------------------------- hearing of a herald


@on(Elected)
def hear_elected(me: Radiant, m: EventProxy) -> Row:
    """The announcement ends the voting."""
    return Row(
        when=(m.term >= me.term, me.state.is_(VOTING)),
        then=(
            me.term.set(m.term),
            me.vote.set(ite(m.term > me.term, MaybeNode.nothing, me.vote)),
            me.role.set(Role.RADIANT),
            me.herald.set(m.sender),
            me.standing.set(False),
            me.state.set(ACTIVE),
        ),
        reply=Done(),
    )


@on(Elected)
def heartbeat(me: Radiant, m: EventProxy) -> Row:
    """The herald is alive."""
    return Row(
        when=(
            m.term == me.term,
            me.role == Role.RADIANT,
            me.state.is_(BOOTSTRAP, RESET, ACTIVE, PROBE, *PROPOSING)
            | (in_live_error(me) & (me.severity == 0)),
        ),
        then=me.herald.set(m.sender),
        reply=Done(),
    )


@on(Elected)
def heartbeat_in_error(me: Radiant, m: EventProxy) -> Row:
    """The herald is alive, and does not know that this radiant still waits for a reset."""
    return Row(
        when=(m.term == me.term, me.role == Role.RADIANT, in_live_error(me), me.severity > 0),
        then=me.herald.set(m.sender),
        send=ReportError(term=me.term, error=ERROR.of(me.state), episode=me.episode).to(m.sender),
        reply=Done(),
    )


# ---------------------------------------------------------------- a newer term


def adoption(me: Radiant, term: Expr) -> tuple[Any, ...]:
    """The updates of a radiant that sees a newer term: it drops its role, and leaves ACTIVE."""
    return (
        me.term.set(term),
        me.vote.set(None),
        me.role.set(Role.RADIANT),
        me.standing.set(False),
        me.state.set(
            ite(
                me.state.is_(ACTIVE),
                VOTING,
                ite(me.state.is_(PROBE, *PROPOSING), ERROR(STATE_ERROR), me.state),
            )
        ),
    )


@on(Propose, Rollback, Commit, Probe, ResetRequest)
def adopt_newer_term(me: Radiant, m: EventProxy) -> Row:
    """A newer herald speaks: follow it. What it said is to be said again."""
    return Row(
        when=(m.term > me.term, ~me.state.is_(UNRECOVERABLE)),
        then=(*adoption(me, m.term), me.herald.set(m.sender)),
        reply=Done(),
    )


@on(Elected)
def adopt_announced_term(me: Radiant, m: EventProxy) -> Row:
    """The same for an announcement, where it does not end a vote of one's own."""
    return Row(
        when=(m.term > me.term, ~me.state.is_(VOTING, UNRECOVERABLE)),
        then=(*adoption(me, m.term), me.herald.set(m.sender)),
        reply=Done(),
    )


@on(NewerTerm)
def adopt_told_term(me: Radiant, m: EventProxy) -> Row:
    """Somebody knows a newer term, and not whether it has a herald."""
    return Row(
        when=(m.term > me.term, ~me.state.is_(UNRECOVERABLE)),
        then=(*adoption(me, m.term), me.herald.set(None)),
        reply=Done(),
    )
