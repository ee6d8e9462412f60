"""Python's `max` of two values.

caret: max(me.term, m.term)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.term.set(max(me.term, m.term)), reply=Done())


def spec():
    return lamp(__name__)
