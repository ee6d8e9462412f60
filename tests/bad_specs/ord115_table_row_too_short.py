"""A table's row that lacks a value.

caret: Table("costs", Colour, ("cost", "delay"), {RED: (1, 2), GREEN: (1,)})
"""

# mypy: ignore-errors

from base import GREEN, RED, Colour, lamp

from model.lang import Table

COSTS = Table("costs", Colour, ("cost", "delay"), {RED: (1, 2), GREEN: (1,)})


def spec():
    return lamp(__name__)
