"""A reply that reads the sender's variable.

caret: Lamp.at(m.sender).mode
"""

# mypy: ignore-errors

from base import Busy, Lamp, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(reply=Busy(mode=Lamp.at(m.sender).mode))


def spec():
    return lamp(__name__)
