"""A small spec whose mutants show every fate: peers that count, and look at the count.

The second clause of `rise` follows from the first: without it nothing is otherwise.
"""

from __future__ import annotations

import sys
from typing import Any

from model.lang import (
    Bool,
    Config,
    Message,
    Node,
    Ordered,
    Process,
    Reply,
    Request,
    Row,
    SetOf,
    Spec,
    fallback,
    fresh,
    on,
    part,
    read_spec,
    safety,
    step,
    volatile,
)
from model.lang import durable as stored
from model.lang.scenario import Scenario, ask, deliver


class Count(Ordered):
    """How far a peer has counted."""


class Nodes(SetOf, of=Node):
    """Peers."""


class Peers(Config):
    """What every peer is told."""

    others = part(Nodes)


peers = Peers()


class Peer(Process):
    """Counts."""

    count = stored(Count)
    seen = stored(Count)
    bright = volatile(Bool)


class Up(Message):
    """Somebody has counted on."""

    count = part(Count)


class Tell(Request):
    """Count on, and tell the others."""


class Look(Request):
    """Look at the count."""


class Done(Reply):
    """It is done."""


class Refused(Reply, refusal=True):
    """It is not."""


@on(Tell)
def tell(me: Peer, m: Any) -> Row:
    """A new count for all."""
    count = fresh(me.count)
    return Row(then=me.count.set(count), send=Up(count=count).to(peers.others), reply=Done())


@on(Up)
def rise(me: Peer, m: Any) -> Row:
    """The count only rises."""
    return Row(
        when=(m.count > me.count, m.count >= me.count), then=me.count.set(m.count), reply=Done()
    )


@on(Look)
def look(me: Peer, m: Any) -> Row:
    """There must be something new to see."""
    return Row(
        when=me.count > me.seen, then=(me.seen.set(me.count), me.bright.set(True)), reply=Done()
    )


@fallback(Message, Request)
def refuse(me: Peer, m: Any) -> tuple[Row, ...]:
    """Nothing to do."""
    return (Row(name="refused", reply=Refused()),)


@safety("seen", "Nobody has seen more than was counted")
def seen(n: Peer) -> Any:
    """A count that was seen stays counted, also across a crash."""
    return n.seen <= n.count


@step("told", "Who counts on tells it", environment=False)
def told(before: Any, after: Any, event: Any) -> Any:
    """Nothing is counted in silence."""
    from model.lang import conjunction

    return conjunction(*(out.count > before.count for out in event.sends(Up)))


SEEN = Scenario(
    "a count is told, heard and seen",
    {"others": frozenset({"b"})},
    ("a", "b"),
    (*ask("a", Tell), *deliver(Up, "a", "b"), *ask("b", Look), *ask("b", Look)),
)


def spec() -> Spec:
    """Read the toy."""
    return read_spec("toy", "Peers that count", [sys.modules[__name__]])
