"""A part that the struct does not have.

caret: me.last.number
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.last.number == me.last.count, reply=Done())


def spec():
    return lamp(__name__)
