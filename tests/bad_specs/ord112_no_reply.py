"""A rule without a reply.

caret: Row(when=m.term > me.term)
"""

# mypy: ignore-errors

from base import Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=m.term > me.term)


def spec():
    return lamp(__name__)
