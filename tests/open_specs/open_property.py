"""A lamp that two rules switch, with a property that it declares as open: not proved yet."""

# mypy: ignore-errors

import sys

from model.lang import (
    Process,
    Reply,
    Row,
    Sum,
    Timer,
    case,
    fallback,
    on,
    read_spec,
    safety,
    volatile,
)


class Light(Sum):
    """What the lamp shows."""

    DARK = case("off")
    BRIGHT = case("on")


class Lamp(Process):
    """A lamp."""

    light = volatile(Light, Light.DARK)
    other = volatile(Light, Light.DARK)


class Done(Reply):
    """It is done."""


class Tock(Timer):
    """Time to switch."""


@on(Tock)
def shine(me, m):
    """Both lights go on."""
    both = (me.light.set(Light.BRIGHT), me.other.set(Light.BRIGHT))
    return Row(when=me.light == Light.DARK, then=both, reply=Done())


@on(Tock)
def darken(me, m):
    """Both lights go off."""
    both = (me.light.set(Light.DARK), me.other.set(Light.DARK))
    return Row(when=me.light == Light.BRIGHT, then=both, reply=Done())


@fallback(Timer)
def rest(me, m):
    """Nothing happens."""
    return (Row(name="rest", reply=Done()),)


@safety("proved", "A light is on or off")
def one_or_the_other(n: Lamp):
    """There is no third value."""
    return n.light.is_(Light.DARK, Light.BRIGHT)


@safety("together", "The two lights agree", open="nobody has tried yet")
def together(n: Lamp):
    """Whoever shines shines twice."""
    return (n.light == Light.BRIGHT).implies(n.other == Light.BRIGHT)


def spec():
    """Read it."""
    return read_spec("lamp", "A lamp", [sys.modules[__name__]], role="light")
