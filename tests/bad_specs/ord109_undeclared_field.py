"""A message with a field that it does not have.

caret: Vote(term=me.term, mode=OFF)
"""

# mypy: ignore-errors

from base import OFF, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(send=Vote(term=me.term, mode=OFF).to(me), reply=Done())


def spec():
    return lamp(__name__)
