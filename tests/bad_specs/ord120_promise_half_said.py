"""A promise that says when, and not what.

caret: def shines(n: Lamp):
"""

# mypy: ignore-errors

from base import BROKEN, Lamp, Tick, lamp

from model.lang import eventually, weak, whenever

ticks = weak(Tick)


@eventually("shines", "A broken lamp is mended")
def shines(n: Lamp):
    return whenever(n.mode == BROKEN)


def spec():
    return lamp(__name__)
