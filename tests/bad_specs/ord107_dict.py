"""A variable is looked up in a Python dict.

caret: AFTER.get(me.mode, OFF)
"""

# mypy: ignore-errors

from base import BROKEN, OFF, Done, Vote, lamp

from model.lang import Row, on

AFTER = {OFF: BROKEN}


@on(Vote)
def count(me, m):
    return Row(then=me.mode.set(AFTER.get(me.mode, OFF)), reply=Done())


def spec():
    return lamp(__name__)
