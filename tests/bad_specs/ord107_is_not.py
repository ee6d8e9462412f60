"""`is not` compares Python objects, silently.

caret: me.mode is not BROKEN
"""

# mypy: ignore-errors

from base import BROKEN, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.mode is not BROKEN, reply=Done())


def spec():
    return lamp(__name__)
