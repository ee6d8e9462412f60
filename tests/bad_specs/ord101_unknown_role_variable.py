"""The role is kept in a variable that the process does not have.

caret: read_spec("lamp", "A lamp", [base], role="roll")
"""

# mypy: ignore-errors

import base

from model.lang import read_spec


def spec():
    return read_spec("lamp", "A lamp", [base], role="roll")
