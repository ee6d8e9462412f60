"""A variable that is given two next values.

caret: me.mode.set(BROKEN)
"""

# mypy: ignore-errors

from base import BROKEN, OFF, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(
        then=(
            me.mode.set(OFF),
            me.term.set(m.term),
            me.mode.set(BROKEN),
        ),
        reply=Done(),
    )


def spec():
    return lamp(__name__)
