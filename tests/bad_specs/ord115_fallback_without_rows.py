"""A fallback that returns nothing to say.

caret: def hide(me, m):
"""

# mypy: ignore-errors

from base import lamp

from model.lang import Timer, fallback


class Tock(Timer):
    pass


@fallback(Tock)
def hide(me, m):
    return None


def spec():
    return lamp(__name__)
