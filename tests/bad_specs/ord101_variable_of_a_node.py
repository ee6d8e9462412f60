"""A rule cannot read a variable of the sender.

caret: m.sender.term
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=m.sender.term > me.term, reply=Done())


def spec():
    return lamp(__name__)
