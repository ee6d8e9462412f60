"""A decorator without its arguments.

caret: safety
"""

# mypy: ignore-errors

from base import Term, lamp, led

from model.lang import Node, safety


@safety
def one(a: Node, t: Term):
    return led(a, t).implies(led(a, t))


def spec():
    return lamp(__name__)
