"""`if` in a rule.

caret: me.role == LEADER
"""

# mypy: ignore-errors

from base import LEADER, OFF, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    if me.role == LEADER:
        return Row(then=me.mode.set(OFF), reply=Done())
    return Row(reply=Done())


def spec():
    return lamp(__name__)
