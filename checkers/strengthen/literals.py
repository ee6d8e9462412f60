"""The words of candidates: what can be said of a context's variables, in the spec's own vocabulary.

Belongs here: building literals from declarations, guards and rules. Never here: which of them hold
(`mine`), or which contexts there are (`contexts`).

Every literal comes from what the spec itself declares or writes: its variables compared with one
another, the clauses of its guards, the ghosts and messages that its rules record together.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from model.lang import Spec
from model.lang.declare import Message, sent
from model.lang.expr import Expr, Kind, same, show, walk
from model.lang.sorts import (
    BOOL,
    NODE,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
    is_ordered,
)
from model.lang.source import NOWHERE
from model.lang.spec import Transition

MOST_FILLINGS = 48
"""In how many ways a ghost's columns are filled with a context's terms."""
LEARNED = -4
"""How near a literal is that a rule's own guard and updates spell out."""
UNWRITABLE = frozenset({Kind.MAP, Kind.UP, Kind.FRESH, Kind.ITE, Kind.FIELD, Kind.SENDER})
"""What no literal is made of: it speaks of an event, or has no plain text."""


@dataclass(frozen=True, eq=False)
class Literal:
    """A condition on a context's variables.

    `premise`: may stand before `implies`; `negatable`: its negation is worth asserting, too;
    `odd`: how far it is from what the spec's rules say together (what a rule itself says: below 0).
    """

    expr: Expr
    premise: bool = False
    negatable: bool = True
    odd: int = 0


def tree(kind: Kind, sort: Sort, args: tuple[Expr, ...] = (), data: Any = None) -> Expr:
    """Return a node of the tree that stands nowhere in a source; finding its place costs time."""
    return Expr(kind, sort, args, data, NOWHERE)


def bound(name: str, sort: Sort) -> Expr:
    """Return the variable `name`."""
    return tree(Kind.BOUND, sort, (), name)


def var(spec: Spec, name: str, node: Expr) -> Expr:
    """Return variable `name` of `node`."""
    return tree(Kind.VAR, spec.variables[name].sort, (node,), name)


def at(expr: Expr, node: Expr) -> Expr:
    """Return `expr` with `node` in place of `me`."""
    if expr.kind is Kind.ME:
        return node
    if not expr.args:
        return expr
    return expr.with_args(tuple(at(a, node) for a in expr.args))


def of_me(expr: Expr) -> bool:
    """Tell whether it speaks of `me` and constants alone, in words a lemma can use."""
    return not any(n.kind in UNWRITABLE for n in walk(expr))


def worded(expr: Expr) -> str:
    """Return an expression's text, the same for `a > b` and `b < a`."""

    def visit(e: Expr) -> Expr:
        return tree(e.kind, e.sort, tuple(visit(a) for a in e.args), e.data)

    return show(visit(expr))


def conjuncts(expr: Expr) -> Iterator[Expr]:
    """Yield the parts of a conjunction."""
    if expr.kind is Kind.AND:
        for a in expr.args:
            yield from conjuncts(a)
    else:
        yield expr


