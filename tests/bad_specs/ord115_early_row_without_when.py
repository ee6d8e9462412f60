"""A fallback whose first row hides the others.

caret: Row(name="first", reply=Done())
"""

# mypy: ignore-errors

from base import Done, Refused, lamp

from model.lang import Row, Timer, fallback


class Tock(Timer):
    pass


@fallback(Tock)
def hide(me, m):
    return (
        Row(name="first", reply=Done()),
        Row(name="second", reply=Refused()),
    )


def spec():
    return lamp(__name__)
