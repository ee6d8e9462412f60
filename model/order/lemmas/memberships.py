"""Memberships change one radiant at a time, from one committed record to the next.

So the majorities of a record and of the next commit cross; and where they do, the radiant that they
share lets no herald start below the commit. This carries S5.start and S13.

Belongs here: lemmas about members and quorums. Never here: lemmas that hold
whoever the members are.
"""

from model.lang import Expr, Node, Value, disjunction, exists, majority
from model.order.lemmas.by_name import COUNTS, RECORDS, TERMS, strengthening
from model.order.radiant import (
    Keys,
    Nodes,
    Position,
    Radiant,
    Term,
    changed,
    commitment,
    config,
    descends,
    election,
    established,
    near,
    proposed,
    start,
)
from model.order.states import Role


@strengthening("Both directions are recorded.")
def near_is_symmetric(m: Nodes, o: Nodes) -> Expr:
    """Of two near memberships each is near the other."""
    return near(m, o).implies(near(o, m))


@strengthening("Only one radiant is added or removed at a time.", "near_is_symmetric")
def near_majorities_cross(m: Nodes, o: Nodes, a: Nodes, b: Nodes) -> Expr:
    """Majorities of two memberships of which one was proposed on the other share a radiant."""
    return (near(m, o) & majority(a, m) & majority(b, o)).implies(
        exists(lambda n: a.has(n) & b.has(n), n=Node)
    )


def crossing(m: Value, o: Value) -> Expr:
    """The memberships are equal or one change apart, so that their majorities cross."""
    return disjunction(m == o, near(m, o))


@strengthening(
    "Memberships change only from a committed record to the next.",
    "committed_by_a_quorum",
    "descent_goes_up",
    "descent_is_proposed",
    *TERMS,
    *COUNTS,
    *RECORDS,
)
def memberships_follow(q: Position, o: Nodes, d: Keys, p: Position, m: Nodes, k: Keys) -> Expr:
    """A record has its ancestor's members, or the one change to them, or a commit lies between."""

    def follows(x: Value) -> Expr:
        return disjunction(x == m, changed(p, x))

    return (proposed(q, o, d) & proposed(p, m, k) & descends(q, p) & (p < q)).implies(
        follows(o)
        | exists(
            lambda c, a, x: commitment(c, a, x) & (p < c) & (c < q) & follows(x),
            c=Position,
            a=Nodes,
            x=Nodes,
        )
    )


@strengthening(
    "The first members change only when they have committed a record.",
    "committed_by_a_quorum",
    *TERMS,
    *RECORDS,
    *COUNTS,
)
def memberships_follow_the_first(q: Position, o: Nodes, d: Keys) -> Expr:
    """A record has the first members, or they committed one below it."""
    return proposed(q, o, d).implies(
        (o == config.members)
        | exists(lambda c, a: commitment(c, a, config.members) & (c < q), c=Position, a=Nodes)
    )


@strengthening(
    "Between a record and the next commit a membership changes at most once.",
    "herald_crosses_what_was_before",
    "herald_crosses_what_came_later",
    "idle_herald_keeps_members",
    "changed_was_committed",
    "commitments_are_proposed",
    "committed_by_a_quorum",
    "own_commits_are_known",
    "near_is_symmetric",
    *TERMS,
    *COUNTS,
    *RECORDS,
)
def next_commit_crosses(p: Position, m: Nodes, k: Keys, q: Position, o: Nodes, d: Keys) -> Expr:
    """A record's majorities cross those of a later one, or of a commit between."""
    return (proposed(p, m, k) & proposed(q, o, d) & (p < q)).implies(
        crossing(m, o)
        | exists(
            lambda c, a, x: commitment(c, a, x) & (p < c) & (c < q) & crossing(m, x),
            c=Position,
            a=Nodes,
            x=Nodes,
        )
    )


@strengthening(
    "The quorums share a radiant, which accepted no more than where the herald started.",
    after=(
        "voters_accepted_no_more",
        "S2.majority",
        "S5.acks",
        "S5.quorum",
        "near_majorities_cross",
    ),
)
def crossing_quorums_tell(
    t: Term, voters: Nodes, m: Nodes, s: Position, p: Position, acks: Nodes, o: Nodes
) -> Expr:
    """Where the memberships cross, the herald started from the older term's commit or beyond."""
    return (
        election(t, voters, m)
        & start(t, s)
        & commitment(p, acks, o)
        & (p.term < t)
        & crossing(m, o)
    ).implies(p <= s)


