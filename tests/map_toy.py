"""A small spec of maps: to truth values, orders, maybes, sets and structs, by keys of every sort.

Some of what it promises is true, and some, named `false-...`, is not: one reading of a map that is
wrong, of the solver's two and the evaluator's, would call something by the wrong name.
"""

from __future__ import annotations

import sys
from typing import Any

from model.lang import (
    Atom,
    Bool,
    Config,
    MapOf,
    Maybe,
    Node,
    Ordered,
    Process,
    Range,
    Reply,
    Request,
    Row,
    SetOf,
    Spec,
    Struct,
    durable,
    fallback,
    forall,
    fresh,
    ite,
    on,
    part,
    read_spec,
    safety,
    step,
)


class Key(Atom):
    pass


class Count(Ordered):
    pass


class Level(Range, top=1):
    pass


class Nodes(SetOf, of=Node):
    pass


class MaybeNode(Maybe, of=Node):
    pass


class Spot(Struct):
    key = part(Key)
    node = part(Node)


class Pair(Struct):
    level = part(Level)
    who = part(MaybeNode)


class Held(MapOf, key=Key, to=MaybeNode):
    pass


class Seen(MapOf, key=Spot, to=Bool):
    pass


class Counts(MapOf, key=Node, to=Count):
    pass


class Groups(MapOf, key=Level, to=Nodes):
    pass


class Pairs(MapOf, key=Key, to=Pair):
    pass


class Given(Config):
    seen = part(Seen)
    home = part(Held)


config = Given()


class Keeper(Process):
    held = durable(Held, config.home)
    seen = durable(Seen)
    counts = durable(Counts)
    groups = durable(Groups)
    pairs = durable(Pairs)


class Hold(Request):
    key = part(Key)
    who = part(MaybeNode)


class Swap(Request):
    one = part(Key)
    other = part(Key)


class Visit(Request):
    who = part(Node)
    level = part(Level)


class Done(Reply):
    pass


class Refused(Reply, refusal=True):
    pass


@on(Hold)
def hold(me: Keeper, m: Any) -> Row:
    """One entry changes."""
    return Row(
        when=me.held.at(m.key) != m.who,
        then=(
            me.held.set(me.held.put(m.key, m.who)),
            me.seen.set(me.seen.put(Spot(key=m.key, node=me), True)),
            me.pairs.set(me.pairs.put(m.key, Pair(level=1, who=m.who))),
        ),
        reply=Done(),
    )


@on(Swap)
def swap(me: Keeper, m: Any) -> Row:
    """Two at once, unless they are one; a map may be chosen, too."""
    first = me.held.put(m.one, me.held.at(m.other))
    return Row(
        then=me.held.set(ite(m.one == m.other, me.held, first.put(m.other, me.held.at(m.one)))),
        reply=Done(),
    )


@on(Visit)
def visit(me: Keeper, m: Any) -> Row:
    """A greater number, and a larger set."""
    number = fresh(me.counts.at(m.who))
    return Row(
        then=(
            me.counts.set(me.counts.put(m.who, number)),
            me.groups.set(me.groups.put(m.level, me.groups.at(m.level).add(m.who))),
        ),
        reply=Done(),
    )


@fallback(Request)
def refuse(me: Keeper, m: Any) -> tuple[Row, ...]:
    return (Row(name="refused", reply=Refused()),)


# ---------------------------------------------------------------- true


@step("put-there", "What was put is there, and nothing else has changed")
def put_there(before: Keeper, after: Keeper, event: Any) -> Any:
    if not event.is_a(Hold) or not event.is_rule:
        return True
    key = event.key
    others = forall(lambda k: (k != key).implies(after.held.at(k) == before.held.at(k)), k=Key)
    pair = after.pairs.at(key) == Pair(level=1, who=event.who)
    return (after.held.at(key) == event.who) & pair & others


@step("swapped", "Two values have changed places")
def swapped(before: Keeper, after: Keeper, event: Any) -> Any:
    if not event.is_a(Swap):
        return True
    there = after.held.at(event.one) == before.held.at(event.other)
    return there & (after.held.at(event.other) == before.held.at(event.one))


@step("visited", "Numbers grow, and sets do")
def visited(before: Keeper, after: Keeper, event: Any) -> Any:
    if not event.is_a(Visit):
        return True
    more = after.counts.at(event.who) > before.counts.at(event.who)
    return more & after.groups.at(event.level).has(event.who)


@safety("begins-as-given", "Nobody but a holder has touched a key")
def begins_as_given(n: Keeper, k: Key) -> Any:
    changed = n.pairs.at(k) != Pair(level=0, who=None)
    return changed.implies(n.seen.at(Spot(key=k, node=n)))


@safety("defaults", "What was never put has the default")
def defaults(n: Keeper, m: Node, v: Level) -> Any:
    return n.groups.at(v).has(m).implies(n.counts.at(m) > Count.zero)


# ---------------------------------------------------------------- false


@step("false-others", "No other key changes, not even in a swap")
def false_others(before: Keeper, after: Keeper, event: Any) -> Any:
    if not event.is_a(Swap):
        return True
    return after.held.at(event.one) == before.held.at(event.one)


@step("false-relation", "A tuple stands for all that begin like it")
def false_relation(before: Keeper, after: Keeper, event: Any) -> Any:
    if not event.is_a(Hold) or not event.is_rule:
        return True
    return forall(lambda n: after.seen.at(Spot(key=event.key, node=n)), n=Node)


@safety("false-start", "Every map begins with its defaults, whatever was given")
def false_start(n: Keeper, k: Key) -> Any:
    return (n.pairs.at(k).level == 0).implies(~n.held.at(k).known)


@safety("false-order", "No number is above zero")
def false_order(n: Keeper, m: Node) -> Any:
    return n.counts.at(m) == Count.zero


@safety("false-set", "Two levels never hold one node")
def false_set(n: Keeper, m: Node) -> Any:
    return ~(n.groups.at(0).has(m) & n.groups.at(1).has(m))


def toy() -> Spec:
    """Read the spec."""
    return read_spec("maps", "Maps", [sys.modules[__name__]])
