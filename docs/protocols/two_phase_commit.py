"""Two-phase commit: a manager and its participants commit together, or none does.

After J. Gray and L. Lamport, "Consensus on Transaction Commit", ACM TODS 31(1), 2006, section 3.

    oathbound verify docs/protocols/two_phase_commit.py

The manager asks every participant to prepare. A participant that can commit answers *prepared*,
and from then on it may no longer abort by itself. Once all have answered the manager commits; as
long as not all have, it may abort. Either way it tells the participants.

What to learn here: two roles that the configuration gives; a set that a node fills answer by
answer (`prepared`), and a guard over it (`subset`); what must be durable, and what need not be:
the manager may forget who has answered, since it asks again.

The paper's protocol has no crashes and no duplicates of its own; here both are free, so a
participant that is asked twice answers twice, and a manager that is asked again tells again.
"""

import sys

from model.lang import (
    ME,
    Config,
    EdgeTable,
    EventProxy,
    Expr,
    Message,
    Node,
    Pledge,
    Process,
    Reply,
    Request,
    Row,
    SetOf,
    Spec,
    Sum,
    Timer,
    alive,
    assumption,
    authority,
    case,
    durable,
    eventually,
    fair_loss,
    fallback,
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

# ---------------------------------------------------------------- what there is


class Role(Sum):
    """What a node is."""

    PARTICIPANT = case("holds a part of the transaction's data")
    MANAGER = case("decides for all")


class Vote(Sum):
    """How a participant, or the manager, stands to the transaction."""

    WORKING = case("nothing is settled yet")
    PREPARED = case("a participant can commit, and has left the decision to the manager")
    COMMITTED = case("it is done")
    ABORTED = case("it is given up")


WORKING, PREPARED, COMMITTED, ABORTED = Vote.WORKING, Vote.PREPARED, Vote.COMMITTED, Vote.ABORTED

FIGURE = EdgeTable(
    "vote",
    (
        (WORKING, PREPARED),
        (WORKING, ABORTED),
        (WORKING, COMMITTED),
        (PREPARED, COMMITTED),
        (PREPARED, ABORTED),
    ),
    "The edge from WORKING to COMMITTED is the manager's alone (`only_prepared_commit`).",
)


class Nodes(SetOf, of=Node):
    """Some of the nodes."""


class Transaction(Config):
    """What every node is told at its start."""

    participants = part(Nodes, "whose data the transaction is about")
    manager = part(Node, "who decides")


config = Transaction()


class Peer(Process):
    """A participant, or the manager."""

    role = volatile(Role, ite(config.manager == ME, Role.MANAGER, Role.PARTICIPANT))
    vote = durable(Vote, WORKING)
    prepared = volatile(Nodes, doc="of the manager: who has answered that it is prepared")


# ---------------------------------------------------------------- what is said, and by whom


class Prepare(Message, sender=Role.MANAGER, receiver=Role.PARTICIPANT):
    """Can you commit?"""


class Prepared(Message, sender=Role.PARTICIPANT, receiver=Role.MANAGER):
    """The sender can, and does not abort by itself any more."""


class Commit(Message, sender=Role.MANAGER, receiver=Role.PARTICIPANT):
    """It is decided: commit."""


class Abort(Message, sender=Role.MANAGER, receiver=Role.PARTICIPANT):
    """It is decided: abort."""


class GiveUp(Request, at=(Role.PARTICIPANT, Role.MANAGER)):
    """Abort, if that is still possible."""


class Ask(Timer):
    """Time to ask, or to tell again what was decided."""


class Done(Reply):
    """The event was accepted."""


class Refused(Reply, refusal=True):
    """Refused by the named clause; nothing changed."""


@authority(Role.MANAGER)
def speaks_as_manager(me: Peer, m: EventProxy) -> Expr:
    """The configuration says who the manager is."""
    return m.sender == config.manager


@authority(Role.PARTICIPANT)
def speaks_as_participant(me: Peer, m: EventProxy) -> Expr:
    """The configuration says who the participants are."""
    return config.participants.has(m.sender)


# ---------------------------------------------------------------- the rules


@on(Ask)
def ask(me: Peer, m: EventProxy) -> Row:
    """The manager asks everybody, and again while something may have been lost."""
    return Row(
        when=(me.role == Role.MANAGER, me.vote == WORKING),
        send=Prepare().to(config.participants),
        reply=Done(),
    )


@on(Prepare)
def prepare(me: Peer, m: EventProxy) -> Row:
    """A participant that can commit says so. Its vote is stored before the answer leaves."""
    return Row(
        when=me.vote.is_(WORKING, PREPARED),
        then=me.vote.set(PREPARED),
        send=Prepared().to(config.manager),
        reply=Done(),
    )


@on(Prepared)
def count(me: Peer, m: EventProxy) -> Row:
    """The manager remembers who has answered, while others have not."""
    answered = me.prepared.add(m.sender)
    return Row(
        when=(me.vote == WORKING, ~config.participants.subset(answered)),
        then=me.prepared.set(answered),
        reply=Done(),
    )


@on(Prepared)
def decide(me: Peer, m: EventProxy) -> Row:
    """With the last answer the manager commits."""
    answered = me.prepared.add(m.sender)
    return Row(
        when=(me.vote == WORKING, config.participants.subset(answered)),
        then=(me.vote.set(COMMITTED), me.prepared.set(answered)),
        send=Commit().to(config.participants),
        reply=Done(),
    )


@on(GiveUp)
def refrain(me: Peer, m: EventProxy) -> Row:
    """A participant aborts by itself, as long as it has not said that it is prepared."""
    return Row(
        when=(me.role == Role.PARTICIPANT, me.vote == WORKING),
        then=me.vote.set(ABORTED),
        reply=Done(),
    )


@on(GiveUp)
def call_off(me: Peer, m: EventProxy) -> Row:
    """The manager aborts for all, as long as it has not committed."""
    return Row(
        when=(me.role == Role.MANAGER, me.vote == WORKING),
        then=me.vote.set(ABORTED),
        send=Abort().to(config.participants),
        reply=Done(),
    )


@on(Ask)
def tell_commit(me: Peer, m: EventProxy) -> Row:
    """What was decided is told again: a message may have been lost, or a participant crashed."""
    return Row(
        when=(me.role == Role.MANAGER, me.vote == COMMITTED),
        send=Commit().to(config.participants),
        reply=Done(),
    )


@on(Ask)
def tell_abort(me: Peer, m: EventProxy) -> Row:
    """Likewise."""
    return Row(
        when=(me.role == Role.MANAGER, me.vote == ABORTED),
        send=Abort().to(config.participants),
        reply=Done(),
    )


@on(Commit)
def commit(me: Peer, m: EventProxy) -> Row:
    """A prepared participant does what the manager decided."""
    return Row(when=me.vote == PREPARED, then=me.vote.set(COMMITTED), reply=Done())


@on(Abort)
def abort(me: Peer, m: EventProxy) -> Row:
    """Prepared or not."""
    return Row(when=me.vote.is_(WORKING, PREPARED), then=me.vote.set(ABORTED), reply=Done())


@fallback(Message, Request, Timer)
def refuse(me: Peer, m: EventProxy) -> tuple[Row, ...]:
    """What no rule accepts changes nothing."""
    return (Row(name="refused", doc="A clause refused.", reply=Refused()),)


# ---------------------------------------------------------------- what is promised


@safety("consistent", "No participant has committed and another aborted")
def consistent(a: Peer, b: Peer) -> Expr:
    """The paper's `TCConsistent`, of those whom the transaction is about."""
    both = config.participants.has(a) & config.participants.has(b)
    return (both & (a.vote == COMMITTED)).implies(b.vote != ABORTED)


@safety("unanimous", "Nobody commits before all participants are prepared")
def unanimous(a: Peer, b: Peer) -> Expr:
    """One veto is enough."""
    both = config.participants.has(a) & config.participants.has(b)
    return (both & (a.vote == COMMITTED)).implies(b.vote.is_(PREPARED, COMMITTED))


@sometimes("committed", "A transaction of two participants commits")
def is_committed(a: Peer, b: Peer) -> Expr:
    """It is not safe just because it never happens."""
    both = config.participants.has(a) & config.participants.has(b)
    return both & (a != b) & (a.vote == COMMITTED) & (b.vote == COMMITTED)


# ---------------------------------------------------------------- what happens in the end


the_manager_asks = weak(Ask)
what_is_sent_again_arrives = fair_loss(Message)
the_manager_gives_up = weak(call_off, why="it does not wait for ever for one who cannot commit")


@alive("The manager stays up: two-phase commit blocks without it.")
def manager_lives(up: Nodes) -> Expr:
    """The paper's reason for Paxos Commit."""
    return up.has(config.manager)


@eventually("decided", "Every participant comes to know how the transaction ends")
def decided(a: Peer) -> Pledge:
    """Also after crashes, since the manager tells again."""
    return whenever(config.participants.has(a)).then(a.vote.is_(COMMITTED, ABORTED))


# ---------------------------------------------------------------- why it holds


@lemma("A node's role is the configuration's, and no rule changes it.")
def manager_by_configuration(n: Peer) -> Expr:
    """The manager is the configured one."""
    return (n.role == Role.MANAGER) == (config.manager == n)


@lemma("Who has said that it is prepared leaves that vote only for what the manager decided.")
def prepared_waits(n: Peer) -> Expr:
    """The promise of phase one."""
    manager = Peer.at(config.manager)
    kept = n.vote.is_(PREPARED, COMMITTED) | (manager.vote == ABORTED)
    return ((n != config.manager) & sent(Prepared, n, config.manager)).implies(kept)


@lemma("The manager counts only those who have said that they are prepared.")
def counted_has_answered(n: Peer) -> Expr:
    """What the manager remembers came in a message."""
    manager: Peer = Peer.at(config.manager)
    counted = manager.prepared.has(n)
    return counted.implies(sent(Prepared, n, config.manager))


@lemma("The manager commits with the last answer, and never changes its mind.")
def committed_means_all(n: Peer) -> Expr:
    """Every participant has answered."""
    manager: Peer = Peer.at(config.manager)
    decided = manager.vote == COMMITTED
    return (decided & config.participants.has(n)).implies(sent(Prepared, n, config.manager))


@lemma("The manager tells only what it has decided, and stores that first.")
def told_is_decided(n: Node) -> Expr:
    """In either way."""
    vote = Peer.at(config.manager).vote
    yes = sent(Commit, config.manager, n).implies(vote == COMMITTED)
    no = sent(Abort, config.manager, n).implies(vote == ABORTED)
    return yes & no


@lemma("A participant commits when the manager tells it to.")
def commits_when_told(n: Peer) -> Expr:
    """Not by itself."""
    manager: Peer = Peer.at(config.manager)
    decided = manager.vote == COMMITTED
    return (n.vote == COMMITTED).implies(decided)


@assumption("The manager is nobody's participant: it has a vote of its own kind.")
def manager_apart() -> Expr:
    """Else its own vote would be two things."""
    return ~config.participants.has(config.manager)


def spec() -> Spec:
    """Read the spec."""
    return read_spec("two_phase_commit", "Two-phase commit", [sys.modules[__name__]], role="role")
