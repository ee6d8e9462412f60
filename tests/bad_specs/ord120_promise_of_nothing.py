"""A promise whose function forgets to return it.

caret: def shines(n: Lamp):
"""

# mypy: ignore-errors

from base import BROKEN, Lamp, Tick, lamp

from model.lang import eventually, for_good, weak

ticks = weak(Tick)


@eventually("shines", "A broken lamp stays broken")
def shines(n: Lamp):
    for_good(n.mode == BROKEN)


def spec():
    return lamp(__name__)
