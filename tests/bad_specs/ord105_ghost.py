"""A guard that reads a ghost.

caret: led(me, m.term)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp, led

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=led(me, m.term), reply=Done())


def spec():
    return lamp(__name__)
