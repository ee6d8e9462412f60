"""A module beside the bad specs that no spec is read from.

Belongs here: an event and a helper that bad specs take from elsewhere.
"""

# mypy: ignore-errors

from base import LEADER, Term

from model.lang import Message, part


class Ping(Message, sender=LEADER, receiver=LEADER):
    """A message of no spec."""

    term = part(Term)


def bright(me):
    """Tell whether the lamp is bright; it has no such variable."""
    return me.brightness
