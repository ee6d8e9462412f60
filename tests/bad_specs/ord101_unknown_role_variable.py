"""The role is kept in a variable that the process does not have.

caret: lamp(__name__, role="roll")
"""

# mypy: ignore-errors

from base import lamp


def spec():
    return lamp(__name__, role="roll")
