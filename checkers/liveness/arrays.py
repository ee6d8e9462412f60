"""The graph of a bounded scope, explored at array speed.

Belongs here: the same states and steps as `explored` finds by the evaluator, found by array kernels
(`model.arrays`, `checkers.explore`). Never here: fairness or promises, or walking on the graph.

A state is one word: the number of each node's part, and above these the crashes so far and who has
stopped. What each event does at each part is in tables; so the steps of many states, their edges,
are found by one look each. Words become numbers of states at the end, all at once. The evaluator
takes no part in it: that both find the same graph is evidence (`tests/test_liveness_arrays.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

from checkers.explore.expansion import Expansion, Tally
from checkers.explore.ghosts import NOTHING, Ghosts
from checkers.explore.packing import Full, Packing
from checkers.explore.parts import NodeParts, World
from checkers.explore.store import Store
from checkers.explore.tables import CUT, NodeTables, tables_of
from checkers.liveness.explored import STOP, Action, Explored
from checkers.liveness.graph import Graph, Ints, Mask
from model.arrays import Rows
from model.arrays.rows import CRASH, codes_for
from model.evaluate import Event, GlobalState, Local, Packet
from model.evaluate.values import EvaluationError

CHUNK = 1 << 15
"""States whose steps are taken at once; fewer than two bytes can number."""


class ArrayExplored(Explored):
    """A scope explored by arrays."""

    def _explore(self) -> Graph:
        self._prepare()
        return self._found()

    def _prepare(self) -> None:
        spec, bounds = self.spec, self.bounds
        self._order = tuple(sorted(self.nodes))
        codes = codes_for(spec, self.limits)
        self._rows = rows = Rows(self.evaluator.spec, codes, self.config)
        dropped = frozenset(rows.messages[name] for name in self.inert)
        kept = frozenset(self.evaluator.spec.ghosts)
        self._held = Ghosts(rows, kept) if kept else None
        self._world = World(
            self.evaluator.spec, rows, bounds.crashes > 0, self._held, dropped, bounds.requests
        )
        stops = 1 << len(self.nodes) if bounds.stops else 1
        self._turns = bounds.crashes + 1
        self._packing = Packing.roomy(self._world.counts(), self._turns * stops - 1)
        self._action_of: dict[tuple[int, int], Any] = {}
        self._packet_of: list[list[int]] = [[] for _ in self._order]
        self._limited = {rows.messages[n]: most for n, most in bounds.messages.items()}
        self._of_limited: dict[tuple[int, int], Any] = {}
        self._stays: dict[int, bool] = {}

    # ------------------------------------------------------------ level by level

    def _found(self) -> Graph:
        packing = self._packing
        first = packing.pack([np.zeros(1, np.int64) for _ in packing.radices])
        store = Store()
        store.add(first)
        self._levels: list[Any] = [first]
        self._edges: list[_Edges] = []
        looked, known, frontier = 0, 1, first
        while len(frontier) and looked < self.bounds.states:
            part = frontier[: self.bounds.states - looked]
            fresh: list[Any] = []
            for at in range(0, len(part), CHUNK):
                while True:
                    try:
                        edges = self._taken(part[at : at + CHUNK], looked + at)
                        break
                    except Full:
                        store, part, fresh = self._repack(part, fresh)
                self._edges.append(edges)
                fresh += store.add(edges.words[edges.moved])
                self.tell(looked + at, len(frontier) - at)
            looked += len(part)
            frontier = np.concatenate([part[:0], *fresh])
            known += len(frontier)
            if len(frontier):
                self._levels.append(frontier)
        self.unexplored = known - looked
        self._words = np.concatenate(self._levels)[:looked]
        for node in self._world.nodes:
            self._name_all(node)
        if self._held is not None:
            for relation, row in self._held.tuples:
                self.rows.number((relation, self._row_named(relation, row)))
        return self._graph(looked)

    def _repack(self, part: Any, fresh: list[Any]) -> tuple[Store, Any, list[Any]]:
        """Make room for more parts: everything so far gets other words."""
        old, self._packing = self._packing, Packing.roomy(self._world.counts(), self._packing.extra)

        def moved(words: Any) -> Any:
            return old.repacked(words, self._packing)

        self._levels = [moved(level) for level in self._levels]
        for edges in self._edges:
            edges.words = moved(edges.words)
        fresh = [moved(words) for words in fresh]
        held = np.concatenate([*self._levels, *fresh])
        store = Store(room=len(held))
        for at in range(0, len(held), 1 << 18):
            store.add(held[at : at + (1 << 18)])
        return store, moved(part), fresh

    def _graph(self, count: int) -> Graph:
        """Return the graph: words become numbers of states; what was not looked at is cut."""
        order = np.argsort(self._words)
        ordered = self._words[order]
        source, target, action = [], [], []
        cut_source, cut_action = [], []
        for edges in self._edges:
            to = edges.source.copy()
            place = np.searchsorted(ordered, edges.words[edges.moved])
            place = np.minimum(place, count - 1)
            found = ordered[place] == edges.words[edges.moved]
            to[edges.moved] = np.where(found, order[place], -1)
            good = ~edges.cut & (to >= 0)
            source.append(edges.source[good])
            target.append(to[good])
            action.append(edges.action[good])
            cut_source.append(edges.source[~good])
            cut_action.append(edges.action[~good])
            edges.words = edges.words[:0]
        self._edges = []
        columns = [np.concatenate(c) for c in (source, target, action, cut_source, cut_action)]
        return Graph(count, np.zeros(1, np.int64), *columns)

    # ------------------------------------------------------------ the steps of some states

    def _taken(self, words: Any, base: int) -> _Edges:
        """Return the edges of states, which are numbered from `base`. Raises `Full`."""
        for node in self._world.nodes:
            node.prepare()
        tables = tables_of(self._world, self._packing)
        expansion = Expansion(tables, words, Tally())
        for number, parts, events in expansion.needed():
            self._world.nodes[number].learn(parts, events)
            self._packing.check(self._world.counts())
        made = _Making(words, base)
        extra = self._packing.count(words) if self._packing.extra else np.zeros(len(words), int)
        crashes, stopped = extra % self._turns, extra // self._turns
        for node, table in zip(self._world.nodes, tables.nodes, strict=True):
            up = None
            if self.bounds.stops:
                up = (stopped >> node.me) & 1 == 0
            for word in range(max(1, table.words)):
                available = expansion.available(table, word)
                if up is not None:
                    available = np.where(up, available, np.uint64(0))
                together = int(np.bitwise_or.reduce(available))
                for bit in range(64):
                    if together >> bit & 1:
                        at = np.flatnonzero(available & np.uint64(1 << bit))
                        self._event(made, node, table, word * 64 + bit, at, crashes, expansion)
            if self.bounds.stops:
                assert up is not None
                self._stop_of(made, node.me, stopped, up)
        return made.edges()

    def _event(
        self,
        made: _Making,
        node: NodeParts,
        table: NodeTables,
        event: int,
        at: Any,
        crashes: Any,
        expansion: Expansion,
    ) -> None:
        crash = table.crash and not event
        if crash:
            at = at[crashes[at] < self.bounds.crashes]
        if not len(at):
            return
        parts = expansion.parts[node.me].take(at)
        word, flag = event // 64, np.uint64(1 << event % 64)
        accepted = node.accept.data[:, word].take(parts) & flag != 0
        following = parts
        if accepted.any():
            after = node.next[event].take(parts)
            following = np.where(accepted, after, parts)
        cut = following == CUT
        following = np.where(cut, parts, following)
        if self._limited:
            cut = cut | self._too_many_of(expansion, node.me, at, parts, following)
            following = np.where(cut, parts, following)
        words = self._packing.moved(made.words.take(at), node.me, parts, following)
        if node.gains[event] is not None and self._held is not None:
            words = self._gained(words, expansion, at, node.gains[event].take(parts), ~cut)
        if crash:
            words = words + np.uint64(self._packing.weights[-1])
        actions = self._actions(node, event, node.local_of.take(parts))
        made.add(at, words, actions, cut)

    def _gained(self, words: Any, expansion: Expansion, at: Any, gains: Any, good: Any) -> Any:
        """Return where steps lead that add to the ghosts."""
        assert self._held is not None
        last = len(self._order)
        some = np.flatnonzero((gains != NOTHING) & good)
        now = expansion.parts[last].take(at[some])
        after = self._held.following(now, gains[some])
        self._packing.check(self._world.counts())
        words[some] = self._packing.moved(words[some], last, now, after)
        return words

    def _stop_of(self, made: _Making, me: int, stopped: Any, up: Any) -> None:
        """Add that a node stops for ever."""
        action = -1
        for now in np.unique(stopped[up]).tolist():
            if int(now).bit_count() >= self.bounds.stops or not self._may_be(now | 1 << me):
                continue
            if action < 0:
                name = self._order[me]
                action = self.actions.number(Action(Event(STOP, STOP, name), STOP, True, ()))
            at = np.flatnonzero(stopped == now)
            step = np.uint64(self._packing.weights[-1] * self._turns << me)
            made.add(at, made.words.take(at) + step, np.full(len(at), action), None)

    def _may_be(self, stopped: int) -> bool:
        if stopped not in self._stays:
            self._stays[stopped] = self.may_stop(self._named(stopped))
        return self._stays[stopped]

    def _named(self, stopped: int) -> frozenset[str]:
        return frozenset(n for i, n in enumerate(self._order) if not stopped >> i & 1)

    def _too_many_of(
        self, expansion: Expansion, me: int, at: Any, parts: Any, following: Any
    ) -> Any:
        """Tell which steps send more messages of a kind than the bounds allow."""
        found = np.zeros(len(at), bool)
        for kind, most in self._limited.items():
            mine = self._sent_of(kind, me)
            more = mine.take(following) - mine.take(parts)
            if not more.any():
                continue
            total = more
            for other in self._world.nodes:
                counts = self._sent_of(kind, other.me)
                total = total + counts.take(expansion.parts[other.me].take(at))
            found |= (more > 0) & (total > most)
        return found

    def _sent_of(self, kind: int, me: int) -> Any:
        """Return by part how many messages of a kind a node has sent."""
        node = self._world.nodes[me]
        known = self._of_limited.get((kind, me), np.zeros(0, np.int64))
        if len(known) < len(node.part_sent):
            mask = sum(1 << i for i, key in enumerate(node.sent) if key[0] == kind)
            more = [(s & mask).bit_count() for s in node.part_sent[len(known) :]]
            known = np.concatenate([known, np.array(more, np.int64)])
            self._of_limited[kind, me] = known
        return known

    # ------------------------------------------------------------ what is done, in words

    def _actions(self, node: NodeParts, event: int, locals_: Any) -> Any:
        """Return the numbers of what answers an event, by local state."""
        table = self._action_of.get((node.me, event))
        if table is None or len(table) < len(node.locals):
            wider = np.full(2 * len(node.locals), -1, np.int64)
            if table is not None:
                wider[: len(table)] = table
            table = self._action_of[node.me, event] = wider
        found = table.take(locals_)
        if (found < 0).any():
            missing = np.unique(locals_[found < 0])
            self._answered(node, event, missing, table)
            found = table.take(locals_)
        return found

    def _answered(self, node: NodeParts, event: int, locals_: Any, table: Any) -> None:
        """Find out what answers an event in some local states."""
        told = self._told(node, event)
        refused = []
        for local in locals_.tolist():
            effect = node.effects.get((local, event))
            if effect is None:
                refused.append(local)
                continue
            label = self._world.labels[effect.row]
            sends, bits = [], effect.sends
            while bits:
                bit = bits.bit_length() - 1
                bits &= ~(1 << bit)
                sends.append(self._packet_named(node.sent[bit]))
            accepted = self.spec.by_label[label].kind == "rule"
            made = Action(told, label, accepted, tuple(sorted(sends, key=str)))
            table[local] = self.actions.number(made)
        if refused:
            at = node.events[event]
            local_columns = node.columns(refused)
            fields, senders = node.event_columns([event] * len(refused))
            for row, places in self._rows.answering(
                at.name, node.me, local_columns, fields, senders, len(refused)
            ):
                action = self.actions.number(Action(told, row.label, row.kind == "rule", ()))
                table[np.array(refused)[places]] = action
        if (table[locals_] < 0).any():
            raise EvaluationError("answer", told, "no row answers it")

    def _told(self, node: NodeParts, event: int) -> Event:
        """Return an event as the evaluator has it."""
        made, name = node.events[event], self._order[node.me]
        if made.name == CRASH:
            return Event("crash", "crash", name)
        if made.sender >= 0:
            key = self._world.nodes[made.sender].sent[made.message]
            return self.evaluator.delivery(self._packet_named(key))
        declared = self.spec.events[made.name]
        return Event(declared.kind, made.name, name, self._fields(made.name, made.fields))

    def _fields(self, name: str, fields: tuple[int, ...]) -> dict[str, Any]:
        sorts = self._rows.fields[name].items()
        return {n: self._rows.codes.decode(s, c) for (n, s), c in zip(sorts, fields, strict=True)}

    def _packet_named(self, key: tuple[int, ...]) -> Packet:
        kind, source, receiver, *fields = key
        name = self._rows.message_names[kind]
        values = tuple(self._fields(name, tuple(fields)).values())
        return Packet(name, self._order[source], self._order[receiver], values)

    def _name_all(self, node: NodeParts) -> None:
        """Number the packets and the local states of a node as everybody else does."""
        self._packet_of[node.me] = [
            self.packets.number(self._packet_named(key)) for key in node.sent
        ]
        self._locals_of[node.me] = [self._local_named(values) for values in node.locals]
        for local in self._locals_of[node.me]:
            self._local(local)

    @cached_property
    def _locals_of(self) -> list[list[Local]]:
        return [[] for _ in self._order]

    def _local_named(self, values: tuple[int, ...]) -> Local:
        sorts = self._rows.variables.items()
        decode = self._rows.codes.decode
        return {n: decode(s, v) for (n, s), v in zip(sorts, values, strict=True)}

    def _row_named(self, relation: str, row: tuple[int, ...]) -> tuple[Any, ...]:
        sorts = self.evaluator.spec.ghosts[relation].columns
        decode = self._rows.codes.decode
        return tuple(decode(s, c) for s, c in zip(sorts, row, strict=True))

    # ------------------------------------------------------------ states in full

    def _parts_of(self, number: int) -> Iterator[tuple[NodeParts, int]]:
        word = self._words[number : number + 1]
        for node in self._world.nodes:
            yield node, int(self._packing.parts(word, node.me)[0])

    def state(self, number: int) -> GlobalState:
        """Return a state in full, as the evaluator has it."""
        held: dict[str, Local] = {}
        sent: list[Packet] = []
        for node, part in self._parts_of(number):
            held[self._order[node.me]] = self._locals_of[node.me][node.part_local[part]]
            bits = node.part_sent[part]
            while bits:
                bit = (bits & -bits).bit_length() - 1
                bits &= bits - 1
                sent.append(self.packets.things[self._packet_of[node.me][bit]])
        nodes = {name: held[name] for name in self.nodes}
        ghosts: dict[str, list[Any]] = {}
        if self._held is not None:
            word = self._words[number : number + 1]
            bits = self._held.sets[int(self._packing.parts(word, len(self._order))[0])]
            for at, (relation, row) in enumerate(self._held.tuples):
                if bits >> at & 1:
                    ghosts.setdefault(relation, []).append(self._row_named(relation, row))
        return GlobalState(self.evaluator.schema, self.config, nodes, sent, ghosts)

    def crashed(self, number: int) -> int:
        """Return how often nodes have crashed before a state."""
        if not self._packing.extra:
            return 0
        return int(self._packing.count(self._words[number : number + 1])[0]) % self._turns

    @cached_property
    def _stopped_bits(self) -> Ints:
        if not self._packing.extra:
            return np.zeros(len(self._words), np.int64)
        found: Ints = self._packing.count(self._words) // self._turns
        return found

    def up(self, number: int) -> frozenset[str]:
        """Return the nodes that have not stopped in a state."""
        return self._named(int(self._stopped_bits[number]))

    @cached_property
    def stopped(self) -> dict[str, Mask | None]:
        """Return for each node in which states it has stopped; None where it never has."""
        found: dict[str, Mask | None] = {}
        for me, name in enumerate(self._order):
            gone = (self._stopped_bits >> me & 1).astype(bool)
            found[name] = gone if gone.any() else None
        return found

    def columns(self, variables: frozenset[str], sent: bool, ghosts: bool) -> Iterator[Ints]:
        """Yield columns that are equal for states which look alike."""
        yield self._stopped_bits
        if ghosts and self._held is not None:
            yield self._packing.parts(self._words, len(self._order))
        for node in self._world.nodes:
            parts = self._packing.parts(self._words, node.me)
            views: dict[Any, int] = {}
            alike = [
                views.setdefault(tuple(local[n] for n in sorted(variables)), len(views))
                for local in self._locals_of[node.me]
            ]
            yield np.array(alike, np.int64)[np.array(node.part_local, np.int64)].take(parts)
            if sent:
                numbers: dict[int, int] = {}
                told = [numbers.setdefault(s, len(numbers)) for s in node.part_sent]
                yield np.array(told, np.int64).take(parts)


class _Edges:
    """The edges of some states, in the order of their sources; `words`: where they lead."""

    def __init__(self, source: Ints, words: Any, action: Ints, cut: Mask, moved: Mask) -> None:
        self.source, self.words, self.action, self.cut, self.moved = (
            source,
            words,
            action,
            cut,
            moved,
        )


class _Making:
    """Edges while they are found, event by event."""

    def __init__(self, words: Any, base: int) -> None:
        self.words, self.base = words, base
        self._at: list[Any] = []
        self._to: list[Any] = []
        self._action: list[Any] = []
        self._cut: list[Any] = []

    def add(self, at: Any, to: Any, action: Any, cut: Any) -> None:
        """Add an edge for each of some states: to which word, and whether it is cut."""
        self._at.append(at.astype(np.uint16))
        self._to.append(to)
        self._action.append(action)
        self._cut.append(np.zeros(len(at), bool) if cut is None else cut)

    def edges(self) -> _Edges:
        """Return all, in the order of their sources."""
        if not self._at:
            none = np.zeros(0, np.int64)
            return _Edges(none, self.words[:0], none, none != 0, none != 0)
        at = np.concatenate(self._at)
        order = np.argsort(at, kind="stable")
        at = at.take(order).astype(np.int64)
        to = np.concatenate(self._to).take(order)
        cut = np.concatenate(self._cut).take(order)
        moved = (to != self.words.take(at)) & ~cut
        action = np.concatenate(self._action).take(order)
        return _Edges(at + self.base, to, action, cut, moved)
