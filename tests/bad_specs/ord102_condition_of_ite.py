"""The condition of ite is none.

caret: me.term
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, ite, on


@on(Vote)
def count(me, m):
    return Row(then=me.tries.set(ite(me.term, 1, me.tries)), reply=Done())


def spec():
    return lamp(__name__)
