"""A function spec() that returns nothing.

caret: def spec():
"""

# mypy: ignore-errors

from base import lamp


def spec():
    lamp(__name__)