class Words:
    """What the spec says of one node, read once."""

    def __init__(self, spec: Spec) -> None:
        """Read the guards of `spec`."""
        self.spec = spec
        self.tests: list[Expr] = []
        self.pairs: list[tuple[int, int]] = []
        known: dict[str, int] = {}
        for t in spec.transitions:
            if t.kind != "rule":
                continue
            mine = []
            for clause in t.clauses:
                for part in conjuncts(clause.expr):
                    if of_me(part) and any(n.kind is Kind.VAR for n in walk(part)):
                        text = show(part)
                        if text not in known:
                            known[text] = len(self.tests)
                            self.tests.append(part)
                        mine.append(known[text])
            self.pairs += itertools.combinations(sorted(set(mine)), 2)
        self.pairs = sorted(set(self.pairs))
        self.asked = {
            worded(part).replace("m.", "")
            for t in spec.transitions
            for c in t.clauses
            for part in conjuncts(c.expr)
        }
        self.fixed = [c for c in self.constants() if c.sort == NODE]
        self.learned = [t for t in spec.transitions if t.kind == "rule"]

    # ------------------------------------------------------------ terms

    def terms(self, node: Expr) -> list[Expr]:
        """Return the values of a node's variables, and the parts of those that have parts."""
        return [part for name in self.spec.variables for part in parts(var(self.spec, name, node))]

    def elsewhere(self) -> list[Expr]:
        """Return the values of the variables of the nodes that the configuration names."""
        return [t for c in self.fixed for t in self.terms(c)]

    def mailed(self, node_: Expr) -> Iterator[Literal]:
        """Yield messages between a node and one the configuration names, with the node's values."""
        for name, message in self.spec.messages.items():
            for other in self.fixed:
                terms = self.terms(node_)
                choices = [[t for t in terms if t.sort == d.sort] for d in message.parts.values()]
                for way in itertools.islice(itertools.product(*choices), 6):
                    for a, b in ((node_, other), (other, node_)):
                        yield Literal(tree(Kind.SENT, BOOL, (a, b, *way), name), odd=-1)

    def constants(self) -> list[Expr]:
        """Return what the configuration gives."""
        return [
            tree(Kind.CONFIG, decl.sort, (), name) for name, decl in self.spec.config.parts.items()
        ]

    # ------------------------------------------------------------ literals

    def of_node(self, node: Expr) -> Iterator[Literal]:
        """Yield what can be said of a single node."""
        for test in self.tests:
            yield Literal(at(test, node), premise=True)
        for name, decl in self.spec.variables.items():
            value, sort = var(self.spec, name, node), decl.sort
            match sort:
                case SumSort() if len(sort.leaves) <= 4:
                    for leaf in sort.leaves:
                        yield Literal(_is(value, leaf), premise=True)
                case MaybeSort():
                    yield Literal(tree(Kind.KNOWN, BOOL, (value,)))
                    if sort.of == NODE:
                        yield Literal(_equal(value, node))
                case SetSort() if sort.of == NODE:
                    yield Literal(_has(value, node))
                case RangeSort():
                    for i in range(sort.top + 1):
                        yield Literal(_equal(value, tree(Kind.CONST, sort, (), i)))
                case _ if sort == BOOL:
                    yield Literal(value, premise=True)
        for value in self.constants():
            if isinstance(value.sort, SetSort) and value.sort.of == NODE:
                yield Literal(_has(value, node), premise=True)
            elif value.sort == NODE:
                yield Literal(_equal(value, node), premise=True)

    def compared(
        self, left: list[Expr], right: list[Expr], premise: bool = False
    ) -> Iterator[Literal]:
        """Yield comparisons of a term of `left` with one of `right`; equations may be premises."""
        for a, b in itertools.product(left, right):
            if a is b or same(a, b):
                continue
            if a.sort == b.sort and is_ordered(a.sort) and not isinstance(a.sort, RangeSort):
                yield Literal(_equal(a, b), premise=premise, negatable=False)
                yield Literal(tree(Kind.LE, BOOL, (a, b)), negatable=False)
                yield Literal(tree(Kind.LT, BOOL, (a, b)), negatable=False)
                yield Literal(tree(Kind.LE, BOOL, (b, a)), negatable=False)
                yield Literal(tree(Kind.LT, BOOL, (b, a)), negatable=False)
            elif a.sort == b.sort and not isinstance(a.sort, StructSort | MaybeSort):
                if a.sort != BOOL:
                    yield Literal(_equal(a, b))
            elif isinstance(b.sort, MaybeSort) and b.sort.of == a.sort:
                yield Literal(_equal(tree(Kind.SOME, b.sort, (a,)), b, flip=True))
            elif isinstance(b.sort, SetSort) and b.sort.of == a.sort:
                yield Literal(_has(b, a))

    def of_terms(self, terms: list[Expr], nodes: list[Expr]) -> Iterator[Literal]:
        """Yield what can be said of single terms: beyond zero, owned by one of the nodes."""
        for t in terms:
            if not isinstance(t.sort, OrderSort):
                continue
            zero = tree(Kind.CONST, t.sort, (), "zero")
            yield Literal(tree(Kind.LT, BOOL, (zero, t)), negatable=False)
            if t.sort.owned:
                for n in nodes:
                    yield Literal(_equal(tree(Kind.OWNER, NODE, (t,)), n), negatable=False)

    def ghosts(self, given: list[Expr], more: list[Expr]) -> Iterator[Literal]:
        """Yield ghost atoms over the terms, what they do not tell left open."""
        for name, ghost in self.spec.ghosts.items():
            choices = []
            for i, sort in enumerate(ghost.columns):
                fits = [t for t in given if t.sort == sort] or [t for t in more if t.sort == sort]
                fits += [t for t in more if t.sort == sort and not any(t is f for f in fits)]
                choices.append([*fits, bound(f"any_{i}", sort)])
            ways = itertools.islice(itertools.product(*choices), 4 * MOST_FILLINGS)
            told = 0
            for way in sorted(ways, key=lambda w: sum(_open(a) for a in w)):
                if all(_open(a) for a in way) or told >= MOST_FILLINGS:
                    continue
                if not any(any(v is g for g in given) for a in way for v in walk(a)):
                    continue
                told += 1
                yield Literal(_closed(tree(Kind.GHOST, BOOL, tuple(way), name)), odd=-1)

    def majorities(self, some: list[Expr], whole: list[Expr]) -> Iterator[Literal]:
        """Yield that one set of nodes holds a majority of another."""
        for a, b in itertools.product(some, whole):
            if a is not b and all(
                isinstance(x.sort, SetSort) and x.sort.of == NODE for x in (a, b)
            ):
                yield Literal(tree(Kind.MAJORITY, BOOL, (a, b)), negatable=False, odd=-2)

    # ------------------------------------------------------------ what rules do together

    def counted(self, name: str, node: Expr, member: Expr) -> Iterator[Literal]:
        """Yield the messages by which a member came into set variable `name` of `node`."""
        for t in self.learned:
            added = t.updates.get(name)
            if added is None or t.event is None or t.event.__name__ not in self.spec.messages:
                continue
            if not any(n.kind is Kind.ADD and n.args[1].kind is Kind.SENDER for n in walk(added)):
                continue
            told = {f: at(e, node) for f, e in fields_told(t).items()}
            yield Literal(_sent(t, member, node, told), odd=LEARNED)

    def chosen(self, name: str, node: Expr, other: Expr) -> Iterator[Literal]:
        """Yield the messages sent when the node variable `name` of `node` became `other`."""
        for t in self.learned:
            now = t.updates.get(name)
            if now is None:
                continue
            now = now.args[0] if now.kind is Kind.SOME else now
            after = self._after(t)
            for out in t.sends:
                if same(out.to, now):
                    told = {
                        f: at(y, node) for f, e in out.fields.items() if (y := after(e)) is not None
                    }
                    yield Literal(sent(out.message, node, other, **told), odd=LEARNED)

    def _after(self, t: Transition) -> Any:
        """Return what gives for a value of the rule the variable that holds it afterwards."""
        me = tree(Kind.ME, NODE)

        def find(e: Expr) -> Expr | None:
            for name, value in t.updates.items():
                if same(value, e):
                    return var(self.spec, name, me)
            reads = {n.data for n in walk(e) if n.kind is Kind.VAR}
            if of_me(e) and not reads & set(t.updates):
                return e
            return None

        return find

    def caused(self, message: str, a: Expr, b: Expr, fields: dict[str, Expr]) -> Iterator[Literal]:
        """Yield the messages that make some rule send `message` from `a` to `b`."""
        for t in self.learned:
            if t.event is None or t.event.__name__ not in self.spec.messages:
                continue
            told = fields_told(t)
            for out in t.sends:
                if out.message.__name__ != message:
                    continue
                given = {}
                for f in t.event.parts:
                    for g, value in out.fields.items():
                        echoed = value.kind is Kind.FIELD and value.data == f
                        if echoed or (f in told and same(told[f], value)):
                            given[f] = fields[g]
                source = b if out.to.kind is Kind.SENDER else bound("any_source", NODE)
                atom = _sent(t, source, a, given)
                if source is not b:
                    atom = tree(Kind.EXISTS, BOOL, (atom,), (("any_source", NODE),))
                yield Literal(atom, odd=LEARNED)

    def recorded(self, ghost: str, values: list[Expr], member: Expr, at_: int) -> Iterator[Literal]:
        """Yield the message by which `member` came into the set in column `at_` of a ghost."""
        for t in self.learned:
            if t.event is None or t.event.__name__ not in self.spec.messages:
                continue
            for update in t.ghosts:
                if update.relation.name != ghost or update.where is not None:
                    continue
                told = update.args[at_]
                if told.kind is not Kind.ADD or told.args[1].kind is not Kind.SENDER:
                    continue
                given = {}
                for f, e in fields_told(t).items():
                    for column, arg in zip(values, update.args, strict=True):
                        if same(arg, e):
                            given[f] = column
                nodes = [
                    column
                    for column, arg in zip(values, update.args, strict=True)
                    if arg.kind is Kind.ME
                ]
                if nodes:
                    yield Literal(_sent(t, member, nodes[0], given), odd=LEARNED)
                    continue
                who = bound("any_node", NODE)
                body = _sent(t, member, who, given)
                told_ = tree(Kind.EXISTS, BOOL, (body,), (("any_node", NODE),))
                yield Literal(told_, odd=LEARNED)


