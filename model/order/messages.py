"""The messages, requests, timers and replies: who may send what, and who may act on it.

Belongs here: declarations with their roles. Never here: what is answered (the rules say that).
A receiver knows that a sender may speak in a role by the `@authority` table in `radiant`.
"""

from model.lang import Bool, Message, Node, Reply, Request, Timer, part
from model.order.radiant import Episode, Key, Keys, MaybeNode, Nodes, Number, Position, Term
from model.order.states import (
    OrderError,
    OrderState,
    OrderStateError,
    OrderStateOp,
    Role,
    Severity,
)

RADIANT, HERALD, CONTROLLER = Role.RADIANT, Role.HERALD, Role.CONTROLLER
MEMBER = (RADIANT, HERALD)
ANYBODY = (RADIANT, HERALD, CONTROLLER)


# ---------------------------------------------------------------- bootstrap


class Beacon(Message, sender=RADIANT, receiver=MEMBER):
    """A radiant that starts looks for its peers."""


class BeaconAnswer(Message, sender=RADIANT, receiver=MEMBER):
    """A peer is up."""


# ---------------------------------------------------------------- election


class RequestVote(Message, sender=RADIANT, receiver=MEMBER):
    """A radiant stands for election in a fresh term that it owns."""

    term = part(Term)
    accepted_at = part(Position, "the candidate's accepted position")


class Vote(Message, sender=RADIANT, receiver=MEMBER):
    """The sender votes for the receiver."""

    term = part(Term)
    severity = part(Severity, "the voter's")


class Elected(Message, sender=HERALD, receiver=MEMBER):
    """The sender is the herald of the term; also its sign of life."""

    term = part(Term)


class NewerTerm(Message, sender=RADIANT, receiver=MEMBER):
    """The receiver sent something of a stale term; this is the newer one."""

    term = part(Term)


# ---------------------------------------------------------------- proposing


class Propose(Message, sender=HERALD, receiver=MEMBER):
    """The herald proposes a record."""

    term = part(Term)
    version = part(Number)
    op = part(OrderStateOp)
    members = part(Nodes)
    keys = part(Keys)


class Rollback(Message, sender=HERALD, receiver=MEMBER):
    """The herald proposes its watermark's record again, at a new position."""

    term = part(Term)
    version = part(Number)
    # Beside `Message.to`, which addresses it.
    to = part(Position, "the committed position it goes back to")  # type: ignore[assignment]
    members = part(Nodes)
    keys = part(Keys)


class Accepted(Message, sender=RADIANT, receiver=HERALD):
    """The sender accepted the proposal."""

    term = part(Term)
    version = part(Number)


class Commit(Message, sender=HERALD, receiver=MEMBER):
    """The proposal is committed; the record is in it, so that it serves who missed the proposal."""

    term = part(Term)
    version = part(Number)
    op = part(OrderStateOp)
    members = part(Nodes)
    keys = part(Keys)


class CommitAck(Message, sender=RADIANT, receiver=HERALD):
    """The sender has the commit."""

    term = part(Term)
    version = part(Number)


# ---------------------------------------------------------------- probe


class Probe(Message, sender=HERALD, receiver=MEMBER):
    """The herald asks for a digest."""

    term = part(Term)
    number = part(Number)


class Digest(Message, sender=RADIANT, receiver=HERALD):
    """What a member holds."""

    term = part(Term)
    number = part(Number)
    state = part(OrderState)
    watermark_at = part(Position)
    members = part(Nodes)
    keys = part(Keys)
    severity = part(Severity)


# ---------------------------------------------------------------- errors and resets


class ReportError(Message, sender=RADIANT, receiver=HERALD):
    """A radiant tells its herald of an error."""

    term = part(Term)
    error = part(OrderStateError)
    episode = part(Episode, "of an error that needs a reset")


class DeclareError(Message, sender=HERALD, receiver=MEMBER):
    """The herald declares an error for the whole order."""

    term = part(Term)
    episode = part(Episode)
    error = part(OrderStateError)


class ResetRequest(Message, sender=HERALD, receiver=MEMBER):
    """The herald requests the order reset that an episode needs."""

    term = part(Term)
    episode = part(Episode)


class SystemResetRequest(Message, sender=HERALD, receiver=CONTROLLER):
    """The herald asks the controller for a system reset."""

    term = part(Term)
    episode = part(Episode)
    members = part(Nodes, "who is to be told of a grant")


class SystemResetGrant(Message, sender=CONTROLLER, receiver=MEMBER):
    """The controller grants the system reset of an episode."""

    episode = part(Episode)


class SystemResetRefusal(Message, sender=CONTROLLER, receiver=HERALD):
    """The controller refuses it."""

    episode = part(Episode)


# ---------------------------------------------------------------- requests of clients and operators


class AddShard(Request, at=HERALD):
    """Make the order responsible for a shard key."""

    key = part(Key)


class RemoveShard(Request, at=HERALD):
    """Release the order from a shard key."""

    key = part(Key)


class MoveShard(Request, at=HERALD):
    """Replace a shard key by another, in one step."""

    key = part(Key)
    to = part(Key)


class AddMember(Request, at=HERALD):
    """Admit a radiant to the order, or re-admit one."""

    node = part(Node)


class RemoveMember(Request, at=HERALD):
    """Remove a radiant from the order."""

    node = part(Node)


class StartProbe(Request, at=HERALD):
    """Ask all members whether they are up and agree."""


class OrderReset(Request, at=HERALD):
    """Reset the order."""


class SystemReset(Request, at=HERALD):
    """Ask the controller for a system reset."""


class GrantSystemReset(Request, at=CONTROLLER):
    """The controller's operator grants the system reset that is asked for."""


class RefuseSystemReset(Request, at=CONTROLLER):
    """The controller's operator refuses it."""


class ReportFault(Request, at=MEMBER):
    """A local part (disk, shard store, operator) reports a fault to its radiant."""

    error = part(OrderError)


class GetStatus(Request, at=ANYBODY):
    """Ask a radiant for its state."""


class ListShards(Request, at=MEMBER):
    """Ask a radiant for the shard keys of its watermark."""


# ---------------------------------------------------------------- timers


class BeaconDue(Timer):
    """Time to look for peers again."""


class ElectionTimeout(Timer):
    """Nothing was heard of the herald, or a lock was held, for too long."""


class ResendDue(Timer):
    """Time for the herald to send again what is not answered yet."""


class ProbeDue(Timer):
    """Time for a probe."""


class RecoverDue(Timer):
    """Time to leave a recoverable error."""


# ---------------------------------------------------------------- replies


class Done(Reply):
    """The event was accepted."""


class Refused(Reply, refusal=True):
    """Refused by the named role or guard clause; nothing changed."""


class Locked(Reply):
    """Locked for an operation; its retry hint says when to try again."""

    op = part(OrderStateOp)


class InError(Reply):
    """In error."""

    error = part(OrderStateError)


class StaleTerm(Reply):
    """The sender's term is over; this is the newer one."""

    newer = part(Term)


class NotHerald(Reply):
    """Only the herald can do this; the hint says who that is, where it is known."""

    hint = part(MaybeNode)


class Ignored(Reply):
    """A timer that means nothing now."""


class Status(Reply):
    """A radiant's state."""

    state = part(OrderState)
    role = part(Role)
    term = part(Term)
    herald = part(MaybeNode)
    joined = part(Bool)
    accepted_at = part(Position)
    watermark_at = part(Position)
    members = part(Nodes)
    severity = part(Severity)
    episode = part(Episode)


class ShardList(Reply):
    """The shard keys under the watermark."""

    at = part(Position)
    keys = part(Keys)
