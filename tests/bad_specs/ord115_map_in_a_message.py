"""A message that carries a whole map.

caret: part(Counts)
"""

# mypy: ignore-errors

from base import LEADER, Count, lamp

from model.lang import MapOf, Message, Node, part


class Counts(MapOf, key=Node, to=Count):
    """A number for each node."""


class Tell(Message, sender=LEADER, receiver=LEADER):
    counts = part(Counts)


def spec():
    return lamp(__name__)
