"""An edge that the table lists twice.

caret: EdgeTable("role", ((FOLLOWER, LEADER), (FOLLOWER, LEADER)))
"""

# mypy: ignore-errors

from base import FOLLOWER, LEADER, lamp

from model.lang import EdgeTable

ROLES = EdgeTable("role", ((FOLLOWER, LEADER), (FOLLOWER, LEADER)))


def spec():
    return lamp(__name__)
