"""P is assumed from two false lemmas about the state after the step, one of them by another."""

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


@lemma("It is said so.", uses=(), by_name=True)
def never_turns(n: Proc):
    """False: `turn` changes it."""
    return n.role == Role.A


@lemma("It follows.", uses=(), after=("never_turns",), by_name=True)
def good_while_unturned(n: Proc):
    """False, and follows from what is false."""
    return (n.role == Role.A) & ~n.bad


@safety("P", "Never bad", uses=(), after=("good_while_unturned",))
def never_bad(n: Proc):
    """False after two steps."""
    return ~n.bad


def spec():
    """Read it."""
    return trap(__name__)
