"""Two rules of one name: Python keeps the second alone.

caret: def count(me, m):
"""

# mypy: ignore-errors
# ruff: noqa: F811

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=m.term > me.term, reply=Done())


@on(Vote)
def count(me, m):
    return Row(when=m.term < me.term, reply=Done())


def spec():
    return lamp(__name__)
