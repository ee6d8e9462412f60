"""The event is not one of its fields.

caret: m
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.term == m, reply=Done())


def spec():
    return lamp(__name__)
