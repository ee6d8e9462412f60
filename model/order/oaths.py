"""What the order promises: S1 to S13, and the smaller oaths that follow from its rules of service.

Belongs here: properties, each named and worded as the order's users know it.
Never here: strengthenings that only serve a proof (`lemmas`).
"""

from model.lang import (
    EventProxy,
    Expr,
    Message,
    Node,
    Request,
    StepEvent,
    Value,
    conjunction,
    disjunction,
    exists,
    forall,
    majority,
    owner,
    safety,
    sent,
    sometimes,
    step,
)
from model.lang.rules import Property
from model.order.lemmas.by_name import COUNTS, RECORDS, TERMS
from model.order.messages import (
    Accepted,
    AddMember,
    AddShard,
    Commit,
    CommitAck,
    DeclareError,
    Digest,
    Elected,
    ElectionTimeout,
    GetStatus,
    MoveShard,
    Probe,
    ProbeDue,
    Propose,
    RemoveMember,
    RemoveShard,
    ReportError,
    RequestVote,
    ResendDue,
    ResetRequest,
    Rollback,
    StartProbe,
    SystemResetGrant,
    SystemResetRefusal,
    SystemResetRequest,
    Vote,
)
from model.order.radiant import (
    Askings,
    Episode,
    Keys,
    Nodes,
    Number,
    Position,
    Radiant,
    Term,
    commitment,
    committed,
    config,
    descends,
    elected,
    election,
    established,
    late,
    proposed,
    start,
)
from model.order.recovery import severity_of
from model.order.states import (
    ACTIVE,
    BOOTSTRAP,
    ERROR,
    FIGURE,
    LOCKED,
    PROBE,
    RECOVER_RESET,
    RESET,
    SYSTEM_RESET,
    UNRECOVERABLE,
    OrderStateOp,
    Role,
)

HERALD_ONLY = (
    ResetRequest,
    SystemResetRequest,
    DeclareError,
    Elected,
    Propose,
    Rollback,
    Commit,
    Probe,
)


# ---------------------------------------------------------------- S1


def only_the_herald_sends(message: type[Message]) -> Property:
    """Return S1 for one herald-only message."""

    def oath(h: Node, n: Node, t: Term) -> Expr:
        """Every such message in flight for term t was sent by the herald of t."""
        return sent(message, h, n, term=t).implies(elected(h, t))

    title = f"Only the herald sends {message.__name__}"
    name = f"S1.{message.__name__}"
    if message is ResetRequest:
        title = "Only the herald requests RESET"
    return safety(name, title)(oath)


S1 = tuple(only_the_herald_sends(message) for message in HERALD_ONLY)


@safety("S1.SystemResetGrant", "A grant follows a herald's request")
def grant_follows_request(c: Node, n: Node, t: Term, k: Number) -> Expr:
    """Only a controller grants, and only an episode that a herald asked it for."""
    episode = Episode(term=t, number=k)
    return sent(SystemResetGrant, c, n, episode=episode).implies(
        config.controllers.has(c)
        & exists(
            lambda h: sent(SystemResetRequest, h, c, term=t, episode=episode) & elected(h, t),
            h=Node,
        )
    )


@safety("S1.SystemResetRefusal", "A refusal follows a herald's request")
def refusal_follows_request(c: Node, n: Node, t: Term, k: Number) -> Expr:
    """Only a controller refuses, and only an episode that a herald asked it for."""
    episode = Episode(term=t, number=k)
    return sent(SystemResetRefusal, c, n, episode=episode).implies(
        config.controllers.has(c)
        & exists(
            lambda h: sent(SystemResetRequest, h, c, term=t, episode=episode) & elected(h, t),
            h=Node,
        )
    )


# ---------------------------------------------------------------- S2


@safety("S2", "One herald per term")
def one_herald_per_term(a: Node, b: Node, t: Term) -> Expr:
    """Two radiants that won one term are one radiant."""
    return (elected(a, t) & elected(b, t)).implies(a == b)


@safety("S2.majority", "A herald was elected by a majority")
def elected_by_majority(t: Term, voters: Nodes, members: Nodes) -> Expr:
    """Who voted in an election is a majority of the winner's accepted membership."""
    return election(t, voters, members).implies(majority(voters, members))


