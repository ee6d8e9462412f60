"""The generated node of a spec, spoken to in plain values.

Belongs here: plain values to the node's own and back, quickly. Never here: what the node should
have done (`comparison`).

Everything about the generated package is taken from its module `plain`, which says how each value
is read; values that were read once are remembered.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from types import ModuleType
from typing import Any, TypeAlias

from model.evaluate import Event, Packet, RefusedBy
from model.lang import Spec

Value: TypeAlias = Any
Values: TypeAlias = Mapping[str, Value]

REMEMBERED = 50_000
"""How many messages are remembered before all are forgotten; long runs send ever new ones."""


@dataclass(slots=True)
class Answer:
    """What the generated node did about an event, in plain values.

    `label` is the row it says it took, `sends` is in the node's order with receivers by name,
    `persist` names the durable variables that it wants stored before anything leaves.
    """

    label: str
    sends: list[Packet]
    reply: str
    reply_fields: dict[str, Value]
    refused_by: RefusedBy | None
    persist: tuple[str, ...]


class GeneratedNode:
    """The generated package of a spec: makes nodes, shows them events, tells what they did."""

    def __init__(
        self, spec: Spec, package: str | None = None, node: ModuleType | None = None
    ) -> None:
        """Import the package, `impl.<name of the spec>` unless it is given.

        With `node` nothing is imported: that is its module `node`, perhaps not from any file.
        Raises `ModuleNotFoundError` if it was not generated.
        """
        self.package = package if package is not None else f"impl.{spec.name}"
        if node is None:
            node = importlib.import_module(f"{self.package}.node")
        self.plain = node.plain
        self.process: Any = getattr(node, spec.process.__name__)
        self.names: tuple[str, ...] = tuple(self.plain.VARIABLES)
        if set(self.names) != set(spec.variables):
            odd = ", ".join(sorted(set(self.names) ^ set(spec.variables)))
            raise ValueError(f"{self.package}: {odd}: not the spec's variables; generate it again")
        self.attributes = [attribute for attribute, _ in self.plain.VARIABLES.values()]
        self.read_all: Callable[[Any], tuple[Value, ...]] = _getter(self.attributes)
        self._refusal = next(
            (name for name, reply in spec.replies.items() if reply.refusal), "no such reply"
        )
        self._readers = [
            (name, attribute, reader, {})
            for name, (attribute, reader) in self.plain.VARIABLES.items()
        ]  # type: list[tuple[str, str, Callable[[object], Any], dict[Value, Any]]]
        self._events: dict[tuple[str, tuple[Value, ...]], Any] = {}
        self._fields: dict[type, Callable[[Any], tuple[Value, ...]]] = {}
        self._plain: dict[Any, tuple[Value, ...]] = {}

    # ------------------------------------------------------------ nodes

    def config(self, config: Values) -> Any:
        """Return the node's form of a configuration."""
        return self.plain.read_config(config)

    def start(self, me: str, config: Any) -> Any:
        """Return a node at its first start; `config` is of the node's form."""
        return self.process(me, config)

    def restart(self, node: Any) -> Any:
        """Return a new node that has only what the old one stored."""
        return self.process.restart(node.me, node.config, node.durable())

    def put(self, node: Any, local: Values) -> None:
        """Give the node these variables."""
        for name, attribute, reader, known in self._readers:
            value = local[name]
            found = known.get(value, known)
            if found is known:
                found = known[value] = reader(value)
            setattr(node, attribute, found)

    def variables(self, node: Any) -> dict[str, Value]:
        """Return the node's variables, as it shows them itself."""
        values: dict[str, Value] = node.snapshot()
        return values

    def after(self, node: Any, before: Values, values: tuple[Value, ...]) -> dict[str, Value]:
        """Return the node's variables; `values` is what `read_all` told when they were `before`."""
        local = dict(before)
        for name, now, then in zip(self.names, self.read_all(node), values, strict=True):
            if now is not then:
                local[name] = self.plain.to_plain(now)
        return local

    # ------------------------------------------------------------ events

    def answer(self, node: Any, event: Event) -> Answer:
        """Show the node an event, and return what it did."""
        rule, out, given = node.handle(self._event(event), event.sender)
        sends: list[Packet] = []
        for to, message in out:
            name, values = type(message).__name__, self._values(message)
            for receiver in sorted(to) if isinstance(to, frozenset) else (to,):
                sends.append(Packet(name, event.node, receiver, values))
        reply = type(given).__name__
        reply_fields = dict(zip(self.plain.REPLIES[reply][1], self._values(given), strict=True))
        refused_by = None
        if reply == self._refusal:
            by = RefusedBy(**reply_fields)
            refused_by = by if by.rule else None  # no rule, where the event has none
            reply_fields = {}
        return Answer(rule.label, sends, reply, reply_fields, refused_by, rule.persists)

    def _event(self, event: Event) -> Any:
        key = (event.name, tuple(event.fields.values()))
        found = self._events.get(key)
        if found is None:
            if len(self._events) > REMEMBERED:
                self._events.clear()
            found = self._events[key] = self.plain.read_event(event.name, event.fields)
        return found

    def _values(self, item: Any) -> tuple[Value, ...]:
        """Return the fields of a message or reply as plain values, in their order."""
        found = self._plain.get(item)
        if found is None:
            if len(self._plain) > REMEMBERED:
                self._plain.clear()
            kind = type(item)
            if kind not in self._fields:
                names = [one.name for one in fields(kind)]
                self._fields[kind] = lambda x: tuple([getattr(x, name) for name in names])
            values = self._fields[kind](item)
            found = self._plain[item] = tuple([self.plain.to_plain(v) for v in values])
        return found


def _getter(names: list[str]) -> Callable[[Any], tuple[Value, ...]]:
    """Return what reads these attributes; `attrgetter` makes no tuple of fewer than two."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda node: tuple([getattr(node, name) for name in names])
