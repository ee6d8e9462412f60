"""A message is addressed to something that is no node.

caret: me.term
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(send=Vote(term=me.term).to(me.term), reply=Done())


def spec():
    return lamp(__name__)
