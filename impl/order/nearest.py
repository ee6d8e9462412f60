# Generated from the spec 'order' by `oathbound generate`; change the spec, not this file.
# Digest of what follows: ea3c0905deb286cc950d84ec7326d52306db92818901c250d5ab02de7f85034a
"""The order of radiants: which clause refused.

Of each rule on an event, the first clause that does not hold; the rule that got furthest
is named, the first of several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import rules
from .rules import Rule
from .types import (
    ACTIVE,
    ACTIVE_OR_ERROR_RECOVERABLE_OR_ERROR_RECOVER_RESET,
    ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE,
    BOOTSTRAP,
    BOOTSTRAP_OR_RESET_OR_ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE,
    CONTROLLER,
    ERROR,
    ERROR_LADDER_SEVERITY,
    ERROR_PAYLOAD,
    ERROR_RECOVER_RESET,
    ERROR_RECOVERABLE,
    ERROR_RECOVERABLE_MEMBERSHIP,
    ERROR_SYSTEM_RESET,
    ERROR_UNRECOVERABLE,
    HERALD,
    LOCKED_MEMBERSHIP_SET,
    LOCKED_OF,
    LOCKED_PROBE,
    LOCKED_VOTING,
    PROPOSING,
    PROPOSING_OPS,
    RADIANT,
    RECOVER_RESET,
    RECOVERABLE,
    RESET,
    RESET_OR_ACTIVE_OR_LOCKED_VOTING,
    RESET_OR_ACTIVE_OR_PROPOSING,
    RESET_OR_ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE,
    SYSTEM_RESET,
    UNRECOVERABLE,
    Accepted,
    AddMember,
    AddShard,
    Beacon,
    BeaconAnswer,
    BeaconDue,
    Commit,
    CommitAck,
    DeclareError,
    Digest,
    Elected,
    ElectionTimeout,
    GetStatus,
    GrantSystemReset,
    ListShards,
    MoveShard,
    NewerTerm,
    Node,
    OrderReset,
    Position,
    Probe,
    ProbeDue,
    Propose,
    RecoverDue,
    Refused,
    RefuseSystemReset,
    RemoveMember,
    RemoveShard,
    ReportError,
    ReportFault,
    RequestVote,
    ResendDue,
    ResetRequest,
    Rollback,
    StartProbe,
    SystemReset,
    SystemResetGrant,
    SystemResetRefusal,
    SystemResetRequest,
    Vote,
    majority,
    new,
)

if TYPE_CHECKING:
    from .node import Radiant


def _nearest(*tried: tuple[Rule, tuple[bool, ...]]) -> Refused:
    """Return the clause that refused, given for each rule which of its clauses hold."""
    found, reached = tried[0][0], -1
    for rule, held in tried:
        first = held.index(False)
        if first > reached:
            found, reached = rule, first
    clause = found.clauses[reached]
    return Refused(found.label, clause.text, clause.kind)


def beacon(me: Radiant, m: Beacon, sender: Node) -> Refused:
    """Say why Beacon is refused."""
    return _nearest(
        (
            rules.ANSWER_BEACON,
            (
                me.role is RADIANT or me.role is HERALD,
                sender not in me.config.controllers,
                me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
    )


def beacon_answer(me: Radiant, m: BeaconAnswer, sender: Node) -> Refused:
    """Say why BeaconAnswer is refused."""
    has_majority = majority(me.heard | {sender}, me.members)
    return _nearest(
        (
            rules.HEAR_PEER,
            (
                me.role is RADIANT or me.role is HERALD,
                sender not in me.config.controllers,
                me.state is BOOTSTRAP,
                not has_majority,
            ),
        ),
        (
            rules.AWAKE,
            (
                me.role is RADIANT or me.role is HERALD,
                sender not in me.config.controllers,
                me.state is BOOTSTRAP,
                has_majority,
                me.severity == 0,
            ),
        ),
        (
            rules.AWAKE_IN_ERROR,
            (
                me.role is RADIANT or me.role is HERALD,
                sender not in me.config.controllers,
                me.state is BOOTSTRAP,
                has_majority,
                me.severity > 0,
            ),
        ),
    )


def request_vote(me: Radiant, m: RequestVote, sender: Node) -> Refused:
    """Say why RequestVote is refused."""
    return _nearest(
        (
            rules.GRANT_VOTE,
            (
                me.role is RADIANT or me.role is HERALD,
                sender not in me.config.controllers,
                m.term.owner == sender,
                me.term < m.term
                or (
                    m.term == me.term
                    and ((me.vote is None and me.herald is None) or me.vote == sender)
                ),
                me.accepted_at <= m.accepted_at,
                me.state in RESET_OR_ACTIVE_OR_LOCKED_VOTING,
                me.joined,
                me.me in me.members,
            ),
        ),
        (
            rules.GRANT_VOTE_ASIDE,
            (
                me.role is RADIANT or me.role is HERALD,
                sender not in me.config.controllers,
                m.term.owner == sender,
                me.term < m.term
                or (
                    m.term == me.term
                    and ((me.vote is None and me.herald is None) or me.vote == sender)
                ),
                me.accepted_at <= m.accepted_at,
                (me.state in ERROR and me.state is not ERROR_UNRECOVERABLE)
                or (me.state is RESET and not (me.joined and me.me in me.members)),
            ),
        ),
        (
            rules.WITHHOLD_VOTE,
            (
                me.role is RADIANT or me.role is HERALD,
                sender not in me.config.controllers,
                me.term < m.term,
                m.accepted_at < me.accepted_at,
                me.state in RESET_OR_ACTIVE_OR_LOCKED_VOTING
                or (me.state in ERROR and me.state is not ERROR_UNRECOVERABLE),
            ),
        ),
    )


def vote(me: Radiant, m: Vote, sender: Node) -> Refused:
    """Say why Vote is refused."""
    has_majority = majority(me.votes | {sender}, me.members)
    return _nearest(
        (
            rules.COUNT_VOTE,
            (
                me.role is RADIANT or me.role is HERALD,
                sender not in me.config.controllers,
                me.standing,
                m.term == me.term,
                not has_majority,
                me.state is LOCKED_VOTING
                or (me.state in ERROR and me.state is not ERROR_UNRECOVERABLE),
            ),
        ),
        (
            rules.WIN,
            (
                me.role is RADIANT or me.role is HERALD,
                sender not in me.config.controllers,
                me.standing,
                m.term == me.term,
                has_majority,
                me.state is LOCKED_VOTING,
            ),
        ),
        (
            rules.WIN_IN_ERROR,
            (
                me.role is RADIANT or me.role is HERALD,
                sender not in me.config.controllers,
                me.standing,
                m.term == me.term,
                has_majority,
                me.state in ERROR,
                me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
    )


def elected(me: Radiant, m: Elected, sender: Node) -> Refused:
    """Say why Elected is refused."""
    return _nearest(
        (
            rules.HEAR_ELECTED,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                me.term <= m.term,
                me.state is LOCKED_VOTING,
            ),
        ),
        (
            rules.HEARTBEAT,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                m.term == me.term,
                me.role is RADIANT,
                me.state in BOOTSTRAP_OR_RESET_OR_ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE
                or (me.state in ERROR and me.state is not ERROR_UNRECOVERABLE and me.severity == 0),
            ),
        ),
        (
            rules.HEARTBEAT_IN_ERROR,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                m.term == me.term,
                me.role is RADIANT,
                me.state in ERROR,
                me.state is not ERROR_UNRECOVERABLE,
                me.severity > 0,
            ),
        ),
        (
            rules.ADOPT_ANNOUNCED_TERM,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                me.term < m.term,
                me.state is not LOCKED_VOTING and me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
    )


def newer_term(me: Radiant, m: NewerTerm, sender: Node) -> Refused:
    """Say why NewerTerm is refused."""
    return _nearest(
        (
            rules.ADOPT_TOLD_TERM,
            (
                me.role is RADIANT or me.role is HERALD,
                sender not in me.config.controllers,
                me.term < m.term,
                me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
    )


def propose(me: Radiant, m: Propose, sender: Node) -> Refused:
    """Say why Propose is refused."""
    position = new(Position, (m.term, m.version))
    return _nearest(
        (
            rules.ADOPT_NEWER_TERM_ON_PROPOSE,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                me.term < m.term,
                me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
        (
            rules.ACCEPT_PROPOSAL,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                m.term == me.term,
                me.role is RADIANT,
                me.state is RESET or me.state is ACTIVE or me.state is LOCKED_OF[m.op],
                me.accepted_at < position,
                me.me in m.members,
                m.op in PROPOSING_OPS,
            ),
        ),
        (
            rules.ACCEPT_AGAIN_ON_PROPOSE,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                m.term == me.term,
                me.role is RADIANT,
                me.state in RESET_OR_ACTIVE_OR_PROPOSING,
                position == me.accepted_at,
            ),
        ),
    )


def rollback(me: Radiant, m: Rollback, sender: Node) -> Refused:
    """Say why Rollback is refused."""
    position = new(Position, (m.term, m.version))
    return _nearest(
        (
            rules.ADOPT_NEWER_TERM_ON_ROLLBACK,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                me.term < m.term,
                me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
        (
            rules.ACCEPT_ROLLBACK,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                m.term == me.term,
                me.role is RADIANT,
                me.state is RESET or me.state is ACTIVE or me.state is LOCKED_MEMBERSHIP_SET,
                me.accepted_at < position,
                me.me in m.members,
            ),
        ),
        (
            rules.ACCEPT_AGAIN_ON_ROLLBACK,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                m.term == me.term,
                me.role is RADIANT,
                me.state in RESET_OR_ACTIVE_OR_PROPOSING,
                position == me.accepted_at,
            ),
        ),
    )


def accepted(me: Radiant, m: Accepted, sender: Node) -> Refused:
    """Say why Accepted is refused."""
    has_majority = majority(me.acks | {sender}, me.members)
    return _nearest(
        (
            rules.COUNT_ACCEPTANCE,
            (
                me.role is HERALD,
                sender not in me.config.controllers,
                me.state in PROPOSING,
                m.term == me.term,
                m.version == me.version,
                not has_majority,
            ),
        ),
        (
            rules.COMMIT,
            (
                me.role is HERALD,
                sender not in me.config.controllers,
                me.state in PROPOSING,
                m.term == me.term,
                m.version == me.version,
                has_majority,
            ),
        ),
    )


def commit(me: Radiant, m: Commit, sender: Node) -> Refused:
    """Say why Commit is refused."""
    position = new(Position, (m.term, m.version))
    return _nearest(
        (
            rules.ADOPT_NEWER_TERM_ON_COMMIT,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                me.term < m.term,
                me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
        (
            rules.CATCH_UP,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                m.term == me.term,
                me.role is RADIANT,
                me.state is RESET or (me.state is ACTIVE and me.watermark_at < position),
                m.op in PROPOSING_OPS,
                me.accepted_at <= position,
                me.me in m.members,
            ),
        ),
        (
            rules.LEARN,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                m.term == me.term,
                me.role is RADIANT,
                m.op in PROPOSING_OPS,
                me.state is LOCKED_OF[m.op],
                me.accepted_at <= position,
                me.me in m.members,
            ),
        ),
        (
            rules.LEARN_AGAIN,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                m.term == me.term,
                me.role is RADIANT,
                me.state is ACTIVE,
                position == me.watermark_at,
            ),
        ),
        (
            rules.REMOVED,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                m.term == me.term,
                me.role is RADIANT,
                me.state is not BOOTSTRAP and me.state not in ERROR,
                me.accepted_at < position,
                me.me not in m.members,
            ),
        ),
        (
            rules.REMOVED_AGAIN,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                m.term == me.term,
                me.role is RADIANT,
                me.state is RESET or (me.state in ERROR and me.state is not ERROR_UNRECOVERABLE),
                position == me.watermark_at,
                me.me not in m.members,
            ),
        ),
    )


def commit_ack(me: Radiant, m: CommitAck, sender: Node) -> Refused:
    """Say why CommitAck is refused."""
    return _nearest(
        (
            rules.CONFIRM,
            (
                me.role is HERALD,
                sender not in me.config.controllers,
                m.term == me.term,
                new(Position, (m.term, m.version)) == me.watermark_at,
                me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
    )


def probe(me: Radiant, m: Probe, sender: Node) -> Refused:
    """Say why Probe is refused."""
    return _nearest(
        (
            rules.ADOPT_NEWER_TERM_ON_PROBE,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                me.term < m.term,
                me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
        (
            rules.ANSWER_PROBE,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                m.term == me.term,
                me.state is not BOOTSTRAP and me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
    )


def digest(me: Radiant, m: Digest, sender: Node) -> Refused:
    """Say why Digest is refused."""
    nodes = me.answered | {sender}
    return _nearest(
        (
            rules.CLEAN_ANSWER,
            (
                me.role is HERALD,
                sender not in me.config.controllers,
                me.state is LOCKED_PROBE,
                m.term == me.term,
                m.number == me.probe,
                m.state is ACTIVE or sender == me.me,
                m.watermark_at == me.watermark_at,
                m.members == me.members,
                m.keys == me.keys,
                m.severity == 0,
                not me.members <= nodes,
            ),
        ),
        (
            rules.CLEAN_PROBE,
            (
                me.role is HERALD,
                sender not in me.config.controllers,
                me.state is LOCKED_PROBE,
                m.term == me.term,
                m.number == me.probe,
                m.state is ACTIVE or sender == me.me,
                m.watermark_at == me.watermark_at,
                m.members == me.members,
                m.keys == me.keys,
                m.severity == 0,
                me.members <= nodes,
            ),
        ),
        (
            rules.DIRTY_PROBE,
            (
                me.role is HERALD,
                sender not in me.config.controllers,
                me.state is LOCKED_PROBE,
                m.term == me.term,
                m.number == me.probe,
                not (
                    (m.state is ACTIVE or sender == me.me)
                    and m.watermark_at == me.watermark_at
                    and m.members == me.members
                    and m.keys == me.keys
                    and m.severity == 0
                ),
                m.severity == 0,
            ),
        ),
        (
            rules.SEVERE_PROBE,
            (
                me.role is HERALD,
                sender not in me.config.controllers,
                me.state is LOCKED_PROBE,
                m.term == me.term,
                m.number == me.probe,
                m.severity > 0,
            ),
        ),
    )


def report_error(me: Radiant, m: ReportError, sender: Node) -> Refused:
    """Say why ReportError is refused."""
    return _nearest(
        (
            rules.HEAR_ERROR,
            (
                me.role is HERALD,
                sender not in me.config.controllers,
                m.term == me.term,
                m.error in RECOVERABLE,
                me.state in ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE,
            ),
        ),
        (
            rules.HEAR_SEVERE_ERROR,
            (
                me.role is HERALD,
                sender not in me.config.controllers,
                m.term == me.term,
                m.error not in RECOVERABLE and m.error is not UNRECOVERABLE,
                m.episode != me.episode,
                me.state in RESET_OR_ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE,
            ),
        ),
        (
            rules.REPEAT_RESET,
            (
                me.role is HERALD,
                sender not in me.config.controllers,
                m.term == me.term,
                m.error is RECOVER_RESET,
                m.episode == me.episode,
                me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
        (
            rules.REPEAT_PLEA,
            (
                me.role is HERALD,
                sender not in me.config.controllers,
                m.term == me.term,
                m.error is SYSTEM_RESET,
                m.episode == me.episode,
                me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
    )


def declare_error(me: Radiant, m: DeclareError, sender: Node) -> Refused:
    """Say why DeclareError is refused."""
    return _nearest(
        (
            rules.ENTER_ERROR,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                me.term <= m.term,
                me.severity <= ERROR_LADDER_SEVERITY[m.error],
                ERROR_LADDER_SEVERITY[m.error] > 0,
                me.episode < m.episode,
                me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
        (
            rules.ADOPT_DECLARED_TERM,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                me.term < m.term,
                ERROR_LADDER_SEVERITY[m.error] < me.severity
                or ERROR_LADDER_SEVERITY[m.error] == 0
                or not me.episode < m.episode,
                me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
        (
            rules.KNOW_ERROR,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                m.term == me.term,
                me.role is RADIANT,
                me.state in ERROR,
                me.state is not ERROR_UNRECOVERABLE,
                ERROR_LADDER_SEVERITY[m.error] < me.severity or not me.episode < m.episode,
            ),
        ),
    )


def reset_request(me: Radiant, m: ResetRequest, sender: Node) -> Refused:
    """Say why ResetRequest is refused."""
    return _nearest(
        (
            rules.ADOPT_NEWER_TERM_ON_RESET_REQUEST,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                me.term < m.term,
                me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
        (
            rules.RESET,
            (
                me.role is RADIANT or me.role is HERALD,
                m.term.owner == sender,
                m.term == me.term,
                me.state is ERROR_RECOVER_RESET,
                m.episode == me.episode,
            ),
        ),
    )


def system_reset_request(me: Radiant, m: SystemResetRequest, sender: Node) -> Refused:
    """Say why SystemResetRequest is refused."""
    return _nearest(
        (
            rules.HEAR_PLEA,
            (
                me.role is CONTROLLER,
                m.term.owner == sender,
                m.episode.term == m.term,
                me.plea_episode <= m.episode,
                me.ruled < m.episode,
            ),
        ),
        (
            rules.REPEAT_GRANT,
            (
                me.role is CONTROLLER,
                m.term.owner == sender,
                m.episode.term == m.term,
                m.episode == me.ruled,
                me.granted,
            ),
        ),
        (
            rules.REPEAT_REFUSAL,
            (
                me.role is CONTROLLER,
                m.term.owner == sender,
                m.episode.term == m.term,
                m.episode == me.ruled,
                not me.granted,
            ),
        ),
    )


def system_reset_grant(me: Radiant, m: SystemResetGrant, sender: Node) -> Refused:
    """Say why SystemResetGrant is refused."""
    return _nearest(
        (
            rules.RESET_SYSTEM,
            (
                me.role is RADIANT or me.role is HERALD,
                sender in me.config.controllers,
                me.state is ERROR_SYSTEM_RESET,
                m.episode == me.episode,
            ),
        ),
    )


def system_reset_refusal(me: Radiant, m: SystemResetRefusal, sender: Node) -> Refused:
    """Say why SystemResetRefusal is refused."""
    return _nearest(
        (
            rules.REFUSED,
            (
                me.role is HERALD,
                sender in me.config.controllers,
                me.state is ERROR_SYSTEM_RESET,
                m.episode == me.episode,
            ),
        ),
    )


def add_shard(me: Radiant, m: AddShard) -> Refused:
    """Say why AddShard is refused."""
    return _nearest(
        (
            rules.ADD_SHARD,
            (
                me.role is HERALD,
                me.state is ACTIVE,
                me.watermark_at.term == me.term,
                me.worst == 0,
                m.key not in me.keys,
            ),
        ),
    )


def remove_shard(me: Radiant, m: RemoveShard) -> Refused:
    """Say why RemoveShard is refused."""
    return _nearest(
        (
            rules.REMOVE_SHARD,
            (
                me.role is HERALD,
                me.state is ACTIVE,
                me.watermark_at.term == me.term,
                me.worst == 0,
                m.key in me.keys,
            ),
        ),
    )


def move_shard(me: Radiant, m: MoveShard) -> Refused:
    """Say why MoveShard is refused."""
    return _nearest(
        (
            rules.MOVE_SHARD,
            (
                me.role is HERALD,
                me.state is ACTIVE,
                me.watermark_at.term == me.term,
                me.worst == 0,
                m.key in me.keys,
                m.to not in me.keys,
            ),
        ),
    )


def add_member(me: Radiant, m: AddMember) -> Refused:
    """Say why AddMember is refused."""
    return _nearest(
        (
            rules.ADD_MEMBER,
            (
                me.role is HERALD,
                me.state is ACTIVE,
                me.watermark_at.term == me.term,
                me.worst == 0,
                m.node not in me.members,
                m.node not in me.config.controllers,
            ),
        ),
    )


def remove_member(me: Radiant, m: RemoveMember) -> Refused:
    """Say why RemoveMember is refused."""
    return _nearest(
        (
            rules.REMOVE_MEMBER,
            (
                me.role is HERALD,
                me.state is ACTIVE,
                me.watermark_at.term == me.term,
                me.worst == 0,
                m.node in me.members,
                m.node != me.me,
            ),
        ),
    )


def start_probe(me: Radiant, m: StartProbe) -> Refused:
    """Say why StartProbe is refused."""
    return _nearest(
        (
            rules.START_PROBE,
            (me.role is HERALD, me.state is ACTIVE, me.watermark_at.term == me.term, me.worst == 0),
        ),
    )


def order_reset(me: Radiant, m: OrderReset) -> Refused:
    """Say why OrderReset is refused."""
    return _nearest(
        (
            rules.ORDER_RESET,
            (me.role is HERALD, me.state is ACTIVE or me.state in ERROR_RECOVERABLE),
        ),
    )


def system_reset(me: Radiant, m: SystemReset) -> Refused:
    """Say why SystemReset is refused."""
    return _nearest(
        (
            rules.SYSTEM_RESET,
            (me.role is HERALD, me.state in ACTIVE_OR_ERROR_RECOVERABLE_OR_ERROR_RECOVER_RESET),
        ),
    )


def grant_system_reset(me: Radiant, m: GrantSystemReset) -> Refused:
    """Say why GrantSystemReset is refused."""
    return _nearest((rules.GRANT_SYSTEM_RESET, (me.role is CONTROLLER, me.plea)))


def refuse_system_reset(me: Radiant, m: RefuseSystemReset) -> Refused:
    """Say why RefuseSystemReset is refused."""
    return _nearest((rules.REFUSE_SYSTEM_RESET, (me.role is CONTROLLER, me.plea)))


def report_fault(me: Radiant, m: ReportFault) -> Refused:
    """Say why ReportFault is refused."""
    return _nearest(
        (
            rules.DETECT,
            (
                me.role is RADIANT or me.role is HERALD,
                me.role is RADIANT,
                me.state in RESET_OR_ACTIVE_OR_PROPOSING,
            ),
        ),
        (
            rules.DETECT_AS_HERALD,
            (
                me.role is RADIANT or me.role is HERALD,
                me.role is HERALD,
                me.state in RESET_OR_ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE,
            ),
        ),
    )


def get_status(me: Radiant, m: GetStatus) -> Refused:
    """Say why GetStatus is refused."""
    return _nearest((rules.GET_STATUS, ()))


def list_shards(me: Radiant, m: ListShards) -> Refused:
    """Say why ListShards is refused."""
    return _nearest(
        (
            rules.LIST_SHARDS,
            (
                me.role is RADIANT or me.role is HERALD,
                me.joined,
                me.state is not BOOTSTRAP and me.state is not ERROR_UNRECOVERABLE,
            ),
        ),
    )


def beacon_due(me: Radiant, m: BeaconDue) -> Refused:
    """Say why BeaconDue is refused."""
    return _nearest((rules.BEACON, (me.role is RADIANT, me.state is BOOTSTRAP)))


def election_timeout(me: Radiant, m: ElectionTimeout) -> Refused:
    """Say why ElectionTimeout is refused."""
    return _nearest(
        (
            rules.STAND,
            (
                me.role is RADIANT,
                me.state in RESET_OR_ACTIVE_OR_LOCKED_VOTING,
                me.joined,
                me.me in me.members,
            ),
        ),
        (
            rules.STAND_IN_ERROR,
            (
                me.role is RADIANT,
                me.state in ERROR,
                me.state is not ERROR_UNRECOVERABLE,
                me.joined,
                me.me in me.members,
            ),
        ),
        (rules.LOCK_TIMEOUT, (me.role is RADIANT, me.state in PROPOSING)),
        (
            rules.LOCK_TIMEOUT_OF_HERALD,
            (me.role is HERALD, me.state in PROPOSING or me.state is LOCKED_PROBE),
        ),
    )


def resend_due(me: Radiant, m: ResendDue) -> Refused:
    """Say why ResendDue is refused."""
    return _nearest(
        (
            rules.ESTABLISH,
            (me.role is HERALD, me.state is ACTIVE, me.watermark_at.term != me.term, me.worst == 0),
        ),
        (
            rules.RESTORE,
            (me.role is HERALD, me.state is RESET, me.watermark_at.term != me.term, me.worst == 0),
        ),
        (
            rules.ROLL_BACK,
            (me.role is HERALD, me.state is RESET, me.watermark_at.term == me.term, me.worst == 0),
        ),
        (rules.RESEND_PROPOSAL, (me.role is HERALD, me.state in PROPOSING)),
        (
            rules.RESEND_COMMIT,
            (me.role is HERALD, me.state is ACTIVE, me.watermark_at.term == me.term, me.worst == 0),
        ),
        (rules.RESEND_PROBE, (me.role is HERALD, me.state is LOCKED_PROBE)),
        (rules.ALIVE_IN_RECOVERY, (me.role is HERALD, me.state in ERROR_RECOVERABLE)),
        (
            rules.DECLARE_WORST,
            (me.role is HERALD, me.state is RESET or me.state is ACTIVE, me.worst > 0),
        ),
        (
            rules.DECLARE_AFRESH,
            (
                me.role is HERALD,
                me.state is ERROR_RECOVER_RESET or me.state is ERROR_SYSTEM_RESET,
                me.episode.term != me.term or me.severity < me.worst,
            ),
        ),
        (
            rules.REQUEST_RESET,
            (
                me.role is HERALD,
                me.state is ERROR_RECOVER_RESET,
                me.episode.term == me.term,
                me.worst <= me.severity,
            ),
        ),
        (
            rules.ASK_CONTROLLER,
            (
                me.role is HERALD,
                me.state is ERROR_SYSTEM_RESET,
                me.episode.term == me.term,
                me.asks < 3,
            ),
        ),
        (
            rules.GIVE_UP,
            (
                me.role is HERALD,
                me.state is ERROR_SYSTEM_RESET,
                me.episode.term == me.term,
                me.asks == 3,
            ),
        ),
    )


def probe_due(me: Radiant, m: ProbeDue) -> Refused:
    """Say why ProbeDue is refused."""
    return _nearest(
        (
            rules.PROBE_AGAIN,
            (me.role is HERALD, me.state is ACTIVE, me.watermark_at.term == me.term, me.worst == 0),
        ),
    )


def recover_due(me: Radiant, m: RecoverDue) -> Refused:
    """Say why RecoverDue is refused."""
    return _nearest(
        (rules.RECOVER, (me.role is RADIANT, me.state in ERROR_RECOVERABLE)),
        (
            rules.RECOVER_AS_HERALD,
            (
                me.role is HERALD,
                me.state in ERROR_RECOVERABLE,
                ERROR_PAYLOAD[me.state] not in me.tried
                or (me.state is ERROR_RECOVERABLE_MEMBERSHIP and RECOVER_RESET in me.tried),
            ),
        ),
        (
            rules.ESCALATE,
            (
                me.role is HERALD,
                me.state in ERROR_RECOVERABLE,
                ERROR_PAYLOAD[me.state] in me.tried,
                not (me.state is ERROR_RECOVERABLE_MEMBERSHIP and RECOVER_RESET in me.tried),
            ),
        ),
    )
