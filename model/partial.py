"""Partial evaluation of a spec: what may happen where only some variables are known.

Belongs here: an answer without a solver to "may this transition answer here" and "where may it
lead". The answer errs on one side only: it may say yes where the truth is no, never the reverse.
Never here: a verdict. What is proved is proved elsewhere; pages and figures that are drawn from
this say "may".

How: truth values, sums and ranges are finite, so a term of theirs is a set of possible values.
Everything else (which term is newer, who is in a set) is an *atom*: two places with the same
expression have the same value, and nothing else is known of it, except that of two values of an
order the first is below, equal to, or above the second. Where a condition is not decided, the walk
splits on an atom and goes both ways.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from model.lang.declare import Event
from model.lang.expr import Expr, Kind, walk
from model.lang.sorts import BOOL, NODE, RangeSort, Sort, SumSort, is_ordered
from model.lang.spec import Spec, Transition

Value = str | int | bool
Values = frozenset[Value]

TRUE: Values = frozenset({True})
FALSE: Values = frozenset({False})
EITHER: Values = TRUE | FALSE
_BELOW, _EQUAL, _ABOVE = -1, 0, 1
MOST_WORLDS = 50_000
"""How many worlds one question may look at; the order's take some dozens."""


def domain(sort: Sort) -> Values | None:
    """Return the values of a finite sort, or None."""
    match sort:
        case SumSort():
            return frozenset(sort.leaves)
        case RangeSort():
            return frozenset(range(sort.top + 1))
        case _:
            return EITHER if sort == BOOL else None


@dataclass
class Keys:
    """Numbers for expressions: the same number for the same expression, wherever it was written."""

    of_object: dict[int, tuple[Expr, int]] = field(default_factory=dict)
    of_shape: dict[Hashable, int] = field(default_factory=dict)

    def key(self, expr: Expr) -> int:
        """Return the number of `expr`."""
        known = self.of_object.get(id(expr))
        if known is not None:
            return known[1]
        fresh = id(expr) if expr.kind is Kind.FRESH else None
        shape = (expr.kind, expr.sort, expr.data, tuple(self.key(a) for a in expr.args), fresh)
        number = self.of_shape.setdefault(shape, len(self.of_shape))
        # The expression is kept, so that its id stays its own.
        self.of_object[id(expr)] = (expr, number)
        return number


Atom = tuple[str, int, int]
World = Mapping[Atom, Values]


@dataclass
class Evaluation:
    """One evaluation in one world; `open` collects the atoms that were not decided, in order."""

    keys: Keys
    world: World
    open: dict[Atom, Values] = field(default_factory=dict)

    def atom(self, atom: Atom, possible: Values) -> Values:
        """Return what is possible for an atom here."""
        found = self.world.get(atom, possible)
        if len(found) > 1:
            self.open.setdefault(atom, found)
        return found

    def values(self, e: Expr) -> Values:
        """Return the possible values of an expression of a finite sort."""
        match e.kind:
            case Kind.CONST:
                return frozenset({e.data})
            case Kind.NOT:
                return frozenset(not v for v in self.values(e.args[0]))
            case Kind.AND | Kind.OR:
                return self._junction(e.args, e.kind is Kind.OR)
            case Kind.IMPLIES:
                return self._implication(e)
            case Kind.ITE:
                return self._choice(e)
            case Kind.IS:
                return frozenset(v in e.data for v in self.values(e.args[0]))
            case Kind.MAP:
                table = dict(e.data)
                return frozenset(table[v] for v in self.values(e.args[0]))
            case Kind.UP:
                assert isinstance(e.sort, RangeSort)
                top = e.sort.top
                return frozenset(min(int(v) + 1, top) for v in self.values(e.args[0]))
            case Kind.EQ | Kind.LT | Kind.LE:
                return self._comparison(e)
            case _:
                possible = domain(e.sort)
                assert possible is not None, f"{e.sort} is not finite"
                return self.atom(("term", self.keys.key(e), 0), possible)

    def _junction(self, args: Iterable[Expr], absorbing: bool) -> Values:
        decided = True
        for arg in args:
            found = self.values(arg)
            if found == frozenset({absorbing}):
                return found
            decided = decided and len(found) == 1
        return frozenset({not absorbing}) if decided else EITHER

    def _implication(self, e: Expr) -> Values:
        first = self.values(e.args[0])
        if first == FALSE:
            return TRUE
        second = self.values(e.args[1])
        return second if first == TRUE or second == TRUE else EITHER

    def _choice(self, e: Expr) -> Values:
        condition = self.values(e.args[0])
        found: Values = frozenset()
        if True in condition:
            found |= self.values(e.args[1])
        if False in condition:
            found |= self.values(e.args[2])
        return found

    def _comparison(self, e: Expr) -> Values:
        left, right = e.args
        a, b = self.keys.key(left), self.keys.key(right)
        if a == b:
            return FALSE if e.kind is Kind.LT else TRUE
        if domain(left.sort) is not None:
            pairs = [(x, y) for x in self.values(left) for y in self.values(right)]
            return frozenset(_compare(e.kind, x, y) for x, y in pairs)
        if not is_ordered(left.sort):
            return self.atom(("equal", min(a, b), max(a, b)), EITHER)
        signs = frozenset({_BELOW, _EQUAL, _ABOVE})
        turned = a > b
        if right.kind is Kind.CONST:
            signs -= {_ABOVE if turned else _BELOW}
        elif left.kind is Kind.CONST:
            signs -= {_BELOW if turned else _ABOVE}
        found = self.atom(("order", min(a, b), max(a, b)), signs)
        return frozenset(_compare(e.kind, -int(s) if turned else int(s), 0) for s in found)


