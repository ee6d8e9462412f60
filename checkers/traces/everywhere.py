"""Properties at every cut that the recordings determine, and not only at those that were visited.

Belongs here: which properties can be looked up at all cuts, and finding a cut where one is false.
Never here: what happened before what (`cuts`), or what a formula means (the evaluator's closures).

There are exponentially many cuts, and none is visited here. A property is false somewhere if there
are values for which a conjunction holds (a *goal*, `model.evaluate.search`). Of its parts some hold
from a certain record on (a message was sent), some until one (no such message was sent, nobody was
elected), and some while certain nodes have certain values. So whether a cut satisfies all of them
is seen at one cut: the least that has the records of the first kind, and for each node whose
variables are read a record after which they are so (weak conjunctive predicates: Garg and
Waldecker 1994). What must not be there yet is there least of all at the least cut. This looks for
records that can be at one cut together, and at that cut for what must not be there: every cut is
answered for, and whatever is found is at a cut.

It is possible where a goal reads variables of the nodes that it speaks of alone, by name, and where
it says of what was sent or remembered that it is there, or is not: not where it runs through what
occurs. The other properties are told apart (`Everywhere.left`), and so are those that hang on a
ghost whose rows depend on what was taken first (`Memory`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from checkers.traces.compiled import closure
from checkers.traces.cuts import Clock, Cut, History, Stamp, Stamps, View, each, join, reached
from checkers.traces.formulas import (
    ghosts_of,
    mentions,
    ordered_ghosts_of,
    reads_others,
    runs_through_what_occurs,
)
from checkers.traces.narrowing import narrowed
from checkers.traces.perhaps import Perhaps, Way
from model.evaluate import Evaluator, Event, GlobalState, Outcome, Violation
from model.evaluate.checker import growing, variables_read
from model.evaluate.evaluator import StepFormula
from model.evaluate.search import (
    FormulaCompiler,
    Goal,
    Part,
    Search,
    accept,
    free_slots,
)
from model.evaluate.state import Relation
from model.evaluate.terms import Closure, Frame, Local
from model.evaluate.values import Value
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.sorts import BOOL
from model.lang.spec import Statement

MOST = 2_000_000
"""So many combinations of several nodes' values are looked at for one property."""
RELATIONS = frozenset({Kind.SENT, Kind.GHOST})
QUANTIFIERS = frozenset({Kind.FORALL, Kind.EXISTS})


class _TooManyError(Exception):
    """More combinations than `MOST`."""


@dataclass
class _Goal:
    """One way in which a property can be false."""

    goal: Goal
    compiler: FormulaCompiler
    slots: list[int]
    """The variables that are nodes whose variables are read."""
    names: frozenset[str]
    filters: dict[int, list[Closure]]
    """By such a node: what its values have to satisfy by themselves."""
    atoms: list[tuple[Expr, list[Closure]]]
    """What has to be there."""
    absent: list[tuple[Expr, list[Closure]]]
    """What must not be there, of rows that are known before `later` is searched: a part of it."""
    later: Search | None
    """What has to be so at the least cut; None where nothing is left to ask."""
    parts: list[Part]
    """What has to be so wherever it is looked at, what has to be there included."""
    history: Mapping[str, History] = field(default_factory=dict)


@dataclass
class _Claim:
    """A property that can be looked up at all cuts."""

    statement: Statement
    goals: list[_Goal]
    ghosts: frozenset[str]


@dataclass
class Failure:
    """A property that is false at a cut."""

    violation: Violation
    cut: Cut
    ways: tuple[Way, ...]
    """How ghosts got their rows that hang on the order."""


