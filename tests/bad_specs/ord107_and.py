"""`and` between two conditions.

caret: me.role == LEADER and m.term > me.term
"""

# mypy: ignore-errors

from base import LEADER, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.role == LEADER and m.term > me.term, reply=Done())


def spec():
    return lamp(__name__)
