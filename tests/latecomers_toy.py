"""A small spec whose proof remembers what was there before, for tests of recordings."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from model.lang import (
    Config,
    Message,
    Node,
    Ordered,
    Process,
    Reply,
    Request,
    Row,
    SetOf,
    Spec,
    Sum,
    authority,
    case,
    durable,
    fallback,
    fresh,
    ghost,
    on,
    part,
    read_spec,
    safety,
)


class Role(Sum):
    MEMBER = case("takes part")


class Count(Ordered):
    pass


class Nodes(SetOf, of=Node):
    pass


class ToyConfig(Config):
    members = part(Nodes)


config = ToyConfig()


class Member(Process):
    role = durable(Role, Role.MEMBER)
    count = durable(Count)


closed = ghost("closed", Node, doc="this node closed the shop")
sold = ghost("sold", Node, Count, doc="what this node sold")
late = ghost("late", Node, Count, doc="sold after another one closed the shop")
heard = ghost("heard", Node, Node, doc="one closed the shop before the other sold something")


class Word(Message, sender=Role.MEMBER, receiver=Role.MEMBER):
    pass


class Close(Request, at=Role.MEMBER):
    pass


class Sell(Request, at=Role.MEMBER):
    pass


class Done(Reply):
    pass


class Refused(Reply, refusal=True):
    pass


@authority(Role.MEMBER)
def anybody(me: Member, m: Any) -> Any:
    return True


@on(Close)
def close(me: Member, m: Any) -> Row:
    return Row(send=Word().to(config.members), ghost=closed.add(me), reply=Done())


@on(Sell)
def sell(me: Member, m: Any) -> Row:
    count = fresh(me.count)
    return Row(
        then=me.count.set(count),
        send=Word().to(config.members),
        ghost=(
            sold.add(me, count),
            late.add_for(lambda n: (me, count), lambda n: closed(n) & (n != me), n=Node),
            heard.add_for(lambda n: (n, me), lambda n: closed(n), n=Node),
        ),
        reply=Done(),
    )


@on(Word)
def hear(me: Member, m: Any) -> Row:
    return Row(reply=Done())


@fallback(Request, Message)
def refuse(me: Member, m: Any) -> tuple[Row, ...]:
    return (Row(name="refused", doc="refused", reply=Refused()),)


@safety("late", "Nothing is sold once another one has closed the shop")
def nothing_is_late(n: Member, c: Count) -> Any:
    """One row that hangs on the order must not be there."""
    return ~late(n, c)


@safety("first", "The first thing sold is sold before the shop is closed by another one")
def the_first_is_early(n: Member, c: Count) -> Any:
    """As before, of some rows."""
    return sold(n, c).implies(~late(n, c) | (n.count > c))


@safety("heard", "Nobody sells after another one closed")
def nobody_hears(n: Member, o: Member) -> Any:
    """Its rows are not known before it is known whether they are added."""
    return heard(n, o).implies(n == o)


@safety("shut", "Who was heard closing has closed")
def the_heard_have_closed(n: Member, o: Member) -> Any:
    """True in each order."""
    return heard(n, o).implies(closed(n))


@cache
def toy() -> Spec:
    """Read the toy spec."""
    return read_spec("latecomers", "A shop", [sys.modules[__name__]], role="role")
