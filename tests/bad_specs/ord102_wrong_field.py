"""A message is built with a value of another sort.

caret: me.tries
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(send=Vote(term=me.tries).to(me), reply=Done())


def spec():
    return lamp(__name__)
