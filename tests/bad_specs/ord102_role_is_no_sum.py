"""The role is kept in a variable that is no sum.

caret: read_spec("lamp", "A lamp", [base], role="tries")
"""

# mypy: ignore-errors

import base

from model.lang import read_spec


def spec():
    return read_spec("lamp", "A lamp", [base], role="tries")
