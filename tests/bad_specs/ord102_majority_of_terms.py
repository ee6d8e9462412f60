"""A majority is one of nodes.

caret: me.term
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, majority, on


@on(Vote)
def count(me, m):
    return Row(when=majority(me.votes, me.term), reply=Done())


def spec():
    return lamp(__name__)
