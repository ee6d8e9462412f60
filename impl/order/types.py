# Generated from the spec 'order' by `oathbound generate`; change the spec, not this file.
# Digest of what follows: bf78e8ef42897039c432c93784139bdc7a6efc5e81b7e244f473a93725a844a7
"""The order of radiants: values, messages, requests, timers, replies and tables.

Values are never changed once they are made: type checkers hold the fields final. At run time
nothing enforces it, since a frozen dataclass takes three times as long to make.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, NamedTuple, TypeAlias

from .rules import Rule

# A name: told apart from others, no more.
Node: TypeAlias = str


class Term(NamedTuple):
    """An election epoch: a round and the radiant that stands in it."""

    round: int
    owner: Node


# A radiant, or nobody.
MaybeNode: TypeAlias = Node | None

# A count that only grows: versions, episodes, probes.
Number: TypeAlias = int


class Position(NamedTuple):
    """Where a proposal stands: the herald's term, then its count within the term."""

    term: Term
    version: Number


# A set of radiants.
Nodes: TypeAlias = frozenset[Node]

# A shard key.
Key: TypeAlias = str

# A set of shard keys.
Keys: TypeAlias = frozenset[Key]

# How bad an error is: 0 none or recoverable, 1 order reset, 2 system reset, 3 for ever.
Severity: TypeAlias = int


class Episode(NamedTuple):
    """Which error: the term of the herald that declared it, then its count within the term."""

    term: Term
    number: Number


class Role(Enum):
    """What a radiant is to its order; a message says which roles may send it and act on it."""

    __hash__ = object.__hash__  # by identity: far quicker than by name

    RADIANT = "RADIANT"  # a member of the order; any of them can become the herald
    HERALD = "HERALD"  # the elected leader of the order
    CONTROLLER = "CONTROLLER"  # the shard controller herald, to which heralds report


RADIANT: Role = Role.RADIANT
HERALD: Role = Role.HERALD
CONTROLLER: Role = Role.CONTROLLER


class OrderState(Enum):
    """The state of the order as one radiant sees it."""

    __hash__ = object.__hash__  # by identity: far quicker than by name

    BOOTSTRAP = "BOOTSTRAP"  # nodes are still setting up the system, have no state info yet
    RESET = "RESET"  # reset, reconfiguration, or recovery in process
    ACTIVE = "ACTIVE"  # set up, all info complete, no operation in progress
    # adding a radiant to the order, or removing one
    LOCKED_MEMBERSHIP_UPDATE = "LOCKED(MEMBERSHIP_UPDATE)"
    # establishing the membership after an election or a reset
    LOCKED_MEMBERSHIP_SET = "LOCKED(MEMBERSHIP_SET)"
    LOCKED_REPLICATING = "LOCKED(REPLICATING)"  # replicating a change to the list of shard keys
    LOCKED_VOTING = "LOCKED(VOTING)"  # electing a herald
    LOCKED_PROBE = "LOCKED(PROBE)"  # asking all members whether they are up and agree
    # the order's state differs between its radiants
    ERROR_RECOVERABLE_STATE = "ERROR(RECOVERABLE(STATE))"
    # the member lists differ, or a member is down
    ERROR_RECOVERABLE_MEMBERSHIP = "ERROR(RECOVERABLE(MEMBERSHIP))"
    # the shard keys or data differ or are wrong
    ERROR_RECOVERABLE_SHARD = "ERROR(RECOVERABLE(SHARD))"
    # anything else; its cause is kept for the log
    ERROR_RECOVERABLE_OTHER = "ERROR(RECOVERABLE(OTHER))"
    ERROR_RECOVER_RESET = "ERROR(RECOVER_RESET)"  # recoverable with an order-wide reset
    ERROR_SYSTEM_RESET = "ERROR(SYSTEM_RESET)"  # recoverable with a system-wide reset
    ERROR_UNRECOVERABLE = "ERROR(UNRECOVERABLE)"  # nothing recovers it: absorbing


