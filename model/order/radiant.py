"""What a radiant remembers, and what every radiant is told at its start.

Belongs here: sorts, variables, the configuration. Never here: what changes them (the rules).
"""

from model.lang import (
    ME,
    Atom,
    Bool,
    Config,
    EventProxy,
    Expr,
    Maybe,
    Node,
    Ordered,
    Process,
    Range,
    SetOf,
    Struct,
    Value,
    assumption,
    authority,
    durable,
    ghost,
    ite,
    owner,
    part,
    volatile,
)
from model.order.states import OrderState, OrderStateError, OrderStateOp, Role, Severity


class Key(Atom):
    """A shard key."""


class Term(Ordered, owned=True):
    """An election epoch: a round and the radiant that stands in it.

    Only its owner may stand in a term, so two heralds of one term are impossible whatever the
    memberships are, and a receiver can tell from the connection's certificate and the term alone
    whether a sender may speak as that term's herald.
    """


class Number(Ordered):
    """A count that only grows: versions, episodes, probes."""


class Position(Struct):
    """Where a proposal stands: the herald's term, then its count within the term."""

    term = part(Term)
    version = part(Number)


class Episode(Struct):
    """Which error: the term of the herald that declared it, then its count within the term."""

    term = part(Term)
    number = part(Number)


class Nodes(SetOf, of=Node):
    """A set of radiants."""


class Keys(SetOf, of=Key):
    """A set of shard keys."""


class Errors(SetOf, of=OrderStateError):
    """A set of errors."""


class MaybeNode(Maybe, of=Node):
    """A radiant, or nobody."""


class Askings(Range, top=3):
    """How often the controller was asked; at the top the herald gives up."""


class OrderConfig(Config):
    """What every radiant is told at its start."""

    members = part(Nodes, "the members of the first record")
    controllers = part(Nodes, "the system-level authority that may grant a system reset")


config = OrderConfig()


class Radiant(Process):
    """One server process of an order (or the controller it reports to)."""

    # what a crash spares
    term = durable(Term, doc="the newest term seen")
    vote = durable(MaybeNode, doc="for whom this radiant voted in `term`")
    accepted_at = durable(Position, doc="the position of the record accepted last")
    members = durable(Nodes, config.members, doc="the members of the accepted record")
    keys = durable(Keys, doc="the shard keys of the accepted record")
    joined = durable(Bool, config.members.has(ME), doc="has a watermark")
    watermark_at = durable(Position, doc="the position of the last committed record known")
    watermark_members = durable(Nodes, config.members, doc="its members")
    watermark_keys = durable(Keys, doc="its shard keys")
    severity = durable(Severity, doc="of the present error, from RECOVER_RESET up")
    episode = durable(Episode, doc="of the last declared error")

    # what a restart begins afresh
    role = volatile(
        Role, ite(config.controllers.has(ME), Role.CONTROLLER, Role.RADIANT), doc="the role"
    )
    state = volatile(OrderState, OrderState.BOOTSTRAP, doc="the order's state")
    herald = volatile(MaybeNode, doc="the herald of `term`, once it was heard")
    heard = volatile(Nodes, doc="peers that answered a beacon")
    standing = volatile(Bool, doc="stands for election in `term`")
    votes = volatile(Nodes, doc="who voted for it")
    worst = volatile(Severity, doc="the worst severity seen in votes and digests")
    version = volatile(Number, doc="the count of proposals of this herald")
    last_op = volatile(
        OrderStateOp, OrderStateOp.MEMBERSHIP_SET, doc="the operation of the last commit"
    )
    audience = volatile(Nodes, doc="who is told of the last proposal's commit")
    acks = volatile(Nodes, doc="who accepted the last proposal")
    confirmed = volatile(Nodes, doc="who has the last commit")
    probe = volatile(Number, doc="the count of probes of this herald")
    answered = volatile(Nodes, doc="who answered the last probe")
    tried = volatile(Errors, doc="errors whose answer was tried since the last clean probe")
    asks = volatile(Askings, doc="askings of the controller in this episode")

    # what only a controller uses
    ruled = durable(Episode, doc="the last episode it granted or refused")
    granted = durable(Bool, doc="whether it granted that one")
    plea = volatile(Bool, doc="a system reset is asked for and not answered yet")
    plea_from = volatile(MaybeNode, doc="the herald that asked")
    plea_episode = volatile(Episode, doc="the episode it asked for")
    plea_members = volatile(Nodes, doc="the members that a grant goes to")


# ---------------------------------------------------------------- how a sender proves its role


@authority(Role.HERALD)
def speaks_as_herald(me: Radiant, m: EventProxy) -> Expr:
    """The sender owns the term it speaks for."""
    return owner(m.term) == m.sender


@authority(Role.RADIANT, also=(Role.HERALD,))
def speaks_as_radiant(me: Radiant, m: EventProxy) -> Expr:
    """The sender is no controller; a herald is a radiant too."""
    return ~config.controllers.has(m.sender)


@authority(Role.CONTROLLER)
def speaks_as_controller(me: Radiant, m: EventProxy) -> Expr:
    """The sender is a controller of the configuration."""
    return config.controllers.has(m.sender)


@assumption("A controller is never a member of the order it controls.")
def controllers_apart(n: Node) -> Expr:
    """Nobody is both in the first record's members and a controller."""
    return ~(config.members.has(n) & config.controllers.has(n))


# ---------------------------------------------------------------- what only the proof sees

elected = ghost("elected", Node, Term, doc="this radiant won this term")
election = ghost(
    "election", Term, Nodes, Nodes, doc="term, who voted, in which accepted membership"
)
start = ghost("start", Term, Position, doc="term, the herald's accepted position when it won")
proposed = ghost("proposed", Position, Nodes, Keys, doc="position, members and keys proposed")
descends = ghost("descends", Position, Position, doc="a position and one that it descends from")
late = ghost("late", Position, doc="proposed after a later herald was elected")
committed = ghost("committed", Position, Nodes, Keys, doc="position, members and keys committed")
commitment = ghost(
    "commitment", Position, Nodes, Nodes, doc="position, who accepted it, of which membership"
)
changed = ghost(
    "changed", Position, Nodes, doc="a committed position, the members proposed to follow it"
)
near = ghost("near", Nodes, Nodes, doc="two memberships of which one was proposed on the other")


# ---------------------------------------------------------------- words used in many rules


def position(m: EventProxy) -> Expr:
    """Where the proposal that a message is about stands."""
    made: Expr = Position(term=m.term, version=m.version)
    return made


def established(me: Radiant) -> Expr:
    """The herald has committed a record in its own term."""
    made: Expr = me.watermark_at.term == me.term
    return made


def is_full_member(me: Radiant) -> Expr:
    """The radiant has a watermark and is in its own accepted membership."""
    made: Expr = me.joined & me.members.has(me)
    return made


def worse(a: Value, b: Value) -> Expr:
    """The greater of two severities."""
    return ite(a < b, b, a)
