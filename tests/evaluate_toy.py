"""A small spec with a value of every sort, for tests of the evaluator."""

from __future__ import annotations

import sys
from typing import Any

from model.lang import (
    Atom,
    Bool,
    Config,
    MapOf,
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
    Timer,
    authority,
    case,
    durable,
    exists,
    fallback,
    fresh,
    ghost,
    majority,
    on,
    part,
    read_spec,
    safety,
    sent,
    step,
    volatile,
)


class Role(Sum):
    WORKER = case("works")
    CHIEF = case("commands")


class Fault(Sum):
    SMALL = case()
    LARGE = case()


class Mode(Sum):
    IDLE = case()
    BUSY = case()
    BROKEN = case(Fault)


class Key(Atom):
    pass


class Term(Ordered, owned=True):
    pass


class Count(Ordered):
    pass


class Level(Range, top=2):
    pass


class Place(Struct):
    term = part(Term)
    count = part(Count)


class Nodes(SetOf, of=Node):
    pass


class Keys(SetOf, of=Key):
    pass


class MaybeNode(Maybe, of=Node):
    pass


class Notes(MapOf, key=Key, to=MaybeNode):
    pass


class Ranks(MapOf, key=Term, to=Term):
    pass


class ToyConfig(Config):
    members = part(Nodes)
    chief = part(Node)


config = ToyConfig()


class Worker(Process):
    role = volatile(Role, Role.WORKER)
    mode = volatile(Mode, Mode.IDLE)
    term = durable(Term)
    place = durable(Place)
    friend = volatile(MaybeNode)
    peers = durable(Nodes, config.members)
    keys = durable(Keys)
    level = volatile(Level)
    tired = volatile(Bool)
    heard = volatile(Nodes)


seen = ghost("seen", Node, Term, doc="a node and a term it took")
pair = ghost("pair", Place, Place, doc="places, one after the other")


class Hello(Message, sender=Role.WORKER, receiver=(Role.WORKER, Role.CHIEF)):
    term = part(Term)
    level = part(Level)


class Order(Message, sender=Role.CHIEF, receiver=Role.WORKER):
    place = part(Place)
    keys = part(Keys)


class Put(Request, at=(Role.WORKER, Role.CHIEF)):
    key = part(Key)
    to = part(Node)


class Tick(Timer):
    pass


class Done(Reply):
    pass


class Refused(Reply, refusal=True):
    pass


class Busy(Reply):
    mode = part(Mode)


@authority(Role.WORKER)
def anybody(me: Worker, m: Any) -> Any:
    return True


@authority(Role.CHIEF)
def chief(me: Worker, m: Any) -> Any:
    return m.sender == config.chief


@on(Tick)
def greet(me: Worker, m: Any) -> Row:
    term = fresh(me.term)
    return Row(
        when=(me.mode == Mode.IDLE,),
        then=(me.term.set(term), me.mode.set(Mode.BUSY), me.heard.set(Nodes.empty)),
        send=Hello(term=term, level=me.level).to(me.peers),
        ghost=(
            seen.add(me, term),
            pair.add_for(
                lambda p, q: (Place(term=term, count=q.count), q),
                lambda p, q: pair(p, q) & (p.term < term),
                p=Place,
                q=Place,
            ),
        ),
        reply=Done(),
    )


@on(Hello)
def hear(me: Worker, m: Any) -> Row:
    return Row(
        when=(m.term == me.term, me.mode == Mode.BUSY, ~majority(me.heard.add(m.sender), me.peers)),
        then=(me.heard.set(me.heard.add(m.sender)), me.level.set(me.level.up())),
        reply=Done(),
    )


@on(Hello)
def follow(me: Worker, m: Any) -> Row:
    return Row(
        when=(m.term > me.term, m.level >= me.level),
        then=(me.term.set(m.term), me.friend.set(m.sender), me.mode.set(Mode.BROKEN(Fault.SMALL))),
        send=Hello(term=m.term, level=m.level).to(m.sender),
        ghost=(seen.add(me, m.term),),
        reply=Done(),
    )


@on(Put)
def put(me: Worker, m: Any) -> Row:
    place = Place(term=me.term, count=fresh(me.place.count))
    return Row(
        when=(me.mode == Mode.IDLE, ~me.keys.has(m.key)),
        then=(me.keys.set(me.keys.add(m.key)), me.place.set(place)),
        send=(
            Order(place=place, keys=me.keys.add(m.key)).to(m.to),
            Hello(term=me.term, level=2).to(me.friend),
        ),
        ghost=(pair.add(me.place, place),),
        reply=Done(),
    )


@on(Order)
def obey(me: Worker, m: Any) -> Row:
    return Row(when=m.place > me.place, then=me.place.set(m.place), reply=Done())


@fallback(Message, Request, Timer)
def refuse(me: Worker, m: Any) -> tuple[Row, ...]:
    return (
        Row(name="busy", doc="busy", when=me.mode == Mode.BUSY, reply=Busy(mode=me.mode)),
        Row(name="refused", doc="refused", reply=Refused()),
    )


@safety("owner", "Only the owner takes a term first")
def terms_are_seen(n: Worker, t: Term) -> Any:
    """Whatever was greeted with was taken by somebody."""
    return sent(Hello, n, n, term=t).implies(exists(lambda o: seen(o, t), o=Node))


@step("grows", "Terms never go down")
def terms_grow(before: Worker, after: Worker, event: Any) -> Any:
    """A crash apart."""
    return before.term <= after.term


def toy() -> Spec:
    """Read the toy spec."""
    return read_spec("toy", "A toy", [sys.modules[__name__]], role="role")
