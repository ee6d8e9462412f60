"""Two rows of a fallback with one name.

caret: Row(name="again", reply=Refused())
"""

# mypy: ignore-errors

from base import OFF, Done, Refused, lamp

from model.lang import Row, Timer, fallback


class Tock(Timer):
    pass


@fallback(Tock)
def hide(me, m):
    return (
        Row(name="again", when=me.mode == OFF, reply=Done()),
        Row(name="again", reply=Refused()),
    )


def spec():
    return lamp(__name__)
