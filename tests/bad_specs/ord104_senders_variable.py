"""A rule sets a variable of the message's sender.

caret: Lamp.at(m.sender).mode.set(OFF)
"""

# mypy: ignore-errors

from base import OFF, Done, Lamp, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=Lamp.at(m.sender).mode.set(OFF), reply=Done())


def spec():
    return lamp(__name__)
