"""Errors and what is done about them: one ladder, climbed in one direction.

Belongs here: detecting, reporting, declaring, resets, the controller.
Never here: the ladder itself (`tables`), or how a record is restored (`proposing`).
"""

from typing import Any

from model.lang import EventProxy, Expr, Row, fresh, ite, on
from model.order.bootstrap import error_of
from model.order.election import MEMBERSHIP_ERROR, adoption, in_live_error
from model.order.messages import (
    DeclareError,
    Done,
    Elected,
    GrantSystemReset,
    OrderReset,
    RecoverDue,
    RefuseSystemReset,
    ReportError,
    ReportFault,
    ResendDue,
    ResetRequest,
    SystemReset,
    SystemResetGrant,
    SystemResetRefusal,
    SystemResetRequest,
)
from model.order.radiant import (
    Askings,
    Episode,
    MaybeNode,
    Radiant,
    config,
    worse,
)
from model.order.states import (
    ACTIVE,
    ERROR,
    PROBE,
    PROPOSING,
    RECOVER_RESET,
    RECOVERABLE,
    RESET,
    SYSTEM_RESET,
    UNRECOVERABLE,
    OrderStateError,
    Role,
    Severity,
)
from model.order.tables import ERROR_LADDER

BUSY = (PROBE, *PROPOSING)


def severity_of(error: Any) -> Expr:
    """How bad an error is, off the ladder."""
    return ERROR_LADDER.look_up("severity", error, Severity)


def declaration(me: Radiant, error: Any, severity: Any) -> dict[str, Any]:
    """What a herald does to declare an error: a fresh episode, itself first, then the members."""
    episode = Episode(term=me.term, number=fresh(me.episode.number))
    return {
        "then": (
            me.state.set(ERROR(error)),
            me.severity.set(severity),
            me.worst.set(severity),
            me.episode.set(episode),
            me.asks.set(0),
        ),
        "send": DeclareError(term=me.term, episode=episode, error=error).to(me.members.remove(me)),
    }


def untried(me: Radiant, error: Any) -> Expr:
    """The error itself, or after an order reset that did not help the next rung."""
    again = (error == OrderStateError.RECOVER_RESET) & me.tried.has(error)
    return ite(again, ERROR_LADDER.look_up("then", error), error)


# ---------------------------------------------------------------- seeing an error


@on(ReportFault)
def detect(me: Radiant, m: EventProxy) -> Row:
    """A plain radiant goes into error and reports it to its herald, if it knows one."""
    error = OrderStateError.RECOVERABLE(m.error)
    return Row(
        when=(me.role == Role.RADIANT, me.state.is_(ACTIVE, RESET, *PROPOSING)),
        then=me.state.set(ERROR(error)),
        send=ReportError(term=me.term, error=error, episode=me.episode).to(me.herald),
        reply=Done(),
    )


@on(ReportFault)
def detect_as_herald(me: Radiant, m: EventProxy) -> Row:
    """The herald goes into error; it answers for the order when it leaves it."""
    return Row(
        when=(me.role == Role.HERALD, me.state.is_(ACTIVE, RESET, *BUSY)),
        then=me.state.set(ERROR(OrderStateError.RECOVERABLE(m.error))),
        reply=Done(),
    )


@on(ReportError)
def hear_error(me: Radiant, m: EventProxy) -> Row:
    """A member is in an error that needs no reset: the herald rolls the order back."""
    return Row(
        when=(
            m.term == me.term,
            m.error.is_(OrderStateError.RECOVERABLE),
            me.state.is_(ACTIVE, *BUSY),
        ),
        then=me.state.set(ERROR(m.error)),
        reply=Done(),
    )


@on(ReportError)
def hear_severe_error(me: Radiant, m: EventProxy) -> Row:
    """A member waits for a reset of another episode: declare that error afresh."""
    return Row(
        when=(
            m.term == me.term,
            ~m.error.is_(OrderStateError.RECOVERABLE, OrderStateError.UNRECOVERABLE),
            m.episode != me.episode,
            me.state.is_(ACTIVE, RESET, *BUSY),
        ),
        **declaration(me, untried(me, m.error), severity_of(untried(me, m.error))),
        reply=Done(),
    )


