"""A timer that is declared weakly fair and strongly fair.

caret: strong(Tick)
"""

# mypy: ignore-errors

from base import Tick, lamp

from model.lang import Timer, strong, weak

ticks = weak(Timer)
ticks_again = strong(Tick)


def spec():
    return lamp(__name__)
