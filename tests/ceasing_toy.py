"""A printer that jams: a job is printed in the end if jams cease, and the paper is freed anyway.

A jam loses the pages printed so far, so who jams the printer again and again keeps it from ever
finishing a job.
"""

from __future__ import annotations

import sys

from model.lang import (
    Bool,
    Pledge,
    Process,
    Range,
    Reply,
    Request,
    Row,
    Spec,
    Sum,
    Timer,
    again_and_again,
    case,
    ceases,
    eventually,
    fallback,
    on,
    read_spec,
    volatile,
    weak,
    whenever,
)
from model.lang.declare import EventProxy


class Part(Sum):
    """What a machine does in the office."""

    PRINTER = case("prints")


class Pages(Range, top=1):
    """How much of a job is printed."""


class Printer(Process):
    """A printer."""

    part_played = volatile(Part, Part.PRINTER, doc="the only part there is")
    jammed = volatile(Bool, doc="whether paper is stuck")
    job = volatile(Bool, doc="whether there is something to print")
    printed = volatile(Pages, doc="the pages of the job that lie in the tray")


class Print(Request, at=Part.PRINTER):
    """Somebody wants a job printed."""


class Jam(Request, at=Part.PRINTER):
    """Paper gets stuck."""


class Due(Timer):
    """The next page is due."""


class Look(Timer):
    """Somebody looks at the printer."""


class Done(Reply):
    """It was done."""


class Refused(Reply, refusal=True):
    """It was not done."""


@on(Print)
def accept(me: Printer, m: EventProxy) -> Row:
    """One job at a time."""
    return Row(when=~me.job, then=me.job.set(True), reply=Done())


@on(Jam)
def stick(me: Printer, m: EventProxy) -> Row:
    """What was printed is spoilt."""
    return Row(when=~me.jammed, then=(me.jammed.set(True), me.printed.set(0)), reply=Done())


@on(Due)
def print_page(me: Printer, m: EventProxy) -> Row:
    """A page, and one is left."""
    return Row(
        when=(me.job, ~me.jammed, me.printed < Pages.top),
        then=me.printed.set(me.printed.up()),
        reply=Done(),
    )


@on(Due)
def finish(me: Printer, m: EventProxy) -> Row:
    """The last page."""
    return Row(
        when=(me.job, ~me.jammed, me.printed == Pages.top),
        then=(me.printed.set(0), me.job.set(False)),
        reply=Done(),
    )


@on(Look)
def clear(me: Printer, m: EventProxy) -> Row:
    """Pull out what is stuck."""
    return Row(when=me.jammed, then=me.jammed.set(False), reply=Done())


@fallback(Request, Timer)
def refuse(me: Printer, m: EventProxy) -> tuple[Row, ...]:
    """Nothing else happens."""
    return (Row(name="refused", reply=Refused()),)


timers_fire = weak(Timer)
jams_cease = ceases(Jam, why="paper is finite")


@eventually("printed", "Every job is printed")
def printed(n: Printer) -> Pledge:
    """If jams cease."""
    return whenever(n.job).then(~n.job)


@eventually("freed", "No jam lasts, however many there are", without=(Jam,))
def freed(n: Printer) -> Pledge:
    """Also if jams never cease."""
    return again_and_again(~n.jammed)


def spec() -> Spec:
    """Return the spec."""
    return read_spec("printer", "A printer", [sys.modules[__name__]], role="part_played")
