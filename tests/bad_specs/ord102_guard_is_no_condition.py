"""A clause that is no condition.

caret: me.term
"""

# mypy: ignore-errors

from base import LEADER, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=(me.term, me.role == LEADER), reply=Done())


def spec():
    return lamp(__name__)
