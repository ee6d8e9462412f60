"""An authority reads a field that one of its messages does not have.

caret: m.term
"""

# mypy: ignore-errors

from base import LEADER, lamp

from model.lang import Message


class Ping(Message, sender=LEADER, receiver=LEADER):
    pass


def spec():
    return lamp(__name__)
