"""A table that lacks a row.

caret: Table("costs", Colour, ("cost",), {RED: (1,)})
"""

# mypy: ignore-errors

from base import RED, Colour, lamp

from model.lang import Table

COSTS = Table("costs", Colour, ("cost",), {RED: (1,)})


def spec():
    return lamp(__name__)
