"""A bound variable outside the lambda that binds it.

caret: exists(lambda n: leak(n), n=Node)
"""

# mypy: ignore-errors

from base import Term, lamp, led

from model.lang import Node, exists, safety

LEAKED = []


def leak(n):
    LEAKED.append(n)
    return led(n, Term.zero)


@safety("leaky", "Leaky")
def leaky(a: Node):
    inner = exists(lambda n: leak(n), n=Node)
    return inner & (LEAKED[0] == a)


def spec():
    return lamp(__name__)
