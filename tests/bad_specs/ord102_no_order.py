"""A comparison of values that have no order.

caret: me.mode < BROKEN
"""

# mypy: ignore-errors

from base import BROKEN, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.mode < BROKEN, reply=Done())


def spec():
    return lamp(__name__)
