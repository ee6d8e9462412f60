"""`assert` in a rule.

caret: m.term > me.term
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    assert m.term > me.term
    return Row(reply=Done())


def spec():
    return lamp(__name__)
