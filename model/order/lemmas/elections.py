"""Who votes has accepted nothing beyond where the herald that it elects starts.

Belongs here: lemmas about votes, acceptances, elections and where heralds start.
Never here: what heralds do then (`lineage`).
"""

from model.lang import Expr, Node, conjunction, exists, owner, sent
from model.order.lemmas.by_name import CANDIDATES, COUNTS, TERMS, strengthening
from model.order.messages import Accepted, RequestVote, Vote
from model.order.radiant import (
    Keys,
    Nodes,
    Number,
    Position,
    Radiant,
    Term,
    config,
    elected,
    election,
    proposed,
    start,
)


@strengthening("Accepted positions never go down.", *COUNTS, "outstanding_proposal")
def acceptance_is_remembered(n: Radiant, h: Node, t: Term, v: Number) -> Expr:
    """Nobody is behind what it said it had accepted."""
    return sent(Accepted, n, h, term=t, version=v).implies(
        Position(term=t, version=v) <= n.accepted_at
    )


@strengthening("Standing takes a fresh term, and terms never go down.")
def request_is_within_term(c: Radiant, n: Node, t: Term) -> Expr:
    """Who asked for votes in a term has reached it."""
    return sent(RequestVote, c, n, term=t).implies(t <= c.term)


@strengthening("A candidate accepts nothing.", "request_is_within_term", *CANDIDATES)
def request_tells_position(c: Radiant, n: Node, t: Term, p: Position) -> Expr:
    """A candidate asked with the position that it still has."""
    return (sent(RequestVote, c, n, term=t, accepted_at=p) & c.standing & (c.term == t)).implies(
        p == c.accepted_at
    )


@strengthening("Votes answer requests, and a candidate votes for itself.", "request_is_within_term")
def vote_is_within_term(v: Node, c: Radiant, t: Term) -> Expr:
    """Nobody votes for a candidate in a term that it has not reached."""
    return sent(Vote, v, c, term=t).implies(t <= c.term)


@strengthening(
    "A voter compares positions, and accepts nothing of an older term afterwards.",
    "vote_is_within_term",
    "vote_is_remembered",
    "acceptance_is_remembered",
    "request_tells_position",
    *CANDIDATES,
)
def vote_is_for_no_less(v: Node, c: Radiant, h: Node, t: Term, u: Term, k: Number) -> Expr:
    """Whoever votes for a candidate had accepted nothing older than its term beyond it."""
    return (
        sent(Vote, v, c, term=t)
        & sent(Accepted, v, h, term=u, version=k)
        & c.standing
        & (c.term == t)
        & (u < t)
    ).implies(Position(term=u, version=k) <= c.accepted_at)


@strengthening("A term is won once.", *TERMS)
def started_was_elected(t: Term, s: Position) -> Expr:
    """Who started in a term won it, from an older record."""
    return start(t, s).implies(elected(owner(t), t) & (s.term < t))


@strengthening("A term is won once.", "candidate_owns_term")
def election_was_won(t: Term, voters: Nodes, members: Nodes) -> Expr:
    """Of every election somebody is the winner."""
    return election(t, voters, members).implies(elected(owner(t), t))


@strengthening("Winning is recorded with who voted.")
def start_follows_election(t: Term, s: Position) -> Expr:
    """Who started somewhere had been elected."""
    return start(t, s).implies(exists(lambda v, m: election(t, v, m), v=Nodes, m=Nodes))


@strengthening(
    "A candidate is elected by the members of its accepted record.",
    "accepted_was_proposed",
    "election_was_won",
    "started_was_elected",
    *TERMS,
)
def elected_by_members_of_start(t: Term, v: Nodes, m: Nodes, s: Position) -> Expr:
    """A herald was elected in the membership of the record that it started from."""
    return (election(t, v, m) & start(t, s)).implies(
        conjunction(
            (s.term == Term.zero).implies(m == config.members),
            (s.term != Term.zero).implies(exists(lambda k: proposed(s, m, k), k=Keys)),
        )
    )


@strengthening("Winning is recorded with the accepted position.", "accepted_was_proposed")
def start_was_proposed(t: Term, s: Position) -> Expr:
    """A herald started from a record that was proposed, or from the first one."""
    made: Expr = (start(t, s) & (s.term != Term.zero)).implies(
        exists(lambda m, k: proposed(s, m, k), m=Nodes, k=Keys)
    )
    return made


@strengthening(
    "A voter compares positions, and accepts nothing of an older term afterwards.",
    "vote_is_for_no_less",
    "vote_is_remembered",
    "counted_vote_was_sent",
    "S2.votes",
    "started_was_elected",
    "election_was_won",
    *TERMS,
)
def voters_accepted_no_more(
    t: Term, voters: Nodes, members: Nodes, s: Position, v: Node, h: Node, u: Term, k: Number
) -> Expr:
    """No voter of a herald ever accepted anything of an older term beyond where it started."""
    return (
        election(t, voters, members)
        & voters.has(v)
        & start(t, s)
        & sent(Accepted, v, h, term=u, version=k)
        & (u < t)
    ).implies(Position(term=u, version=k) <= s)
