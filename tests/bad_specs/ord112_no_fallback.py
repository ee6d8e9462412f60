"""An event for which no fallback is declared.

caret: class Tock(Timer):
"""

# mypy: ignore-errors

import sys

from model.lang import Process, Sum, Timer, case, read_spec, volatile


class Role(Sum):
    ONLY = case()


class Clock(Process):
    role = volatile(Role, Role.ONLY)


class Tock(Timer):
    pass


def spec():
    return read_spec("clock", "A clock", [sys.modules[__name__]], role="role")
