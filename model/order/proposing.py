"""Proposing a record, accepting it, committing it: the heart of the order.

Belongs here: proposals of every operation, rollback included, and their commits.
Never here: who asks for one (`service`), or why (`recovery`).
"""

from typing import Any

from model.lang import EventProxy, Expr, Message, Node, Row, fresh, ite, majority, on
from model.order.election import MEMBERSHIP_ERROR, in_live_error
from model.order.messages import (
    Accepted,
    Commit,
    CommitAck,
    Done,
    Elected,
    Propose,
    ResendDue,
    Rollback,
)
from model.order.radiant import (
    Nodes,
    Position,
    Radiant,
    Term,
    changed,
    commitment,
    committed,
    descends,
    elected,
    established,
    late,
    near,
    position,
    proposed,
)
from model.order.states import (
    ACTIVE,
    BOOTSTRAP,
    ERROR,
    LOCKED,
    PROPOSING,
    PROPOSING_OPS,
    RESET,
    UNRECOVERABLE,
    OrderStateOp,
    Role,
)

SET = OrderStateOp.MEMBERSHIP_SET


# ---------------------------------------------------------------- the herald proposes


def proposal(
    me: Radiant, op: Any, members: Any, keys: Any, audience: Any, parent: Any, back_to: Any = None
) -> dict[str, Any]:
    """What every proposal does: take the next version, accept the record oneself, send it.

    `parent` is the position it descends from; `back_to` makes it a rollback. The herald's own
    acceptance travels as a message to itself, so that an order of one radiant needs no extra rule.
    """
    changes = (
        (
            changed.add(parent, members),
            near.add(me.members, members),
            near.add(members, me.members),
        )
        if op is OrderStateOp.MEMBERSHIP_UPDATE
        else ()
    )
    version = fresh(me.version)
    at = Position(term=me.term, version=version)
    out: Message = (
        Propose(term=me.term, version=version, op=op, members=members, keys=keys)
        if back_to is None
        else Rollback(term=me.term, version=version, to=back_to, members=members, keys=keys)
    )
    return {
        "then": (
            me.version.set(version),
            me.accepted_at.set(at),
            me.members.set(members),
            me.keys.set(keys),
            me.audience.set(audience),
            me.acks.set(Nodes.empty),
            me.state.set(LOCKED(op)),
        ),
        "send": (
            out.to(members.remove(me)),
            Accepted(term=me.term, version=version).to(me),
        ),
        "ghost": (
            proposed.add(at, members, keys),
            descends.add(at, at),
            descends.add_for(lambda p: (at, p), lambda p: descends(parent, p), p=Position),
            late.add_for(
                lambda h, t: (at,), lambda h, t: elected(h, t) & (t > me.term), h=Node, t=Term
            ),
            *changes,
        ),
    }


@on(ResendDue)
def establish(me: Radiant, m: EventProxy) -> Row:
    """A new herald first proposes its accepted record again, at a position of its own term."""
    return Row(
        when=(
            me.role == Role.HERALD,
            me.state == ACTIVE,
            ~established(me),
            me.worst == 0,
        ),
        **proposal(me, SET, me.members, me.keys, me.members, me.accepted_at),
        reply=Done(),
    )


@on(ResendDue)
def restore(me: Radiant, m: EventProxy) -> Row:
    """After a reset or recovery, without a commit in its own term, it proposes its accepted record.

    To go back to an older herald's watermark could lose what that herald committed unheard.
    """
    return Row(
        when=(me.role == Role.HERALD, me.state == RESET, ~established(me), me.worst == 0),
        **proposal(me, SET, me.members, me.keys, me.members, me.accepted_at),
        reply=Done(),
    )


@on(ResendDue)
def roll_back(me: Radiant, m: EventProxy) -> Row:
    """After a reset or a recovery, with a commit in its own term, it goes back to that one."""
    return Row(
        when=(me.role == Role.HERALD, me.state == RESET, established(me), me.worst == 0),
        **proposal(
            me,
            SET,
            me.watermark_members,
            me.watermark_keys,
            me.watermark_members.union(me.audience),
            me.watermark_at,
            back_to=me.watermark_at,
        ),
        reply=Done(),
    )


