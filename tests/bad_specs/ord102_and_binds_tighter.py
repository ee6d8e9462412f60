"""`&` binds more tightly than `==`.

caret: LEADER
"""

# mypy: ignore-errors

from base import LEADER, OFF, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.role == LEADER & me.mode == OFF, reply=Done())


def spec():
    return lamp(__name__)
