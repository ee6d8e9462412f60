"""`and` over several lines: the caret is on the first.

caret: m.term > me.term
"""

# mypy: ignore-errors

from base import FOLLOWER, OFF, Done, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(
        when=(
            m.term > me.term
            and (me.role == FOLLOWER)
            and ~me.votes.has(m.sender)
            and (me.mode == OFF)
            and (me.vote == m.sender)
        ),
        reply=Done(),
    )


def spec():
    return lamp(__name__)
