"""A guard over all nodes.

caret: forall(lambda n: me.votes.has(n), n=Node)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Node, Row, forall, on


@on(Vote)
def count(me, m):
    return Row(when=forall(lambda n: me.votes.has(n), n=Node), reply=Done())


def spec():
    return lamp(__name__)
