"""A lock that nodes pass to one another: at most one holds it, and each holding has a number.

After C. Hawblitzel et al., "IronFleet: Proving Practical Distributed Systems Correct", SOSP 2015,
section 3 (figures 4 and 5); here a transfer that was lost is sent again.

    oathbound verify docs/protocols/lock_service.py

The holder gives the lock away by a message with a higher epoch; who gets it takes it if the epoch
is new, and announces that it holds the lock in that epoch. Observers that remember the highest
epoch they have seen can so tell an old holder from the present one. A lock that a *server* hands
out is the spec of the tutorial, `docs/tutorial_lock.py`.

What to learn here: the smallest of these specs. Nodes that are all alike, so no roles; an order
without owner (`Epoch`), of which `fresh` takes a greater element; a first value that depends on who
a node is (`ite(config.first == ME, ...)`); an invariant about what is still on its way.
"""

import sys

from model.lang import (
    ME,
    Config,
    EdgeTable,
    EventProxy,
    Expr,
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
    Sum,
    Timer,
    again_and_again,
    case,
    durable,
    eventually,
    exists,
    fair_loss,
    fallback,
    fresh,
    ite,
    lemma,
    on,
    part,
    read_spec,
    safety,
    sent,
    sometimes,
    weak,
)
from model.lang.scenario import Scenario, ask, settle, tick

# ---------------------------------------------------------------- what there is


class Lock(Sum):
    """How a node stands to the lock."""

    AWAY = case("another node has it, or it is on its way")
    HELD = case("this node has it")


AWAY, HELD = Lock.AWAY, Lock.HELD

FIGURE = EdgeTable("lock", ((AWAY, HELD), (HELD, AWAY)))


class Epoch(Ordered):
    """A number for each time that the lock is passed on."""


class Nodes(SetOf, of=Node):
    """Some of the nodes."""


class MaybeNode(Maybe, of=Node):
    """A node, or nobody."""


class Hosts(Config):
    """What every node is told at its start."""

    observers = part(Nodes, "who is told about each new holder")
    first = part(Node, "who holds the lock at the beginning")


config = Hosts()


class Host(Process):
    """One node."""

    lock = durable(Lock, ite(config.first == ME, HELD, AWAY))
    epoch = durable(Epoch, doc="the last epoch in which it held the lock")
    passed = durable(Epoch, doc="the epoch in which it last gave the lock away")
    heir = durable(MaybeNode, doc="to whom")


# ---------------------------------------------------------------- what is said


class Transfer(Message):
    """The lock is yours, in this epoch."""

    epoch = part(Epoch)


class Locked(Message):
    """The sender holds the lock in this epoch."""

    epoch = part(Epoch)


class PassOn(Request):
    """Give the lock to that node."""

    to = part(Node)


class Retry(Timer):
    """Time to send the last transfer again, should it have been lost."""


class Done(Reply):
    """The event was accepted."""


class Refused(Reply, refusal=True):
    """Refused by the named clause; nothing changed."""


# ---------------------------------------------------------------- the rules


@on(PassOn)
def pass_on(me: Host, m: EventProxy) -> Row:
    """The holder gives the lock away, in a higher epoch."""
    epoch = fresh(me.epoch)
    return Row(
        when=me.lock == HELD,
        then=(me.lock.set(AWAY), me.passed.set(epoch), me.heir.set(m.to)),
        send=Transfer(epoch=epoch).to(m.to),
        reply=Done(),
    )


@on(Retry)
def send_again(me: Host, m: EventProxy) -> Row:
    """An old transfer does no harm: it is not new to who got it."""
    return Row(when=me.heir.known, send=Transfer(epoch=me.passed).to(me.heir), reply=Done())


@on(Transfer)
def take(me: Host, m: EventProxy) -> Row:
    """Only in an epoch that is new to this node, since the network duplicates."""
    return Row(
        when=m.epoch > me.epoch,
        then=(me.lock.set(HELD), me.epoch.set(m.epoch)),
        send=Locked(epoch=m.epoch).to(config.observers),
        reply=Done(),
    )