@safety("S2.votes", "Who is counted has voted")
def counted_votes_were_cast(t: Term, voters: Nodes, members: Nodes, v: Node) -> Expr:
    """Every voter of an election sent its vote to a radiant that won the term."""
    return (election(t, voters, members) & voters.has(v)).implies(
        exists(lambda h: elected(h, t) & sent(Vote, v, h, term=t), h=Node)
    )


# ---------------------------------------------------------------- S3, S4


@step("S3", "The figure")
def the_figure(before: Radiant, after: Radiant, event: StepEvent) -> Expr:
    """Every change of a radiant's order state, crash apart, is one of the ten edges."""
    edges = [before.state.is_(a) & after.state.is_(b) for a, b in FIGURE.edges]
    made = before.state == after.state
    for edge in edges:
        made = made | edge
    return made


def belongs_to(op: Value, m: EventProxy) -> Expr:
    """The event is part of operation `op`."""
    if m.is_a(ElectionTimeout, RequestVote, Vote, Elected):
        return op == OrderStateOp.VOTING
    if m.is_a(Digest):
        return op == OrderStateOp.PROBE
    if m.is_a(Propose, Commit):
        return op == m.op
    if m.is_a(Rollback):
        return op == OrderStateOp.MEMBERSHIP_SET
    if m.is_a(Accepted):
        return op.is_(
            OrderStateOp.MEMBERSHIP_SET,
            OrderStateOp.MEMBERSHIP_UPDATE,
            OrderStateOp.REPLICATING,
        )
    return disjunction()


@step("S4", "Lock exclusion")
def lock_exclusion(before: Radiant, after: Radiant, event: StepEvent) -> Expr:
    """A locked radiant changes state or record only through its own operation, or into an error."""
    unchanged = (
        (before.state == after.state)
        & (before.accepted_at == after.accepted_at)
        & (before.members == after.members)
        & (before.keys == after.keys)
        & (before.watermark_at == after.watermark_at)
    )
    return before.state.is_(LOCKED).implies(
        unchanged | after.state.is_(ERROR) | belongs_to(LOCKED.of(before.state), event)
    )


# ---------------------------------------------------------------- S5 to S7


@safety(
    "S5.start",
    "No herald starts below a commit",
    uses=(),
    after=("herald_starts_from_commitment", "committed_by_a_quorum"),
)
def herald_starts_from_commit(
    t: Term, s: Position, p: Position, members: Nodes, keys: Keys
) -> Expr:
    """If P was committed, every herald elected later starts from P or beyond."""
    return (committed(p, members, keys) & start(t, s) & (p.term < t)).implies(p <= s)


@safety(
    "S5",
    "Nothing watermarked is lost",
    uses=(
        "later_terms_descend",
        "descent_is_reflexive",
        "herald_begins_where_elected",
        "own_commits_are_known",
        "committed_by_a_quorum",
        "outstanding_proposal",
        *TERMS,
        *COUNTS,
        *RECORDS,
    ),
    after=("S5.start", "S12.late"),
)
def nothing_watermarked_is_lost(
    p: Position, members: Nodes, keys: Keys, q: Position, others: Nodes, data: Keys
) -> Expr:
    """Every record proposed at or after a committed position descends from it."""
    return (committed(p, members, keys) & proposed(q, others, data) & (p <= q)).implies(
        descends(q, p)
    )


@safety(
    "S6",
    "Watermark agreement",
    uses=("commits_travel", "elected_term_is_positive", *TERMS, *RECORDS),
    after=("watermark_was_committed", "committed_was_proposed", "proposed_once"),
)
def watermark_agreement(a: Radiant, b: Radiant) -> Expr:
    """Two radiants with the same watermark position hold the same record."""
    return (a.watermark_at == b.watermark_at).implies(
        (a.watermark_members == b.watermark_members) & (a.watermark_keys == b.watermark_keys)
    )


@safety("S7", "Rollback goes only to a watermark")
def rollback_to_watermark(
    h: Node, n: Node, t: Term, v: Number, p: Position, members: Nodes, keys: Keys
) -> Expr:
    """Its record was committed at the position it goes back to, in the herald's own term."""
    return sent(Rollback, h, n, term=t, version=v, to=p, members=members, keys=keys).implies(
        committed(p, members, keys) & (p.term == t)
    )


