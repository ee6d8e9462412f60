"""A chain of equations.

caret: me.term == m.term == me.last.term
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.term == m.term == me.last.term, reply=Done())


def spec():
    return lamp(__name__)