class Everywhere:
    """Checks at all cuts, once the records have been taken.

    Use: after each record that a clock took, `changed`; before it, `step` for the properties of
    steps; at the end `failures`.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        statements: Iterable[Statement],
        state: GlobalState,
        clock: Clock,
    ) -> None:
        self.evaluator, self.clock = evaluator, clock
        schema = evaluator.schema
        self._view, self._whole = (View(schema, clock, state) for _ in range(2))
        self._whole.sent, self._ghosts = state.sent, state.ghosts
        self._nodes: dict[str, Local] = {node: {} for node in state.nodes}
        self._view.nodes = self._whole.nodes = self._nodes
        self._cut: Cut = clock.zero
        self._ends: dict[int, int] = {}
        self._looked = 0
        self._loose: frozenset[str] = frozenset()
        self.claims: list[_Claim] = []
        self.left: list[Statement] = []
        """What is not looked up at all cuts, or not of the steps of all rules."""
        self.only_visited: list[str] = []
        """Their names, and after `failures` of all that were not."""
        self._steps: dict[str, list[tuple[Statement, StepFormula]]] = {}
        histories: dict[frozenset[str], dict[str, History]] = {}
        for statement in statements:
            if statement.formula is None:
                self._split(statement)
                continue
            claim = _claim(evaluator.spec, statement)
            if claim is None:
                self._leave(statement)
                continue
            self.claims.append(claim)
            # In case it has to be given up.
            if claim.ghosts or any(len(goal.slots) > 1 for goal in claim.goals):
                self.left.append(statement)
            for goal in claim.goals:
                if goal.names not in histories:
                    histories[goal.names] = {
                        node: History(goal.names, local) for node, local in state.nodes.items()
                    }
                goal.history = histories[goal.names]
        self._histories = histories
        self._by_change: dict[tuple[str, ...], list[dict[str, History]]] = {}

    def _leave(self, statement: Statement) -> None:
        self.left.append(statement)
        self.only_visited.append(statement.name)

    # ------------------------------------------------------------ properties of steps

    def _split(self, statement: Statement) -> None:
        """Take the steps of those rules of which a property is the same whatever else happened.

        What it says of messages and ghosts must be that some are there: it holds of a step in each
        order if it holds where nothing happened before the step but what had to.
        """
        rest = {}
        is_left = False
        for label, formula in statement.per_transition.items():
            compiled = None
            if not reads_others(formula):
                if not mentions(formula, *RELATIONS, *QUANTIFIERS):
                    rest[label] = formula  # the step alone says it
                    continue
                compiled = _of_least(self.evaluator.spec, formula)
            if compiled is None:
                rest[label] = formula
                is_left = True
            else:
                self._steps.setdefault(label, []).append((statement, compiled))
        if is_left:
            self.only_visited.append(statement.name)
        if rest:
            self.left.append(replace(statement, per_transition=rest))

    def step(self, event: Event, outcome: Outcome, state: GlobalState) -> list[Violation]:
        """Check the properties of a step, before it is carried out."""
        formulas = self._steps.get(outcome.transition)
        if formulas is None:
            return []
        self._view.cut = self.clock.before(self.clock.stamp)
        f = self.evaluator.step_frame(state, event, outcome)
        f.state = self._view
        return [
            Violation(statement, {"me": event.node})
            for statement, formula in formulas
            if not formula.holds(f)
        ]

    # ------------------------------------------------------------ records

    def changed(self, node: str, names: tuple[str, ...], local: Local) -> None:
        """Take note of which variables of a node the record that was taken changed."""
        histories = self._by_change.get(names)
        if histories is None:
            histories = self._by_change[names] = [
                one for read, one in self._histories.items() if not read.isdisjoint(names)
            ]
        number = self.clock.stamp // self.clock.count
        for history in histories:
            history[node].put(number, local)

    # ------------------------------------------------------------ looking

    def failures(
        self, loose: frozenset[str], perhaps: Perhaps, broken: Iterable[str]
    ) -> Iterator[Failure]:
        """Yield the properties that are false at some cut, each once, with the cut.

        Those that hang on a ghost of `loose` in another way than that one of its rows must not be
        there, or take too many combinations, join `only_visited`.
        """
        self._perhaps = perhaps
        known = set(broken)
        for claim in self.claims:
            name = claim.statement.name
            if name in known:
                continue
            self._loose = claim.ghosts & loose
            if self._loose and not (
                self._loose <= perhaps.names
                and all(_is_of_one_row(goal.goal, self._loose) for goal in claim.goals)
            ):
                self.only_visited.append(name)
                continue
            self._looked = 0
            try:
                failure = self._look(claim)
            except _TooManyError:
                self.only_visited.append(name)
                continue
            if failure is not None:
                yield failure

    def _look(self, claim: _Claim) -> Failure | None:
        for goal in claim.goals:
            self._whole.ghosts = dict(self._ghosts)
            for name in self._loose:
                self._whole.ghosts[name] = Relation(self._perhaps.rows(name))
            parts = narrowed(goal.parts, self._whole)
            bound = frozenset(goal.slots)
            search = goal.compiler.plan(Goal(parts, goal.goal.slots), bound, self._reached)
            self._goal, self._search = goal, search
            self._there, self._gone = self._rows_of(goal.atoms), self._rows_of(goal.absent)
            f = goal.compiler.frame(Frame(self._whole.config, state=self._whole))
            self._ends = {}
            self._done: set[tuple[object, ...]] = set()
            passing = {slot: self._passing(goal, slot, f) for slot in goal.slots}
            if self._assign(goal, passing, f, 0, self.clock.zero):
                named = {name: f.bound[slot] for slot, (name, _) in goal.goal.slots.items()}
                return Failure(Violation(claim.statement, named), self._cut, self._ways)
        return None

    def _rows_of(
        self, atoms: Sequence[tuple[Expr, list[Closure]]]
    ) -> list[tuple[str, Any, list[Closure]]]:
        """Return, of each atom, its name, all rows there are with their stamps, and arguments."""
        whole = self._whole
        found: list[tuple[str, Any, list[Closure]]] = []
        for atom, args in atoms:
            relations = whole.sent if atom.kind is Kind.SENT else whole.ghosts
            found.append((atom.data, relations[atom.data].rows, args))
        return found

    def _passing(self, goal: _Goal, slot: int, f: Frame) -> dict[str, list[int]]:
        """Return which of each node's values may be those of a variable, by themselves."""
        filters = goal.filters[slot]
        found: dict[str, list[int]] = {}
        for node, history in goal.history.items():
            f.bound[slot] = node
            passing: dict[int, bool] = {}
            found[node] = kept = []
            for at, values in enumerate(history.values):
                fine = passing.get(id(values))
                if fine is None:
                    self._nodes[node] = values
                    fine = passing[id(values)] = all(test(f) for test in filters)
                if fine:
                    kept.append(at)
        return found

    def _assign(
        self,
        goal: _Goal,
        passing: Mapping[int, Mapping[str, Sequence[int]]],
        f: Frame,
        at: int,
        cut: Cut,
    ) -> bool:
        """Choose nodes, and values that they had at one cut, for the variables from `at` on."""
        nodes, ends = self._nodes, self._ends
        if at == len(goal.slots):
            if goal.later is None and not goal.atoms:  # nothing hangs on the cut any more
                key = tuple([(node := f.bound[s], id(nodes[node])) for s in goal.slots])
                if key in self._done:
                    return False
                self._done.add(key)
            self._base = cut
            return self._search(f)
        slot = goal.slots[at]
        for k, node in enumerate(self.clock.nodes):
            f.bound[slot] = node
            history, able = goal.history[node], passing[slot][node]
            if k in ends:  # a node that was chosen: it is as it is there
                if all(test(f) for test in goal.filters[slot]) and self._assign(
                    goal, passing, f, at + 1, cut
                ):
                    return True
                continue
            for i in able[bisect_left(able, history.first(cut[k])) :]:
                self._looked += 1
                if self._looked > MOST and len(goal.slots) > 1:
                    raise _TooManyError
                start = history.starts[i]
                now = cut if start <= cut[k] else join(cut, self.clock.past(k, start))
                if any(now[j] > end for j, end in ends.items()):
                    break  # and so it is for all that come after
                nodes[node] = history.values[i]
                ends[k] = history.end(i)
                f.bound[slot] = node
                if self._assign(goal, passing, f, at + 1, now):
                    return True
                del ends[k]
        return False

    def _reached(self, f: Frame) -> bool:
        """Ask, once all that has to be there is found, for what must not be there at that cut."""
        self._ways: tuple[Way, ...] = ()
        loose: list[Way] = []
        stamps: list[Stamps] = []
        for name, rows, args in self._there:
            row = tuple([a(f) for a in args])
            if name in self._loose:
                loose = self._perhaps.ways(name, row)
                if not loose:
                    return False
                continue
            stamps.append(rows[row])
        for _, rows, args in self._gone:
            by = rows.get(tuple([a(f) for a in args]))
            if by is not None and by in stamps:
                return False  # what is there by the same record
        for way in loose or [()]:
            for chosen in product(*map(each, stamps)):
                if self._is_at((*chosen, *way), f):
                    self._ways = (way,) if way else ()
                    return True
        return False

    def _is_at(self, chosen: tuple[Stamp, ...], f: Frame) -> bool:
        """Tell whether the least cut with these records is one that is looked for."""
        clock, goal = self.clock, self._goal
        if self._ends:
            cut = reached(clock, self._base, chosen)
            if any(cut[k] > end for k, end in self._ends.items()):
                return False
        if goal.later is not None:
            self._view.cut, self._view.beside = self._base, chosen
            f.state = self._view
            holds = goal.later(f)
            f.state = self._whole
            if not holds:
                return False
        self._cut = reached(clock, self._base, chosen)
        return True


