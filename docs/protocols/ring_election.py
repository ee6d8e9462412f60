"""Leader election in a ring: the node with the highest number wins.

After E. Chang and R. Roberts, "An improved algorithm for decentralized extrema-finding in circular
configurations of processes", Communications of the ACM 22(5), 1979.

    oathbound verify docs/protocols/ring_election.py

Every node knows its number and its neighbour. A node sends its number round the ring; each node
passes on higher numbers than its own and swallows lower ones; the number that comes back to its
node was swallowed by nobody.

What to learn here: a *topology*. The ring is part of the configuration: a map from each node to its
neighbour, a map to its number, and a relation `between` (a map from a triple of nodes to a truth
value), of which `@assumption`s say what makes it a ring. No rule reads `between`; the proof needs
it to say how far a number has come. A scenario gives an example of such a configuration, from which
the runs start.
"""

import sys
from typing import Any

from model.lang import (
    Bool,
    Config,
    EdgeTable,
    EventProxy,
    Expr,
    MapOf,
    Maybe,
    Message,
    Node,
    Ordered,
    Pledge,
    Process,
    Reply,
    Row,
    Spec,
    Struct,
    Sum,
    Timer,
    Value,
    assumption,
    case,
    eventually,
    exists,
    fair_loss,
    fallback,
    for_good,
    forall,
    lemma,
    on,
    part,
    read_spec,
    safety,
    sent,
    sometimes,
    volatile,
    weak,
)
from model.lang.scenario import Scenario, settle, tick

# ---------------------------------------------------------------- what there is


class State(Sum):
    """How far the election has come, as a node sees it."""

    IDLE = case("it has heard of no election")
    RUNNING = case("its own number, or a higher one that it passed on, is on its way")
    LEADER = case("its number has come round")


IDLE, RUNNING, LEADER = State.IDLE, State.RUNNING, State.LEADER

FIGURE = EdgeTable(
    "state",
    ((IDLE, RUNNING), (RUNNING, LEADER), (IDLE, LEADER)),
    "From IDLE to LEADER: a node that has crashed since it sent its number.",
)


class Number(Ordered):
    """The numbers that nodes are known by."""


class MaybeNumber(Maybe, of=Number):
    """A number, or none."""


class MaybeNode(Maybe, of=Node):
    """A node, or none."""


class Triple(Struct):
    """Three nodes of the ring."""

    first = part(Node)
    second = part(Node)
    third = part(Node)


class Neighbours(MapOf, key=Node, to=MaybeNode):
    """For each node another."""


class Numbers(MapOf, key=Node, to=Number):
    """For each node its number."""


class Circle(MapOf, key=Triple, to=Bool):
    """Who comes before whom, going round from a third."""


class Ring(Config):
    """What is given."""

    after = part(Neighbours, "the next node in the ring")
    number = part(Numbers, "the number of each node")
    between = part(Circle, "going round from the first, one meets the second before the third")


config = Ring()


class Peer(Process):
    """One node."""

    state = volatile(State, IDLE)
    leader = volatile(MaybeNumber, doc="the number of the leader, where it knows")


# ---------------------------------------------------------------- what is said


class Claim(Message):
    """The node with this number would lead."""

    number = part(Number)


class Elected(Message):
    """It leads."""

    number = part(Number)


class Start(Timer):
    """Somebody thinks that it is time for an election."""


class TellDue(Timer):
    """Time for the leader to be heard of again."""


class Done(Reply):
    """The event was accepted."""


class Refused(Reply, refusal=True):
    """Refused by the named clause; nothing changed."""


# ---------------------------------------------------------------- the rules


@on(Start)
def start(me: Peer, m: EventProxy) -> Row:
    """A node sends its own number to its neighbour."""
    return Row(
        when=me.state.is_(IDLE, RUNNING),
        then=me.state.set(RUNNING),
        send=Claim(number=config.number.at(me)).to(config.after.at(me)),
        reply=Done(),
    )


