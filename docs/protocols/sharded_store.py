"""A sharded key-value store: each key has one owner at a time, and owners pass keys on.

After C. Hawblitzel et al., "IronFleet: Proving Practical Distributed Systems Correct", SOSP 2015,
section 5.2 (IronKV: a key moves in a numbered message that is sent again until it is acknowledged,
and is taken once).

    oathbound verify docs/protocols/sharded_store.py

A key begins its life at the first node. Its owner answers reads and writes of it, and may pass it
with its value to another node. The network loses and duplicates: so each parcel has a number, its
sender keeps it until it is acknowledged, and its receiver remembers the numbers that it has taken.

What to learn here: *maps* as variables (`table`: what a node stores under each key; `outbox`: its
parcels by number; `taken`: a map to truth values); an owned order used as a supply of numbers that
no two nodes share; a request that stands for "the timer of that parcel", and says which one; the
invariant that what is on its way is nowhere else.
"""

import sys

from model.lang import (
    Atom,
    Bool,
    Config,
    EventProxy,
    Expr,
    MapOf,
    Maybe,
    Message,
    Node,
    Ordered,
    Pledge,
    Process,
    Reply,
    Request,
    Row,
    SetOf,
    Spec,
    Struct,
    durable,
    eventually,
    fair_loss,
    fallback,
    fresh,
    lemma,
    on,
    owner,
    part,
    read_spec,
    safety,
    sent,
    sometimes,
    weak,
    whenever,
)
from model.lang.scenario import Scenario, ask, deliver, settle

# ---------------------------------------------------------------- what there is


class Key(Atom):
    """What values are stored under."""


class Value(Atom):
    """What is stored."""


class Keys(SetOf, of=Key):
    """Some keys."""


class MaybeValue(Maybe, of=Value):
    """A value, or none."""


class Number(Ordered, owned=True):
    """The number of a parcel; each belongs to one sender."""


class Parcel(Struct):
    """A key on its way to a new owner."""

    key = part(Key)
    value = part(MaybeValue)
    to = part(Node)


class MaybeParcel(Maybe, of=Parcel):
    """A parcel, or none."""


class Table(MapOf, key=Key, to=MaybeValue):
    """The value of each key, where there is one."""


class Outbox(MapOf, key=Number, to=MaybeParcel):
    """The parcel of each number, where there is one."""


class Numbers(MapOf, key=Number, to=Bool):
    """Some numbers."""


class Cluster(Config):
    """What every node is told at its start."""

    first = part(Node, "where each key begins its life")


config = Cluster()


class Store(Process):
    """One node."""

    table = durable(Table, doc="the keys that it owns, each with its value")
    born = durable(Keys, doc="of the first node: the keys that there are, or were")
    number = durable(Number, doc="the number of its last parcel")
    outbox = durable(Outbox, doc="the parcels not acknowledged yet")
    taken = durable(Numbers, doc="the numbers of the parcels that it has taken")


# ---------------------------------------------------------------- what is said


class Transfer(Message):
    """The key is yours, with this value."""

    key = part(Key)
    value = part(MaybeValue)
    number = part(Number)


class Ack(Message):
    """The parcel with this number is taken."""

    number = part(Number)


class Put(Request):
    """Store a value."""

    key = part(Key)
    value = part(Value)


class Get(Request):
    """What is stored?"""

    key = part(Key)


class Move(Request):
    """Pass a key on to another node."""

    key = part(Key)
    to = part(Node)


class Overdue(Request):
    """The parcel of that number was not acknowledged in time."""

    number = part(Number)
    parcel = part(Parcel)


class Done(Reply):
    """The event was accepted."""


class Found(Reply):
    """The value of the key."""

    value = part(MaybeValue)


class Refused(Reply, refusal=True):
    """Refused by the named clause; nothing changed."""


# ---------------------------------------------------------------- the rules


