"""`is` compares Python objects, silently.

caret: me.vote is None
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.vote is None, reply=Done())


def spec():
    return lamp(__name__)
