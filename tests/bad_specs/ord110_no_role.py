"""A role that is text.

caret: class Ping(Message, sender="leader", receiver=LEADER):
"""

# mypy: ignore-errors

from base import LEADER, lamp

from model.lang import Message


class Ping(Message, sender="leader", receiver=LEADER):
    pass


def spec():
    return lamp(__name__)
