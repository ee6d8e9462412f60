"""Python's `len` of a set.

caret: len(me.votes)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=len(me.votes) > 2, reply=Done())


def spec():
    return lamp(__name__)
