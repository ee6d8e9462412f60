"""A quantifier whose names are not the lambda's.

caret: forall(lambda a, b: led(a, b), b=Node, t=Term)
"""

# mypy: ignore-errors

from base import Term, lamp, led

from model.lang import Node, forall, safety


@safety("all_led", "All led")
def all_led(n: Node):
    return forall(lambda a, b: led(a, b), b=Node, t=Term)


def spec():
    return lamp(__name__)
