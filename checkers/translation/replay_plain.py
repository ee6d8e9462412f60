"""A difference between what plain data is and what a node's code makes of it, as a call.

Belongs here: calls of `snapshot`, `restore` and the module `plain`, and what they ought to give.
Never here: events (`replay`), or whether there is a difference for all values.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from checkers.conformance.generated import GeneratedNode
from checkers.translation.obligations import NOTHING_RAISES
from checkers.translation.plainly import DURABLE_AS, DURABLE_BACK, READ_BACK, RESTORE, SNAPSHOT
from model.lang import Spec
from model.lang.sorts import MaybeSort, OrderSort, SetSort, Sort, StructSort, SumSort


def item(what: str) -> tuple[str, str]:
    """Return of what something was to be shown, by its name, and which way: there or back."""
    what = what.removesuffix(f": {NOTHING_RAISES}")
    if what in (SNAPSHOT, RESTORE, DURABLE_AS, DURABLE_BACK):
        return "", what
    return what.partition(" ")[0], what.partition(" ")[2]


def typed(types: ModuleType, sort: Sort, value: Any) -> Any:
    """Return a plain value as the node's code is to have it."""
    match sort:
        case SumSort():
            return getattr(types, sort.name)(value)
        case OrderSort(owned=True):
            return getattr(types, sort.name)(*value)
        case StructSort():
            pairs = zip(sort.parts, value, strict=True)
            return getattr(types, sort.name)(*(typed(types, part, x) for (_, part), x in pairs))
        case SetSort():
            return frozenset(typed(types, sort.of, x) for x in value)
        case MaybeSort():
            return None if value is None else typed(types, sort.of, value)
        case _:
            return value


class PlainCalls:
    """The calls of one node's code, for values that a model gives."""

    def __init__(self, spec: Spec, node: GeneratedNode, types: ModuleType) -> None:
        """Prepare for a node's package, which is imported."""
        self.spec, self.node, self.types = spec, node, types

    def both(
        self, what: str, me: str, config: Mapping[str, Any], before: Mapping[str, Any], fields: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the code gives, and what it ought to: each with the types, where they differ.

        Raises whatever the code raises.
        """
        name, way = item(what)
        if name:
            ours, theirs = self._of_item(name, way, config if name == "config" else fields)
        else:
            ours, theirs = self._of_node(way, me, config, before)
        for key in set(ours) & set(theirs):
            kinds = deep(ours[key]), deep(theirs[key])
            if kinds[0] != kinds[1]:
                ours[f"the type of {key}"], theirs[f"the type of {key}"] = map(repr, kinds)
        return ours, theirs

    def _of_node(
        self, way: str, me: str, config: Mapping[str, Any], before: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        spec, plain = self.spec, self.node.plain
        held = {n: typed(self.types, d.sort, before[n]) for n, d in spec.variables.items()}
        attributes = {n: a for n, (a, _) in plain.VARIABLES.items()}
        made = self.node.process(me, self._made("config", config))
        if way == SNAPSHOT:
            for name, value in held.items():
                setattr(made, attributes[name], value)
            ours = dict(made.snapshot())
            ours["left"] = tuple(getattr(made, a) for a in attributes.values())
            return ours, {**before, "left": tuple(held[n] for n in attributes)}
        if way == RESTORE:
            of_self = made.me, made.config
            made.restore(before)
            ours = {n: getattr(made, a) for n, a in attributes.items()}
            return {**ours, "me": (made.me, made.config)}, {**held, "me": of_self}
        names = [n for n, d in spec.variables.items() if d.durable]
        if way == DURABLE_AS:
            kept = self.types.Durable(*(held[n] for n in names))
            return {"durable": plain.to_plain(kept)}, {"durable": tuple(before[n] for n in names)}
        read = plain.read_durable({attributes[n]: before[n] for n in names})
        return {"durable": read}, {"durable": self.types.Durable(*(held[n] for n in names))}

    def _of_item(
        self, name: str, way: str, fields: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        made, plain = self._made(name, fields), self.node.plain
        if way != READ_BACK:
            return {name: dict(plain.fields_of(made))}, {name: dict(fields)}
        if name == "config":
            return {name: plain.read_config(fields)}, {name: made}
        read = plain.read_event if name in self.spec.events else plain.read_reply
        return {name: read(name, fields)}, {name: made}

    def _made(self, name: str, fields: Mapping[str, Any]) -> Any:
        spec: Any = self.spec
        declared = spec.config if name == "config" else {**spec.events, **spec.replies}[name]
        cls = getattr(self.types, declared.__name__)
        sorts = {n: d.sort for n, d in declared.parts.items()}
        values = (typed(self.types, sorts[n], x) if n in sorts else x for n, x in fields.items())
        return cls(*values)


def deep(value: Any) -> Any:
    """Return the type of a value, and of all in it."""
    match value:
        case tuple() | list():
            return (type(value).__name__, *map(deep, value))
        case set() | frozenset():
            return (type(value).__name__, *sorted({repr(deep(x)) for x in value}))
        case dict():
            return {name: deep(x) for name, x in value.items()}
    slots = getattr(type(value), "__dataclass_fields__", {})
    return (type(value).__name__, *(deep(getattr(value, n)) for n in slots))
