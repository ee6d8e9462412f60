"""One record a position: who proposed it, who carries it, who has it.

Belongs here: lemmas about proposals, commits and the records that radiants hold.
Never here: elections (`elections`), or who descends from whom (`lineage`).
"""

from model.lang import Expr, Node, conjunction, exists, owner, sent
from model.order.lemmas.by_name import COUNTS, TERMS, strengthening
from model.order.messages import Commit, Propose, Rollback
from model.order.radiant import (
    Keys,
    Nodes,
    Number,
    Position,
    Radiant,
    Term,
    commitment,
    committed,
    config,
    elected,
    proposed,
)
from model.order.states import Role


@strengthening("Only an elected herald proposes, and only in its own term.", *TERMS)
def proposer_was_elected(p: Position, members: Nodes, keys: Keys) -> Expr:
    """Whose term it is won it."""
    return proposed(p, members, keys).implies(elected(owner(p.term), p.term))


@strengthening(
    "A herald accepts what it proposes, and nothing else while it is herald.",
    "proposer_was_elected",
    *TERMS,
    *COUNTS,
)
def own_proposals_are_known(n: Radiant, p: Position, members: Nodes, keys: Keys) -> Expr:
    """Nothing was proposed in a herald's term beyond its accepted position."""
    return ((n.role == Role.HERALD) & proposed(p, members, keys) & (p.term == n.term)).implies(
        p <= n.accepted_at
    )


@strengthening("Every proposal takes a fresh version of the herald's own term.", *TERMS, *COUNTS)
def proposed_once(p: Position, members: Nodes, keys: Keys, others: Nodes, data: Keys) -> Expr:
    """A position carries one record."""
    return (proposed(p, members, keys) & proposed(p, others, data)).implies(
        (members == others) & (keys == data)
    )


@strengthening(
    "Only a herald's accepted record is committed, and it was proposed.",
    "accepted_was_proposed",
    "outstanding_proposal",
    *TERMS,
)
def committed_was_proposed(p: Position, members: Nodes, keys: Keys) -> Expr:
    """What is committed was proposed."""
    return committed(p, members, keys).implies(proposed(p, members, keys))


@strengthening("Both are told in one step.")
def commitment_is_of_a_record(p: Position, acks: Nodes, members: Nodes) -> Expr:
    """Whatever a quorum accepted is committed, with some shard keys."""
    return commitment(p, acks, members).implies(exists(lambda k: committed(p, members, k), k=Keys))


@strengthening("Both are told in one step.")
def committed_by_a_quorum(p: Position, members: Nodes, keys: Keys) -> Expr:
    """Whatever is committed was accepted by somebody counted."""
    return committed(p, members, keys).implies(exists(lambda a: commitment(p, a, members), a=Nodes))


@strengthening(
    "Only records that an elected herald proposed are committed.",
    after=("commitment_is_of_a_record", "committed_was_proposed"),
)
def commitments_are_proposed(p: Position, acks: Nodes, members: Nodes) -> Expr:
    """What a quorum accepted was proposed."""
    return commitment(p, acks, members).implies(exists(lambda k: proposed(p, members, k), k=Keys))


@strengthening(
    "Only elected heralds propose, and nobody wins the first term.",
    after=("commitments_are_proposed", "proposer_was_elected", "elected_term_is_positive"),
)
def commitments_are_beyond_the_first(p: Position, acks: Nodes, members: Nodes) -> Expr:
    """The first record was never committed: it is given."""
    return commitment(p, acks, members).implies(Term.zero < p.term)


@strengthening(
    "Messages carry the records that heralds propose.",
    "accepted_was_proposed",
    "outstanding_proposal",
    *TERMS,
)
def proposals_travel(h: Node, n: Node, t: Term, v: Number, members: Nodes, keys: Keys) -> Expr:
    """A proposal or rollback in flight was proposed."""
    told = sent(Propose, h, n, term=t, version=v, members=members, keys=keys) | sent(
        Rollback, h, n, term=t, version=v, members=members, keys=keys
    )
    return told.implies(proposed(Position(term=t, version=v), members, keys))


@strengthening(
    "Heralds tell of what they committed, in their own term.", "own_watermark_was_committed"
)
def commits_travel(h: Node, n: Node, t: Term, v: Number, members: Nodes, keys: Keys) -> Expr:
    """A commit in flight was committed."""
    return sent(Commit, h, n, term=t, version=v, members=members, keys=keys).implies(
        committed(Position(term=t, version=v), members, keys)
    )


@strengthening(
    "Radiants accept what was proposed or committed, and begin with the configuration.",
    "proposals_travel",
    "commits_travel",
    "committed_was_proposed",
    "proposer_was_elected",
    *TERMS,
)
def accepted_was_proposed(n: Radiant) -> Expr:
    """An accepted record was proposed, or is the first one."""
    return conjunction(
        (n.accepted_at.term == Term.zero).implies(n.members == config.members),
        (n.accepted_at.term != Term.zero).implies(proposed(n.accepted_at, n.members, n.keys)),
    )


@strengthening("Radiants take their watermarks from commits.", "commits_travel")
def watermark_was_committed(n: Radiant) -> Expr:
    """A watermark was committed, unless it is the first record."""
    made: Expr = (n.watermark_at.term != Term.zero).implies(
        committed(n.watermark_at, n.watermark_members, n.watermark_keys)
    )
    return made
