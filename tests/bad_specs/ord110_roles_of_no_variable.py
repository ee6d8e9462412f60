"""A message with roles, in a spec that names no variable that holds one.

caret: class Ping(Message, sender=Role.LEADER, receiver=Role.LEADER):
"""

# mypy: ignore-errors

import sys

from model.lang import (
    Message,
    Process,
    Reply,
    Row,
    Sum,
    case,
    fallback,
    on,
    read_spec,
    volatile,
)


class Role(Sum):
    LEADER = case("leads")


class Peer(Process):
    role = volatile(Role, Role.LEADER)


class Ping(Message, sender=Role.LEADER, receiver=Role.LEADER):
    pass


class Done(Reply):
    pass


@on(Ping)
def pong(me, m):
    return Row(reply=Done())


@fallback(Message)
def refuse(me, m):
    return (Row(name="refused", reply=Done()),)


def spec():
    return read_spec("ping", "Ping", [sys.modules[__name__]])
