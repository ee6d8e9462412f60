"""Fairness for a timer that no rule accepts.

caret: weak(Tock)
"""

# mypy: ignore-errors

from base import lamp

from model.lang import Timer, weak


class Tock(Timer):
    """Time passes, and nobody minds."""


tocks = weak(Tock)


def spec():
    return lamp(__name__)
