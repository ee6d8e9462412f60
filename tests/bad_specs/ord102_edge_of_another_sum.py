"""An edge between cases of another sum.

caret: EdgeTable("role", ((OFF, LEADER),))
"""

# mypy: ignore-errors

from base import LEADER, OFF, lamp

from model.lang import EdgeTable

ROLES = EdgeTable("role", ((OFF, LEADER),))


def spec():
    return lamp(__name__)
