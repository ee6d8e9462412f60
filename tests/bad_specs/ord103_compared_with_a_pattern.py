"""A pattern is compared as if it were a value.

caret: ON
"""

# mypy: ignore-errors

from base import ON, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.mode == ON, reply=Done())


def spec():
    return lamp(__name__)