@on(Locked)
def observe(me: Host, m: EventProxy) -> Row:
    """What an observer does with it is its own affair."""
    return Row(reply=Done())


@fallback(Message, Request, Timer)
def refuse(me: Host, m: EventProxy) -> tuple[Row, ...]:
    """What no rule accepts changes nothing."""
    return (Row(name="refused", doc="A clause refused.", reply=Refused()),)


# ---------------------------------------------------------------- what is promised


@safety("one-holder", "At most one node holds the lock")
def one_holder(a: Host, b: Host) -> Expr:
    """Mutual exclusion."""
    return ((a.lock == HELD) & (b.lock == HELD)).implies(a == b)


@safety("one-epoch", "No two nodes ever held the lock in one epoch")
def one_epoch(a: Node, b: Node, x: Node, y: Node, e: Epoch) -> Expr:
    """So an observer can tell the later of two holders by its epoch."""
    return (sent(Locked, a, x, epoch=e) & sent(Locked, b, y, epoch=e)).implies(a == b)


@sometimes("passed", "Another node than the first holds the lock")
def is_passed(n: Host) -> Expr:
    """It can be given away."""
    return (n.lock == HELD) & (config.first != n)


# ---------------------------------------------------------------- what happens in the end


lost_transfers_are_sent_again = weak(Retry)
what_is_sent_again_arrives = fair_loss(Transfer)


@eventually("held", "The lock is never lost: somebody holds it again and again")
def held() -> Pledge:
    """On its way it is nobody's, but it arrives."""
    return again_and_again(exists(lambda n: Host.at(n).lock == HELD, n=Node))


# ---------------------------------------------------------------- why it holds


@lemma("The holder has the highest epoch, and no transfer has a higher one.")
def holder_is_newest(n: Host, m: Host, a: Node, b: Node, e: Epoch) -> Expr:
    """What was sent before it took the lock is old."""
    newest = (m.epoch <= n.epoch) & sent(Transfer, a, b, epoch=e).implies(e <= n.epoch)
    return (n.lock == HELD).implies(newest)


@lemma("While a transfer is on its way nobody holds the lock, and no epoch is as high.")
def on_its_way(a: Node, b: Host, e: Epoch, n: Host) -> Expr:
    """On its way is what is new to its receiver."""
    new = sent(Transfer, a, b, epoch=e) & (b.epoch < e)
    return new.implies((n.lock == AWAY) & (n.epoch < e))


@lemma("Only the holder sends a new transfer, so two on their way are one.")
def one_on_its_way(a: Node, b: Host, e: Epoch, c: Node, d: Host, f: Epoch) -> Expr:
    """It may have been sent twice."""
    one = sent(Transfer, a, b, epoch=e) & (b.epoch < e)
    other = sent(Transfer, c, d, epoch=f) & (d.epoch < f)
    return (one & other).implies((b == d) & (e == f))


@lemma("What is sent again was sent before.")
def heir_was_told(n: Host, to: Node) -> Expr:
    """To the same node, in the same epoch."""
    return (n.heir == to).implies(sent(Transfer, n, to, epoch=n.passed))


@lemma("A node takes the lock in the epoch of a transfer to it.")
def locked_was_transferred(n: Host, x: Node, e: Epoch) -> Expr:
    """The first holder has announced nothing."""
    given = (e <= n.epoch) & exists(lambda a: sent(Transfer, a, n, epoch=e), a=Node)
    return sent(Locked, n, x, epoch=e).implies(given)


PASSED_ON = Scenario(
    "the lock is passed on; who has passed nothing on has nothing to send again",
    {"observers": frozenset({"a", "b"}), "first": "a"},
    ("a", "b"),
    (
        *tick(Retry, "a"),
        *ask("a", PassOn, to="b"),
        *tick(Retry, "a", "b"),
        *settle("a", "b"),
    ),
)


def spec() -> Spec:
    """Read the spec."""
    return read_spec("lock_service", "A lock that is passed on", [sys.modules[__name__]])
