"""A file without a function spec().

caret:
"""

# mypy: ignore-errors

from base import LEADER, Term

from model.lang import Message, part


class Ping(Message, sender=LEADER, receiver=LEADER):
    term = part(Term)