@on(Put)
def create(me: Store, m: EventProxy) -> Row:
    """The first node takes a new key on."""
    return Row(
        when=(config.first == me, ~me.born.has(m.key), ~me.table.at(m.key).known),
        then=(me.born.set(me.born.add(m.key)), me.table.set(me.table.put(m.key, m.value))),
        reply=Done(),
    )


@on(Put)
def put(me: Store, m: EventProxy) -> Row:
    """The owner changes the value."""
    return Row(
        when=me.table.at(m.key).known,
        then=me.table.set(me.table.put(m.key, m.value)),
        reply=Done(),
    )


@on(Get)
def get(me: Store, m: EventProxy) -> Row:
    """The owner tells the value."""
    return Row(when=me.table.at(m.key).known, reply=Found(value=me.table.at(m.key)))


@on(Move)
def move(me: Store, m: EventProxy) -> Row:
    """The owner gives the key away, under a new number, and keeps the parcel to send it again."""
    number, value = fresh(me.number), me.table.at(m.key)
    return Row(
        when=value.known,
        then=(
            me.table.set(me.table.put(m.key, None)),
            me.number.set(number),
            me.outbox.set(me.outbox.put(number, Parcel(key=m.key, value=value, to=m.to))),
        ),
        send=Transfer(key=m.key, value=value, number=number).to(m.to),
        reply=Done(),
    )


@on(Overdue)
def send_again(me: Store, m: EventProxy) -> Row:
    """Just what was sent before."""
    return Row(
        when=me.outbox.at(m.number) == m.parcel,
        send=Transfer(key=m.parcel.key, value=m.parcel.value, number=m.number).to(m.parcel.to),
        reply=Done(),
    )


@on(Transfer)
def take(me: Store, m: EventProxy) -> Row:
    """A parcel is taken once."""
    return Row(
        when=~me.taken.at(m.number),
        then=(
            me.taken.set(me.taken.put(m.number, True)),
            me.table.set(me.table.put(m.key, m.value)),
        ),
        send=Ack(number=m.number).to(m.sender),
        reply=Done(),
    )


@on(Transfer)
def take_no_more(me: Store, m: EventProxy) -> Row:
    """It was taken before; the acknowledgement may have been lost."""
    return Row(when=me.taken.at(m.number), send=Ack(number=m.number).to(m.sender), reply=Done())


@on(Ack)
def acknowledged(me: Store, m: EventProxy) -> Row:
    """The parcel has arrived."""
    return Row(
        when=me.outbox.at(m.number).known,
        then=me.outbox.set(me.outbox.put(m.number, None)),
        reply=Done(),
    )


@fallback(Message, Request)
def refuse(me: Store, m: EventProxy) -> tuple[Row, ...]:
    """What no rule accepts changes nothing: who does not own a key says nothing of its value."""
    return (Row(name="refused", doc="A clause refused.", reply=Refused()),)


# ---------------------------------------------------------------- what is promised


@safety("one-owner", "A key has at most one owner", uses=("one-place", "born_once"))
def one_owner(a: Store, b: Store, k: Key) -> Expr:
    """So nobody reads a value that another node has changed."""
    return (a.table.at(k).known & b.table.at(k).known).implies(a == b)


@safety(
    "one-place",
    "A key that is on its way has no owner",
    uses=("one-owner", "one_parcel", "number_is_used", "one_number", "kept_was_sent", "born_once"),
)
def one_place(n: Store, a: Node, b: Store, k: Key, v: MaybeValue, s: Number) -> Expr:
    """A parcel is on its way until its receiver has taken it."""
    on_its_way = sent(Transfer, a, b, key=k, value=v, number=s) & ~b.taken.at(s)
    return on_its_way.implies(~n.table.at(k).known)


@safety("taken-before-forgotten", "A sender forgets only parcels that were taken")
def taken_before_forgotten(a: Store, b: Store, k: Key, v: MaybeValue, s: Number) -> Expr:
    """No key is lost: what is on its way can be sent again."""
    on_its_way = sent(Transfer, a, b, key=k, value=v, number=s) & ~b.taken.at(s)
    return on_its_way.implies(a.outbox.at(s) == Parcel(key=k, value=v, to=b))