BOOTSTRAP: OrderState = OrderState.BOOTSTRAP
RESET: OrderState = OrderState.RESET
ACTIVE: OrderState = OrderState.ACTIVE
LOCKED_MEMBERSHIP_UPDATE: OrderState = OrderState.LOCKED_MEMBERSHIP_UPDATE
LOCKED_MEMBERSHIP_SET: OrderState = OrderState.LOCKED_MEMBERSHIP_SET
LOCKED_REPLICATING: OrderState = OrderState.LOCKED_REPLICATING
LOCKED_VOTING: OrderState = OrderState.LOCKED_VOTING
LOCKED_PROBE: OrderState = OrderState.LOCKED_PROBE
ERROR_RECOVERABLE_STATE: OrderState = OrderState.ERROR_RECOVERABLE_STATE
ERROR_RECOVERABLE_MEMBERSHIP: OrderState = OrderState.ERROR_RECOVERABLE_MEMBERSHIP
ERROR_RECOVERABLE_SHARD: OrderState = OrderState.ERROR_RECOVERABLE_SHARD
ERROR_RECOVERABLE_OTHER: OrderState = OrderState.ERROR_RECOVERABLE_OTHER
ERROR_RECOVER_RESET: OrderState = OrderState.ERROR_RECOVER_RESET
ERROR_SYSTEM_RESET: OrderState = OrderState.ERROR_SYSTEM_RESET
ERROR_UNRECOVERABLE: OrderState = OrderState.ERROR_UNRECOVERABLE

# All of `LOCKED`.
LOCKED: frozenset[OrderState] = frozenset(
    {
        LOCKED_MEMBERSHIP_UPDATE,
        LOCKED_MEMBERSHIP_SET,
        LOCKED_REPLICATING,
        LOCKED_VOTING,
        LOCKED_PROBE,
    }
)
# All of `ERROR`.
ERROR: frozenset[OrderState] = frozenset(
    {
        ERROR_RECOVERABLE_STATE,
        ERROR_RECOVERABLE_MEMBERSHIP,
        ERROR_RECOVERABLE_SHARD,
        ERROR_RECOVERABLE_OTHER,
        ERROR_RECOVER_RESET,
        ERROR_SYSTEM_RESET,
        ERROR_UNRECOVERABLE,
    }
)
# All of `ERROR(RECOVERABLE)`.
ERROR_RECOVERABLE: frozenset[OrderState] = frozenset(
    {
        ERROR_RECOVERABLE_STATE,
        ERROR_RECOVERABLE_MEMBERSHIP,
        ERROR_RECOVERABLE_SHARD,
        ERROR_RECOVERABLE_OTHER,
    }
)
# The spec's own `PROPOSING`.
PROPOSING: frozenset[OrderState] = frozenset(
    {LOCKED_MEMBERSHIP_UPDATE, LOCKED_MEMBERSHIP_SET, LOCKED_REPLICATING}
)
RESET_OR_ACTIVE_OR_LOCKED_VOTING: frozenset[OrderState] = frozenset({RESET, ACTIVE, LOCKED_VOTING})
BOOTSTRAP_OR_RESET_OR_ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE: frozenset[OrderState] = frozenset(
    {BOOTSTRAP, RESET, ACTIVE, *PROPOSING, LOCKED_PROBE}
)
RESET_OR_ACTIVE_OR_PROPOSING: frozenset[OrderState] = frozenset({RESET, ACTIVE, *PROPOSING})
RESET_OR_ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE: frozenset[OrderState] = frozenset(
    {RESET, ACTIVE, *PROPOSING, LOCKED_PROBE}
)
ACTIVE_OR_PROPOSING_OR_LOCKED_PROBE: frozenset[OrderState] = frozenset(
    {ACTIVE, *PROPOSING, LOCKED_PROBE}
)
ACTIVE_OR_ERROR_RECOVERABLE_OR_ERROR_RECOVER_RESET: frozenset[OrderState] = frozenset(
    {ACTIVE, *ERROR_RECOVERABLE, ERROR_RECOVER_RESET}
)


class OrderStateOp(Enum):
    """What a locked order is busy with."""

    __hash__ = object.__hash__  # by identity: far quicker than by name

    MEMBERSHIP_UPDATE = "MEMBERSHIP_UPDATE"  # adding a radiant to the order, or removing one
    MEMBERSHIP_SET = "MEMBERSHIP_SET"  # establishing the membership after an election or a reset
    REPLICATING = "REPLICATING"  # replicating a change to the list of shard keys
    VOTING = "VOTING"  # electing a herald
    PROBE = "PROBE"  # asking all members whether they are up and agree


