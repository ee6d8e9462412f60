"""An order `event`, and an event's field `zero` of it: two symbols that must not become one."""

# mypy: ignore-errors

import sys

from model.lang import (
    Ordered,
    Process,
    Reply,
    Request,
    Row,
    fallback,
    on,
    part,
    read_spec,
    safety,
    volatile,
)


class event(Ordered):
    """An order."""


class Proc(Process):
    """It has a level."""

    level = volatile(event)


class Ask(Request):
    """A level to have."""

    zero = part(event)


class Done(Reply):
    """It is done."""


@on(Ask)
def ask(me, m):
    """It gets any level."""
    return Row(then=me.level.set(m.zero), reply=Done())


@fallback(Request)
def rest(me, m):
    """Nothing happens."""
    return (Row(name="rest", reply=Done()),)


@safety("P", "Nobody leaves the least level")
def at_the_least(n: Proc):
    """False after one step."""
    return n.level == event.zero


def spec():
    """Read it."""
    return read_spec("trap", "A trap", [sys.modules[__name__]])
