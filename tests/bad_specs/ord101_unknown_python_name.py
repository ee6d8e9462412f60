"""A name that Python does not know, where the rule is read.

caret: VIOLET
"""

# mypy: ignore-errors
# ruff: noqa: F821

from base import ON, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.mode.set(ON(VIOLET)), reply=Done())


def spec():
    return lamp(__name__)