# ---------------------------------------------------------------- S8, S9


@step("S8", "UNRECOVERABLE is absorbing", environment=True)
def unrecoverable_is_absorbing(before: Radiant, after: Radiant, event: StepEvent) -> Expr:
    """No rule leaves it; after a restart the only way out of BOOTSTRAP is back."""
    stays = (before.severity == 3).implies(
        (after.severity == 3) & after.state.is_(BOOTSTRAP, UNRECOVERABLE)
    )
    if event.is_environment:
        return stays
    return stays & before.state.is_(UNRECOVERABLE).implies(after.state.is_(UNRECOVERABLE))


@safety("S8.durable", "UNRECOVERABLE survives a crash")
def unrecoverable_is_durable(n: Radiant) -> Expr:
    """Whoever is in it has it on disk."""
    return n.state.is_(UNRECOVERABLE).implies(n.severity == 3)


@step("S8.silent", "UNRECOVERABLE refuses the rest")
def unrecoverable_is_silent(before: Radiant, after: Radiant, event: StepEvent) -> Expr:
    """An unrecoverable radiant answers status and nothing else: it acts on no other event."""
    if not event.is_rule or event.is_a(GetStatus):
        return conjunction()
    return ~before.state.is_(UNRECOVERABLE)


@step("S9.last", "UNRECOVERABLE is the last rung")
def unrecoverable_is_last(before: Radiant, after: Radiant, event: StepEvent) -> Expr:
    """It is entered only by a declaration, a refusal of this episode, or after the last asking."""
    enters = (before.severity != 3) & (after.severity == 3)
    if event.is_a(DeclareError):
        return conjunction()
    if event.is_a(SystemResetRefusal):
        return enters.implies(
            (before.state == SYSTEM_RESET)
            & (event.episode == before.episode)
            & config.controllers.has(event.sender)
        )
    if event.is_a(ResendDue):
        return enters.implies((before.state == SYSTEM_RESET) & (before.asks == Askings.top))
    return ~enters


@step("S9", "Escalation climbs one ladder")
def one_ladder(before: Radiant, after: Radiant, event: StepEvent) -> Expr:
    """Out of an error only by the permission it demands for this episode, or to one as severe."""
    asked = exists(
        lambda h: exists(
            lambda t: sent(ResetRequest, h, before, term=t, episode=before.episode) & elected(h, t),
            t=Term,
        ),
        h=Node,
    )
    granted = exists(
        lambda c: (
            sent(SystemResetGrant, c, before, episode=before.episode) & config.controllers.has(c)
        ),
        c=Node,
    )
    worse = severity_of(ERROR.of(before.state)) <= severity_of(ERROR.of(after.state))
    return (
        (before.state.is_(RECOVER_RESET) & after.state.is_(RESET)).implies(asked)
        & (before.state.is_(SYSTEM_RESET) & after.state.is_(RESET)).implies(granted)
        & before.state.is_(ERROR).implies(after.state.is_(RESET, ERROR))
        & (before.state.is_(ERROR) & after.state.is_(ERROR)).implies(worse)
    )


@safety("S9.ruling", "A ruling stands")
def ruling_stands(c: Node, a: Node, b: Node, t: Term, k: Number) -> Expr:
    """No controller both grants and refuses one episode."""
    episode = Episode(term=t, number=k)
    return ~(
        sent(SystemResetGrant, c, a, episode=episode)
        & sent(SystemResetRefusal, c, b, episode=episode)
    )


# ---------------------------------------------------------------- S10 to S13


@safety("S10", "One vote per term")
def one_vote_per_term(v: Node, a: Node, b: Node, t: Term) -> Expr:
    """A radiant votes for one candidate a term, also across a crash and restart."""
    return (sent(Vote, v, a, term=t) & sent(Vote, v, b, term=t)).implies(a == b)


@safety("S10.owner", "A vote is for the owner of its term")
def votes_are_for_owners(v: Node, c: Node, t: Term) -> Expr:
    """Nobody is voted for in a term that another owns, whoever asks."""
    return sent(Vote, v, c, term=t).implies(owner(t) == c)


