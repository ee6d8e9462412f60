"""What is true of single radiants, and of the messages that they sent.

Belongs here: lemmas about variables and messages. Never here: where records come from (`records`).
"""

from model.lang import Expr, Node, exists, lemma, owner, sent
from model.order.messages import (
    Accepted,
    Digest,
    SystemResetGrant,
    SystemResetRefusal,
    SystemResetRequest,
    Vote,
)
from model.order.radiant import (
    Episode,
    Number,
    Radiant,
    Term,
    committed,
    config,
    elected,
)
from model.order.recovery import severity_of
from model.order.states import (
    ACTIVE,
    BOOTSTRAP,
    ERROR,
    PROBE,
    PROPOSING,
    VOTING,
    Role,
    Severity,
)


@lemma("Only the owner of a term stands in it.")
def candidate_owns_term(n: Radiant) -> Expr:
    """Who stands owns its term."""
    return n.standing.implies(owner(n.term) == n)


@lemma("Winning needs standing, and only the owner stands.")
def elected_owns_term(n: Node, t: Term) -> Expr:
    """Who won a term owns it."""
    return elected(n, t).implies(owner(t) == n)


@lemma("A radiant records its vote on disk before it sends it, and terms never go down.")
def vote_is_remembered(v: Radiant, c: Node, t: Term) -> Expr:
    """A cast vote is remembered, or its term is over."""
    return sent(Vote, v, c, term=t).implies((t < v.term) | ((t == v.term) & (v.vote == c)))


@lemma("A vote is counted only from the message that carries it.")
def counted_vote_was_sent(n: Radiant, v: Node) -> Expr:
    """A candidate counts votes that were sent to it."""
    return (n.standing & n.votes.has(v)).implies(sent(Vote, v, n, term=n.term))


@lemma("The role never changes for a controller, and nobody else takes it.")
def controllers_by_configuration(n: Radiant) -> Expr:
    """The controller's role is the configuration's."""
    return (n.role == Role.CONTROLLER) == config.controllers.has(n)


@lemma("No rule moves a controller out of BOOTSTRAP.")
def controllers_stay_out(n: Radiant) -> Expr:
    """A controller takes no part in the order."""
    return config.controllers.has(n).implies(n.state.is_(BOOTSTRAP) & ~n.standing)


@lemma(
    "Every rule that sets an error state sets its severity, and every one that leaves it clears it."
)
def severity_of_state(n: Radiant) -> Expr:
    """The durable severity is the error state's, and none outside an error (BOOTSTRAP apart)."""
    return n.state.is_(ERROR).implies(n.severity == severity_of(ERROR.of(n.state))) & (
        ~n.state.is_(ERROR, BOOTSTRAP)
    ).implies(n.severity == 0)


@lemma("Winning sets it, and whatever unsets it ends the role.")
def herald_knows_itself(n: Radiant) -> Expr:
    """A herald takes itself for the herald, and stands no more."""
    return (n.role == Role.HERALD).implies((n.herald == n) & ~n.standing)


@lemma(
    "Only full members take part in the voting lock, and only members of a proposal lock for it."
)
def locked_is_member(n: Radiant) -> Expr:
    """Who is locked is in its own accepted membership; who votes or probes has a watermark too."""
    return n.state.is_(VOTING, PROBE, *PROPOSING).implies(n.members.has(n)) & n.state.is_(
        VOTING, PROBE
    ).implies(n.joined)


@lemma("Only the herald starts a probe, and it keeps its role while locked for it.")
def prober_is_herald(n: Radiant) -> Expr:
    """PROBE locks the herald only: no proof needs this, the fine figure does."""
    return n.state.is_(PROBE).implies(n.role == Role.HERALD)


@lemma("A candidate stands as a full member, and accepts nothing in a term of its own.")
def candidate_is_member(n: Radiant) -> Expr:
    """Who stands is a full member."""
    return n.standing.implies(n.joined & n.members.has(n))


@lemma(
    "Standing ends the radiant's lock for a proposal,"
    " and accepting one in one's own term is impossible."
)
def candidate_states(n: Radiant) -> Expr:
    """A candidate is no herald."""
    return n.standing.implies(n.role == Role.RADIANT)


@lemma("Standing takes a term above all before it, and the first term has no herald.")
def elected_term_is_positive(n: Node, t: Term) -> Expr:
    """Nobody won the first term."""
    return elected(n, t).implies(Term.zero < t)


@lemma("Winning needs to be in the term, and terms never go down.")
def elected_within_term(n: Radiant, t: Term) -> Expr:
    """Who won a term has reached it."""
    return elected(n, t).implies(t <= n.term)


