"""A map whose keys are sets.

caret: class Sizes(MapOf, key=Nodes, to=Count):
"""

# mypy: ignore-errors

from base import Count, Nodes, lamp

from model.lang import MapOf


class Sizes(MapOf, key=Nodes, to=Count):
    pass


def spec():
    return lamp(__name__)