@on(ReportError)
def repeat_reset(me: Radiant, m: EventProxy) -> Row:
    """A member missed the reset request of this episode: request it again."""
    return Row(
        when=(
            m.term == me.term,
            m.error == OrderStateError.RECOVER_RESET,
            m.episode == me.episode,
            ~me.state.is_(UNRECOVERABLE),
        ),
        send=ResetRequest(term=me.term, episode=me.episode).to(m.sender),
        reply=Done(),
    )


@on(ReportError)
def repeat_plea(me: Radiant, m: EventProxy) -> Row:
    """A member missed the controller's grant of this episode: ask for it again."""
    return Row(
        when=(
            m.term == me.term,
            m.error == OrderStateError.SYSTEM_RESET,
            m.episode == me.episode,
            ~me.state.is_(UNRECOVERABLE),
        ),
        send=plea(me),
        reply=Done(),
    )


# ---------------------------------------------------------------- recovering without a reset


@on(RecoverDue)
def recover(me: Radiant, m: EventProxy) -> Row:
    """A plain radiant recovers locally."""
    return Row(
        when=(me.role == Role.RADIANT, me.state.is_(RECOVERABLE)),
        then=me.state.set(RESET),
        reply=Done(),
    )


def awaits_changed_membership(me: Radiant) -> Expr:
    """A member stays down after an order reset: what helps is a changed membership, no more resets.

    The herald serves the others between probes, until an operator removes the member.
    """
    made: Expr = me.state.is_(ERROR(MEMBERSHIP_ERROR)) & me.tried.has(OrderStateError.RECOVER_RESET)
    return made


@on(RecoverDue)
def recover_as_herald(me: Radiant, m: EventProxy) -> Row:
    """The herald tries an error's first answer, once between clean probes."""
    error = ERROR.of(me.state)
    return Row(
        when=(
            me.role == Role.HERALD,
            me.state.is_(RECOVERABLE),
            ~me.tried.has(error) | awaits_changed_membership(me),
        ),
        then=(me.tried.set(me.tried.add(error)), me.state.set(RESET)),
        reply=Done(),
    )


@on(RecoverDue)
def escalate(me: Radiant, m: EventProxy) -> Row:
    """The same error again: the next rung that was not tried yet."""
    error = ERROR.of(me.state)
    following = ERROR_LADDER.look_up("then", error)
    rung = ite(me.tried.has(following), ERROR_LADDER.look_up("then", following), following)
    return Row(
        when=(
            me.role == Role.HERALD,
            me.state.is_(RECOVERABLE),
            me.tried.has(error),
            ~awaits_changed_membership(me),
        ),
        **declaration(me, rung, severity_of(rung)),
        reply=Done(),
    )


@on(ResendDue)
def alive_in_recovery(me: Radiant, m: EventProxy) -> Row:
    """A herald that recovers still shows that it is alive."""
    return Row(
        when=(me.role == Role.HERALD, me.state.is_(RECOVERABLE)),
        send=Elected(term=me.term).to(me.members.remove(me)),
        reply=Done(),
    )


# ---------------------------------------------------------------- declaring


@on(ResendDue)
def declare_worst(me: Radiant, m: EventProxy) -> Row:
    """A voter was in a worse error than this herald: declare at least that."""
    error = untried(me, ERROR.of(error_of(me.worst)))
    return Row(
        when=(me.role == Role.HERALD, me.state.is_(ACTIVE, RESET), me.worst > 0),
        **declaration(me, error, severity_of(error)),
        reply=Done(),
    )


@on(ResendDue)
def declare_afresh(me: Radiant, m: EventProxy) -> Row:
    """The error is an older herald's, or less than the worst seen: declare it as one's own."""
    worst = worse(me.worst, me.severity)
    return Row(
        when=(
            me.role == Role.HERALD,
            me.state.is_(RECOVER_RESET, SYSTEM_RESET),
            (me.episode.term != me.term) | (me.worst > me.severity),
        ),
        **declaration(me, ERROR.of(error_of(worst)), worst),
        reply=Done(),
    )


