"""Raft's leader election: at most one leader a term.

After D. Ongaro and J. Ousterhout, "In Search of an Understandable Consensus Algorithm", USENIX ATC
2014, section 5.2 (the log, and what it asks of a candidate in section 5.4.1, are left out: they
make votes harder to get, and election safety holds without).

    oathbound verify docs/protocols/raft_election.py

Who hears from no leader begins a new term and asks the others for their votes. Each votes once a
term, for whoever asks first; who has the votes of a majority leads that term.

What to learn here: a role that changes in the course of a run, so that a message says in which role
it is sent (`RequestVote` by a candidate, `Heartbeat` by a leader), without any authority: receivers
go by the term alone; terms are plain numbers here, which several candidates may begin at once;
a fallback that answers a stale message with the newer term.
"""

import sys

from model.lang import (
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
    Row,
    SetOf,
    Spec,
    Sum,
    Timer,
    again_and_again,
    alive,
    case,
    durable,
    eventually,
    exists,
    fair_loss,
    fallback,
    fresh,
    ghost,
    lemma,
    majority,
    on,
    part,
    read_spec,
    safety,
    sent,
    sometimes,
    volatile,
    weak,
)

# ---------------------------------------------------------------- what there is


class Role(Sum):
    """What a server is in its present term."""

    FOLLOWER = case("it votes, and listens to the leader")
    CANDIDATE = case("it asks for votes")
    LEADER = case("it has them")


FOLLOWER, CANDIDATE, LEADER = Role.FOLLOWER, Role.CANDIDATE, Role.LEADER
ANY = (FOLLOWER, CANDIDATE, LEADER)

FIGURE = EdgeTable(
    "role",
    (
        (FOLLOWER, CANDIDATE),
        (CANDIDATE, LEADER),
        (CANDIDATE, FOLLOWER),
        (LEADER, FOLLOWER),
    ),
    "Figure 4 of the paper.",
)


class Term(Ordered):
    """The paper's terms: logical time, in which each server moves at its own pace."""


class MaybeNode(Maybe, of=Node):
    """A server, or nobody."""


class Nodes(SetOf, of=Node):
    """Some of the servers."""


class Cluster(Config):
    """What every server is told at its start."""

    servers = part(Nodes, "all of them, at least two")


config = Cluster()


class Server(Process):
    """One server."""

    role = volatile(Role, FOLLOWER)
    term = durable(Term, doc="the latest term that it has seen: the paper's currentTerm")
    voted_for = durable(MaybeNode, doc="who got its vote in that term")
    votes = volatile(Nodes, doc="of a candidate: who voted for it in that term")
    leader = volatile(MaybeNode, doc="who leads that term, where it knows")


# The history, for the proof alone.
voted = ghost("voted", Node, Term, Node, doc="a server voted in a term for a candidate")
elected = ghost("elected", Term, Node, Nodes, doc="a candidate won a term with these votes")


# ---------------------------------------------------------------- what is said


class RequestVote(Message, sender=CANDIDATE, receiver=ANY):
    """The sender asks for a vote in this term."""

    term = part(Term)


class Vote(Message, sender=FOLLOWER, receiver=CANDIDATE):
    """The receiver has the sender's vote in this term."""

    term = part(Term)


class Heartbeat(Message, sender=LEADER, receiver=ANY):
    """The sender leads this term: an AppendEntries without entries."""

    term = part(Term)


class ElectionDue(Timer):
    """No leader was heard for a while."""


class BeatDue(Timer):
    """Time for a leader to be heard."""


class Done(Reply):
    """The event was accepted."""


class Stale(Reply):
    """The message is of an older term."""

    newer = part(Term)


class Refused(Reply, refusal=True):
    """Refused by the named clause; nothing changed."""


# ---------------------------------------------------------------- the rules