@safety("S11", "ACTIVE is complete")
def active_is_complete(n: Radiant) -> Expr:
    """An active radiant knows an elected herald, is in its own member list and has a watermark."""
    return n.state.is_(ACTIVE).implies(
        n.joined
        & n.members.has(n)
        & n.role.is_(Role.RADIANT, Role.HERALD)
        & exists(lambda h: (n.herald == h) & elected(h, n.term), h=Node)
    )


@safety("S12", "A herald is in its own term")
def herald_in_its_term(n: Radiant) -> Expr:
    """A radiant acting as herald won the term it is in."""
    return (n.role == Role.HERALD).implies(elected(n, n.term))


@safety(
    "S12.late",
    "A deposed herald commits nothing new",
    uses=(),
    after=("S5.start", "late_is_passed_over"),
)
def late_proposals_are_not_committed(p: Position, members: Nodes, keys: Keys) -> Expr:
    """A proposal made after a later herald was elected is never committed."""
    return committed(p, members, keys).implies(~late(p))


@safety(
    "S13",
    "Membership changes keep quorums crossing",
    uses=(),
    after=(
        "herald_starts_from_commitment",
        "start_follows_election",
        "S2.majority",
        "S5.quorum",
        "near_majorities_cross",
        "next_commit_crosses",
        "elected_by_members_of_start",
        "commitments_are_proposed",
        "commitments_are_beyond_the_first",
        "proposed_once",
    ),
)
def quorums_cross(
    t: Term,
    voters: Nodes,
    electorate: Nodes,
    s: Position,
    p: Position,
    acks: Nodes,
    members: Nodes,
) -> Expr:
    """Who elected a herald and who accepted an earlier commit have a radiant in common.

    That matters for the last commit before the election: where the herald starts from a record
    that was committed after P, the quorums of P and of the election need not cross.
    """
    shared = exists(lambda n: voters.has(n) & acks.has(n), n=Node)
    superseded = exists(
        lambda q, a, m: commitment(q, a, m) & (p < q) & (q <= s), q=Position, a=Nodes, m=Nodes
    )
    return (
        election(t, voters, electorate) & commitment(p, acks, members) & start(t, s) & (p.term < t)
    ).implies(shared | superseded)


@safety("S13.member", "A herald is a member")
def herald_is_member(n: Radiant) -> Expr:
    """A herald is in its own accepted membership, and has a watermark."""
    return (n.role == Role.HERALD).implies(n.joined & n.members.has(n))


@step("S13.adjacent", "One member at a time")
def one_member_at_a_time(before: Radiant, after: Radiant, event: StepEvent) -> Expr:
    """A membership update adds or removes one radiant, never the herald itself."""
    made = conjunction()
    for out in event.sends(Propose):
        changed = exists(
            lambda c, out=out: (
                (before != c)
                & forall(lambda x: (x == c) | (out.members.has(x) == before.members.has(x)), x=Node)
            ),
            c=Node,
        )
        same = forall(lambda x, out=out: out.members.has(x) == before.members.has(x), x=Node)
        update = out.op == OrderStateOp.MEMBERSHIP_UPDATE
        made = made & update.implies(changed | same) & (~update).implies(same)
    return made


@step("S13.idle", "A herald serves only when idle and established")
def serves_when_established(before: Radiant, after: Radiant, event: StepEvent) -> Expr:
    """What is asked of an order starts only at an idle herald with a commit in its own term.

    Nor does it start while the herald knows of a worse error that it has not declared.
    """
    starts = event.sends(Propose) and event.is_kind(Request)
    if not starts and not event.is_a(StartProbe, ProbeDue):
        return conjunction()
    locks = ~before.state.is_(LOCKED) & after.state.is_(LOCKED)
    return locks.implies(
        (before.role == Role.HERALD)
        & (before.state == ACTIVE)
        & established(before)
        & (before.accepted_at == before.watermark_at)
        & (before.worst == 0)
    )


# ---------------------------------------------------------------- service