@on(ResendDue)
def resend_proposal(me: Radiant, m: EventProxy) -> Row:
    """Send the outstanding proposal again, to whoever may have missed it or the announcement."""
    return Row(
        when=(me.role == Role.HERALD, me.state.is_(*PROPOSING)),
        send=(
            Elected(term=me.term).to(me.members.remove(me)),
            Propose(
                term=me.term,
                version=me.accepted_at.version,
                op=LOCKED.of(me.state),
                members=me.members,
                keys=me.keys,
            ).to(me.members.remove(me)),
            Accepted(term=me.term, version=me.accepted_at.version).to(me),
        ),
        reply=Done(),
    )


# ---------------------------------------------------------------- a member accepts


def acceptance(me: Radiant, m: EventProxy, op: Any) -> Row:
    """A member accepts a newer proposal of its herald, in ACTIVE, RESET or the same lock."""
    return Row(
        when=(
            m.term == me.term,
            me.role == Role.RADIANT,
            me.state.is_(ACTIVE, RESET) | (me.state == LOCKED(op)),
            position(m) > me.accepted_at,
            m.members.has(me),
        ),
        then=(
            me.accepted_at.set(position(m)),
            me.members.set(m.members),
            me.keys.set(m.keys),
            me.herald.set(m.sender),
            me.state.set(LOCKED(op)),
        ),
        send=Accepted(term=m.term, version=m.version).to(m.sender),
        reply=Done(),
    )


@on(Propose)
def accept_proposal(me: Radiant, m: EventProxy) -> Row:
    """Never an older position than one's own, even of the same herald."""
    row = acceptance(me, m, m.op)
    return Row(
        when=(*row.when, m.op.is_(*PROPOSING_OPS)), then=row.then, send=row.send, reply=Done()
    )


@on(Rollback)
def accept_rollback(me: Radiant, m: EventProxy) -> Row:
    """A rollback is a proposal like any other; what it says differs."""
    return acceptance(me, m, SET)


@on(Propose, Rollback)
def accept_again(me: Radiant, m: EventProxy) -> Row:
    """The proposal was accepted already; the answer may have been lost."""
    return Row(
        when=(
            m.term == me.term,
            me.role == Role.RADIANT,
            me.state.is_(ACTIVE, RESET, *PROPOSING),
            position(m) == me.accepted_at,
        ),
        then=me.herald.set(m.sender),
        send=Accepted(term=m.term, version=m.version).to(m.sender),
        reply=Done(),
    )


# ---------------------------------------------------------------- the herald commits


def answers_last_proposal(me: Radiant, m: EventProxy) -> Expr:
    """It is about the herald's last proposal, the only one that may still be committed."""
    made: Expr = me.state.is_(*PROPOSING) & (m.term == me.term) & (m.version == me.version)
    return made


@on(Accepted)
def count_acceptance(me: Radiant, m: EventProxy) -> Row:
    """A quorum of the record's own membership is still missing."""
    acks = me.acks.add(m.sender)
    return Row(
        when=(answers_last_proposal(me, m), ~majority(acks, me.members)),
        then=me.acks.set(acks),
        reply=Done(),
    )


def commit_message(me: Radiant, op: Any, at: Any, members: Any, keys: Any) -> Commit:
    """The commit of a record."""
    return Commit(term=at.term, version=at.version, op=op, members=members, keys=keys)


@on(Accepted)
def commit(me: Radiant, m: EventProxy) -> Row:
    """A quorum of the record's own membership accepted it: it is the watermark now."""
    acks = me.acks.add(m.sender)
    op = LOCKED.of(me.state)
    return Row(
        when=(answers_last_proposal(me, m), majority(acks, me.members)),
        then=(
            me.acks.set(acks),
            me.confirmed.set(Nodes.empty.add(me)),
            me.watermark_at.set(me.accepted_at),
            me.watermark_members.set(me.members),
            me.watermark_keys.set(me.keys),
            me.joined.set(True),
            me.last_op.set(op),
            me.state.set(ACTIVE),
        ),
        send=commit_message(me, op, me.accepted_at, me.members, me.keys).to(me.audience.remove(me)),
        ghost=(
            committed.add(me.accepted_at, me.members, me.keys),
            commitment.add(me.accepted_at, acks, me.members),
        ),
        reply=Done(),
    )