# ---------------------------------------------------------------- which properties


class _Compiler(FormulaCompiler):
    """The same, but what speaks of given values alone is not computed twice for the same."""

    def _test(self, part: Part) -> Callable[[Search], Search]:
        expr = part.expr
        if mentions(expr, *RELATIONS):
            return super()._test(part)
        if not mentions(expr, *QUANTIFIERS):
            test = given(self, part)
            return lambda rest: lambda f: test(f) and rest(f)
        if mentions(expr, Kind.VAR):
            return super()._test(part)
        slots = sorted(free_slots(expr, part.scope))
        test = self.compile(expr, part.scope)
        positive = part.positive
        known: dict[tuple[Value, ...], bool] = {}

        def holds(f: Frame) -> bool:
            bound = f.bound
            key = tuple([bound[slot] for slot in slots])
            found = known.get(key)
            if found is None:
                found = known[key] = bool(test(f)) is positive
            return found

        return lambda rest: lambda f: holds(f) and rest(f)


def _claim(spec: Spec, statement: Statement) -> _Claim | None:
    """Return what makes a property false, or None where no least cut shows it."""
    assert statement.formula is not None
    compiler = _Compiler()
    goals = []
    for goal in compiler.goals(statement.formula, {}, False):
        made = _goal(compiler, goal)
        if made is None:
            return None
        goals.append(made)
    if runs_through_what_occurs(compiler):
        return None
    return _Claim(statement, goals, ghosts_of(statement.formula) & ordered_ghosts_of(spec))


