"""What is answered where no rule accepts an event.

Belongs here: the order of refusals, each kind of event. Never here: anything that changes a state;
a refusal at most tells a stale sender of the newer term.
"""

from model.lang import EventProxy, Message, Request, Row, Timer, fallback
from model.order.messages import (
    CONTROLLER,
    HERALD,
    Ignored,
    InError,
    Locked,
    NewerTerm,
    NotHerald,
    Refused,
    StaleTerm,
)
from model.order.radiant import Radiant
from model.order.states import ERROR, LOCKED, UNRECOVERABLE, Role


@fallback(Message)
def refuse_message(me: Radiant, m: EventProxy) -> tuple[Row, ...]:
    """Wrong role first; then unrecoverable, stale, in error, locked; else the nearest guard."""
    return (
        Row(
            name="unrecoverable",
            doc="An unrecoverable radiant refuses everything.",
            when=me.state.is_(UNRECOVERABLE),
            reply=InError(error=ERROR.of(me.state)),
        ),
        *(stale(me, m) if m.has("term") and not m.only_at(CONTROLLER) else ()),
        *busy(me),
    )


def stale(me: Radiant, m: EventProxy) -> tuple[Row, ...]:
    """The answer to a message of a term that is over."""
    return (
        Row(
            name="stale_term",
            doc="A stale term is always refused with the newer one.",
            when=m.term < me.term,
            send=() if m.is_a(NewerTerm) else NewerTerm(term=me.term).to(m.sender),
            reply=StaleTerm(newer=me.term),
        ),
    )


@fallback(Request)
def refuse_request(me: Radiant, m: EventProxy) -> tuple[Row, ...]:
    """A request for the herald is answered with who that is; then as a message."""
    not_herald = (
        Row(
            name="not_herald",
            doc="Only the herald can do this; here is who that is, if it is known.",
            early=True,
            when=me.role == Role.RADIANT,
            reply=NotHerald(hint=me.herald),
        ),
    )
    return (*(not_herald if m.only_at(HERALD) else ()), *busy(me))


def busy(me: Radiant) -> tuple[Row, ...]:
    """In error, locked, or refused by the nearest guard."""
    return (
        Row(
            name="in_error",
            doc="The order is in error.",
            when=me.state.is_(ERROR),
            reply=InError(error=ERROR.of(me.state)),
        ),
        Row(
            name="locked",
            doc="The order is busy with an operation.",
            when=me.state.is_(LOCKED),
            reply=Locked(op=LOCKED.of(me.state)),
        ),
        Row(name="refused", doc="A guard refused.", reply=Refused()),
    )


@fallback(Timer)
def ignore_timer(me: Radiant, m: EventProxy) -> tuple[Row, ...]:
    """A timer that means nothing in this state."""
    return (Row(name="ignored", doc="The timer means nothing now.", reply=Ignored()),)
