"""Fairness of nothing.

caret: weak()
"""

# mypy: ignore-errors

from base import lamp

from model.lang import weak

nothing = weak()


def spec():
    return lamp(__name__)
