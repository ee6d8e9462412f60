"""A request that ceases, and its rule besides: a promise without the first would have the second.

caret: ceases(turn_on)
"""

# mypy: ignore-errors

from base import TurnOn, lamp, turn_on

from model.lang import ceases

clients_tire = ceases(TurnOn)
lamps_stay = ceases(turn_on)


def spec():
    return lamp(__name__)