MEMBERSHIP_UPDATE: OrderStateOp = OrderStateOp.MEMBERSHIP_UPDATE
MEMBERSHIP_SET: OrderStateOp = OrderStateOp.MEMBERSHIP_SET
REPLICATING: OrderStateOp = OrderStateOp.REPLICATING
VOTING: OrderStateOp = OrderStateOp.VOTING
PROBE: OrderStateOp = OrderStateOp.PROBE

# The spec's own `PROPOSING_OPS`.
PROPOSING_OPS: frozenset[OrderStateOp] = frozenset({MEMBERSHIP_UPDATE, MEMBERSHIP_SET, REPLICATING})


class OrderStateError(Enum):
    """How much it takes to recover."""

    __hash__ = object.__hash__  # by identity: far quicker than by name

    RECOVERABLE_STATE = "RECOVERABLE(STATE)"  # the order's state differs between its radiants
    # the member lists differ, or a member is down
    RECOVERABLE_MEMBERSHIP = "RECOVERABLE(MEMBERSHIP)"
    RECOVERABLE_SHARD = "RECOVERABLE(SHARD)"  # the shard keys or data differ or are wrong
    RECOVERABLE_OTHER = "RECOVERABLE(OTHER)"  # anything else; its cause is kept for the log
    RECOVER_RESET = "RECOVER_RESET"  # recoverable with an order-wide reset
    SYSTEM_RESET = "SYSTEM_RESET"  # recoverable with a system-wide reset
    UNRECOVERABLE = "UNRECOVERABLE"  # nothing recovers it: absorbing


RECOVERABLE_STATE: OrderStateError = OrderStateError.RECOVERABLE_STATE
RECOVERABLE_MEMBERSHIP: OrderStateError = OrderStateError.RECOVERABLE_MEMBERSHIP
RECOVERABLE_SHARD: OrderStateError = OrderStateError.RECOVERABLE_SHARD
RECOVERABLE_OTHER: OrderStateError = OrderStateError.RECOVERABLE_OTHER
RECOVER_RESET: OrderStateError = OrderStateError.RECOVER_RESET
SYSTEM_RESET: OrderStateError = OrderStateError.SYSTEM_RESET
UNRECOVERABLE: OrderStateError = OrderStateError.UNRECOVERABLE

# All of `RECOVERABLE`.
RECOVERABLE: frozenset[OrderStateError] = frozenset(
    {RECOVERABLE_STATE, RECOVERABLE_MEMBERSHIP, RECOVERABLE_SHARD, RECOVERABLE_OTHER}
)

# A set of errors.
Errors: TypeAlias = frozenset[OrderStateError]

# How often the controller was asked; at the top the herald gives up.
Askings: TypeAlias = int


class OrderError(Enum):
    """What is wrong at the level of the order."""

    __hash__ = object.__hash__  # by identity: far quicker than by name

    STATE = "STATE"  # the order's state differs between its radiants
    MEMBERSHIP = "MEMBERSHIP"  # the member lists differ, or a member is down
    SHARD = "SHARD"  # the shard keys or data differ or are wrong
    OTHER = "OTHER"  # anything else; its cause is kept for the log


STATE: OrderError = OrderError.STATE
MEMBERSHIP: OrderError = OrderError.MEMBERSHIP
SHARD: OrderError = OrderError.SHARD
OTHER: OrderError = OrderError.OTHER

# ---------------------------------------------------------------- maps between sums

RECOVERABLE_OF: Mapping[OrderError, OrderStateError] = {
    STATE: RECOVERABLE_STATE,
    MEMBERSHIP: RECOVERABLE_MEMBERSHIP,
    SHARD: RECOVERABLE_SHARD,
    OTHER: RECOVERABLE_OTHER,
}

RECOVERABLE_PAYLOAD: Mapping[OrderStateError, OrderError] = {
    RECOVERABLE_STATE: STATE,
    RECOVERABLE_MEMBERSHIP: MEMBERSHIP,
    RECOVERABLE_SHARD: SHARD,
    RECOVERABLE_OTHER: OTHER,
    RECOVER_RESET: STATE,
    SYSTEM_RESET: STATE,
    UNRECOVERABLE: STATE,
}

LOCKED_OF: Mapping[OrderStateOp, OrderState] = {
    MEMBERSHIP_UPDATE: LOCKED_MEMBERSHIP_UPDATE,
    MEMBERSHIP_SET: LOCKED_MEMBERSHIP_SET,
    REPLICATING: LOCKED_REPLICATING,
    VOTING: LOCKED_VOTING,
    PROBE: LOCKED_PROBE,
}

