"""A whole concrete state: every node's variables, the messages ever sent, the ghosts.

Belongs here: data and how it is looked up. Never here: what changes it (`node`) or what is said
about it (`search`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import NamedTuple

from model.evaluate.terms import Local
from model.evaluate.values import (
    EvaluationError,
    Value,
    check_value,
    occurring,
    show_value,
    zero_value,
)
from model.lang.sorts import (
    NODE,
    BoolSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)
from model.lang.spec import Spec

Row = tuple[Value, ...]


class Packet(NamedTuple):
    """A message that was sent; `fields` in the order of the message's declaration."""

    message: str
    src: str
    dst: str
    fields: tuple[Value, ...]

    def __str__(self) -> str:
        """Return it as runs print it."""
        return f"{self.message}{show_value(self.fields)} {self.src}->{self.dst}"


@dataclass(frozen=True)
class Event:
    """What a node answers: `kind` is message, request, timer or crash; `fields` by name."""

    kind: str
    name: str
    node: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    sender: str | None = None

    def __hash__(self) -> int:
        return hash((self.kind, self.name, self.node, frozenset(self.fields.items()), self.sender))

    def __str__(self) -> str:
        """Return it as runs print it."""
        given = ", ".join(f"{n}={show_value(v)}" for n, v in self.fields.items())
        origin = f" from {self.sender}" if self.sender is not None else ""
        return f"{self.node}: {self.name}({given}){origin}"


class Relation:
    """A set of tuples that only grows, with an index for each way it is asked."""

    __slots__ = ("_indices", "rows")

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows: set[Row] = set(rows)
        self._indices: dict[tuple[int, ...], dict[Row, list[Row]]] = {}

    def add(self, row: Row) -> bool:
        """Add a tuple; tell whether it is new."""
        if row in self.rows:
            return False
        self.rows.add(row)
        for columns, index in self._indices.items():
            index.setdefault(tuple([row[c] for c in columns]), []).append(row)
        return True

    def having(self, columns: tuple[int, ...], key: Row) -> Iterable[Row]:
        """Return the tuples that have the values `key` in `columns`."""
        index = self._indices.get(columns)
        if index is None:
            index = {}
            for row in self.rows:
                index.setdefault(tuple([row[c] for c in columns]), []).append(row)
            self._indices[columns] = index
        return index.get(key, ())


class Schema:
    """The sorts of everything that a state holds."""

    def __init__(self, spec: Spec) -> None:
        self.variables: dict[str, Sort] = {n: d.sort for n, d in spec.variables.items()}
        self.messages: dict[str, tuple[Sort, ...]] = {
            name: (NODE, NODE, *(d.sort for d in message.parts.values()))
            for name, message in spec.messages.items()
        }
        self.fields: dict[str, dict[str, Sort]] = {
            name: {n: d.sort for n, d in event.parts.items()} for name, event in spec.events.items()
        }
        self.ghosts: dict[str, tuple[Sort, ...]] = {g.name: g.columns for g in spec.ghosts.values()}
        for name in self.ghosts.keys() & self.messages.keys():
            raise EvaluationError("ghosts", name, "a message has this name too", "rename the ghost")
        self.config: dict[str, Sort] = {n: d.sort for n, d in spec.config.parts.items()}


