"""A dark clock breaks, too, and the figure knows nothing of it."""

# mypy: ignore-errors

from clock import Done, Light, clock

from model.lang import Row, Timer, on


class Hammer(Timer):
    """A blow."""


@on(Hammer)
def break_down(me, m):
    """It breaks, whatever it shows."""
    return Row(when=me.light != Light.BROKEN, then=me.light.set(Light.BROKEN), reply=Done())


def spec():
    """Read it."""
    return clock(__name__)
