"""A set without its element.

caret: class Lamps(SetOf):
"""

# mypy: ignore-errors

from base import lamp

from model.lang import SetOf


class Lamps(SetOf):
    pass


def spec():
    return lamp(__name__)
