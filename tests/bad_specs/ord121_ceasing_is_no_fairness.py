"""A promise in a spec where something ceases, and nothing has to happen.

caret: def shines(n: Lamp):
"""

# mypy: ignore-errors

from base import BROKEN, Lamp, TurnOn, lamp

from model.lang import ceases, eventually, whenever

clients_sleep = ceases(TurnOn)


@eventually("shines", "A broken lamp is mended")
def shines(n: Lamp):
    return whenever(n.mode == BROKEN).then(n.mode != BROKEN)


def spec():
    return lamp(__name__)
