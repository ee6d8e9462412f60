"""`match` on a value.

caret: me.mode
"""

# mypy: ignore-errors

from base import LEADER, Done, Mode, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    match me.mode:
        case Mode.OFF:
            return Row(reply=Done())
    return Row(when=me.role == LEADER, reply=Done())


def spec():
    return lamp(__name__)
