"""A condition that no row holds.

caret: m.term > me.term
"""

# mypy: ignore-errors
# ruff: noqa: B015

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    m.term > me.term
    return Row(reply=Done())


def spec():
    return lamp(__name__)
