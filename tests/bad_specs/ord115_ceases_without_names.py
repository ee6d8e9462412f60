"""Nothing ceases.

caret: ceases()
"""

# mypy: ignore-errors

from base import lamp

from model.lang import ceases

nothing = ceases()


def spec():
    return lamp(__name__)
