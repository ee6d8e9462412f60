"""A struct without one of its parts.

caret: At(term=m.term)
"""

# mypy: ignore-errors

from base import At, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.last.set(At(term=m.term)), reply=Done())


def spec():
    return lamp(__name__)
