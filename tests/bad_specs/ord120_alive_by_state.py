"""Who stays up, made to depend on what lamps do.

caret: def leader_lives(up: Nodes):
"""

# mypy: ignore-errors

from base import LEADER, Lamp, Nodes, lamp

from model.lang import Node, alive, exists


@alive("the leader is up")
def leader_lives(up: Nodes):
    return exists(lambda n: up.has(n) & (Lamp.at(n).role == LEADER), n=Node)


def spec():
    return lamp(__name__)
