"""A variable that is declared twice.

caret: term = volatile(Count)
"""

# mypy: ignore-errors

from base import OFF, Count, Mode, Term, lamp

from model.lang import Process, durable, volatile


class Other(Process):
    term = durable(Term)
    mode = volatile(Mode, OFF)
    term = volatile(Count)


def spec():
    return lamp(__name__)