def _read(exprs: Iterable[Expr]) -> frozenset[str]:
    return frozenset(e.data for x in exprs for e in walk(x) if e.kind is Kind.VAR)


def _compare(kind: Kind, x: Value, y: Value) -> bool:
    if kind is Kind.EQ:
        return x == y
    return int(x) < int(y) if kind is Kind.LT else int(x) <= int(y)


class _TooManyWorlds(Exception):
    """A question that would take too long to answer; it is then answered with "maybe"."""


class Partial:
    """The partial evaluator of one spec.

    `known` gives the values of some of the node's variables of finite sorts. What a question does
    not read makes no difference to its answer, so it is answered once for all values of that.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.keys = Keys()
        me = Expr(Kind.ME, NODE)
        self._guards = {t.label: t.guard for t in spec.transitions}
        self._answers: dict[Hashable, frozenset[str]] = {}
        self._outcomes: dict[Hashable, frozenset[tuple[Value, ...]]] = {}
        self._reads = cache(self._read_by)
        self._guards_read = cache(self._read_to_answer)
        self._variables = {n: Expr(Kind.VAR, d.sort, (me,), n) for n, d in spec.variables.items()}

    def answers(self, event: type[Event], known: Mapping[str, Value]) -> frozenset[str]:
        """Return the labels of the transitions that may answer `event`."""
        rules, refusals = self.spec.rules_of(event), self.spec.refusals_of(event)
        read = self._guards_read(event.__name__)
        told = {name: value for name, value in known.items() if name in read}
        asked = (event.__name__, *told.items())
        if asked not in self._answers:
            self._answers[asked] = self._answered(rules, refusals, told)
        return self._answers[asked]

    def _answered(
        self,
        rules: Sequence[Transition],
        refusals: Sequence[Transition],
        known: Mapping[str, Value],
    ) -> frozenset[str]:
        found: set[str] = set()

        def decide(e: Evaluation) -> bool:
            verdicts = [e.values(self._guards[rule.label]) for rule in rules]
            if EITHER in verdicts:
                return False
            holding = [r.label for r, v in zip(rules, verdicts, strict=True) if v == TRUE]
            found.update(holding)
            if holding:
                return True
            for refusal in refusals:
                verdict = e.values(self._guards[refusal.label])
                if verdict == TRUE:
                    found.add(refusal.label)
                if verdict != FALSE:
                    return verdict == TRUE
            return True

        try:
            self._visit(self._world(known), decide)
        except _TooManyWorlds:
            here = Evaluation(self.keys, self._world(known))
            return frozenset(
                t.label for t in (*rules, *refusals) if here.values(self._guards[t.label]) != FALSE
            )
        return frozenset(found)

    def may(self, condition: Expr, known: Mapping[str, Value]) -> bool:
        """Tell whether `condition` may hold."""
        return bool(self._results(condition, [], self._world(known)))

    def outcomes(
        self, transition: Transition, known: Mapping[str, Value], names: tuple[str, ...]
    ) -> frozenset[tuple[Value, ...]]:
        """Return the values that the variables `names` may have after `transition`.

        A refusal is taken by its own guard alone, as if it were asked first.
        """
        read, updates = self._reads(transition.label), transition.updates
        kept = {n: known[n] for n in names if n in known and n not in read and n not in updates}
        rest = [name for name in names if name not in kept]
        told = {name: value for name, value in known.items() if name not in kept}
        asked = (transition.label, names, *told.items())
        if asked not in self._outcomes:
            after = [updates.get(name, self._variables[name]) for name in rest]
            guard, world = self._guards[transition.label], self._world(told)
            self._outcomes[asked] = self._results(guard, after, world)
        if not kept:
            return self._outcomes[asked]
        found = (dict(zip(rest, one, strict=True)) | kept for one in self._outcomes[asked])
        return frozenset(tuple(one[name] for name in names) for one in found)

    def _read_by(self, label: str) -> frozenset[str]:
        """Return the variables that a transition's guard and updates read."""
        return _read((self._guards[label], *self.spec.by_label[label].updates.values()))

    def _read_to_answer(self, name: str) -> frozenset[str]:
        """Return the variables that the guards read of all that may answer an event."""
        event = self.spec.events[name]
        ways = (*self.spec.rules_of(event), *self.spec.refusals_of(event))
        return _read(self._guards[t.label] for t in ways)

    def first(self, names: tuple[str, ...]) -> frozenset[tuple[Value, ...]]:
        """Return the values that the variables `names` may have at the start."""
        init = [self.spec.variables[name].init for name in names]
        return self._results(Expr(Kind.CONST, BOOL, (), True), init, {})

    def reachable(self, names: tuple[str, ...]) -> frozenset[tuple[Value, ...]]:
        """Return the values that `names` may have together in a run, crashes included."""
        found = set(self.first(names))
        todo = list(found)
        steps = [t for t in self.spec.transitions if set(names) & set(t.updates)]
        while todo:
            known = dict(zip(names, todo.pop(), strict=True))
            for t in steps:
                for after in self.outcomes(t, known, names) - found:
                    found.add(after)
                    todo.append(after)
        return frozenset(found)

    # ---------------------------------------------------------------- worlds

    def _world(self, known: Mapping[str, Value]) -> World:
        """Return the world in which just `known` is known."""
        return {
            ("term", self.keys.key(self._variables[name]), 0): frozenset({value})
            for name, value in known.items()
        }

    def _results(
        self, guard: Expr, after: list[Expr], world: World
    ) -> frozenset[tuple[Value, ...]]:
        """Return what the values of `after` may be where `guard` holds."""
        found: set[tuple[Value, ...]] = set()

        def decide(e: Evaluation) -> bool:
            verdict = e.values(guard)
            if verdict != TRUE:
                return verdict == FALSE
            results = [e.values(x) for x in after]
            if any(len(r) > 1 for r in results):
                return False
            found.add(tuple(next(iter(r)) for r in results))
            return True

        try:
            self._visit(world, decide)
        except _TooManyWorlds:
            here = Evaluation(self.keys, world)
            return frozenset(itertools.product(*(here.values(x) for x in after)))
        return frozenset(found)

    def _visit(self, world: World, decide: Callable[[Evaluation], bool]) -> None:
        """Show `decide` worlds below `world` until it decides all; where not, one atom is split."""
        stack = [world]
        for _ in range(MOST_WORLDS):
            if not stack:
                return
            here = stack.pop()
            evaluation = Evaluation(self.keys, here)
            if not decide(evaluation):
                atom, possible = next(iter(evaluation.open.items()))
                stack += [{**here, atom: frozenset({v})} for v in sorted(possible, key=str)]
        raise _TooManyWorlds


def followed(spec: Spec) -> tuple[str, ...]:
    """Return the variables to follow through a run: role, states, and finite durable ones."""
    first = list(spec.control)
    more = [n for n, d in spec.variables.items() if d.durable and domain(d.sort) is not None]
    return tuple(dict.fromkeys(first + more))
