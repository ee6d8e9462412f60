"""A false lemma is named like the solver's own definitions: what rests on it is not proved."""

# mypy: ignore-errors

from base import Done, Proc, Role, Tock, Turn, trap

from model.lang import Row, lemma, on, safety


@on(Turn)
def turn(me, m):
    """It changes."""
    return Row(when=me.role == Role.A, then=me.role.set(Role.B), reply=Done())


@on(Tock)
def go_bad(me, m):
    """It goes bad in its second role."""
    return Row(when=me.role == Role.B, then=me.bad.set(True), reply=Done())


@lemma("It is said so.")
def definition_of_role(n: Proc):
    """False: `turn` changes it."""
    return n.role == Role.A


@safety("P", "Never bad")
def never_bad(n: Proc):
    """False after two steps."""
    return ~n.bad


def spec():
    """Read it."""
    return trap(__name__)