@strengthening(
    "The next commit after where it starts has a quorum that crosses its own.",
    after=("crossing_quorums_tell", "next_commit_crosses"),
)
def later_herald_starts_beyond(
    t: Term,
    voters: Nodes,
    m: Nodes,
    s: Position,
    d: Keys,
    p: Position,
    acks: Nodes,
    o: Nodes,
    k: Keys,
) -> Expr:
    """A herald that starts from a proposed record starts from older terms' commits or beyond."""
    return (
        election(t, voters, m)
        & start(t, s)
        & proposed(s, m, d)
        & commitment(p, acks, o)
        & proposed(p, o, k)
        & (p.term < t)
    ).implies(p <= s)


@strengthening(
    "The first commit of all has a quorum that crosses its own.",
    after=(
        "crossing_quorums_tell",
        "memberships_follow_the_first",
        "commitments_are_beyond_the_first",
    ),
)
def first_herald_starts_first(
    t: Term, voters: Nodes, s: Position, p: Position, acks: Nodes, o: Nodes, k: Keys
) -> Expr:
    """Where a herald starts from the first record, no older term has committed anything."""
    made: Expr = (
        election(t, voters, config.members)
        & start(t, s)
        & (s.term == Term.zero)
        & commitment(p, acks, o)
        & proposed(p, o, k)
    ).implies(t <= p.term)
    return made


@strengthening(
    "It starts from the first record or from a proposed one.",
    after=(
        "later_herald_starts_beyond",
        "first_herald_starts_first",
        "start_follows_election",
        "commitments_are_proposed",
        "elected_by_members_of_start",
    ),
)
def herald_starts_from_commitment(
    t: Term, s: Position, p: Position, acks: Nodes, members: Nodes
) -> Expr:
    """A herald starts from an older term's commit or beyond."""
    return (start(t, s) & commitment(p, acks, members) & (p.term < t)).implies(p <= s)


HERALDS = (
    "next_commit_crosses",
    "herald_starts_from_commitment",
    "commitments_are_beyond_the_first",
    "memberships_follow_the_first",
    "accepted_was_proposed",
    "own_commits_are_known",
    "watermark_below_accepted",
    "herald_begins_where_elected",
    "elected_term_is_positive",
    "S12",
)


@strengthening(
    "Nothing of an older term is committed beyond where the herald started.",
    after=(*HERALDS, "near_is_symmetric", "own_proposals_are_known", "proposed_once"),
)
def herald_crosses_what_was_before(n: Radiant, p: Position, m: Nodes, k: Keys) -> Expr:
    """A record up to a herald's term crosses the herald's own, or a commit between the two."""
    return ((n.role == Role.HERALD) & proposed(p, m, k) & (p.term <= n.term)).implies(
        crossing(m, n.members)
        | exists(
            lambda c, a, x: commitment(c, a, x) & (p < c) & (c <= n.accepted_at) & crossing(m, x),
            c=Position,
            a=Nodes,
            x=Nodes,
        )
    )


@strengthening("A herald makes its own commits.", after=HERALDS)
def herald_crosses_what_came_later(n: Radiant, q: Position, m: Nodes, k: Keys) -> Expr:
    """A herald's own record crosses one of a later term, or a later term's commit before that."""
    return ((n.role == Role.HERALD) & proposed(q, m, k) & (n.term < q.term)).implies(
        crossing(n.members, m)
        | exists(
            lambda c, a, x: (
                commitment(c, a, x) & (n.term < c.term) & (c < q) & crossing(n.members, x)
            ),
            c=Position,
            a=Nodes,
            x=Nodes,
        )
    )


@strengthening(
    "Until a herald changes the membership it committed last, nobody else does.",
    after=(
        "memberships_follow",
        "S5",
        "changed_once",
        "own_commits_are_known",
        "own_watermark_was_committed",
        "committed_was_proposed",
        "accepted_was_proposed",
        "proposed_once",
        "S12",
        "elected_term_is_positive",
    ),
)
def idle_herald_keeps_members(n: Radiant, q: Position, m: Nodes, k: Keys) -> Expr:
    """Records of later terms have an idle herald's members, or a later term committed those."""
    return (
        (n.role == Role.HERALD)
        & established(n)
        & (n.accepted_at == n.watermark_at)
        & proposed(q, m, k)
        & (n.term < q.term)
    ).implies(
        (m == n.members)
        | exists(
            lambda c, a, x: commitment(c, a, x) & (n.term < c.term) & (c < q) & (x == n.members),
            c=Position,
            a=Nodes,
            x=Nodes,
        )
    )
