"""`then` holds a tuple of updates.

caret: Row(then=(both, me.tries.set(0)), reply=Done())
"""

# mypy: ignore-errors

from base import OFF, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    both = (me.mode.set(OFF), me.term.set(m.term))
    return Row(then=(both, me.tries.set(0)), reply=Done())


def spec():
    return lamp(__name__)
