"""`or` for a value that may be missing.

caret: me.vote or m.sender
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.vote.set(me.vote or m.sender), reply=Done())


def spec():
    return lamp(__name__)
