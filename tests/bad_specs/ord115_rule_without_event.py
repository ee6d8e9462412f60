"""A rule's function without the event.

caret: def count(me):
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me):
    return Row(reply=Done())


def spec():
    return lamp(__name__)
