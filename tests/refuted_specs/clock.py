"""A clock whose light goes DARK, BRIGHT, BROKEN; each spec beside it adds one mistake to it.

Belongs here: what the specs share. Never here: a mistake.
"""

# mypy: ignore-errors

import sys

from model.lang import (
    EdgeTable,
    Process,
    Range,
    Reply,
    Row,
    Sum,
    Timer,
    case,
    fallback,
    on,
    read_spec,
    volatile,
)


class Light(Sum):
    """What the clock shows."""

    DARK = case("off")
    BRIGHT = case("on")
    BROKEN = case("for ever off")


class Hours(Range, top=3):
    """How long it shone."""


class Clock(Process):
    """A clock."""

    light = volatile(Light, Light.DARK)
    hours = volatile(Hours)


class Done(Reply):
    """It is done."""


class Tock(Timer):
    """An hour is over."""


FIGURE = EdgeTable("light", ((Light.DARK, Light.BRIGHT), (Light.BRIGHT, Light.BROKEN)))


@on(Tock)
def shine(me, m):
    """From dark to bright."""
    return Row(when=me.light == Light.DARK, then=me.light.set(Light.BRIGHT), reply=Done())


@fallback(Timer)
def rest(me, m):
    """Nothing happens."""
    return (Row(name="rest", reply=Done()),)


def clock(name):
    """Read the module `name` together with this one."""
    modules = [sys.modules[__name__], sys.modules[name]]
    return read_spec("clock", "A clock", modules, role="light")
