"""A little protocol without mistakes; each spec beside it adds one.

A lamp is switched by the leader that the lamps elected. Belongs here: what several bad specs need,
and `lamp()`, which reads a bad spec together with this one. Never here: a mistake.
"""

import sys
from types import ModuleType

from model.lang import (
    Config,
    EdgeTable,
    EventProxy,
    Expr,
    Maybe,
    Message,
    Node,
    Ordered,
    Process,
    Range,
    Reply,
    Request,
    Row,
    SetOf,
    Spec,
    Struct,
    Sum,
    Table,
    Timer,
    authority,
    case,
    durable,
    fallback,
    fresh,
    ghost,
    majority,
    on,
    owner,
    part,
    read_spec,
    safety,
    volatile,
)


class Role(Sum):
    """What a lamp is to the others."""

    FOLLOWER = case("follows")
    LEADER = case("switches")


class Colour(Sum):
    """What a lamp shines in."""

    RED = case("stop")
    GREEN = case("go")


class Mode(Sum):
    """What a lamp does."""

    OFF = case("dark")
    ON = case(Colour, "shines")
    BROKEN = case("out of order")


RED, GREEN = Colour.RED, Colour.GREEN
OFF, ON, BROKEN = Mode.OFF, Mode.ON, Mode.BROKEN
FOLLOWER, LEADER = Role.FOLLOWER, Role.LEADER


class Term(Ordered, owned=True):
    """An election epoch."""


class Count(Ordered):
    """A count that only grows."""


class Tries(Range, top=3):
    """How often it was tried."""


class Nodes(SetOf, of=Node):
    """A set of lamps."""


class MaybeNode(Maybe, of=Node):
    """A lamp, or nobody."""


class At(Struct):
    """A term and a count in it."""

    term = part(Term)
    count = part(Count)


class LampConfig(Config):
    """What every lamp is told."""

    lamps = part(Nodes, "all of them")


config = LampConfig()


class Lamp(Process):
    """One lamp."""

    term = durable(Term, doc="the newest term seen")
    vote = durable(MaybeNode, doc="for whom it voted")
    last = durable(At, doc="its last change")
    role = volatile(Role, FOLLOWER)
    mode = volatile(Mode, OFF)
    votes = volatile(Nodes)
    tries = volatile(Tries)


class Done(Reply):
    """It is done."""


class Busy(Reply):
    """It is busy."""

    mode = part(Mode)


class Refused(Reply, refusal=True):
    """A guard refused."""


class Vote(Message, sender=FOLLOWER, receiver=(FOLLOWER, LEADER)):
    """A vote for the receiver."""

    term = part(Term)


class Switch(Message, sender=LEADER, receiver=FOLLOWER):
    """The leader switches a lamp."""

    term = part(Term)
    mode = part(Mode)


class TurnOn(Request, at=LEADER):
    """A client wants light."""

    colour = part(Colour)


class Tick(Timer):
    """Time passes."""


led = ghost("led", Node, Term, doc="this lamp led this term")

NEXT_COLOUR = Table(
    "next_colour",
    Colour,
    ("then", "tries", "note"),
    {RED: (GREEN, 1, "stop"), GREEN: (RED, 2, "go")},
)

MODES = EdgeTable(
    "mode",
    ((OFF, ON), (ON, OFF), (ON, ON), (ON, BROKEN), (OFF, BROKEN)),
)


@authority(LEADER)
def speaks_as_leader(me: Lamp, m: EventProxy) -> Expr:
    """The sender owns the term."""
    return owner(m.term) == m.sender


@authority(FOLLOWER, also=(LEADER,))
def speaks_as_follower(me: Lamp, m: EventProxy) -> Expr:
    """The sender is one of the lamps."""
    return config.lamps.has(m.sender)


@on(Tick)
def stand(me: Lamp, m: EventProxy) -> Row:
    """Vote for oneself in a fresh term."""
    term = fresh(me.term)
    return Row(
        when=(me.role == FOLLOWER, me.tries < Tries.top),
        then=(me.term.set(term), me.vote.set(me), me.tries.set(me.tries.up())),
        send=Vote(term=term).to(me),
        reply=Done(),
    )


@on(Vote)
def win(me: Lamp, m: EventProxy) -> Row:
    """A majority voted."""
    votes = me.votes.add(m.sender)
    return Row(
        when=(m.term == me.term, majority(votes, config.lamps)),
        then=(me.role.set(LEADER), me.votes.set(votes)),
        ghost=led.add(me, me.term),
        reply=Done(),
    )


@on(TurnOn)
def turn_on(me: Lamp, m: EventProxy) -> Row:
    """The leader switches every lamp."""
    return Row(
        when=me.mode != BROKEN,
        then=me.mode.set(ON(m.colour)),
        send=Switch(term=me.term, mode=ON(m.colour)).to(config.lamps),
        reply=Done(),
    )


@on(Switch)
def follow(me: Lamp, m: EventProxy) -> Row:
    """A follower does as the leader says."""
    return Row(when=m.term >= me.term, then=me.mode.set(m.mode), reply=Done())


@fallback(Message, Request, Timer)
def refuse(me: Lamp, m: EventProxy) -> tuple[Row, ...]:
    """A broken lamp is busy; else the nearest guard says why."""
    return (
        Row(name="busy", when=me.mode == BROKEN, reply=Busy(mode=me.mode)),
        Row(name="refused", reply=Refused()),
    )


@safety("one_leader", "One leader a term")
def one_leader(a: Node, b: Node, t: Term) -> Expr:
    """Two leaders of one term are one."""
    return (led(a, t) & led(b, t)).implies(a == b)


def lamp(name: str, *others: ModuleType, role: str = "role") -> Spec:
    """Read the module `name` together with this one."""
    modules = [sys.modules[__name__], *others, sys.modules[name]]
    return read_spec("lamp", "A lamp", modules, role=role)


def spec() -> Spec:
    """Read this one alone: it has no mistakes."""
    return lamp(__name__)
