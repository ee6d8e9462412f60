"""A case of another sum.

caret: me.mode.is_(RED)
"""

# mypy: ignore-errors

from base import RED, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.mode.is_(RED), reply=Done())


def spec():
    return lamp(__name__)