@on(Claim)
def pass_on(me: Peer, m: EventProxy) -> Row:
    """A higher number goes on."""
    return Row(
        when=(m.number > config.number.at(me), me.state != LEADER),
        then=me.state.set(RUNNING),
        send=Claim(number=m.number).to(config.after.at(me)),
        reply=Done(),
    )


@on(Claim)
def swallow(me: Peer, m: EventProxy) -> Row:
    """A lower number does not: this node's own is on its way."""
    return Row(when=(m.number < config.number.at(me), me.state != IDLE), reply=Done())


@on(Claim)
def replace(me: Peer, m: EventProxy) -> Row:
    """A lower number, and this node has not sent its own yet."""
    return Row(
        when=(m.number < config.number.at(me), me.state == IDLE),
        then=me.state.set(RUNNING),
        send=Claim(number=config.number.at(me)).to(config.after.at(me)),
        reply=Done(),
    )


@on(Claim)
def win(me: Peer, m: EventProxy) -> Row:
    """Its own number has come round."""
    return Row(
        when=m.number == config.number.at(me),
        then=(me.state.set(LEADER), me.leader.set(m.number)),
        send=Elected(number=m.number).to(config.after.at(me)),
        reply=Done(),
    )


@on(TellDue)
def tell_again(me: Peer, m: EventProxy) -> Row:
    """The news may have been lost, or forgotten in a crash: the leader tells it again."""
    return Row(
        when=me.state == LEADER,
        send=Elected(number=config.number.at(me)).to(config.after.at(me)),
        reply=Done(),
    )


@on(Elected)
def tell(me: Peer, m: EventProxy) -> Row:
    """The news goes round."""
    return Row(
        when=m.number != config.number.at(me),
        then=me.leader.set(m.number),
        send=Elected(number=m.number).to(config.after.at(me)),
        reply=Done(),
    )


@on(Elected)
def know(me: Peer, m: EventProxy) -> Row:
    """And ends where it began."""
    return Row(when=m.number == config.number.at(me), then=me.leader.set(m.number), reply=Done())


@fallback(Message, Timer)
def refuse(me: Peer, m: EventProxy) -> tuple[Row, ...]:
    """What no rule accepts changes nothing."""
    return (Row(name="refused", doc="A clause refused.", reply=Refused()),)


# ---------------------------------------------------------------- what makes it a ring


def between(x: Value, y: Value, z: Value) -> Expr:
    """Return that going round from `x` one meets `y` before `z`."""
    return config.between.at(Triple(first=x, second=y, third=z))


@assumption("Going round may begin anywhere.")
def turned(x: Node, y: Node, z: Node) -> Expr:
    """Of three nodes in a row, each may be the first."""
    return between(x, y, z).implies(between(y, z, x))


@assumption("Who comes before one that comes before a third comes before that one, too.")
def in_a_row(w: Node, x: Node, y: Node, z: Node) -> Expr:
    """From one node on, the others are ordered."""
    return (between(w, x, y) & between(w, y, z)).implies(between(w, x, z))


@assumption("No two nodes come before each other.")
def not_both(x: Node, y: Node, z: Node) -> Expr:
    """The order is a strict one."""
    return between(x, y, z).implies(~between(x, z, y))


@assumption("Of two nodes one comes first.")
def one_of_both(x: Node, y: Node, z: Node) -> Expr:
    """The order is total."""
    apart = (x != y) & (y != z) & (x != z)
    return apart.implies(between(x, y, z) | between(x, z, y))


@assumption("A node's neighbour comes before every other node.")
def neighbour_is_next(x: Node, y: Node, z: Node) -> Expr:
    """Nobody stands between the two."""
    return ((config.after.at(x) == y) & (z != x) & (z != y)).implies(between(x, y, z))


@assumption("A ring of several nodes leads on, and on to somebody.")
def ring_leads_on(x: Node, y: Node) -> Expr:
    """Only a ring of one node leads back at once."""
    return config.after.at(x).known & (config.after.at(x) == x).implies(x == y)