def _is_of_one_row(goal: Goal, ghosts: frozenset[str]) -> bool:
    """Tell whether a goal asks nothing of ghosts but that one row of one of them is there."""
    asking = [part for part in goal.parts if ghosts_of(part.expr) & ghosts]
    return len(asking) <= 1 and all(part.is_atom for part in asking)


def _goal(compiler: FormulaCompiler, goal: Goal) -> _Goal | None:
    first: list[Part] = []
    later: list[Part] = []
    atoms: list[Part] = []
    read: dict[int, set[str]] = {}
    for part in goal.parts:
        for name, slot in variables_read(part.expr, part.scope):
            if slot not in goal.slots:
                return None
            read.setdefault(slot, set()).add(name)
        if part.is_atom:
            atoms.append(part)
        elif not mentions(part.expr, *RELATIONS):
            first.append(part)
        elif growing(part):
            return None
        else:
            later.append(part)
    filters: dict[int, list[Closure]] = {slot: [] for slot in read}
    rest = []
    for part in first:
        free = free_slots(part.expr, part.scope)
        if len(free) == 1 and free <= set(read):
            filters[free.pop()].append(given(compiler, part))
        else:
            rest.append(part)
    bound = frozenset(read)
    compiler.plan(Goal([*rest, *atoms], goal.slots), bound, accept)  # tells what it runs through
    known = bound.union(*(free_slots(p.expr, p.scope) for p in (*rest, *atoms)))
    # A row is looked for before what is left is searched: it may hang on nothing found only there.
    rows = [p for p in later if p.expr.kind in RELATIONS and free_slots(p.expr, p.scope) <= known]
    return _Goal(
        goal,
        compiler,
        sorted(read),
        frozenset().union(*read.values()),
        filters,
        _rows(compiler, atoms),
        _rows(compiler, rows),
        compiler.plan(Goal(later, goal.slots), known, accept) if later else None,
        [*rest, *atoms],
    )


def _rows(compiler: FormulaCompiler, parts: Iterable[Part]) -> list[tuple[Expr, list[Closure]]]:
    return [(p.expr, [compiler.compile(a, p.scope) for a in p.expr.args]) for p in parts]


def given(compiler: FormulaCompiler, part: Part) -> Closure:
    """Return what tells whether a part holds that speaks of given values alone."""
    expr = part.expr if part.positive else Expr(Kind.NOT, BOOL, (part.expr,))
    return closure(expr, part.scope, compiler)


def _of_least(spec: Spec, formula: Expr) -> StepFormula | None:
    """Return a step's formula, compiled, if it is true in each order once in the least."""
    if growing(Part(formula, {}, False)) or ghosts_of(formula) & ordered_ghosts_of(spec):
        return None
    compiled = StepFormula(formula)
    return None if runs_through_what_occurs(compiled.compiler) else compiled
