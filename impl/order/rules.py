# Generated from the spec 'order' by `oathbound generate`; change the spec, not this file.
# Digest of what follows: a68da5509b8c828303656999a3d131d8e7196ee2ee902552d68ab3279daa8ce3
"""The order of radiants: the rules, by event, with their clauses."""

from dataclasses import dataclass
from typing import Literal, NamedTuple


class Clause(NamedTuple):
    """One condition of a rule, as the spec writes it."""

    kind: Literal["role", "sender", "guard"]
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A row of the spec: one that accepts an event, or an answer where none does."""

    label: str
    kind: Literal["rule", "refusal"]
    event: str
    place: str
    doc: str
    persists: tuple[str, ...] = ()
    clauses: tuple[Clause, ...] = ()

    def __str__(self) -> str:
        """Return its label."""
        return self.label


# Beacon

ANSWER_BEACON = Rule(
    "answer_beacon",
    "rule",
    "Beacon",
    "model/order/bootstrap.py:36",
    "Tell a peer that this radiant is up; an unrecoverable one keeps silent.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
    ),
)
BEACON_WRONG_ROLE = Rule(
    "Beacon/wrong_role",
    "refusal",
    "Beacon",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(
        Clause("guard", "~(me.role.is_(RADIANT, HERALD) & ~config.controllers.has(m.sender))"),
    ),
)
BEACON_UNRECOVERABLE = Rule(
    "Beacon/unrecoverable",
    "refusal",
    "Beacon",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
BEACON_IN_ERROR = Rule(
    "Beacon/in_error",
    "refusal",
    "Beacon",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
BEACON_LOCKED = Rule(
    "Beacon/locked",
    "refusal",
    "Beacon",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
BEACON_REFUSED = Rule(
    "Beacon/refused",
    "refusal",
    "Beacon",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# BeaconAnswer

HEAR_PEER = Rule(
    "hear_peer",
    "rule",
    "BeaconAnswer",
    "model/order/bootstrap.py:42",
    "Count a peer; a majority is still missing.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "me.state == BOOTSTRAP"),
        Clause("guard", "~majority(me.heard.add(m.sender), me.members)"),
    ),
)
AWAKE = Rule(
    "awake",
    "rule",
    "BeaconAnswer",
    "model/order/bootstrap.py:53",
    "A majority is up: go on to RESET.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "me.state == BOOTSTRAP"),
        Clause("guard", "majority(me.heard.add(m.sender), me.members)"),
        Clause("guard", "me.severity == 0"),
    ),
)
AWAKE_IN_ERROR = Rule(
    "awake_in_error",
    "rule",
    "BeaconAnswer",
    "model/order/bootstrap.py:67",
    "A majority is up, but the error from before the crash is not over.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "me.state == BOOTSTRAP"),
        Clause("guard", "majority(me.heard.add(m.sender), me.members)"),
        Clause("guard", "me.severity > 0"),
    ),
)
BEACON_ANSWER_WRONG_ROLE = Rule(
    "BeaconAnswer/wrong_role",
    "refusal",
    "BeaconAnswer",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(
        Clause("guard", "~(me.role.is_(RADIANT, HERALD) & ~config.controllers.has(m.sender))"),
    ),
)
BEACON_ANSWER_UNRECOVERABLE = Rule(
    "BeaconAnswer/unrecoverable",
    "refusal",
    "BeaconAnswer",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
BEACON_ANSWER_IN_ERROR = Rule(
    "BeaconAnswer/in_error",
    "refusal",
    "BeaconAnswer",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
BEACON_ANSWER_LOCKED = Rule(
    "BeaconAnswer/locked",
    "refusal",
    "BeaconAnswer",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
BEACON_ANSWER_REFUSED = Rule(
    "BeaconAnswer/refused",
    "refusal",
    "BeaconAnswer",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# RequestVote

GRANT_VOTE = Rule(
    "grant_vote",
    "rule",
    "RequestVote",
    "model/order/election.py:152",
    "A full member votes and waits for the announcement.",
    persists=("term", "vote"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "owner(m.term) == m.sender"),
        Clause(
            "guard",
            "(m.term > me.term) | ((m.term == me.term) & ((~me.vote.known & ~me.herald.known) | "
            "(me.vote == m.sender)))",
        ),
        Clause("guard", "m.accepted_at >= me.accepted_at"),
        Clause("guard", "me.state.is_(RESET, ACTIVE, LOCKED(VOTING))"),
        Clause("guard", "me.joined"),
        Clause("guard", "me.members.has(me)"),
    ),
)
GRANT_VOTE_ASIDE = Rule(
    "grant_vote_aside",
    "rule",
    "RequestVote",
    "model/order/election.py:163",
    "A radiant in error, or not (or no longer) a full member, votes with its state unchanged.",
    persists=("term", "vote"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "owner(m.term) == m.sender"),
        Clause(
            "guard",
            "(m.term > me.term) | ((m.term == me.term) & ((~me.vote.known & ~me.herald.known) | "
            "(me.vote == m.sender)))",
        ),
        Clause("guard", "m.accepted_at >= me.accepted_at"),
        Clause(
            "guard",
            "(me.state.is_(ERROR) & ~me.state.is_(ERROR(UNRECOVERABLE))) | (me.state.is_(RESET) & "
            "~(me.joined & me.members.has(me)))",
        ),
    ),
)
WITHHOLD_VOTE = Rule(
    "withhold_vote",
    "rule",
    "RequestVote",
    "model/order/election.py:177",
    "A candidate that holds less than this radiant gets no vote, but its newer term is seen.",
    persists=("term", "vote"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "m.term > me.term"),
        Clause("guard", "m.accepted_at < me.accepted_at"),
        Clause(
            "guard",
            "me.state.is_(RESET, ACTIVE, LOCKED(VOTING)) | (me.state.is_(ERROR) & "
            "~me.state.is_(ERROR(UNRECOVERABLE)))",
        ),
    ),
)
REQUEST_VOTE_WRONG_ROLE = Rule(
    "RequestVote/wrong_role",
    "refusal",
    "RequestVote",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(
        Clause("guard", "~(me.role.is_(RADIANT, HERALD) & ~config.controllers.has(m.sender))"),
    ),
)
REQUEST_VOTE_UNRECOVERABLE = Rule(
    "RequestVote/unrecoverable",
    "refusal",
    "RequestVote",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
REQUEST_VOTE_STALE_TERM = Rule(
    "RequestVote/stale_term",
    "refusal",
    "RequestVote",
    "model/order/refusals.py:41",
    "A stale term is always refused with the newer one.",
    clauses=(Clause("guard", "m.term < me.term"),),
)
REQUEST_VOTE_IN_ERROR = Rule(
    "RequestVote/in_error",
    "refusal",
    "RequestVote",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
REQUEST_VOTE_LOCKED = Rule(
    "RequestVote/locked",
    "refusal",
    "RequestVote",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
REQUEST_VOTE_REFUSED = Rule(
    "RequestVote/refused",
    "refusal",
    "RequestVote",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# Vote

COUNT_VOTE = Rule(
    "count_vote",
    "rule",
    "Vote",
    "model/order/election.py:194",
    "A majority of the accepted membership is still missing.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "me.standing"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "~majority(me.votes.add(m.sender), me.members)"),
        Clause(
            "guard",
            "me.state.is_(LOCKED(VOTING)) | (me.state.is_(ERROR) & "
            "~me.state.is_(ERROR(UNRECOVERABLE)))",
        ),
    ),
)
WIN = Rule(
    "win",
    "rule",
    "Vote",
    "model/order/election.py:237",
    "A majority of the accepted membership voted: announce it.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "me.standing"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "majority(me.votes.add(m.sender), me.members)"),
        Clause("guard", "me.state.is_(LOCKED(VOTING))"),
    ),
)
WIN_IN_ERROR = Rule(
    "win_in_error",
    "rule",
    "Vote",
    "model/order/election.py:254",
    "The same in error; the order state stays, and the new herald answers for the error.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "me.standing"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "majority(me.votes.add(m.sender), me.members)"),
        Clause("guard", "me.state.is_(ERROR)"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
    ),
)
VOTE_WRONG_ROLE = Rule(
    "Vote/wrong_role",
    "refusal",
    "Vote",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(
        Clause("guard", "~(me.role.is_(RADIANT, HERALD) & ~config.controllers.has(m.sender))"),
    ),
)
VOTE_UNRECOVERABLE = Rule(
    "Vote/unrecoverable",
    "refusal",
    "Vote",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
VOTE_STALE_TERM = Rule(
    "Vote/stale_term",
    "refusal",
    "Vote",
    "model/order/refusals.py:41",
    "A stale term is always refused with the newer one.",
    clauses=(Clause("guard", "m.term < me.term"),),
)
VOTE_IN_ERROR = Rule(
    "Vote/in_error",
    "refusal",
    "Vote",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
VOTE_LOCKED = Rule(
    "Vote/locked",
    "refusal",
    "Vote",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
VOTE_REFUSED = Rule(
    "Vote/refused",
    "refusal",
    "Vote",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# Elected

HEAR_ELECTED = Rule(
    "hear_elected",
    "rule",
    "Elected",
    "model/order/election.py:274",
    "The announcement ends the voting.",
    persists=("term", "vote"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term >= me.term"),
        Clause("guard", "me.state.is_(LOCKED(VOTING))"),
    ),
)
HEARTBEAT = Rule(
    "heartbeat",
    "rule",
    "Elected",
    "model/order/election.py:291",
    "The herald is alive.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "me.role == RADIANT"),
        Clause(
            "guard",
            "me.state.is_(BOOTSTRAP, RESET, ACTIVE, LOCKED(MEMBERSHIP_UPDATE), "
            "LOCKED(MEMBERSHIP_SET), LOCKED(REPLICATING), LOCKED(PROBE)) | (me.state.is_(ERROR) & "
            "~me.state.is_(ERROR(UNRECOVERABLE)) & (me.severity == 0))",
        ),
    ),
)
HEARTBEAT_IN_ERROR = Rule(
    "heartbeat_in_error",
    "rule",
    "Elected",
    "model/order/election.py:306",
    "The herald is alive, and does not know that this radiant still waits for a reset.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "me.role == RADIANT"),
        Clause("guard", "me.state.is_(ERROR)"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
        Clause("guard", "me.severity > 0"),
    ),
)
ADOPT_ANNOUNCED_TERM = Rule(
    "adopt_announced_term",
    "rule",
    "Elected",
    "model/order/election.py:347",
    "The same for an announcement, where it does not end a vote of one's own.",
    persists=("term", "vote"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term > me.term"),
        Clause("guard", "~me.state.is_(LOCKED(VOTING), ERROR(UNRECOVERABLE))"),
    ),
)
ELECTED_WRONG_ROLE = Rule(
    "Elected/wrong_role",
    "refusal",
    "Elected",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~(me.role.is_(RADIANT, HERALD) & (owner(m.term) == m.sender))"),),
)
ELECTED_UNRECOVERABLE = Rule(
    "Elected/unrecoverable",
    "refusal",
    "Elected",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
ELECTED_STALE_TERM = Rule(
    "Elected/stale_term",
    "refusal",
    "Elected",
    "model/order/refusals.py:41",
    "A stale term is always refused with the newer one.",
    clauses=(Clause("guard", "m.term < me.term"),),
)
ELECTED_IN_ERROR = Rule(
    "Elected/in_error",
    "refusal",
    "Elected",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
ELECTED_LOCKED = Rule(
    "Elected/locked",
    "refusal",
    "Elected",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
ELECTED_REFUSED = Rule(
    "Elected/refused",
    "refusal",
    "Elected",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# NewerTerm

ADOPT_TOLD_TERM = Rule(
    "adopt_told_term",
    "rule",
    "NewerTerm",
    "model/order/election.py:357",
    "Somebody knows a newer term, and not whether it has a herald.",
    persists=("term", "vote"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "m.term > me.term"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
    ),
)
NEWER_TERM_WRONG_ROLE = Rule(
    "NewerTerm/wrong_role",
    "refusal",
    "NewerTerm",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(
        Clause("guard", "~(me.role.is_(RADIANT, HERALD) & ~config.controllers.has(m.sender))"),
    ),
)
NEWER_TERM_UNRECOVERABLE = Rule(
    "NewerTerm/unrecoverable",
    "refusal",
    "NewerTerm",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
NEWER_TERM_STALE_TERM = Rule(
    "NewerTerm/stale_term",
    "refusal",
    "NewerTerm",
    "model/order/refusals.py:41",
    "A stale term is always refused with the newer one.",
    clauses=(Clause("guard", "m.term < me.term"),),
)
NEWER_TERM_IN_ERROR = Rule(
    "NewerTerm/in_error",
    "refusal",
    "NewerTerm",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
NEWER_TERM_LOCKED = Rule(
    "NewerTerm/locked",
    "refusal",
    "NewerTerm",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
NEWER_TERM_REFUSED = Rule(
    "NewerTerm/refused",
    "refusal",
    "NewerTerm",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# Propose

ADOPT_NEWER_TERM_ON_PROPOSE = Rule(
    "adopt_newer_term@Propose",
    "rule",
    "Propose",
    "model/order/election.py:337",
    "A newer herald speaks: follow it. What it said is to be said again.",
    persists=("term", "vote"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term > me.term"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
    ),
)
ACCEPT_PROPOSAL = Rule(
    "accept_proposal",
    "rule",
    "Propose",
    "model/order/proposing.py:198",
    "Never an older position than one's own, even of the same herald.",
    persists=("accepted_at", "members", "keys"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "me.role == RADIANT"),
        Clause("guard", "me.state.is_(RESET, ACTIVE) | (me.state == LOCKED(m.op))"),
        Clause("guard", "Position(term=m.term, version=m.version) > me.accepted_at"),
        Clause("guard", "m.members.has(me)"),
        Clause("guard", "m.op.is_(MEMBERSHIP_UPDATE, MEMBERSHIP_SET, REPLICATING)"),
    ),
)
ACCEPT_AGAIN_ON_PROPOSE = Rule(
    "accept_again@Propose",
    "rule",
    "Propose",
    "model/order/proposing.py:213",
    "The proposal was accepted already; the answer may have been lost.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "me.role == RADIANT"),
        Clause(
            "guard",
            "me.state.is_(RESET, ACTIVE, LOCKED(MEMBERSHIP_UPDATE), LOCKED(MEMBERSHIP_SET), "
            "LOCKED(REPLICATING))",
        ),
        Clause("guard", "Position(term=m.term, version=m.version) == me.accepted_at"),
    ),
)
PROPOSE_WRONG_ROLE = Rule(
    "Propose/wrong_role",
    "refusal",
    "Propose",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~(me.role.is_(RADIANT, HERALD) & (owner(m.term) == m.sender))"),),
)
PROPOSE_UNRECOVERABLE = Rule(
    "Propose/unrecoverable",
    "refusal",
    "Propose",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
PROPOSE_STALE_TERM = Rule(
    "Propose/stale_term",
    "refusal",
    "Propose",
    "model/order/refusals.py:41",
    "A stale term is always refused with the newer one.",
    clauses=(Clause("guard", "m.term < me.term"),),
)
PROPOSE_IN_ERROR = Rule(
    "Propose/in_error",
    "refusal",
    "Propose",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
PROPOSE_LOCKED = Rule(
    "Propose/locked",
    "refusal",
    "Propose",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
PROPOSE_REFUSED = Rule(
    "Propose/refused",
    "refusal",
    "Propose",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# Rollback

ADOPT_NEWER_TERM_ON_ROLLBACK = Rule(
    "adopt_newer_term@Rollback",
    "rule",
    "Rollback",
    "model/order/election.py:337",
    "A newer herald speaks: follow it. What it said is to be said again.",
    persists=("term", "vote"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term > me.term"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
    ),
)
ACCEPT_ROLLBACK = Rule(
    "accept_rollback",
    "rule",
    "Rollback",
    "model/order/proposing.py:207",
    "A rollback is a proposal like any other; what it says differs.",
    persists=("accepted_at", "members", "keys"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "me.role == RADIANT"),
        Clause("guard", "me.state.is_(RESET, ACTIVE) | (me.state == LOCKED(MEMBERSHIP_SET))"),
        Clause("guard", "Position(term=m.term, version=m.version) > me.accepted_at"),
        Clause("guard", "m.members.has(me)"),
    ),
)
ACCEPT_AGAIN_ON_ROLLBACK = Rule(
    "accept_again@Rollback",
    "rule",
    "Rollback",
    "model/order/proposing.py:213",
    "The proposal was accepted already; the answer may have been lost.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "me.role == RADIANT"),
        Clause(
            "guard",
            "me.state.is_(RESET, ACTIVE, LOCKED(MEMBERSHIP_UPDATE), LOCKED(MEMBERSHIP_SET), "
            "LOCKED(REPLICATING))",
        ),
        Clause("guard", "Position(term=m.term, version=m.version) == me.accepted_at"),
    ),
)
ROLLBACK_WRONG_ROLE = Rule(
    "Rollback/wrong_role",
    "refusal",
    "Rollback",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~(me.role.is_(RADIANT, HERALD) & (owner(m.term) == m.sender))"),),
)
ROLLBACK_UNRECOVERABLE = Rule(
    "Rollback/unrecoverable",
    "refusal",
    "Rollback",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
ROLLBACK_STALE_TERM = Rule(
    "Rollback/stale_term",
    "refusal",
    "Rollback",
    "model/order/refusals.py:41",
    "A stale term is always refused with the newer one.",
    clauses=(Clause("guard", "m.term < me.term"),),
)
ROLLBACK_IN_ERROR = Rule(
    "Rollback/in_error",
    "refusal",
    "Rollback",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
ROLLBACK_LOCKED = Rule(
    "Rollback/locked",
    "refusal",
    "Rollback",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
ROLLBACK_REFUSED = Rule(
    "Rollback/refused",
    "refusal",
    "Rollback",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# Accepted

COUNT_ACCEPTANCE = Rule(
    "count_acceptance",
    "rule",
    "Accepted",
    "model/order/proposing.py:238",
    "A quorum of the record's own membership is still missing.",
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause(
            "guard",
            "me.state.is_(LOCKED(MEMBERSHIP_UPDATE), LOCKED(MEMBERSHIP_SET), LOCKED(REPLICATING))",
        ),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "m.version == me.version"),
        Clause("guard", "~majority(me.acks.add(m.sender), me.members)"),
    ),
)
COMMIT = Rule(
    "commit",
    "rule",
    "Accepted",
    "model/order/proposing.py:254",
    "A quorum of the record's own membership accepted it: it is the watermark now.",
    persists=("joined", "watermark_at", "watermark_members", "watermark_keys"),
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause(
            "guard",
            "me.state.is_(LOCKED(MEMBERSHIP_UPDATE), LOCKED(MEMBERSHIP_SET), LOCKED(REPLICATING))",
        ),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "m.version == me.version"),
        Clause("guard", "majority(me.acks.add(m.sender), me.members)"),
    ),
)
ACCEPTED_WRONG_ROLE = Rule(
    "Accepted/wrong_role",
    "refusal",
    "Accepted",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~(me.role.is_(HERALD) & ~config.controllers.has(m.sender))"),),
)
ACCEPTED_UNRECOVERABLE = Rule(
    "Accepted/unrecoverable",
    "refusal",
    "Accepted",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
ACCEPTED_STALE_TERM = Rule(
    "Accepted/stale_term",
    "refusal",
    "Accepted",
    "model/order/refusals.py:41",
    "A stale term is always refused with the newer one.",
    clauses=(Clause("guard", "m.term < me.term"),),
)
ACCEPTED_IN_ERROR = Rule(
    "Accepted/in_error",
    "refusal",
    "Accepted",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
ACCEPTED_LOCKED = Rule(
    "Accepted/locked",
    "refusal",
    "Accepted",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
ACCEPTED_REFUSED = Rule(
    "Accepted/refused",
    "refusal",
    "Accepted",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# Commit

ADOPT_NEWER_TERM_ON_COMMIT = Rule(
    "adopt_newer_term@Commit",
    "rule",
    "Commit",
    "model/order/election.py:337",
    "A newer herald speaks: follow it. What it said is to be said again.",
    persists=("term", "vote"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term > me.term"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
    ),
)
CATCH_UP = Rule(
    "catch_up",
    "rule",
    "Commit",
    "model/order/proposing.py:323",
    "One who missed the proposal accepts it first; the commit comes again.",
    persists=("accepted_at", "members", "keys"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "me.role == RADIANT"),
        Clause(
            "guard",
            "me.state.is_(RESET) | (me.state.is_(ACTIVE) & (Position(term=m.term, "
            "version=m.version) > me.watermark_at))",
        ),
        Clause("guard", "m.op.is_(MEMBERSHIP_UPDATE, MEMBERSHIP_SET, REPLICATING)"),
        Clause("guard", "Position(term=m.term, version=m.version) >= me.accepted_at"),
        Clause("guard", "m.members.has(me)"),
    ),
)
LEARN = Rule(
    "learn",
    "rule",
    "Commit",
    "model/order/proposing.py:339",
    "The operation this radiant is locked for is done.",
    persists=(
        "accepted_at",
        "members",
        "keys",
        "joined",
        "watermark_at",
        "watermark_members",
        "watermark_keys",
    ),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "me.role == RADIANT"),
        Clause("guard", "m.op.is_(MEMBERSHIP_UPDATE, MEMBERSHIP_SET, REPLICATING)"),
        Clause("guard", "me.state == LOCKED(m.op)"),
        Clause("guard", "Position(term=m.term, version=m.version) >= me.accepted_at"),
        Clause("guard", "m.members.has(me)"),
    ),
)
LEARN_AGAIN = Rule(
    "learn_again",
    "rule",
    "Commit",
    "model/order/proposing.py:361",
    "The commit is known; the answer may have been lost.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "me.role == RADIANT"),
        Clause("guard", "me.state.is_(ACTIVE)"),
        Clause("guard", "Position(term=m.term, version=m.version) == me.watermark_at"),
    ),
)
REMOVED = Rule(
    "removed",
    "rule",
    "Commit",
    "model/order/proposing.py:376",
    "The record leaves this radiant out: it waits for re-admission, and never stands.",
    persists=(
        "accepted_at",
        "members",
        "keys",
        "watermark_at",
        "watermark_members",
        "watermark_keys",
    ),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "me.role == RADIANT"),
        Clause("guard", "~me.state.is_(BOOTSTRAP, ERROR)"),
        Clause("guard", "Position(term=m.term, version=m.version) > me.accepted_at"),
        Clause("guard", "~m.members.has(me)"),
    ),
)
REMOVED_AGAIN = Rule(
    "removed_again",
    "rule",
    "Commit",
    "model/order/proposing.py:397",
    "The removal is known; the answer may have been lost.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "me.role == RADIANT"),
        Clause(
            "guard",
            "me.state.is_(RESET) | (me.state.is_(ERROR) & ~me.state.is_(ERROR(UNRECOVERABLE)))",
        ),
        Clause("guard", "Position(term=m.term, version=m.version) == me.watermark_at"),
        Clause("guard", "~m.members.has(me)"),
    ),
)
COMMIT_WRONG_ROLE = Rule(
    "Commit/wrong_role",
    "refusal",
    "Commit",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~(me.role.is_(RADIANT, HERALD) & (owner(m.term) == m.sender))"),),
)
COMMIT_UNRECOVERABLE = Rule(
    "Commit/unrecoverable",
    "refusal",
    "Commit",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
COMMIT_STALE_TERM = Rule(
    "Commit/stale_term",
    "refusal",
    "Commit",
    "model/order/refusals.py:41",
    "A stale term is always refused with the newer one.",
    clauses=(Clause("guard", "m.term < me.term"),),
)
COMMIT_IN_ERROR = Rule(
    "Commit/in_error",
    "refusal",
    "Commit",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
COMMIT_LOCKED = Rule(
    "Commit/locked",
    "refusal",
    "Commit",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
COMMIT_REFUSED = Rule(
    "Commit/refused",
    "refusal",
    "Commit",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# CommitAck

CONFIRM = Rule(
    "confirm",
    "rule",
    "CommitAck",
    "model/order/proposing.py:413",
    "Somebody has the commit; a removed radiant need not be told again.",
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "Position(term=m.term, version=m.version) == me.watermark_at"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
    ),
)
COMMIT_ACK_WRONG_ROLE = Rule(
    "CommitAck/wrong_role",
    "refusal",
    "CommitAck",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~(me.role.is_(HERALD) & ~config.controllers.has(m.sender))"),),
)
COMMIT_ACK_UNRECOVERABLE = Rule(
    "CommitAck/unrecoverable",
    "refusal",
    "CommitAck",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
COMMIT_ACK_STALE_TERM = Rule(
    "CommitAck/stale_term",
    "refusal",
    "CommitAck",
    "model/order/refusals.py:41",
    "A stale term is always refused with the newer one.",
    clauses=(Clause("guard", "m.term < me.term"),),
)
COMMIT_ACK_IN_ERROR = Rule(
    "CommitAck/in_error",
    "refusal",
    "CommitAck",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
COMMIT_ACK_LOCKED = Rule(
    "CommitAck/locked",
    "refusal",
    "CommitAck",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
COMMIT_ACK_REFUSED = Rule(
    "CommitAck/refused",
    "refusal",
    "CommitAck",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# Probe

ADOPT_NEWER_TERM_ON_PROBE = Rule(
    "adopt_newer_term@Probe",
    "rule",
    "Probe",
    "model/order/election.py:337",
    "A newer herald speaks: follow it. What it said is to be said again.",
    persists=("term", "vote"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term > me.term"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
    ),
)
ANSWER_PROBE = Rule(
    "answer_probe",
    "rule",
    "Probe",
    "model/order/probing.py:61",
    "Say what this radiant holds; it changes nothing, so no lock refuses it.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "~me.state.is_(BOOTSTRAP, ERROR(UNRECOVERABLE))"),
    ),
)
PROBE_WRONG_ROLE = Rule(
    "Probe/wrong_role",
    "refusal",
    "Probe",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~(me.role.is_(RADIANT, HERALD) & (owner(m.term) == m.sender))"),),
)
PROBE_UNRECOVERABLE = Rule(
    "Probe/unrecoverable",
    "refusal",
    "Probe",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
PROBE_STALE_TERM = Rule(
    "Probe/stale_term",
    "refusal",
    "Probe",
    "model/order/refusals.py:41",
    "A stale term is always refused with the newer one.",
    clauses=(Clause("guard", "m.term < me.term"),),
)
PROBE_IN_ERROR = Rule(
    "Probe/in_error",
    "refusal",
    "Probe",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
PROBE_LOCKED = Rule(
    "Probe/locked",
    "refusal",
    "Probe",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
PROBE_REFUSED = Rule(
    "Probe/refused",
    "refusal",
    "Probe",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# Digest

CLEAN_ANSWER = Rule(
    "clean_answer",
    "rule",
    "Digest",
    "model/order/probing.py:96",
    "This member agrees; others are still to answer.",
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "me.state == LOCKED(PROBE)"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "m.number == me.probe"),
        Clause("guard", "(m.state == ACTIVE) | (m.sender == me)"),
        Clause("guard", "m.watermark_at == me.watermark_at"),
        Clause("guard", "m.members == me.members"),
        Clause("guard", "m.keys == me.keys"),
        Clause("guard", "m.severity == 0"),
        Clause("guard", "~me.members.subset(me.answered.add(m.sender))"),
    ),
)
CLEAN_PROBE = Rule(
    "clean_probe",
    "rule",
    "Digest",
    "model/order/probing.py:107",
    "All members agree: what was tried before is forgotten.",
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "me.state == LOCKED(PROBE)"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "m.number == me.probe"),
        Clause("guard", "(m.state == ACTIVE) | (m.sender == me)"),
        Clause("guard", "m.watermark_at == me.watermark_at"),
        Clause("guard", "m.members == me.members"),
        Clause("guard", "m.keys == me.keys"),
        Clause("guard", "m.severity == 0"),
        Clause("guard", "me.members.subset(me.answered.add(m.sender))"),
    ),
)
DIRTY_PROBE = Rule(
    "dirty_probe",
    "rule",
    "Digest",
    "model/order/probing.py:118",
    "A member differs: the matching error.",
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "me.state == LOCKED(PROBE)"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "m.number == me.probe"),
        Clause(
            "guard",
            "~(((m.state == ACTIVE) | (m.sender == me)) & (m.watermark_at == me.watermark_at) & "
            "(m.members == me.members) & (m.keys == me.keys) & (m.severity == 0))",
        ),
        Clause("guard", "m.severity == 0"),
    ),
)
SEVERE_PROBE = Rule(
    "severe_probe",
    "rule",
    "Digest",
    "model/order/probing.py:133",
    "A member still waits for a reset: declare at least the worst that was seen.",
    persists=("severity", "episode"),
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "me.state == LOCKED(PROBE)"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "m.number == me.probe"),
        Clause("guard", "m.severity > 0"),
    ),
)
DIGEST_WRONG_ROLE = Rule(
    "Digest/wrong_role",
    "refusal",
    "Digest",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~(me.role.is_(HERALD) & ~config.controllers.has(m.sender))"),),
)
DIGEST_UNRECOVERABLE = Rule(
    "Digest/unrecoverable",
    "refusal",
    "Digest",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
DIGEST_STALE_TERM = Rule(
    "Digest/stale_term",
    "refusal",
    "Digest",
    "model/order/refusals.py:41",
    "A stale term is always refused with the newer one.",
    clauses=(Clause("guard", "m.term < me.term"),),
)
DIGEST_IN_ERROR = Rule(
    "Digest/in_error",
    "refusal",
    "Digest",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
DIGEST_LOCKED = Rule(
    "Digest/locked",
    "refusal",
    "Digest",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
DIGEST_REFUSED = Rule(
    "Digest/refused",
    "refusal",
    "Digest",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# ReportError

HEAR_ERROR = Rule(
    "hear_error",
    "rule",
    "ReportError",
    "model/order/recovery.py:108",
    "A member is in an error that needs no reset: the herald rolls the order back.",
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "m.error.is_(RECOVERABLE)"),
        Clause(
            "guard",
            "me.state.is_(ACTIVE, LOCKED(MEMBERSHIP_UPDATE), LOCKED(MEMBERSHIP_SET), "
            "LOCKED(REPLICATING), LOCKED(PROBE))",
        ),
    ),
)
HEAR_SEVERE_ERROR = Rule(
    "hear_severe_error",
    "rule",
    "ReportError",
    "model/order/recovery.py:122",
    "A member waits for a reset of another episode: declare that error afresh.",
    persists=("severity", "episode"),
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "~m.error.is_(RECOVERABLE, UNRECOVERABLE)"),
        Clause("guard", "m.episode != me.episode"),
        Clause(
            "guard",
            "me.state.is_(RESET, ACTIVE, LOCKED(MEMBERSHIP_UPDATE), LOCKED(MEMBERSHIP_SET), "
            "LOCKED(REPLICATING), LOCKED(PROBE))",
        ),
    ),
)
REPEAT_RESET = Rule(
    "repeat_reset",
    "rule",
    "ReportError",
    "model/order/recovery.py:137",
    "A member missed the reset request of this episode: request it again.",
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "m.error == RECOVER_RESET"),
        Clause("guard", "m.episode == me.episode"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
    ),
)
REPEAT_PLEA = Rule(
    "repeat_plea",
    "rule",
    "ReportError",
    "model/order/recovery.py:152",
    "A member missed the controller's grant of this episode: ask for it again.",
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("sender", "~config.controllers.has(m.sender)"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "m.error == SYSTEM_RESET"),
        Clause("guard", "m.episode == me.episode"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
    ),
)
REPORT_ERROR_WRONG_ROLE = Rule(
    "ReportError/wrong_role",
    "refusal",
    "ReportError",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~(me.role.is_(HERALD) & ~config.controllers.has(m.sender))"),),
)
REPORT_ERROR_UNRECOVERABLE = Rule(
    "ReportError/unrecoverable",
    "refusal",
    "ReportError",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
REPORT_ERROR_STALE_TERM = Rule(
    "ReportError/stale_term",
    "refusal",
    "ReportError",
    "model/order/refusals.py:41",
    "A stale term is always refused with the newer one.",
    clauses=(Clause("guard", "m.term < me.term"),),
)
REPORT_ERROR_IN_ERROR = Rule(
    "ReportError/in_error",
    "refusal",
    "ReportError",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
REPORT_ERROR_LOCKED = Rule(
    "ReportError/locked",
    "refusal",
    "ReportError",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
REPORT_ERROR_REFUSED = Rule(
    "ReportError/refused",
    "refusal",
    "ReportError",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# DeclareError

ENTER_ERROR = Rule(
    "enter_error",
    "rule",
    "DeclareError",
    "model/order/recovery.py:283",
    "A member takes over its herald's error, unless its own is worse or the episode is old.",
    persists=("term", "vote", "severity", "episode"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term >= me.term"),
        Clause("guard", "error_ladder.severity(m.error) >= me.severity"),
        Clause("guard", "error_ladder.severity(m.error) > 0"),
        Clause("guard", "m.episode > me.episode"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
    ),
)
ADOPT_DECLARED_TERM = Rule(
    "adopt_declared_term",
    "rule",
    "DeclareError",
    "model/order/recovery.py:308",
    "A newer herald declares less than this radiant's own error: follow it, and stay in error.",
    persists=("term", "vote"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term > me.term"),
        Clause(
            "guard",
            "(error_ladder.severity(m.error) < me.severity) | (error_ladder.severity(m.error) == "
            "0) | ~(m.episode > me.episode)",
        ),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
    ),
)
KNOW_ERROR = Rule(
    "know_error",
    "rule",
    "DeclareError",
    "model/order/recovery.py:324",
    "The declaration is known, or is not as bad as this radiant's own error.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "me.role == RADIANT"),
        Clause("guard", "me.state.is_(ERROR)"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
        Clause(
            "guard",
            "(error_ladder.severity(m.error) < me.severity) | ~(m.episode > me.episode)",
        ),
    ),
)
DECLARE_ERROR_WRONG_ROLE = Rule(
    "DeclareError/wrong_role",
    "refusal",
    "DeclareError",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~(me.role.is_(RADIANT, HERALD) & (owner(m.term) == m.sender))"),),
)
DECLARE_ERROR_UNRECOVERABLE = Rule(
    "DeclareError/unrecoverable",
    "refusal",
    "DeclareError",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
DECLARE_ERROR_STALE_TERM = Rule(
    "DeclareError/stale_term",
    "refusal",
    "DeclareError",
    "model/order/refusals.py:41",
    "A stale term is always refused with the newer one.",
    clauses=(Clause("guard", "m.term < me.term"),),
)
DECLARE_ERROR_IN_ERROR = Rule(
    "DeclareError/in_error",
    "refusal",
    "DeclareError",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
DECLARE_ERROR_LOCKED = Rule(
    "DeclareError/locked",
    "refusal",
    "DeclareError",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
DECLARE_ERROR_REFUSED = Rule(
    "DeclareError/refused",
    "refusal",
    "DeclareError",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# ResetRequest

ADOPT_NEWER_TERM_ON_RESET_REQUEST = Rule(
    "adopt_newer_term@ResetRequest",
    "rule",
    "ResetRequest",
    "model/order/election.py:337",
    "A newer herald speaks: follow it. What it said is to be said again.",
    persists=("term", "vote"),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term > me.term"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
    ),
)
RESET = Rule(
    "reset",
    "rule",
    "ResetRequest",
    "model/order/recovery.py:373",
    "The herald's request permits the reset of just this episode.",
    persists=("severity",),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.term == me.term"),
        Clause("guard", "me.state == ERROR(RECOVER_RESET)"),
        Clause("guard", "m.episode == me.episode"),
    ),
)
RESET_REQUEST_WRONG_ROLE = Rule(
    "ResetRequest/wrong_role",
    "refusal",
    "ResetRequest",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~(me.role.is_(RADIANT, HERALD) & (owner(m.term) == m.sender))"),),
)
RESET_REQUEST_UNRECOVERABLE = Rule(
    "ResetRequest/unrecoverable",
    "refusal",
    "ResetRequest",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
RESET_REQUEST_STALE_TERM = Rule(
    "ResetRequest/stale_term",
    "refusal",
    "ResetRequest",
    "model/order/refusals.py:41",
    "A stale term is always refused with the newer one.",
    clauses=(Clause("guard", "m.term < me.term"),),
)
RESET_REQUEST_IN_ERROR = Rule(
    "ResetRequest/in_error",
    "refusal",
    "ResetRequest",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
RESET_REQUEST_LOCKED = Rule(
    "ResetRequest/locked",
    "refusal",
    "ResetRequest",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
RESET_REQUEST_REFUSED = Rule(
    "ResetRequest/refused",
    "refusal",
    "ResetRequest",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# SystemResetRequest

HEAR_PLEA = Rule(
    "hear_plea",
    "rule",
    "SystemResetRequest",
    "model/order/recovery.py:428",
    "The controller notes the newest request; its operator decides.",
    clauses=(
        Clause("role", "me.role.is_(CONTROLLER)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.episode.term == m.term"),
        Clause("guard", "m.episode >= me.plea_episode"),
        Clause("guard", "m.episode > me.ruled"),
    ),
)
REPEAT_GRANT = Rule(
    "repeat_grant",
    "rule",
    "SystemResetRequest",
    "model/order/recovery.py:447",
    "The grant of this episode was lost on its way to somebody: it stands.",
    clauses=(
        Clause("role", "me.role.is_(CONTROLLER)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.episode.term == m.term"),
        Clause("guard", "m.episode == me.ruled"),
        Clause("guard", "me.granted"),
    ),
)
REPEAT_REFUSAL = Rule(
    "repeat_refusal",
    "rule",
    "SystemResetRequest",
    "model/order/recovery.py:457",
    "The refusal of this episode was lost: it stands.",
    clauses=(
        Clause("role", "me.role.is_(CONTROLLER)"),
        Clause("sender", "owner(m.term) == m.sender"),
        Clause("guard", "m.episode.term == m.term"),
        Clause("guard", "m.episode == me.ruled"),
        Clause("guard", "~me.granted"),
    ),
)
SYSTEM_RESET_REQUEST_WRONG_ROLE = Rule(
    "SystemResetRequest/wrong_role",
    "refusal",
    "SystemResetRequest",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~(me.role.is_(CONTROLLER) & (owner(m.term) == m.sender))"),),
)
SYSTEM_RESET_REQUEST_UNRECOVERABLE = Rule(
    "SystemResetRequest/unrecoverable",
    "refusal",
    "SystemResetRequest",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
SYSTEM_RESET_REQUEST_IN_ERROR = Rule(
    "SystemResetRequest/in_error",
    "refusal",
    "SystemResetRequest",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
SYSTEM_RESET_REQUEST_LOCKED = Rule(
    "SystemResetRequest/locked",
    "refusal",
    "SystemResetRequest",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
SYSTEM_RESET_REQUEST_REFUSED = Rule(
    "SystemResetRequest/refused",
    "refusal",
    "SystemResetRequest",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# SystemResetGrant

RESET_SYSTEM = Rule(
    "reset_system",
    "rule",
    "SystemResetGrant",
    "model/order/recovery.py:494",
    "The controller's grant permits the reset of just this episode.",
    persists=("severity",),
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("sender", "config.controllers.has(m.sender)"),
        Clause("guard", "me.state == ERROR(SYSTEM_RESET)"),
        Clause("guard", "m.episode == me.episode"),
    ),
)
SYSTEM_RESET_GRANT_WRONG_ROLE = Rule(
    "SystemResetGrant/wrong_role",
    "refusal",
    "SystemResetGrant",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(
        Clause("guard", "~(me.role.is_(RADIANT, HERALD) & config.controllers.has(m.sender))"),
    ),
)
SYSTEM_RESET_GRANT_UNRECOVERABLE = Rule(
    "SystemResetGrant/unrecoverable",
    "refusal",
    "SystemResetGrant",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
SYSTEM_RESET_GRANT_IN_ERROR = Rule(
    "SystemResetGrant/in_error",
    "refusal",
    "SystemResetGrant",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
SYSTEM_RESET_GRANT_LOCKED = Rule(
    "SystemResetGrant/locked",
    "refusal",
    "SystemResetGrant",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
SYSTEM_RESET_GRANT_REFUSED = Rule(
    "SystemResetGrant/refused",
    "refusal",
    "SystemResetGrant",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# SystemResetRefusal

REFUSED = Rule(
    "refused",
    "rule",
    "SystemResetRefusal",
    "model/order/recovery.py:504",
    "The controller refused the herald: declare the order unrecoverable, then fall silent.",
    persists=("severity", "episode"),
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("sender", "config.controllers.has(m.sender)"),
        Clause("guard", "me.state == ERROR(SYSTEM_RESET)"),
        Clause("guard", "m.episode == me.episode"),
    ),
)
SYSTEM_RESET_REFUSAL_WRONG_ROLE = Rule(
    "SystemResetRefusal/wrong_role",
    "refusal",
    "SystemResetRefusal",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~(me.role.is_(HERALD) & config.controllers.has(m.sender))"),),
)
SYSTEM_RESET_REFUSAL_UNRECOVERABLE = Rule(
    "SystemResetRefusal/unrecoverable",
    "refusal",
    "SystemResetRefusal",
    "model/order/refusals.py:27",
    "An unrecoverable radiant refuses everything.",
    clauses=(Clause("guard", "me.state.is_(ERROR(UNRECOVERABLE))"),),
)
SYSTEM_RESET_REFUSAL_IN_ERROR = Rule(
    "SystemResetRefusal/in_error",
    "refusal",
    "SystemResetRefusal",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
SYSTEM_RESET_REFUSAL_LOCKED = Rule(
    "SystemResetRefusal/locked",
    "refusal",
    "SystemResetRefusal",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
SYSTEM_RESET_REFUSAL_REFUSED = Rule(
    "SystemResetRefusal/refused",
    "refusal",
    "SystemResetRefusal",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# AddShard

ADD_SHARD = Rule(
    "add_shard",
    "rule",
    "AddShard",
    "model/order/service.py:42",
    "Become responsible for a shard key.",
    persists=("accepted_at", "keys"),
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("guard", "me.state == ACTIVE"),
        Clause("guard", "me.watermark_at.term == me.term"),
        Clause("guard", "me.worst == 0"),
        Clause("guard", "~me.keys.has(m.key)"),
    ),
)
ADD_SHARD_NOT_HERALD = Rule(
    "AddShard/not_herald",
    "refusal",
    "AddShard",
    "model/order/refusals.py:55",
    "Only the herald can do this; here is who that is, if it is known.",
    clauses=(Clause("guard", "me.role == RADIANT"),),
)
ADD_SHARD_WRONG_ROLE = Rule(
    "AddShard/wrong_role",
    "refusal",
    "AddShard",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~me.role.is_(HERALD)"),),
)
ADD_SHARD_IN_ERROR = Rule(
    "AddShard/in_error",
    "refusal",
    "AddShard",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
ADD_SHARD_LOCKED = Rule(
    "AddShard/locked",
    "refusal",
    "AddShard",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
ADD_SHARD_REFUSED = Rule(
    "AddShard/refused",
    "refusal",
    "AddShard",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# RemoveShard

REMOVE_SHARD = Rule(
    "remove_shard",
    "rule",
    "RemoveShard",
    "model/order/service.py:52",
    "Give up a shard key.",
    persists=("accepted_at", "keys"),
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("guard", "me.state == ACTIVE"),
        Clause("guard", "me.watermark_at.term == me.term"),
        Clause("guard", "me.worst == 0"),
        Clause("guard", "me.keys.has(m.key)"),
    ),
)
REMOVE_SHARD_NOT_HERALD = Rule(
    "RemoveShard/not_herald",
    "refusal",
    "RemoveShard",
    "model/order/refusals.py:55",
    "Only the herald can do this; here is who that is, if it is known.",
    clauses=(Clause("guard", "me.role == RADIANT"),),
)
REMOVE_SHARD_WRONG_ROLE = Rule(
    "RemoveShard/wrong_role",
    "refusal",
    "RemoveShard",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~me.role.is_(HERALD)"),),
)
REMOVE_SHARD_IN_ERROR = Rule(
    "RemoveShard/in_error",
    "refusal",
    "RemoveShard",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
REMOVE_SHARD_LOCKED = Rule(
    "RemoveShard/locked",
    "refusal",
    "RemoveShard",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
REMOVE_SHARD_REFUSED = Rule(
    "RemoveShard/refused",
    "refusal",
    "RemoveShard",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# MoveShard

MOVE_SHARD = Rule(
    "move_shard",
    "rule",
    "MoveShard",
    "model/order/service.py:62",
    "Replace a shard key by another in one step, so that no reader sees neither or both.",
    persists=("accepted_at", "keys"),
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("guard", "me.state == ACTIVE"),
        Clause("guard", "me.watermark_at.term == me.term"),
        Clause("guard", "me.worst == 0"),
        Clause("guard", "me.keys.has(m.key)"),
        Clause("guard", "~me.keys.has(m.to)"),
    ),
)
MOVE_SHARD_NOT_HERALD = Rule(
    "MoveShard/not_herald",
    "refusal",
    "MoveShard",
    "model/order/refusals.py:55",
    "Only the herald can do this; here is who that is, if it is known.",
    clauses=(Clause("guard", "me.role == RADIANT"),),
)
MOVE_SHARD_WRONG_ROLE = Rule(
    "MoveShard/wrong_role",
    "refusal",
    "MoveShard",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~me.role.is_(HERALD)"),),
)
MOVE_SHARD_IN_ERROR = Rule(
    "MoveShard/in_error",
    "refusal",
    "MoveShard",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
MOVE_SHARD_LOCKED = Rule(
    "MoveShard/locked",
    "refusal",
    "MoveShard",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
MOVE_SHARD_REFUSED = Rule(
    "MoveShard/refused",
    "refusal",
    "MoveShard",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# AddMember

ADD_MEMBER = Rule(
    "add_member",
    "rule",
    "AddMember",
    "model/order/service.py:72",
    "Admit one radiant: only when idle, after a commit in one's own term.",
    persists=("accepted_at", "members"),
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("guard", "me.state == ACTIVE"),
        Clause("guard", "me.watermark_at.term == me.term"),
        Clause("guard", "me.worst == 0"),
        Clause("guard", "~me.members.has(m.node)"),
        Clause("guard", "~config.controllers.has(m.node)"),
    ),
)
ADD_MEMBER_NOT_HERALD = Rule(
    "AddMember/not_herald",
    "refusal",
    "AddMember",
    "model/order/refusals.py:55",
    "Only the herald can do this; here is who that is, if it is known.",
    clauses=(Clause("guard", "me.role == RADIANT"),),
)
ADD_MEMBER_WRONG_ROLE = Rule(
    "AddMember/wrong_role",
    "refusal",
    "AddMember",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~me.role.is_(HERALD)"),),
)
ADD_MEMBER_IN_ERROR = Rule(
    "AddMember/in_error",
    "refusal",
    "AddMember",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
ADD_MEMBER_LOCKED = Rule(
    "AddMember/locked",
    "refusal",
    "AddMember",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
ADD_MEMBER_REFUSED = Rule(
    "AddMember/refused",
    "refusal",
    "AddMember",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# RemoveMember

REMOVE_MEMBER = Rule(
    "remove_member",
    "rule",
    "RemoveMember",
    "model/order/service.py:83",
    "Remove one radiant, never the herald itself; the removed one is told of the commit.",
    persists=("accepted_at", "members"),
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("guard", "me.state == ACTIVE"),
        Clause("guard", "me.watermark_at.term == me.term"),
        Clause("guard", "me.worst == 0"),
        Clause("guard", "me.members.has(m.node)"),
        Clause("guard", "m.node != me"),
    ),
)
REMOVE_MEMBER_NOT_HERALD = Rule(
    "RemoveMember/not_herald",
    "refusal",
    "RemoveMember",
    "model/order/refusals.py:55",
    "Only the herald can do this; here is who that is, if it is known.",
    clauses=(Clause("guard", "me.role == RADIANT"),),
)
REMOVE_MEMBER_WRONG_ROLE = Rule(
    "RemoveMember/wrong_role",
    "refusal",
    "RemoveMember",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~me.role.is_(HERALD)"),),
)
REMOVE_MEMBER_IN_ERROR = Rule(
    "RemoveMember/in_error",
    "refusal",
    "RemoveMember",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
REMOVE_MEMBER_LOCKED = Rule(
    "RemoveMember/locked",
    "refusal",
    "RemoveMember",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
REMOVE_MEMBER_REFUSED = Rule(
    "RemoveMember/refused",
    "refusal",
    "RemoveMember",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# StartProbe

START_PROBE = Rule(
    "start_probe",
    "rule",
    "StartProbe",
    "model/order/probing.py:36",
    "An operator asks for a probe of the members, itself included. PROBE locks the herald only.",
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("guard", "me.state == ACTIVE"),
        Clause("guard", "me.watermark_at.term == me.term"),
        Clause("guard", "me.worst == 0"),
    ),
)
START_PROBE_NOT_HERALD = Rule(
    "StartProbe/not_herald",
    "refusal",
    "StartProbe",
    "model/order/refusals.py:55",
    "Only the herald can do this; here is who that is, if it is known.",
    clauses=(Clause("guard", "me.role == RADIANT"),),
)
START_PROBE_WRONG_ROLE = Rule(
    "StartProbe/wrong_role",
    "refusal",
    "StartProbe",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~me.role.is_(HERALD)"),),
)
START_PROBE_IN_ERROR = Rule(
    "StartProbe/in_error",
    "refusal",
    "StartProbe",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
START_PROBE_LOCKED = Rule(
    "StartProbe/locked",
    "refusal",
    "StartProbe",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
START_PROBE_REFUSED = Rule(
    "StartProbe/refused",
    "refusal",
    "StartProbe",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# OrderReset

ORDER_RESET = Rule(
    "order_reset",
    "rule",
    "OrderReset",
    "model/order/recovery.py:261",
    "An operator asks the herald to reset the order.",
    persists=("severity", "episode"),
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("guard", "me.state.is_(ACTIVE, ERROR(RECOVERABLE))"),
    ),
)
ORDER_RESET_NOT_HERALD = Rule(
    "OrderReset/not_herald",
    "refusal",
    "OrderReset",
    "model/order/refusals.py:55",
    "Only the herald can do this; here is who that is, if it is known.",
    clauses=(Clause("guard", "me.role == RADIANT"),),
)
ORDER_RESET_WRONG_ROLE = Rule(
    "OrderReset/wrong_role",
    "refusal",
    "OrderReset",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~me.role.is_(HERALD)"),),
)
ORDER_RESET_IN_ERROR = Rule(
    "OrderReset/in_error",
    "refusal",
    "OrderReset",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
ORDER_RESET_LOCKED = Rule(
    "OrderReset/locked",
    "refusal",
    "OrderReset",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
ORDER_RESET_REFUSED = Rule(
    "OrderReset/refused",
    "refusal",
    "OrderReset",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# SystemReset

SYSTEM_RESET = Rule(
    "system_reset",
    "rule",
    "SystemReset",
    "model/order/recovery.py:272",
    "An operator asks the herald for a system reset.",
    persists=("severity", "episode"),
    clauses=(
        Clause("role", "me.role.is_(HERALD)"),
        Clause("guard", "me.state.is_(ACTIVE, ERROR(RECOVERABLE), ERROR(RECOVER_RESET))"),
    ),
)
SYSTEM_RESET_NOT_HERALD = Rule(
    "SystemReset/not_herald",
    "refusal",
    "SystemReset",
    "model/order/refusals.py:55",
    "Only the herald can do this; here is who that is, if it is known.",
    clauses=(Clause("guard", "me.role == RADIANT"),),
)
SYSTEM_RESET_WRONG_ROLE = Rule(
    "SystemReset/wrong_role",
    "refusal",
    "SystemReset",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~me.role.is_(HERALD)"),),
)
SYSTEM_RESET_IN_ERROR = Rule(
    "SystemReset/in_error",
    "refusal",
    "SystemReset",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
SYSTEM_RESET_LOCKED = Rule(
    "SystemReset/locked",
    "refusal",
    "SystemReset",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
SYSTEM_RESET_REFUSED = Rule(
    "SystemReset/refused",
    "refusal",
    "SystemReset",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# GrantSystemReset

GRANT_SYSTEM_RESET = Rule(
    "grant_system_reset",
    "rule",
    "GrantSystemReset",
    "model/order/recovery.py:472",
    "Only the controller grants, and only what was asked for.",
    persists=("ruled", "granted"),
    clauses=(
        Clause("role", "me.role.is_(CONTROLLER)"),
        Clause("guard", "me.plea"),
    ),
)
GRANT_SYSTEM_RESET_WRONG_ROLE = Rule(
    "GrantSystemReset/wrong_role",
    "refusal",
    "GrantSystemReset",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~me.role.is_(CONTROLLER)"),),
)
GRANT_SYSTEM_RESET_IN_ERROR = Rule(
    "GrantSystemReset/in_error",
    "refusal",
    "GrantSystemReset",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
GRANT_SYSTEM_RESET_LOCKED = Rule(
    "GrantSystemReset/locked",
    "refusal",
    "GrantSystemReset",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
GRANT_SYSTEM_RESET_REFUSED = Rule(
    "GrantSystemReset/refused",
    "refusal",
    "GrantSystemReset",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# RefuseSystemReset

REFUSE_SYSTEM_RESET = Rule(
    "refuse_system_reset",
    "rule",
    "RefuseSystemReset",
    "model/order/recovery.py:483",
    "Only the controller refuses, and only what was asked for.",
    persists=("ruled", "granted"),
    clauses=(
        Clause("role", "me.role.is_(CONTROLLER)"),
        Clause("guard", "me.plea"),
    ),
)
REFUSE_SYSTEM_RESET_WRONG_ROLE = Rule(
    "RefuseSystemReset/wrong_role",
    "refusal",
    "RefuseSystemReset",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~me.role.is_(CONTROLLER)"),),
)
REFUSE_SYSTEM_RESET_IN_ERROR = Rule(
    "RefuseSystemReset/in_error",
    "refusal",
    "RefuseSystemReset",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
REFUSE_SYSTEM_RESET_LOCKED = Rule(
    "RefuseSystemReset/locked",
    "refusal",
    "RefuseSystemReset",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
REFUSE_SYSTEM_RESET_REFUSED = Rule(
    "RefuseSystemReset/refused",
    "refusal",
    "RefuseSystemReset",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# ReportFault

DETECT = Rule(
    "detect",
    "rule",
    "ReportFault",
    "model/order/recovery.py:86",
    "A plain radiant goes into error and reports it to its herald, if it knows one.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("guard", "me.role == RADIANT"),
        Clause(
            "guard",
            "me.state.is_(RESET, ACTIVE, LOCKED(MEMBERSHIP_UPDATE), LOCKED(MEMBERSHIP_SET), "
            "LOCKED(REPLICATING))",
        ),
    ),
)
DETECT_AS_HERALD = Rule(
    "detect_as_herald",
    "rule",
    "ReportFault",
    "model/order/recovery.py:98",
    "The herald goes into error; it answers for the order when it leaves it.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("guard", "me.role == HERALD"),
        Clause(
            "guard",
            "me.state.is_(RESET, ACTIVE, LOCKED(MEMBERSHIP_UPDATE), LOCKED(MEMBERSHIP_SET), "
            "LOCKED(REPLICATING), LOCKED(PROBE))",
        ),
    ),
)
REPORT_FAULT_WRONG_ROLE = Rule(
    "ReportFault/wrong_role",
    "refusal",
    "ReportFault",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~me.role.is_(RADIANT, HERALD)"),),
)
REPORT_FAULT_IN_ERROR = Rule(
    "ReportFault/in_error",
    "refusal",
    "ReportFault",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
REPORT_FAULT_LOCKED = Rule(
    "ReportFault/locked",
    "refusal",
    "ReportFault",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
REPORT_FAULT_REFUSED = Rule(
    "ReportFault/refused",
    "refusal",
    "ReportFault",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# GetStatus

GET_STATUS = Rule(
    "get_status",
    "rule",
    "GetStatus",
    "model/order/service.py:100",
    "Answered in every state and role.",
)
GET_STATUS_IN_ERROR = Rule(
    "GetStatus/in_error",
    "refusal",
    "GetStatus",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
GET_STATUS_LOCKED = Rule(
    "GetStatus/locked",
    "refusal",
    "GetStatus",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
GET_STATUS_REFUSED = Rule(
    "GetStatus/refused",
    "refusal",
    "GetStatus",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# ListShards

LIST_SHARDS = Rule(
    "list_shards",
    "rule",
    "ListShards",
    "model/order/service.py:119",
    "A read of the watermark: no lock refuses it.",
    clauses=(
        Clause("role", "me.role.is_(RADIANT, HERALD)"),
        Clause("guard", "me.joined"),
        Clause("guard", "~me.state.is_(BOOTSTRAP, ERROR(UNRECOVERABLE))"),
    ),
)
LIST_SHARDS_WRONG_ROLE = Rule(
    "ListShards/wrong_role",
    "refusal",
    "ListShards",
    "model/order/refusals.py:81",
    "The role that the message or request declares is missing.",
    clauses=(Clause("guard", "~me.role.is_(RADIANT, HERALD)"),),
)
LIST_SHARDS_IN_ERROR = Rule(
    "ListShards/in_error",
    "refusal",
    "ListShards",
    "model/order/refusals.py:69",
    "The order is in error.",
    clauses=(Clause("guard", "me.state.is_(ERROR)"),),
)
LIST_SHARDS_LOCKED = Rule(
    "ListShards/locked",
    "refusal",
    "ListShards",
    "model/order/refusals.py:75",
    "The order is busy with an operation.",
    clauses=(Clause("guard", "me.state.is_(LOCKED)"),),
)
LIST_SHARDS_REFUSED = Rule(
    "ListShards/refused",
    "refusal",
    "ListShards",
    "model/order/refusals.py:81",
    "A guard refused.",
)

# BeaconDue

BEACON = Rule(
    "beacon",
    "rule",
    "BeaconDue",
    "model/order/bootstrap.py:26",
    "Look for the configured peers, and for the members of the accepted record.",
    clauses=(
        Clause("guard", "me.role == RADIANT"),
        Clause("guard", "me.state == BOOTSTRAP"),
    ),
)
BEACON_DUE_IGNORED = Rule(
    "BeaconDue/ignored",
    "refusal",
    "BeaconDue",
    "model/order/refusals.py:88",
    "The timer means nothing now.",
)

# ElectionTimeout

STAND = Rule(
    "stand",
    "rule",
    "ElectionTimeout",
    "model/order/election.py:83",
    "The herald is silent: stand in a fresh term. Only a full member stands.",
    persists=("term", "vote"),
    clauses=(
        Clause("guard", "me.role == RADIANT"),
        Clause("guard", "me.state.is_(RESET, ACTIVE, LOCKED(VOTING))"),
        Clause("guard", "me.joined"),
        Clause("guard", "me.members.has(me)"),
    ),
)
STAND_IN_ERROR = Rule(
    "stand_in_error",
    "rule",
    "ElectionTimeout",
    "model/order/election.py:95",
    "In error the order state stays: else nobody could ask for a dead herald's order's reset.",
    persists=("term", "vote"),
    clauses=(
        Clause("guard", "me.role == RADIANT"),
        Clause("guard", "me.state.is_(ERROR)"),
        Clause("guard", "~me.state.is_(ERROR(UNRECOVERABLE))"),
        Clause("guard", "me.joined"),
        Clause("guard", "me.members.has(me)"),
    ),
)
LOCK_TIMEOUT = Rule(
    "lock_timeout",
    "rule",
    "ElectionTimeout",
    "model/order/election.py:107",
    "A lock held for too long means that somebody is down.",
    clauses=(
        Clause("guard", "me.role == RADIANT"),
        Clause(
            "guard",
            "me.state.is_(LOCKED(MEMBERSHIP_UPDATE), LOCKED(MEMBERSHIP_SET), LOCKED(REPLICATING))",
        ),
    ),
)
LOCK_TIMEOUT_OF_HERALD = Rule(
    "lock_timeout_of_herald",
    "rule",
    "ElectionTimeout",
    "model/order/election.py:118",
    "The herald's own operation finds no quorum, or its probe no answer: somebody is down.",
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause(
            "guard",
            "me.state.is_(LOCKED(MEMBERSHIP_UPDATE), LOCKED(MEMBERSHIP_SET), LOCKED(REPLICATING), "
            "LOCKED(PROBE))",
        ),
    ),
)
ELECTION_TIMEOUT_IGNORED = Rule(
    "ElectionTimeout/ignored",
    "refusal",
    "ElectionTimeout",
    "model/order/refusals.py:88",
    "The timer means nothing now.",
)

# ResendDue

ESTABLISH = Rule(
    "establish",
    "rule",
    "ResendDue",
    "model/order/proposing.py:107",
    "A new herald first proposes its accepted record again, at a position of its own term.",
    persists=("accepted_at",),
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause("guard", "me.state == ACTIVE"),
        Clause("guard", "me.watermark_at.term != me.term"),
        Clause("guard", "me.worst == 0"),
    ),
)
RESTORE = Rule(
    "restore",
    "rule",
    "ResendDue",
    "model/order/proposing.py:122",
    "After a reset or recovery, without a commit in its own term, it proposes its accepted record.",
    persists=("accepted_at",),
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause("guard", "me.state == RESET"),
        Clause("guard", "me.watermark_at.term != me.term"),
        Clause("guard", "me.worst == 0"),
    ),
)
ROLL_BACK = Rule(
    "roll_back",
    "rule",
    "ResendDue",
    "model/order/proposing.py:135",
    "After a reset or a recovery, with a commit in its own term, it goes back to that one.",
    persists=("accepted_at", "members", "keys"),
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause("guard", "me.state == RESET"),
        Clause("guard", "me.watermark_at.term == me.term"),
        Clause("guard", "me.worst == 0"),
    ),
)
RESEND_PROPOSAL = Rule(
    "resend_proposal",
    "rule",
    "ResendDue",
    "model/order/proposing.py:153",
    "Send the outstanding proposal again, to whoever may have missed it or the announcement.",
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause(
            "guard",
            "me.state.is_(LOCKED(MEMBERSHIP_UPDATE), LOCKED(MEMBERSHIP_SET), LOCKED(REPLICATING))",
        ),
    ),
)
RESEND_COMMIT = Rule(
    "resend_commit",
    "rule",
    "ResendDue",
    "model/order/proposing.py:280",
    "An idle herald shows that it is alive, and brings back who missed the commit.",
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause("guard", "me.state == ACTIVE"),
        Clause("guard", "me.watermark_at.term == me.term"),
        Clause("guard", "me.worst == 0"),
    ),
)
RESEND_PROBE = Rule(
    "resend_probe",
    "rule",
    "ResendDue",
    "model/order/probing.py:48",
    "Ask again whoever may have missed it.",
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause("guard", "me.state == LOCKED(PROBE)"),
    ),
)
ALIVE_IN_RECOVERY = Rule(
    "alive_in_recovery",
    "rule",
    "ResendDue",
    "model/order/recovery.py:222",
    "A herald that recovers still shows that it is alive.",
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause("guard", "me.state.is_(ERROR(RECOVERABLE))"),
    ),
)
DECLARE_WORST = Rule(
    "declare_worst",
    "rule",
    "ResendDue",
    "model/order/recovery.py:235",
    "A voter was in a worse error than this herald: declare at least that.",
    persists=("severity", "episode"),
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause("guard", "me.state.is_(RESET, ACTIVE)"),
        Clause("guard", "me.worst > 0"),
    ),
)
DECLARE_AFRESH = Rule(
    "declare_afresh",
    "rule",
    "ResendDue",
    "model/order/recovery.py:246",
    "The error is an older herald's, or less than the worst seen: declare it as one's own.",
    persists=("severity", "episode"),
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause("guard", "me.state.is_(ERROR(RECOVER_RESET), ERROR(SYSTEM_RESET))"),
        Clause("guard", "(me.episode.term != me.term) | (me.worst > me.severity)"),
    ),
)
REQUEST_RESET = Rule(
    "request_reset",
    "rule",
    "ResendDue",
    "model/order/recovery.py:342",
    "Only the herald requests RESET, for the episode it declared; it obeys its own request.",
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause("guard", "me.state == ERROR(RECOVER_RESET)"),
        Clause("guard", "me.episode.term == me.term"),
        Clause("guard", "me.worst <= me.severity"),
    ),
)
ASK_CONTROLLER = Rule(
    "ask_controller",
    "rule",
    "ResendDue",
    "model/order/recovery.py:402",
    "Only the herald asks the controller, again while it is silent.",
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause("guard", "me.state == ERROR(SYSTEM_RESET)"),
        Clause("guard", "me.episode.term == me.term"),
        Clause("guard", "me.asks < 3"),
    ),
)
GIVE_UP = Rule(
    "give_up",
    "rule",
    "ResendDue",
    "model/order/recovery.py:418",
    "The controller stayed silent: declare the order unrecoverable, then fall silent.",
    persists=("severity", "episode"),
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause("guard", "me.state == ERROR(SYSTEM_RESET)"),
        Clause("guard", "me.episode.term == me.term"),
        Clause("guard", "me.asks == 3"),
    ),
)
RESEND_DUE_IGNORED = Rule(
    "ResendDue/ignored",
    "refusal",
    "ResendDue",
    "model/order/refusals.py:88",
    "The timer means nothing now.",
)

# ProbeDue

PROBE_AGAIN = Rule(
    "probe_again",
    "rule",
    "ProbeDue",
    "model/order/probing.py:42",
    "The herald probes from time to time.",
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause("guard", "me.state == ACTIVE"),
        Clause("guard", "me.watermark_at.term == me.term"),
        Clause("guard", "me.worst == 0"),
    ),
)
PROBE_DUE_IGNORED = Rule(
    "ProbeDue/ignored",
    "refusal",
    "ProbeDue",
    "model/order/refusals.py:88",
    "The timer means nothing now.",
)

# RecoverDue

RECOVER = Rule(
    "recover",
    "rule",
    "RecoverDue",
    "model/order/recovery.py:170",
    "A plain radiant recovers locally.",
    clauses=(
        Clause("guard", "me.role == RADIANT"),
        Clause("guard", "me.state.is_(ERROR(RECOVERABLE))"),
    ),
)
RECOVER_AS_HERALD = Rule(
    "recover_as_herald",
    "rule",
    "RecoverDue",
    "model/order/recovery.py:189",
    "The herald tries an error's first answer, once between clean probes.",
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause("guard", "me.state.is_(ERROR(RECOVERABLE))"),
        Clause(
            "guard",
            "~me.tried.has(ERROR.of(me.state)) | (me.state.is_(ERROR(RECOVERABLE(MEMBERSHIP))) & "
            "me.tried.has(RECOVER_RESET))",
        ),
    ),
)
ESCALATE = Rule(
    "escalate",
    "rule",
    "RecoverDue",
    "model/order/recovery.py:204",
    "The same error again: the next rung that was not tried yet.",
    persists=("severity", "episode"),
    clauses=(
        Clause("guard", "me.role == HERALD"),
        Clause("guard", "me.state.is_(ERROR(RECOVERABLE))"),
        Clause("guard", "me.tried.has(ERROR.of(me.state))"),
        Clause(
            "guard",
            "~(me.state.is_(ERROR(RECOVERABLE(MEMBERSHIP))) & me.tried.has(RECOVER_RESET))",
        ),
    ),
)
RECOVER_DUE_IGNORED = Rule(
    "RecoverDue/ignored",
    "refusal",
    "RecoverDue",
    "model/order/refusals.py:88",
    "The timer means nothing now.",
)
