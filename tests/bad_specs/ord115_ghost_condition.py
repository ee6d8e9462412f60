"""A ghost is added under a condition that cannot be tried.

caret: led.add_for(lambda n: (n, me.term), lambda n: me.votes.has(n), n=Node)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp, led

from model.lang import Node, Row, on


@on(Vote)
def count(me, m):
    return Row(
        ghost=led.add_for(lambda n: (n, me.term), lambda n: me.votes.has(n), n=Node),
        reply=Done(),
    )


def spec():
    return lamp(__name__)
