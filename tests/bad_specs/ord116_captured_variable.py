"""A bound variable that hides one of the same name.

caret: exists(lambda n: n != other, n=Node)
"""

# mypy: ignore-errors

from base import lamp

from model.lang import Node, exists, safety


def another_than(other):
    return exists(lambda n: n != other, n=Node)


@safety("company", "No lamp is alone")
def company(n: Node):
    return another_than(n)


def spec():
    return lamp(__name__)
