"""A promise in a spec of which nothing is fair.

caret: def shines(n: Lamp):
"""

# mypy: ignore-errors

from base import BROKEN, Lamp, lamp

from model.lang import eventually, whenever


@eventually("shines", "A broken lamp is mended")
def shines(n: Lamp):
    return whenever(n.mode == BROKEN).then(n.mode != BROKEN)


def spec():
    return lamp(__name__)
