"""An element is asked of a value that is no set.

caret: me.term.has(m.sender)
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(when=me.term.has(m.sender), reply=Done())


def spec():
    return lamp(__name__)
