"""Only a Maybe can be without a value.

caret: m.sender.known
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=m.sender.known, reply=Done())


def spec():
    return lamp(__name__)
