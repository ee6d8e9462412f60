"""`in` with a tuple of cases.

caret: me.mode in (OFF, BROKEN)
"""

# mypy: ignore-errors

from base import BROKEN, OFF, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.mode in (OFF, BROKEN), reply=Done())


def spec():
    return lamp(__name__)
