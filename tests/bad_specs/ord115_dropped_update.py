"""An update that no row holds.

caret: me.mode.set(OFF)
"""

# mypy: ignore-errors

from base import OFF, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    me.mode.set(OFF)
    return Row(reply=Done())


def spec():
    return lamp(__name__)
