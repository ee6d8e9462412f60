"""A message without one of its fields.

caret: Switch(mode=OFF)
"""

# mypy: ignore-errors

from base import OFF, Done, Switch, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(send=Switch(mode=OFF).to(me), reply=Done())


def spec():
    return lamp(__name__)
