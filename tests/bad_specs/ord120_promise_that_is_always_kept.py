"""A promise that holds in every state, whatever happens.

caret: def shines(n: Lamp):
"""

# mypy: ignore-errors

from base import BROKEN, Lamp, Tick, lamp

from model.lang import eventually, weak, whenever

ticks = weak(Tick)


@eventually("shines", "A broken lamp is mended")
def shines(n: Lamp):
    return whenever(n.mode == BROKEN).then(True)


def spec():
    return lamp(__name__)
