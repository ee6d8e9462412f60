"""A case of a tabled variable that no rule sets.

caret: EdgeTable("light", ((Light.DARK, Light.BRIGHT), (Light.BRIGHT, Light.BROKEN)))
"""

# mypy: ignore-errors

import sys

from model.lang import (
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
    volatile,
)


class Light(Sum):
    DARK = case()
    BRIGHT = case()
    BROKEN = case()


class Clock(Process):
    light = volatile(Light, Light.DARK)


class Done(Reply):
    pass


class Tock(Timer):
    pass


FIGURE = EdgeTable("light", ((Light.DARK, Light.BRIGHT), (Light.BRIGHT, Light.BROKEN)))


@on(Tock)
def shine(me, m):
    return Row(when=me.light == Light.DARK, then=me.light.set(Light.BRIGHT), reply=Done())


@fallback(Timer)
def refuse(me, m):
    return Row(reply=Done())


def spec():
    return read_spec("clock", "A clock", [sys.modules[__name__]], role="light")
