"""A message that arrives finitely often if it is sent so, and a rule that answers it for ever.

caret: weak(follow)
"""

# mypy: ignore-errors

from base import follow, lamp

from model.lang import Message, fair_loss, weak

messages_arrive = fair_loss(Message)
followers_follow = weak(follow)


def spec():
    return lamp(__name__)
