"""A term is not a number.

caret: 3
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=m.term > 3, reply=Done())


def spec():
    return lamp(__name__)
