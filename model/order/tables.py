"""The error ladder and the retry hints, as data.

Belongs here: tables. Never here: rules; they read the next step off these tables.
"""

from model.lang import Table
from model.order.states import OrderError, OrderStateError, OrderStateOp

_E = OrderStateError

ERROR_LADDER = Table(
    "error_ladder",
    OrderStateError,
    ("severity", "first_answer", "then"),
    {
        _E.RECOVERABLE(OrderError.STATE): (
            0,
            "roll back, no reset request",
            _E.RECOVER_RESET,
        ),
        _E.RECOVERABLE(OrderError.MEMBERSHIP): (
            0,
            "wait out or re-admit the member, no reset request",
            _E.RECOVER_RESET,
        ),
        _E.RECOVERABLE(OrderError.SHARD): (
            0,
            "roll back and re-sync the shard keys",
            _E.RECOVER_RESET,
        ),
        _E.RECOVERABLE(OrderError.OTHER): (
            0,
            "roll back; the cause is kept for the log",
            _E.RECOVER_RESET,
        ),
        _E.RECOVER_RESET: (1, "the herald requests the order reset", _E.SYSTEM_RESET),
        _E.SYSTEM_RESET: (
            2,
            "the herald asks the controller, again while it is silent",
            _E.UNRECOVERABLE,
        ),
        _E.UNRECOVERABLE: (
            3,
            "none: absorbing; answers status, refuses the rest",
            _E.UNRECOVERABLE,
        ),
    },
)
"""By error: its severity, what is done first, and the next error when the same one comes again
before a clean probe."""

RETRY_HINTS = Table(
    "retry_hints",
    OrderStateOp,
    ("first_delay_ms", "growth", "cap_ms", "jitter"),
    {
        OrderStateOp.MEMBERSHIP_UPDATE: (100, 2.0, 5_000, 0.2),
        OrderStateOp.MEMBERSHIP_SET: (200, 2.0, 10_000, 0.2),
        OrderStateOp.REPLICATING: (10, 1.5, 500, 0.5),
        OrderStateOp.VOTING: (150, 2.0, 3_000, 0.5),
        OrderStateOp.PROBE: (50, 1.5, 1_000, 0.2),
    },
)
"""By operation: when to try again after `Locked(op)`: the first delay in milliseconds, the factor
from one try to the next, the longest delay in milliseconds, and the share of a delay that is
random. Replication is a round trip; a membership takes a quorum of possibly slow radiants."""
