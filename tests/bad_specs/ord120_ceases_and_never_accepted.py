"""A request ceases that no rule accepts.

caret: ceases(TurnOff)
"""

# mypy: ignore-errors

from base import LEADER, lamp

from model.lang import Request, ceases


class TurnOff(Request, at=LEADER):
    """A client wants to sleep."""


clients_sleep = ceases(TurnOff)


def spec():
    return lamp(__name__)