@on(OrderReset)
def order_reset(me: Radiant, m: EventProxy) -> Row:
    """An operator asks the herald to reset the order."""
    error = OrderStateError.RECOVER_RESET
    return Row(
        when=me.state.is_(ACTIVE, RECOVERABLE),
        **declaration(me, error, severity_of(error)),
        reply=Done(),
    )


@on(SystemReset)
def system_reset(me: Radiant, m: EventProxy) -> Row:
    """An operator asks the herald for a system reset."""
    error = OrderStateError.SYSTEM_RESET
    return Row(
        when=me.state.is_(ACTIVE, RECOVERABLE, RECOVER_RESET),
        **declaration(me, error, severity_of(error)),
        reply=Done(),
    )


@on(DeclareError)
def enter_error(me: Radiant, m: EventProxy) -> Row:
    """A member takes over its herald's error, unless its own is worse or the episode is old."""
    return Row(
        when=(
            m.term >= me.term,
            severity_of(m.error) >= me.severity,
            severity_of(m.error) > 0,
            m.episode > me.episode,
            ~me.state.is_(UNRECOVERABLE),
        ),
        then=(
            me.vote.set(ite(m.term > me.term, MaybeNode.nothing, me.vote)),
            me.term.set(m.term),
            me.role.set(Role.RADIANT),
            me.herald.set(m.sender),
            me.standing.set(False),
            me.state.set(ERROR(m.error)),
            me.severity.set(severity_of(m.error)),
            me.episode.set(m.episode),
        ),
        reply=Done(),
    )


@on(DeclareError)
def adopt_declared_term(me: Radiant, m: EventProxy) -> Row:
    """A newer herald declares less than this radiant's own error: follow it, and stay in error."""
    return Row(
        when=(
            m.term > me.term,
            (severity_of(m.error) < me.severity)
            | (severity_of(m.error) == 0)
            | ~(m.episode > me.episode),
            ~me.state.is_(UNRECOVERABLE),
        ),
        then=(*adoption(me, m.term), me.herald.set(m.sender)),
        reply=Done(),
    )


@on(DeclareError)
def know_error(me: Radiant, m: EventProxy) -> Row:
    """The declaration is known, or is not as bad as this radiant's own error."""
    return Row(
        when=(
            m.term == me.term,
            me.role == Role.RADIANT,
            in_live_error(me),
            (severity_of(m.error) < me.severity) | ~(m.episode > me.episode),
        ),
        then=me.herald.set(m.sender),
        reply=Done(),
    )


# ---------------------------------------------------------------- the order reset


@on(ResendDue)
def request_reset(me: Radiant, m: EventProxy) -> Row:
    """Only the herald requests RESET, for the episode it declared; it obeys its own request."""
    return Row(
        when=(
            me.role == Role.HERALD,
            me.state == RECOVER_RESET,
            me.episode.term == me.term,
            me.worst <= me.severity,
        ),
        send=(
            DeclareError(term=me.term, episode=me.episode, error=OrderStateError.RECOVER_RESET).to(
                me.members.remove(me)
            ),
            ResetRequest(term=me.term, episode=me.episode).to(me.members),
        ),
        reply=Done(),
    )


def relief(me: Radiant, error: Any) -> tuple[Any, ...]:
    """The updates of a radiant that may leave an error for RESET."""
    return (
        me.state.set(RESET),
        me.severity.set(0),
        me.worst.set(0),
        me.asks.set(0),
        me.tried.set(me.tried.add(error)),
    )


@on(ResetRequest)
def reset(me: Radiant, m: EventProxy) -> Row:
    """The herald's request permits the reset of just this episode."""
    return Row(
        when=(m.term == me.term, me.state == RECOVER_RESET, m.episode == me.episode),
        then=(*relief(me, OrderStateError.RECOVER_RESET), me.herald.set(m.sender)),
        reply=Done(),
    )


# ---------------------------------------------------------------- the system reset


