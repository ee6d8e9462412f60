"""A case whose payload is no sum.

caret: case(Term)
"""

# mypy: ignore-errors

from base import Term, lamp

from model.lang import Sum, case


class Fault(Sum):
    AT = case(Term)


def spec():
    return lamp(__name__)
