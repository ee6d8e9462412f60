"""`in` with a set.

caret: m.sender in me.votes
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=m.sender in me.votes, reply=Done())


def spec():
    return lamp(__name__)
