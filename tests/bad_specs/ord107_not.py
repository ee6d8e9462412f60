"""`not` before a condition.

caret: not me.votes.has(m.sender)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=not me.votes.has(m.sender), reply=Done())


def spec():
    return lamp(__name__)
