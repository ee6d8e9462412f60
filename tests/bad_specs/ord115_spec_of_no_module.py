"""A spec is read from modules, not from their names.

caret: read_spec("lamp", "A lamp", [__name__], role="role")
"""

# mypy: ignore-errors

from model.lang import read_spec


def spec():
    return read_spec("lamp", "A lamp", [__name__], role="role")
