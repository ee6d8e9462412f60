"""A helper that is called with too few arguments.

caret: newer(me)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


def newer(me, m):
    return m.term > me.term


@on(Vote)
def count(me, m):
    return Row(when=newer(me), reply=Done())


def spec():
    return lamp(__name__)
