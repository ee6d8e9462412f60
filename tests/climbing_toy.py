"""A stair: one step up at each request, and a bell that nobody refuses who has climbed at all.

So a refusal that could be met in the first state alone, by a message that is not there yet, is in a
table of which later states have no need.
"""

from __future__ import annotations

import sys

from model.lang import (
    ME,
    Bool,
    Message,
    Process,
    Range,
    Reply,
    Request,
    Row,
    Spec,
    Sum,
    case,
    fallback,
    on,
    read_spec,
    volatile,
)
from model.lang.declare import EventProxy

TOP = 40


class Part(Sum):
    """Who is on the stair."""

    CLIMBER = case("climbs")


class Height(Range, top=TOP):
    """How many steps there are below."""


class Climber(Process):
    """Somebody on the stair."""

    part_played = volatile(Part, Part.CLIMBER, doc="the only part there is")
    height = volatile(Height, doc="where the climber is")
    heard = volatile(Bool, doc="whether the bell was heard")


class Climb(Request, at=Part.CLIMBER):
    """Take a step."""


class Bell(Message, sender=Part.CLIMBER, receiver=Part.CLIMBER):
    """It rings as soon as somebody has taken a step."""


class Done(Reply):
    """It was done."""


class Refused(Reply, refusal=True):
    """It was not done."""


@on(Climb)
def climb(me: Climber, m: EventProxy) -> Row:
    """At the top there is nowhere to go."""
    return Row(then=me.height.set(me.height.up()), send=Bell().to(ME), reply=Done())


@on(Bell)
def hear(me: Climber, m: EventProxy) -> Row:
    """Nobody on the ground hears it."""
    return Row(when=me.height > 0, then=me.heard.set(True), reply=Done())


@fallback(Message, Request)
def refuse(me: Climber, m: EventProxy) -> tuple[Row, ...]:
    """Nothing else happens."""
    return (Row(name="refused", reply=Refused()),)


def spec() -> Spec:
    """Return the spec."""
    return read_spec("stair", "A stair", [sys.modules[__name__]], role="part_played")
