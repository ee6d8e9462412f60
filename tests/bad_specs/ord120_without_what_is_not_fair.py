"""A promise that leaves out the fairness of what was not declared fair.

caret: def shines(n: Lamp):
"""

# mypy: ignore-errors

from base import BROKEN, Lamp, Tick, TurnOn, lamp

from model.lang import eventually, weak, whenever

ticks = weak(Tick)


@eventually("shines", "A broken lamp is mended", without=(TurnOn,))
def shines(n: Lamp):
    return whenever(n.mode == BROKEN).then(n.mode != BROKEN)


def spec():
    return lamp(__name__)
