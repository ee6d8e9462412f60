"""A case whose payload is no sum yet.

caret: case(Sum)
"""

# mypy: ignore-errors

from base import lamp

from model.lang import Sum, case


class Fault(Sum):
    AT = case(Sum)


def spec():
    return lamp(__name__)