LOCKED_PAYLOAD: Mapping[OrderState, OrderStateOp] = {
    BOOTSTRAP: MEMBERSHIP_UPDATE,
    RESET: MEMBERSHIP_UPDATE,
    ACTIVE: MEMBERSHIP_UPDATE,
    LOCKED_MEMBERSHIP_UPDATE: MEMBERSHIP_UPDATE,
    LOCKED_MEMBERSHIP_SET: MEMBERSHIP_SET,
    LOCKED_REPLICATING: REPLICATING,
    LOCKED_VOTING: VOTING,
    LOCKED_PROBE: PROBE,
    ERROR_RECOVERABLE_STATE: MEMBERSHIP_UPDATE,
    ERROR_RECOVERABLE_MEMBERSHIP: MEMBERSHIP_UPDATE,
    ERROR_RECOVERABLE_SHARD: MEMBERSHIP_UPDATE,
    ERROR_RECOVERABLE_OTHER: MEMBERSHIP_UPDATE,
    ERROR_RECOVER_RESET: MEMBERSHIP_UPDATE,
    ERROR_SYSTEM_RESET: MEMBERSHIP_UPDATE,
    ERROR_UNRECOVERABLE: MEMBERSHIP_UPDATE,
}

ERROR_OF: Mapping[OrderStateError, OrderState] = {
    RECOVERABLE_STATE: ERROR_RECOVERABLE_STATE,
    RECOVERABLE_MEMBERSHIP: ERROR_RECOVERABLE_MEMBERSHIP,
    RECOVERABLE_SHARD: ERROR_RECOVERABLE_SHARD,
    RECOVERABLE_OTHER: ERROR_RECOVERABLE_OTHER,
    RECOVER_RESET: ERROR_RECOVER_RESET,
    SYSTEM_RESET: ERROR_SYSTEM_RESET,
    UNRECOVERABLE: ERROR_UNRECOVERABLE,
}

ERROR_PAYLOAD: Mapping[OrderState, OrderStateError] = {
    BOOTSTRAP: RECOVERABLE_STATE,
    RESET: RECOVERABLE_STATE,
    ACTIVE: RECOVERABLE_STATE,
    LOCKED_MEMBERSHIP_UPDATE: RECOVERABLE_STATE,
    LOCKED_MEMBERSHIP_SET: RECOVERABLE_STATE,
    LOCKED_REPLICATING: RECOVERABLE_STATE,
    LOCKED_VOTING: RECOVERABLE_STATE,
    LOCKED_PROBE: RECOVERABLE_STATE,
    ERROR_RECOVERABLE_STATE: RECOVERABLE_STATE,
    ERROR_RECOVERABLE_MEMBERSHIP: RECOVERABLE_MEMBERSHIP,
    ERROR_RECOVERABLE_SHARD: RECOVERABLE_SHARD,
    ERROR_RECOVERABLE_OTHER: RECOVERABLE_OTHER,
    ERROR_RECOVER_RESET: RECOVER_RESET,
    ERROR_SYSTEM_RESET: SYSTEM_RESET,
    ERROR_UNRECOVERABLE: UNRECOVERABLE,
}

ERROR_LADDER_THEN: Mapping[OrderStateError, OrderStateError] = {
    RECOVERABLE_STATE: RECOVER_RESET,
    RECOVERABLE_MEMBERSHIP: RECOVER_RESET,
    RECOVERABLE_SHARD: RECOVER_RESET,
    RECOVERABLE_OTHER: RECOVER_RESET,
    RECOVER_RESET: SYSTEM_RESET,
    SYSTEM_RESET: UNRECOVERABLE,
    UNRECOVERABLE: UNRECOVERABLE,
}

ERROR_LADDER_SEVERITY: Mapping[OrderStateError, Severity] = {
    RECOVERABLE_STATE: 0,
    RECOVERABLE_MEMBERSHIP: 0,
    RECOVERABLE_SHARD: 0,
    RECOVERABLE_OTHER: 0,
    RECOVER_RESET: 1,
    SYSTEM_RESET: 2,
    UNRECOVERABLE: 3,
}


