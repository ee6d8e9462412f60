"""A ghost is given a value of another sort.

caret: me.tries
"""

# mypy: ignore-errors

from base import Done, Vote, lamp, led

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(ghost=led.add(me, me.tries), reply=Done())


def spec():
    return lamp(__name__)
