"""Two sets, and two maps, whose texts are the same: `~p.implies(q)` is how two conditions read."""

# mypy: ignore-errors

import sys

from model.lang import (
    Bool,
    MapOf,
    Node,
    Process,
    Reply,
    Request,
    Row,
    SetOf,
    fallback,
    ite,
    on,
    part,
    read_spec,
    safety,
    volatile,
)


class Nodes(SetOf, of=Node):
    """A set of nodes."""


class Marks(MapOf, key=Node, to=Bool):
    """Which nodes are marked."""


class Proc(Process):
    """It keeps the same twice, says its rule, which seems to say so."""

    one = volatile(Nodes)
    two = volatile(Nodes)
    first = volatile(Marks)
    second = volatile(Marks)


class Ask(Request):
    """Two truth values and a node."""

    p = part(Bool)
    q = part(Bool)
    who = part(Node)


class Done(Reply):
    """It is done."""


@on(Ask)
def ask(me, m):
    """Take a node by one condition, and a node by another."""
    one = ite((~m.p).implies(m.q), me, m.who)
    two = ite(~(m.p.implies(m.q)), me, m.who)
    return Row(
        then=(
            me.one.set(Nodes.empty.add(one)),
            me.two.set(Nodes.empty.add(two)),
            me.first.set(Marks.empty.put(one, True)),
            me.second.set(Marks.empty.put(two, True)),
        ),
        reply=Done(),
    )


@fallback(Request)
def rest(me, m):
    """Nothing happens."""
    return (Row(name="rest", reply=Done()),)


@safety("P", "The two sets are one, or the two maps")
def the_two_are_one(n: Proc):
    """False after one step."""
    return (n.one == n.two) | (n.first == n.second)


def spec():
    """Read it."""
    return read_spec("trap", "A trap", [sys.modules[__name__]])