class GlobalState:
    """A state of all nodes. `Evaluator.advance` changes it; `copy` keeps the one before."""

    def __init__(
        self,
        schema: Schema,
        config: Mapping[str, Value],
        nodes: Mapping[str, Local],
        sent: Iterable[Packet] = (),
        ghosts: Mapping[str, Iterable[Row]] | None = None,
    ) -> None:
        self.schema = schema
        self.config = config
        self.nodes: dict[str, Local] = dict(nodes)
        self.packets: list[Packet] = []  # in the order of sending, each once
        self.sent = {name: Relation() for name in schema.messages}
        self.ghosts = {name: Relation((ghosts or {}).get(name, ())) for name in schema.ghosts}
        for packet in sent:
            self.send(packet)
        self.every_set = False
        """Set it, and a quantified set of nodes is each there is, not only those that occur."""
        self._domains: dict[Sort, tuple[Value, ...]] = {}

    def send(self, packet: Packet) -> bool:
        """Add a message to those ever sent; tell whether it is new."""
        new = self.sent[packet[0]].add((packet[1], packet[2], *packet[3]))
        if new:
            self.packets.append(packet)
        return new

    def copy(self) -> GlobalState:
        """Return an independent copy."""
        ghosts = {name: relation.rows for name, relation in self.ghosts.items()}
        made = GlobalState(self.schema, self.config, self.nodes, self.packets, ghosts)
        made.every_set = self.every_set
        return made

    def __eq__(self, other: object) -> bool:
        """Tell whether both hold the same values, messages and ghosts."""
        if not isinstance(other, GlobalState):
            return NotImplemented
        return (
            self.config == other.config
            and self.nodes == other.nodes
            and set(self.packets) == set(other.packets)
            and all(r.rows == other.ghosts[n].rows for n, r in self.ghosts.items())
        )

    __hash__ = None  # type: ignore[assignment]  # it changes

    def changed(self) -> None:
        """Forget what was derived from the values before a change."""
        if self._domains:
            self._domains = {}

    def check(self) -> None:
        """Raise `EvaluationError` for the first value that is not of its sort."""
        for name, sort in self.schema.config.items():
            check_value(self.config.get(name), sort, f"config.{name}")
        for node, local in self.nodes.items():
            for name, sort in self.schema.variables.items():
                check_value(local.get(name), sort, f"{node}.{name}")
        relations = [(n, self.sent[n], s) for n, s in self.schema.messages.items()]
        relations += [(n, self.ghosts[n], s) for n, s in self.schema.ghosts.items()]
        for name, relation, sorts in relations:
            for row in relation.rows:
                for value, sort in zip(row, sorts, strict=True):
                    check_value(value, sort, f"a {name}")

    def domain(self, sort: Sort) -> tuple[Value, ...]:
        """Return what a quantified variable of `sort` ranges over.

        All values of a finite sort; the processes; of every other sort the values that occur
        anywhere in the state, and zero or the empty set (with `every_set` each set of processes).
        A struct ranges over all combinations of its parts' values, so that quantifying over it or
        over its parts means the same.
        """
        match sort:
            case BoolSort():
                return (False, True)
            case SumSort():
                return sort.leaves
            case RangeSort():
                return tuple(range(sort.top + 1))
            case MaybeSort():
                return (None, *self.domain(sort.of))
            case StructSort():
                return tuple(product(*(self.domain(inner) for _, inner in sort.parts)))
            case _ if sort == NODE:
                return tuple(self.nodes)
            case SetSort() if self.every_set and sort.of == NODE:
                sizes = range(len(self.nodes) + 1)
                return tuple(frozenset(one) for n in sizes for one in combinations(self.nodes, n))
        if not self._domains:
            self._domains = self._occurring()
        least: tuple[Value, ...] = ()
        if isinstance(sort, OrderSort):
            least = (zero_value(sort),)
        elif isinstance(sort, SetSort):
            least = (frozenset(),)
        rest = self._domains.get(sort, ())
        return (*least, *(v for v in rest if v not in least))

    def _occurring(self) -> dict[Sort, tuple[Value, ...]]:
        found: dict[Sort, dict[Value, None]] = {}
        for value, sort in self.values():
            for inner, part in occurring(value, sort):
                found.setdefault(inner, {})[part] = None
        return {sort: tuple(values) for sort, values in found.items()}

    def values(self) -> Iterator[tuple[Value, Sort]]:
        """Yield every value that the state holds, with its sort."""
        for name, sort in self.schema.config.items():
            yield self.config[name], sort
        for local in self.nodes.values():
            for name, sort in self.schema.variables.items():
                yield local[name], sort
        for name, sorts in self.schema.messages.items():
            for row in self.sent[name].rows:
                yield from zip(row, sorts, strict=True)
        for name, sorts in self.schema.ghosts.items():
            for row in self.ghosts[name].rows:
                yield from zip(row, sorts, strict=True)
