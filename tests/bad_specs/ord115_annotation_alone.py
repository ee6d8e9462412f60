"""A field that is only annotated.

caret: term
"""

# mypy: ignore-errors

from base import LEADER, Term, lamp

from model.lang import Message


class Ping(Message, sender=LEADER, receiver=LEADER):
    term: Term


def spec():
    return lamp(__name__)
