"""Python that fails while the module is imported.

caret: 1 // 0
"""

# mypy: ignore-errors

from base import lamp

LIMIT = 1 // 0


def spec():
    return lamp(__name__)
