"""An update that reads the sender's variable.

caret: Lamp.at(m.sender).term
"""

# mypy: ignore-errors

from base import Done, Lamp, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.term.set(Lamp.at(m.sender).term), reply=Done())


def spec():
    return lamp(__name__)
