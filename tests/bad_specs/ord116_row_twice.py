"""A table with two rows for one case: Python keeps the second alone.

caret: RED
"""

# mypy: ignore-errors
# ruff: noqa: F602

from base import GREEN, RED, Colour, lamp

from model.lang import Table

COSTS = Table("costs", Colour, ("cost",), {RED: (1,), GREEN: (2,), RED: (3,)})


def spec():
    return lamp(__name__)
