"""A property's parameter without a sort.

caret: def same(a, b: Node):
"""

# mypy: ignore-errors

from base import lamp

from model.lang import Node, safety


@safety("same", "All lamps are one")
def same(a, b: Node):
    return a == b


def spec():
    return lamp(__name__)