def _sent(t: Transition, source: Expr, destination: Expr, given: dict[str, Expr]) -> Expr:
    """Return that the message which `t` answers was sent."""
    assert t.event is not None and issubclass(t.event, Message)
    return sent(t.event, source, destination, **given)


def fields_told(t: Transition) -> dict[str, Expr]:
    """Return the event's fields that the guard says equal something of `me`."""
    found: dict[str, Expr] = {}
    for clause in t.clauses:
        for part in conjuncts(clause.expr):
            if part.kind is not Kind.EQ:
                continue
            for a, b in (part.args, part.args[::-1]):
                if not of_me(b):
                    continue
                if a.kind is Kind.FIELD:
                    found.setdefault(a.data, b)
                elif a.kind is Kind.STRUCT:
                    assert isinstance(a.sort, StructSort)
                    for (name, sort), piece in zip(a.sort.parts, a.args, strict=True):
                        if piece.kind is Kind.FIELD:
                            found.setdefault(piece.data, tree(Kind.GET, sort, (b,), name))
    return found


def parts(value: Expr) -> list[Expr]:
    """Return a value and, of a struct, its parts."""
    found = [value]
    if isinstance(value.sort, StructSort):
        for name, sort in value.sort.parts:
            found += parts(tree(Kind.GET, sort, (value,), name))
    return found


