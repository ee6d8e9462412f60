"""A decorator without its event would lose the rule.

caret: on
"""

# mypy: ignore-errors

from base import Done, lamp

from model.lang import Row, on


@on
def count(me, m):
    return Row(reply=Done())


def spec():
    return lamp(__name__)
