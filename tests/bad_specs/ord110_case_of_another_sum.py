"""A role that is a case of another sum.

caret: class Ping(Message, sender=OFF, receiver=LEADER):
"""

# mypy: ignore-errors

from base import LEADER, OFF, lamp

from model.lang import Message


class Ping(Message, sender=OFF, receiver=LEADER):
    pass


def spec():
    return lamp(__name__)
