"""A name that Python does not know, where the module is imported.

caret: Lump
"""

# mypy: ignore-errors
# ruff: noqa: F821

from base import ON, lamp

from model.lang import safety


@safety("shines", "Some lamp shines")
def shines(n: Lump):
    return n.mode.is_(ON)


def spec():
    return lamp(__name__)
