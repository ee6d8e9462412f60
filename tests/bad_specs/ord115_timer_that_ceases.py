"""A timer that would fire no more.

caret: ceases(Tick)
"""

# mypy: ignore-errors

from base import Tick, lamp

from model.lang import ceases

ticks = ceases(Tick)


def spec():
    return lamp(__name__)
