"""A set of sets.

caret: class Groups(SetOf, of=Nodes):
"""

# mypy: ignore-errors

from base import Nodes, lamp

from model.lang import SetOf


class Groups(SetOf, of=Nodes):
    pass


def spec():
    return lamp(__name__)
