"""Nodes that greet each other; a statement about everybody's friend leaves the decidable fragment.

`friend` maps a node to a node, so it makes ever new nodes; what does not assume it stays inside.
"""

# mypy: ignore-errors

import sys

from model.lang import (
    Bool,
    Maybe,
    Message,
    Node,
    Process,
    Reply,
    Row,
    Sum,
    Timer,
    authority,
    case,
    fallback,
    on,
    read_spec,
    safety,
    sent,
    volatile,
)


class Role(Sum):
    """There is one."""

    PAL = case("a node")


class MaybeNode(Maybe, of=Node):
    """A node, or nobody."""


class Pal(Process):
    """A node."""

    role = volatile(Role, Role.PAL)
    friend = volatile(MaybeNode)
    glad = volatile(Bool)


class Hello(Message, sender=Role.PAL, receiver=Role.PAL):
    """A greeting."""


class Tock(Timer):
    """Time to greet oneself."""


class Done(Reply):
    """It is done."""


@authority(Role.PAL)
def anybody(me, m):
    """Everybody is one."""
    return m.sender == m.sender


@on(Tock)
def greet(me, m):
    """A greeting to oneself."""
    return Row(when=~me.glad, send=Hello().to(me), reply=Done())


@on(Hello)
def befriend(me, m):
    """The first to greet becomes the friend."""
    return Row(
        when=~me.friend.known,
        then=(me.friend.set(m.sender), me.glad.set(True)),
        reply=Done(),
    )


@fallback(Message, Timer)
def rest(me, m):
    """Nothing happens."""
    return (Row(name="rest", reply=Done()),)


@safety("friend", "A friend has greeted")
def a_friend_has_greeted(n: Pal, f: Node):
    """Whom a node calls its friend has greeted it."""
    return (n.friend == f).implies(sent(Hello, f, n))


@safety("glad", "Who is glad has a friend", uses=())
def glad_of_a_friend(n: Pal):
    """Its proof is told to use nothing else."""
    return n.glad.implies(n.friend.known)


@safety("known", "Who has a friend is glad")
def a_friend_makes_glad(n: Pal):
    """Its proof may use everything, and uses nothing."""
    return n.friend.known.implies(n.glad)


def spec():
    """Read it."""
    return read_spec("pals", "Pals", [sys.modules[__name__]], role="role")
