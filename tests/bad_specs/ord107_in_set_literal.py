"""A field is looked for in a Python set, silently.

caret: m.mode in {OFF, BROKEN}
"""

# mypy: ignore-errors

from base import BROKEN, OFF, Done, Switch, lamp

from model.lang import Row, on


@on(Switch)
def count(me, m):
    return Row(when=m.mode in {OFF, BROKEN}, reply=Done())


def spec():
    return lamp(__name__)
