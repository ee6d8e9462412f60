"""A variable without a first value.

caret: volatile(Mode)
"""

# mypy: ignore-errors

from base import Mode, lamp

from model.lang import Process, volatile


class Other(Process):
    mode = volatile(Mode)


def spec():
    return lamp(__name__)
