"""A name that the language does not export.

caret: from model.lang import Row, onn
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, onn


@onn(Vote)
def count(me, m):
    return Row(reply=Done())


def spec():
    return lamp(__name__)
