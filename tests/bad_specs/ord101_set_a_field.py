"""Only a variable of `me` can be set.

caret: m.term.set
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=m.term.set(me.term), reply=Done())


def spec():
    return lamp(__name__)
