"""A conditional expression.

caret: OFF if me.role == LEADER else BROKEN
"""

# mypy: ignore-errors

from base import BROKEN, LEADER, OFF, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.mode.set(OFF if me.role == LEADER else BROKEN), reply=Done())


def spec():
    return lamp(__name__)
