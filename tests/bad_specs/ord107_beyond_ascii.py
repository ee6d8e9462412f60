"""A caret after signs that take several bytes.

caret: led(a, t) and led(a, t)
"""

# mypy: ignore-errors

from base import Term, lamp, led

from model.lang import Node, safety


def and_then(sign, condition):
    return condition


@safety("flag", "Flag")
def flagged(a: Node, t: Term):
    return and_then("größer → ", led(a, t) and led(a, t))


def spec():
    return lamp(__name__)
