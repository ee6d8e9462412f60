"""A reply without its part.

caret: Busy()
"""

# mypy: ignore-errors

from base import Busy, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(reply=Busy())


def spec():
    return lamp(__name__)