@assumption("No two nodes have one number.")
def numbers_differ(x: Node, y: Node) -> Expr:
    """So a number stands for its node."""
    return (config.number.at(x) == config.number.at(y)).implies(x == y)


# ---------------------------------------------------------------- what is promised


@safety("one-leader", "At most one node leads")
def one_leader(a: Peer, b: Peer) -> Expr:
    """That is what an election is for."""
    return ((a.state == LEADER) & (b.state == LEADER)).implies(a == b)


@safety("highest", "The leader has the highest number")
def highest(a: Peer, n: Node) -> Expr:
    """Extrema-finding, in the words of the paper."""
    return (a.state == LEADER).implies(config.number.at(n) <= config.number.at(a))


@safety("known", "Who knows the leader's number knows that of the highest")
def known(a: Peer, n: Node) -> Expr:
    """News of another leader never comes up."""
    return a.leader.known.implies(
        forall(lambda x: (a.leader == x).implies(config.number.at(n) <= x), x=Number)
    )


@sometimes("all-know", "Two nodes know the leader")
def all_know(a: Peer, b: Peer) -> Expr:
    """It is not safe just because nobody is ever elected."""
    return (a != b) & a.leader.known & (a.leader == b.leader)


# ---------------------------------------------------------------- what happens in the end


nodes_start = weak(Start)
leaders_tell_again = weak(TellDue)
what_is_sent_again_arrives = fair_loss(Message)


@eventually("elected", "Somebody is elected some day")
def elected() -> Expr:
    """The highest number comes round, since its node sends it again and again."""
    return exists(lambda n: Peer.at(n).state == LEADER, n=Node)


@eventually("told", "From some day on every node knows the leader")
def told(a: Peer) -> Pledge:
    """The news goes round, even where a node that knew it has crashed."""
    return for_good(a.leader.known)


# ---------------------------------------------------------------- why it holds


@lemma("Each node that a number has passed has a lower one.")
def passed_are_lower(n: Node, m: Node, a: Node, b: Node) -> Expr:
    """From the number's own node on, up to where it is delivered."""
    on_the_way = sent(Claim, a, b, number=config.number.at(n)) & between(n, m, b)
    return on_the_way.implies(config.number.at(m) < config.number.at(n))


@lemma("A number that comes back to its node has passed all others.")
def back_is_highest(n: Node, m: Node, a: Node) -> Expr:
    """None of them has swallowed it."""
    back = sent(Claim, a, n, number=config.number.at(n))
    return back.implies(config.number.at(m) <= config.number.at(n))


@lemma("Only the highest number is announced.")
def announced_is_highest(n: Node, a: Node, b: Node, x: Number) -> Expr:
    """By the node whose it is."""
    return sent(Elected, a, b, number=x).implies(config.number.at(n) <= x)


# ---------------------------------------------------------------- an example


def ring(*nodes: str, numbers: tuple[int, ...]) -> dict[str, Any]:
    """Return the configuration of a ring of `nodes`, in their order, as plain values."""
    size = len(nodes)
    turns = [(i, j, k) for i in range(size) for j in range(1, size) for k in range(j + 1, size)]
    return {
        "after": frozenset((nodes[i], nodes[(i + 1) % size]) for i in range(size)),
        "number": frozenset(zip(nodes, numbers, strict=True)),
        "between": frozenset(
            ((nodes[i], nodes[(i + j) % size], nodes[(i + k) % size]), True) for i, j, k in turns
        ),
    }


ELECTION = Scenario(
    "the highest of four is elected",
    ring("a", "b", "c", "d", numbers=(2, 4, 1, 3)),
    ("a", "b", "c", "d"),
    (*tick(Start, "a", "c"), *settle("a", "b", "c", "d")),
)


def spec() -> Spec:
    """Read the spec."""
    return read_spec("ring_election", "Election in a ring", [sys.modules[__name__]])
