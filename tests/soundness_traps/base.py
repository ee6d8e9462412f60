"""What the traps share: a process that can go bad, and replies. In each trap, P is false."""

# mypy: ignore-errors

import sys

from model.lang import (
    Bool,
    Process,
    Reply,
    Row,
    Struct,
    Sum,
    Timer,
    case,
    fallback,
    part,
    read_spec,
    volatile,
)


class Role(Sum):
    """Two roles."""

    A = case("first")
    B = case("second")


class Flags(Struct):
    """A struct whose part may be named like something else."""

    g = part(Bool)


class Proc(Process):
    """Something that can go bad."""

    role = volatile(Role, Role.A)
    bad = volatile(Bool)
    ghost = volatile(Flags)


class Done(Reply):
    """It is done."""


class Tock(Timer):
    """Time passes."""


class Turn(Timer):
    """Time to change."""


@fallback(Timer)
def rest(me, m):
    """Nothing happens."""
    return (Row(name="rest", reply=Done()),)


def trap(name):
    """Read the module `name` together with this one."""
    modules = [sys.modules[__name__], sys.modules[name]]
    return read_spec("trap", "A trap", modules, role="role")
