"""The Z3 model of a spec, run on concrete values.

Belongs here: from each transition's Z3 relation to Python functions, and what they tell of one step
of one node. Never here: the meaning of Z3 terms (`z3_text`), or comparing with the other readings
(`comparison`).

    model = CompiledModel(spec)
    rows = model.event("Vote")
    guards = rows.guards(before, fields, me, sender, config)     # every clause, every row
    rows[label].holds(before, fields, after, me, sender, config) # is this step in the relation?

A value that a transition chooses freely above another (`fresh`) is taken to be the next one, which
is what a node takes; that it is one of the values the proof allows is part of the relation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import z3

from checkers.conformance.z3_text import Symbol, Terms, Writer, compile_function
from model.evaluate import Packet
from model.evaluate.values import default_of
from model.lang import Spec
from model.lang.expr import Expr
from model.lang.sorts import (
    MapSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)
from model.lang.spec import Transition, initial_value
from model.smt import LocalRelation, Vocabulary

Value: TypeAlias = Any
Values: TypeAlias = Mapping[str, Value]

# The parameters of the compiled functions: the node's variables before, the event's fields, the
# variables after, the node, the sender, the configuration.
STEP = "b, e, me, sender, c"
WHOLE_STEP = "b, e, a, me, sender, c"


class Nearest(NamedTuple):
    """The clause that stands between an event and the rule that came nearest to accepting it."""

    rule: str
    clause: int


@dataclass(slots=True)
class Guards:
    """What the model says of an event before any row is chosen.

    `clauses` holds each rule's clause values by its label; `enabled` the labels of the rows, rules
    and refusals alike, whose whole condition holds: exactly one in a spec that answers everything.
    """

    clauses: dict[str, tuple[bool, ...]]
    enabled: list[str]

    def nearest(self) -> Nearest | None:
        """Return the first false clause of the rule whose first false clause comes last."""
        best: Nearest | None = None
        for rule, values in self.clauses.items():
            at = values.index(False) if False in values else len(values)
            if at < len(values) and (best is None or at > best.clause):
                best = Nearest(rule, at)
        return best


@dataclass(slots=True)
class Effects:
    """What a row sends and replies, according to the model."""

    sends: list[Packet]
    reply: dict[str, Value]


class CompiledRow:
    """One transition's Z3 relation as Python functions."""

    def __init__(self, transition: Transition, relation: LocalRelation, symbols: _Symbols) -> None:
        self.transition = transition
        self.relation = relation
        self.label = transition.label
        reply = transition.reply
        self.reply = None if reply is None else reply.decl.__name__
        self._messages = [(name, sort) for name, _, sort, _ in relation.sends]
        self._reply_names = [name for name, _, _ in relation.reply]
        self._symbols = symbols

    @cached_property
    def holds(self) -> Callable[..., bool]:
        """Tell whether a step is in the relation: `holds(before, fields, after, me, ...)`."""
        writer = self._symbols.writer(self.relation)
        (text,) = writer.write([self.relation.formula()])
        made: Callable[..., bool] = compile_function("holds", WHOLE_STEP, writer.lines, text)
        return made

    @cached_property
    def values_sent(self) -> Callable[..., Any]:
        """Return the destination and the fields of each send, and the fields of the reply."""
        writer = self._symbols.writer(self.relation)
        values = [
            (to_sort, to, message.parts.values(), fields)
            for (_, to, to_sort, fields), message in zip(
                self.relation.sends, (s.message for s in self.transition.sends), strict=True
            )
        ]
        shapes: list[tuple[Sort, Any]] = []
        for to_sort, to, parts, fields in values:
            shapes.append((to_sort, to))
            shapes += [(part.sort, value) for part, value in zip(parts, fields, strict=True)]
        shapes += [(sort, value) for _, sort, value in self.relation.reply]
        texts = iter(writer.write([t for _, value in shapes for t in Vocabulary.flat(value)]))
        written = iter([assembled(sort, texts) for sort, _ in shapes])
        sends = [
            f"({next(written)}, ({''.join(next(written) + ', ' for _ in fields)}))"
            for _, _, _, fields in values
        ]
        replies = [next(written) for _ in self.relation.reply]
        result = f"({''.join(s + ', ' for s in sends)}), ({''.join(r + ', ' for r in replies)})"
        made: Callable[..., Any] = compile_function("effects", STEP, writer.lines, result)
        return made

    def effects(
        self, before: Values, fields: Values, me: str, sender: str | None, config: Values
    ) -> Effects:
        """Return what it sends, in its order and to receivers by name, and the reply's fields."""
        sends, reply = self.values_sent(before, fields, me, sender, config)
        packets: list[Packet] = []
        for (name, to_sort), (to, values) in zip(self._messages, sends, strict=True):
            if isinstance(to_sort, SetSort):
                receivers: list[str] = sorted(to)
            else:
                receivers = [] if to is None else [to]
            packets += [Packet(name, me, receiver, values) for receiver in receivers]
        return Effects(packets, dict(zip(self._reply_names, reply, strict=True)))


