"""A module that does not exist.

caret: from elsewhen import Lamp
"""

# mypy: ignore-errors

from base import lamp
from elsewhen import Lamp

from model.lang import safety


@safety("one", "One")
def one(n: Lamp):
    return n == n


def spec():
    return lamp(__name__)
