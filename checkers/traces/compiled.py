"""The evaluator, faster: what many records ask for is written as Python text, and compiled.

Belongs here: from an expression of one node to the text of the same expression. Never here: another
meaning; whatever has no text here (quantifiers, messages sent, ghosts, maps, fresh values) is left
to the evaluator's own closures, and a test holds each of the two against the other.

Compiling takes longer than a short recording does, so an event is compiled once it is frequent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import Any

from checkers.traces.formulas import mentions
from checkers.traces.unchanged import conjuncts
from model.evaluate import Evaluator, Event
from model.evaluate.evaluator import StepFormula
from model.evaluate.node import CompiledGhost, CompiledTransition
from model.evaluate.search import is_relational
from model.evaluate.terms import Closure, Frame, Scope, TermCompiler
from model.evaluate.values import zero_value
from model.lang import Spec
from model.lang.declare import GhostUpdate
from model.lang.expr import Expr, Kind
from model.lang.sorts import NODE, OrderSort, RangeSort, StructSort
from model.lang.spec import Statement

FREQUENT = 100
"""So often an event occurs before its rows are compiled."""


class Text:
    """Writes expressions as Python text; values that have no text are constants by name."""

    def __init__(self, terms: TermCompiler | None = None, scope: Scope | None = None) -> None:
        """Begin. What has no text is left to `terms`; `scope` has the slots of quantified names."""
        self.space: dict[str, Any] = {"majority": _majority}
        self._lines: list[str] = []
        self._terms = terms if terms is not None else TermCompiler()
        self._scope: Scope = scope if scope is not None else {}
        self._columns: dict[str, str] = {}
        """Texts of the quantified names that are columns of a row."""

    def function(self, e: Expr) -> str:
        """Add a function of a frame that computes `e`; return its name."""
        name = f"f{len(self._lines)}"
        self._lines.append(f"def {name}(f):\n    return {self.write(e)}\n")
        return name

    def first_false(self, clauses: Sequence[Expr]) -> str:
        """Add a function that tells the first of some clauses that is false; return its name."""
        name = f"f{len(self._lines)}"
        tests = [f"    if not {self.write(e)}: return {at}\n" for at, e in enumerate(clauses)]
        self._lines.append(f"def {name}(f):\n{''.join(tests)}    return {len(clauses)}\n")
        return name

    def rows(self, update: GhostUpdate) -> str | None:
        """Add a function that lists the rows a ghost update adds, each once; return its name.

        None where a row comes of more than the rows of one ghost and tests of what is in them.
        """
        name = f"f{len(self._lines)}"
        if update.where is None:
            self._lines.append(f"def {name}(f):\n    return [{self._tuple(update.args)}]\n")
            return name
        atom, *tests = conjuncts([update.where])
        asked = (*atom.args, *tests, *update.args)
        if atom.kind is not Kind.GHOST or any(is_relational(e) or _is_beyond(e) for e in asked):
            return None
        columns: dict[str, str] = {}
        keys: dict[int, Expr] = {}
        for at, arg in enumerate(atom.args):
            if arg.kind is Kind.BOUND and arg.data not in columns:
                columns[arg.data] = f"r[{at}]"
            elif mentions(arg, Kind.BOUND):
                return None
            else:
                keys[at] = arg
        if columns.keys() != dict(update.bound).keys():
            return None
        self._columns = columns
        rows = f"f.state.ghosts[{atom.data!r}].rows"
        if keys:
            rows = f"f.state.ghosts[{atom.data!r}].having({(*keys,)}, {self._tuple(keys.values())})"
        # A name that no process has: no quantifier speaks of it.
        known = [f"{columns[n]} in f.state.nodes" for n, sort in update.bound if sort == NODE]
        test = " and ".join([*known, *map(self.write, tests)]) or "True"
        made = f"{{{self._tuple(update.args)}: None for r in {rows} if {test}}}"
        self._lines.append(f"def {name}(f):\n    return list({made})\n")
        self._columns = {}
        return name

    def _tuple(self, parts: Iterable[Expr]) -> str:
        return f"({''.join([self.write(e) + ', ' for e in parts])})"

    def compiled(self) -> dict[str, Any]:
        """Compile the functions added so far; return them by name."""
        exec(compile("".join(self._lines), "<rules of a spec>", "exec"), self.space)
        return self.space

    def constant(self, value: object) -> str:
        """Return the name of a constant."""
        name = f"k{len(self.space)}"
        self.space[name] = value
        return name

    def write(self, e: Expr) -> str:
        """Return the text of an expression."""
        match e.kind:
            case Kind.ME:
                return "f.me"
            case Kind.SENDER:
                return "f.sender"
            case Kind.FIELD:
                return f"f.fields[{e.data!r}]"
            case Kind.CONFIG:
                return f"f.config[{e.data!r}]"
            case Kind.VAR if e.args[0].kind is Kind.ME:
                return f"f.local[{e.data!r}]"
            case Kind.BOUND if e.data in self._columns:
                return self._columns[e.data]
            case Kind.BOUND:
                return f"f.bound[{self._scope[e.data]}]"
            case Kind.VAR if e.args[0].kind is Kind.BOUND:
                return f"f.state.nodes[{self.write(e.args[0])}][{e.data!r}]"
            case Kind.NEXT:
                return f"f.after[{e.data!r}]"
            case Kind.CONST:
                zero = isinstance(e.sort, OrderSort)
                return repr(zero_value(e.sort)) if zero else repr(e.data)  # type: ignore[arg-type]
            case Kind.EMPTY:
                return self.constant(frozenset())
            case Kind.NONE:
                return "None"
            case Kind.AND | Kind.OR if e.args:
                sign = " and " if e.kind is Kind.AND else " or "
                return f"({sign.join(map(self.write, e.args))})"
            case _ if e.kind in _WRITERS and not is_relational(e):
                return _WRITERS[e.kind](self, e, [self.write(a) for a in e.args])
            case _:
                return f"{self.constant(self._terms.compile(e, self._scope))}(f)"


def _majority(some: frozenset[str], whole: frozenset[str]) -> bool:
    return 2 * len(some & whole) > len(whole)


def _up(t: Text, e: Expr, a: list[str]) -> str:
    assert isinstance(e.sort, RangeSort)
    return f"min({a[0]} + 1, {e.sort.top})"


def _get(t: Text, e: Expr, a: list[str]) -> str:
    sort = e.args[0].sort
    assert isinstance(sort, StructSort)
    return f"{a[0]}[{[name for name, _ in sort.parts].index(e.data)}]"


_WRITERS: dict[Kind, Callable[[Text, Expr, list[str]], str]] = {
    Kind.EQ: lambda t, e, a: f"({a[0]} == {a[1]})",
    Kind.LT: lambda t, e, a: f"({a[0]} < {a[1]})",
    Kind.LE: lambda t, e, a: f"({a[0]} <= {a[1]})",
    Kind.NOT: lambda t, e, a: f"(not {a[0]})",
    Kind.IMPLIES: lambda t, e, a: f"(not {a[0]} or {a[1]})",
    Kind.ITE: lambda t, e, a: f"({a[1]} if {a[0]} else {a[2]})",
    Kind.IS: lambda t, e, a: f"({a[0]} in {t.constant(e.data)})",
    Kind.MAP: lambda t, e, a: f"{t.constant(dict(e.data))}[{a[0]}]",
    Kind.UP: _up,
    Kind.HAS: lambda t, e, a: f"({a[1]} in {a[0]})",
    Kind.ADD: lambda t, e, a: f"({a[0]} | {{{a[1]}}})",
    Kind.REMOVE: lambda t, e, a: f"({a[0]} - {{{a[1]}}})",
    Kind.UNION: lambda t, e, a: f"({a[0]} | {a[1]})",
    Kind.SUBSET: lambda t, e, a: f"({a[0]} <= {a[1]})",
    Kind.MAJORITY: lambda t, e, a: f"majority({a[0]}, {a[1]})",
    Kind.OWNER: lambda t, e, a: f"{a[0]}[1]",
    Kind.STRUCT: lambda t, e, a: f"({', '.join(a)},)",
    Kind.GET: _get,
    Kind.SOME: lambda t, e, a: a[0],
    Kind.KNOWN: lambda t, e, a: f"({a[0]} is not None)",
}


def _is_beyond(e: Expr) -> bool:
    """Tell whether some part that mentions quantified names has no text."""
    if e.kind is Kind.BOUND or not mentions(e, Kind.BOUND):
        return False
    has_text = e.kind in _WRITERS or e.kind in (Kind.AND, Kind.OR)
    return not has_text or any(map(_is_beyond, e.args))


class FastGhost(CompiledGhost):
    """One ghost update of a row, compiled where it has a text."""

    def __init__(self, update: GhostUpdate) -> None:
        super().__init__(update)
        text = Text()
        name = text.rows(update)
        if name is not None:
            setattr(self, "rows", text.compiled()[name])  # noqa: B010  # in place of a method


def closure(e: Expr, scope: Scope, terms: TermCompiler) -> Closure:
    """Return what computes an expression with quantified names in sight."""
    text = Text(terms, scope)
    name = text.function(e)
    made: Closure = text.compiled()[name]
    return made


class FastEvaluator(Evaluator):
    """The evaluator; the rows of frequent events, and properties of steps, are compiled."""

    def __init__(self, spec: Spec, frequent: int = FREQUENT) -> None:
        super().__init__(spec)
        self._frequent = frequent
        self._seen: Counter[str] = Counter()
        self._fast: set[str] = set()

    def _rows(self, event: Event) -> tuple[list[CompiledTransition], list[CompiledTransition]]:
        name = event.name
        if name not in self._fast:
            self._seen[name] += 1
            if self._seen[name] > self._frequent and name in self.events:
                self._fast.add(name)
                rules, refusals = self.events[name]
                fast = _compiled([*rules, *refusals])
                self.events[name] = (fast[: len(rules)], fast[len(rules) :])
        return super()._rows(event)

    def step_formula(self, statement: Statement, label: str) -> StepFormula | None:
        """Return a step property's formula for one transition; None where it is plainly true."""
        formula = statement.per_transition.get(label)
        if formula is None or is_relational(formula):
            return super().step_formula(statement, label)
        if formula.kind is Kind.CONST and formula.data is True:
            return None
        return _FastFormula(formula)