@dataclass(slots=True, unsafe_hash=True)
class OrderConfig:
    """What every node is told."""

    members: Final[Nodes]  # the members of the first record
    controllers: Final[Nodes]  # the system-level authority that may grant a system reset


# ---------------------------------------------------------------- messages


@dataclass(slots=True, unsafe_hash=True)
class Beacon:
    """A radiant that starts looks for its peers."""


@dataclass(slots=True, unsafe_hash=True)
class BeaconAnswer:
    """A peer is up."""


@dataclass(slots=True, unsafe_hash=True)
class RequestVote:
    """A radiant stands for election in a fresh term that it owns."""

    term: Final[Term]
    accepted_at: Final[Position]  # the candidate's accepted position


@dataclass(slots=True, unsafe_hash=True)
class Vote:
    """The sender votes for the receiver."""

    term: Final[Term]
    severity: Final[Severity]  # the voter's


@dataclass(slots=True, unsafe_hash=True)
class Elected:
    """The sender is the herald of the term; also its sign of life."""

    term: Final[Term]


@dataclass(slots=True, unsafe_hash=True)
class NewerTerm:
    """The receiver sent something of a stale term; this is the newer one."""

    term: Final[Term]


@dataclass(slots=True, unsafe_hash=True)
class Propose:
    """The herald proposes a record."""

    term: Final[Term]
    version: Final[Number]
    op: Final[OrderStateOp]
    members: Final[Nodes]
    keys: Final[Keys]


@dataclass(slots=True, unsafe_hash=True)
class Rollback:
    """The herald proposes its watermark's record again, at a new position."""

    term: Final[Term]
    version: Final[Number]
    to: Final[Position]  # the committed position it goes back to
    members: Final[Nodes]
    keys: Final[Keys]


@dataclass(slots=True, unsafe_hash=True)
class Accepted:
    """The sender accepted the proposal."""

    term: Final[Term]
    version: Final[Number]


@dataclass(slots=True, unsafe_hash=True)
class Commit:
    """The proposal is committed; the record is in it, so that it serves who missed the proposal."""

    term: Final[Term]
    version: Final[Number]
    op: Final[OrderStateOp]
    members: Final[Nodes]
    keys: Final[Keys]


@dataclass(slots=True, unsafe_hash=True)
class CommitAck:
    """The sender has the commit."""

    term: Final[Term]
    version: Final[Number]


@dataclass(slots=True, unsafe_hash=True)
class Probe:
    """The herald asks for a digest."""

    term: Final[Term]
    number: Final[Number]


@dataclass(slots=True, unsafe_hash=True)
class Digest:
    """What a member holds."""

    term: Final[Term]
    number: Final[Number]
    state: Final[OrderState]
    watermark_at: Final[Position]
    members: Final[Nodes]
    keys: Final[Keys]
    severity: Final[Severity]


@dataclass(slots=True, unsafe_hash=True)
class ReportError:
    """A radiant tells its herald of an error."""

    term: Final[Term]
    error: Final[OrderStateError]
    episode: Final[Episode]  # of an error that needs a reset


@dataclass(slots=True, unsafe_hash=True)
class DeclareError:
    """The herald declares an error for the whole order."""

    term: Final[Term]
    episode: Final[Episode]
    error: Final[OrderStateError]


@dataclass(slots=True, unsafe_hash=True)
class ResetRequest:
    """The herald requests the order reset that an episode needs."""

    term: Final[Term]
    episode: Final[Episode]


@dataclass(slots=True, unsafe_hash=True)
class SystemResetRequest:
    """The herald asks the controller for a system reset."""

    term: Final[Term]
    episode: Final[Episode]
    members: Final[Nodes]  # who is to be told of a grant


@dataclass(slots=True, unsafe_hash=True)
class SystemResetGrant:
    """The controller grants the system reset of an episode."""

    episode: Final[Episode]


@dataclass(slots=True, unsafe_hash=True)
class SystemResetRefusal:
    """The controller refuses it."""

    episode: Final[Episode]


Message: TypeAlias = (
    Beacon
    | BeaconAnswer
    | RequestVote
    | Vote
    | Elected
    | NewerTerm
    | Propose
    | Rollback
    | Accepted
    | Commit
    | CommitAck
    | Probe
    | Digest
    | ReportError
    | DeclareError
    | ResetRequest
    | SystemResetRequest
    | SystemResetGrant
    | SystemResetRefusal
)

