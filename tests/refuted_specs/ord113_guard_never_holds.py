"""The only rule that breaks the clock asks for two lights at once."""

# mypy: ignore-errors

from clock import Done, Light, Tock, clock

from model.lang import Row, on


@on(Tock)
def break_down(me, m):
    """It can never be both."""
    return Row(
        when=(me.light == Light.BRIGHT, me.light == Light.BROKEN),
        then=me.light.set(Light.BROKEN),
        reply=Done(),
    )


def spec():
    """Read it."""
    return clock(__name__)
