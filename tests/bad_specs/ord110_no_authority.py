"""A role that no receiver could know a sender by.

caret: class Ping(Message, sender=Job.GUARD, receiver=Job.LEADER):
"""

# mypy: ignore-errors

import sys

from model.lang import (
    Message,
    Process,
    Reply,
    Row,
    Sum,
    authority,
    case,
    fallback,
    read_spec,
    volatile,
)


class Job(Sum):
    FOLLOWER = case()
    LEADER = case()
    GUARD = case()


class Torch(Process):
    role = volatile(Job, Job.FOLLOWER)


class Ping(Message, sender=Job.GUARD, receiver=Job.LEADER):
    pass


class Heard(Reply):
    pass


@authority(Job.LEADER)
def speaks_as_leader(me, m):
    return m.sender == me


@fallback(Message)
def refuse(me, m):
    return Row(reply=Heard())


def spec():
    return read_spec("torch", "A torch", [sys.modules[__name__]], role="role")