@sometimes("moved", "Another node than the first owns a key, and has acknowledged it")
def is_moved(n: Store, k: Key, s: Number) -> Expr:
    """Keys move."""
    return (config.first != n) & n.table.at(k).known & sent(Ack, n, config.first, number=s)


# ---------------------------------------------------------------- what happens in the end


parcels_are_sent_again = weak(Overdue)
what_is_sent_again_arrives = fair_loss(Message)


@eventually("arrived", "Every parcel arrives and is acknowledged")
def arrived(n: Store, s: Number) -> Pledge:
    """So that no key is on its way for ever."""
    return whenever(n.outbox.at(s).known).then(~n.outbox.at(s).known)


# ---------------------------------------------------------------- why it holds


@lemma("Only the owner sends a key, under a new number; so it is on its way once.")
def one_parcel(
    a: Node, b: Store, v: MaybeValue, s: Number, c: Node, d: Store, w: MaybeValue, t: Number, k: Key
) -> Expr:
    """Two parcels of one key on their way are one."""
    one = sent(Transfer, a, b, key=k, value=v, number=s) & ~b.taken.at(s)
    other = sent(Transfer, c, d, key=k, value=w, number=t) & ~d.taken.at(t)
    return (one & other).implies((s == t) & (b == d))


@lemma("A node numbers its own parcels, upwards.")
def number_is_used(n: Store, to: Node, k: Key, v: MaybeValue, s: Number) -> Expr:
    """A number that was not used yet is a new one to everybody."""
    used = (owner(s) == n) & (s <= n.number)
    return sent(Transfer, n, to, key=k, value=v, number=s).implies(used)


@lemma("Parcels with one number are one, sent again perhaps.")
def one_number(
    a: Node, b: Node, k: Key, v: MaybeValue, c: Node, d: Node, j: Key, w: MaybeValue, s: Number
) -> Expr:
    """Number, key, value and receiver belong together."""
    both = sent(Transfer, a, b, key=k, value=v, number=s)
    both &= sent(Transfer, c, d, key=j, value=w, number=s)
    return both.implies((a == c) & (b == d) & (k == j) & (v == w))


@lemma("What a node keeps to send again it has sent.")
def kept_was_sent(n: Store, to: Node, k: Key, v: MaybeValue, s: Number) -> Expr:
    """With the same number, to the same node."""
    kept: Expr = n.outbox.at(s) == Parcel(key=k, value=v, to=to)
    return kept.implies(sent(Transfer, n, to, key=k, value=v, number=s))


@lemma("A node acknowledges what it has taken.")
def acknowledged_is_taken(n: Store, a: Node, s: Number) -> Expr:
    """It was sent to that node, and by whom it tells."""
    return sent(Ack, n, a, number=s).implies(n.taken.at(s) & sent(Transfer, a, n, number=s))


@lemma("A key is created once: the first node remembers all that there ever were.", by_name=True)
def born_once(n: Store, k: Key, a: Node, b: Node, v: MaybeValue, s: Number) -> Expr:
    """Owned, or on its way, or both at some time.

    By name alone, so that the rules exclude each other by what a node itself sees.
    """
    was = n.table.at(k).known | sent(Transfer, a, b, key=k, value=v, number=s)
    return was.implies(Store.at(config.first).born.has(k))


PASSED_ON = Scenario(
    "a key is passed on: who has it not does not answer for it, and a parcel is acknowledged once",
    {"first": "a"},
    ("a", "b"),
    (
        *ask("a", Put, key="k", value="v"),
        *ask("b", Get, key="k"),
        *ask("a", Move, key="k", to="b"),
        *ask("a", Overdue, number=(1, "a"), parcel=("k", "v", "b")),
        *settle("a", "b"),
        *ask("a", Get, key="k"),
        *ask("b", Get, key="k"),
        *deliver(Ack, "b", "a"),
    ),
)


def spec() -> Spec:
    """Read the spec."""
    return read_spec("sharded_store", "A sharded store", [sys.modules[__name__]])
