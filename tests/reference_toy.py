"""A small spec unlike the order: no table of edges, no authority, a message no rule answers."""

from __future__ import annotations

import sys

from model.lang import (
    Message,
    Process,
    Range,
    Reply,
    Request,
    Row,
    Spec,
    Sum,
    Table,
    Timer,
    case,
    fallback,
    on,
    read_spec,
    volatile,
)
from model.lang.declare import EventProxy


class Part(Sum):
    """What a lamp does in the street."""

    LAMP = case("shines")


class Colour(Sum):
    """What a lamp shows."""

    RED = case("stop")
    GREEN = case("go")


class Turns(Range, top=2):
    """How often it turned."""


class Lamp(Process):
    """A lamp."""

    part_played = volatile(Part, Part.LAMP, doc="the only part there is")
    colour = volatile(Colour, Colour.RED, doc="what it shows")
    turns = volatile(Turns, doc="how often it turned")


class Wave(Message, sender=Part.LAMP, receiver=Part.LAMP):
    """One lamp greets another."""


class Switch(Request, at=Part.LAMP):
    """Turn green."""


class Dusk(Timer):
    """Evening."""


class Done(Reply):
    """It was done."""


class Refused(Reply, refusal=True):
    """It was not done."""


WAITING = Table(
    "waiting",
    Colour,
    ("first_delay_ms", "growth", "cap_ms", "jitter"),
    {Colour.RED: (100, 2.0, 350, 0.5), Colour.GREEN: (10, 1.0, 10, 0.0)},
)
"""How long one waits at a lamp."""


@on(Switch)
def turn_green(me: Lamp, m: EventProxy) -> Row:
    """Only from red | never twice."""
    return Row(
        when=(me.colour == Colour.RED, me.turns < 2),
        then=(me.colour.set(Colour.GREEN), me.turns.set(me.turns.up())),
        reply=Done(),
    )


@on(Dusk)
def turn_red(me: Lamp, m: EventProxy) -> Row:
    """Always."""
    return Row(then=me.colour.set(Colour.RED), reply=Done())


@fallback(Message, Request, Timer)
def refuse(me: Lamp, m: EventProxy) -> tuple[Row, ...]:
    """Nothing else is done."""
    return (Row(name="refused", doc="not now", reply=Refused()),)


def toy() -> Spec:
    """Read the spec."""
    return read_spec("lamp", "A lamp", [sys.modules[__name__]], role="part_played")
