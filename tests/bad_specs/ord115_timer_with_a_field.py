"""A timer that carries something.

caret: part(Term)
"""

# mypy: ignore-errors

from base import Term, lamp

from model.lang import Timer, part


class Alarm(Timer):
    term = part(Term)


def spec():
    return lamp(__name__)
