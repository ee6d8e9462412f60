"""A constant is read off the configuration, not off its class.

caret: LampConfig.lamps
"""

# mypy: ignore-errors

from base import Done, LampConfig, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=LampConfig.lamps.has(me), reply=Done())


def spec():
    return lamp(__name__)
