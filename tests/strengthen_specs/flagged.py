"""A lemma that no proof needs, and the figure does: a rule's guard says less than what holds.

Also three clauses: one that is implied, one that nothing demands, and one that only a scenario
misses.
"""

import sys

from model.lang import (
    Bool,
    EdgeTable,
    EventProxy,
    Expr,
    Process,
    Reply,
    Request,
    Row,
    Spec,
    Sum,
    Timer,
    case,
    fallback,
    lemma,
    on,
    read_spec,
    volatile,
)
from model.lang.scenario import Scenario, ask, tick


class Door(Sum):
    """How it stands."""

    SHUT = case("shut")
    AJAR = case("ajar")
    OPEN = case("open")


SHUT, AJAR, OPEN = Door.SHUT, Door.AJAR, Door.OPEN

FIGURE = EdgeTable("door", ((SHUT, AJAR), (AJAR, OPEN)))


class Keeper(Process):
    """One node, alone."""

    door = volatile(Door, SHUT)
    flag = volatile(Bool)
    rung = volatile(Bool)


class Push(Timer):
    """Somebody pushes."""


class Wind(Timer):
    """It is windy."""


class Ring(Request):
    """Somebody rings."""


class Done(Reply):
    """Accepted."""


class Refused(Reply, refusal=True):
    """Refused."""


@on(Push)
def push(me: Keeper, m: EventProxy) -> Row:
    """It gives a little."""
    return Row(when=me.door == SHUT, then=(me.door.set(AJAR), me.flag.set(True)), reply=Done())


@on(Wind)
def blow(me: Keeper, m: EventProxy) -> Row:
    """What is flagged is ajar, or open already."""
    return Row(when=(me.flag, ~me.flag | (me.door != SHUT)), then=me.door.set(OPEN), reply=Done())


@on(Ring)
def ring(me: Keeper, m: EventProxy) -> Row:
    """Once."""
    return Row(when=~me.rung, then=me.rung.set(True), reply=Done())


@fallback(Request, Timer)
def refuse(me: Keeper, m: EventProxy) -> tuple[Row, ...]:
    """The rest changes nothing."""
    return (Row(name="refused", doc="A clause refused.", reply=Refused()),)


@lemma("Only pushing sets the flag.")
def flagged_is_not_shut(n: Keeper) -> Expr:
    """So the wind opens no door that is shut."""
    return n.flag.implies(n.door != SHUT)


TWICE = Scenario("it rings once", {}, ("a",), (*ask("a", Ring), *ask("a", Ring)))
PUSHED = Scenario("it is pushed open", {}, ("a",), (*tick(Push, "a"), *tick(Wind, "a")))


def spec() -> Spec:
    """Read the spec."""
    return read_spec("flagged", "A door in the wind", [sys.modules[__name__]])
