"""A variable is set to a Python value.

caret: "ON"
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.mode.set("ON"), reply=Done())


def spec():
    return lamp(__name__)
