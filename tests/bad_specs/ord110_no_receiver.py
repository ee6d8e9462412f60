"""A message that does not say who acts on it.

caret: class Ping(Message, sender=LEADER):
"""

# mypy: ignore-errors

from base import LEADER, Term, lamp

from model.lang import Message, part


class Ping(Message, sender=LEADER):
    term = part(Term)


def spec():
    return lamp(__name__)
