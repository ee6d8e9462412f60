"""A table with a row for a case that another row covers.

caret: Table("costs", Mode, ("cost",), {OFF: (0,), BROKEN: (0,), ON: (1,), ON(RED): (2,)})
"""

# mypy: ignore-errors

from base import BROKEN, OFF, ON, RED, Mode, lamp

from model.lang import Table

COSTS = Table("costs", Mode, ("cost",), {OFF: (0,), BROKEN: (0,), ON: (1,), ON(RED): (2,)})


def spec():
    return lamp(__name__)
