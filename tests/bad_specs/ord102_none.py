"""Only a Maybe can be None.

caret: None
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.term.set(None), reply=Done())


def spec():
    return lamp(__name__)
