"""A reply that is not built.

caret: Row(reply=Done)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(reply=Done)


def spec():
    return lamp(__name__)
