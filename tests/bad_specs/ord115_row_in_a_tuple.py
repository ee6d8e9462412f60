"""A rule returns one row.

caret: def count(me, m):
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return (Row(when=m.term > me.term, reply=Done()),)


def spec():
    return lamp(__name__)
