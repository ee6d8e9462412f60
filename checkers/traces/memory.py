"""Whether what the proof remembers depends on which record was taken first.

Belongs here: ghosts whose rows are made from others' rows. Never here: what is said of them.

A row of such a ghost is added for all rows of another that are there before a step: it may be that
another order of the same records adds more, or fewer. Where what had to happen before the step is
enough for what was added, and nothing that could have happened before it would add more, each order
adds the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from checkers.traces.compiled import FastGhost
from checkers.traces.cuts import Clock, Stamp, View
from checkers.traces.formulas import ghosts_of, mentions, reads_others
from model.evaluate import Evaluator, Event, GlobalState, Outcome
from model.evaluate.checker import growing
from model.evaluate.node import CompiledGhost, CompiledTransition
from model.evaluate.search import FormulaCompiler, Part
from model.evaluate.state import Row
from model.evaluate.terms import Frame
from model.lang.declare import GhostUpdate
from model.lang.expr import Kind


@dataclass
class _Made:
    """Rows that a record added, made from others' rows."""

    stamp: Stamp
    frame: Frame
    updates: list[tuple[str, list[CompiledGhost]]]
    rows: list[set[Row]]
    doubtful: bool = False
    """Whether something was added since that could have been there before it."""


class Memory:
    """Watches ghosts for what depends on the order. Use: `step` for each, `loose` at the end."""

    def __init__(self, evaluator: Evaluator, clock: Clock, state: GlobalState) -> None:
        self.clock = clock
        schema = evaluator.schema
        self._least, self._most = (View(schema, clock, state) for _ in range(2))
        self._least.nodes = self._most.nodes = {node: {} for node in state.nodes}
        rows = [row for rules, refusals in evaluator.events.values() for row in (*rules, *refusals)]
        self._made: dict[str, list[tuple[str, list[CompiledGhost]]]] = {}
        self._sources: dict[str, set[str]] = {}
        """By ghost: those that its rows are made from."""
        self._found: set[str] = set()
        for row in (*rows, evaluator.crash):
            made = self._read(row)
            if made:
                self._made[row.label] = made
        self._watched = frozenset().union(*self._sources.values())
        self._pending: list[_Made] = []
        self._doubtful: list[_Made] = []
        self._many = 32
        """How many steps in doubt are too many, and worth another look."""

    def _read(self, row: CompiledTransition) -> list[tuple[str, list[CompiledGhost]]]:
        found: dict[str, list[CompiledGhost]] = {}
        ordered = set()
        for update in row.source.ghosts:
            ghost = FastGhost(update)
            found.setdefault(ghost.relation, []).append(ghost)
            if update.where is None:
                continue
            ordered.add(ghost.relation)
            self._sources.setdefault(ghost.relation, set()).update(ghosts_of(update.where))
            if not _only_grows(update):
                self._found.add(ghost.relation)
        return [(name, ghosts) for name, ghosts in found.items() if name in ordered]

    def step(self, event: Event, outcome: Outcome, state: GlobalState) -> None:
        """Compare what a step adds with what it adds to the least that came before it."""
        clock, stamp = self.clock, self.clock.stamp
        if self._pending and not self._watched.isdisjoint([name for name, _ in outcome.ghosts]):
            for one in self._pending:
                if not one.doubtful and not clock.knows(stamp, one.stamp):
                    one.doubtful = True
                    self._doubtful.append(one)
            if len(self._pending) + len(self._doubtful) > self._many:
                self._review()
        updates = self._made.get(outcome.transition, ())
        updates = [one for one in updates if one[0] not in self._found]
        if not updates:
            return
        self._least.cut = clock.before(stamp)
        local = state.nodes[event.node]
        f = Frame(state.config, event.node, local, event.fields, event.sender, self._least)
        made = _Made(stamp, f, updates, [])
        for name, ghosts in updates:
            added = {row for relation, row in outcome.ghosts if relation == name}
            made.rows.append(added)
            # Of less it cannot add more.
            if added and added != {row for ghost in ghosts for row in ghost.rows(f)}:
                self._find(name)
        self._pending.append(made)

    def _find(self, name: str) -> None:
        """Take note of a ghost that depends on the order; its rows need not be looked at again."""
        self._found.add(name)
        left = [sources for n, sources in self._sources.items() if n not in self._found]
        self._watched = frozenset().union(*left)

    def loose(self) -> frozenset[str]:
        """Return the ghosts whose rows may be others in another order of the same records."""
        self._review()
        while True:
            more = {n for n, sources in self._sources.items() if sources & self._found}
            if more <= self._found:
                return frozenset(self._found)
            self._found |= more

    def _review(self) -> None:
        """Look again at steps in doubt, and forget those that whatever comes will come after."""
        for one in self._doubtful:
            self._most.cut = self.clock.unheard(one.stamp)
            one.frame.state = self._most
            for (name, ghosts), added in zip(one.updates, one.rows, strict=True):
                if name not in self._found:
                    most = {row for ghost in ghosts for row in ghost.rows(one.frame)}
                    if most != added:
                        self._find(name)
        self._pending = [one for one in self._pending if self._is_open(one) and not one.doubtful]
        self._doubtful = [one for one in self._doubtful if self._is_open(one)]
        self._many = 2 * (len(self._pending) + len(self._doubtful)) + 32

    def _is_open(self, one: _Made) -> bool:
        if self.clock.is_known_to_all(one.stamp):
            return False
        return any(name not in self._found for name, _ in one.updates)


def _only_grows(update: GhostUpdate) -> bool:
    """Tell whether more rows of others can only add to what an update adds."""
    assert update.where is not None
    if reads_others(update.where) or mentions(update.where, Kind.SENT):
        return False
    compiler = FormulaCompiler()
    return not growing(Part(update.where, compiler.bind(update.bound, {}), False))
