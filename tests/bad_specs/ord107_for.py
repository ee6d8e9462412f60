"""`for` over a set.

caret: me.votes
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    out = []
    for n in me.votes:
        out.append(Vote(term=me.term).to(n))
    return Row(send=tuple(out), reply=Done())


def spec():
    return lamp(__name__)
