"""A first value that reads a ghost.

caret: volatile(Bool, led(ME, Term.zero))
"""

# mypy: ignore-errors

from base import Term, lamp, led

from model.lang import ME, Bool, Process, volatile


class Other(Process):
    leads = volatile(Bool, led(ME, Term.zero))


def spec():
    return lamp(__name__)
