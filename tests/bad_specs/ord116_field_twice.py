"""A field that is declared twice: Python keeps the second alone.

caret: mode = part(Colour)
"""

# mypy: ignore-errors

from base import LEADER, Colour, Mode, Term, lamp

from model.lang import Message, part


class Ping(Message, sender=LEADER, receiver=LEADER):
    term = part(Term)
    mode = part(Mode)
    mode = part(Colour)


def spec():
    return lamp(__name__)
