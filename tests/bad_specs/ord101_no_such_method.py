"""An operator that the sort does not have.

caret: me.votes.contains
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.votes.contains(m.sender), reply=Done())


def spec():
    return lamp(__name__)
