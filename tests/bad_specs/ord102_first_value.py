"""A first value of another sort.

caret: Term.zero
"""

# mypy: ignore-errors

from base import Term, Tries, lamp

from model.lang import Process, volatile


class Other(Process):
    tries = volatile(Tries, Term.zero)


def spec():
    return lamp(__name__)
