"""The states of an order, its operations and errors, the roles, and the published figure.

Belongs here: sums and the table of edges. Never here: when an edge is taken (the rules say that).
"""

from model.lang import EdgeTable, Range, Sum, case


class Role(Sum):
    """What a radiant is to its order; a message says which roles may send it and act on it."""

    RADIANT = case("a member of the order; any of them can become the herald")
    HERALD = case("the elected leader of the order")
    CONTROLLER = case("the shard controller herald, to which heralds report")


class OrderStateOp(Sum):
    """What a locked order is busy with."""

    MEMBERSHIP_UPDATE = case("adding a radiant to the order, or removing one")
    MEMBERSHIP_SET = case("establishing the membership after an election or a reset")
    REPLICATING = case("replicating a change to the list of shard keys")
    VOTING = case("electing a herald")
    PROBE = case("asking all members whether they are up and agree")


class OrderError(Sum):
    """What is wrong at the level of the order."""

    STATE = case("the order's state differs between its radiants")
    MEMBERSHIP = case("the member lists differ, or a member is down")
    SHARD = case("the shard keys or data differ or are wrong")
    OTHER = case("anything else; its cause is kept for the log")


class OrderStateError(Sum):
    """How much it takes to recover."""

    RECOVERABLE = case(OrderError, "the order can recover without a reset")
    RECOVER_RESET = case("recoverable with an order-wide reset")
    SYSTEM_RESET = case("recoverable with a system-wide reset")
    UNRECOVERABLE = case("nothing recovers it: absorbing")


class OrderState(Sum):
    """The state of the order as one radiant sees it."""

    BOOTSTRAP = case("nodes are still setting up the system, have no state info yet")
    RESET = case("reset, reconfiguration, or recovery in process")
    ACTIVE = case("set up, all info complete, no operation in progress")
    LOCKED = case(OrderStateOp, "locked for one operation")
    ERROR = case(OrderStateError, "in error")


class Severity(Range, top=3):
    """How bad an error is: 0 none or recoverable, 1 order reset, 2 system reset, 3 for ever."""


BOOTSTRAP = OrderState.BOOTSTRAP
RESET = OrderState.RESET
ACTIVE = OrderState.ACTIVE
LOCKED = OrderState.LOCKED
ERROR = OrderState.ERROR
VOTING = LOCKED(OrderStateOp.VOTING)
PROBE = LOCKED(OrderStateOp.PROBE)
RECOVERABLE = ERROR(OrderStateError.RECOVERABLE)
RECOVER_RESET = ERROR(OrderStateError.RECOVER_RESET)
SYSTEM_RESET = ERROR(OrderStateError.SYSTEM_RESET)
UNRECOVERABLE = ERROR(OrderStateError.UNRECOVERABLE)
PROPOSING = (
    LOCKED(OrderStateOp.MEMBERSHIP_SET),
    LOCKED(OrderStateOp.MEMBERSHIP_UPDATE),
    LOCKED(OrderStateOp.REPLICATING),
)
PROPOSING_OPS = (
    OrderStateOp.MEMBERSHIP_SET,
    OrderStateOp.MEMBERSHIP_UPDATE,
    OrderStateOp.REPLICATING,
)

FIGURE = EdgeTable(
    "state",
    (
        (BOOTSTRAP, RESET),
        (RESET, LOCKED),
        (LOCKED, ACTIVE),
        (ACTIVE, LOCKED),
        (ERROR, RESET),
        (BOOTSTRAP, ERROR),
        (RESET, ERROR),
        (LOCKED, ERROR),
        (ACTIVE, ERROR),
        (ERROR, ERROR),
    ),
    doc="The published figure: ten edges between the five top-level states, and no other.",
)
