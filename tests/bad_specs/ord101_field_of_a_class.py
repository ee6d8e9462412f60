"""A field is read off the event, not off its class.

caret: Vote.term
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=Vote.term > me.term, reply=Done())


def spec():
    return lamp(__name__)
