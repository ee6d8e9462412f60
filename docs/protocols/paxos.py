"""Single-decree Paxos: nodes agree on one value, however many of them propose one.

After L. Lamport, "Paxos Made Simple", ACM SIGACT News 32(4), 2001, sections 2.2 to 2.5; the proof
follows the invariants of O. Padon, G. Losa, M. Sagiv and S. Shoham, "Paxos Made EPR", OOPSLA 2017.

    oathbound verify docs/protocols/paxos.py

All nodes are alike: each may propose, accept and learn, so this spec has no roles. A proposer asks
a majority to promise (phase 1), proposes the value of the highest ballot that any of them has voted
in, or its own where there is none (phase 2), and a value is chosen once a majority has voted for it
in one ballot.

What to learn here: an *owned* order (each ballot has the one node that may start it, and `fresh`
takes one above a given ballot); majorities; a *map* (`heard`, the voters by ballot); *ghosts*, the
history that the proof speaks of and no node keeps; what has to be durable. The heart of the proof
is `others_are_excluded`.
"""

import sys

from model.lang import (
    Atom,
    Config,
    EdgeTable,
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
    Sum,
    Timer,
    case,
    durable,
    eventually,
    exists,
    fair_loss,
    fallback,
    fresh,
    ghost,
    ite,
    lemma,
    majority,
    on,
    owner,
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


class Phase(Sum):
    """What a node does about its own ballot."""

    IDLE = case("nothing")
    ASKING = case("it collects promises: phase 1")
    PROPOSED = case("it has proposed a value: phase 2")


IDLE, ASKING, PROPOSED = Phase.IDLE, Phase.ASKING, Phase.PROPOSED

FIGURE = EdgeTable(
    "phase",
    ((IDLE, ASKING), (ASKING, PROPOSED), (PROPOSED, ASKING)),
    "A crash, which leads back to IDLE, is the environment's.",
)


class Ballot(Ordered, owned=True):
    """A ballot; the paper's proposal number. Each has one node that may start it."""


class Value(Atom):
    """What is to be agreed on."""


class MaybeValue(Maybe, of=Value):
    """A value, or none."""


class Nodes(SetOf, of=Node):
    """Some of the nodes."""


class Voters(MapOf, key=Ballot, to=Nodes):
    """For each ballot some nodes."""


class Cluster(Config):
    """What every node is told at its start."""

    acceptors = part(Nodes, "of whom a majority chooses")


config = Cluster()


class Peer(Process):
    """A node: proposer, acceptor and learner in one."""

    promised = durable(Ballot, doc="it takes part in no ballot below this")
    voted = durable(Ballot, doc="the last ballot that it voted in")
    value = durable(MaybeValue, doc="for what it voted there")
    ballot = durable(Ballot, doc="the last ballot that it started")
    phase = volatile(Phase, IDLE)
    wish = volatile(MaybeValue, doc="what it would propose, or has proposed")
    promises = volatile(Nodes, doc="who has promised to take part in its ballot")
    best = volatile(Ballot, doc="the last ballot that any of these had voted in")
    best_value = volatile(MaybeValue, doc="for what")
    heard = volatile(Voters, doc="whose votes it has heard of, by ballot")
    learned = durable(MaybeValue, doc="the value that was chosen, where it knows")


# The history, for the proof alone.
wished = ghost("wished", MaybeValue, doc="a value that a client asked for")
proposal = ghost("proposal", Ballot, MaybeValue, doc="what was proposed in a ballot")
vote = ghost("vote", Node, Ballot, MaybeValue, doc="a node voted for a value in a ballot")
chosen = ghost("chosen", Ballot, MaybeValue, Nodes, doc="a learner heard of these nodes' votes")


# ---------------------------------------------------------------- what is said


class Prepare(Message):
    """Will you take part in this ballot, and in none below?"""

    ballot = part(Ballot)


class Promise(Message):
    """Yes; and this is the last vote of mine."""

    ballot = part(Ballot)
    voted = part(Ballot)
    value = part(MaybeValue)


class Accept(Message):
    """Vote for this value in this ballot."""

    ballot = part(Ballot)
    value = part(MaybeValue)


class Accepted(Message):
    """I have."""

    ballot = part(Ballot)
    value = part(MaybeValue)


class Propose(Request):
    """A client wants this value."""

    value = part(Value)


class Retry(Timer):
    """Nothing was heard for a while."""


class Done(Reply):
    """The event was accepted."""


class Refused(Reply, refusal=True):
    """Refused by the named clause; nothing changed."""


# ---------------------------------------------------------------- the rules


@on(Propose)
def start(me: Peer, m: EventProxy) -> Row:
    """Phase 1a: a ballot above all that this node started or heard of.

    Its number is stored before anybody hears of it: after a crash it is never used again.
    """
    ballot = fresh(ite(me.ballot < me.promised, me.promised, me.ballot))
    return Row(
        then=(
            me.ballot.set(ballot),
            me.phase.set(ASKING),
            me.wish.set(m.value),
            me.promises.set(Nodes.empty),
            me.best.set(Ballot.zero),
            me.best_value.set(None),
        ),
        send=Prepare(ballot=ballot).to(config.acceptors),
        ghost=wished.add(m.value),
        reply=Done(),
    )


@on(Retry)
def ask_again(me: Peer, m: EventProxy) -> Row:
    """The question or an answer may have been lost."""
    return Row(
        when=me.phase == ASKING,
        send=Prepare(ballot=me.ballot).to(config.acceptors),
        reply=Done(),
    )


@on(Prepare)
def promise(me: Peer, m: EventProxy) -> Row:
    """Phase 1b: no lower ballot any more."""
    return Row(
        when=(m.ballot >= me.promised, m.ballot > me.voted),
        then=me.promised.set(m.ballot),
        send=Promise(ballot=m.ballot, voted=me.voted, value=me.value).to(m.sender),
        reply=Done(),
    )


@on(Promise)
def count_promise(me: Peer, m: EventProxy) -> Row:
    """Another promise; the vote of the highest ballot is remembered."""
    return Row(
        when=(
            me.phase == ASKING,
            m.ballot == me.ballot,
            ~majority(me.promises.add(m.sender), config.acceptors),
        ),
        then=(
            me.promises.set(me.promises.add(m.sender)),
            me.best.set(ite(me.best < m.voted, m.voted, me.best)),
            me.best_value.set(ite(me.best < m.voted, m.value, me.best_value)),
        ),
        reply=Done(),
    )


@on(Promise)
def propose(me: Peer, m: EventProxy) -> Row:
    """Phase 2a: with a majority, the value of the highest ballot voted in, or one's own."""
    best = ite(me.best < m.voted, m.voted, me.best)
    best_value = ite(me.best < m.voted, m.value, me.best_value)
    value = ite(best == Ballot.zero, me.wish, best_value)
    return Row(
        when=(
            me.phase == ASKING,
            m.ballot == me.ballot,
            majority(me.promises.add(m.sender), config.acceptors),
        ),
        then=(me.phase.set(PROPOSED), me.wish.set(value)),
        send=Accept(ballot=me.ballot, value=value).to(config.acceptors),
        ghost=proposal.add(me.ballot, value),
        reply=Done(),
    )


@on(Retry)
def propose_again(me: Peer, m: EventProxy) -> Row:
    """The proposal or a vote may have been lost."""
    return Row(
        when=me.phase == PROPOSED,
        send=Accept(ballot=me.ballot, value=me.wish).to(config.acceptors),
        reply=Done(),
    )


@on(Accept)
def accept(me: Peer, m: EventProxy) -> Row:
    """Phase 2b: a vote, unless a higher ballot was promised; stored before it is told."""
    return Row(
        when=m.ballot >= me.promised,
        then=(me.promised.set(m.ballot), me.voted.set(m.ballot), me.value.set(m.value)),
        send=Accepted(ballot=m.ballot, value=m.value).to(config.acceptors),
        ghost=vote.add(me, m.ballot, m.value),
        reply=Done(),
    )


@on(Accepted)
def count_vote(me: Peer, m: EventProxy) -> Row:
    """Another vote in that ballot."""
    voters = me.heard.at(m.ballot).add(m.sender)
    return Row(
        when=~majority(voters, config.acceptors),
        then=me.heard.set(me.heard.put(m.ballot, voters)),
        reply=Done(),
    )


@on(Accepted)
def learn(me: Peer, m: EventProxy) -> Row:
    """A majority has voted for it in one ballot: it is chosen."""
    voters = me.heard.at(m.ballot).add(m.sender)
    return Row(
        when=majority(voters, config.acceptors),
        then=(me.heard.set(me.heard.put(m.ballot, voters)), me.learned.set(m.value)),
        ghost=chosen.add(m.ballot, m.value, voters),
        reply=Done(),
    )


@fallback(Message, Request, Timer)
def refuse(me: Peer, m: EventProxy) -> tuple[Row, ...]:
    """What no rule accepts changes nothing."""
    return (Row(name="refused", doc="A clause refused.", reply=Refused()),)


# ---------------------------------------------------------------- what is promised


CHOSEN = (
    "others_are_excluded",
    "chosen_by_majority",
    "one_proposal",
    "heard_is_vote",
    "accepted_is_vote",
    "vote_is_for_proposal",
)
"""What the proofs about chosen values need; with all lemmas at hand the solver goes astray."""


@safety("agreement", "No two nodes learn different values", uses=(*CHOSEN, "learned_is_chosen"))
def agreement(a: Peer, b: Peer) -> Expr:
    """Consensus, as the nodes see it."""
    return (a.learned.known & b.learned.known).implies(a.learned == b.learned)


@safety("one-value", "Only one value is ever chosen", uses=CHOSEN)
def one_value(b: Ballot, v: MaybeValue, q: Nodes, c: Ballot, w: MaybeValue, r: Nodes) -> Expr:
    """In all ballots."""
    return (chosen(b, v, q) & chosen(c, w, r)).implies(v == w)


@safety("validity", "What is learned was asked for by a client")
def validity(n: Peer) -> Expr:
    """Nothing is made up."""
    return n.learned.known.implies(wished(n.learned))


@sometimes("learned", "Two nodes have learned a value")
def is_learned(a: Peer, b: Peer) -> Expr:
    """It is not safe just because nothing is ever chosen."""
    return (a != b) & a.learned.known & b.learned.known


# ---------------------------------------------------------------- what happens in the end


proposers_ask_again = weak(Retry)
what_is_sent_again_arrives = fair_loss(Message)


@eventually("answered", "Who proposes learns what is chosen, or a higher ballot was started")
def answered(n: Peer) -> Pledge:
    """Unless it crashes, and forgets what it proposed: then a client has to ask again."""
    outdone = exists(lambda m: Peer.at(m).ballot > n.ballot, m=Node)
    return whenever(n.phase != IDLE).then((n.phase == IDLE) | n.learned.known | outdone)


# ---------------------------------------------------------------- why it holds


@lemma("A node starts only ballots of its own, and the number grows.")
def own_ballot(n: Peer) -> Expr:
    """While it asks or has proposed."""
    return (n.phase != IDLE).implies((owner(n.ballot) == n) & (n.ballot > Ballot.zero))


@lemma("A node proposes in a ballot that it has started, and then no longer asks in it.")
def proposal_is_over(n: Peer, b: Ballot, v: MaybeValue) -> Expr:
    """So there is one proposal a ballot."""
    over = (b < n.ballot) | ((b == n.ballot) & (n.phase != ASKING))
    return (proposal(b, v) & (owner(b) == n)).implies(over)


@lemma("Ballot zero is nobody's: a node starts higher ones.")
def zero_is_empty(b: Ballot, v: MaybeValue) -> Expr:
    """So `voted = zero` says that there is no vote."""
    return proposal(b, v).implies(b > Ballot.zero)


@lemma("A node proposes once in a ballot, and a crash makes it forget that it could.")
def one_proposal(b: Ballot, v: MaybeValue, w: MaybeValue) -> Expr:
    """Two proposals of one ballot are one."""
    return (proposal(b, v) & proposal(b, w)).implies(v == w)


@lemma("What a node proposes again it has proposed.")
def proposed_is_told(n: Peer) -> Expr:
    """The value stands in `wish`."""
    return (n.phase == PROPOSED).implies(proposal(n.ballot, n.wish))


@lemma("An Accept is sent with the proposal, or after it.")
def accept_is_proposal(n: Node, to: Node, b: Ballot, v: MaybeValue) -> Expr:
    """There is no other."""
    return sent(Accept, n, to, ballot=b, value=v).implies(proposal(b, v))


@lemma("A node votes only for what it is sent.")
def vote_is_for_proposal(n: Node, b: Ballot, v: MaybeValue) -> Expr:
    """And that is a proposal."""
    return vote(n, b, v).implies(proposal(b, v))


@lemma("A vote is also a promise, and both only grow.")
def votes_are_promises(n: Peer, b: Ballot, v: MaybeValue) -> Expr:
    """A node's last vote is its highest."""
    return (n.voted <= n.promised) & vote(n, b, v).implies(b <= n.voted)


@lemma("A node stores its vote when it votes.")
def stored_vote(n: Peer) -> Expr:
    """What it tells of itself is true."""
    has_voted: Expr = n.voted > Ballot.zero
    return has_voted.implies(vote(n, n.voted, n.value))


@lemma("A node tells only of its own votes.")
def accepted_is_vote(n: Node, to: Node, b: Ballot, v: MaybeValue) -> Expr:
    """After it has stored them."""
    return sent(Accepted, n, to, ballot=b, value=v).implies(vote(n, b, v))


@lemma("A promise tells the last vote before it, and there is none in between later either.")
def promise_is_kept(
    n: Peer, to: Node, b: Ballot, at: Ballot, v: MaybeValue, c: Ballot, w: MaybeValue
) -> Expr:
    """The promised ballot only grows, and nobody votes below it."""
    told = sent(Promise, n, to, ballot=b, voted=at, value=v)
    between = (vote(n, c, w) & (c < b)).implies(c <= at)
    true = (at > Ballot.zero).implies(vote(n, at, v))
    return told.implies((b <= n.promised) & (at < b) & between & true)


@lemma("What a proposer has counted is what it was promised.", uses=("promise_is_kept",))
def counted_promises(n: Peer, a: Peer, c: Ballot, w: MaybeValue) -> Expr:
    """Of each that has promised: no vote between the best one and the ballot."""
    between = (vote(a, c, w) & (c < n.ballot)).implies(c <= n.best)
    counted = (n.phase == ASKING) & n.promises.has(a)
    return counted.implies((n.ballot <= a.promised) & between)


@lemma("The best vote that was told was somebody's vote, for a proposal.")
def best_is_proposal(n: Peer) -> Expr:
    """And it lies below the ballot."""
    true = (n.best > Ballot.zero).implies(proposal(n.best, n.best_value))
    return (n.phase == ASKING).implies((n.best < n.ballot) & true)


@lemma(
    "A majority has promised to take part in a ballot in which something is proposed.",
    uses=("counted_promises", "promise_is_kept"),
)
def majority_has_promised(b: Ballot, v: MaybeValue, q: Nodes) -> Expr:
    """And it shares a node with every other majority."""
    promised = exists(lambda n: q.has(n) & (Peer.at(n).promised >= b), n=Node)
    return (proposal(b, v) & majority(q, config.acceptors)).implies(promised)


@lemma(
    "Of the nodes that promised, none votes below any more, nor did for another value.",
    uses=(
        "majority_has_promised",
        "counted_promises",
        "promise_is_kept",
        "best_is_proposal",
        "one_proposal",
        "vote_is_for_proposal",
        "proposal_is_over",
        "own_ballot",
        "zero_is_empty",
    ),
)
def others_are_excluded(b: Ballot, v: MaybeValue, c: Ballot, w: MaybeValue, q: Nodes) -> Expr:
    """So a lower proposal of another value lacks a vote in every majority, and always will."""
    below = proposal(b, v) & proposal(c, w) & (c < b) & (w != v) & majority(q, config.acceptors)
    never = exists(lambda n: q.has(n) & (Peer.at(n).promised > c) & ~vote(n, c, w), n=Node)
    return below.implies(never)


@lemma("A learner counts only votes.")
def heard_is_vote(n: Peer, a: Node, b: Ballot) -> Expr:
    """It need not remember the value: all votes of a ballot are for one."""
    return n.heard.at(b).has(a).implies(exists(lambda v: vote(a, b, v), v=MaybeValue))


@lemma(
    "What is chosen was voted for by a majority.",
    uses=("heard_is_vote", "accepted_is_vote", "vote_is_for_proposal", "one_proposal"),
)
def chosen_by_majority(b: Ballot, v: MaybeValue, q: Nodes, n: Node) -> Expr:
    """In one ballot."""
    voted = majority(q, config.acceptors) & proposal(b, v) & q.has(n).implies(vote(n, b, v))
    return chosen(b, v, q).implies(voted)


@lemma("A node learns what was chosen.", uses=())
def learned_is_chosen(n: Peer) -> Expr:
    """In some ballot."""
    how = exists(lambda b, q: chosen(b, n.learned, q), b=Ballot, q=Nodes)
    return n.learned.known.implies(how)


@lemma("A client asked for what a node wishes, and for what is proposed.")
def wishes_are_wished(n: Peer, b: Ballot, v: MaybeValue) -> Expr:
    """Values are passed on, never made."""
    return (n.phase != IDLE).implies(wished(n.wish)) & proposal(b, v).implies(wished(v))


def spec() -> Spec:
    """Read the spec."""
    return read_spec("paxos", "Paxos, for one value", [sys.modules[__name__]])
