"""A lamp whose figure needs one of its two properties: `sound`, and not `twin`."""

# mypy: ignore-errors

import sys

from model.lang import (
    Bool,
    EdgeTable,
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


FIGURE = EdgeTable("light", ((Light.DARK, Light.BRIGHT),))


class Lamp(Process):
    """A lamp, with a flag that goes with its light, and one that is never up."""

    light = volatile(Light, Light.DARK)
    shines = volatile(Bool)
    broken = volatile(Bool)


class Done(Reply):
    """It is done."""


class Tock(Timer):
    """Time to switch."""


class Tick(Timer):
    """Time to go off, for a broken lamp."""


@on(Tock)
def shine(me, m):
    """The light goes on."""
    both = (me.light.set(Light.BRIGHT), me.shines.set(True))
    return Row(when=me.light == Light.DARK, then=both, reply=Done())


@on(Tick)
def darken(me, m):
    """A broken lamp goes off: an edge that is not in the figure, but none is broken."""
    off = (me.light.set(Light.DARK), me.shines.set(False))
    return Row(when=me.broken, then=off, reply=Done())


@fallback(Timer)
def rest(me, m):
    """Nothing happens."""
    return (Row(name="rest", reply=Done()),)


@safety("sound", "No lamp is broken")
def sound(n: Lamp):
    """No rule breaks one."""
    return ~n.broken


@safety("twin", "The flag goes with the light")
def twin(n: Lamp):
    """Whoever shines has it up."""
    return n.shines == (n.light == Light.BRIGHT)


def spec():
    """Read it."""
    return read_spec("lamp", "A lamp", [sys.modules[__name__]], role="light")
