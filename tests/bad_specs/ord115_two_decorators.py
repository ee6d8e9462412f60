"""A rule for two events, with two decorators.

caret: on(Switch)
"""

# mypy: ignore-errors

from base import Done, Switch, Vote, lamp

from model.lang import Row, on


@on(Switch)
@on(Vote)
def count(me, m):
    return Row(reply=Done())


def spec():
    return lamp(__name__)