def leaves_of(expr: Expr) -> tuple[str, frozenset[str]] | None:
    """Return which leaves a test allows one variable of one node, where it is just that."""
    if expr.kind is Kind.NOT:
        inner = leaves_of(expr.args[0])
        if inner is None:
            return None
        sort = _tested(expr.args[0]).sort
        assert isinstance(sort, SumSort)
        return inner[0], frozenset(sort.leaves) - inner[1]
    if expr.kind is Kind.IS and expr.args[0].kind is Kind.VAR:
        return show(expr.args[0]), expr.data
    if expr.kind is Kind.EQ and isinstance(expr.args[0].sort, SumSort):
        a, b = expr.args
        if a.kind is Kind.VAR and b.kind is Kind.CONST:
            return show(a), frozenset({b.data})
    return None


def _tested(expr: Expr) -> Expr:
    return _tested(expr.args[0]) if expr.kind in (Kind.NOT, Kind.IS, Kind.EQ) else expr


def _is(value: Expr, leaf: str) -> Expr:
    return tree(Kind.IS, BOOL, (value,), frozenset({leaf}))


def _equal(a: Expr, b: Expr, flip: bool = False) -> Expr:
    if isinstance(a.sort, MaybeSort) and b.sort == a.sort.of:
        b = tree(Kind.SOME, a.sort, (b,))
    return tree(Kind.EQ, BOOL, (b, a) if flip else (a, b))


def _has(whole: Expr, element: Expr) -> Expr:
    return tree(Kind.HAS, BOOL, (whole, element))


def _open(e: Expr) -> bool:
    return e.kind is Kind.BOUND and str(e.data).startswith("any_")


def _closed(atom: Expr) -> Expr:
    """Quantify what an atom leaves open."""
    names = tuple((a.data, a.sort) for a in atom.args if _open(a))
    return tree(Kind.EXISTS, BOOL, (atom,), names) if names else atom
