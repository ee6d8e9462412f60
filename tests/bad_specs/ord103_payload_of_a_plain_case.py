"""The payload of a case that carries none.

caret: BROKEN.of(me.mode)
"""

# mypy: ignore-errors

from base import BROKEN, RED, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=BROKEN.of(me.mode) == RED, reply=Done())


def spec():
    return lamp(__name__)
