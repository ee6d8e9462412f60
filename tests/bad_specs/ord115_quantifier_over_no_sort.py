"""A quantifier over a Python type.

caret: exists(lambda k: n == n, k=int)
"""

# mypy: ignore-errors

from base import lamp

from model.lang import Node, exists, safety


@safety("some", "Some")
def some(n: Node):
    return exists(lambda k: n == n, k=int)


def spec():
    return lamp(__name__)
