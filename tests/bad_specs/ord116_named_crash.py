"""A rule with the name of the environment's transition.

caret: def crash(me, m):
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def crash(me, m):
    return Row(when=m.term > me.term, reply=Done())


def spec():
    return lamp(__name__)
