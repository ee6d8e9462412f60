"""Two plain numbers have no sort between them.

caret: 2
"""

# mypy: ignore-errors

from base import LEADER, Done, Vote, lamp

from model.lang import Row, ite, on


@on(Vote)
def count(me, m):
    return Row(then=me.tries.set(ite(me.role == LEADER, 1, 2)), reply=Done())


def spec():
    return lamp(__name__)
