"""Only a range has a next number.

caret: me.term.up()
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.term.set(me.term.up()), reply=Done())


def spec():
    return lamp(__name__)