class _FastFormula(StepFormula):
    def __init__(self, formula: Expr) -> None:
        text = Text()
        name = text.function(formula)
        self._fast: Closure = text.compiled()[name]

    def holds(self, f: Frame) -> bool:
        """Tell whether it holds of a frame with the node before and after."""
        return bool(self._fast(f))


def _compiled(rows: list[CompiledTransition]) -> list[CompiledTransition]:
    """Return rows that do the same, faster."""
    text = Text()
    found = []
    for row in rows:
        t = row.source
        made = copy(row)
        names = [text.function(c.expr) for c in t.clauses]
        first = text.first_false([c.expr for c in t.clauses])
        updates = [(n, text.function(e)) for n, e in t.updates.items()]
        reply = [] if t.reply is None else t.reply.fields.items()
        told = [(n, text.function(e)) for n, e in reply]
        sends = []
        for send, out in zip(row.sends, t.sends, strict=True):
            fields = [text.function(e) for e in out.fields.values()]
            sends.append((copy(send), text.function(out.to), fields))
        made.ghosts = [FastGhost(update) for update in t.ghosts]
        found.append((made, names, first, updates, told, sends))
    space = text.compiled()
    for made, names, first, updates, told, sends in found:
        setattr(made, "first_false", space[first])  # noqa: B010  # in place of a method
        made.clauses = [space[n] for n in names]
        made.updates = [(v, space[n]) for v, n in updates]
        made.reply_fields = [(v, space[n]) for v, n in told]
        made.sends = [send for send, _, _ in sends]
        for send, to, fields in sends:
            send.to = space[to]
            send.fields = [space[n] for n in fields]
    return [made for made, *_ in found]
