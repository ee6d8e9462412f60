"""A variable of a Python type.

caret: volatile(int)
"""

# mypy: ignore-errors

from base import lamp

from model.lang import Process, volatile


class Other(Process):
    tries = volatile(int)


def spec():
    return lamp(__name__)
