"""An assignment to a field of the event.

caret: m.term
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    m.term = me.term
    return Row(reply=Done())


def spec():
    return lamp(__name__)
