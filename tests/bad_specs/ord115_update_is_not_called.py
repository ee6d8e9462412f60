"""An update whose value is forgotten.

caret: Row(then=me.mode.set, reply=Done())
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.mode.set, reply=Done())


def spec():
    return lamp(__name__)
