"""A case without its payload is a pattern, not a value.

caret: ON
"""

# mypy: ignore-errors

from base import ON, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.mode.set(ON), reply=Done())


def spec():
    return lamp(__name__)