@lemma("Standing takes a fresh term, and winning ends the candidacy.")
def candidate_is_not_elected(n: Radiant) -> Expr:
    """Who stands has not won its term yet, and accepted nothing in it."""
    return n.standing.implies(~elected(n, n.term) & (n.accepted_at.term < n.term))


@lemma("A proposing herald accepted its own last proposal, and accepts no other in its term.")
def outstanding_proposal(n: Radiant) -> Expr:
    """A locked herald's accepted record is its last proposal."""
    return ((n.role == Role.HERALD) & n.state.is_(*PROPOSING)).implies(
        (n.accepted_at.term == n.term) & (n.accepted_at.version == n.version)
    )


@lemma("A herald's own proposals carry its count, and nobody else proposes in its term.")
def own_versions_are_counted(n: Radiant) -> Expr:
    """A herald accepted nothing of its own term beyond its count of proposals."""
    return ((n.role == Role.HERALD) & (n.accepted_at.term == n.term)).implies(
        n.accepted_at.version <= n.version
    )


@lemma("A herald's watermark in its own term is one it committed itself.")
def own_watermark_was_committed(n: Radiant) -> Expr:
    """An established herald's watermark was committed, with itself as a member."""
    return ((n.role == Role.HERALD) & (n.watermark_at.term == n.term)).implies(
        committed(n.watermark_at, n.watermark_members, n.watermark_keys)
        & n.watermark_members.has(n)
    )


@lemma("Watermarks are taken from accepted records or from commits that become accepted too.")
def watermark_below_accepted(n: Radiant) -> Expr:
    """The watermark is never beyond the accepted record, which is never beyond the term."""
    return (n.watermark_at <= n.accepted_at) & (n.accepted_at.term <= n.term)


@lemma("Idle after a commit in its own term, a herald has nothing outstanding.")
def idle_herald_is_committed(n: Radiant) -> Expr:
    """An idle or probing established herald has accepted nothing beyond its watermark."""
    idle = n.state.is_(ACTIVE, PROBE)
    return ((n.role == Role.HERALD) & idle & (n.watermark_at.term == n.term)).implies(
        n.watermark_at == n.accepted_at
    )


@lemma("An acceptance is counted only from the message that carries it.")
def counted_acceptance_was_sent(n: Radiant, v: Node) -> Expr:
    """A proposing herald counts acceptances of its last proposal."""
    return ((n.role == Role.HERALD) & n.state.is_(*PROPOSING) & n.acks.has(v)).implies(
        sent(Accepted, v, n, term=n.term, version=n.version)
    )


@lemma("An unrecoverable radiant neither votes nor answers probes.")
def told_severities(v: Node, n: Node, s: Severity) -> Expr:
    """Votes and digests never tell of an unrecoverable radiant."""
    return (sent(Vote, v, n, severity=s) | sent(Digest, v, n, severity=s)).implies(s != 3)


@lemma("The worst seen comes from votes and digests, or is the radiant's own.")
def worst_seen(n: Radiant) -> Expr:
    """Nobody has seen anything unrecoverable but its own error."""
    return (n.worst == 3).implies(n.severity == 3)


@lemma("A controller notes no episode that it decided, and decides none twice.")
def grant_is_remembered(c: Radiant, n: Node, t: Term, k: Number) -> Expr:
    """A grant is the controller's last ruling, or a later one followed."""
    episode = Episode(term=t, number=k)
    return sent(SystemResetGrant, c, n, episode=episode).implies(
        (episode < c.ruled) | ((episode == c.ruled) & c.granted)
    )


@lemma("The same for a refusal.")
def refusal_is_remembered(c: Radiant, n: Node, t: Term, k: Number) -> Expr:
    """A refusal is the controller's last ruling, or a later one followed."""
    episode = Episode(term=t, number=k)
    return sent(SystemResetRefusal, c, n, episode=episode).implies(
        (episode < c.ruled) | ((episode == c.ruled) & ~c.granted)
    )


@lemma("A plea is noted only for an episode beyond the last ruling, and a ruling ends it.")
def plea_is_new(c: Radiant) -> Expr:
    """An open plea was not ruled on."""
    return c.plea.implies(c.ruled < c.plea_episode)


@lemma("A controller notes a plea only from the message that carries it.")
def plea_was_sent(c: Radiant) -> Expr:
    """An open plea at a controller is a herald's request for that episode."""
    return c.plea.implies(
        exists(
            lambda h: (
                sent(SystemResetRequest, h, c, term=c.plea_episode.term, episode=c.plea_episode)
                & elected(h, c.plea_episode.term)
            ),
            h=Node,
        )
    )
