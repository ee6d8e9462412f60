"""`is_` without a case.

caret: me.mode.is_()
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.mode.is_(), reply=Done())


def spec():
    return lamp(__name__)
