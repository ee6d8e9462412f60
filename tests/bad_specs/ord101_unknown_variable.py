"""A variable that the process does not have.

caret: me.turm
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.turm == m.term, reply=Done())


def spec():
    return lamp(__name__)
