"""A field that would hide who sent the message.

caret: part(Node)
"""

# mypy: ignore-errors

from base import LEADER, lamp

from model.lang import Message, Node, part


class Ping(Message, sender=LEADER, receiver=LEADER):
    sender = part(Node)


def spec():
    return lamp(__name__)
