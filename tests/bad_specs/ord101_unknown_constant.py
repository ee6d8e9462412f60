"""A constant that the configuration does not have.

caret: config.lmaps
"""

# mypy: ignore-errors

from base import Done, Vote, config, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=config.lmaps.has(me), reply=Done())


def spec():
    return lamp(__name__)
