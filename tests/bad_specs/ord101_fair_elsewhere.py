"""Fairness of a message that no module of the spec declares.

caret: weak(Ping)
"""

# mypy: ignore-errors

from base import lamp
from elsewhere import Ping

from model.lang import weak

pings = weak(Ping)


def spec():
    return lamp(__name__)
