"""A part that the struct does not have.

caret: me.at.number
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.at.number == me.at.count, reply=Done())


def spec():
    return lamp(__name__)
