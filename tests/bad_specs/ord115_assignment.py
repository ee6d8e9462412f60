"""An assignment instead of an update.

caret: me.mode
"""

# mypy: ignore-errors

from base import OFF, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    me.mode = OFF
    return Row(reply=Done())


def spec():
    return lamp(__name__)
