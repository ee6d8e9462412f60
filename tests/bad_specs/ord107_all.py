"""Python's `all` over conditions.

caret: all([me.role == LEADER, m.term > me.term])
"""

# mypy: ignore-errors

from base import LEADER, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=all([me.role == LEADER, m.term > me.term]), reply=Done())


def spec():
    return lamp(__name__)
