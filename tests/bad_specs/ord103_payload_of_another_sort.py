"""An expression of another sort as payload.

caret: ON(me.role)
"""

# mypy: ignore-errors

from base import ON, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.mode.set(ON(me.role)), reply=Done())


def spec():
    return lamp(__name__)
