"""An event that is no message, request or timer.

caret: class Alarm(Event):
"""

# mypy: ignore-errors

from base import lamp

from model.lang import Event


class Alarm(Event):
    pass


def spec():
    return lamp(__name__)
