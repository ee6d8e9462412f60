"""Two rules answer an hour at which the light is bright and shone long."""

# mypy: ignore-errors

from clock import Done, Hours, Light, Tock, clock

from model.lang import Row, on


@on(Tock)
def grow_old(me, m):
    """One hour more."""
    return Row(when=me.light == Light.BRIGHT, then=me.hours.set(me.hours.up()), reply=Done())


@on(Tock)
def break_down(me, m):
    """It shone too long."""
    return Row(
        when=(me.light == Light.BRIGHT, me.hours == Hours.top),
        then=me.light.set(Light.BROKEN),
        reply=Done(),
    )


def spec():
    """Read it."""
    return clock(__name__)