@on(ElectionDue)
def stand(me: Server, m: EventProxy) -> Row:
    """A new term, with a vote for oneself; both are stored before anybody is asked."""
    term = fresh(me.term)
    return Row(
        when=me.role != LEADER,
        then=(
            me.term.set(term),
            me.role.set(CANDIDATE),
            me.voted_for.set(me),
            me.votes.set(Nodes.empty.add(me)),
            me.leader.set(None),
        ),
        send=RequestVote(term=term).to(config.servers.remove(me)),
        ghost=voted.add(me, term, me),
        reply=Done(),
    )


@on(RequestVote)
def vote_in_new_term(me: Server, m: EventProxy) -> Row:
    """Whatever it was before, it follows the term, and the vote is free."""
    return Row(
        when=m.term > me.term,
        then=(
            me.term.set(m.term),
            me.role.set(FOLLOWER),
            me.voted_for.set(m.sender),
            me.leader.set(None),
        ),
        send=Vote(term=m.term).to(m.sender),
        ghost=voted.add(me, m.term, m.sender),
        reply=Done(),
    )


@on(RequestVote)
def vote_in_this_term(me: Server, m: EventProxy) -> Row:
    """Once a term; to the same candidate again, since the answer may have been lost."""
    free = (me.voted_for == None) | (me.voted_for == m.sender)  # noqa: E711
    return Row(
        when=(m.term == me.term, me.role == FOLLOWER, free),
        then=me.voted_for.set(m.sender),
        send=Vote(term=m.term).to(m.sender),
        ghost=voted.add(me, m.term, m.sender),
        reply=Done(),
    )


@on(Vote)
def count(me: Server, m: EventProxy) -> Row:
    """Another vote."""
    return Row(
        when=(m.term == me.term, ~majority(me.votes.add(m.sender), config.servers)),
        then=me.votes.set(me.votes.add(m.sender)),
        reply=Done(),
    )


@on(Vote)
def win(me: Server, m: EventProxy) -> Row:
    """With a majority it leads, and says so."""
    votes = me.votes.add(m.sender)
    return Row(
        when=(m.term == me.term, majority(votes, config.servers)),
        then=(me.votes.set(votes), me.role.set(LEADER), me.leader.set(me)),
        send=Heartbeat(term=me.term).to(config.servers.remove(me)),
        ghost=elected.add(me.term, me, votes),
        reply=Done(),
    )


@on(BeatDue)
def beat(me: Server, m: EventProxy) -> Row:
    """A leader is heard regularly."""
    return Row(
        when=me.role == LEADER,
        send=Heartbeat(term=me.term).to(config.servers.remove(me)),
        reply=Done(),
    )


@on(Heartbeat)
def follow_new_term(me: Server, m: EventProxy) -> Row:
    """Somebody leads a newer term; in that one it has not voted."""
    return Row(
        when=m.term > me.term,
        then=(
            me.term.set(m.term),
            me.role.set(FOLLOWER),
            me.voted_for.set(None),
            me.leader.set(m.sender),
        ),
        reply=Done(),
    )


@on(Heartbeat)
def follow(me: Server, m: EventProxy) -> Row:
    """Somebody leads this term; a candidate has lost."""
    return Row(
        when=(m.term == me.term, me.role != LEADER),
        then=(me.role.set(FOLLOWER), me.leader.set(m.sender)),
        reply=Done(),
    )


@fallback(Message, Timer)
def refuse(me: Server, m: EventProxy) -> tuple[Row, ...]:
    """An older term is answered with the newer one; what else no rule accepts, with the clause."""
    refused = Row(name="refused", doc="A clause refused.", reply=Refused())
    if not m.has("term"):
        return (refused,)
    stale = Row(
        name="stale",
        doc="The sender is behind.",
        when=m.term < me.term,
        reply=Stale(newer=me.term),
        early=True,
    )
    return (stale, refused)


# ---------------------------------------------------------------- what is promised


WON = ("one_vote", "told_vote", "counted_vote", "won_by_majority")
"""Why two winners of a term are one; with all lemmas at hand the solver goes astray."""


@safety("election-safety", "At most one leader a term", uses=(*WON, "leader_has_won"))
def election_safety(a: Server, b: Server) -> Expr:
    """The first row of the paper's figure 3, of the present leaders."""
    return ((a.role == LEADER) & (b.role == LEADER) & (a.term == b.term)).implies(a == b)


