"""Parts are given by name.

caret: Vote(me.term)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(send=Vote(me.term).to(me), reply=Done())


def spec():
    return lamp(__name__)
