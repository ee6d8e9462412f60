"""Two authorities for one role.

caret: def also_speaks_as_leader(me, m):
"""

# mypy: ignore-errors

from base import LEADER, lamp

from model.lang import authority


@authority(LEADER)
def also_speaks_as_leader(me, m):
    return m.sender == me


def spec():
    return lamp(__name__)
