"""A ghost relation with a column of maps.

caret: ghost("counted", Counts, doc="all numbers at one time")
"""

# mypy: ignore-errors

from base import Count, lamp

from model.lang import MapOf, Node, ghost


class Counts(MapOf, key=Node, to=Count):
    """A number for each node."""


counted = ghost("counted", Counts, doc="all numbers at one time")


def spec():
    return lamp(__name__)
