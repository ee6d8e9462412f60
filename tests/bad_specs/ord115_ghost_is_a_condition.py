"""`ghost` holds a condition.

caret: Row(ghost=led(me, me.term), reply=Done())
"""

# mypy: ignore-errors

from base import Done, Vote, lamp, led

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(ghost=led(me, me.term), reply=Done())


def spec():
    return lamp(__name__)
