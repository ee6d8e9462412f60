"""A table of edges about a variable that is no sum.

caret: EdgeTable("votes", ())
"""

# mypy: ignore-errors

from base import lamp

from model.lang import EdgeTable

CHANGES = EdgeTable("votes", ())


def spec():
    return lamp(__name__)
