"""A rule made in a function that drops it.

caret: def count(me, m):
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


def make():
    @on(Vote)
    def count(me, m):
        return Row(reply=Done())


make()


def spec():
    return lamp(__name__)
