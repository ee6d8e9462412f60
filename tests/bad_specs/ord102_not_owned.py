"""An order whose elements nobody owns.

caret: owner(me.last.count)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on, owner


@on(Vote)
def count(me, m):
    return Row(when=owner(me.last.count) == m.sender, reply=Done())


def spec():
    return lamp(__name__)
