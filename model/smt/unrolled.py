"""The bounded reading from the first state on, step after step: bounded model checking.

    system = Unrolled(spec, scope, cone)
    system.extend()                     # one step more
    solver.add(*system.added)           # what the step is
    solver.check(system.falsified(statement.formula))

Belongs here: the states and steps of a run as formulas. Never here: asking (the checkers do that).

A value is just what the reference meaning says: an owned value is a pair of a round and its owner,
a fresh one the next round of the node that starts it. Messages are only ever added, so there is no
set of them: what is delivered in a step is one of the messages that an earlier step sent. Only what
is in the *cone* is there: the variables, messages and ghosts that can matter to the question, and
the transitions that write them. Leaving out the others leaves out no run that matters.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import z3

from model.lang import Message, Spec
from model.lang.declare import GhostUpdate
from model.lang.expr import Expr, Kind
from model.lang.sorts import NODE, MaybeSort, SetSort
from model.lang.spec import Transition
from model.smt.bounded import Scope
from model.smt.cone import Cone
from model.smt.run_values import RunTranslator, RunVocabulary
from model.smt.translate import choose
from model.smt.vocabulary import Value

MOST_ROWS = 400
"""A relation that may hold more tuples than this is too large to spell out."""


class TooLarge(Exception):
    """A run of this length is too large to spell out: `relation` holds too many tuples."""

    def __init__(self, relation: str) -> None:
        """Name the relation."""
        self.relation = relation
        super().__init__(f"{relation} may hold more than {MOST_ROWS} tuples")


# ---------------------------------------------------------------- states


class RunState:
    """The variables of every node after some steps; in a step they are read at `me` often."""

    def __init__(self, v: RunVocabulary, values: dict[str, list[Value]]) -> None:
        """Hold `values`: by variable, in the order of the nodes."""
        self.v, self.values = v, values
        self._at: dict[tuple[str, int], Value] = {}

    def variable(self, name: str, node: z3.ExprRef) -> Value:
        """Return a variable of a node."""
        key = (name, node.get_id())
        if key not in self._at:
            elements = self.v.elements(NODE)
            given = self.values[name]
            for element, value in zip(elements, given, strict=True):
                if element.eq(node):
                    self._at[key] = value
                    return value
            result = given[-1]
            for element, value in reversed(list(zip(elements, given, strict=True))[:-1]):
                result = choose(node == element, value, result)
            self._at[key] = result
        return self._at[key]

    def sent(self, message: str, args: list[Value]) -> z3.BoolRef:
        """Return whether a message was sent."""
        return self.v.sent(message, args)

    def ghost(self, name: str, args: list[Value]) -> z3.BoolRef:
        """Return whether a ghost relation holds."""
        return self.v.ghost(name, args)


class _After:
    """Where NEXT reads: the variables of the node that steps, after it."""

    def __init__(self, now: RunState, made: dict[str, Value]) -> None:
        self.now, self.made = now, made

    def variable(self, name: str, node: z3.ExprRef) -> Value:
        return self.made[name] if name in self.made else self.now.variable(name, node)

    def sent(self, message: str, args: list[Value]) -> z3.BoolRef:
        return self.now.sent(message, args)

    def ghost(self, name: str, args: list[Value]) -> z3.BoolRef:
        return self.now.ghost(name, args)


@dataclass(eq=False)
class Row:
    """One transition in one step: `taken` says that it is the one."""

    transition: Transition
    taken: z3.BoolRef
    translator: RunTranslator
    guard: list[z3.BoolRef]


@dataclass(eq=False)
class Step:
    """One step: who does what, and the state it is done in."""

    number: int
    me: z3.ExprRef
    sender: z3.ExprRef
    before: RunState
    known: dict[str, int] = field(default_factory=dict)
    """How many tuples each relation had before."""
    rows: dict[str, Row] = field(default_factory=dict)
    fields: dict[str, dict[str, Value]] = field(default_factory=dict)


class Unrolled:
    """A run of any system of the scope, as long as it was extended.

    `added` is what the last extension asserts. `state` is the state at the end.
    """

    def __init__(
        self,
        spec: Spec,
        scope: Scope,
        within: Cone,
        possible: Callable[[int], frozenset[str]] | None = None,
    ) -> None:
        """Begin with the first state; `possible` names the transitions that a step may take."""
        self.spec, self.cone = spec, within
        self._may_take = possible
        self.v = RunVocabulary(spec, scope)
        self.steps: list[Step] = []
        self.sent: frozenset[str] = frozenset()
        """The messages that some step so far may have sent."""
        self.transitions = [t for t in spec.transitions if t.label in within.labels]
        self.config = {
            name: self.v.constants(f"config.{name}", d.sort)
            for name, d in spec.config.parts.items()
        }
        self.added: list[z3.BoolRef] = [
            formula
            for name, d in spec.config.parts.items()
            for formula in self.v.well_formed(d.sort, self.config[name])
        ]
        self.state = RunState(self.v, self._first())
        translator = self.v.translator(self.state)
        for s in spec.of_kind("assumption"):
            if s.formula is not None:
                self.added.append(translator.formula(s.formula))

    def _first(self) -> dict[str, list[Value]]:
        values: dict[str, list[Value]] = {}
        side: list[z3.BoolRef] = []
        for name in sorted(self.cone.symbols.variables):
            init = self.spec.variables[name].init
            assert isinstance(init, Expr)
            values[name] = []
            for node in self.v.elements(NODE):
                at = self.v.translator(None, me=node, side=side, made={})
                values[name].append(at.value(init))
        self.added += side
        return values

    # ------------------------------------------------------------ one step more

    def extend(self) -> None:
        """Add a step. Raises `TooLarge`."""
        number = len(self.steps)
        self.added = []
        self.v.begin_step(number)
        known = {name: len(rows) for name, rows in self.v.rows.items()}
        step = Step(number, self.v.me, self.v.sender, self.state, known)
        self.added += self.v.well_formed(NODE, self.v.me)
        sending: dict[str, list[tuple[Row, int]]] = defaultdict(list)
        for t in self.transitions:
            if self._possible(number, t):
                row = self._row(step, t)
                step.rows[t.label] = row
                seen: dict[str, int] = defaultdict(int)
                for at, out in enumerate(t.sends):
                    if out.message.__name__ in self.cone.symbols.messages:
                        sending[f"{out.message.__name__} {seen[out.message.__name__]}"].append(
                            (row, at)
                        )
                        seen[out.message.__name__] += 1
        taken = [row.taken for row in step.rows.values()]
        self.added += [z3.PbEq([(x, 1) for x in taken], 1)] if taken else [z3.BoolVal(False)]
        self._receive(step)
        self.state = RunState(self.v, self._move(step))
        ghosts = self._ghosts(step)
        self._send(step, sending)
        for name, rows in ghosts.items():
            self.v.rows[name] += rows
            if len(self.v.rows[name]) > MOST_ROWS:
                raise TooLarge(name.removeprefix("ghost "))
        self.steps.append(step)

    def _possible(self, number: int, t: Transition) -> bool:
        if self._may_take is not None and t.label not in self._may_take(number):
            return False
        event = t.event
        return event is None or not issubclass(event, Message) or event.__name__ in self.sent

    def _row(self, step: Step, t: Transition) -> Row:
        taken = z3.Bool(f"take {step.number} {t.label}")
        fields = self._fields(step, t)
        side: list[z3.BoolRef] = []
        translator = self.v.translator(step.before, fields=fields, side=side, made={})
        if t.kind == "refusal":
            guard = [translator.formula(self.spec.enabled(t))]
        else:
            guard = [translator.formula(c.expr) for c in t.clauses]
        self.added += [z3.Implies(taken, clause) for clause in guard]
        return Row(t, taken, translator, guard)

    def _fields(self, step: Step, t: Transition) -> dict[str, Value]:
        if t.event is None:
            return {}
        name = t.event.__name__
        if name not in step.fields:
            step.fields[name] = {
                part: self.v.constants(f"event {step.number} {part}", d.sort)
                for part, d in t.event.parts.items()
            }
        return step.fields[name]

    def _receive(self, step: Step) -> None:
        """A message that is acted on was sent before, a request's values are of the reading."""
        for name, fields in step.fields.items():
            event = self.spec.events[name]
            rows = [r.taken for r in step.rows.values() if r.transition.event is event]
            if issubclass(event, Message):
                here = self.v.sent(name, [step.sender, step.me, *fields.values()])
                self.added += [z3.Implies(taken, here) for taken in rows]
            else:
                values = [
                    formula
                    for part, d in event.parts.items()
                    for formula in self.v.well_formed(d.sort, fields[part])
                ]
                self.added += [z3.Implies(z3.Or(rows), formula) for formula in values]

    def _move(self, step: Step) -> dict[str, list[Value]]:
        """Return the variables after the step."""
        writers: dict[str, list[Row]] = defaultdict(list)
        for row in step.rows.values():
            for name in row.transition.updates:
                if name in self.cone.symbols.variables:
                    writers[name].append(row)
        after: dict[str, list[Value]] = {}
        for name, values in step.before.values.items():
            if name not in writers:
                after[name] = values
                continue
            sort = self.spec.variables[name].sort
            made = self.v.constants(f"next {step.number} {name}", sort)
            for row in writers[name]:
                value = row.translator.value(row.transition.updates[name])
                same = [x == y for x, y in zip(self.v.flat(made), self.v.flat(value), strict=True)]
                self.added += [z3.Implies(row.taken, s) for s in same]
            written = z3.Or([row.taken for row in writers[name]])
            after[name] = []
            for node, value in zip(self.v.elements(NODE), values, strict=True):
                then = self.v.constants(f"state {step.number + 1} {name} {node}", sort)
                changed = choose(z3.And(written, step.me == node), made, value)
                self.added += [
                    x == y for x, y in zip(self.v.flat(then), self.v.flat(changed), strict=True)
                ]
                after[name].append(then)
        for row in step.rows.values():
            self.added += [z3.Implies(row.taken, s) for s in row.translator.side]
            row.translator.side.clear()
        return after

    def _send(self, step: Step, sending: dict[str, list[tuple[Row, int]]]) -> None:
        nodes = self.v.elements(NODE)
        sent: set[str] = set()
        for slot, ways in sending.items():
            message = slot.split()[0]
            sorts = self.v.field_sorts(message)
            to = z3.BitVec(f"to {step.number} {slot}", len(nodes))
            values = [
                self.v.constants(f"sent {step.number} {slot} {i}", s) for i, s in enumerate(sorts)
            ]
            for row, at in ways:
                out = row.transition.sends[at]
                given = [row.translator.value(e) for e in out.fields.values()]
                self.added.append(z3.Implies(row.taken, to == self._addressees(row, out.to)))
                self.added += [
                    z3.Implies(row.taken, x == y)
                    for value, other in zip(values, given, strict=True)
                    for x, y in zip(self.v.flat(value), self.v.flat(other), strict=True)
                ]
            any_way = z3.Or([row.taken for row, _ in ways])
            sent.add(message)
            for i, node in enumerate(nodes):
                flag = z3.And(any_way, z3.Extract(i, i, to) == 1)
                self.v.rows[f"sent {message}"].append((flag, [step.me, node, *values]))
            if len(self.v.rows[f"sent {message}"]) > MOST_ROWS:
                raise TooLarge(message)
        for row in step.rows.values():
            self.added += [z3.Implies(row.taken, s) for s in row.translator.side]
            row.translator.side.clear()
        self.sent |= sent

    def _addressees(self, row: Row, to: Expr) -> z3.ExprRef:
        value = row.translator.value(to)
        if isinstance(to.sort, SetSort):
            return value
        nodes = SetSort("nodes", NODE)
        if isinstance(to.sort, MaybeSort):
            known, node = value
            empty = z3.BitVecVal(0, len(self.v.elements(NODE)))
            return z3.If(known, self.v.bit(nodes, node), empty)
        return self.v.bit(nodes, value)

    def _ghosts(self, step: Step) -> dict[str, list[tuple[z3.BoolRef, list[Value]]]]:
        """Return the tuples that the step adds; as one rule is taken, all rules share them."""
        ways: dict[tuple[str, int], list[tuple[Row, z3.BoolRef, list[Value]]]] = defaultdict(list)
        for row in step.rows.values():
            number: Counter[str] = Counter()
            for update in row.transition.ghosts:
                name = update.relation.name
                if name in self.cone.symbols.ghosts:
                    for condition, values in self._tuples(row, update):
                        ways[name, number[name]].append((row, condition, values))
                        number[name] += 1
        found: dict[str, list[tuple[z3.BoolRef, list[Value]]]] = defaultdict(list)
        for (name, at), given in ways.items():
            if len(given) == 1:
                ((row, condition, values),) = given
                found[f"ghost {name}"].append((z3.And(row.taken, condition), values))
            else:
                found[f"ghost {name}"].append(self._shared(step, name, at, given))
        return found

    def _shared(
        self, step: Step, name: str, at: int, given: list[tuple[Row, z3.BoolRef, list[Value]]]
    ) -> tuple[z3.BoolRef, list[Value]]:
        """Return a tuple that is what the rule that is taken adds."""
        place = f"{step.number} {name} {at}"
        flag = z3.Bool(f"added {place}")
        columns = self.spec.ghosts[name].columns
        made = [self.v.constants(f"added {place} {i}", s) for i, s in enumerate(columns)]
        for row, condition, values in given:
            same = [
                x == y
                for value, other in zip(made, values, strict=True)
                for x, y in zip(self.v.flat(value), self.v.flat(other), strict=True)
            ]
            self.added += [z3.Implies(row.taken, f) for f in (flag == condition, *same)]
        taken = z3.Or([row.taken for row, _, _ in given])
        self.added.append(z3.Implies(flag, taken))
        return flag, made

    def _tuples(self, row: Row, update: GhostUpdate) -> list[tuple[z3.BoolRef, list[Value]]]:
        t = row.translator
        if update.where is None:
            return [(z3.BoolVal(True), [t.value(a) for a in update.args])]
        first = update.where.args[0] if update.where.kind is Kind.AND else update.where
        bound = {n for n, _ in update.bound}
        found = []
        saved = dict(t.bound)
        for flag, values in t.v_rows(first):
            t.bound.update(t._bind(first, values, bound))
            condition = z3.And(flag, t.value(update.where))
            found.append((condition, [t.value(a) for a in update.args]))
        t.bound = saved
        return found

    # ------------------------------------------------------------ questions

    def falsified(self, formula: Expr) -> z3.BoolRef:
        """Return that a closed formula is false at the end."""
        return z3.Not(self.v.translator(self.state).formula(formula))

    def step_falsified(self, per_transition: dict[str, Expr]) -> z3.BoolRef:
        """Return that the last step is a transition whose formula is false of it."""
        (step,) = self.steps[-1:]
        ways = []
        rows = self.v.rows
        self.v.rows = {name: found[: step.known[name]] for name, found in rows.items()}
        for label, row in step.rows.items():
            formula = per_transition.get(label)
            if formula is None or (formula.kind is Kind.CONST and formula.data is True):
                continue
            ways.append(z3.And(row.taken, z3.Not(self._in_step(step, row).formula(formula))))
        self.v.rows = rows
        return z3.Or(ways)

    def one_answer(self) -> z3.BoolRef:
        """Return that in no step another rule could answer the same event."""
        ways = []
        for step in self.steps:
            for row in step.rows.values():
                others = [
                    z3.And(other.guard)
                    for other in step.rows.values()
                    if other is not row
                    and other.transition.kind == "rule" == row.transition.kind
                    and other.transition.event is row.transition.event
                ]
                if others:
                    ways.append(z3.Implies(row.taken, z3.Not(z3.Or(others))))
        return z3.And(ways)

    def taken(self, back: int, labels: frozenset[str]) -> z3.BoolRef:
        """Return that the last step but `back` is one of the transitions `labels`."""
        step = self.steps[-1 - back]
        return z3.Or([row.taken for label, row in step.rows.items() if label in labels])

    def overlap(self, first: str, second: str) -> z3.BoolRef:
        """Return that the last step is the transition `first`, and `second` could be too."""
        (step,) = self.steps[-1:]
        if first not in step.rows or second not in step.rows:
            return z3.BoolVal(False)
        return z3.And(step.rows[first].taken, *step.rows[second].guard)

    def _in_step(self, step: Step, row: Row) -> RunTranslator:
        """Return a translator that knows the step: its event, and the state after."""
        updates = row.transition.updates
        inside = [n for n in updates if n in self.cone.symbols.variables]
        made = {n: row.translator.value(updates[n]) for n in inside}
        return self.v.translator(
            step.before,
            me=step.me,
            fields=row.translator.fields,
            after=_After(step.before, made),
            side=[],
            made=row.translator.made,
        )

    # ------------------------------------------------------------ reading a run

    def read(self, model: z3.ModelRef) -> tuple[dict[str, Any], list[ReadStep]]:
        """Return the configuration and the steps of a model."""
        config = {
            name: self.v.read(model, d.sort, self.config[name])
            for name, d in self.spec.config.parts.items()
        }
        return config, [self._read_step(model, step) for step in self.steps]

    def _read_step(self, model: z3.ModelRef, step: Step) -> ReadStep:
        for label, row in step.rows.items():
            if z3.is_true(model.eval(row.taken, model_completion=True)):
                event = row.transition.event
                fields: dict[str, Any] = {}
                sender = None
                if event is not None:
                    given = step.fields[event.__name__]
                    fields = {
                        n: self.v.read(model, d.sort, given[n]) for n, d in event.parts.items()
                    }
                    if issubclass(event, Message):
                        sender = self.v.read(model, NODE, step.sender)
                me = self.v.read(model, NODE, step.me)
                return ReadStep(label, event, me, fields, sender)
        raise AssertionError("exactly one transition is taken")


@dataclass(frozen=True, slots=True)
class ReadStep:
    """A step in the evaluator's values: the transition, the event (None: a crash), and at whom."""

    label: str
    event: Any
    me: str
    fields: dict[str, Any]
    sender: str | None
