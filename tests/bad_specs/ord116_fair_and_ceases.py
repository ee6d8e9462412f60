"""A request that has to happen, of which a rule has to happen no more.

caret: ceases(turn_on)
"""

# mypy: ignore-errors

from base import TurnOn, lamp, turn_on

from model.lang import ceases, strong

clients_insist = strong(TurnOn)
clients_tire = ceases(turn_on)


def spec():
    return lamp(__name__)
