"""`while` in a rule.

caret: me.tries < 3
"""

# mypy: ignore-errors

from base import Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    tries = me.tries
    while me.tries < 3:
        tries = tries.up()
    return Row(then=me.tries.set(tries), reply=Done())


def spec():
    return lamp(__name__)
