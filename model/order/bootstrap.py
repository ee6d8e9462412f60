"""From BOOTSTRAP to RESET, or back to the error that a crash did not end.

Belongs here: beacons.
Never here: how a radiant in RESET finds its herald (`election`, `proposing`).
"""

from model.lang import EventProxy, Expr, Row, Value, ite, majority, on
from model.order.messages import Beacon, BeaconAnswer, BeaconDue, Done
from model.order.radiant import Nodes, Radiant, config
from model.order.states import (
    BOOTSTRAP,
    RECOVER_RESET,
    RESET,
    SYSTEM_RESET,
    UNRECOVERABLE,
    Role,
)


def error_of(severity: Value) -> Expr:
    """The error state of a durable severity."""
    return ite(severity == 3, UNRECOVERABLE, ite(severity == 2, SYSTEM_RESET, RECOVER_RESET))


@on(BeaconDue)
def beacon(me: Radiant, m: EventProxy) -> Row:
    """Look for the configured peers, and for the members of the accepted record."""
    return Row(
        when=(me.role == Role.RADIANT, me.state == BOOTSTRAP),
        send=Beacon().to(me.members.union(config.members)),
        reply=Done(),
    )


@on(Beacon)
def answer_beacon(me: Radiant, m: EventProxy) -> Row:
    """Tell a peer that this radiant is up; an unrecoverable one keeps silent."""
    return Row(when=~me.state.is_(UNRECOVERABLE), send=BeaconAnswer().to(m.sender), reply=Done())


@on(BeaconAnswer)
def hear_peer(me: Radiant, m: EventProxy) -> Row:
    """Count a peer; a majority is still missing."""
    heard = me.heard.add(m.sender)
    return Row(
        when=(me.state == BOOTSTRAP, ~majority(heard, me.members)),
        then=me.heard.set(heard),
        reply=Done(),
    )


@on(BeaconAnswer)
def awake(me: Radiant, m: EventProxy) -> Row:
    """A majority is up: go on to RESET."""
    return Row(
        when=(
            me.state == BOOTSTRAP,
            majority(me.heard.add(m.sender), me.members),
            me.severity == 0,
        ),
        then=(me.heard.set(Nodes.empty), me.state.set(RESET)),
        reply=Done(),
    )


@on(BeaconAnswer)
def awake_in_error(me: Radiant, m: EventProxy) -> Row:
    """A majority is up, but the error from before the crash is not over."""
    return Row(
        when=(
            me.state == BOOTSTRAP,
            majority(me.heard.add(m.sender), me.members),
            me.severity > 0,
        ),
        then=(me.heard.set(Nodes.empty), me.state.set(error_of(me.severity))),
        reply=Done(),
    )
