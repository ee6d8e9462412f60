"""No sort has arithmetic.

caret: me.tries + 1
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.tries.set(me.tries + 1), reply=Done())


def spec():
    return lamp(__name__)
