"""Leader election as Raft has it: plain numbers as terms, one vote per term, majorities.

Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", 2014, section 5.2.
One leader per term follows from three lemmas that this file leaves out: who is counted has voted,
a vote is remembered, and who won was voted for by a majority.
"""

import sys

from model.lang import (
    Bool,
    Config,
    EventProxy,
    Expr,
    Maybe,
    Message,
    Node,
    Ordered,
    Process,
    Reply,
    Request,
    Row,
    SetOf,
    Spec,
    Sum,
    Timer,
    authority,
    case,
    durable,
    fallback,
    fresh,
    ghost,
    majority,
    on,
    part,
    read_spec,
    safety,
    sent,
    volatile,
)


class Role(Sum):
    """What a server is."""

    FOLLOWER = case("follows")
    LEADER = case("won its term")


class Term(Ordered):
    """An epoch; anybody may stand in any."""


class Nodes(SetOf, of=Node):
    """A set of servers."""


class MaybeNode(Maybe, of=Node):
    """A server, or nobody."""


class RaftConfig(Config):
    """What every server is told."""

    members = part(Nodes, "who votes")


config = RaftConfig()


class Server(Process):
    """One server."""

    term = durable(Term)
    vote = durable(MaybeNode)
    role = volatile(Role, Role.FOLLOWER)
    standing = volatile(Bool)
    votes = volatile(Nodes)


class Ask(Message, sender=Role.FOLLOWER, receiver=(Role.FOLLOWER, Role.LEADER)):
    """A candidate asks for a vote."""

    term = part(Term)


class Vote(Message, sender=Role.FOLLOWER, receiver=(Role.FOLLOWER, Role.LEADER)):
    """The sender votes for the receiver."""

    term = part(Term)


class Timeout(Timer):
    """No leader was heard."""


class Status(Request, at=(Role.FOLLOWER, Role.LEADER)):
    """Anything a client may ask."""


class Done(Reply):
    """Accepted."""


class Refused(Reply, refusal=True):
    """Refused."""


@authority(Role.FOLLOWER, also=(Role.LEADER,))
def anybody(me: Server, m: EventProxy) -> Expr:
    """Every member may speak."""
    return config.members.has(m.sender)


elected = ghost("elected", Node, Term, doc="this server won this term")
election = ghost("election", Node, Term, Nodes, doc="who won, which term, by whose votes")


@on(Timeout)
def stand(me: Server, m: EventProxy) -> Row:
    """Stand in a new term, with one's own vote."""
    term = fresh(me.term)
    return Row(
        when=(me.role == Role.FOLLOWER, config.members.has(me)),
        then=(
            me.term.set(term),
            me.vote.set(me),
            me.standing.set(True),
            me.votes.set(Nodes.empty),
        ),
        send=(Ask(term=term).to(config.members), Vote(term=term).to(me)),
        reply=Done(),
    )


@on(Ask)
def grant(me: Server, m: EventProxy) -> Row:
    """Vote once a term."""
    return Row(
        when=(
            (m.term > me.term) | ((m.term == me.term) & (me.vote == m.sender)),
            config.members.has(me),
        ),
        then=(
            me.term.set(m.term),
            me.vote.set(m.sender),
            me.role.set(Role.FOLLOWER),
            me.standing.set(False),
        ),
        send=Vote(term=m.term).to(m.sender),
        reply=Done(),
    )


@on(Vote)
def count(me: Server, m: EventProxy) -> Row:
    """No majority yet."""
    votes = me.votes.add(m.sender)
    return Row(
        when=(me.standing, m.term == me.term, ~majority(votes, config.members)),
        then=me.votes.set(votes),
        reply=Done(),
    )


@on(Vote)
def win(me: Server, m: EventProxy) -> Row:
    """A majority voted."""
    votes = me.votes.add(m.sender)
    return Row(
        when=(me.standing, m.term == me.term, majority(votes, config.members)),
        then=(me.role.set(Role.LEADER), me.standing.set(False), me.votes.set(votes)),
        ghost=(elected.add(me, me.term), election.add(me, me.term, votes)),
        reply=Done(),
    )


@fallback(Message, Request, Timer)
def refuse(me: Server, m: EventProxy) -> tuple[Row, ...]:
    """The rest changes nothing."""
    return (Row(name="refused", doc="A clause refused.", reply=Refused()),)


@safety("one-leader", "One leader per term")
def one_leader(a: Node, b: Node, t: Term) -> Expr:
    """Two servers that won one term are one server."""
    return (elected(a, t) & elected(b, t)).implies(a == b)


@safety("one-vote", "One vote per term")
def one_vote(v: Node, a: Node, b: Node, t: Term) -> Expr:
    """A server votes for one candidate a term."""
    return (sent(Vote, v, a, term=t) & sent(Vote, v, b, term=t)).implies(a == b)


def spec() -> Spec:
    """Read the spec."""
    return read_spec("raft", "Leader election", [sys.modules[__name__]], role="role")
