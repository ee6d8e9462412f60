"""An assumption contradicts itself: everything follows from it, so nothing is proved."""

# mypy: ignore-errors

from base import Done, Proc, Role, Tock, trap

from model.lang import Config, Node, Row, SetOf, assumption, on, part, safety


class Nodes(SetOf, of=Node):
    """A set of nodes."""


class Told(Config):
    """What all are told."""

    some = part(Nodes)


told = Told()


@assumption("Everybody is in the set, and nobody.")
def nonsense(n: Node):
    """It cannot be."""
    return told.some.has(n) & ~told.some.has(n)


@on(Tock)
def go_bad(me, m):
    """It goes bad."""
    return Row(when=me.role == Role.A, then=me.bad.set(True), reply=Done())


@safety("P", "Never bad")
def never_bad(n: Proc):
    """False after one step."""
    return ~n.bad


def spec():
    """Read it."""
    return trap(__name__)
