"""A lock service: one server hands a lock to one client at a time. The spec of `docs/tutorial.md`.

    oathbound verify docs/tutorial_lock.py

Messages may be lost, duplicated, delayed and reordered, and every node may crash at any moment.
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
    Spec,
    Sum,
    Timer,
    authority,
    case,
    durable,
    eventually,
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
    volatile,
    weak,
    whenever,
)
from model.lang.scenario import Scenario, ask, settle, tick

# ---------------------------------------------------------------- what there is


class Role(Sum):
    """What a node is."""

    CLIENT = case("wants the lock now and then")
    SERVER = case("hands it out")


class LockState(Sum):
    """How a client stands to the lock."""

    IDLE = case("does not want it")
    WAITING = case("has asked for it")
    HOLDING = case("has it")


IDLE, WAITING, HOLDING = LockState.IDLE, LockState.WAITING, LockState.HOLDING

FIGURE = EdgeTable("state", ((IDLE, WAITING), (WAITING, HOLDING), (HOLDING, IDLE)))


class Ticket(Ordered):
    """A number for each time the lock is handed out."""


class MaybeNode(Maybe, of=Node):
    """A node, or nobody."""


class LockConfig(Config):
    """What every node is told at its start."""

    server = part(Node, "who hands out the lock")


config = LockConfig()


class Peer(Process):
    """One node: the server, or a client."""

    role = volatile(Role, ite(config.server == ME, Role.SERVER, Role.CLIENT))
    state = volatile(LockState, IDLE, doc="of a client")
    seen = durable(Ticket, doc="of a client: the newest ticket it took")
    holder = durable(MaybeNode, doc="of the server: to whom the lock is handed out")
    ticket = durable(Ticket, doc="of the server: the newest ticket handed out")


# ---------------------------------------------------------------- what is said, and by whom


class Ask(Message, sender=Role.CLIENT, receiver=Role.SERVER):
    """The sender wants the lock."""


class Grant(Message, sender=Role.SERVER, receiver=Role.CLIENT):
    """The receiver has the lock, under this ticket."""

    ticket = part(Ticket)


class Release(Message, sender=Role.CLIENT, receiver=Role.SERVER):
    """The sender does not hold the lock under this ticket, and never will again."""

    ticket = part(Ticket)


class Acquire(Request, at=Role.CLIENT):
    """Take the lock."""


class GiveBack(Request, at=Role.CLIENT):
    """Give the lock back."""


class Retry(Timer):
    """Nothing was heard for a while."""


class Done(Reply):
    """The event was accepted."""


class Refused(Reply, refusal=True):
    """Refused by the named clause; nothing changed."""


@authority(Role.SERVER)
def speaks_as_server(me: Peer, m: EventProxy) -> Expr:
    """The configuration says who the server is."""
    return m.sender == config.server


@authority(Role.CLIENT)
def speaks_as_client(me: Peer, m: EventProxy) -> Expr:
    """Everybody else is a client."""
    return m.sender != config.server


# ---------------------------------------------------------------- the rules


@on(Acquire)
def acquire(me: Peer, m: EventProxy) -> Row:
    """A client asks for the lock."""
    return Row(
        when=me.state == IDLE,
        then=me.state.set(WAITING),
        send=Ask().to(config.server),
        reply=Done(),
    )


@on(Retry)
def ask_again(me: Peer, m: EventProxy) -> Row:
    """The question or its answer may have been lost."""
    return Row(
        when=(me.role == Role.CLIENT, me.state == WAITING),
        send=Ask().to(config.server),
        reply=Done(),
    )


@on(Ask)
def hand_out(me: Peer, m: EventProxy) -> Row:
    """The lock is free: hand it out under a new ticket."""
    ticket = fresh(me.ticket)
    return Row(
        when=~me.holder.known,
        then=(me.holder.set(m.sender), me.ticket.set(ticket)),
        send=Grant(ticket=ticket).to(m.sender),
        reply=Done(),
    )


@on(Ask)
def repeat_grant(me: Peer, m: EventProxy) -> Row:
    """The lock is the sender's already."""
    return Row(when=me.holder == m.sender, send=Grant(ticket=me.ticket).to(m.sender), reply=Done())


@on(Retry)
def remind(me: Peer, m: EventProxy) -> Row:
    """The release may have been lost, or the holder have crashed: ask it by granting again."""
    return Row(
        when=(me.role == Role.SERVER, me.holder.known),
        send=Grant(ticket=me.ticket).to(me.holder),
        reply=Done(),
    )


@on(Grant)
def take(me: Peer, m: EventProxy) -> Row:
    """Only a ticket that is new to this client, since an old grant may come again."""
    return Row(
        when=(me.state == WAITING, m.ticket > me.seen),
        then=(me.state.set(HOLDING), me.seen.set(m.ticket)),
        reply=Done(),
    )