def plea(me: Radiant) -> Any:
    """The herald's request to the controllers."""
    return SystemResetRequest(term=me.term, episode=me.episode, members=me.members).to(
        config.controllers
    )


def awaits_controller(me: Radiant) -> tuple[Any, ...]:
    """A herald whose own declared error needs the controller."""
    return (
        me.role == Role.HERALD,
        me.state == SYSTEM_RESET,
        me.episode.term == me.term,
    )


@on(ResendDue)
def ask_controller(me: Radiant, m: EventProxy) -> Row:
    """Only the herald asks the controller, again while it is silent."""
    return Row(
        when=(*awaits_controller(me), me.asks < Askings.top),
        then=me.asks.set(me.asks.up()),
        send=(
            DeclareError(term=me.term, episode=me.episode, error=OrderStateError.SYSTEM_RESET).to(
                me.members.remove(me)
            ),
            plea(me),
        ),
        reply=Done(),
    )


@on(ResendDue)
def give_up(me: Radiant, m: EventProxy) -> Row:
    """The controller stayed silent: declare the order unrecoverable, then fall silent."""
    return Row(
        when=(*awaits_controller(me), me.asks == Askings.top),
        **declaration(me, OrderStateError.UNRECOVERABLE, 3),
        reply=Done(),
    )


@on(SystemResetRequest)
def hear_plea(me: Radiant, m: EventProxy) -> Row:
    """The controller notes the newest request; its operator decides."""
    return Row(
        when=(
            m.episode.term == m.term,
            m.episode >= me.plea_episode,
            m.episode > me.ruled,
        ),
        then=(
            me.plea.set(True),
            me.plea_from.set(m.sender),
            me.plea_episode.set(m.episode),
            me.plea_members.set(m.members),
        ),
        reply=Done(),
    )


@on(SystemResetRequest)
def repeat_grant(me: Radiant, m: EventProxy) -> Row:
    """The grant of this episode was lost on its way to somebody: it stands."""
    return Row(
        when=(m.episode.term == m.term, m.episode == me.ruled, me.granted),
        send=SystemResetGrant(episode=m.episode).to(m.members),
        reply=Done(),
    )


@on(SystemResetRequest)
def repeat_refusal(me: Radiant, m: EventProxy) -> Row:
    """The refusal of this episode was lost: it stands."""
    return Row(
        when=(m.episode.term == m.term, m.episode == me.ruled, ~me.granted),
        send=SystemResetRefusal(episode=m.episode).to(m.sender),
        reply=Done(),
    )


def ruling(me: Radiant, granted: bool) -> tuple[Any, ...]:
    """The updates of a controller that decides the request before it."""
    return (me.plea.set(False), me.ruled.set(me.plea_episode), me.granted.set(granted))


@on(GrantSystemReset)
def grant_system_reset(me: Radiant, m: EventProxy) -> Row:
    """Only the controller grants, and only what was asked for."""
    return Row(
        when=me.plea,
        then=ruling(me, True),
        send=SystemResetGrant(episode=me.plea_episode).to(me.plea_members),
        reply=Done(),
    )


@on(RefuseSystemReset)
def refuse_system_reset(me: Radiant, m: EventProxy) -> Row:
    """Only the controller refuses, and only what was asked for."""
    return Row(
        when=me.plea,
        then=ruling(me, False),
        send=SystemResetRefusal(episode=me.plea_episode).to(me.plea_from),
        reply=Done(),
    )


@on(SystemResetGrant)
def reset_system(me: Radiant, m: EventProxy) -> Row:
    """The controller's grant permits the reset of just this episode."""
    return Row(
        when=(me.state == SYSTEM_RESET, m.episode == me.episode),
        then=relief(me, OrderStateError.SYSTEM_RESET),
        reply=Done(),
    )


@on(SystemResetRefusal)
def refused(me: Radiant, m: EventProxy) -> Row:
    """The controller refused the herald: declare the order unrecoverable, then fall silent."""
    return Row(
        when=(me.state == SYSTEM_RESET, m.episode == me.episode),
        **declaration(me, OrderStateError.UNRECOVERABLE, 3),
        reply=Done(),
    )
