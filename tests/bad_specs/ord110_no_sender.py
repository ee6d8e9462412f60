"""A message that does not say who sends it.

caret: class Ping(Message, receiver=LEADER):
"""

# mypy: ignore-errors

from base import LEADER, Term, lamp

from model.lang import Message, part


class Ping(Message, receiver=LEADER):
    term = part(Term)


def spec():
    return lamp(__name__)
