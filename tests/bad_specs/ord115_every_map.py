"""A property that speaks of all maps.

caret: def no_two(c: Counts, n: Node):
"""

# mypy: ignore-errors

from base import Count, lamp

from model.lang import MapOf, Node, safety


class Counts(MapOf, key=Node, to=Count):
    """A number for each node."""


@safety("no-two", "No map has another number than zero")
def no_two(c: Counts, n: Node):
    return c.at(n) == Count.zero


def spec():
    return lamp(__name__)
