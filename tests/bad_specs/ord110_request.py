"""A request that does not say where it may be made.

caret: class Look(Request):
"""

# mypy: ignore-errors

from base import lamp

from model.lang import Request


class Look(Request):
    pass


def spec():
    return lamp(__name__)
