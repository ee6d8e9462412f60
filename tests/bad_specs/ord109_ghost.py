"""A ghost with too few columns.

caret: led.add(me)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp, led

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(ghost=led.add(me), reply=Done())


def spec():
    return lamp(__name__)
