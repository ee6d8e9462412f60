"""A property with the name of a row that every report has.

caret: def also_one_leader(a: Node, b: Node, t: Term):
"""

# mypy: ignore-errors

from base import Term, lamp, led

from model.lang import Node, safety


@safety("everything happens", "One leader a term")
def also_one_leader(a: Node, b: Node, t: Term):
    return (led(a, t) & led(b, t)).implies(a == b)


def spec():
    return lamp(__name__)
