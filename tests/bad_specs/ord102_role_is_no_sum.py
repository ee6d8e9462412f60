"""The role is kept in a variable that is no sum.

caret: lamp(__name__, role="tries")
"""

# mypy: ignore-errors

from base import lamp


def spec():
    return lamp(__name__, role="tries")
