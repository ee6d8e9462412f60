"""Breadth-first search by the reference evaluator: what every other search is held against.

It is slow and plain on purpose: dictionaries and tuples, one event after the other, each answered
by the evaluator. What a state is, and what a step, is told in `model/instance.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from model.evaluate import Evaluator, Event, GlobalState, Packet
from model.evaluate.node import CompiledTransition
from model.evaluate.terms import Closure, Frame, TermCompiler
from model.instance import Instance, is_step
from model.lang import Spec
from model.lang.sorts import OrderSort
from model.lang.spec import Statement

Key = tuple[Any, ...]


@dataclass
class Search:
    """What was found: the counts, how often each row stepped, and the first break of each kind.

    `levels` is the number of states at each depth; `cut` how many steps led out of the instance,
    `ends` how many states nothing but a crash changes; `broken` gives for each broken statement the
    number of states on a shortest run that breaks it, the first included.
    """

    distinct: int = 0
    generated: int = 0
    levels: list[int] = field(default_factory=list)
    cut: int = 0
    ends: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    broken: dict[str, int] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """How many states a longest shortest run has."""
        return len(self.levels)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Distinct, generated, depth."""
        return self.distinct, self.generated, self.depth


class Searcher:
    """The search of one spec in one instance."""

    def __init__(self, spec: Spec, instance: Instance) -> None:
        self.spec = spec
        self.instance = instance
        self.evaluator = Evaluator(spec)
        self.rows = {t.label for t in spec.transitions if is_step(t)}
        self.names = list(spec.variables)
        compiler = TermCompiler()
        rows = [row for pair in self.evaluator.events.values() for rows in pair for row in rows]
        self.bases: dict[str, list[tuple[Closure, OrderSort]]] = {
            row.label: self._bases(row, compiler) for row in rows
        }
        self.local = [
            Event(kind, name, node, dict(zip(event.parts, values, strict=True)))
            for kind, events in (("timer", spec.timers), ("request", spec.requests))
            for name, event in events.items()
            for values in product(*(instance.values(p.sort) for p in event.parts.values()))
            for node in instance.nodes
        ]
        self.crashes = [Event("crash", "crash", node) for node in instance.nodes]

    @staticmethod
    def _bases(row: CompiledTransition, compiler: TermCompiler) -> list[tuple[Closure, OrderSort]]:
        found = []
        for e in row.source.fresh():
            assert isinstance(e.sort, OrderSort)
            found.append((compiler.compile(e, {}), e.sort))
        return found

    def first(self) -> Key:
        """Return the first state: variables by node, messages, crashes, ghosts."""
        config = self.instance.config
        locals_ = []
        for node in self.instance.nodes:
            local = self.evaluator.initial(node, config)
            locals_.append(tuple(local[name] for name in self.names))
        empty = tuple(frozenset[Any]() for _ in self.spec.ghosts)
        return (tuple(locals_), frozenset[Packet](), 0, empty)

    def state(self, key: Key) -> GlobalState:
        """Return a state as the evaluator has it."""
        locals_, packets, _, ghosts = key
        nodes = {
            node: dict(zip(self.names, values, strict=True))
            for node, values in zip(self.instance.nodes, locals_, strict=True)
        }
        relations = dict(zip(self.evaluator.schema.ghosts, ghosts, strict=True))
        return GlobalState(self.evaluator.schema, self.instance.config, nodes, packets, relations)

    def steps_from(self, key: Key) -> Iterator[tuple[Event, str, Key, bool]]:
        """Yield what a state can do: the event, the row that answers, the state after.

        And whether that is a step of the instance, or leads out of it.
        """
        locals_, packets, crashes, ghosts = key
        events = [self.evaluator.delivery(p) for p in packets] + self.local
        most = self.instance.crashes
        if most is None or crashes < most:
            events += self.crashes
        whole = self.state(key) if self.instance.ghosts else None
        places = {node: at for at, node in enumerate(self.instance.nodes)}
        for event in events:
            at = places[event.node]
            local = dict(zip(self.names, locals_[at], strict=True))
            config = self.instance.config
            outcome = self.evaluator.answer(config, event.node, local, event, whole)
            if outcome.transition not in self.rows:
                continue
            frame = Frame(config, event.node, local, event.fields, event.sender)
            inside = self._in_reach(outcome.transition, frame)
            sent = packets.union(outcome.sends)
            if self.instance.messages is not None and len(sent) > self.instance.messages:
                inside = False
            after = {**local, **outcome.updates}
            values = tuple(after[name] for name in self.names)
            grown = ghosts
            if whole is not None:
                added: dict[str, set[Any]] = {}
                for relation, row in outcome.ghosts:
                    added.setdefault(relation, set()).add(row)
                named = zip(self.evaluator.schema.ghosts, ghosts, strict=True)
                grown = tuple(rows.union(added.get(name, ())) for name, rows in named)
            moved = (*locals_[:at], values, *locals_[at + 1 :])
            counts = event.kind == "crash" and most is not None and moved != locals_
            counted = crashes + counts
            yield event, outcome.transition, (moved, sent, counted, grown), inside

    def _in_reach(self, label: str, frame: Frame) -> bool:
        for value, sort in self.bases.get(label, ()):
            fresh = value(frame)
            if (fresh[0] if sort.owned else fresh) > self.instance.tops[sort.name]:
                return False
        return True

    def run(self, statements: list[Statement] | None = None, most: int = 2_000_000) -> Search:
        """Search all states, and check `statements` in each; `OverflowError` beyond `most`."""
        found = Search(distinct=1, generated=1)
        first = self.first()
        seen, frontier = {first}, [first]
        while frontier:
            found.levels.append(len(frontier))
            for key in frontier:
                self._check(key, statements or [], found)
            following = []
            for key in frontier:
                lively = False
                for event, label, after, inside in self.steps_from(key):
                    lively = lively or (event.kind != "crash" and after[:2] != key[:2])
                    if not inside:
                        found.cut += 1
                        continue
                    found.generated += 1
                    found.fired[label] += 1
                    if after not in seen:
                        seen.add(after)
                        following.append(after)
                found.ends += not lively
            if len(seen) > most:
                raise OverflowError(f"more than {most} states")
            frontier = following
        found.distinct = len(seen)
        return found

    def _check(self, key: Key, statements: list[Statement], found: Search) -> None:
        open_ = [s for s in statements if s.name not in found.broken]
        if open_:
            state = self.state(key)
            for statement in open_:
                if not self.evaluator.holds(state, statement):
                    found.broken[statement.name] = len(found.levels)


def search(spec: Spec, instance: Instance, statements: list[Statement] | None = None) -> Search:
    """Return what a breadth-first search of all states finds."""
    return Searcher(spec, instance).run(statements)
