"""A rule has the name of a task of the checks: it must be proved all the same."""

# mypy: ignore-errors

from base import Done, Proc, Role, Tock, trap

from model.lang import Row, on, safety


@on(Tock)
def events(me, m):
    """It goes bad."""
    return Row(when=me.role == Role.A, then=me.bad.set(True), reply=Done())


@safety("P", "Never bad")
def never_bad(n: Proc):
    """False after one step."""
    return ~n.bad


def spec():
    """Read it."""
    return trap(__name__)
