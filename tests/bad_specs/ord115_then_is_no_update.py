"""`then` holds a condition.

caret: Row(then=me.mode == OFF, reply=Done())
"""

# mypy: ignore-errors

from base import OFF, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.mode == OFF, reply=Done())


def spec():
    return lamp(__name__)
