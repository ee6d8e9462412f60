"""A module that ends Python.

caret: sys.exit(3)
"""

# mypy: ignore-errors

import sys

from base import lamp

sys.exit(3)


def spec():
    return lamp(__name__)