# ---------------------------------------------------------------- requests


@dataclass(slots=True, unsafe_hash=True)
class AddShard:
    """Make the order responsible for a shard key."""

    key: Final[Key]


@dataclass(slots=True, unsafe_hash=True)
class RemoveShard:
    """Release the order from a shard key."""

    key: Final[Key]


@dataclass(slots=True, unsafe_hash=True)
class MoveShard:
    """Replace a shard key by another, in one step."""

    key: Final[Key]
    to: Final[Key]


@dataclass(slots=True, unsafe_hash=True)
class AddMember:
    """Admit a radiant to the order, or re-admit one."""

    node: Final[Node]


@dataclass(slots=True, unsafe_hash=True)
class RemoveMember:
    """Remove a radiant from the order."""

    node: Final[Node]


@dataclass(slots=True, unsafe_hash=True)
class StartProbe:
    """Ask all members whether they are up and agree."""


@dataclass(slots=True, unsafe_hash=True)
class OrderReset:
    """Reset the order."""


@dataclass(slots=True, unsafe_hash=True)
class SystemReset:
    """Ask the controller for a system reset."""


@dataclass(slots=True, unsafe_hash=True)
class GrantSystemReset:
    """The controller's operator grants the system reset that is asked for."""


@dataclass(slots=True, unsafe_hash=True)
class RefuseSystemReset:
    """The controller's operator refuses it."""


@dataclass(slots=True, unsafe_hash=True)
class ReportFault:
    """A local part (disk, shard store, operator) reports a fault to its radiant."""

    error: Final[OrderError]


@dataclass(slots=True, unsafe_hash=True)
class GetStatus:
    """Ask a radiant for its state."""


@dataclass(slots=True, unsafe_hash=True)
class ListShards:
    """Ask a radiant for the shard keys of its watermark."""


Request: TypeAlias = (
    AddShard
    | RemoveShard
    | MoveShard
    | AddMember
    | RemoveMember
    | StartProbe
    | OrderReset
    | SystemReset
    | GrantSystemReset
    | RefuseSystemReset
    | ReportFault
    | GetStatus
    | ListShards
)

# ---------------------------------------------------------------- timers


@dataclass(slots=True, unsafe_hash=True)
class BeaconDue:
    """Time to look for peers again."""


@dataclass(slots=True, unsafe_hash=True)
class ElectionTimeout:
    """Nothing was heard of the herald, or a lock was held, for too long."""


@dataclass(slots=True, unsafe_hash=True)
class ResendDue:
    """Time for the herald to send again what is not answered yet."""


@dataclass(slots=True, unsafe_hash=True)
class ProbeDue:
    """Time for a probe."""


@dataclass(slots=True, unsafe_hash=True)
class RecoverDue:
    """Time to leave a recoverable error."""


Timer: TypeAlias = BeaconDue | ElectionTimeout | ResendDue | ProbeDue | RecoverDue

Event: TypeAlias = Message | Request | Timer

# ---------------------------------------------------------------- tables


class ErrorLadderRow(NamedTuple):
    """A row of `error_ladder`."""

    severity: int
    first_answer: str
    then: OrderStateError


ERROR_LADDER: Mapping[OrderStateError, ErrorLadderRow] = {
    RECOVERABLE_STATE: ErrorLadderRow(0, "roll back, no reset request", RECOVER_RESET),
    RECOVERABLE_MEMBERSHIP: ErrorLadderRow(
        0,
        "wait out or re-admit the member, no reset request",
        RECOVER_RESET,
    ),
    RECOVERABLE_SHARD: ErrorLadderRow(0, "roll back and re-sync the shard keys", RECOVER_RESET),
    RECOVERABLE_OTHER: ErrorLadderRow(0, "roll back; the cause is kept for the log", RECOVER_RESET),
    RECOVER_RESET: ErrorLadderRow(1, "the herald requests the order reset", SYSTEM_RESET),
    SYSTEM_RESET: ErrorLadderRow(
        2,
        "the herald asks the controller, again while it is silent",
        UNRECOVERABLE,
    ),
    UNRECOVERABLE: ErrorLadderRow(
        3,
        "none: absorbing; answers status, refuses the rest",
        UNRECOVERABLE,
    ),
}


class RetryHintsRow(NamedTuple):
    """A row of `retry_hints`."""

    first_delay_ms: int
    growth: float
    cap_ms: int
    jitter: float


