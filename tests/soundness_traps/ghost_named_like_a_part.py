"""A variable `ghost` with a part `g`, and a ghost `g`: two symbols that must not become one."""

# mypy: ignore-errors

from base import Done, Flags, Proc, Role, Tock, Turn, trap

from model.lang import Node, Row, ghost, on, safety

g = ghost("g", Node, doc="never holds")


@on(Turn)
def wave(me, m):
    """The flag goes up."""
    return Row(when=me.role == Role.A, then=me.ghost.set(Flags(g=True)), reply=Done())


@on(Tock)
def go_bad(me, m):
    """It goes bad under the flag."""
    return Row(when=me.ghost.g, then=me.bad.set(True), reply=Done())


@safety("P", "Bad only with g")
def bad_only_with_g(n: Proc):
    """False after two steps."""
    return n.bad.implies(g(n))


def spec():
    """Read it."""
    return trap(__name__)
