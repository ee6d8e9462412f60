"""`then` is None.

caret: Row(then=None, reply=Done())
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=None, reply=Done())


def spec():
    return lamp(__name__)