RETRY_HINTS: Mapping[OrderStateOp, RetryHintsRow] = {
    MEMBERSHIP_UPDATE: RetryHintsRow(100, 2.0, 5000, 0.2),
    MEMBERSHIP_SET: RetryHintsRow(200, 2.0, 10000, 0.2),
    REPLICATING: RetryHintsRow(10, 1.5, 500, 0.5),
    VOTING: RetryHintsRow(150, 2.0, 3000, 0.5),
    PROBE: RetryHintsRow(50, 1.5, 1000, 0.2),
}

# ---------------------------------------------------------------- replies


@dataclass(slots=True, unsafe_hash=True)
class Done:
    """The event was accepted."""


@dataclass(slots=True, unsafe_hash=True)
class Refused:
    """Refused by the named role or guard clause; nothing changed."""

    rule: Final[str]  # the rule that came nearest; empty where the event has none
    clause: Final[str]  # its first clause that does not hold, as the spec writes it
    kind: Final[Literal["role", "sender", "guard", "none"]]


@dataclass(slots=True, unsafe_hash=True)
class Locked:
    """Locked for an operation; its retry hint says when to try again."""

    op: Final[OrderStateOp]

    @property
    def retry_hints(self) -> RetryHintsRow:
        """The row of `retry_hints` for its `op`."""
        return RETRY_HINTS[self.op]


@dataclass(slots=True, unsafe_hash=True)
class InError:
    """In error."""

    error: Final[OrderStateError]

    @property
    def error_ladder(self) -> ErrorLadderRow:
        """The row of `error_ladder` for its `error`."""
        return ERROR_LADDER[self.error]


@dataclass(slots=True, unsafe_hash=True)
class StaleTerm:
    """The sender's term is over; this is the newer one."""

    newer: Final[Term]


@dataclass(slots=True, unsafe_hash=True)
class NotHerald:
    """Only the herald can do this; the hint says who that is, where it is known."""

    hint: Final[MaybeNode]


@dataclass(slots=True, unsafe_hash=True)
class Ignored:
    """A timer that means nothing now."""


@dataclass(slots=True, unsafe_hash=True)
class Status:
    """A radiant's state."""

    state: Final[OrderState]
    role: Final[Role]
    term: Final[Term]
    herald: Final[MaybeNode]
    joined: Final[bool]
    accepted_at: Final[Position]
    watermark_at: Final[Position]
    members: Final[Nodes]
    severity: Final[Severity]
    episode: Final[Episode]


@dataclass(slots=True, unsafe_hash=True)
class ShardList:
    """The shard keys under the watermark."""

    at: Final[Position]
    keys: Final[Keys]


Reply: TypeAlias = (
    Done | Refused | Locked | InError | StaleTerm | NotHerald | Ignored | Status | ShardList
)

# ---------------------------------------------------------------- outcomes

# A message and where it goes: to one node, or to each of a set.
Send: TypeAlias = tuple[Node | frozenset[Node], Message]

# What a step gives: the rule that answered, what to send, and the reply. Where `rule.persists` is
# not empty, the node's `durable()` is to be stored safely before anything is sent or replied.
# A plain tuple: an object of a class with three fields takes five times as long to make.
Outcome: TypeAlias = tuple[Rule, tuple[Send, ...], Reply]


class Durable(NamedTuple):
    """The variables that a crash spares."""

    term: Term  # the newest term seen
    vote: MaybeNode  # for whom this radiant voted in `term`
    accepted_at: Position  # the position of the record accepted last
    members: Nodes  # the members of the accepted record
    keys: Keys  # the shard keys of the accepted record
    joined: bool  # has a watermark
    watermark_at: Position  # the position of the last committed record known
    watermark_members: Nodes  # its members
    watermark_keys: Keys  # its shard keys
    severity: Severity  # of the present error, from RECOVER_RESET up
    episode: Episode  # of the last declared error
    ruled: Episode  # the last episode it granted or refused
    granted: bool  # whether it granted that one


# ---------------------------------------------------------------- what guards and updates call

# Makes a named tuple from a tuple of its parts, three times as fast as by its name.
new = tuple.__new__


def majority(some: frozenset[Node], whole: frozenset[Node]) -> bool:
    """Tell whether more than half of `whole` are in `some`."""
    return 2 * len(some & whole) > len(whole)
