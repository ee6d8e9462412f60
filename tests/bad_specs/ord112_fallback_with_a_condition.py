"""A fallback whose last row has a condition.

caret: Row(when=me.light == Light.DARK, reply=Done())
"""

# mypy: ignore-errors

import sys

from model.lang import Process, Reply, Row, Sum, Timer, case, fallback, read_spec, volatile


class Light(Sum):
    DARK = case()
    BRIGHT = case()


class Clock(Process):
    light = volatile(Light, Light.DARK)


class Done(Reply):
    pass


class Tock(Timer):
    pass


@fallback(Timer)
def refuse(me, m):
    return Row(when=me.light == Light.DARK, reply=Done())


def spec():
    return read_spec("clock", "A clock", [sys.modules[__name__]], role="light")
