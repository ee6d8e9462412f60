"""A lamp ceases.

caret: ceases(Lamp)
"""

# mypy: ignore-errors

from base import Lamp, lamp

from model.lang import ceases

lamps_go_out = ceases(Lamp)


def spec():
    return lamp(__name__)
