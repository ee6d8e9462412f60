"""The graph of a bounded scope, explored breadth first by the reference evaluator.

Belongs here: which states a scope has, and what happens between them. Never here: fairness or
promises (`meaning`), or walking on the graph.

A state is what all nodes hold, the messages sent so far, which nodes have stopped for ever, how
often nodes have crashed, and as much of the ghosts as was asked for. What leads beyond the bounds -
a value of an order above its bound, or too many messages of a kind - is *cut*: the graph says that
it can happen, and not what follows. Crashes and stops are bounded as well, and that is no cut: that
they end is what a promise of liveness assumes.

What a node answers depends on its variables and the event alone, so each answer is computed once;
states are small tuples of numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from checkers.liveness.graph import Graph, Ints, Mask
from model import bounds as model_bounds
from model.evaluate import Evaluator, Event, GlobalState, Local, Outcome, Packet
from model.lang import Spec
from model.lang.expr import Kind, walk
from model.lang.sorts import (
    NODE,
    AtomSort,
    MapSort,
    MaybeSort,
    OrderSort,
    SetSort,
    Sort,
    StructSort,
)

STOP = "stop"
"""The kind and name of the event that a node stops for ever."""


@dataclass(frozen=True)
class Bounds:
    """How much of a spec is looked at.

    `orders` bounds the values of each order sort (of owned ones, their round); `messages` how many
    messages of a kind may be sent, by name, where that is bounded; `atoms` how many elements a sort
    other than nodes has; `crashes` and `stops` how many there are in all; `requests` which requests
    clients make, None for all; `states` how many states are looked at at most.
    """

    orders: Mapping[str, int]
    messages: Mapping[str, int] = field(default_factory=dict)
    atoms: int = 1
    crashes: int = 0
    stops: int = 0
    requests: frozenset[str] | None = None
    states: int = 600_000


@dataclass(frozen=True)
class Action:
    """What happens on an edge: an event, the row that answers, and what it sends."""

    event: Event
    label: str
    accepted: bool
    sends: tuple[Packet, ...]


Key = tuple[int, ...]
"""A state: the number of each node's variables, the messages as bits, the ghosts as bits, the
stopped nodes as bits, the crashes so far."""
Step = tuple[int, int, int]
"""What a node does: the number of its variables after it (-1: cut), the messages that it sends as
bits, and the number of the action."""


class Numbered:
    """Things and their numbers, in the order in which they were met."""

    def __init__(self) -> None:
        """Begin without any."""
        self.things: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def number(self, key: Any, thing: Any = None) -> int:
        """Return the number of what `key` identifies; `thing` is kept for it, else the key."""
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.things)
            self.things.append(key if thing is None else thing)
        return found


class Explored:
    """A scope explored: the graph, and what its states and actions stand for."""

    def __init__(
        self,
        spec: Spec,
        config: Mapping[str, Any],
        nodes: Sequence[str],
        bounds: Bounds,
        *,
        ghosts: frozenset[str] = frozenset(),
        kept: frozenset[str] = frozenset(),
        may_stop: Callable[[frozenset[str]], bool] = lambda up: True,
        tell: Callable[[int, int], None] = lambda states, waiting: None,
    ) -> None:
        """Prepare.

        Args:
            spec: What the nodes do.
            config: The constants that each node is given.
            nodes: The nodes.
            bounds: How far the scope goes.
            ghosts: The ghosts that somebody will ask about.
            kept: The messages that somebody will ask about, by name, though no node acts on them.
            may_stop: Whether just these nodes may be up.
            tell: Told now and then how many states there are, and how many wait.
        """
        self.spec = spec
        self.whole = Evaluator(spec)
        self.evaluator = Evaluator(only_ghosts(spec, ghosts))
        self.config, self.nodes, self.bounds = dict(config), tuple(nodes), bounds
        self.ghosts = ghosts
        self.inert = inert_messages(spec) - kept
        self.may_stop, self.tell = may_stop, tell
        self.locals, self.packets, self.rows = Numbered(), Numbered(), Numbered()
        self.actions, self.keys = Numbered(), Numbered()
        self._inbox = [0] * len(self.nodes)
        self._of_kind: dict[str, int] = {}
        self._at = {node: i for i, node in enumerate(self.nodes)}
        self._own: dict[tuple[int, int], list[Step]] = {}
        self._received: dict[tuple[int, int], Step] = {}
        self._steps: dict[tuple[int, int, int], list[Step]] = {}
        self._orders_of: dict[Sort, bool] = {}
        self.requests = self._requests()
        self.graph: Graph = self._explore()

    # ------------------------------------------------------------ exploring

    def _explore(self) -> Graph:
        state = self.evaluator.initial_state(self.config, self.nodes)
        first = tuple(self._local(state.nodes[node]) for node in self.nodes)
        self.keys.number((*first, 0, 0, 0, 0))
        source, target, action, cut_source, cut_action = (array("q") for _ in range(5))
        at = 0
        while at < len(self.keys.things):
            for key, what in self._successors(self.keys.things[at]):
                if key is None:
                    cut_source.append(at)
                    cut_action.append(what)
                    continue
                source.append(at)
                target.append(self.keys.number(key))
                action.append(what)
            at += 1
            if at % 1000 == 0:
                self.tell(at, len(self.keys.things) - at)
            if at >= self.bounds.states:
                break
        self.unexplored = len(self.keys.things) - at
        edges = [np.array(x, np.int64) for x in (source, target, action)]
        cuts = [np.array(x, np.int64) for x in (cut_source, cut_action)]
        # What leads to a state that was not looked at is cut, like what leads out of the bounds.
        known = edges[1] < at
        cuts = [
            np.concatenate([c, e[~known]]) for c, e in zip(cuts, (edges[0], edges[2]), strict=True)
        ]
        return Graph(at, np.zeros(1, np.int64), *(e[known] for e in edges), *cuts)

    def _successors(self, key: Key) -> Iterator[tuple[Key | None, int]]:
        """Yield what can happen in a state: where it leads (None: it is cut), and the action."""
        count = len(self.nodes)
        sent, ghosts, stopped, crashes = key[count:]
        for i in range(count):
            if stopped >> i & 1:
                continue
            for local, sends, action in self._node_steps(i, key[i], sent & self._inbox[i]):
                after = sent | sends
                if local < 0 or (after != sent and self._too_many(after)):
                    yield None, action
                    continue
                added = self._ghosts_of(key, action) if self.ghosts else 0
                yield (
                    (*key[:i], local, *key[i + 1 : count], after, ghosts | added, *key[-2:]),
                    action,
                )
            if crashes < self.bounds.crashes:
                local, action = self._crash(i, key[i])
                yield (*key[:i], local, *key[i + 1 : -1], crashes + 1), action
            if stopped.bit_count() < self.bounds.stops:
                now = stopped | 1 << i
                if self.may_stop(self._up(now)):
                    yield (*key[: count + 2], now, crashes), self._stop(i)

    def _node_steps(self, i: int, local: int, inbox: int) -> list[Step]:
        """Return what a node can do of itself, and about the messages sent to it."""
        known = self._steps.get((i, local, inbox))
        if known is not None:
            return known
        own = self._own.get((i, local))
        if own is None:
            events = [Event("timer", name, self.nodes[i]) for name in self.spec.timers]
            events += [replace(r, node=self.nodes[i]) for r in self.requests]
            own = self._own[i, local] = [self._answer(i, local, event) for event in events]
        found = list(own)
        rest = inbox
        while rest:
            number = (rest & -rest).bit_length() - 1
            rest &= rest - 1
            step = self._received.get((local, number))
            if step is None:
                event = self.evaluator.delivery(self.packets.things[number])
                step = self._received[local, number] = self._answer(i, local, event)
            found.append(step)
        # What changes nothing, sends nothing and was refused, tells only that it was tried.
        self._steps[i, local, inbox] = found
        return found

    def _answer(self, i: int, local: int, event: Event) -> Step:
        variables: Local = self.locals.things[local]
        outcome = self.evaluator.answer(self.config, self.nodes[i], variables, event)
        sends = [p for p in outcome.sends if p.message not in self.inert and p.dst in self._at]
        action = self._action(event, outcome, sends)
        after = {**variables, **outcome.updates} if outcome.updates else variables
        if not self._within(after) or not all(self._packet_within(p) for p in sends):
            return -1, 0, action
        bits = 0
        for packet in sends:
            bits |= 1 << self._packet(packet)
        return self._local(after), bits, action

    def _action(self, event: Event, outcome: Outcome, sends: Sequence[Packet]) -> int:
        made = Action(event, outcome.transition, outcome.kind == "rule", tuple(sends))
        return self.actions.number(made)

    def _crash(self, i: int, local: int) -> tuple[int, int]:
        event = Event("crash", "crash", self.nodes[i])
        variables: Local = self.locals.things[local]
        outcome = self.evaluator.answer(self.config, self.nodes[i], variables, event)
        return self._local({**variables, **outcome.updates}), self._action(event, outcome, ())

    def _stop(self, i: int) -> int:
        return self.actions.number(Action(Event(STOP, STOP, self.nodes[i]), STOP, True, ()))

    def _up(self, stopped: int) -> frozenset[str]:
        return frozenset(n for i, n in enumerate(self.nodes) if not stopped >> i & 1)

    def _ghosts_of(self, key: Key, action: int) -> int:
        """Return the ghosts that an action adds, as bits: they may depend on the whole state."""
        what: Action = self.actions.things[action]
        if not self.evaluator.spec.by_label[what.label].ghosts:
            return 0
        state = self._state_of(key)
        bits = 0
        for row in self.evaluator.outcome(state, what.event).ghosts:
            bits |= 1 << self.rows.number(row)
        return bits

    # ------------------------------------------------------------ bounds

    @cached_property
    def limits(self) -> model_bounds.Bounds:
        """Which values there are, of each sort."""
        atoms = {
            name: tuple(f"{name.lower()}{i + 1}" for i in range(self.bounds.atoms))
            for name, declared in self.spec.sorts.items()
            if isinstance(getattr(declared, "sort", None), AtomSort) and name != NODE.name
        }
        return model_bounds.Bounds(tuple(sorted(self.nodes)), atoms, dict(self.bounds.orders))

    def _requests(self) -> list[Event]:
        """Return the requests that clients may make, of no node yet, for all values of fields."""
        found = []
        for name, request in self.spec.requests.items():
            if self.bounds.requests is not None and name not in self.bounds.requests:
                continue
            values = [self.limits.values(decl.sort) for decl in request.parts.values()]
            for chosen in product(*values):
                fields = dict(zip(request.parts, chosen, strict=True))
                found.append(Event("request", name, "", fields))
        return found

    def _too_many(self, sent: int) -> bool:
        """Tell whether more messages of a kind were sent than the bounds allow."""
        return any(
            (sent & self._of_kind.get(name, 0)).bit_count() > most
            for name, most in self.bounds.messages.items()
        )

    def _within(self, local: Local) -> bool:
        sorts = self.evaluator.schema.variables
        return all(self._is_within(local[name], sort) for name, sort in sorts.items())

    def _packet_within(self, packet: Packet) -> bool:
        sorts = self.evaluator.schema.messages[packet.message][2:]
        return all(map(self._is_within, packet.fields, sorts))

    def _is_within(self, value: Any, sort: Sort) -> bool:
        """Tell whether a value has no element of an order above its bound."""
        if not self._has_orders(sort):
            return True
        match sort:
            case OrderSort():
                rank = value[0] if sort.owned else value
                return bool(rank <= self.bounds.orders[sort.name])
            case StructSort():
                return all(
                    self._is_within(v, s) for v, (_, s) in zip(value, sort.parts, strict=True)
                )
            case MaybeSort():
                return value is None or self._is_within(value, sort.of)
            case SetSort():
                return all(self._is_within(v, sort.of) for v in value)
            case MapSort():
                return all(
                    self._is_within(k, sort.key) and self._is_within(v, sort.to) for k, v in value
                )
            case _:
                return True

    def _has_orders(self, sort: Sort) -> bool:
        known = self._orders_of.get(sort)
        if known is None:
            match sort:
                case OrderSort():
                    known = True
                case StructSort():
                    known = any(self._has_orders(s) for _, s in sort.parts)
                case MaybeSort() | SetSort():
                    known = self._has_orders(sort.of)
                case MapSort():
                    known = self._has_orders(sort.key) or self._has_orders(sort.to)
                case _:
                    known = False
            self._orders_of[sort] = known
        return known

    # ------------------------------------------------------------ numbers and what they stand for

    def _local(self, local: Local) -> int:
        return self.locals.number(tuple(local.values()), local)

    def _packet(self, packet: Packet) -> int:
        before = len(self.packets.things)
        number = self.packets.number(packet)
        if number == before:
            self._inbox[self._at[packet.dst]] |= 1 << number
            kind = packet.message
            self._of_kind[kind] = self._of_kind.get(kind, 0) | 1 << number
        return number

    def state(self, number: int) -> GlobalState:
        """Return a state in full, as the evaluator has it."""
        return self._state_of(self.keys.things[number])

    def up(self, number: int) -> frozenset[str]:
        """Return the nodes that have not stopped in a state."""
        return self._up(self.keys.things[number][-2])

    def crashed(self, number: int) -> int:
        """Return how often nodes have crashed before a state."""
        return int(self.keys.things[number][-1])

    @cached_property
    def stopped(self) -> dict[str, Mask | None]:
        """Return for each node in which states it has stopped; None where it never has."""
        count = self.graph.count
        bits = np.fromiter((key[-2] for key in self.keys.things[:count]), np.int64, count)
        found = {node: (bits >> i & 1).astype(bool) for i, node in enumerate(self.nodes)}
        return {node: gone if gone.any() else None for node, gone in found.items()}

    def columns(self, variables: frozenset[str], sent: bool, ghosts: bool) -> Iterator[Ints]:
        """Yield columns that are equal for states which look alike.

        What is looked at: these variables of every node, who has stopped, the messages sent and the
        ghosts if so.
        """
        count, size = self.graph.count, len(self.nodes)
        views: dict[Any, int] = {}
        alike = [
            views.setdefault(tuple(local[n] for n in sorted(variables)), len(views))
            for local in self.locals.things
        ]
        keys = self.keys.things[:count]
        for i in range(size):
            yield np.fromiter((alike[key[i]] for key in keys), np.int64, count)
        for place, wanted in ((size, sent), (size + 1, ghosts), (size + 2, True)):
            if wanted:
                numbers: dict[int, int] = {}
                told = (numbers.setdefault(key[place], len(numbers)) for key in keys)
                yield np.fromiter(told, np.int64, count)

    def _state_of(self, key: Key) -> GlobalState:
        count = len(self.nodes)
        nodes = {n: self.locals.things[key[i]] for i, n in enumerate(self.nodes)}
        sent = [self.packets.things[b] for b in _bits(key[count])]
        ghosts: dict[str, list[Any]] = {}
        for b in _bits(key[count + 1]):
            name, row = self.rows.things[b]
            ghosts.setdefault(name, []).append(row)
        return GlobalState(self.evaluator.schema, self.config, nodes, sent, ghosts)


def _bits(number: int) -> Iterator[int]:
    while number:
        yield (number & -number).bit_length() - 1
        number &= number - 1


# ---------------------------------------------------------------- what need not be kept


def only_ghosts(spec: Spec, names: frozenset[str]) -> Spec:
    """Return the spec without the ghosts that neither `names` nor any of these depend on.

    No node reads a ghost, so nothing that nodes do changes.
    """
    kept: set[str] = set()
    asked = set(names)
    updates = [u for t in spec.transitions for u in t.ghosts]
    while asked != kept:
        kept = set(asked)
        for update in updates:
            if update.relation.name in kept and update.where is not None:
                asked |= {e.data for e in walk(update.where) if e.kind is Kind.GHOST}
    transitions = tuple(
        replace(t, ghosts=tuple(u for u in t.ghosts if u.relation.name in kept))
        for t in spec.transitions
    )
    ghosts = {n: g for n, g in spec.ghosts.items() if n in kept}
    return replace(spec, transitions=transitions, ghosts=ghosts, statements={})


def inert_messages(spec: Spec) -> frozenset[str]:
    """Return the messages about which no node ever does anything: no update, nothing sent.

    That they were sent makes no difference to what happens, so a state need not tell it.
    """
    found = set(spec.messages)
    while True:
        busy = {
            t.event.__name__
            for t in spec.transitions
            if t.event is not None
            and (t.updates or t.ghosts or any(s.message.__name__ not in found for s in t.sends))
        }
        if not found & busy:
            return frozenset(found)
        found -= busy
