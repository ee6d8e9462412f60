"""A message that nobody may send.

caret: class Ping(Message, sender=(), receiver=LEADER):
"""

# mypy: ignore-errors

from base import LEADER, lamp

from model.lang import Message


class Ping(Message, sender=(), receiver=LEADER):
    pass


def spec():
    return lamp(__name__)
