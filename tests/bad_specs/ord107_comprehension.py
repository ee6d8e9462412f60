"""A condition in a comprehension.

caret: me.votes.has(n)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    found = [n for n in (me, m.sender) if me.votes.has(n)]
    return Row(send=Vote(term=me.term).to(found[0]), reply=Done())


def spec():
    return lamp(__name__)
