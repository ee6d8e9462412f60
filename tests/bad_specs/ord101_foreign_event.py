"""A rule for an event of a module that is not part of the spec.

caret: def count(me, m):
"""

# mypy: ignore-errors

from base import Done, lamp
from elsewhere import Ping

from model.lang import Row, on


@on(Ping)
def count(me, m):
    return Row(reply=Done())


def spec():
    return lamp(__name__)
