"""Two sorts are never equal.

caret: me.role
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.mode == me.role, reply=Done())


def spec():
    return lamp(__name__)
