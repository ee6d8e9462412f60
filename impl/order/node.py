# Generated from the spec 'order' by `oathbound generate`; change the spec, not this file.
# Digest of what follows: 514e84677a14f4f6f871ccef03b1341d4b2b0fb92fa3773283f92f8b61ddf52d
"""The order of radiants: the node.

A step takes an event and returns what to store, send and reply; it reads no clock, opens no
connection, draws no random number. Threads that share a node need a lock around each step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import nearest, plain, rules
from .types import (
    ACTIVE,
    ACTIVE_OR_ERROR_RECOVERABLE_OR_ERROR_RECOVER_RESET,
    ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE,
    BOOTSTRAP,
    BOOTSTRAP_OR_RESET_OR_ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE,
    CONTROLLER,
    ERROR,
    ERROR_LADDER_SEVERITY,
    ERROR_LADDER_THEN,
    ERROR_OF,
    ERROR_PAYLOAD,
    ERROR_RECOVER_RESET,
    ERROR_RECOVERABLE,
    ERROR_RECOVERABLE_MEMBERSHIP,
    ERROR_RECOVERABLE_STATE,
    ERROR_SYSTEM_RESET,
    ERROR_UNRECOVERABLE,
    HERALD,
    LOCKED,
    LOCKED_MEMBERSHIP_SET,
    LOCKED_MEMBERSHIP_UPDATE,
    LOCKED_OF,
    LOCKED_PAYLOAD,
    LOCKED_PROBE,
    LOCKED_REPLICATING,
    LOCKED_VOTING,
    MEMBERSHIP,
    MEMBERSHIP_SET,
    MEMBERSHIP_UPDATE,
    PROPOSING,
    PROPOSING_OPS,
    RADIANT,
    RECOVER_RESET,
    RECOVERABLE,
    RECOVERABLE_MEMBERSHIP,
    RECOVERABLE_OF,
    REPLICATING,
    RESET,
    RESET_OR_ACTIVE_OR_LOCKED_VOTING,
    RESET_OR_ACTIVE_OR_PROPOSING,
    RESET_OR_ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE,
    SHARD,
    STATE,
    SYSTEM_RESET,
    UNRECOVERABLE,
    Accepted,
    AddMember,
    AddShard,
    Askings,
    Beacon,
    BeaconAnswer,
    BeaconDue,
    Commit,
    CommitAck,
    DeclareError,
    Digest,
    Done,
    Durable,
    Elected,
    ElectionTimeout,
    Episode,
    Errors,
    Event,
    GetStatus,
    GrantSystemReset,
    Ignored,
    InError,
    Keys,
    ListShards,
    Locked,
    MaybeNode,
    MoveShard,
    NewerTerm,
    Node,
    Nodes,
    NotHerald,
    Number,
    OrderConfig,
    OrderError,
    OrderReset,
    OrderState,
    OrderStateError,
    OrderStateOp,
    Outcome,
    Position,
    Probe,
    ProbeDue,
    Propose,
    RecoverDue,
    RefuseSystemReset,
    RemoveMember,
    RemoveShard,
    ReportError,
    ReportFault,
    RequestVote,
    ResendDue,
    ResetRequest,
    Role,
    Rollback,
    Send,
    Severity,
    ShardList,
    StaleTerm,
    StartProbe,
    Status,
    SystemReset,
    SystemResetGrant,
    SystemResetRefusal,
    SystemResetRequest,
    Term,
    Vote,
    majority,
    new,
)

DONE = Done()
IGNORED = Ignored()


class Radiant:
    """One server process of an order (or the controller it reports to)."""

    __slots__ = (
        "accepted_at",
        "acks",
        "answered",
        "asks",
        "audience",
        "config",
        "confirmed",
        "episode",
        "granted",
        "heard",
        "herald",
        "joined",
        "keys",
        "last_op",
        "me",
        "members",
        "plea",
        "plea_episode",
        "plea_from",
        "plea_members",
        "probe",
        "role",
        "ruled",
        "severity",
        "standing",
        "state",
        "term",
        "tried",
        "version",
        "vote",
        "votes",
        "watermark_at",
        "watermark_keys",
        "watermark_members",
        "worst",
    )

    me: Node
    config: OrderConfig
    term: Term  # durable: the newest term seen
    vote: MaybeNode  # durable: for whom this radiant voted in `term`
    accepted_at: Position  # durable: the position of the record accepted last
    members: Nodes  # durable: the members of the accepted record
    keys: Keys  # durable: the shard keys of the accepted record
    joined: bool  # durable: has a watermark
    watermark_at: Position  # durable: the position of the last committed record known
    watermark_members: Nodes  # durable: its members
    watermark_keys: Keys  # durable: its shard keys
    severity: Severity  # durable: of the present error, from RECOVER_RESET up
    episode: Episode  # durable: of the last declared error
    role: Role  # volatile: the role
    state: OrderState  # volatile: the order's state
    herald: MaybeNode  # volatile: the herald of `term`, once it was heard
    heard: Nodes  # volatile: peers that answered a beacon
    standing: bool  # volatile: stands for election in `term`
    votes: Nodes  # volatile: who voted for it
    worst: Severity  # volatile: the worst severity seen in votes and digests
    version: Number  # volatile: the count of proposals of this herald
    last_op: OrderStateOp  # volatile: the operation of the last commit
    audience: Nodes  # volatile: who is told of the last proposal's commit
    acks: Nodes  # volatile: who accepted the last proposal
    confirmed: Nodes  # volatile: who has the last commit
    probe: Number  # volatile: the count of probes of this herald
    answered: Nodes  # volatile: who answered the last probe
    tried: Errors  # volatile: errors whose answer was tried since the last clean probe
    asks: Askings  # volatile: askings of the controller in this episode
    ruled: Episode  # durable: the last episode it granted or refused
    granted: bool  # durable: whether it granted that one
    plea: bool  # volatile: a system reset is asked for and not answered yet
    plea_from: MaybeNode  # volatile: the herald that asked
    plea_episode: Episode  # volatile: the episode it asked for
    plea_members: Nodes  # volatile: the members that a grant goes to

    def __init__(self, me: Node, config: OrderConfig, durable: Durable | None = None) -> None:
        """Start as `me`: for the first time, or with what was stored before a crash."""
        self.me = me
        self.config = config
        self.role = CONTROLLER if self.me in self.config.controllers else RADIANT
        self.state = BOOTSTRAP
        self.herald = None
        self.heard = frozenset()
        self.standing = False
        self.votes = frozenset()
        self.worst = 0
        self.version = 0
        self.last_op = MEMBERSHIP_SET
        self.audience = frozenset()
        self.acks = frozenset()
        self.confirmed = frozenset()
        self.probe = 0
        self.answered = frozenset()
        self.tried = frozenset()
        self.asks = 0
        self.plea = False
        self.plea_from = None
        self.plea_episode = new(Episode, (Term(0, ""), 0))
        self.plea_members = frozenset()
        if durable is None:
            self.term = Term(0, "")
            self.vote = None
            self.accepted_at = new(Position, (Term(0, ""), 0))
            self.members = self.config.members
            self.keys = frozenset()
            self.joined = self.me in self.config.members
            self.watermark_at = new(Position, (Term(0, ""), 0))
            self.watermark_members = self.config.members
            self.watermark_keys = frozenset()
            self.severity = 0
            self.episode = new(Episode, (Term(0, ""), 0))
            self.ruled = new(Episode, (Term(0, ""), 0))
            self.granted = False
        else:
            self.term = durable.term
            self.vote = durable.vote
            self.accepted_at = durable.accepted_at
            self.members = durable.members
            self.keys = durable.keys
            self.joined = durable.joined
            self.watermark_at = durable.watermark_at
            self.watermark_members = durable.watermark_members
            self.watermark_keys = durable.watermark_keys
            self.severity = durable.severity
            self.episode = durable.episode
            self.ruled = durable.ruled
            self.granted = durable.granted

    @classmethod
    def restart(cls, me: Node, config: OrderConfig, durable: Durable) -> Radiant:
        """Return the node after a crash: what was stored stays, the rest starts afresh."""
        return cls(me, config, durable)

    def durable(self) -> Durable:
        """Return what a crash spares."""
        return Durable(
            self.term,
            self.vote,
            self.accepted_at,
            self.members,
            self.keys,
            self.joined,
            self.watermark_at,
            self.watermark_members,
            self.watermark_keys,
            self.severity,
            self.episode,
            self.ruled,
            self.granted,
        )

    def snapshot(self) -> dict[str, object]:
        """Return all variables by their names in the spec, as plain values."""
        return {
            name: plain.to_plain(getattr(self, attribute))
            for name, (attribute, _) in plain.VARIABLES.items()
        }

    def restore(self, values: Mapping[str, object]) -> None:
        """Take over all variables from a snapshot, or none. Raises `ValueError` if one is wrong."""
        found = {
            attribute: plain.read_field(values, name, read)
            for name, (attribute, read) in plain.VARIABLES.items()
        }
        for attribute, value in found.items():
            setattr(self, attribute, value)

    def on_beacon(self, m: Beacon, sender: Node) -> Outcome:
        """A radiant that starts looks for its peers.

        - answer_beacon (model/order/bootstrap.py:36): Tell a peer that this radiant is up; an
          unrecoverable one keeps silent.
        """
        if (
            (self.role is RADIANT or self.role is HERALD)
            and sender not in self.config.controllers
            and self.state is not ERROR_UNRECOVERABLE
        ):
            return rules.ANSWER_BEACON, ((sender, BeaconAnswer()),), DONE
        if not (
            (self.role is RADIANT or self.role is HERALD) and sender not in self.config.controllers
        ):
            return rules.BEACON_WRONG_ROLE, (), nearest.beacon(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.BEACON_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in ERROR:
            return rules.BEACON_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.BEACON_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.BEACON_REFUSED, (), nearest.beacon(self, m, sender)

    def on_beacon_answer(self, m: BeaconAnswer, sender: Node) -> Outcome:
        """A peer is up.

        - hear_peer (model/order/bootstrap.py:42): Count a peer; a majority is still missing.
        - awake (model/order/bootstrap.py:53): A majority is up: go on to RESET.
        - awake_in_error (model/order/bootstrap.py:67): A majority is up, but the error from before
          the crash is not over.
        """
        if (
            (self.role is RADIANT or self.role is HERALD)
            and sender not in self.config.controllers
            and self.state is BOOTSTRAP
        ):
            heard = self.heard | {sender}
            has_majority = majority(heard, self.members)
            if not has_majority:
                self.heard = heard
                return rules.HEAR_PEER, (), DONE
            if has_majority:
                if self.severity == 0:
                    self.heard = frozenset()
                    self.state = RESET
                    return rules.AWAKE, (), DONE
                if self.severity > 0:
                    self.heard = frozenset()
                    if self.severity == 3:
                        self.state = ERROR_UNRECOVERABLE
                    elif self.severity == 2:
                        self.state = ERROR_SYSTEM_RESET
                    else:
                        self.state = ERROR_RECOVER_RESET
                    return rules.AWAKE_IN_ERROR, (), DONE
        if not (
            (self.role is RADIANT or self.role is HERALD) and sender not in self.config.controllers
        ):
            return rules.BEACON_ANSWER_WRONG_ROLE, (), nearest.beacon_answer(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.BEACON_ANSWER_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in ERROR:
            return rules.BEACON_ANSWER_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.BEACON_ANSWER_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.BEACON_ANSWER_REFUSED, (), nearest.beacon_answer(self, m, sender)

    def on_request_vote(self, m: RequestVote, sender: Node) -> Outcome:
        """A radiant stands for election in a fresh term that it owns.

        - grant_vote (model/order/election.py:152): A full member votes and waits for the
          announcement.
        - grant_vote_aside (model/order/election.py:163): A radiant in error, or not (or no longer)
          a full member, votes with its state unchanged.
        - withhold_vote (model/order/election.py:177): A candidate that holds less than this radiant
          gets no vote, but its newer term is seen.
        """
        if (self.role is RADIANT or self.role is HERALD) and sender not in self.config.controllers:
            if (
                m.term.owner == sender
                and (
                    self.term < m.term
                    or (
                        m.term == self.term
                        and ((self.vote is None and self.herald is None) or self.vote == sender)
                    )
                )
                and self.accepted_at <= m.accepted_at
            ):
                if (
                    self.state in RESET_OR_ACTIVE_OR_LOCKED_VOTING
                    and self.joined
                    and self.me in self.members
                ):
                    self.term = m.term
                    self.vote = sender
                    self.role = RADIANT
                    self.herald = None
                    self.standing = False
                    self.state = LOCKED_VOTING
                    return rules.GRANT_VOTE, ((sender, Vote(m.term, self.severity)),), DONE
                if (self.state in ERROR and self.state is not ERROR_UNRECOVERABLE) or (
                    self.state is RESET and not (self.joined and self.me in self.members)
                ):
                    self.term = m.term
                    self.vote = sender
                    self.role = RADIANT
                    self.herald = None
                    self.standing = False
                    return rules.GRANT_VOTE_ASIDE, ((sender, Vote(m.term, self.severity)),), DONE
            if (
                self.term < m.term
                and m.accepted_at < self.accepted_at
                and (
                    self.state in RESET_OR_ACTIVE_OR_LOCKED_VOTING
                    or (self.state in ERROR and self.state is not ERROR_UNRECOVERABLE)
                )
            ):
                self.term = m.term
                self.vote = None
                self.role = RADIANT
                self.standing = False
                if self.state is ACTIVE:
                    self.state = LOCKED_VOTING
                elif self.state in PROPOSING or self.state is LOCKED_PROBE:
                    self.state = ERROR_RECOVERABLE_STATE
                self.herald = None
                return rules.WITHHOLD_VOTE, (), DONE
        if not (
            (self.role is RADIANT or self.role is HERALD) and sender not in self.config.controllers
        ):
            return rules.REQUEST_VOTE_WRONG_ROLE, (), nearest.request_vote(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.REQUEST_VOTE_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if m.term < self.term:
            newer_term = NewerTerm(self.term)
            return rules.REQUEST_VOTE_STALE_TERM, ((sender, newer_term),), StaleTerm(self.term)
        if self.state in ERROR:
            return rules.REQUEST_VOTE_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.REQUEST_VOTE_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.REQUEST_VOTE_REFUSED, (), nearest.request_vote(self, m, sender)

    def on_vote(self, m: Vote, sender: Node) -> Outcome:
        """The sender votes for the receiver.

        - count_vote (model/order/election.py:194): A majority of the accepted membership is still
          missing.
        - win (model/order/election.py:237): A majority of the accepted membership voted: announce
          it.
        - win_in_error (model/order/election.py:254): The same in error; the order state stays, and
          the new herald answers for the error.
        """
        if (
            (self.role is RADIANT or self.role is HERALD)
            and sender not in self.config.controllers
            and self.standing
            and m.term == self.term
        ):
            votes = self.votes | {sender}
            has_majority = majority(votes, self.members)
            worst = m.severity if self.worst < m.severity else self.worst
            if not has_majority and (
                self.state is LOCKED_VOTING
                or (self.state in ERROR and self.state is not ERROR_UNRECOVERABLE)
            ):
                self.votes = votes
                self.worst = worst
                return rules.COUNT_VOTE, (), DONE
            if has_majority:
                others = self.members - {self.me}
                if self.state is LOCKED_VOTING:
                    self.role = HERALD
                    self.herald = self.me
                    self.standing = False
                    self.votes = frozenset()
                    self.worst = worst
                    self.version = 0
                    self.audience = self.members
                    self.acks = frozenset()
                    self.confirmed = frozenset()
                    self.answered = frozenset()
                    self.tried = frozenset()
                    self.asks = 0
                    self.state = ACTIVE
                    return rules.WIN, ((others, Elected(self.term)),), DONE
                if self.state in ERROR and self.state is not ERROR_UNRECOVERABLE:
                    self.role = HERALD
                    self.herald = self.me
                    self.standing = False
                    self.votes = frozenset()
                    self.worst = worst
                    self.version = 0
                    self.audience = self.members
                    self.acks = frozenset()
                    self.confirmed = frozenset()
                    self.answered = frozenset()
                    self.tried = frozenset()
                    self.asks = 0
                    return rules.WIN_IN_ERROR, ((others, Elected(self.term)),), DONE
        if not (
            (self.role is RADIANT or self.role is HERALD) and sender not in self.config.controllers
        ):
            return rules.VOTE_WRONG_ROLE, (), nearest.vote(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.VOTE_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if m.term < self.term:
            return rules.VOTE_STALE_TERM, ((sender, NewerTerm(self.term)),), StaleTerm(self.term)
        if self.state in ERROR:
            return rules.VOTE_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.VOTE_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.VOTE_REFUSED, (), nearest.vote(self, m, sender)

    def on_elected(self, m: Elected, sender: Node) -> Outcome:
        """The sender is the herald of the term; also its sign of life.

        - hear_elected (model/order/election.py:274): The announcement ends the voting.
        - heartbeat (model/order/election.py:291): The herald is alive.
        - heartbeat_in_error (model/order/election.py:306): The herald is alive, and does not know
          that this radiant still waits for a reset.
        - adopt_announced_term (model/order/election.py:347): The same for an announcement, where it
          does not end a vote of one's own.
        """
        if (self.role is RADIANT or self.role is HERALD) and m.term.owner == sender:
            if self.term <= m.term and self.state is LOCKED_VOTING:
                if self.term < m.term:
                    self.vote = None
                self.term = m.term
                self.role = RADIANT
                self.herald = sender
                self.standing = False
                self.state = ACTIVE
                return rules.HEAR_ELECTED, (), DONE
            if m.term == self.term and self.role is RADIANT:
                if self.state in BOOTSTRAP_OR_RESET_OR_ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE or (
                    self.state in ERROR
                    and self.state is not ERROR_UNRECOVERABLE
                    and self.severity == 0
                ):
                    self.herald = sender
                    return rules.HEARTBEAT, (), DONE
                if (
                    self.state in ERROR
                    and self.state is not ERROR_UNRECOVERABLE
                    and self.severity > 0
                ):
                    self.herald = sender
                    report_error = ReportError(self.term, ERROR_PAYLOAD[self.state], self.episode)
                    return rules.HEARTBEAT_IN_ERROR, ((sender, report_error),), DONE
            if (
                self.term < m.term
                and self.state is not LOCKED_VOTING
                and self.state is not ERROR_UNRECOVERABLE
            ):
                self.term = m.term
                self.vote = None
                self.role = RADIANT
                self.standing = False
                if self.state is ACTIVE:
                    self.state = LOCKED_VOTING
                elif self.state in PROPOSING or self.state is LOCKED_PROBE:
                    self.state = ERROR_RECOVERABLE_STATE
                self.herald = sender
                return rules.ADOPT_ANNOUNCED_TERM, (), DONE
        if not ((self.role is RADIANT or self.role is HERALD) and m.term.owner == sender):
            return rules.ELECTED_WRONG_ROLE, (), nearest.elected(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.ELECTED_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if m.term < self.term:
            return rules.ELECTED_STALE_TERM, ((sender, NewerTerm(self.term)),), StaleTerm(self.term)
        if self.state in ERROR:
            return rules.ELECTED_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.ELECTED_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.ELECTED_REFUSED, (), nearest.elected(self, m, sender)

    def on_newer_term(self, m: NewerTerm, sender: Node) -> Outcome:
        """The receiver sent something of a stale term; this is the newer one.

        - adopt_told_term (model/order/election.py:357): Somebody knows a newer term, and not
          whether it has a herald.
        """
        if (
            (self.role is RADIANT or self.role is HERALD)
            and sender not in self.config.controllers
            and self.term < m.term
            and self.state is not ERROR_UNRECOVERABLE
        ):
            self.term = m.term
            self.vote = None
            self.role = RADIANT
            self.standing = False
            if self.state is ACTIVE:
                self.state = LOCKED_VOTING
            elif self.state in PROPOSING or self.state is LOCKED_PROBE:
                self.state = ERROR_RECOVERABLE_STATE
            self.herald = None
            return rules.ADOPT_TOLD_TERM, (), DONE
        if not (
            (self.role is RADIANT or self.role is HERALD) and sender not in self.config.controllers
        ):
            return rules.NEWER_TERM_WRONG_ROLE, (), nearest.newer_term(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.NEWER_TERM_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if m.term < self.term:
            return rules.NEWER_TERM_STALE_TERM, (), StaleTerm(self.term)
        if self.state in ERROR:
            return rules.NEWER_TERM_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.NEWER_TERM_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.NEWER_TERM_REFUSED, (), nearest.newer_term(self, m, sender)

    def on_propose(self, m: Propose, sender: Node) -> Outcome:
        """The herald proposes a record.

        - adopt_newer_term@Propose (model/order/election.py:337): A newer herald speaks: follow it.
          What it said is to be said again.
        - accept_proposal (model/order/proposing.py:198): Never an older position than one's own,
          even of the same herald.
        - accept_again@Propose (model/order/proposing.py:213): The proposal was accepted already;
          the answer may have been lost.
        """
        if (self.role is RADIANT or self.role is HERALD) and m.term.owner == sender:
            if self.term < m.term and self.state is not ERROR_UNRECOVERABLE:
                self.term = m.term
                self.vote = None
                self.role = RADIANT
                self.standing = False
                if self.state is ACTIVE:
                    self.state = LOCKED_VOTING
                elif self.state in PROPOSING or self.state is LOCKED_PROBE:
                    self.state = ERROR_RECOVERABLE_STATE
                self.herald = sender
                return rules.ADOPT_NEWER_TERM_ON_PROPOSE, (), DONE
            if m.term == self.term and self.role is RADIANT:
                position = new(Position, (m.term, m.version))
                if (
                    (self.state is RESET or self.state is ACTIVE or self.state is LOCKED_OF[m.op])
                    and self.accepted_at < position
                    and self.me in m.members
                    and m.op in PROPOSING_OPS
                ):
                    self.accepted_at = position
                    self.members = m.members
                    self.keys = m.keys
                    self.herald = sender
                    self.state = LOCKED_OF[m.op]
                    return rules.ACCEPT_PROPOSAL, ((sender, Accepted(m.term, m.version)),), DONE
                if self.state in RESET_OR_ACTIVE_OR_PROPOSING and position == self.accepted_at:
                    self.herald = sender
                    accepted = Accepted(m.term, m.version)
                    return rules.ACCEPT_AGAIN_ON_PROPOSE, ((sender, accepted),), DONE
        if not ((self.role is RADIANT or self.role is HERALD) and m.term.owner == sender):
            return rules.PROPOSE_WRONG_ROLE, (), nearest.propose(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.PROPOSE_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if m.term < self.term:
            return rules.PROPOSE_STALE_TERM, ((sender, NewerTerm(self.term)),), StaleTerm(self.term)
        if self.state in ERROR:
            return rules.PROPOSE_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.PROPOSE_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.PROPOSE_REFUSED, (), nearest.propose(self, m, sender)

    def on_rollback(self, m: Rollback, sender: Node) -> Outcome:
        """The herald proposes its watermark's record again, at a new position.

        - adopt_newer_term@Rollback (model/order/election.py:337): A newer herald speaks: follow it.
          What it said is to be said again.
        - accept_rollback (model/order/proposing.py:207): A rollback is a proposal like any other;
          what it says differs.
        - accept_again@Rollback (model/order/proposing.py:213): The proposal was accepted already;
          the answer may have been lost.
        """
        if (self.role is RADIANT or self.role is HERALD) and m.term.owner == sender:
            if self.term < m.term and self.state is not ERROR_UNRECOVERABLE:
                self.term = m.term
                self.vote = None
                self.role = RADIANT
                self.standing = False
                if self.state is ACTIVE:
                    self.state = LOCKED_VOTING
                elif self.state in PROPOSING or self.state is LOCKED_PROBE:
                    self.state = ERROR_RECOVERABLE_STATE
                self.herald = sender
                return rules.ADOPT_NEWER_TERM_ON_ROLLBACK, (), DONE
            if m.term == self.term and self.role is RADIANT:
                position = new(Position, (m.term, m.version))
                if (
                    (
                        self.state is RESET
                        or self.state is ACTIVE
                        or self.state is LOCKED_MEMBERSHIP_SET
                    )
                    and self.accepted_at < position
                    and self.me in m.members
                ):
                    self.accepted_at = position
                    self.members = m.members
                    self.keys = m.keys
                    self.herald = sender
                    self.state = LOCKED_MEMBERSHIP_SET
                    return rules.ACCEPT_ROLLBACK, ((sender, Accepted(m.term, m.version)),), DONE
                if self.state in RESET_OR_ACTIVE_OR_PROPOSING and position == self.accepted_at:
                    self.herald = sender
                    accepted = Accepted(m.term, m.version)
                    return rules.ACCEPT_AGAIN_ON_ROLLBACK, ((sender, accepted),), DONE
        if not ((self.role is RADIANT or self.role is HERALD) and m.term.owner == sender):
            return rules.ROLLBACK_WRONG_ROLE, (), nearest.rollback(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.ROLLBACK_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if m.term < self.term:
            newer_term = NewerTerm(self.term)
            return rules.ROLLBACK_STALE_TERM, ((sender, newer_term),), StaleTerm(self.term)
        if self.state in ERROR:
            return rules.ROLLBACK_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.ROLLBACK_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.ROLLBACK_REFUSED, (), nearest.rollback(self, m, sender)

    def on_accepted(self, m: Accepted, sender: Node) -> Outcome:
        """The sender accepted the proposal.

        - count_acceptance (model/order/proposing.py:238): A quorum of the record's own membership
          is still missing.
        - commit (model/order/proposing.py:254): A quorum of the record's own membership accepted
          it: it is the watermark now.
        """
        if (
            self.role is HERALD
            and sender not in self.config.controllers
            and self.state in PROPOSING
            and m.term == self.term
            and m.version == self.version
        ):
            acks = self.acks | {sender}
            has_majority = majority(acks, self.members)
            if not has_majority:
                self.acks = acks
                return rules.COUNT_ACCEPTANCE, (), DONE
            if has_majority:
                op = LOCKED_PAYLOAD[self.state]
                self.acks = acks
                self.confirmed = frozenset({self.me})
                self.watermark_at = self.accepted_at
                self.watermark_members = self.members
                self.watermark_keys = self.keys
                self.joined = True
                self.last_op = op
                self.state = ACTIVE
                commit = Commit(
                    self.accepted_at.term,
                    self.accepted_at.version,
                    op,
                    self.members,
                    self.keys,
                )
                return rules.COMMIT, ((self.audience - {self.me}, commit),), DONE
        if not (self.role is HERALD and sender not in self.config.controllers):
            return rules.ACCEPTED_WRONG_ROLE, (), nearest.accepted(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.ACCEPTED_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if m.term < self.term:
            newer_term = NewerTerm(self.term)
            return rules.ACCEPTED_STALE_TERM, ((sender, newer_term),), StaleTerm(self.term)
        if self.state in ERROR:
            return rules.ACCEPTED_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.ACCEPTED_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.ACCEPTED_REFUSED, (), nearest.accepted(self, m, sender)

    def on_commit(self, m: Commit, sender: Node) -> Outcome:
        """Answer Commit.

        The proposal is committed; the record is in it, so that it serves who missed the proposal.

        - adopt_newer_term@Commit (model/order/election.py:337): A newer herald speaks: follow it.
          What it said is to be said again.
        - catch_up (model/order/proposing.py:323): One who missed the proposal accepts it first; the
          commit comes again.
        - learn (model/order/proposing.py:339): The operation this radiant is locked for is done.
        - learn_again (model/order/proposing.py:361): The commit is known; the answer may have been
          lost.
        - removed (model/order/proposing.py:376): The record leaves this radiant out: it waits for
          re-admission, and never stands.
        - removed_again (model/order/proposing.py:397): The removal is known; the answer may have
          been lost.
        """
        if (self.role is RADIANT or self.role is HERALD) and m.term.owner == sender:
            if self.term < m.term and self.state is not ERROR_UNRECOVERABLE:
                self.term = m.term
                self.vote = None
                self.role = RADIANT
                self.standing = False
                if self.state is ACTIVE:
                    self.state = LOCKED_VOTING
                elif self.state in PROPOSING or self.state is LOCKED_PROBE:
                    self.state = ERROR_RECOVERABLE_STATE
                self.herald = sender
                return rules.ADOPT_NEWER_TERM_ON_COMMIT, (), DONE
            if m.term == self.term and self.role is RADIANT:
                position = new(Position, (m.term, m.version))
                if (
                    (self.state is RESET or (self.state is ACTIVE and self.watermark_at < position))
                    and m.op in PROPOSING_OPS
                    and self.accepted_at <= position
                    and self.me in m.members
                ):
                    self.accepted_at = position
                    self.members = m.members
                    self.keys = m.keys
                    self.herald = sender
                    self.state = LOCKED_OF[m.op]
                    return rules.CATCH_UP, (), DONE
                if (
                    m.op in PROPOSING_OPS
                    and self.state is LOCKED_OF[m.op]
                    and self.accepted_at <= position
                    and self.me in m.members
                ):
                    self.accepted_at = position
                    self.members = m.members
                    self.keys = m.keys
                    self.herald = sender
                    self.watermark_at = position
                    self.watermark_members = m.members
                    self.watermark_keys = m.keys
                    self.joined = True
                    self.state = ACTIVE
                    return rules.LEARN, ((sender, CommitAck(m.term, m.version)),), DONE
                if self.state is ACTIVE and position == self.watermark_at:
                    self.herald = sender
                    return rules.LEARN_AGAIN, ((sender, CommitAck(m.term, m.version)),), DONE
                if (
                    self.state is not BOOTSTRAP
                    and self.state not in ERROR
                    and self.accepted_at < position
                    and self.me not in m.members
                ):
                    self.accepted_at = position
                    self.members = m.members
                    self.keys = m.keys
                    self.herald = sender
                    self.watermark_at = position
                    self.watermark_members = m.members
                    self.watermark_keys = m.keys
                    self.standing = False
                    self.state = ERROR_RECOVERABLE_MEMBERSHIP
                    return rules.REMOVED, ((sender, CommitAck(m.term, m.version)),), DONE
                if (
                    (
                        self.state is RESET
                        or (self.state in ERROR and self.state is not ERROR_UNRECOVERABLE)
                    )
                    and position == self.watermark_at
                    and self.me not in m.members
                ):
                    self.herald = sender
                    return rules.REMOVED_AGAIN, ((sender, CommitAck(m.term, m.version)),), DONE
        if not ((self.role is RADIANT or self.role is HERALD) and m.term.owner == sender):
            return rules.COMMIT_WRONG_ROLE, (), nearest.commit(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.COMMIT_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if m.term < self.term:
            return rules.COMMIT_STALE_TERM, ((sender, NewerTerm(self.term)),), StaleTerm(self.term)
        if self.state in ERROR:
            return rules.COMMIT_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.COMMIT_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.COMMIT_REFUSED, (), nearest.commit(self, m, sender)

    def on_commit_ack(self, m: CommitAck, sender: Node) -> Outcome:
        """The sender has the commit.

        - confirm (model/order/proposing.py:413): Somebody has the commit; a removed radiant need
          not be told again.
        """
        if (
            self.role is HERALD
            and sender not in self.config.controllers
            and m.term == self.term
            and new(Position, (m.term, m.version)) == self.watermark_at
            and self.state is not ERROR_UNRECOVERABLE
        ):
            self.confirmed = self.confirmed | {sender}
            if sender not in self.members:
                self.audience = self.audience - {sender}
            return rules.CONFIRM, (), DONE
        if not (self.role is HERALD and sender not in self.config.controllers):
            return rules.COMMIT_ACK_WRONG_ROLE, (), nearest.commit_ack(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.COMMIT_ACK_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if m.term < self.term:
            newer_term = NewerTerm(self.term)
            return rules.COMMIT_ACK_STALE_TERM, ((sender, newer_term),), StaleTerm(self.term)
        if self.state in ERROR:
            return rules.COMMIT_ACK_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.COMMIT_ACK_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.COMMIT_ACK_REFUSED, (), nearest.commit_ack(self, m, sender)

    def on_probe(self, m: Probe, sender: Node) -> Outcome:
        """The herald asks for a digest.

        - adopt_newer_term@Probe (model/order/election.py:337): A newer herald speaks: follow it.
          What it said is to be said again.
        - answer_probe (model/order/probing.py:61): Say what this radiant holds; it changes nothing,
          so no lock refuses it.
        """
        if (self.role is RADIANT or self.role is HERALD) and m.term.owner == sender:
            if self.term < m.term and self.state is not ERROR_UNRECOVERABLE:
                self.term = m.term
                self.vote = None
                self.role = RADIANT
                self.standing = False
                if self.state is ACTIVE:
                    self.state = LOCKED_VOTING
                elif self.state in PROPOSING or self.state is LOCKED_PROBE:
                    self.state = ERROR_RECOVERABLE_STATE
                self.herald = sender
                return rules.ADOPT_NEWER_TERM_ON_PROBE, (), DONE
            if (
                m.term == self.term
                and self.state is not BOOTSTRAP
                and self.state is not ERROR_UNRECOVERABLE
            ):
                digest = Digest(
                    term=self.term,
                    number=m.number,
                    state=self.state,
                    watermark_at=self.watermark_at,
                    members=self.members,
                    keys=self.keys,
                    severity=self.severity,
                )
                return rules.ANSWER_PROBE, ((sender, digest),), DONE
        if not ((self.role is RADIANT or self.role is HERALD) and m.term.owner == sender):
            return rules.PROBE_WRONG_ROLE, (), nearest.probe(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.PROBE_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if m.term < self.term:
            return rules.PROBE_STALE_TERM, ((sender, NewerTerm(self.term)),), StaleTerm(self.term)
        if self.state in ERROR:
            return rules.PROBE_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.PROBE_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.PROBE_REFUSED, (), nearest.probe(self, m, sender)

    def on_digest(self, m: Digest, sender: Node) -> Outcome:
        """What a member holds.

        - clean_answer (model/order/probing.py:96): This member agrees; others are still to answer.
        - clean_probe (model/order/probing.py:107): All members agree: what was tried before is
          forgotten.
        - dirty_probe (model/order/probing.py:118): A member differs: the matching error.
        - severe_probe (model/order/probing.py:133): A member still waits for a reset: declare at
          least the worst that was seen.
        """
        if (
            self.role is HERALD
            and sender not in self.config.controllers
            and self.state is LOCKED_PROBE
            and m.term == self.term
            and m.number == self.probe
        ):
            if (
                (m.state is ACTIVE or sender == self.me)
                and m.watermark_at == self.watermark_at
                and m.members == self.members
                and m.keys == self.keys
                and m.severity == 0
            ):
                answered = self.answered | {sender}
                if not self.members <= answered:
                    self.answered = answered
                    return rules.CLEAN_ANSWER, (), DONE
                if self.members <= answered:
                    self.answered = answered
                    self.tried = frozenset()
                    self.state = ACTIVE
                    return rules.CLEAN_PROBE, (), DONE
            if (
                not (
                    (m.state is ACTIVE or sender == self.me)
                    and m.watermark_at == self.watermark_at
                    and m.members == self.members
                    and m.keys == self.keys
                    and m.severity == 0
                )
                and m.severity == 0
            ):
                order_error: OrderError
                if m.members != self.members:
                    order_error = MEMBERSHIP
                elif m.keys != self.keys:
                    order_error = SHARD
                else:
                    order_error = STATE
                self.state = ERROR_OF[RECOVERABLE_OF[order_error]]
                return rules.DIRTY_PROBE, (), DONE
            if m.severity > 0:
                episode = new(Episode, (self.term, self.episode.number + 1))
                order_state: OrderState
                if m.severity == 3:
                    order_state = ERROR_UNRECOVERABLE
                elif m.severity == 2:
                    order_state = ERROR_SYSTEM_RESET
                else:
                    order_state = ERROR_RECOVER_RESET
                error: OrderStateError
                if (
                    ERROR_PAYLOAD[order_state] is RECOVER_RESET
                    and ERROR_PAYLOAD[order_state] in self.tried
                ):
                    error = ERROR_LADDER_THEN[ERROR_PAYLOAD[order_state]]
                else:
                    error = ERROR_PAYLOAD[order_state]
                self.state = ERROR_OF[error]
                self.severity = ERROR_LADDER_SEVERITY[error]
                self.worst = ERROR_LADDER_SEVERITY[error]
                self.episode = episode
                self.asks = 0
                declare_error = DeclareError(self.term, episode, error)
                return rules.SEVERE_PROBE, ((self.members - {self.me}, declare_error),), DONE
        if not (self.role is HERALD and sender not in self.config.controllers):
            return rules.DIGEST_WRONG_ROLE, (), nearest.digest(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.DIGEST_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if m.term < self.term:
            return rules.DIGEST_STALE_TERM, ((sender, NewerTerm(self.term)),), StaleTerm(self.term)
        if self.state in ERROR:
            return rules.DIGEST_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.DIGEST_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.DIGEST_REFUSED, (), nearest.digest(self, m, sender)

    def on_report_error(self, m: ReportError, sender: Node) -> Outcome:
        """A radiant tells its herald of an error.

        - hear_error (model/order/recovery.py:108): A member is in an error that needs no reset: the
          herald rolls the order back.
        - hear_severe_error (model/order/recovery.py:122): A member waits for a reset of another
          episode: declare that error afresh.
        - repeat_reset (model/order/recovery.py:137): A member missed the reset request of this
          episode: request it again.
        - repeat_plea (model/order/recovery.py:152): A member missed the controller's grant of this
          episode: ask for it again.
        """
        if self.role is HERALD and sender not in self.config.controllers and m.term == self.term:
            if m.error in RECOVERABLE and self.state in ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE:
                self.state = ERROR_OF[m.error]
                return rules.HEAR_ERROR, (), DONE
            if (
                m.error not in RECOVERABLE
                and m.error is not UNRECOVERABLE
                and m.episode != self.episode
                and self.state in RESET_OR_ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE
            ):
                episode = new(Episode, (self.term, self.episode.number + 1))
                error: OrderStateError
                if m.error is RECOVER_RESET and m.error in self.tried:
                    error = ERROR_LADDER_THEN[m.error]
                else:
                    error = m.error
                self.state = ERROR_OF[error]
                self.severity = ERROR_LADDER_SEVERITY[error]
                self.worst = ERROR_LADDER_SEVERITY[error]
                self.episode = episode
                self.asks = 0
                declare_error = DeclareError(self.term, episode, error)
                return rules.HEAR_SEVERE_ERROR, ((self.members - {self.me}, declare_error),), DONE
            if (
                m.error is RECOVER_RESET
                and m.episode == self.episode
                and self.state is not ERROR_UNRECOVERABLE
            ):
                return rules.REPEAT_RESET, ((sender, ResetRequest(self.term, self.episode)),), DONE
            if (
                m.error is SYSTEM_RESET
                and m.episode == self.episode
                and self.state is not ERROR_UNRECOVERABLE
            ):
                system_reset_request = SystemResetRequest(self.term, self.episode, self.members)
                return rules.REPEAT_PLEA, ((self.config.controllers, system_reset_request),), DONE
        if not (self.role is HERALD and sender not in self.config.controllers):
            return rules.REPORT_ERROR_WRONG_ROLE, (), nearest.report_error(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.REPORT_ERROR_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if m.term < self.term:
            newer_term = NewerTerm(self.term)
            return rules.REPORT_ERROR_STALE_TERM, ((sender, newer_term),), StaleTerm(self.term)
        if self.state in ERROR:
            return rules.REPORT_ERROR_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.REPORT_ERROR_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.REPORT_ERROR_REFUSED, (), nearest.report_error(self, m, sender)

    def on_declare_error(self, m: DeclareError, sender: Node) -> Outcome:
        """The herald declares an error for the whole order.

        - enter_error (model/order/recovery.py:283): A member takes over its herald's error, unless
          its own is worse or the episode is old.
        - adopt_declared_term (model/order/recovery.py:308): A newer herald declares less than this
          radiant's own error: follow it, and stay in error.
        - know_error (model/order/recovery.py:324): The declaration is known, or is not as bad as
          this radiant's own error.
        """
        if (self.role is RADIANT or self.role is HERALD) and m.term.owner == sender:
            if (
                self.term <= m.term
                and self.severity <= ERROR_LADDER_SEVERITY[m.error]
                and ERROR_LADDER_SEVERITY[m.error] > 0
                and self.episode < m.episode
                and self.state is not ERROR_UNRECOVERABLE
            ):
                if self.term < m.term:
                    self.vote = None
                self.term = m.term
                self.role = RADIANT
                self.herald = sender
                self.standing = False
                self.state = ERROR_OF[m.error]
                self.severity = ERROR_LADDER_SEVERITY[m.error]
                self.episode = m.episode
                return rules.ENTER_ERROR, (), DONE
            if (
                self.term < m.term
                and (
                    ERROR_LADDER_SEVERITY[m.error] < self.severity
                    or ERROR_LADDER_SEVERITY[m.error] == 0
                    or not self.episode < m.episode
                )
                and self.state is not ERROR_UNRECOVERABLE
            ):
                self.term = m.term
                self.vote = None
                self.role = RADIANT
                self.standing = False
                if self.state is ACTIVE:
                    self.state = LOCKED_VOTING
                elif self.state in PROPOSING or self.state is LOCKED_PROBE:
                    self.state = ERROR_RECOVERABLE_STATE
                self.herald = sender
                return rules.ADOPT_DECLARED_TERM, (), DONE
            if (
                m.term == self.term
                and self.role is RADIANT
                and self.state in ERROR
                and self.state is not ERROR_UNRECOVERABLE
                and (ERROR_LADDER_SEVERITY[m.error] < self.severity or not self.episode < m.episode)
            ):
                self.herald = sender
                return rules.KNOW_ERROR, (), DONE
        if not ((self.role is RADIANT or self.role is HERALD) and m.term.owner == sender):
            return rules.DECLARE_ERROR_WRONG_ROLE, (), nearest.declare_error(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.DECLARE_ERROR_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if m.term < self.term:
            newer_term = NewerTerm(self.term)
            return rules.DECLARE_ERROR_STALE_TERM, ((sender, newer_term),), StaleTerm(self.term)
        if self.state in ERROR:
            return rules.DECLARE_ERROR_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.DECLARE_ERROR_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.DECLARE_ERROR_REFUSED, (), nearest.declare_error(self, m, sender)

    def on_reset_request(self, m: ResetRequest, sender: Node) -> Outcome:
        """The herald requests the order reset that an episode needs.

        - adopt_newer_term@ResetRequest (model/order/election.py:337): A newer herald speaks: follow
          it. What it said is to be said again.
        - reset (model/order/recovery.py:373): The herald's request permits the reset of just this
          episode.
        """
        if (self.role is RADIANT or self.role is HERALD) and m.term.owner == sender:
            if self.term < m.term and self.state is not ERROR_UNRECOVERABLE:
                self.term = m.term
                self.vote = None
                self.role = RADIANT
                self.standing = False
                if self.state is ACTIVE:
                    self.state = LOCKED_VOTING
                elif self.state in PROPOSING or self.state is LOCKED_PROBE:
                    self.state = ERROR_RECOVERABLE_STATE
                self.herald = sender
                return rules.ADOPT_NEWER_TERM_ON_RESET_REQUEST, (), DONE
            if (
                m.term == self.term
                and self.state is ERROR_RECOVER_RESET
                and m.episode == self.episode
            ):
                self.state = RESET
                self.severity = 0
                self.worst = 0
                self.asks = 0
                self.tried = self.tried | {RECOVER_RESET}
                self.herald = sender
                return rules.RESET, (), DONE
        if not ((self.role is RADIANT or self.role is HERALD) and m.term.owner == sender):
            return rules.RESET_REQUEST_WRONG_ROLE, (), nearest.reset_request(self, m, sender)
        if self.state is ERROR_UNRECOVERABLE:
            return rules.RESET_REQUEST_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if m.term < self.term:
            newer_term = NewerTerm(self.term)
            return rules.RESET_REQUEST_STALE_TERM, ((sender, newer_term),), StaleTerm(self.term)
        if self.state in ERROR:
            return rules.RESET_REQUEST_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.RESET_REQUEST_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.RESET_REQUEST_REFUSED, (), nearest.reset_request(self, m, sender)

    def on_system_reset_request(self, m: SystemResetRequest, sender: Node) -> Outcome:
        """The herald asks the controller for a system reset.

        - hear_plea (model/order/recovery.py:428): The controller notes the newest request; its
          operator decides.
        - repeat_grant (model/order/recovery.py:447): The grant of this episode was lost on its way
          to somebody: it stands.
        - repeat_refusal (model/order/recovery.py:457): The refusal of this episode was lost: it
          stands.
        """
        if self.role is CONTROLLER and m.term.owner == sender and m.episode.term == m.term:
            if self.plea_episode <= m.episode and self.ruled < m.episode:
                self.plea = True
                self.plea_from = sender
                self.plea_episode = m.episode
                self.plea_members = m.members
                return rules.HEAR_PLEA, (), DONE
            if m.episode == self.ruled:
                if self.granted:
                    return rules.REPEAT_GRANT, ((m.members, SystemResetGrant(m.episode)),), DONE
                if not self.granted:
                    return rules.REPEAT_REFUSAL, ((sender, SystemResetRefusal(m.episode)),), DONE
        if not (self.role is CONTROLLER and m.term.owner == sender):
            return (
                rules.SYSTEM_RESET_REQUEST_WRONG_ROLE,
                (),
                nearest.system_reset_request(self, m, sender),
            )
        if self.state is ERROR_UNRECOVERABLE:
            return rules.SYSTEM_RESET_REQUEST_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in ERROR:
            return rules.SYSTEM_RESET_REQUEST_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.SYSTEM_RESET_REQUEST_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.SYSTEM_RESET_REQUEST_REFUSED, (), nearest.system_reset_request(self, m, sender)

    def on_system_reset_grant(self, m: SystemResetGrant, sender: Node) -> Outcome:
        """The controller grants the system reset of an episode.

        - reset_system (model/order/recovery.py:494): The controller's grant permits the reset of
          just this episode.
        """
        if (
            (self.role is RADIANT or self.role is HERALD)
            and sender in self.config.controllers
            and self.state is ERROR_SYSTEM_RESET
            and m.episode == self.episode
        ):
            self.state = RESET
            self.severity = 0
            self.worst = 0
            self.asks = 0
            self.tried = self.tried | {SYSTEM_RESET}
            return rules.RESET_SYSTEM, (), DONE
        if not (
            (self.role is RADIANT or self.role is HERALD) and sender in self.config.controllers
        ):
            return (
                rules.SYSTEM_RESET_GRANT_WRONG_ROLE,
                (),
                nearest.system_reset_grant(self, m, sender),
            )
        if self.state is ERROR_UNRECOVERABLE:
            return rules.SYSTEM_RESET_GRANT_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in ERROR:
            return rules.SYSTEM_RESET_GRANT_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.SYSTEM_RESET_GRANT_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.SYSTEM_RESET_GRANT_REFUSED, (), nearest.system_reset_grant(self, m, sender)

    def on_system_reset_refusal(self, m: SystemResetRefusal, sender: Node) -> Outcome:
        """The controller refuses it.

        - refused (model/order/recovery.py:504): The controller refused the herald: declare the
          order unrecoverable, then fall silent.
        """
        if (
            self.role is HERALD
            and sender in self.config.controllers
            and self.state is ERROR_SYSTEM_RESET
            and m.episode == self.episode
        ):
            episode = new(Episode, (self.term, self.episode.number + 1))
            self.state = ERROR_UNRECOVERABLE
            self.severity = 3
            self.worst = 3
            self.episode = episode
            self.asks = 0
            declare_error = DeclareError(self.term, episode, UNRECOVERABLE)
            return rules.REFUSED, ((self.members - {self.me}, declare_error),), DONE
        if not (self.role is HERALD and sender in self.config.controllers):
            return (
                rules.SYSTEM_RESET_REFUSAL_WRONG_ROLE,
                (),
                nearest.system_reset_refusal(self, m, sender),
            )
        if self.state is ERROR_UNRECOVERABLE:
            return rules.SYSTEM_RESET_REFUSAL_UNRECOVERABLE, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in ERROR:
            return rules.SYSTEM_RESET_REFUSAL_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.SYSTEM_RESET_REFUSAL_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.SYSTEM_RESET_REFUSAL_REFUSED, (), nearest.system_reset_refusal(self, m, sender)

    def on_add_shard(self, m: AddShard) -> Outcome:
        """Make the order responsible for a shard key.

        - add_shard (model/order/service.py:42): Become responsible for a shard key.
        """
        if (
            self.role is HERALD
            and self.state is ACTIVE
            and self.watermark_at.term == self.term
            and self.worst == 0
            and m.key not in self.keys
        ):
            version = self.version + 1
            keys = self.keys | {m.key}
            self.version = version
            self.accepted_at = new(Position, (self.term, version))
            self.keys = keys
            self.audience = self.members | self.audience
            self.acks = frozenset()
            self.state = LOCKED_REPLICATING
            propose = Propose(self.term, version, REPLICATING, self.members, keys)
            accepted = Accepted(self.term, version)
            return rules.ADD_SHARD, ((self.members - {self.me}, propose), (self.me, accepted)), DONE
        if self.role is RADIANT:
            return rules.ADD_SHARD_NOT_HERALD, (), NotHerald(self.herald)
        if self.role is not HERALD:
            return rules.ADD_SHARD_WRONG_ROLE, (), nearest.add_shard(self, m)
        if self.state in ERROR:
            return rules.ADD_SHARD_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.ADD_SHARD_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.ADD_SHARD_REFUSED, (), nearest.add_shard(self, m)

    def on_remove_shard(self, m: RemoveShard) -> Outcome:
        """Release the order from a shard key.

        - remove_shard (model/order/service.py:52): Give up a shard key.
        """
        if (
            self.role is HERALD
            and self.state is ACTIVE
            and self.watermark_at.term == self.term
            and self.worst == 0
            and m.key in self.keys
        ):
            version = self.version + 1
            keys = self.keys - {m.key}
            self.version = version
            self.accepted_at = new(Position, (self.term, version))
            self.keys = keys
            self.audience = self.members | self.audience
            self.acks = frozenset()
            self.state = LOCKED_REPLICATING
            propose = Propose(self.term, version, REPLICATING, self.members, keys)
            accepted = Accepted(self.term, version)
            return (
                rules.REMOVE_SHARD,
                ((self.members - {self.me}, propose), (self.me, accepted)),
                DONE,
            )
        if self.role is RADIANT:
            return rules.REMOVE_SHARD_NOT_HERALD, (), NotHerald(self.herald)
        if self.role is not HERALD:
            return rules.REMOVE_SHARD_WRONG_ROLE, (), nearest.remove_shard(self, m)
        if self.state in ERROR:
            return rules.REMOVE_SHARD_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.REMOVE_SHARD_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.REMOVE_SHARD_REFUSED, (), nearest.remove_shard(self, m)

    def on_move_shard(self, m: MoveShard) -> Outcome:
        """Replace a shard key by another, in one step.

        - move_shard (model/order/service.py:62): Replace a shard key by another in one step, so
          that no reader sees neither or both.
        """
        if (
            self.role is HERALD
            and self.state is ACTIVE
            and self.watermark_at.term == self.term
            and self.worst == 0
            and m.key in self.keys
            and m.to not in self.keys
        ):
            version = self.version + 1
            keys = (self.keys - {m.key}) | {m.to}
            self.version = version
            self.accepted_at = new(Position, (self.term, version))
            self.keys = keys
            self.audience = self.members | self.audience
            self.acks = frozenset()
            self.state = LOCKED_REPLICATING
            propose = Propose(self.term, version, REPLICATING, self.members, keys)
            accepted = Accepted(self.term, version)
            return (
                rules.MOVE_SHARD,
                ((self.members - {self.me}, propose), (self.me, accepted)),
                DONE,
            )
        if self.role is RADIANT:
            return rules.MOVE_SHARD_NOT_HERALD, (), NotHerald(self.herald)
        if self.role is not HERALD:
            return rules.MOVE_SHARD_WRONG_ROLE, (), nearest.move_shard(self, m)
        if self.state in ERROR:
            return rules.MOVE_SHARD_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.MOVE_SHARD_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.MOVE_SHARD_REFUSED, (), nearest.move_shard(self, m)

    def on_add_member(self, m: AddMember) -> Outcome:
        """Admit a radiant to the order, or re-admit one.

        - add_member (model/order/service.py:72): Admit one radiant: only when idle, after a commit
          in one's own term.
        """
        if (
            self.role is HERALD
            and self.state is ACTIVE
            and self.watermark_at.term == self.term
            and self.worst == 0
            and m.node not in self.members
            and m.node not in self.config.controllers
        ):
            version = self.version + 1
            members = self.members | {m.node}
            self.version = version
            self.accepted_at = new(Position, (self.term, version))
            self.members = members
            self.audience = members | self.audience
            self.acks = frozenset()
            self.state = LOCKED_MEMBERSHIP_UPDATE
            propose = Propose(self.term, version, MEMBERSHIP_UPDATE, members, self.keys)
            accepted = Accepted(self.term, version)
            return rules.ADD_MEMBER, ((members - {self.me}, propose), (self.me, accepted)), DONE
        if self.role is RADIANT:
            return rules.ADD_MEMBER_NOT_HERALD, (), NotHerald(self.herald)
        if self.role is not HERALD:
            return rules.ADD_MEMBER_WRONG_ROLE, (), nearest.add_member(self, m)
        if self.state in ERROR:
            return rules.ADD_MEMBER_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.ADD_MEMBER_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.ADD_MEMBER_REFUSED, (), nearest.add_member(self, m)

    def on_remove_member(self, m: RemoveMember) -> Outcome:
        """Remove a radiant from the order.

        - remove_member (model/order/service.py:83): Remove one radiant, never the herald itself;
          the removed one is told of the commit.
        """
        if (
            self.role is HERALD
            and self.state is ACTIVE
            and self.watermark_at.term == self.term
            and self.worst == 0
            and m.node in self.members
            and m.node != self.me
        ):
            version = self.version + 1
            members = self.members - {m.node}
            self.version = version
            self.accepted_at = new(Position, (self.term, version))
            self.audience = self.members | self.audience
            self.members = members
            self.acks = frozenset()
            self.state = LOCKED_MEMBERSHIP_UPDATE
            propose = Propose(self.term, version, MEMBERSHIP_UPDATE, members, self.keys)
            accepted = Accepted(self.term, version)
            return rules.REMOVE_MEMBER, ((members - {self.me}, propose), (self.me, accepted)), DONE
        if self.role is RADIANT:
            return rules.REMOVE_MEMBER_NOT_HERALD, (), NotHerald(self.herald)
        if self.role is not HERALD:
            return rules.REMOVE_MEMBER_WRONG_ROLE, (), nearest.remove_member(self, m)
        if self.state in ERROR:
            return rules.REMOVE_MEMBER_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.REMOVE_MEMBER_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.REMOVE_MEMBER_REFUSED, (), nearest.remove_member(self, m)

    def on_start_probe(self, m: StartProbe) -> Outcome:
        """Ask all members whether they are up and agree.

        - start_probe (model/order/probing.py:36): An operator asks for a probe of the members,
          itself included. PROBE locks the herald only.
        """
        if (
            self.role is HERALD
            and self.state is ACTIVE
            and self.watermark_at.term == self.term
            and self.worst == 0
        ):
            probe = self.probe + 1
            self.probe = probe
            self.answered = frozenset()
            self.state = LOCKED_PROBE
            return rules.START_PROBE, ((self.members, Probe(self.term, probe)),), DONE
        if self.role is RADIANT:
            return rules.START_PROBE_NOT_HERALD, (), NotHerald(self.herald)
        if self.role is not HERALD:
            return rules.START_PROBE_WRONG_ROLE, (), nearest.start_probe(self, m)
        if self.state in ERROR:
            return rules.START_PROBE_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.START_PROBE_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.START_PROBE_REFUSED, (), nearest.start_probe(self, m)

    def on_order_reset(self, m: OrderReset) -> Outcome:
        """Reset the order.

        - order_reset (model/order/recovery.py:261): An operator asks the herald to reset the order.
        """
        if self.role is HERALD and (self.state is ACTIVE or self.state in ERROR_RECOVERABLE):
            episode = new(Episode, (self.term, self.episode.number + 1))
            self.state = ERROR_RECOVER_RESET
            self.severity = ERROR_LADDER_SEVERITY[RECOVER_RESET]
            self.worst = ERROR_LADDER_SEVERITY[RECOVER_RESET]
            self.episode = episode
            self.asks = 0
            declare_error = DeclareError(self.term, episode, RECOVER_RESET)
            return rules.ORDER_RESET, ((self.members - {self.me}, declare_error),), DONE
        if self.role is RADIANT:
            return rules.ORDER_RESET_NOT_HERALD, (), NotHerald(self.herald)
        if self.role is not HERALD:
            return rules.ORDER_RESET_WRONG_ROLE, (), nearest.order_reset(self, m)
        if self.state in ERROR:
            return rules.ORDER_RESET_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.ORDER_RESET_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.ORDER_RESET_REFUSED, (), nearest.order_reset(self, m)

    def on_system_reset(self, m: SystemReset) -> Outcome:
        """Ask the controller for a system reset.

        - system_reset (model/order/recovery.py:272): An operator asks the herald for a system
          reset.
        """
        if self.role is HERALD and self.state in ACTIVE_OR_ERROR_RECOVERABLE_OR_ERROR_RECOVER_RESET:
            episode = new(Episode, (self.term, self.episode.number + 1))
            self.state = ERROR_SYSTEM_RESET
            self.severity = ERROR_LADDER_SEVERITY[SYSTEM_RESET]
            self.worst = ERROR_LADDER_SEVERITY[SYSTEM_RESET]
            self.episode = episode
            self.asks = 0
            declare_error = DeclareError(self.term, episode, SYSTEM_RESET)
            return rules.SYSTEM_RESET, ((self.members - {self.me}, declare_error),), DONE
        if self.role is RADIANT:
            return rules.SYSTEM_RESET_NOT_HERALD, (), NotHerald(self.herald)
        if self.role is not HERALD:
            return rules.SYSTEM_RESET_WRONG_ROLE, (), nearest.system_reset(self, m)
        if self.state in ERROR:
            return rules.SYSTEM_RESET_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.SYSTEM_RESET_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.SYSTEM_RESET_REFUSED, (), nearest.system_reset(self, m)

    def on_grant_system_reset(self, m: GrantSystemReset) -> Outcome:
        """The controller's operator grants the system reset that is asked for.

        - grant_system_reset (model/order/recovery.py:472): Only the controller grants, and only
          what was asked for.
        """
        if self.role is CONTROLLER and self.plea:
            self.plea = False
            self.ruled = self.plea_episode
            self.granted = True
            system_reset_grant = SystemResetGrant(self.plea_episode)
            return rules.GRANT_SYSTEM_RESET, ((self.plea_members, system_reset_grant),), DONE
        if self.role is not CONTROLLER:
            return rules.GRANT_SYSTEM_RESET_WRONG_ROLE, (), nearest.grant_system_reset(self, m)
        if self.state in ERROR:
            return rules.GRANT_SYSTEM_RESET_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.GRANT_SYSTEM_RESET_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.GRANT_SYSTEM_RESET_REFUSED, (), nearest.grant_system_reset(self, m)

    def on_refuse_system_reset(self, m: RefuseSystemReset) -> Outcome:
        """The controller's operator refuses it.

        - refuse_system_reset (model/order/recovery.py:483): Only the controller refuses, and only
          what was asked for.
        """
        if self.role is CONTROLLER and self.plea:
            self.plea = False
            self.ruled = self.plea_episode
            self.granted = False
            sends: tuple[Send, ...] = ()
            if self.plea_from is not None:
                sends += ((self.plea_from, SystemResetRefusal(self.plea_episode)),)
            return rules.REFUSE_SYSTEM_RESET, sends, DONE
        if self.role is not CONTROLLER:
            return rules.REFUSE_SYSTEM_RESET_WRONG_ROLE, (), nearest.refuse_system_reset(self, m)
        if self.state in ERROR:
            return rules.REFUSE_SYSTEM_RESET_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.REFUSE_SYSTEM_RESET_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.REFUSE_SYSTEM_RESET_REFUSED, (), nearest.refuse_system_reset(self, m)

    def on_report_fault(self, m: ReportFault) -> Outcome:
        """A local part (disk, shard store, operator) reports a fault to its radiant.

        - detect (model/order/recovery.py:86): A plain radiant goes into error and reports it to its
          herald, if it knows one.
        - detect_as_herald (model/order/recovery.py:98): The herald goes into error; it answers for
          the order when it leaves it.
        """
        if self.role is RADIANT or self.role is HERALD:
            if self.role is RADIANT and self.state in RESET_OR_ACTIVE_OR_PROPOSING:
                self.state = ERROR_OF[RECOVERABLE_OF[m.error]]
                sends: tuple[Send, ...] = ()
                if self.herald is not None:
                    sends += (
                        (
                            self.herald,
                            ReportError(self.term, RECOVERABLE_OF[m.error], self.episode),
                        ),
                    )
                return rules.DETECT, sends, DONE
            if self.role is HERALD and self.state in RESET_OR_ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE:
                self.state = ERROR_OF[RECOVERABLE_OF[m.error]]
                return rules.DETECT_AS_HERALD, (), DONE
        if self.role is not RADIANT and self.role is not HERALD:
            return rules.REPORT_FAULT_WRONG_ROLE, (), nearest.report_fault(self, m)
        if self.state in ERROR:
            return rules.REPORT_FAULT_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.REPORT_FAULT_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.REPORT_FAULT_REFUSED, (), nearest.report_fault(self, m)

    def on_get_status(self, m: GetStatus) -> Outcome:
        """Ask a radiant for its state.

        - get_status (model/order/service.py:100): Answered in every state and role.
        """
        return (
            rules.GET_STATUS,
            (),
            Status(
                state=self.state,
                role=self.role,
                term=self.term,
                herald=self.herald,
                joined=self.joined,
                accepted_at=self.accepted_at,
                watermark_at=self.watermark_at,
                members=self.members,
                severity=self.severity,
                episode=self.episode,
            ),
        )
        if self.state in ERROR:
            return rules.GET_STATUS_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.GET_STATUS_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.GET_STATUS_REFUSED, (), nearest.get_status(self, m)

    def on_list_shards(self, m: ListShards) -> Outcome:
        """Ask a radiant for the shard keys of its watermark.

        - list_shards (model/order/service.py:119): A read of the watermark: no lock refuses it.
        """
        if (
            (self.role is RADIANT or self.role is HERALD)
            and self.joined
            and self.state is not BOOTSTRAP
            and self.state is not ERROR_UNRECOVERABLE
        ):
            return rules.LIST_SHARDS, (), ShardList(self.watermark_at, self.watermark_keys)
        if self.role is not RADIANT and self.role is not HERALD:
            return rules.LIST_SHARDS_WRONG_ROLE, (), nearest.list_shards(self, m)
        if self.state in ERROR:
            return rules.LIST_SHARDS_IN_ERROR, (), InError(ERROR_PAYLOAD[self.state])
        if self.state in LOCKED:
            return rules.LIST_SHARDS_LOCKED, (), Locked(LOCKED_PAYLOAD[self.state])
        return rules.LIST_SHARDS_REFUSED, (), nearest.list_shards(self, m)

    def on_beacon_due(self, m: BeaconDue) -> Outcome:
        """Time to look for peers again.

        - beacon (model/order/bootstrap.py:26): Look for the configured peers, and for the members
          of the accepted record.
        """
        if self.role is RADIANT and self.state is BOOTSTRAP:
            return rules.BEACON, ((self.members | self.config.members, Beacon()),), DONE
        return rules.BEACON_DUE_IGNORED, (), IGNORED

    def on_election_timeout(self, m: ElectionTimeout) -> Outcome:
        """Nothing was heard of the herald, or a lock was held, for too long.

        - stand (model/order/election.py:83): The herald is silent: stand in a fresh term. Only a
          full member stands.
        - stand_in_error (model/order/election.py:95): In error the order state stays: else nobody
          could ask for a dead herald's order's reset.
        - lock_timeout (model/order/election.py:107): A lock held for too long means that somebody
          is down.
        - lock_timeout_of_herald (model/order/election.py:118): The herald's own operation finds no
          quorum, or its probe no answer: somebody is down.
        """
        if self.role is RADIANT:
            term = new(Term, (self.term.round + 1, self.me))
            others = self.members - {self.me}
            if (
                self.state in RESET_OR_ACTIVE_OR_LOCKED_VOTING
                and self.joined
                and self.me in self.members
            ):
                self.term = term
                self.vote = self.me
                self.standing = True
                self.votes = frozenset()
                self.herald = None
                self.worst = self.severity
                self.state = LOCKED_VOTING
                request_vote = RequestVote(term, self.accepted_at)
                vote = Vote(term, self.severity)
                return rules.STAND, ((others, request_vote), (self.me, vote)), DONE
            if (
                self.state in ERROR
                and self.state is not ERROR_UNRECOVERABLE
                and self.joined
                and self.me in self.members
            ):
                self.term = term
                self.vote = self.me
                self.standing = True
                self.votes = frozenset()
                self.herald = None
                self.worst = self.severity
                request_vote = RequestVote(term, self.accepted_at)
                vote = Vote(term, self.severity)
                return rules.STAND_IN_ERROR, ((others, request_vote), (self.me, vote)), DONE
            if self.state in PROPOSING:
                self.standing = False
                self.state = ERROR_RECOVERABLE_MEMBERSHIP
                sends: tuple[Send, ...] = ()
                if self.herald is not None:
                    sends += (
                        (self.herald, ReportError(self.term, RECOVERABLE_MEMBERSHIP, self.episode)),
                    )
                return rules.LOCK_TIMEOUT, sends, DONE
        if self.role is HERALD and (self.state in PROPOSING or self.state is LOCKED_PROBE):
            self.state = ERROR_RECOVERABLE_MEMBERSHIP
            return rules.LOCK_TIMEOUT_OF_HERALD, (), DONE
        return rules.ELECTION_TIMEOUT_IGNORED, (), IGNORED

    def on_resend_due(self, m: ResendDue) -> Outcome:
        """Time for the herald to send again what is not answered yet.

        - establish (model/order/proposing.py:107): A new herald first proposes its accepted record
          again, at a position of its own term.
        - restore (model/order/proposing.py:122): After a reset or recovery, without a commit in its
          own term, it proposes its accepted record.
        - roll_back (model/order/proposing.py:135): After a reset or a recovery, with a commit in
          its own term, it goes back to that one.
        - resend_proposal (model/order/proposing.py:153): Send the outstanding proposal again, to
          whoever may have missed it or the announcement.
        - resend_commit (model/order/proposing.py:280): An idle herald shows that it is alive, and
          brings back who missed the commit.
        - resend_probe (model/order/probing.py:48): Ask again whoever may have missed it.
        - alive_in_recovery (model/order/recovery.py:222): A herald that recovers still shows that
          it is alive.
        - declare_worst (model/order/recovery.py:235): A voter was in a worse error than this
          herald: declare at least that.
        - declare_afresh (model/order/recovery.py:246): The error is an older herald's, or less than
          the worst seen: declare it as one's own.
        - request_reset (model/order/recovery.py:342): Only the herald requests RESET, for the
          episode it declared; it obeys its own request.
        - ask_controller (model/order/recovery.py:402): Only the herald asks the controller, again
          while it is silent.
        - give_up (model/order/recovery.py:418): The controller stayed silent: declare the order
          unrecoverable, then fall silent.
        """
        if self.role is HERALD:
            version = self.version + 1
            others = self.members - {self.me}
            position = new(Position, (self.term, version))
            if self.state is ACTIVE and self.watermark_at.term != self.term and self.worst == 0:
                self.version = version
                self.accepted_at = position
                self.audience = self.members
                self.acks = frozenset()
                self.state = LOCKED_MEMBERSHIP_SET
                propose = Propose(self.term, version, MEMBERSHIP_SET, self.members, self.keys)
                accepted = Accepted(self.term, version)
                return rules.ESTABLISH, ((others, propose), (self.me, accepted)), DONE
            if self.state is RESET:
                if self.watermark_at.term != self.term and self.worst == 0:
                    self.version = version
                    self.accepted_at = position
                    self.audience = self.members
                    self.acks = frozenset()
                    self.state = LOCKED_MEMBERSHIP_SET
                    propose = Propose(self.term, version, MEMBERSHIP_SET, self.members, self.keys)
                    accepted = Accepted(self.term, version)
                    return rules.RESTORE, ((others, propose), (self.me, accepted)), DONE
                if self.watermark_at.term == self.term and self.worst == 0:
                    self.version = version
                    self.accepted_at = position
                    self.members = self.watermark_members
                    self.keys = self.watermark_keys
                    self.audience = self.watermark_members | self.audience
                    self.acks = frozenset()
                    self.state = LOCKED_MEMBERSHIP_SET
                    rollback = Rollback(
                        self.term,
                        version,
                        self.watermark_at,
                        self.watermark_members,
                        self.watermark_keys,
                    )
                    accepted = Accepted(self.term, version)
                    return (
                        rules.ROLL_BACK,
                        ((self.watermark_members - {self.me}, rollback), (self.me, accepted)),
                        DONE,
                    )
            if self.state in PROPOSING:
                elected = Elected(self.term)
                propose = Propose(
                    self.term,
                    self.accepted_at.version,
                    LOCKED_PAYLOAD[self.state],
                    self.members,
                    self.keys,
                )
                accepted = Accepted(self.term, self.accepted_at.version)
                return (
                    rules.RESEND_PROPOSAL,
                    ((others, elected), (others, propose), (self.me, accepted)),
                    DONE,
                )
            if self.state is ACTIVE and self.watermark_at.term == self.term and self.worst == 0:
                elected = Elected(self.term)
                commit = Commit(
                    self.watermark_at.term,
                    self.watermark_at.version,
                    self.last_op,
                    self.watermark_members,
                    self.watermark_keys,
                )
                return (
                    rules.RESEND_COMMIT,
                    ((others, elected), (self.audience - {self.me}, commit)),
                    DONE,
                )
            if self.state is LOCKED_PROBE:
                elected = Elected(self.term)
                probe = Probe(self.term, self.probe)
                return rules.RESEND_PROBE, ((others, elected), (self.members, probe)), DONE
            if self.state in ERROR_RECOVERABLE:
                return rules.ALIVE_IN_RECOVERY, ((others, Elected(self.term)),), DONE
            episode = new(Episode, (self.term, self.episode.number + 1))
            if (self.state is RESET or self.state is ACTIVE) and self.worst > 0:
                order_state: OrderState
                if self.worst == 3:
                    order_state = ERROR_UNRECOVERABLE
                elif self.worst == 2:
                    order_state = ERROR_SYSTEM_RESET
                else:
                    order_state = ERROR_RECOVER_RESET
                error: OrderStateError
                if (
                    ERROR_PAYLOAD[order_state] is RECOVER_RESET
                    and ERROR_PAYLOAD[order_state] in self.tried
                ):
                    error = ERROR_LADDER_THEN[ERROR_PAYLOAD[order_state]]
                else:
                    error = ERROR_PAYLOAD[order_state]
                self.state = ERROR_OF[error]
                self.severity = ERROR_LADDER_SEVERITY[error]
                self.worst = ERROR_LADDER_SEVERITY[error]
                self.episode = episode
                self.asks = 0
                declare_error = DeclareError(self.term, episode, error)
                return rules.DECLARE_WORST, ((others, declare_error),), DONE
            if (self.state is ERROR_RECOVER_RESET or self.state is ERROR_SYSTEM_RESET) and (
                self.episode.term != self.term or self.severity < self.worst
            ):
                severity = self.severity if self.worst < self.severity else self.worst
                order_state_2: OrderState
                if severity == 3:
                    order_state_2 = ERROR_UNRECOVERABLE
                elif severity == 2:
                    order_state_2 = ERROR_SYSTEM_RESET
                else:
                    order_state_2 = ERROR_RECOVER_RESET
                self.state = ERROR_OF[ERROR_PAYLOAD[order_state_2]]
                self.severity = severity
                self.worst = severity
                self.episode = episode
                self.asks = 0
                declare_error = DeclareError(self.term, episode, ERROR_PAYLOAD[order_state_2])
                return rules.DECLARE_AFRESH, ((others, declare_error),), DONE
            if (
                self.state is ERROR_RECOVER_RESET
                and self.episode.term == self.term
                and self.worst <= self.severity
            ):
                declare_error = DeclareError(self.term, self.episode, RECOVER_RESET)
                reset_request = ResetRequest(self.term, self.episode)
                return (
                    rules.REQUEST_RESET,
                    ((others, declare_error), (self.members, reset_request)),
                    DONE,
                )
            if self.state is ERROR_SYSTEM_RESET and self.episode.term == self.term:
                if self.asks < 3:
                    self.asks = min(self.asks + 1, 3)
                    declare_error = DeclareError(self.term, self.episode, SYSTEM_RESET)
                    system_reset_request = SystemResetRequest(self.term, self.episode, self.members)
                    return (
                        rules.ASK_CONTROLLER,
                        ((others, declare_error), (self.config.controllers, system_reset_request)),
                        DONE,
                    )
                if self.asks == 3:
                    self.state = ERROR_UNRECOVERABLE
                    self.severity = 3
                    self.worst = 3
                    self.episode = episode
                    self.asks = 0
                    declare_error = DeclareError(self.term, episode, UNRECOVERABLE)
                    return rules.GIVE_UP, ((others, declare_error),), DONE
        return rules.RESEND_DUE_IGNORED, (), IGNORED

    def on_probe_due(self, m: ProbeDue) -> Outcome:
        """Time for a probe.

        - probe_again (model/order/probing.py:42): The herald probes from time to time.
        """
        if (
            self.role is HERALD
            and self.state is ACTIVE
            and self.watermark_at.term == self.term
            and self.worst == 0
        ):
            probe = self.probe + 1
            self.probe = probe
            self.answered = frozenset()
            self.state = LOCKED_PROBE
            return rules.PROBE_AGAIN, ((self.members, Probe(self.term, probe)),), DONE
        return rules.PROBE_DUE_IGNORED, (), IGNORED

    def on_recover_due(self, m: RecoverDue) -> Outcome:
        """Time to leave a recoverable error.

        - recover (model/order/recovery.py:170): A plain radiant recovers locally.
        - recover_as_herald (model/order/recovery.py:189): The herald tries an error's first answer,
          once between clean probes.
        - escalate (model/order/recovery.py:204): The same error again: the next rung that was not
          tried yet.
        """
        if self.role is RADIANT and self.state in ERROR_RECOVERABLE:
            self.state = RESET
            return rules.RECOVER, (), DONE
        if self.role is HERALD and self.state in ERROR_RECOVERABLE:
            if ERROR_PAYLOAD[self.state] not in self.tried or (
                self.state is ERROR_RECOVERABLE_MEMBERSHIP and RECOVER_RESET in self.tried
            ):
                self.tried = self.tried | {ERROR_PAYLOAD[self.state]}
                self.state = RESET
                return rules.RECOVER_AS_HERALD, (), DONE
            if ERROR_PAYLOAD[self.state] in self.tried and not (
                self.state is ERROR_RECOVERABLE_MEMBERSHIP and RECOVER_RESET in self.tried
            ):
                episode = new(Episode, (self.term, self.episode.number + 1))
                error: OrderStateError
                if ERROR_LADDER_THEN[ERROR_PAYLOAD[self.state]] in self.tried:
                    error = ERROR_LADDER_THEN[ERROR_LADDER_THEN[ERROR_PAYLOAD[self.state]]]
                else:
                    error = ERROR_LADDER_THEN[ERROR_PAYLOAD[self.state]]
                self.state = ERROR_OF[error]
                self.severity = ERROR_LADDER_SEVERITY[error]
                self.worst = ERROR_LADDER_SEVERITY[error]
                self.episode = episode
                self.asks = 0
                declare_error = DeclareError(self.term, episode, error)
                return rules.ESCALATE, ((self.members - {self.me}, declare_error),), DONE
        return rules.RECOVER_DUE_IGNORED, (), IGNORED

    def handle(self, event: Event, sender: Node | None = None) -> Outcome:
        """Answer any event; a message needs its sender, as the transport knows it.

        Raises `TypeError` for anything else, and for a message without a sender.
        """
        kind = type(event)
        if kind in _ON_MESSAGE:
            if sender is None:
                raise TypeError(f"{event!r}: a message needs its sender; give handle(m, sender)")
            return _ON_MESSAGE[kind](self, event, sender)
        if kind in _ON_OTHER:
            return _ON_OTHER[kind](self, event)
        raise TypeError(f"{event!r}: not an event of this node")


_ON_MESSAGE: dict[type[Event], Callable[[Radiant, Any, Node], Outcome]] = {
    Beacon: Radiant.on_beacon,
    BeaconAnswer: Radiant.on_beacon_answer,
    RequestVote: Radiant.on_request_vote,
    Vote: Radiant.on_vote,
    Elected: Radiant.on_elected,
    NewerTerm: Radiant.on_newer_term,
    Propose: Radiant.on_propose,
    Rollback: Radiant.on_rollback,
    Accepted: Radiant.on_accepted,
    Commit: Radiant.on_commit,
    CommitAck: Radiant.on_commit_ack,
    Probe: Radiant.on_probe,
    Digest: Radiant.on_digest,
    ReportError: Radiant.on_report_error,
    DeclareError: Radiant.on_declare_error,
    ResetRequest: Radiant.on_reset_request,
    SystemResetRequest: Radiant.on_system_reset_request,
    SystemResetGrant: Radiant.on_system_reset_grant,
    SystemResetRefusal: Radiant.on_system_reset_refusal,
}
_ON_OTHER: dict[type[Event], Callable[[Radiant, Any], Outcome]] = {
    AddShard: Radiant.on_add_shard,
    RemoveShard: Radiant.on_remove_shard,
    MoveShard: Radiant.on_move_shard,
    AddMember: Radiant.on_add_member,
    RemoveMember: Radiant.on_remove_member,
    StartProbe: Radiant.on_start_probe,
    OrderReset: Radiant.on_order_reset,
    SystemReset: Radiant.on_system_reset,
    GrantSystemReset: Radiant.on_grant_system_reset,
    RefuseSystemReset: Radiant.on_refuse_system_reset,
    ReportFault: Radiant.on_report_fault,
    GetStatus: Radiant.on_get_status,
    ListShards: Radiant.on_list_shards,
    BeaconDue: Radiant.on_beacon_due,
    ElectionTimeout: Radiant.on_election_timeout,
    ResendDue: Radiant.on_resend_due,
    ProbeDue: Radiant.on_probe_due,
    RecoverDue: Radiant.on_recover_due,
}