@safety("one-winner", "At most one candidate ever wins a term", uses=WON)
def one_winner(t: Term, a: Node, q: Nodes, b: Node, r: Nodes) -> Expr:
    """And of the past ones."""
    return (elected(t, a, q) & elected(t, b, r)).implies(a == b)


@safety(
    "one-view",
    "Servers in one term that know its leader know the same one",
    uses=(*WON, "one-winner", "known_leader_has_won", "beat_is_by_winner"),
)
def one_view(a: Server, b: Server, x: Node, y: Node) -> Expr:
    """Who follows somebody follows the leader."""
    same = (a.term == b.term) & (a.leader == x) & (b.leader == y)
    return same.implies(x == y)


@sometimes("led", "Somebody follows a leader")
def is_led(n: Server) -> Expr:
    """It is not safe just because nobody is ever elected."""
    return (n.role == FOLLOWER) & n.leader.known


# ---------------------------------------------------------------- what happens in the end


candidates_stand = weak(ElectionDue, unless=(Heartbeat,), why="a heartbeat arms the timer anew")
leaders_beat = weak(BeatDue)
what_is_sent_again_arrives = fair_loss(Message)


@alive("A majority of the servers is up.")
def majority_is_up(up: Nodes) -> Expr:
    """Without it nobody is elected."""
    return majority(up, config.servers)


@eventually("led-again", "Whatever happens, a server comes to know a leader of its term")
def led_again(n: Server) -> Pledge:
    """Unless elections go on for ever, each in a newer term: no bounded check can exclude that."""
    return again_and_again(n.leader.known)


# ---------------------------------------------------------------- why it holds


@lemma("A server stores its vote with the term, and both before anybody is told.")
def vote_is_stored(n: Server, t: Term, a: Node) -> Expr:
    """Only the vote of its present term is still of use to it."""
    stored = (t <= n.term) & (t == n.term).implies(n.voted_for == a)
    return voted(n, t, a).implies(stored)


@lemma("A server that has voted in its term remembers for whom, and votes in no older one.")
def one_vote(n: Node, t: Term, a: Node, b: Node) -> Expr:
    """A server votes once a term."""
    return (voted(n, t, a) & voted(n, t, b)).implies(a == b)


@lemma("A server tells only of its own votes.")
def told_vote(n: Node, to: Node, t: Term) -> Expr:
    """A Vote is sent with the vote."""
    return sent(Vote, n, to, term=t).implies(voted(n, t, to))


@lemma("A candidate counts only votes of its term for itself.")
def counted_vote(n: Server, v: Node) -> Expr:
    """It begins with its own."""
    return ((n.role == CANDIDATE) & n.votes.has(v)).implies(voted(v, n.term, n))


@lemma("Who won a term had the votes of a majority in that term.")
def won_by_majority(t: Term, a: Node, q: Nodes, v: Node) -> Expr:
    """Each of them voted for it."""
    return elected(t, a, q).implies(majority(q, config.servers) & q.has(v).implies(voted(v, t, a)))


@lemma("A server leads after it won, and until it sees a newer term.")
def leader_has_won(n: Server) -> Expr:
    """A crash ends it, too."""
    won = exists(lambda q: elected(n.term, n, q), q=Nodes)
    return (n.role == LEADER).implies(won & (n.leader == n))


@lemma("Only a leader is heard, in the term that it won.")
def beat_is_by_winner(n: Node, to: Node, t: Term) -> Expr:
    """No other node sends a heartbeat."""
    return sent(Heartbeat, n, to, term=t).implies(exists(lambda q: elected(t, n, q), q=Nodes))


@lemma("A server takes for the leader of its term whom it has heard as one.")
def known_leader_has_won(n: Server, a: Node) -> Expr:
    """A new term is begun without one."""
    return (n.leader == a).implies(exists(lambda q: elected(n.term, a, q), q=Nodes))


def spec() -> Spec:
    """Read the spec."""
    return read_spec("raft_election", "Raft's election", [sys.modules[__name__]], role="role")
