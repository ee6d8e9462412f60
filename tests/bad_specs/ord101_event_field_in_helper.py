"""A mistake in a helper of another module is told there.

caret: me.brightness
"""

# mypy: ignore-errors

from base import Done, Vote, lamp
from elsewhere import bright

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=bright(me), reply=Done())


def spec():
    return lamp(__name__)
