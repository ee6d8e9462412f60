"""Statements after every step of a run, looking only at what the step can have broken.

Belongs here: which values of which statement a step can have made false. Never here: what a
statement means (`search`); for every statement this tells the same as `Evaluator.holds`, sooner.

A statement that held is false after a step only for values that satisfy its negation now and did
not before. So one of the negation's parts became true: an atom by one of the tuples just added, or
a part over the variables of the node that stepped; or one of the values is new, and occurs in what
the step wrote. The search then starts from that tuple, node or value. Where a part depends on the
state in another way, the whole statement is looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from model.evaluate.evaluator import ClosedFormula, Evaluator, StepFormula, Witness
from model.evaluate.node import Outcome
from model.evaluate.search import Goal, Part, Search, accept, free_slots, is_open
from model.evaluate.state import Event, GlobalState, Row
from model.evaluate.terms import Frame, Local, Scope
from model.evaluate.values import Value, occurring, show_value
from model.lang.expr import Expr, Kind
from model.lang.sorts import MaybeSort, Sort, StructSort
from model.lang.spec import Statement


@dataclass(frozen=True)
class Violation:
    """A statement that is false, and for which values."""

    statement: Statement
    witness: Witness

    def __str__(self) -> str:
        """Return it as reports print it."""
        values = ", ".join(f"{n}={show_value(v)}" for n, v in self.witness.items())
        return f"{self.statement.name} ({self.statement.prop.title}): {values or 'no values'}"


@dataclass(eq=False)
class Watch:
    """One way in which a step can break a statement, and the search that finds out."""

    statement: Statement
    formula: ClosedFormula
    goal: Goal | None
    search: Search
    slot: int | None = None
    """The variable whose value the search starts from, if it starts from one."""

    def __post_init__(self) -> None:
        self.name = self.statement.name

    def violation(self, state: GlobalState, value: Value, row: Row) -> Violation | None:
        """Look, after a step of the node `value`, or that wrote it, or that added `row`."""
        if self.goal is None:
            witness = self.formula.falsified(state)
            return None if witness is None else Violation(self.statement, witness)
        f = self.formula.compiler.frame(Frame(state.config, state=state))
        f.row = row
        if self.slot is not None:
            f.bound[self.slot] = value
        if not self.search(f):
            return None
        named = {name: f.bound[slot] for slot, (name, _) in self.goal.slots.items()}
        return Violation(self.statement, named)


@dataclass
class Checker:
    """Checks statements step by step; each is reported when it first breaks, and then left alone.

    Use: `start(state)`; then for every event `before(state, event, outcome)`, `Evaluator.apply`,
    `after(state, outcome)`; or `advance`, which does all three.
    """

    evaluator: Evaluator
    statements: Iterable[Statement]
    broken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        chosen = list(self.statements)
        self.closed = [s for s in chosen if s.formula is not None]
        self.steps = [s for s in chosen if s.formula is None]
        self.by_relation: dict[str, list[Watch]] = {}
        self.by_variable: dict[str, list[Watch]] = {}
        self.by_sort: dict[Sort, list[Watch]] = {}
        self.always: list[Watch] = []
        for statement in self.closed:
            self._watch(statement)
        self._by_change: dict[tuple[str, ...], list[Watch]] = {}
        self._step_formulas: dict[str, list[tuple[str, Statement, StepFormula]]] = {}

    # ------------------------------------------------------------ use

    def start(self, state: GlobalState) -> list[Violation]:
        """Check everything about states, from scratch."""
        found = []
        for statement in self.closed:
            if statement.name not in self.broken:
                witness = self.evaluator.violations(state, statement)
                if witness is not None:
                    found.append(Violation(statement, witness))
        return self._record(found)

    def advance(self, state: GlobalState, event: Event) -> tuple[Outcome, list[Violation]]:
        """Let `event` happen in `state`, and return what it breaks."""
        outcome = self.evaluator.outcome(state, event)
        found = self.before(state, event, outcome)
        return outcome, found + self.apply(state, outcome)

    def before(self, state: GlobalState, event: Event, outcome: Outcome) -> list[Violation]:
        """Check the step properties, in the state before the step."""
        label = outcome.transition
        relevant = self._step_formulas.get(label)
        if relevant is None:
            relevant = self._step_formulas[label] = [
                (s.name, s, formula)
                for s in self.steps
                if (formula := self.evaluator.step_formula(s, label)) is not None
            ]
        broken = self.broken
        waiting = [one for one in relevant if one[0] not in broken] if broken else relevant
        if not waiting:
            return []
        f = self.evaluator.step_frame(state, event, outcome)
        found = [
            Violation(statement, {"me": event.node})
            for _, statement, formula in waiting
            if not formula.holds(f)
        ]
        return self._record(found)

    def apply(self, state: GlobalState, outcome: Outcome) -> list[Violation]:
        """Carry out `outcome` and check the statements about states."""
        node = outcome.node
        local = state.nodes[node]
        changed = tuple([n for n, value in outcome.updates.items() if local[n] != value])
        if changed:
            state.nodes[node] = {**local, **outcome.updates}
        rows: list[tuple[str, Row]] = []
        for packet in outcome.sends:
            if state.send(packet):
                rows.append((packet[0], (packet[1], packet[2], *packet[3])))
        for name, row in outcome.ghosts:
            if state.ghosts[name].add(row):
                rows.append((name, row))
        if not changed and not rows:
            return []
        state.changed()
        return self._record(list(self._look(state, node, changed, rows)))

    # ------------------------------------------------------------ looking

    def _look(
        self,
        state: GlobalState,
        node: str,
        changed: tuple[str, ...],
        rows: list[tuple[str, Row]],
    ) -> Iterator[Violation]:
        watches = self._by_change.get(changed)
        if watches is None:
            once = {id(w): w for n in changed for w in self.by_variable.get(n, ())}
            watches = self._by_change[changed] = list(once.values())
        for watch in (*watches, *self.always):
            if watch.name in self.broken:
                continue
            found = watch.violation(state, node, ())
            if found is not None:
                yield found
        for name, row in rows:
            for watch in self.by_relation.get(name, ()):
                if watch.name in self.broken:
                    continue
                found = watch.violation(state, node, row)
                if found is not None:
                    yield found
        if not self.by_sort:
            return
        for sort, value in self._written(state.nodes[node], changed, rows):
            for watch in self.by_sort.get(sort, ()):
                if watch.name in self.broken:
                    continue
                found = watch.violation(state, value, ())
                if found is not None:
                    yield found

    def _written(
        self, local: Local, changed: tuple[str, ...], rows: list[tuple[str, Row]]
    ) -> dict[tuple[Sort, Value], None]:
        """Return every value that occurs in what a step wrote: any that is new is among them."""
        schema = self.evaluator.schema
        wrote = [(local[name], schema.variables[name]) for name in changed]
        for name, row in rows:
            sorts = schema.messages.get(name) or schema.ghosts[name]
            wrote += zip(row, sorts, strict=True)
        return {found: None for value, sort in wrote for found in occurring(value, sort)}

    def _record(self, found: list[Violation]) -> list[Violation]:
        first: list[Violation] = []
        for violation in found:
            if violation.statement.name not in self.broken:
                self.broken.add(violation.statement.name)
                first.append(violation)
        return first

    # ------------------------------------------------------------ which step breaks what

    def _watch(self, statement: Statement) -> None:
        formula = self.evaluator.closed(statement)
        whole = Watch(statement, formula, None, accept)
        for goal in formula.goals:
            at_node: dict[int, Watch] = {}
            for part in goal.parts:
                if part.is_atom:
                    search = formula.compiler.plan(goal, frozenset(), accept, given=part)
                    watch = Watch(statement, formula, goal, search)
                    self.by_relation.setdefault(part.expr.data, []).append(watch)
                for name, slot in variables_read(part.expr, part.scope):
                    if slot not in goal.slots:
                        self._add(self.by_variable, name, whole)
                        continue
                    if slot not in at_node:
                        search = formula.compiler.plan(goal, frozenset({slot}), accept)
                        at_node[slot] = Watch(statement, formula, goal, search, slot)
                    self._add(self.by_variable, name, at_node[slot])
                if not part.is_atom:
                    for relation in growing(part):
                        self._add(self.by_relation, relation, whole)
        self._watch_new_values(whole)

    def _watch_new_values(self, whole: Watch) -> None:
        """Watch for new values of what runs through its domain, where more values can come to be.

        One variable of a goal is watched by its value. Inside a part that only tests, and for
        values made of others, a new value says too little: the statement is looked at as a whole.
        """
        statement, compiler = whole.statement, whole.formula.compiler
        outer = {slot for goal in whole.formula.goals for slot in goal.slots}
        done: set[int] = set()
        while ahead := compiler.enumerated - done:  # a plan made here may run through more
            done |= ahead
            for slot in ahead:
                _, sort = compiler.slots[slot]
                if not is_open(sort):
                    continue
                if slot not in outer or isinstance(sort, StructSort | MaybeSort):
                    self.always.append(whole)
                    return
                for goal in whole.formula.goals:
                    if any(slot in free_slots(p.expr, p.scope) for p in goal.parts):
                        search = compiler.plan(goal, frozenset({slot}), accept)
                        watch = Watch(statement, whole.formula, goal, search, slot)
                        self.by_sort.setdefault(sort, []).append(watch)

    @staticmethod
    def _add(where: dict[str, list[Watch]], name: str, watch: Watch) -> None:
        if watch not in where.setdefault(name, []):
            where[name].append(watch)


def variables_read(expr: Expr, scope: Scope) -> Iterator[tuple[str, int]]:
    """Yield each variable read, with the slot of its node, or -1 where it is none of `scope`'s."""
    if expr.kind in (Kind.FORALL, Kind.EXISTS):
        hidden = {name for name, _ in expr.data}
        scope = {name: slot for name, slot in scope.items() if name not in hidden}
    if expr.kind is Kind.VAR:
        at = expr.args[0]
        yield expr.data, scope.get(at.data, -1) if at.kind is Kind.BOUND else -1
    for a in expr.args:
        yield from variables_read(a, scope)


def growing(part: Part) -> set[str]:
    """Return the relations by whose growth a part that is no atom can become true."""
    found: set[str] = set()

    def visit(expr: Expr, signs: frozenset[bool]) -> None:
        if expr.kind in (Kind.SENT, Kind.GHOST) and True in signs:
            found.add(expr.data)
        flipped = frozenset(not s for s in signs)
        both = frozenset({True, False})
        for i, a in enumerate(expr.args):
            match expr.kind:
                case Kind.NOT:
                    visit(a, flipped)
                case Kind.IMPLIES:
                    visit(a, flipped if i == 0 else signs)
                case Kind.AND | Kind.OR | Kind.FORALL | Kind.EXISTS:
                    visit(a, signs)
                case _:
                    visit(a, both)

    visit(part.expr, frozenset({part.positive}))
    return found
