"""A number in a table has no sort of its own.

caret: NEXT_COLOUR.look_up("tries", m.colour)
"""

# mypy: ignore-errors

from base import NEXT_COLOUR, Done, TurnOn, lamp

from model.lang import Row, on


@on(TurnOn)
def count(me, m):
    return Row(then=me.tries.set(NEXT_COLOUR.look_up("tries", m.colour)), reply=Done())


def spec():
    return lamp(__name__)
