"""A case that the sum does not have.

caret: Mode.DARK
"""

# mypy: ignore-errors

from base import Done, Mode, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.mode == Mode.DARK, reply=Done())


def spec():
    return lamp(__name__)
