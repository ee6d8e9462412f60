"""A lemma whose proof is to use a promise.

caret: def red_or_green(n: Lamp):
"""

# mypy: ignore-errors

from base import BROKEN, Lamp, Tick, lamp

from model.lang import eventually, lemma, weak, whenever

ticks = weak(Tick)


@eventually("shines", "A broken lamp is mended")
def shines(n: Lamp):
    return whenever(n.mode == BROKEN).then(n.mode != BROKEN)


@lemma("No lamp is broken in the end.", uses=("shines",))
def red_or_green(n: Lamp):
    return n.mode != BROKEN


def spec():
    return lamp(__name__)
