"""A timer that is armed anew by a lamp.

caret: weak(Tick, unless=(Lamp,))
"""

# mypy: ignore-errors

from base import Lamp, Tick, lamp

from model.lang import weak

ticks = weak(Tick, unless=(Lamp,))


def spec():
    return lamp(__name__)
