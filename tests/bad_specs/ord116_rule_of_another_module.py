"""A rule with the name of one in another module.

caret: def stand(me, m):
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def stand(me, m):
    return Row(when=m.term > me.term, reply=Done())


def spec():
    return lamp(__name__)
