"""A timer that would be lost on the network.

caret: fair_loss(Tick)
"""

# mypy: ignore-errors

from base import Tick, lamp

from model.lang import fair_loss

ticks = fair_loss(Tick)


def spec():
    return lamp(__name__)
