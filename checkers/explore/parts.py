"""The distinct states of each node, numbered: what a packed state is made of.

Belongs here: for each node its *parts*, a part being a state of the node's variables together with
the messages that the node has sent; what each event does to each part, found as it is met. Never
here: whole states (`search`).

A rule reads its own node and the event, nothing else. So what event `e` does at a node in part `p`
is one entry of a table, and a whole state is one part of each node. Messages are never taken back,
hence the messages of a state are those in its parts.

Bits: at each node every event has a number. `accept` says at a part which events some row that does
something answers (a rule, a crash, or a refusal that sends), `moves` which of these may lead to
another part, `unknown` what of that is not looked at yet, `gives` at another node's part which
messages to this node it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from checkers.explore.ghosts import NOTHING, Ghosts
from checkers.explore.tables import CUT, Grid
from model.arrays import Columns, Rows
from model.arrays.rows import CRASH, Key
from model.lang import Spec

ONE = np.uint64(1)
UNSEEN = -1
MOST_ASKED = 1 << 20
"""Refusals asked of at once."""


@dataclass(frozen=True)
class EventAt:
    """An event at a node: its fields as codes; of a message the sender, and its number there."""

    name: str
    fields: tuple[int, ...]
    sender: int = -1
    message: int = -1


@dataclass
class Effect:
    """What an event does at a local state: the next one (or CUT), messages as bits, the row."""

    local: int
    sends: int
    row: int
    kind: int
    gain: int = NOTHING


class NodeParts:
    """The parts of one node, and what is known of its events."""

    def __init__(self, world: World, me: int) -> None:
        self.world, self.me = world, me
        rows = world.rows
        self.names = list(rows.variables)
        self.locals: list[tuple[int, ...]] = []
        self.local_number: dict[tuple[int, ...], int] = {}
        self.events: list[EventAt] = []
        self.event_number: dict[EventAt, int] = {}
        self.by_name: dict[str, list[int]] = {}
        self.sent: list[Key] = []
        self.sent_number: dict[Key, int] = {}
        self.part_number: dict[tuple[int, int], int] = {}
        self.part_local: list[int] = []
        self.part_sent: list[int] = []
        self.effects: dict[tuple[int, int], Effect] = {}
        self.local_accept = Grid(np.uint64)
        self.replies: dict[str, Grid] = {}
        self.accept, self.moves, self.unknown = Grid(np.uint64), Grid(np.uint64), Grid(np.uint64)
        self.adds = Grid(np.uint64)
        """Which events add to the ghosts and do nothing else."""
        self.sizes = Grid(np.int64)
        self.gives: dict[int, Grid] = {}
        self.next: list[Any] = []
        self.kinds: list[Any] = []
        """By event: the kind of what each part does; one number where it is the same for all."""
        self.gains: list[Any] = []
        """By event: what each part adds to the ghosts; None where none does."""
        self.own = 0
        """How many of the events are no messages: these stand first."""
        self.words_at_level = 0
        self.local_of: Any = np.zeros(0, np.int64)
        self.has_unknown: list[bool] = []
        self.cuts: list[bool] = []
        """Whether an event may lead beyond the bounds."""
        self._prepared_locals = self._prepared_events = 0

    # ------------------------------------------------------------ numbering

    def local(self, values: tuple[int, ...]) -> int:
        """Return the number of a local state."""
        number = self.local_number.get(values)
        if number is None:
            number = self.local_number[values] = len(self.locals)
            self.locals.append(values)
        return number

    def event(self, event: EventAt) -> int:
        """Return the number of an event."""
        number = self.event_number.get(event)
        if number is None:
            number = self.event_number[event] = len(self.events)
            self.events.append(event)
            self.by_name.setdefault(event.name, []).append(number)
            self.next.append(None)
            self.kinds.append(None)
            self.cuts.append(False)
            self.gains.append(None)
        return number

    def message(self, key: Key) -> int:
        """Return the number of a message among those that this node sends."""
        number = self.sent_number.get(key)
        if number is None:
            number = self.sent_number[key] = len(self.sent)
            self.sent.append(key)
            name = self.world.rows.message_names[key[0]]
            receiver = self.world.nodes[key[2]]
            receiver.event(EventAt(name, key[3:], self.me, number))
        return number

    def part(self, local: int, sent: int, parent: int = -1) -> int:
        """Return the number of a part; a new one has what its parent has sent, and more."""
        number = self.part_number.get((local, sent))
        if number is not None:
            return number
        number = self.part_number[local, sent] = len(self.part_local)
        self.part_local.append(local)
        self.part_sent.append(sent)
        self.sizes.reserve(number + 1, 1)
        self.sizes.data[number, 0] = sent.bit_count()
        for grid in self.gives.values():
            grid.reserve(number + 1, 1)
        if parent >= 0:
            for grid in self.gives.values():
                grid.data[number] = grid.data[parent]
            sent &= ~self.part_sent[parent]
        while sent:
            bit = sent.bit_length() - 1
            sent &= ~(1 << bit)
            key = self.sent[bit]
            receiver = self.world.nodes[key[2]]
            name = self.world.rows.message_names[key[0]]
            at = receiver.event_number[EventAt(name, key[3:], self.me, bit)]
            grid = self.gives.setdefault(key[2], Grid(np.uint64))
            grid.reserve(number + 1, at // 64 + 1)
            grid.data[number, at // 64] |= ONE << np.uint64(at % 64)
        return number

    @property
    def words(self) -> int:
        """How many words of 64 bits its events take."""
        return (len(self.events) + 63) // 64

    # ------------------------------------------------------------ which events are answered

    def columns(self, locals_: Any) -> dict[str, Any]:
        """Return the variables of local states as columns."""
        table = np.array([self.locals[i] for i in locals_], np.int64).reshape(-1, len(self.names))
        return {name: table[:, i] for i, name in enumerate(self.names)}

    def event_columns(self, events: list[int]) -> tuple[dict[str, Any], Any]:
        """Return the fields and the senders of events of one name as columns."""
        name = self.events[events[0]].name
        parts = list(self.world.rows.fields[name])
        table = np.array([self.events[e].fields for e in events], np.int64)
        table = table.reshape(len(events), len(parts))
        senders = np.array([self.events[e].sender for e in events], np.int64)
        return {part: table[:, i] for i, part in enumerate(parts)}, senders

    def prepare(self) -> None:
        """Find out which events are answered, for all local states and events known by now."""
        locals_, events = len(self.locals), len(self.events)
        old_locals, old_events = self._prepared_locals, self._prepared_events
        self.local_accept.reserve(locals_, max(1, self.words))
        if locals_ > old_locals:
            self._accept(range(old_locals, locals_), range(events))
        if events > old_events and old_locals:
            self._accept(range(old_locals), range(old_events, events))
        self._prepared_locals, self._prepared_events = locals_, events
        count, words = len(self.part_local), max(1, self.words)
        for grid in (self.accept, self.moves, self.unknown, self.adds):
            grid.reserve(count, words)
        for grid in self.gives.values():
            grid.reserve(count, 1)
        for grid in self.replies.values():
            # Nothing was set where no new local state gives it to any event.
            grid.reserve(locals_, 1)
        for sender in self.world.nodes:
            if self.me in sender.gives:
                sender.gives[self.me].reserve(len(sender.part_local), words)
        self.local_of = np.array(self.part_local, np.int64)
        held = self.local_accept.data[self.local_of][:, :words]
        added = held & ~self.accept.data[:count, :words]
        self.accept.data[:count, :words] = held
        self.moves.data[:count, :words] |= added
        self.unknown.data[:count, :words] |= added
        room = self.accept.data.shape[0]
        for number, old in enumerate(self.gains):
            if old is not None and len(old) < room:
                self.gains[number] = np.full(room, NOTHING, np.int64)
                self.gains[number][: len(old)] = old
        for number, old in enumerate(self.next):
            if old is not None and len(old) < room:
                wider = np.full(room, UNSEEN, np.int64)
                wider[: len(old)] = old
                self.next[number] = wider
                if not isinstance(self.kinds[number], int):
                    more = np.zeros(room, np.int32)
                    more[: len(old)] = self.kinds[number]
                    self.kinds[number] = more
        self.words_at_level = words
        self.has_unknown = [bool(self.unknown.data[:, w].any()) for w in range(words)]

    def _accept(self, locals_: range, events: range) -> None:
        columns = self.columns(locals_)
        rows = self.world.rows
        for name, numbers in self.by_name.items():
            chosen = [e for e in numbers if e in events]
            if not chosen:
                continue
            fields, senders = self.event_columns(chosen)
            shape = (len(locals_), len(chosen))
            for row, mask in rows.enabled(name, self.me, columns, fields, senders, shape):
                wanted = [self.local_accept] if row.effective or row.kind != "refusal" else []
                if row.reply in self.world.replies_wanted:
                    wanted.append(self.replies.setdefault(row.reply, Grid(np.uint64)))
                for grid in wanted:
                    self._set(grid, locals_, chosen, mask)
                self._refuse(row.label, columns, fields, senders, mask)

    def _refuse(
        self,
        label: str,
        columns: Mapping[str, Any],
        fields: Mapping[str, Any],
        senders: Any,
        mask: Any,
    ) -> None:
        """Tell of a refusal that changes nothing, and so is no step, to whoever asks of it."""
        for_event = self.world.refused.get(label)
        if for_event is None:
            return
        reads_event, heard = for_event
        of_local, of_event = np.nonzero(mask) if reads_event else _rows_of(mask)
        for at in range(0, len(of_local), MOST_ASKED):
            local, event = of_local[at : at + MOST_ASKED], of_event[at : at + MOST_ASKED]
            held = {n: v[local] for n, v in columns.items()}
            given = {n: v[event] for n, v in fields.items()}
            asked = self.world.rows.columns(self.me, senders[event], held, given, held)
            heard(label, asked, len(local))

    def _set(self, grid: Grid, locals_: range, events: list[int], mask: Any) -> None:
        grid.reserve(len(self.locals), max(1, self.words))
        data = grid.data[locals_.start : locals_.stop]
        for at, number in enumerate(events):
            column = mask[:, at]
            if column.any():
                data[:, number // 64] |= column.astype(np.uint64) << np.uint64(number % 64)

    # ------------------------------------------------------------ what events do

    def learn(self, parts: Any, events: Any) -> None:
        """Find out what events do at parts: aligned arrays of pairs that do happen."""
        part_local = self.part_local
        wanted: dict[int, list[int]] = {}
        seen = set()
        for part, event in zip(parts.tolist(), events.tolist(), strict=True):
            pair = (part_local[part], event)
            if pair not in self.effects and pair not in seen:
                seen.add(pair)
                wanted.setdefault(event, []).append(pair[0])
        by_name: dict[str, list[tuple[int, int]]] = {}
        for event, locals_ in wanted.items():
            pairs = by_name.setdefault(self.events[event].name, [])
            pairs += [(local, event) for local in locals_]
        for name, pairs in by_name.items():
            self._effects(name, pairs)
        room = self.accept.data.shape[0]
        for part, event in zip(parts.tolist(), events.tolist(), strict=True):
            if self.next[event] is None:
                self.next[event] = np.full(room, UNSEEN, np.int64)
            if self.next[event][part] != UNSEEN:
                continue
            effect = self.effects[part_local[part], event]
            word, bit = event // 64, ONE << np.uint64(event % 64)
            if effect.local == CUT:
                following = CUT
                self.cuts[event] = True
            else:
                sent = self.part_sent[part] | effect.sends
                following = self.part(effect.local, sent, part)
                if following == part:
                    self.moves.data[part, word] &= ~bit
                    if effect.gain != NOTHING:
                        self.adds.data[part, word] |= bit
                if effect.gain != NOTHING:
                    if self.gains[event] is None:
                        self.gains[event] = np.full(room, NOTHING, np.int64)
                    self.gains[event][part] = effect.gain
            self._note_kind(event, part, effect.kind, room)
            self.next[event][part] = following
            self.unknown.data[part, word] &= ~bit

    def _note_kind(self, event: int, part: int, kind: int, room: int) -> None:
        known = self.kinds[event]
        if known is None:
            self.kinds[event] = kind
        elif isinstance(known, int):
            if known != kind:
                self.kinds[event] = np.full(room, known, np.int32)
                self.kinds[event][part] = kind
        else:
            known[part] = kind

    def _effects(self, name: str, pairs: list[tuple[int, int]]) -> None:
        world, rows = self.world, self.world.rows
        local = self.columns([p[0] for p in pairs])
        fields, senders = self.event_columns([p[1] for p in pairs])
        for row, at in rows.answering(name, self.me, local, fields, senders, len(pairs)):
            held = {n: v[at] for n, v in local.items()}
            given = {n: v[at] for n, v in fields.items()}
            done = rows.effects(row, self.me, held, given, senders[at], len(at), world.dropped)
            table = np.stack([done.columns.get(n, held[n]) for n in self.names], 1).tolist()
            number = world.label_number[row.label]
            if world.heard is not None:
                sure = np.flatnonzero(done.inside)
                old = {n: v[sure] for n, v in held.items()}
                after = old | {n: v[sure] for n, v in done.columns.items()}
                took = {n: v[sure] for n, v in given.items()}
                columns = rows.columns(self.me, senders[at][sure], old, took, after)
                world.heard(row.label, self, columns, [pairs[at[i]] for i in sure.tolist()])
            for place, values, inside, sends in zip(
                at.tolist(), table, done.inside.tolist(), done.sends, strict=True
            ):
                pair = pairs[place]
                if pair in self.effects:
                    both = (world.labels[self.effects[pair].row], row.label)
                    raise Ambiguous(name, both, self.me, pair)
                kind = world.kind(number, self.locals[pair[0]], values)
                if not inside:
                    self.effects[pair] = Effect(CUT, 0, number, kind)
                    continue
                gain: int | None = NOTHING
                if world.ghosts is not None and world.ghosts.writes(row.label):
                    gain = world.ghosts.gain(row.label, self._single(name, pair))
                if gain is None:
                    self.effects[pair] = Effect(CUT, 0, number, kind)
                    continue
                bits = 0
                for key in sends:
                    bits |= 1 << self.message(tuple(key))
                self.effects[pair] = Effect(self.local(tuple(values)), bits, number, kind, gain)

    def _single(self, name: str, pair: tuple[int, int]) -> Columns:
        """Return what one step at this node reads."""
        event = self.events[pair[1]]
        local = dict(zip(self.names, self.locals[pair[0]], strict=True))
        fields = dict(zip(self.world.rows.fields[name], event.fields, strict=True))
        return Columns(self.me, event.sender, local, {}, fields)


def _rows_of(mask: Any) -> tuple[Any, Any]:
    """Return where a row of a mask has something, and the first place in it."""
    rows = np.flatnonzero(mask.any(axis=1))
    return rows, mask[rows].argmax(axis=1)


class Ambiguous(Exception):
    """Two rows answer one event, in a state of the frontier."""

    def __init__(self, name: str, rows: tuple[str, str], me: int, pair: tuple[int, int]) -> None:
        """Name both; `pair` is the local state of the node `me`, and the event."""
        super().__init__(f"{name}: both {rows[0]} and {rows[1]} answer it")
        self.me, self.local, self.event = me, *pair


@dataclass
class World:
    """The parts of all nodes, and the rows that they are computed with."""

    spec: Spec
    rows: Rows
    crashes: bool = True
    ghosts: Ghosts | None = None
    dropped: frozenset[int] = frozenset()
    """The messages, by number, that nobody needs to know of."""
    requests: frozenset[str] | None = None
    """The requests that clients make; None: all."""
    nodes: list[NodeParts] = field(default_factory=list)
    kinds: list[tuple[int, int, int]] = field(default_factory=list)
    """What is counted apart: the row, and the state of the first figure before and after."""
    heard: Callable[[str, NodeParts, Columns, list[tuple[int, int]]], None] | None = None
    """Called with what a row does for some pairs of a local state and an event."""
    refused: dict[str, tuple[bool, Callable[[str, Columns, int], None]]] = field(
        default_factory=dict
    )
    """By a refusal that changes nothing: whether the event is asked of, and who is told."""

    def __post_init__(self) -> None:
        self.labels = [t.label for t in self.spec.transitions]
        self.label_number = {label: i for i, label in enumerate(self.labels)}
        self._kind_number: dict[tuple[int, int, int], int] = {}
        names = list(self.rows.variables)
        figure = self.spec.edges[0].variable if self.spec.edges else None
        self._figure = None if figure is None else names.index(figure)
        self.replies_wanted: set[str] = {
            t.reply.decl.__name__
            for t in self.spec.transitions
            if t.kind == "refusal" and t.reply is not None
        }
        codes = self.rows.codes
        self.nodes = [NodeParts(self, me) for me in range(codes.nodes)]
        for node in self.nodes:
            if self.crashes:
                node.event(EventAt(CRASH, ()))
            for name, event in self.spec.events.items():
                made = self.requests is None or name in self.requests
                if event.kind == "request" and not made:
                    continue
                if event.kind != "message":
                    domains = [codes.domain(d.sort) for d in event.parts.values()]
                    for values in product(*domains):
                        node.event(EventAt(name, values))
            node.own = len(node.events)
        for node in self.nodes:
            first: Mapping[str, int] = self.rows.first(node.me)
            node.part(node.local(tuple(first[n] for n in node.names)), 0)

    def counts(self) -> list[int]:
        """Return how many parts each node has, and last, if there are ghosts, how many sets."""
        made = [len(n.part_local) for n in self.nodes]
        return made if self.ghosts is None else [*made, len(self.ghosts.sets)]

    def kind(self, row: int, before: tuple[int, ...], after: Any) -> int:
        """Return the number of what a step counts as."""
        states = (-1, -1)
        if self._figure is not None:
            states = (before[self._figure], int(after[self._figure]))
        return self.restore_kind((row, *states))

    def restore_kind(self, key: tuple[int, int, int]) -> int:
        """Return the number of a kind of step."""
        number = self._kind_number.get(key)
        if number is None:
            number = self._kind_number[key] = len(self.kinds)
            self.kinds.append(key)
        return number
