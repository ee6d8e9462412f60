"""A guard over other nodes' variables.

caret: exists(lambda n: n.role == LEADER, n=Lamp)
"""

# mypy: ignore-errors

from base import LEADER, Done, Lamp, Vote, lamp

from model.lang import Row, exists, on


@on(Vote)
def count(me, m):
    return Row(when=exists(lambda n: n.role == LEADER, n=Lamp), reply=Done())


def spec():
    return lamp(__name__)