class CompiledEvent:
    """The rows that can answer one event."""

    def __init__(self, rules: list[CompiledRow], refusals: list[CompiledRow], symbols: _Symbols):
        self.rows = {row.label: row for row in (*rules, *refusals)}
        labels = list(self.rows)
        writer = symbols.writer(*(row.relation for row in self.rows.values()))
        counts = [(rule.label, len(rule.relation.clauses)) for rule in rules]
        texts = iter(
            writer.write(
                [c for rule in rules for c in rule.relation.clauses]
                + [row.relation.enabled for row in self.rows.values()]
            )
        )
        clauses = ", ".join(
            f"{label!r}: ({''.join(next(texts) + ', ' for _ in range(count))})"
            for label, count in counts
        )
        enabled = "".join(next(texts) + ", " for _ in labels)
        result = f"{{{clauses}}}, ({enabled})"
        self._guards = compile_function("guards", STEP, writer.lines, result)
        self._labels = labels

    def __getitem__(self, label: str) -> CompiledRow:
        return self.rows[label]

    def guards(
        self, before: Values, fields: Values, me: str, sender: str | None, config: Values
    ) -> Guards:
        """Return the value of every clause of every rule, and the rows that are enabled."""
        clauses, enabled = self._guards(before, fields, me, sender, config)
        return Guards(
            clauses, [label for label, on in zip(self._labels, enabled, strict=True) if on]
        )


class CompiledModel:
    """The Z3 model of a spec, one node and one step at a time."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.vocabulary = Vocabulary(spec)
        self._symbols = _Symbols(spec, self.vocabulary)
        self._relations: dict[str, LocalRelation] = {}
        self._events: dict[str, CompiledEvent] = {}
        (crash,) = (t for t in spec.transitions if t.kind == "environment")
        self.crash = self._row(crash)
        self._initial = self._compile_initial()

    def relation(self, label: str) -> LocalRelation:
        """Return the Z3 relation of the transition with this label."""
        if label not in self._relations:
            transition = self.spec.by_label[label]
            self._relations[label] = LocalRelation(self.spec, transition, self.vocabulary)
        return self._relations[label]

    def event(self, name: str) -> CompiledEvent:
        """Return the rows of the event called `name`."""
        found = self._events.get(name)
        if found is None:
            event = self.spec.events[name]
            rules = [self._row(t) for t in self.spec.rules_of(event)]
            refusals = [self._row(t) for t in self.spec.refusals_of(event)]
            found = self._events[name] = CompiledEvent(rules, refusals, self._symbols)
        return found

    def initial(self, me: str, config: Values) -> dict[str, Value]:
        """Return the first values of the variables of `me`."""
        values: dict[str, Value] = self._initial({}, {}, me, None, config)
        return values

    def _row(self, transition: Transition) -> CompiledRow:
        return CompiledRow(transition, self.relation(transition.label), self._symbols)

    def _compile_initial(self) -> Callable[..., Any]:
        relation = self.relation(self.crash.label)
        writer = self._symbols.writer(relation)
        values = {n: relation.t.value(initial_value(self.spec, n)) for n in self.spec.variables}
        texts = iter(writer.write([t for v in values.values() for t in Vocabulary.flat(v)]))
        entries = [
            f"{name!r}: {assembled(self.spec.variables[name].sort, texts)}" for name in values
        ]
        made: Callable[..., Any] = compile_function(
            "initial", STEP, writer.lines, f"{{{', '.join(entries)}}}"
        )
        return made


# ---------------------------------------------------------------- what the constants stand for


class _Symbols:
    """The concrete meaning of the constants of a spec's Z3 relations."""

    def __init__(self, spec: Spec, vocabulary: Vocabulary) -> None:
        self._terms = Terms()
        self.constants = dict(_finite_constants(spec, vocabulary))
        self._common: dict[str, Symbol] = {"me": "me", "sender": "sender"}
        self._functions: dict[str, str] = {}
        for sort in _all_sorts(spec):
            if isinstance(sort, MapSort):
                self._functions |= map_functions(sort, vocabulary)
        for name, decl in spec.variables.items():
            self._common |= components(f"before.{name}", f"b[{name!r}]", decl.sort)
            self._common |= components(f"after.{name}", f"a[{name!r}]", decl.sort)
        for name, part in spec.config.parts.items():
            self._common |= components(f"config.{name}", f"c[{name!r}]", part.sort)
        for sort in _all_sorts(spec):
            match sort:
                case OrderSort():
                    self._common[f"zero of {sort.name}"] = repr(default(sort))
                case SetSort() | MapSort():
                    self._common[f"empty.{sort.name}"] = "frozenset()"
                case MaybeSort():
                    self._common |= components(
                        f"nothing.{sort.name}", repr(default(sort.of)), sort.of
                    )

    def writer(self, *relations: LocalRelation) -> Writer:
        """Return a writer that knows the constants of these relations, all of one event."""
        found = dict(self._common)
        for relation in relations:
            event = relation.transition.event
            for name, part in (event.parts if event is not None else {}).items():
                found |= components(f"event.{name}", f"e[{name!r}]", part.sort)
            for constant, (expr, base) in relation.fresh.items():
                found[constant] = (_next_value(expr), [base])
        return Writer(self._terms, found, self.constants, self._functions)


