"""A table with a row for a case of another sum.

caret: OFF
"""

# mypy: ignore-errors

from base import OFF, RED, Colour, lamp

from model.lang import Table

COSTS = Table(
    "costs",
    Colour,
    ("cost",),
    {RED: (1,), OFF: (2,)},
)


def spec():
    return lamp(__name__)
