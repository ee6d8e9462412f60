"""A number between two others.

caret: 0 < me.tries <= 2
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=0 < me.tries <= 2, reply=Done())


def spec():
    return lamp(__name__)
