"""`is_` names cases, not values.

caret: me.mode.is_(ON(m.colour))
"""

# mypy: ignore-errors

from base import ON, Done, TurnOn, lamp

from model.lang import Row, on


@on(TurnOn)
def count(me, m):
    return Row(when=me.mode.is_(ON(m.colour)), reply=Done())


def spec():
    return lamp(__name__)
