"""Two-phase commit as in the textbook: resource managers, a transaction manager, nothing asked.

After L. Lamport's TLA+ module `TwoPhase`, of J. Gray and L. Lamport, "Consensus on Transaction
Commit", ACM TODS 31(1), 2006, section 3 and appendix; action for action, variable for variable.

    oathbound verify docs/protocols/two_phase_textbook.py
    oathbound explore docs/protocols/two_phase_textbook.py --scope peers=3 --crashes 0

A resource manager prepares by itself and says so, or aborts by itself. The transaction manager
commits once it has heard from all, or aborts. Resource managers obey what they are told, whatever
they did before: that they are never told the wrong thing is what is proved.

What to learn here: a model made to be counted. Its reachable states without crashes are as many as
published for the TLA+ one: 288 for three resource managers, 8,832 for five. What a protocol needs
beside it, resending and what must be durable, is in `two_phase_commit.py`.
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
    Process,
    Reply,
    Request,
    Row,
    SetOf,
    Spec,
    Sum,
    assumption,
    authority,
    case,
    durable,
    fallback,
    ite,
    lemma,
    on,
    part,
    read_spec,
    safety,
    sent,
    sometimes,
)

# ---------------------------------------------------------------- what there is


class Role(Sum):
    """What a node is."""

    RESOURCE = case("holds a part of the transaction's data")
    MANAGER = case("decides for all")


class State(Sum):
    """How a node stands to the transaction."""

    WORKING = case("nothing is settled yet")
    PREPARED = case("a resource manager can commit, and waits for the decision")
    COMMITTED = case("of a resource manager: it is done")
    ABORTED = case("of a resource manager: it is given up")
    DECIDED = case("of the manager: it has told the resource managers")


WORKING, PREPARED, COMMITTED = State.WORKING, State.PREPARED, State.COMMITTED
ABORTED, DECIDED = State.ABORTED, State.DECIDED

FIGURE = EdgeTable(
    "state",
    (
        (WORKING, PREPARED),
        (WORKING, COMMITTED),
        (WORKING, ABORTED),
        (PREPARED, COMMITTED),
        (PREPARED, ABORTED),
        (ABORTED, COMMITTED),
        (COMMITTED, ABORTED),
        (WORKING, DECIDED),
    ),
    "As the guards have it: resource managers obey in every state. Which edges never happen follows"
    " from the properties.",
)


class Nodes(SetOf, of=Node):
    """Some of the nodes."""


class Transaction(Config):
    """What every node is told at its start."""

    resources = part(Nodes, "whose data the transaction is about")
    manager = part(Node, "who decides")


config = Transaction()


class Peer(Process):
    """A resource manager, or the manager."""

    role = durable(Role, ite(config.manager == ME, Role.MANAGER, Role.RESOURCE))
    state = durable(State, WORKING)
    prepared = durable(Nodes, doc="of the manager: who has said that it is prepared")


# ---------------------------------------------------------------- what is said, and by whom


class Prepared(Message, sender=Role.RESOURCE, receiver=Role.MANAGER):
    """The sender can commit."""


class Commit(Message, sender=Role.MANAGER, receiver=Role.RESOURCE):
    """It is decided: commit."""


class Abort(Message, sender=Role.MANAGER, receiver=Role.RESOURCE):
    """It is decided: abort."""


class Prepare(Request, at=Role.RESOURCE):
    """Say that you can commit."""


class GiveUp(Request, at=(Role.RESOURCE, Role.MANAGER)):
    """Abort, if that is still possible."""


class Decide(Request, at=Role.MANAGER):
    """Commit, if all can."""


class Done(Reply):
    """The event was accepted."""


class Refused(Reply, refusal=True):
    """Refused by the named clause; nothing changed."""


@authority(Role.MANAGER)
def speaks_as_manager(me: Peer, m: EventProxy) -> Expr:
    """The configuration says who the manager is."""
    return m.sender == config.manager


@authority(Role.RESOURCE)
def speaks_as_resource(me: Peer, m: EventProxy) -> Expr:
    """The configuration says who the resource managers are."""
    return config.resources.has(m.sender)


# ---------------------------------------------------------------- the rules


@on(Prepare)
def prepare(me: Peer, m: EventProxy) -> Row:
    """The module's `RMPrepare`."""
    return Row(
        when=me.state == WORKING,
        then=me.state.set(PREPARED),
        send=Prepared().to(config.manager),
        reply=Done(),
    )


@on(GiveUp)
def choose_to_abort(me: Peer, m: EventProxy) -> Row:
    """The module's `RMChooseToAbort`."""
    return Row(
        when=(me.role == Role.RESOURCE, me.state == WORKING),
        then=me.state.set(ABORTED),
        reply=Done(),
    )


