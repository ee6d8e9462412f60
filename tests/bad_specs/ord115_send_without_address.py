"""A message that is not addressed.

caret: Row(send=Vote(term=me.term), reply=Done())
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(send=Vote(term=me.term), reply=Done())


def spec():
    return lamp(__name__)
