"""A variable is set to a value of another sort.

caret: me.tries
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.term.set(me.tries), reply=Done())


def spec():
    return lamp(__name__)
