"""A set of nodes is given a term.

caret: m.term
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.votes.set(me.votes.add(m.term)), reply=Done())


def spec():
    return lamp(__name__)