@on(Prepared)
def count(me: Peer, m: EventProxy) -> Row:
    """The module's `TMRcvPrepared`."""
    return Row(
        when=me.state == WORKING,
        then=me.prepared.set(me.prepared.add(m.sender)),
        reply=Done(),
    )


@on(Decide)
def decide(me: Peer, m: EventProxy) -> Row:
    """The module's `TMCommit`."""
    return Row(
        when=(me.state == WORKING, config.resources.subset(me.prepared)),
        then=me.state.set(DECIDED),
        send=Commit().to(config.resources),
        reply=Done(),
    )


@on(GiveUp)
def call_off(me: Peer, m: EventProxy) -> Row:
    """The module's `TMAbort`."""
    return Row(
        when=(me.role == Role.MANAGER, me.state == WORKING),
        then=me.state.set(DECIDED),
        send=Abort().to(config.resources),
        reply=Done(),
    )


@on(Commit)
def commit(me: Peer, m: EventProxy) -> Row:
    """The module's `RMRcvCommitMsg`: whatever the resource manager did before."""
    return Row(then=me.state.set(COMMITTED), reply=Done())


@on(Abort)
def abort(me: Peer, m: EventProxy) -> Row:
    """The module's `RMRcvAbortMsg`."""
    return Row(then=me.state.set(ABORTED), reply=Done())


@fallback(Message, Request)
def refuse(me: Peer, m: EventProxy) -> tuple[Row, ...]:
    """What no rule accepts changes nothing."""
    return (Row(name="refused", doc="A clause refused.", reply=Refused()),)


# ---------------------------------------------------------------- what is promised


@safety("consistent", "No resource manager has committed and another aborted")
def consistent(a: Peer, b: Peer) -> Expr:
    """The module's `TCConsistent`, of those whom the transaction is about."""
    both = config.resources.has(a) & config.resources.has(b)
    return (both & (a.state == COMMITTED)).implies(b.state != ABORTED)


@sometimes("committed", "A transaction of two resource managers commits")
def is_committed(a: Peer, b: Peer) -> Expr:
    """It is not safe just because it never happens."""
    return (a != b) & (a.state == COMMITTED) & (b.state == COMMITTED)


# ---------------------------------------------------------------- why it holds


@lemma("A node's role is the configuration's, and no rule changes it.")
def manager_by_configuration(n: Peer) -> Expr:
    """The manager is the configured one."""
    return (n.role == Role.MANAGER) == (config.manager == n)


@lemma("The manager counts only those who have said that they are prepared.")
def counted_has_said_so(n: Peer) -> Expr:
    """What the manager remembers came in a message."""
    manager: Peer = Peer.at(config.manager)
    return manager.prepared.has(n).implies(sent(Prepared, n, config.manager))


@lemma("Only the manager decides, and it does nothing else.")
def deciding_is_the_managers(n: Peer) -> Expr:
    """A state of its own, which the module keeps in a variable of its own."""
    other = (n.role == Role.RESOURCE).implies(n.state != DECIDED)
    return other & (n.role == Role.MANAGER).implies(n.state.is_(WORKING, DECIDED))


@lemma("The manager decides once, and tells what it has decided.")
def told_once(a: Node, b: Node) -> Expr:
    """Nobody is told to commit while anybody is told to abort; only resource managers are told."""
    told = sent(Commit, config.manager, a) | sent(Abort, config.manager, a)
    decided = told.implies((Peer.at(config.manager).state == DECIDED) & config.resources.has(a))
    return decided & ~(sent(Commit, config.manager, a) & sent(Abort, config.manager, b))


@lemma("To be told to commit, all must have said that they are prepared.")
def commit_means_all(a: Node, b: Peer) -> Expr:
    """Every resource manager."""
    told = sent(Commit, config.manager, a) & config.resources.has(b)
    return told.implies(sent(Prepared, b, config.manager))


@lemma("Who has said that it is prepared aborts only when told to.")
def prepared_waits(n: Peer) -> Expr:
    """The promise of phase one."""
    aborted = sent(Prepared, n, config.manager) & (n.state == ABORTED)
    return aborted.implies(sent(Abort, config.manager, n)) & (
        sent(Prepared, n, config.manager).implies(n.state != WORKING)
    )


@lemma("A resource manager commits when told to.")
def commits_when_told(n: Peer) -> Expr:
    """Not by itself."""
    return (n.state == COMMITTED).implies(sent(Commit, config.manager, n))


@assumption("The manager is no resource manager.")
def manager_apart() -> Expr:
    """Else its own state would be two things."""
    return ~config.resources.has(config.manager)


def spec() -> Spec:
    """Read the spec."""
    return read_spec(
        "two_phase_textbook", "Two-phase commit, textbook", [sys.modules[__name__]], role="role"
    )
