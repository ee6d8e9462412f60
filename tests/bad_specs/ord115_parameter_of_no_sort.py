"""A property's parameter of a Python type.

caret: def same(a: int, b: Node):
"""

# mypy: ignore-errors

from base import lamp

from model.lang import Node, safety


@safety("same", "All lamps are one")
def same(a: int, b: Node):
    return a == b


def spec():
    return lamp(__name__)
