"""Every reachable state by the reference evaluator: slow, and what the arrays must agree with.

Belongs here: a breadth-first search that does nothing cleverly. Never here: arrays, or anything
shared with `search`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from model.bounds import Bounds
from model.evaluate import Evaluator, Event, GlobalState
from model.evaluate.values import occurring
from model.lang import Spec
from model.lang.sorts import NODE, AtomSort, OrderSort
from model.lang.spec import Statement

State = tuple[Any, ...]


@dataclass
class Plain:
    """What was found: by depth how many distinct states; steps taken, the first state included."""

    levels: list[int] = field(default_factory=list)
    generated: int = 1
    cut: int = 0
    ends: int = 0

    @property
    def distinct(self) -> int:
        """How many distinct states there are."""
        return sum(self.levels)


def search(
    spec: Spec,
    config: Mapping[str, Any],
    bounds: Bounds,
    *,
    crashes: int | None = None,
    messages: int | None = None,
    ghosts: bool = False,
    most: int = 200_000,
) -> Plain:
    """Visit every state. Raises `ValueError` where there are more than `most`."""
    evaluator = Evaluator(spec)
    names = list(spec.variables)
    found = Plain()

    def key(state: GlobalState, crashed: int) -> State:
        nodes = tuple(tuple(local[n] for n in names) for local in state.nodes.values())
        told = (
            tuple(sorted((n, frozenset(r.rows)) for n, r in state.ghosts.items())) if ghosts else ()
        )
        return (nodes, frozenset(state.packets), told, crashed)

    first = evaluator.initial_state(config, bounds.nodes)
    seen = {key(first, 0)}
    frontier = [(first, 0)]
    while frontier:
        found.levels.append(len(frontier))
        following = []
        for state, crashed in frontier:
            lively = False
            for event in events(spec, state, bounds):
                if event.kind == "crash" and crashes is not None and crashed >= crashes:
                    continue
                after, outcome = evaluator.step(state, event)
                changed = key(after, crashed) != key(state, crashed)
                counts = changed and event.kind == "crash" and crashes is not None
                now = crashed + counts
                moved = after.nodes != state.nodes or len(after.packets) > len(state.packets)
                if moved and event.kind != "crash":
                    lively = True
                beyond = not within(after, bounds)
                beyond = beyond or (messages is not None and len(after.packets) > messages)
                row = spec.by_label[outcome.transition]
                if row.kind == "refusal" and not (row.updates or row.sends or row.ghosts):
                    assert not changed
                    continue
                if beyond:
                    found.cut += 1
                    continue
                found.generated += 1
                made = key(after, now)
                if made not in seen:
                    seen.add(made)
                    following.append((after, now))
                    if len(seen) > most:
                        raise ValueError(f"more than {most} states")
            found.ends += not lively
        frontier = following
    return found


def events(spec: Spec, state: GlobalState, bounds: Bounds) -> Iterator[Event]:
    """Yield everything that can happen in a state."""
    for node in bounds.nodes:
        yield Event("crash", "crash", node)
        for name, event in spec.events.items():
            if event.kind == "message":
                continue
            parts = {n: bounds.values(d.sort) for n, d in event.parts.items()}
            for values in product(*parts.values()):
                yield Event(event.kind, name, node, dict(zip(parts, values, strict=True)))
    for packet in state.packets:
        names = list(spec.events[packet.message].parts)
        fields = dict(zip(names, packet.fields, strict=True))
        yield Event("message", packet.message, packet.dst, fields, packet.src)


def within(state: GlobalState, bounds: Bounds) -> bool:
    """Tell whether every value that a state holds lies within the bounds."""
    for value, sort in _held(state):
        for inner, part in occurring(value, sort):
            if isinstance(inner, OrderSort):
                if (part[0] if inner.owned else part) > bounds.tops[inner.name]:
                    return False
            elif isinstance(inner, AtomSort):
                known = bounds.nodes if inner == NODE else bounds.atoms[inner.name]
                if part not in known:
                    return False
    return True


def _held(state: GlobalState) -> Iterator[tuple[Any, Any]]:
    for local in state.nodes.values():
        for name, sort in state.schema.variables.items():
            yield local[name], sort
    for packet in state.packets:
        sorts = state.schema.messages[packet.message]
        yield from zip((packet.src, packet.dst, *packet.fields), sorts, strict=True)


def first_broken(
    spec: Spec,
    config: Mapping[str, Any],
    bounds: Bounds,
    statement: Statement,
    *,
    crashes: int | None = None,
) -> int | None:
    """Return how many steps the nearest state that breaks a statement is away, None for none."""
    evaluator = Evaluator(spec)
    frontier = [evaluator.initial_state(config, bounds.nodes)]
    seen: set[State] = set()
    depth = 0
    while frontier:
        following = []
        for state in frontier:
            if not evaluator.holds(state, statement):
                return depth
            for event in events(spec, state, bounds):
                if event.kind == "crash" and crashes == 0:
                    continue
                after, _ = evaluator.step(state, event)
                nodes = tuple(tuple(local.values()) for local in after.nodes.values())
                key = (nodes, frozenset(after.packets))
                if within(after, bounds) and key not in seen:
                    seen.add(key)
                    following.append(after)
        frontier, depth = following, depth + 1
    return None
