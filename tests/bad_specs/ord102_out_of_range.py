"""A number that the range does not have.

caret: 4
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.tries == 4, reply=Done())


def spec():
    return lamp(__name__)