@on(Grant)
def decline(me: Peer, m: EventProxy) -> Row:
    """The ticket was taken once, and the lock given back or lost in a crash."""
    return Row(
        when=(me.state != HOLDING, m.ticket <= me.seen),
        send=Release(ticket=m.ticket).to(config.server),
        reply=Done(),
    )


@on(Grant)
def return_unwanted(me: Peer, m: EventProxy) -> Row:
    """Nobody here wants it any more: an old question was answered, or a crash forgot it."""
    return Row(
        when=(me.state == IDLE, m.ticket > me.seen),
        then=me.seen.set(m.ticket),
        send=Release(ticket=m.ticket).to(config.server),
        reply=Done(),
    )


@on(GiveBack)
def give_back(me: Peer, m: EventProxy) -> Row:
    """A client gives the lock back."""
    return Row(
        when=me.state == HOLDING,
        then=me.state.set(IDLE),
        send=Release(ticket=me.seen).to(config.server),
        reply=Done(),
    )


@on(Release)
def free(me: Peer, m: EventProxy) -> Row:
    """The present holder gave it back."""
    return Row(
        when=(me.holder == m.sender, m.ticket == me.ticket),
        then=me.holder.set(None),
        reply=Done(),
    )


@fallback(Message, Request, Timer)
def refuse(me: Peer, m: EventProxy) -> tuple[Row, ...]:
    """What no rule accepts changes nothing."""
    return (Row(name="refused", doc="A clause refused.", reply=Refused()),)


# ---------------------------------------------------------------- what is promised


@safety("one-holder", "At most one client holds the lock")
def one_holder(a: Peer, b: Peer) -> Expr:
    """Two holders are one node."""
    return ((a.state == HOLDING) & (b.state == HOLDING)).implies(a == b)


@safety("one-server", "Only the configured node is the server")
def one_server(n: Peer) -> Expr:
    """Nobody else hands out the lock: no rule changes a role, and a restart begins with it."""
    return (n.role == Role.SERVER) == (config.server == n)


@sometimes("held", "The lock is held by somebody")
def is_held(n: Peer) -> Expr:
    """Some client has it."""
    return n.state == HOLDING


# ---------------------------------------------------------------- what happens in the end

timers_fire = weak(Retry)
messages_arrive = fair_loss(Message)
clients_give_back = weak(GiveBack)


@eventually("granted", "Who asks for the lock gets it, or crashes")
def granted(n: Peer) -> Pledge:
    """Nobody waits for ever: a crash ends the wait as well, since it makes the client idle."""
    return whenever(n.state == WAITING).then(n.state != WAITING)


@eventually("freed", "The server gets every lock back")
def freed(s: Peer) -> Pledge:
    """Even one whose holder crashed."""
    return whenever(s.holder.known).then(~s.holder.known)


# ---------------------------------------------------------------- why it holds


@lemma("A client holds what the server handed to it, and the server waits for its release.")
def holder_is_known(n: Peer) -> Expr:
    """The server knows who holds the lock, and under which ticket."""
    server = Peer.at(config.server)
    return (n.state == HOLDING).implies((server.holder == n) & (server.ticket == n.seen))


@lemma("The server hands out the next ticket only after the present one was released.")
def open_grant_is_the_last(n: Peer, t: Ticket) -> Expr:
    """A grant that its receiver has not taken yet is the server's last one."""
    server = Peer.at(config.server)
    granted = sent(Grant, config.server, n, ticket=t)
    return (granted & (n.seen < t)).implies((server.holder == n) & (server.ticket == t))


@lemma("A client releases only tickets that it took.")
def released_was_seen(n: Peer, t: Ticket) -> Expr:
    """A released ticket is no newer than the newest one taken."""
    return sent(Release, n, config.server, ticket=t).implies(t <= n.seen)


@lemma("A client that holds the lock has not released it.")
def held_is_not_released(n: Peer) -> Expr:
    """No release of the ticket in use is on its way."""
    return (n.state == HOLDING).implies(~sent(Release, n, config.server, ticket=n.seen))


# ---------------------------------------------------------------- a run worth telling


SERVED = Scenario(
    "a client gets the lock and gives it back; the server reminds nobody of what nobody has",
    {"server": "s"},
    ("a", "s"),
    (
        *ask("a", Acquire),
        *settle("a", "s"),
        *tick(Retry, "s"),
        *ask("a", GiveBack),
        *settle("a", "s"),
        *tick(Retry, "s"),
    ),
)


def spec() -> Spec:
    """Read the spec."""
    return read_spec("lock", "A lock service", [sys.modules[__name__]], role="role")
