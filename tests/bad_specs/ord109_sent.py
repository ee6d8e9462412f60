"""A property asks for a field that the message does not have.

caret: sent(Vote, a, b, trem=t)
"""

# mypy: ignore-errors

from base import Term, Vote, lamp

from model.lang import Node, safety, sent


@safety("votes", "Votes")
def votes(a: Node, b: Node, t: Term):
    return sent(Vote, a, b, trem=t).implies(a == b)


def spec():
    return lamp(__name__)
