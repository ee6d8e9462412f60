"""Only a message has a sender.

caret: m.sender
"""

# mypy: ignore-errors

from base import Done, Tick, lamp

from model.lang import Row, on


@on(Tick)
def count(me, m):
    return Row(when=me.votes.has(m.sender), reply=Done())


def spec():
    return lamp(__name__)
