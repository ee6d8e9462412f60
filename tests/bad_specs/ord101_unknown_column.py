"""A column that the table does not have.

caret: NEXT_COLOUR.look_up("thn", m.colour)
"""

# mypy: ignore-errors

from base import NEXT_COLOUR, ON, Done, TurnOn, lamp

from model.lang import Row, on


@on(TurnOn)
def count(me, m):
    return Row(then=me.mode.set(ON(NEXT_COLOUR.look_up("thn", m.colour))), reply=Done())


def spec():
    return lamp(__name__)
