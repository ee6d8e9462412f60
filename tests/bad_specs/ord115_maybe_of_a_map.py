"""A map, or nothing.

caret: class MaybeCounts(Maybe, of=Counts):
"""

# mypy: ignore-errors

from base import Count, lamp

from model.lang import MapOf, Maybe, Node


class Counts(MapOf, key=Node, to=Count):
    """A number for each node."""


class MaybeCounts(Maybe, of=Counts):
    pass


def spec():
    return lamp(__name__)
