"""A chain in a property.

caret: a.term <= t <= a.last.term
"""

# mypy: ignore-errors

from base import LEADER, Lamp, Term, lamp

from model.lang import safety


@safety("between", "Between")
def between(a: Lamp, t: Term):
    return (a.role == LEADER).implies(a.term <= t <= a.last.term)


def spec():
    return lamp(__name__)
