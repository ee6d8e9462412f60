"""A table of edges about a variable that the process does not have.

caret: EdgeTable("mood", ((OFF, BROKEN),))
"""

# mypy: ignore-errors

from base import BROKEN, OFF, lamp

from model.lang import EdgeTable

MOODS = EdgeTable("mood", ((OFF, BROKEN),))


def spec():
    return lamp(__name__)
