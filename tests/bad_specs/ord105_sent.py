"""A guard over what was sent.

caret: sent(Vote, m.sender, me)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on, sent


@on(Vote)
def count(me, m):
    return Row(when=sent(Vote, m.sender, me), reply=Done())


def spec():
    return lamp(__name__)
