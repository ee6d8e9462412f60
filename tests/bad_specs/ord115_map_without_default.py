"""A map to nodes, of which none is what a key has that was never put.

caret: class Friends(MapOf, key=Node, to=Node):
"""

# mypy: ignore-errors

from base import lamp

from model.lang import MapOf, Node


class Friends(MapOf, key=Node, to=Node):
    pass


def spec():
    return lamp(__name__)
