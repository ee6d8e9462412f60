"""A field that the message does not have.

caret: m.colour
"""

# mypy: ignore-errors

from base import RED, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=m.colour == RED, reply=Done())


def spec():
    return lamp(__name__)
