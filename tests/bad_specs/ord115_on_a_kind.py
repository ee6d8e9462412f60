"""A rule for all messages.

caret: on(Message)
"""

# mypy: ignore-errors

from base import Done, lamp

from model.lang import Message, Row, on


@on(Message)
def count(me, m):
    return Row(reply=Done())


def spec():
    return lamp(__name__)
