"""What clients and operators may ask for.

Belongs here: requests. Never here: their effect on the other radiants (`proposing`, `recovery`).
"""

from typing import Any

from model.lang import EventProxy, Row, on
from model.order.messages import (
    AddMember,
    AddShard,
    Done,
    GetStatus,
    ListShards,
    MoveShard,
    RemoveMember,
    RemoveShard,
    ShardList,
    Status,
)
from model.order.proposing import proposal
from model.order.radiant import Radiant, config, established
from model.order.states import ACTIVE, BOOTSTRAP, UNRECOVERABLE, OrderStateOp

REPLICATING = OrderStateOp.REPLICATING
UPDATE = OrderStateOp.MEMBERSHIP_UPDATE


def serving(me: Radiant) -> tuple[Any, ...]:
    """A herald serves when it is idle, has a commit in its own term, and saw nothing worse."""
    return (me.state == ACTIVE, established(me), me.worst == 0)


def replication(me: Radiant, keys: Any) -> dict[str, Any]:
    """The proposal of another list of shard keys."""
    return proposal(
        me, REPLICATING, me.members, keys, me.members.union(me.audience), me.accepted_at
    )


@on(AddShard)
def add_shard(me: Radiant, m: EventProxy) -> Row:
    """Become responsible for a shard key."""
    return Row(
        when=(*serving(me), ~me.keys.has(m.key)),
        **replication(me, me.keys.add(m.key)),
        reply=Done(),
    )


@on(RemoveShard)
def remove_shard(me: Radiant, m: EventProxy) -> Row:
    """Give up a shard key."""
    return Row(
        when=(*serving(me), me.keys.has(m.key)),
        **replication(me, me.keys.remove(m.key)),
        reply=Done(),
    )


@on(MoveShard)
def move_shard(me: Radiant, m: EventProxy) -> Row:
    """Replace a shard key by another in one step, so that no reader sees neither or both."""
    return Row(
        when=(*serving(me), me.keys.has(m.key), ~me.keys.has(m.to)),
        **replication(me, me.keys.remove(m.key).add(m.to)),
        reply=Done(),
    )


@on(AddMember)
def add_member(me: Radiant, m: EventProxy) -> Row:
    """Admit one radiant: only when idle, after a commit in one's own term."""
    members = me.members.add(m.node)
    return Row(
        when=(*serving(me), ~me.members.has(m.node), ~config.controllers.has(m.node)),
        **proposal(me, UPDATE, members, me.keys, members.union(me.audience), me.accepted_at),
        reply=Done(),
    )


@on(RemoveMember)
def remove_member(me: Radiant, m: EventProxy) -> Row:
    """Remove one radiant, never the herald itself; the removed one is told of the commit."""
    return Row(
        when=(*serving(me), me.members.has(m.node), m.node != me),
        **proposal(
            me,
            UPDATE,
            me.members.remove(m.node),
            me.keys,
            me.members.union(me.audience),
            me.accepted_at,
        ),
        reply=Done(),
    )


@on(GetStatus)
def get_status(me: Radiant, m: EventProxy) -> Row:
    """Answered in every state and role."""
    return Row(
        reply=Status(
            state=me.state,
            role=me.role,
            term=me.term,
            herald=me.herald,
            joined=me.joined,
            accepted_at=me.accepted_at,
            watermark_at=me.watermark_at,
            members=me.members,
            severity=me.severity,
            episode=me.episode,
        )
    )


@on(ListShards)
def list_shards(me: Radiant, m: EventProxy) -> Row:
    """A read of the watermark: no lock refuses it."""
    return Row(
        when=(me.joined, ~me.state.is_(BOOTSTRAP, UNRECOVERABLE)),
        reply=ShardList(at=me.watermark_at, keys=me.watermark_keys),
    )
