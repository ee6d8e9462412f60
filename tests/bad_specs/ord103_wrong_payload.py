"""A case of another sum as payload.

caret: ON(LEADER)
"""

# mypy: ignore-errors

from base import LEADER, ON, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.mode.set(ON(LEADER)), reply=Done())


def spec():
    return lamp(__name__)
