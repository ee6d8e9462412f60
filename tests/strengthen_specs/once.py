"""A keeper gives one thing away, once: small enough for clauses from counterexamples alone."""

import sys

from model.lang import (
    Bool,
    Config,
    EventProxy,
    Expr,
    Maybe,
    Message,
    Node,
    Process,
    Reply,
    Request,
    Row,
    Spec,
    Sum,
    Timer,
    authority,
    case,
    durable,
    fallback,
    ite,
    on,
    part,
    read_spec,
    safety,
    volatile,
)
from model.lang.declare import ME


class Role(Sum):
    """What a node is."""

    KEEPER = case("gives")
    TAKER = case("takes")


class MaybeNode(Maybe, of=Node):
    """A node, or nobody."""


class OnceConfig(Config):
    """What every node is told."""

    keeper = part(Node, "who gives")


config = OnceConfig()


class Peer(Process):
    """One node."""

    role = volatile(Role, ite(config.keeper == ME, Role.KEEPER, Role.TAKER))
    given = durable(MaybeNode)
    owns = durable(Bool)


class Want(Message, sender=Role.TAKER, receiver=Role.KEEPER):
    """The sender wants it."""


class Give(Message, sender=Role.KEEPER, receiver=Role.TAKER):
    """The receiver has it."""


class Tick(Timer):
    """Time to ask."""


class Done(Reply):
    """Accepted."""


class Refused(Reply, refusal=True):
    """Refused."""


@authority(Role.KEEPER)
def speaks_as_keeper(me: Peer, m: EventProxy) -> Expr:
    """The configuration says who."""
    return m.sender == config.keeper


@authority(Role.TAKER)
def speaks_as_taker(me: Peer, m: EventProxy) -> Expr:
    """Everybody else."""
    return m.sender != config.keeper


@on(Tick)
def want(me: Peer, m: EventProxy) -> Row:
    """Ask."""
    return Row(when=me.role == Role.TAKER, send=Want().to(config.keeper), reply=Done())


@on(Want)
def give(me: Peer, m: EventProxy) -> Row:
    """It is still here, or was given to the sender already."""
    return Row(
        when=~me.given.known | (me.given == m.sender),
        then=me.given.set(m.sender),
        send=Give().to(m.sender),
        reply=Done(),
    )


@on(Give)
def take(me: Peer, m: EventProxy) -> Row:
    """Take it."""
    return Row(when=m.sender == config.keeper, then=me.owns.set(True), reply=Done())


@fallback(Message, Request, Timer)
def refuse(me: Peer, m: EventProxy) -> tuple[Row, ...]:
    """The rest changes nothing."""
    return (Row(name="refused", doc="A clause refused.", reply=Refused()),)


@safety("one-owner", "One node at most has it")
def one_owner(a: Peer, b: Peer) -> Expr:
    """Two nodes that have it are one node."""
    return (a.owns & b.owns).implies(a == b)


def spec() -> Spec:
    """Read the spec."""
    return read_spec("once", "Given away once", [sys.modules[__name__]], role="role")