@on(ResendDue)
def resend_commit(me: Radiant, m: EventProxy) -> Row:
    """An idle herald shows that it is alive, and brings back who missed the commit."""
    return Row(
        when=(me.role == Role.HERALD, me.state == ACTIVE, established(me), me.worst == 0),
        send=(
            Elected(term=me.term).to(me.members.remove(me)),
            commit_message(
                me, me.last_op, me.watermark_at, me.watermark_members, me.watermark_keys
            ).to(me.audience.remove(me)),
        ),
        reply=Done(),
    )


# ---------------------------------------------------------------- a member learns


def record_of(me: Radiant, m: EventProxy) -> tuple[Any, ...]:
    """The updates that accept a committed record."""
    return (
        me.accepted_at.set(position(m)),
        me.members.set(m.members),
        me.keys.set(m.keys),
        me.herald.set(m.sender),
    )


def watermark_of(me: Radiant, m: EventProxy) -> tuple[Any, ...]:
    """The updates that make it the watermark."""
    return (
        me.watermark_at.set(position(m)),
        me.watermark_members.set(m.members),
        me.watermark_keys.set(m.keys),
    )


def from_my_herald(me: Radiant, m: EventProxy) -> Expr:
    """It is of this term, and this radiant is not the herald itself."""
    made: Expr = (m.term == me.term) & (me.role == Role.RADIANT)
    return made


@on(Commit)
def catch_up(me: Radiant, m: EventProxy) -> Row:
    """One who missed the proposal accepts it first; the commit comes again."""
    return Row(
        when=(
            from_my_herald(me, m),
            me.state.is_(RESET) | (me.state.is_(ACTIVE) & (position(m) > me.watermark_at)),
            m.op.is_(*PROPOSING_OPS),
            position(m) >= me.accepted_at,
            m.members.has(me),
        ),
        then=(*record_of(me, m), me.state.set(LOCKED(m.op))),
        reply=Done(),
    )


@on(Commit)
def learn(me: Radiant, m: EventProxy) -> Row:
    """The operation this radiant is locked for is done."""
    return Row(
        when=(
            from_my_herald(me, m),
            m.op.is_(*PROPOSING_OPS),
            me.state == LOCKED(m.op),
            position(m) >= me.accepted_at,
            m.members.has(me),
        ),
        then=(
            *record_of(me, m),
            *watermark_of(me, m),
            me.joined.set(True),
            me.state.set(ACTIVE),
        ),
        send=CommitAck(term=m.term, version=m.version).to(m.sender),
        reply=Done(),
    )


@on(Commit)
def learn_again(me: Radiant, m: EventProxy) -> Row:
    """The commit is known; the answer may have been lost."""
    return Row(
        when=(
            from_my_herald(me, m),
            me.state.is_(ACTIVE),
            position(m) == me.watermark_at,
        ),
        then=me.herald.set(m.sender),
        send=CommitAck(term=m.term, version=m.version).to(m.sender),
        reply=Done(),
    )


@on(Commit)
def removed(me: Radiant, m: EventProxy) -> Row:
    """The record leaves this radiant out: it waits for re-admission, and never stands."""
    return Row(
        when=(
            from_my_herald(me, m),
            ~me.state.is_(BOOTSTRAP, ERROR),
            position(m) > me.accepted_at,
            ~m.members.has(me),
        ),
        then=(
            *record_of(me, m),
            *watermark_of(me, m),
            me.standing.set(False),
            me.state.set(ERROR(MEMBERSHIP_ERROR)),
        ),
        send=CommitAck(term=m.term, version=m.version).to(m.sender),
        reply=Done(),
    )


@on(Commit)
def removed_again(me: Radiant, m: EventProxy) -> Row:
    """The removal is known; the answer may have been lost."""
    return Row(
        when=(
            from_my_herald(me, m),
            me.state.is_(RESET) | in_live_error(me),
            position(m) == me.watermark_at,
            ~m.members.has(me),
        ),
        then=me.herald.set(m.sender),
        send=CommitAck(term=m.term, version=m.version).to(m.sender),
        reply=Done(),
    )


@on(CommitAck)
def confirm(me: Radiant, m: EventProxy) -> Row:
    """Somebody has the commit; a removed radiant need not be told again."""
    return Row(
        when=(
            m.term == me.term,
            position(m) == me.watermark_at,
            ~me.state.is_(UNRECOVERABLE),
        ),
        then=(
            me.confirmed.set(me.confirmed.add(m.sender)),
            me.audience.set(
                ite(me.members.has(m.sender), me.audience, me.audience.remove(m.sender))
            ),
        ),
        reply=Done(),
    )
