"""Probing: the herald compares what all members hold.

Belongs here: probes and digests. Never here: what is done about an error found (`recovery`).
"""

from typing import Any

from model.lang import EventProxy, Expr, Row, fresh, ite, on
from model.order.bootstrap import error_of
from model.order.messages import Digest, Done, Elected, Probe, ProbeDue, ResendDue, StartProbe
from model.order.radiant import Errors, Nodes, Radiant
from model.order.recovery import declaration, severity_of, untried
from model.order.service import serving
from model.order.states import (
    ACTIVE,
    BOOTSTRAP,
    ERROR,
    PROBE,
    UNRECOVERABLE,
    OrderError,
    OrderStateError,
    Role,
)


def probe(me: Radiant) -> dict[str, Any]:
    """What starting a probe does."""
    number = fresh(me.probe)
    return {
        "then": (me.probe.set(number), me.answered.set(Nodes.empty), me.state.set(PROBE)),
        "send": Probe(term=me.term, number=number).to(me.members),
    }


@on(StartProbe)
def start_probe(me: Radiant, m: EventProxy) -> Row:
    """An operator asks for a probe of the members, itself included. PROBE locks the herald only."""
    return Row(when=serving(me), **probe(me), reply=Done())


@on(ProbeDue)
def probe_again(me: Radiant, m: EventProxy) -> Row:
    """The herald probes from time to time."""
    return Row(when=(me.role == Role.HERALD, *serving(me)), **probe(me), reply=Done())


@on(ResendDue)
def resend_probe(me: Radiant, m: EventProxy) -> Row:
    """Ask again whoever may have missed it."""
    return Row(
        when=(me.role == Role.HERALD, me.state == PROBE),
        send=(
            Elected(term=me.term).to(me.members.remove(me)),
            Probe(term=me.term, number=me.probe).to(me.members),
        ),
        reply=Done(),
    )


@on(Probe)
def answer_probe(me: Radiant, m: EventProxy) -> Row:
    """Say what this radiant holds; it changes nothing, so no lock refuses it."""
    return Row(
        when=(m.term == me.term, ~me.state.is_(BOOTSTRAP, UNRECOVERABLE)),
        send=Digest(
            term=me.term,
            number=m.number,
            state=me.state,
            watermark_at=me.watermark_at,
            members=me.members,
            keys=me.keys,
            severity=me.severity,
        ).to(m.sender),
        reply=Done(),
    )


def answers_last_probe(me: Radiant, m: EventProxy) -> tuple[Any, ...]:
    """It is about the probe that this herald is locked for."""
    return (me.state == PROBE, m.term == me.term, m.number == me.probe)


def agrees(me: Radiant, m: EventProxy) -> Expr:
    """The member holds what the herald holds, and is idle."""
    made: Expr = (
        ((m.state == ACTIVE) | (m.sender == me))
        & (m.watermark_at == me.watermark_at)
        & (m.members == me.members)
        & (m.keys == me.keys)
        & (m.severity == 0)
    )
    return made


@on(Digest)
def clean_answer(me: Radiant, m: EventProxy) -> Row:
    """This member agrees; others are still to answer."""
    answered = me.answered.add(m.sender)
    return Row(
        when=(*answers_last_probe(me, m), agrees(me, m), ~me.members.subset(answered)),
        then=me.answered.set(answered),
        reply=Done(),
    )


@on(Digest)
def clean_probe(me: Radiant, m: EventProxy) -> Row:
    """All members agree: what was tried before is forgotten."""
    answered = me.answered.add(m.sender)
    return Row(
        when=(*answers_last_probe(me, m), agrees(me, m), me.members.subset(answered)),
        then=(me.answered.set(answered), me.tried.set(Errors.empty), me.state.set(ACTIVE)),
        reply=Done(),
    )


@on(Digest)
def dirty_probe(me: Radiant, m: EventProxy) -> Row:
    """A member differs: the matching error."""
    kind = ite(
        m.members != me.members,
        OrderError.MEMBERSHIP,
        ite(m.keys != me.keys, OrderError.SHARD, OrderError.STATE),
    )
    return Row(
        when=(*answers_last_probe(me, m), ~agrees(me, m), m.severity == 0),
        then=me.state.set(ERROR(OrderStateError.RECOVERABLE(kind))),
        reply=Done(),
    )


@on(Digest)
def severe_probe(me: Radiant, m: EventProxy) -> Row:
    """A member still waits for a reset: declare at least the worst that was seen."""
    error = untried(me, ERROR.of(error_of(m.severity)))
    return Row(
        when=(*answers_last_probe(me, m), m.severity > 0),
        **declaration(me, error, severity_of(error)),
        reply=Done(),
    )
