"""A message that no row holds.

caret: Vote(term=me.term).to(me)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    Vote(term=me.term).to(me)
    return Row(reply=Done())


def spec():
    return lamp(__name__)
