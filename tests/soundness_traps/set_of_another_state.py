"""A ghost records a set of the state before the step; P asks for the set of the state after it."""

# mypy: ignore-errors

import sys

from model.lang import (
    Config,
    Node,
    Process,
    Reply,
    Request,
    Row,
    SetOf,
    durable,
    fallback,
    ghost,
    on,
    part,
    read_spec,
    safety,
)


class Nodes(SetOf, of=Node):
    """A set of nodes."""


class Told(Config):
    """What all are told."""

    boss = part(Node)


told = Told()


class Proc(Process):
    """It has members."""

    members = durable(Nodes)


had = ghost("had", Nodes, doc="the boss had these and itself")
began = ghost("began", Node, doc="a node has changed its members")


class Ask(Request):
    """A node to have."""

    who = part(Node)


class Done(Reply):
    """It is done."""


@on(Ask)
def ask(me, m):
    """It has one member, and what the boss had before is recorded."""
    return Row(
        then=me.members.set(Nodes.empty.add(m.who)),
        ghost=(had.add(Proc.at(told.boss).members.add(told.boss)), began.add(me)),
        reply=Done(),
    )


@fallback(Request)
def rest(me, m):
    """Nothing happens."""
    return (Row(name="rest", reply=Done()),)


@safety("P", "What the boss has is recorded, once something happened")
def recorded(n: Node):
    """False after one step of the boss."""
    return began(n).implies(had(Proc.at(told.boss).members.add(told.boss)))


def spec():
    """Read it."""
    return read_spec("trap", "A trap", [sys.modules[__name__]])
