"""Who owns what: turns have owners, and the least turn has none.

The first property is false of who starts a turn, the second would be false only if somebody owned
the least turn, and the third is false of any step that starts one.
"""

# mypy: ignore-errors

import sys

from model.lang import (
    Bool,
    Maybe,
    Node,
    Ordered,
    Process,
    Reply,
    Row,
    Sum,
    Timer,
    case,
    durable,
    fallback,
    fresh,
    on,
    owner,
    read_spec,
    safety,
    step,
    volatile,
)


class Role(Sum):
    """Everybody is the same."""

    PLAYER = case("plays")


class Turn(Ordered, owned=True):
    """A turn."""


class MaybeNode(Maybe, of=Node):
    """A player, or nobody."""


class Player(Process):
    """Someone who plays."""

    role = volatile(Role, Role.PLAYER)
    turn = durable(Turn)
    claims = volatile(Bool)


class Done(Reply):
    """It is done."""


class Begin(Timer):
    """Start a turn."""


class Claim(Timer):
    """Say that the turn is one's own."""


@on(Begin)
def begin(me, m):
    """Start the next turn."""
    return Row(then=me.turn.set(fresh(me.turn)), reply=Done())


@on(Claim)
def claim(me, m):
    """Only the owner claims."""
    return Row(when=owner(me.turn) == me, then=me.claims.set(True), reply=Done())


@fallback(Timer)
def rest(me, m):
    """Nothing happens."""
    return (Row(name="rest", reply=Done()),)


@safety("nobody-claims", "Nobody claims a turn")
def nobody_claims(n: Player):
    """False: who starts a turn may claim it."""
    return ~n.claims


@safety("no-claim-on-the-first", "Who claims has begun")
def claimed_is_begun(n: Player):
    """Nobody owns the least turn."""
    return n.claims.implies(Turn.zero < n.turn)


@step("still", "No turn is ever begun")
def still(before: Player, after: Player, event):
    """False of every step that begins one."""
    return before.turn == after.turn


def spec():
    """Read the spec."""
    return read_spec("owners", "Owners", [sys.modules[__name__]], role="role")