@step("service", "A request that would change nothing is refused")
def requests_change_something(before: Radiant, after: Radiant, event: StepEvent) -> Expr:
    """Keys and members are added where they are missing, and removed or moved where they are."""
    if not event.sends(Propose) or not event.is_kind(Request):
        return conjunction()
    if event.is_a(AddShard):
        return ~before.keys.has(event.key)
    if event.is_a(RemoveShard):
        return conjunction(before.keys.has(event.key))
    if event.is_a(MoveShard):
        return before.keys.has(event.key) & ~before.keys.has(event.to)
    if event.is_a(AddMember):
        return ~before.members.has(event.node) & ~config.controllers.has(event.node)
    if event.is_a(RemoveMember):
        return conjunction(before.members.has(event.node))
    return conjunction()


@step("stale", "Nothing of a stale term is acted on")
def stale_terms_are_refused(before: Radiant, after: Radiant, event: StepEvent) -> Expr:
    """A rule acts on a message of its own or a newer term; on an answer, only of its own."""
    if not event.is_rule or not event.is_kind(Message) or not event.has("term"):
        return conjunction()
    if event.is_a(SystemResetRequest):
        return conjunction()  # a controller has no term
    if event.is_a(Vote, Accepted, CommitAck, Digest, ReportError):
        return conjunction(event.term == before.term)
    return before.term <= event.term


# ---------------------------------------------------------------- counting


@safety("S5.quorum", "A commit was accepted by a quorum")
def commit_has_quorum(p: Position, acks: Nodes, members: Nodes) -> Expr:
    """Who accepted a commit is a majority of the record's own membership."""
    return commitment(p, acks, members).implies(majority(acks, members))


@safety("S5.acks", "Who is counted has accepted")
def counted_acceptances_were_sent(p: Position, acks: Nodes, members: Nodes, v: Node) -> Expr:
    """Every radiant counted for a commit sent its acceptance of just that position."""
    return (commitment(p, acks, members) & acks.has(v)).implies(
        exists(lambda h: sent(Accepted, v, h, term=p.term, version=p.version), h=Node)
    )


@safety("confirmed", "Who is counted as having a commit has said so")
def confirmations_were_sent(n: Radiant, v: Node) -> Expr:
    """An established herald's list of confirmations comes from the messages that carry them."""
    return ((n.role == Role.HERALD) & established(n) & n.confirmed.has(v) & (v != n)).implies(
        sent(CommitAck, v, n, term=n.watermark_at.term, version=n.watermark_at.version)
    )


@safety("probe.answers", "Who is counted in a probe has answered it")
def probe_answers_were_sent(n: Radiant, v: Node) -> Expr:
    """A herald counts only clean answers to its last probe."""
    return ((n.role == Role.HERALD) & n.answered.has(v)).implies(
        sent(Digest, v, n, term=n.term, number=n.probe, severity=0)
    )


@step("probe.verdict", "A probe's verdict is about that probe")
def probe_verdict(before: Radiant, after: Radiant, event: StepEvent) -> Expr:
    """Its digests answer the probe in progress; clean means every member answered alike."""
    if not event.is_rule or not event.is_a(Digest):
        return conjunction()
    asked = (before.state == PROBE) & (event.number == before.probe)
    alike = (
        (event.watermark_at == before.watermark_at)
        & (event.members == before.members)
        & (event.keys == before.keys)
        & ((event.state == ACTIVE) | (event.sender == before))
    )
    clean = (after.state == ACTIVE).implies(before.members.subset(after.answered))
    return conjunction(asked, clean, (~after.state.is_(ERROR)).implies(alike))


# ---------------------------------------------------------------- what must be possible


@sometimes("active", "An order becomes active under an established herald")
def becomes_active(n: Radiant) -> Expr:
    """A herald is idle after a commit in its own term."""
    return (n.role == Role.HERALD) & (n.state == ACTIVE) & established(n)


@sometimes("rolled-back", "A rollback is committed")
def rollback_committed(h: Node, n: Node, t: Term, v: Number, members: Nodes, keys: Keys) -> Expr:
    """A rollback was proposed and its position committed."""
    return sent(Rollback, h, n, term=t, version=v) & committed(
        Position(term=t, version=v), members, keys
    )