def _next_value(fresh: Expr) -> str:
    assert isinstance(fresh.sort, OrderSort)
    return "({0}[0] + 1, me)" if fresh.sort.owned else "({0} + 1)"


def components(name: str, text: str, sort: Sort) -> dict[str, Symbol]:
    """Return the text of each unstructured part of a value, by the name of its Z3 constant."""
    match sort:
        case StructSort():
            found: dict[str, Symbol] = {}
            for at, (part, inner) in enumerate(sort.parts):
                found |= components(f"{name}.{part}", f"{text}[{at}]", inner)
            return found
        case MaybeSort():
            # Where there is no value its constant may be anything of the sort.
            value = f"({default(sort.of)!r} if {text} is None else {text})"
            return {
                f"{name}.known": f"({text} is not None)",
                **components(f"{name}.value", value, sort.of),
            }
        case _:
            return {name: text}


def map_functions(sort: MapSort, vocabulary: Vocabulary) -> dict[str, str]:
    """Return the templates of reading and of changing a map, by the names of their functions."""
    keys = len(vocabulary.components(sort.key))
    held = len(vocabulary.components(sort.to))
    key = assembled(sort.key, iter([f"{{{i}}}" for i in range(1, 1 + keys)]))
    item = assembled(sort.to, iter([f"{{{i}}}" for i in range(1 + keys, 1 + keys + held)]))
    least = repr(default_of(sort.to))
    found = components(f"at.{sort.name}", f"dict({{0}}).get({key}, {least})", sort.to)
    pairs = f"((k, v) for k, v in (dict({{0}}) | dict([({key}, {item})])).items() if v != {least})"
    return {**{n: str(text) for n, text in found.items()}, f"put.{sort.name}": f"frozenset{pairs}"}


def assembled(sort: Sort, texts: Iterator[str]) -> str:
    """Return the text of a whole value from the texts of its parts, in their order."""
    match sort:
        case StructSort():
            return f"({''.join(assembled(part, texts) + ', ' for _, part in sort.parts)})"
        case MaybeSort():
            known = next(texts)
            return f"({assembled(sort.of, texts)} if {known} else None)"
        case _:
            return next(texts)


def default(sort: Sort) -> Value:
    """Return some value of a sort, the least one where there is one."""
    match sort:
        case OrderSort():
            return (0, "") if sort.owned else 0
        case StructSort():
            return tuple(default(part) for _, part in sort.parts)
        case MaybeSort():
            return None
        case SetSort() | MapSort():
            return frozenset()
        case SumSort():
            return sort.leaves[0]
        case RangeSort():
            return 0
        case _:
            return ""


def _finite_constants(spec: Spec, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    for sort in _all_sorts(spec):
        values: tuple[Value, ...]
        match sort:
            case SumSort():
                values = sort.leaves
            case RangeSort():
                values = tuple(range(sort.top + 1))
            case _:
                continue
        for value in values:
            yield vocabulary.constant(sort, value).decl().name(), repr(value)


def _all_sorts(spec: Spec) -> list[Sort]:
    """Return every sort that the spec declares, each once."""
    declared = [getattr(d, "sort", None) for d in (*spec.sums.values(), *spec.sorts.values())]
    return [sort for sort in dict.fromkeys(declared) if isinstance(sort, Sort)]


def is_satisfiable(*formulas: z3.BoolRef, timeout_ms: int = 10_000) -> bool | None:
    """Ask the solver; None where it does not know."""
    solver = z3.Solver()
    solver.set(timeout=timeout_ms)
    solver.add(*formulas)
    answer = solver.check()
    return None if answer == z3.unknown else bool(answer == z3.sat)
