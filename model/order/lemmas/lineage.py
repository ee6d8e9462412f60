"""What a herald knows of its own term, and which records descend from which.

Belongs here: lemmas behind S5 and S12.late. Never here: who is a member (`memberships`).
"""

from model.lang import Expr, Node, exists, owner
from model.order.lemmas.by_name import COUNTS, RECORDS, TERMS, strengthening
from model.order.radiant import (
    Keys,
    Nodes,
    Position,
    Radiant,
    Term,
    changed,
    commitment,
    descends,
    elected,
    established,
    late,
    near,
    proposed,
    start,
)
from model.order.states import Role


@strengthening(
    "A herald makes its own commits.",
    "commitment_is_of_a_record",
    "committed_was_proposed",
    "proposer_was_elected",
    *TERMS,
    *COUNTS,
    "outstanding_proposal",
)
def own_commits_are_known(n: Radiant, p: Position, acks: Nodes, members: Nodes) -> Expr:
    """Nothing was committed in a herald's term beyond its watermark."""
    return ((n.role == Role.HERALD) & commitment(p, acks, members) & (p.term == n.term)).implies(
        established(n) & (p <= n.watermark_at)
    )


@strengthening("A new herald has what it was elected with, until it proposes.")
def herald_begins_where_elected(n: Radiant) -> Expr:
    """A herald that has not proposed yet is where it started."""
    return ((n.role == Role.HERALD) & (n.accepted_at.term != n.term)).implies(
        start(n.term, n.accepted_at)
    )


@strengthening(
    "A membership changes only at an idle herald, whose next proposal is beyond it.",
    "changed_was_committed",
    *TERMS,
    *COUNTS,
    "idle_herald_is_committed",
)
def changed_once(n: Radiant, p: Position, members: Nodes) -> Expr:
    """A herald that changed a membership has proposed beyond it."""
    return ((n.role == Role.HERALD) & changed(p, members) & (p.term == n.term)).implies(
        p < n.accepted_at
    )


@strengthening(
    "Only an established herald changes a membership, the one it committed last.",
    "committed_by_a_quorum",
    *TERMS,
    *RECORDS,
)
def changed_was_committed(p: Position, members: Nodes) -> Expr:
    """What a change was proposed to follow was committed, by an elected herald."""
    return changed(p, members).implies(
        elected(owner(p.term), p.term)
        & exists(lambda a, m: commitment(p, a, m) & near(m, members), a=Nodes, m=Nodes)
    )


# ---------------------------------------------------------------- descent


@strengthening("A record descends from what was proposed before it.", *COUNTS)
def descent_goes_up(q: Position, p: Position) -> Expr:
    """No record descends from a later one."""
    return descends(q, p).implies(p <= q)


@strengthening("Every proposal descends from itself.")
def descent_is_reflexive(p: Position, members: Nodes, keys: Keys) -> Expr:
    """Every record descends from itself."""
    return proposed(p, members, keys).implies(descends(p, p))


@strengthening(
    "Descent is recorded at proposing, from the parent's.",
    "accepted_was_proposed",
    *TERMS,
    *RECORDS,
)
def descent_is_proposed(q: Position, p: Position) -> Expr:
    """Only proposed records have ancestors, and they were proposed."""
    return descends(q, p).implies(
        exists(lambda m, k: proposed(q, m, k), m=Nodes, k=Keys)
        & exists(lambda m, k: proposed(p, m, k), m=Nodes, k=Keys)
    )


def passed_over(p: Position) -> Expr:
    """Some later herald started below P."""
    return exists(lambda t, s: start(t, s) & (p.term < t) & (s < p), t=Term, s=Position)


@strengthening(
    "Heralds start from proposed records, and whoever proposed them was elected before.",
    "started_was_elected",
    "accepted_was_proposed",
    "proposer_was_elected",
    *TERMS,
)
def first_of_the_later(h: Node, t: Term, u: Term) -> Expr:
    """Of the heralds later than a term U, one started from a record no later than U."""
    return (elected(h, t) & (u < t)).implies(
        exists(lambda x, s: start(x, s) & (u < x) & (s.term <= u), x=Term, s=Position)
    )


@strengthening(
    "Nothing was proposed in a candidate's term.",
    "start_was_proposed",
    "proposer_was_elected",
    "accepted_was_proposed",
    "elected_within_term",
    *TERMS,
)
def nobody_starts_in_candidates_term(n: Radiant, t: Term, s: Position) -> Expr:
    """No herald started from a record of a term that somebody still stands in."""
    return (n.standing & start(t, s)).implies(s.term != n.term)


@strengthening(
    "The first later herald started from what was proposed when this one was elected, or before.",
    "first_of_the_later",
    "accepted_was_proposed",
    "proposer_was_elected",
    "nobody_starts_in_candidates_term",
    *COUNTS,
    *TERMS,
)
def overtaken(n: Radiant, h: Node, t: Term) -> Expr:
    """Of the heralds later than a herald, one started no later than where that one is now."""
    return ((n.role == Role.HERALD) & elected(h, t) & (n.term < t)).implies(
        exists(
            lambda x, s: start(x, s) & (n.term < x) & ((s.term < n.term) | (s <= n.accepted_at)),
            x=Term,
            s=Position,
        )
    )


@strengthening(
    "What a herald proposes is beyond where it is.",
    "overtaken",
    "own_versions_are_counted",
    "watermark_below_accepted",
)
def late_is_passed_over(p: Position) -> Expr:
    """A proposal made after a later election is above where some later herald started."""
    return late(p).implies(passed_over(p))


@strengthening(
    "A herald's first proposal descends from where it started, the next from the last.",
    "herald_begins_where_elected",
    "descent_is_reflexive",
    *TERMS,
    *COUNTS,
    *RECORDS,
    after=("late_is_passed_over",),
)
def later_terms_descend(p: Position, m: Nodes, k: Keys, q: Position, o: Nodes, d: Keys) -> Expr:
    """A later term's record descends from P, or P was passed over or given up."""
    return (proposed(p, m, k) & proposed(q, o, d) & (p.term < q.term)).implies(
        descends(q, p)
        | passed_over(p)
        | exists(
            lambda r, a, b: proposed(r, a, b) & (r.term == p.term) & (p < r),
            r=Position,
            a=Nodes,
            b=Keys,
        )
    )
