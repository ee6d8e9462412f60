"""A payload for a case that carries none.

caret: BROKEN(RED)
"""

# mypy: ignore-errors

from base import BROKEN, RED, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.mode.set(BROKEN(RED)), reply=Done())


def spec():
    return lamp(__name__)
