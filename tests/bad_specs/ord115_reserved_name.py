"""A variable with a name that the language needs.

caret: volatile(Bool)
"""

# mypy: ignore-errors

from base import lamp

from model.lang import Bool, Process, volatile


class Other(Process):
    known = volatile(Bool)


def spec():
    return lamp(__name__)
