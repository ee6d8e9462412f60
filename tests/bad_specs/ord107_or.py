"""`or` between two conditions.

caret: me.mode == OFF or me.mode == BROKEN
"""

# mypy: ignore-errors

from base import BROKEN, OFF, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.mode == OFF or me.mode == BROKEN, reply=Done())


def spec():
    return lamp(__name__)
