"""The least shift has no owner: to the solver some node owns it, and no node does."""

# mypy: ignore-errors

from base import trap

from model.lang import Node, Ordered, exists, owner, safety


class Shift(Ordered, owned=True):
    """A shift, of which the least is nobody's."""


@safety("P", "Every shift has an owner")
def every_shift_is_owned(t: Shift):
    """False of the least one."""
    return exists(lambda n: owner(t) == n, n=Node)


def spec():
    """Read it."""
    return trap(__name__)
