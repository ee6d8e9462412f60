"""A guard that chooses a fresh value.

caret: fresh(me.term)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, fresh, on


@on(Vote)
def count(me, m):
    return Row(when=fresh(me.term) == m.term, reply=Done())


def spec():
    return lamp(__name__)
