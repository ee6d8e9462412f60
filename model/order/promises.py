"""What is promised to happen: L1 to L4, and the fairness that they need.

Belongs here: promises about whole runs. Never here: what holds in every state (`oaths`).

Fairness, in the words of the domain: crashes stop (a scope bounds them), messages between live
radiants arrive, timers fire, a majority is up, and the election delay exceeds the resend delay: any
message of the herald arms the election timer anew. An order that is UNRECOVERABLE is promised
nothing. The promises named `steady` are kept without any election timeout, by what is sent again.

What stops like crashes are faults that a local part reports, and resets that an operator asks for:
each of these requests by itself puts a radiant that has recovered, or the whole order, back into an
error. Whoever reports a fault each time the last one is overcome keeps the order from ACTIVE for
ever, and no protocol could help it. All other requests may come again for ever: what clients and
operators do to shards and members goes through the states in which the order works, a probe and a
question change nothing for good, and the controller rules on what was asked of it.
"""

from model.lang import (
    Expr,
    Message,
    Node,
    Pledge,
    Value,
    again_and_again,
    alive,
    ceases,
    eventually,
    exists,
    fair_loss,
    majority,
    weak,
    whenever,
)
from model.order.messages import (
    BeaconDue,
    Commit,
    DeclareError,
    Elected,
    ElectionTimeout,
    OrderReset,
    Probe,
    Propose,
    RecoverDue,
    ReportFault,
    ResendDue,
    ResetRequest,
    Rollback,
    SystemReset,
)
from model.order.radiant import Keys, Nodes, Position, Radiant, committed, config
from model.order.states import (
    ACTIVE,
    ERROR,
    LOCKED,
    PROPOSING,
    UNRECOVERABLE,
    OrderState,
    Role,
)

# ---------------------------------------------------------------- fairness

timers_fire = weak(BeaconDue, ResendDue, RecoverDue)
the_herald_is_missed = weak(
    ElectionTimeout,
    unless=(Elected, Propose, Rollback, Commit, Probe, DeclareError, ResetRequest),
    why="any message of the current herald arms it anew",
)
messages_arrive = fair_loss(Message)
faults_end = ceases(ReportFault, why="as crashes do")
resets_end = ceases(OrderReset, SystemReset, why="they declare an error in an order that works")


@alive("A majority of the members is up.")
def majority_is_up(up: Nodes) -> Expr:
    """Without it nobody is elected, and nothing committed."""
    return majority(up, config.members)


# ---------------------------------------------------------------- promises


def unrecoverable() -> Expr:
    """Some radiant has given the order up."""
    return exists(lambda n: Radiant.at(n).state.is_(UNRECOVERABLE), n=Radiant)


@eventually("L1.herald", "A lost herald is replaced")
def herald_is_replaced() -> Pledge:
    """Again and again there is a radiant that is up and acts as herald."""
    herald = exists(lambda n: Radiant.at(n).role == Role.HERALD, n=Radiant)
    return again_and_again(herald | unrecoverable())


@eventually("L1.active", "The order becomes ACTIVE again")
def order_is_active_again(n: Radiant) -> Pledge:
    """Every member, again and again."""
    member = config.members.has(n)
    return again_and_again(~member | (n.state == ACTIVE) | unrecoverable())


@eventually("L2", "Every LOCKED ends")
def every_lock_ends(n: Radiant, s: OrderState) -> Pledge:
    """Also where it ends in an error; each operation by itself."""
    return whenever(s.is_(LOCKED) & (n.state == s)).then(n.state != s)


def in_office(term: Value) -> Expr:
    """The herald of this term is up and acts as such."""
    return exists(
        lambda h: (Radiant.at(h).role == Role.HERALD) & (Radiant.at(h).term == term), h=Node
    )


@eventually(
    "L2.steady",
    "Under a herald in office every operation ends, without any timeout",
    without=(ElectionTimeout,),
)
def every_operation_ends(n: Radiant, s: OrderState) -> Pledge:
    """What the herald sends again is enough; only an election waits for a timeout."""
    busy = s.is_(*PROPOSING) & (n.state == s)
    return whenever(busy & in_office(n.term)).then((n.state != s) | ~in_office(n.term))


@eventually("L3.reset", "Every error short of UNRECOVERABLE reaches RESET, or escalates")
def every_error_is_left(n: Radiant, s: OrderState) -> Pledge:
    """The error ends: by RESET, by another error, or by a crash."""
    live = s.is_(ERROR) & ~s.is_(UNRECOVERABLE)
    return whenever(live & (n.state == s)).then((n.state != s) | unrecoverable())


@eventually("L3.active", "Every error short of UNRECOVERABLE leads to ACTIVE, or to UNRECOVERABLE")
def every_error_is_overcome(n: Radiant) -> Pledge:
    """A radiant that was removed waits for an operator, who may never come."""
    over = (n.state == ACTIVE) | unrecoverable() | ~n.members.has(n)
    return whenever(n.state.is_(ERROR)).then(over)


@eventually(
    "L3.steady",
    "Under a herald in office every error is overcome, without any timeout",
    without=(ElectionTimeout,),
)
def every_error_is_overcome_in_office(n: Radiant) -> Pledge:
    """The herald of the radiant's own term brings it back."""
    over = (n.state == ACTIVE) | unrecoverable() | ~n.members.has(n)
    failed = n.state.is_(ERROR) & in_office(n.term)
    return whenever(failed).then(over | ~in_office(n.term))


@eventually("L4", "What was committed reaches every live member")
def committed_reaches_all(n: Radiant, p: Position) -> Pledge:
    """Or a later record does, or the record leaves the radiant out."""
    told = exists(lambda m, k: committed(p, m, k) & m.has(n), m=Nodes, k=Keys)
    has = (n.watermark_at >= p) | ~n.members.has(n)
    return whenever(told).then(has | unrecoverable())


@eventually(
    "L4.steady",
    "What the herald in office committed reaches every live member, without any timeout",
    without=(ElectionTimeout,),
)
def committed_in_office_reaches_all(n: Radiant, p: Position) -> Pledge:
    """It sends the commit again until everybody has it."""
    told = exists(lambda m, k: committed(p, m, k) & m.has(n), m=Nodes, k=Keys)
    has = (n.watermark_at >= p) | ~n.members.has(n)
    return whenever(told & in_office(p.term)).then(has | unrecoverable() | ~in_office(p.term))
