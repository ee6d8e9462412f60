"""A fallback that returns replies.

caret: def hide(me, m):
"""

# mypy: ignore-errors

from base import Done, lamp

from model.lang import Timer, fallback


class Tock(Timer):
    pass


@fallback(Tock)
def hide(me, m):
    return Done()


def spec():
    return lamp(__name__)
