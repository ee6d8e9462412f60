"""The text of every kind of expression in TLA+.

Belongs here: one case for each `Kind`. Never here: what a definition is called (`vocabulary`), or
what quantifiers range over in a property (`properties`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from model.lang.expr import Expr, Kind, fold_leaves, show
from model.lang.sorts import (
    BoolSort,
    MapSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)
from model.tla import layout
from model.tla.layout import (
    FALSE,
    TRUE,
    Group,
    If,
    Infix,
    Such,
    Tree,
    Word,
    apply,
    under,
)
from model.tla.vocabulary import Vocabulary, compare


class Unsupported(ValueError):
    """An expression that this generator has no text for."""


_ME, _SENDER = Word("n"), Word("m.src")


@dataclass(frozen=True)
class Frame:
    """What an expression speaks of: who acts, on which event, and the bound variables.

    `fields` are the event's by name; `fresh` are values by the identity of their FRESH expression.
    """

    me: Tree = _ME
    sender: Tree = _SENDER
    fields: Mapping[str, Tree] = field(default_factory=dict)
    bound: Mapping[str, Tree] = field(default_factory=dict)
    fresh: Mapping[int, Tree] = field(default_factory=dict)

    def binding(self, values: Mapping[str, Tree]) -> Frame:
        """Return the frame with more bound variables."""
        return replace(self, bound={**self.bound, **values})


def message_field(name: str) -> str:
    """Return a field's name in the record of a message, beside `type`, `src` and `dst`."""
    return f"{name}_" if name in ("type", "src", "dst") else name


class Terms:
    """Writes expressions; quantifiers and relations are the subclass's business."""

    def __init__(self, words: Vocabulary) -> None:
        self.words = words
        self.shared: dict[int, Tree] = {}
        """By the identity of a longer expression: its name, in the action at hand."""

    def of(self, e: Expr, f: Frame) -> Tree:
        """Return the text of an expression."""
        if id(e) in self.shared:
            return self.shared[id(e)]
        match e.kind:
            case Kind.CONST | Kind.EMPTY | Kind.NONE:
                return self.constant(e.sort, None if e.kind is Kind.NONE else _data(e))
            case Kind.ME:
                return f.me
            case Kind.SENDER:
                return f.sender
            case Kind.FIELD:
                return f.fields[e.data]
            case Kind.CONFIG:
                return Word(self.words.config(e.data))
            case Kind.BOUND:
                return f.bound[e.data]
            case Kind.VAR | Kind.NEXT:
                prime = "'" if e.kind is Kind.NEXT else ""
                return Group(
                    f"{self.words.variable(e.data)}{prime}[", (self.of(e.args[0], f),), "]"
                )
            case Kind.FRESH:
                return f.fresh.get(id(e)) or self.fresh(e, f)
            case Kind.FORALL | Kind.EXISTS | Kind.SENT | Kind.GHOST:
                return self.of_all(e, f)
            case _:
                return self._compound(e, [self.of(a, f) for a in e.args], f)

    def of_all(self, e: Expr, f: Frame) -> Tree:
        """Return the text of a quantifier or a relation."""
        raise Unsupported(f"{show(e)}: only a property may speak of it")

    def fresh(self, e: Expr, f: Frame) -> Tree:
        """Return the value that a FRESH expression starts."""
        base = self.of(e.args[0], f)
        assert isinstance(e.sort, OrderSort)
        if e.sort.owned:
            start: Tree = Round(under(base, layout.PLUS))
            return Group("<<", (start, f.me), ">>")
        return Infix("+", base, Word("1"), layout.PLUS)

    # ------------------------------------------------------------ constants

    def constant(self, sort: Sort, value: Any) -> Tree:
        """Return a constant of a sort; the value as the tree of the spec has it."""
        match sort:
            case BoolSort():
                return TRUE if value else FALSE
            case SumSort():
                return Word(f'"{value}"')
            case MaybeSort():
                return Word(self.words.none())
            case SetSort():
                return Word("{}")
            case MapSort():
                default = self.default(sort.to)
                return Such("[", Word(f"k \\in {self.words.sort(sort.key)}"), "|->", default, "]")
            case OrderSort(owned=True):
                return Word(self.words.zero_of(self.words.sort(sort)))
            case OrderSort():
                return Word("0")
        return Word(str(value))

    def default(self, sort: Sort) -> Tree:
        """Return the value that a map has where none was put."""
        if isinstance(sort, StructSort):
            parts = tuple(self.default(part) for _, part in sort.parts)
            return Group("[", parts, "]", tuple(f"{name} |-> " for name, _ in sort.parts))
        return self.constant(sort, 0 if isinstance(sort, RangeSort) else False)

    # ------------------------------------------------------------ the rest

    def _compound(self, e: Expr, a: list[Tree], f: Frame) -> Tree:
        match e.kind:
            case Kind.EQ:
                known = _compared(e.args[0], e.args[1], a)
                if known is not None:
                    return known
                if isinstance(e.args[0].sort, BoolSort) and a[0].level < layout.APPLY:
                    return Infix("<=>", a[0], a[1], layout.IMPLIES)
                return Infix("=", a[0], a[1])
            case Kind.LT | Kind.LE:
                return self._ordered(e, a)
            case Kind.NOT:
                return self._negated(e.args[0], a[0], f)
            case Kind.AND:
                return layout.junction("/\\", a)
            case Kind.OR:
                return layout.junction("\\/", a)
            case Kind.IMPLIES:
                return layout.implication(a[0], a[1])
            case Kind.ITE:
                return a[1] if a[0] == TRUE else a[2] if a[0] == FALSE else If(a[0], a[1], a[2])
            case Kind.IS:
                return self._is(e, a[0], "=", "\\in")
            case Kind.MAP:
                return Group(f"{self.words.table(e, self.constant)}[", (a[0],), "]")
            case Kind.UP:
                assert isinstance(e.sort, RangeSort)
                return apply(self.words.up(), a[0], Word(str(e.sort.top)))
            case Kind.MAJORITY:
                return apply(self.words.majority(), *a)
            case Kind.OWNER:
                return Group(f"{under(a[0], layout.PLUS).flat()}[", (Word("2"),), "]")
            case Kind.STRUCT:
                assert isinstance(e.sort, StructSort)
                return Group("[", tuple(a), "]", tuple(f"{name} |-> " for name, _ in e.sort.parts))
            case Kind.GET:
                if e.args[0].kind is Kind.STRUCT:
                    assert isinstance(e.args[0].sort, StructSort)
                    at = [name for name, _ in e.args[0].sort.parts].index(e.data)
                    return self.of(e.args[0].args[at], f)
                return Word(f"{under(a[0], layout.PLUS).flat()}.{e.data}")
            case Kind.SOME:
                return a[0]
            case Kind.KNOWN:
                return Infix("#", a[0], Word(self.words.none()))
            case _:
                return self._of_collection(e, a)

    def _of_collection(self, e: Expr, a: list[Tree]) -> Tree:
        match e.kind:
            case Kind.HAS:
                return Infix("\\in", a[1], a[0])
            case Kind.ADD:
                if e.args[0].kind is Kind.EMPTY:
                    return Group("{", (a[1],), "}")
                return Infix("\\cup", a[0], Group("{", (a[1],), "}"), layout.SET)
            case Kind.REMOVE:
                return Infix("\\", a[0], Group("{", (a[1],), "}"), layout.SET)
            case Kind.UNION:
                return Infix("\\cup", a[0], a[1], layout.SET)
            case Kind.SUBSET:
                return Infix("\\subseteq", a[0], a[1])
            case Kind.AT:
                return Group(f"{under(a[0], layout.PLUS).flat()}[", (a[1],), "]")
            case Kind.PUT:
                return Such("[", a[0], f"EXCEPT ![{a[1].flat()}] =", a[2], "]")
        raise Unsupported(f"{show(e)}: no text is known for {e.kind}")

    def _ordered(self, e: Expr, a: list[Tree]) -> Tree:
        sort = e.args[0].sort
        word = self.words.less(sort) if e.kind is Kind.LT else self.words.at_most(sort)
        if word in ("<", "<=") and e.label in (">", ">="):
            return Infix(e.label, a[1], a[0])
        return compare(word, *a)

    def _negated(self, inner: Expr, tree: Tree, f: Frame) -> Tree:
        match inner.kind:
            case Kind.EQ if tree not in (TRUE, FALSE):
                left, right = (self.of(a, f) for a in inner.args)
                return Infix("#", left, right)
            case Kind.IS:
                return self._is(inner, self.of(inner.args[0], f), "#", "\\notin")
            case Kind.HAS:
                whole, item = (self.of(a, f) for a in inner.args)
                return Infix("\\notin", item, whole)
            case Kind.KNOWN:
                return Infix("=", self.of(inner.args[0], f), Word(self.words.none()))
        return layout.negation(tree)

    def _is(self, e: Expr, tree: Tree, one: str, many: str) -> Tree:
        sort = e.args[0].sort
        assert isinstance(sort, SumSort)
        if e.args[0].kind is Kind.CONST:
            return TRUE if (e.args[0].data in e.data) == (one == "=") else FALSE
        if len(e.data) == 1:
            (leaf,) = e.data
            return Infix(one, tree, Word(f'"{leaf}"'))
        single: list[Tree] = []
        sets: list[Tree] = []
        for pattern in fold_leaves(sort, e.data):
            if pattern in sort.leaves:
                single.append(Word(f'"{pattern}"'))
            else:
                sets.append(Word(self.words.cases(sort, pattern)))
        if single:
            sets.append(Group("{", tuple(single), "}"))
        whole = sets[0]
        for other in sets[1:]:
            whole = Joined(whole, other)
        return Infix(many, tree, whole)


@dataclass(frozen=True)
class Round(Tree):
    """The round after that of a pair <<round, node>>."""

    pair: Tree

    def flat(self) -> str:
        """Return it on one line."""
        return f"{self.pair.flat()}[1] + 1"

    def broken(self, width: int) -> list[str]:
        """Put the number behind the pair."""
        lines = self.pair.lines(width - 7)
        return [*lines[:-1], lines[-1] + "[1] + 1"]


class Joined(Infix):
    """A union; one of several is written without parentheses."""

    def __init__(self, left: Tree, right: Tree) -> None:
        super().__init__("\\cup", left, right, layout.SET)

    def _sides(self) -> tuple[Tree, Tree]:
        left = self.left if isinstance(self.left, Joined) else under(self.left, layout.SET)
        return left, under(self.right, layout.SET)


def _compared(left: Expr, right: Expr, trees: list[Tree]) -> Tree | None:
    """Return whether two things are equal, where that is plain to see."""
    if trees[0].flat() == trees[1].flat():
        return TRUE
    if left.kind is Kind.CONST and right.kind is Kind.CONST:
        return FALSE
    return None


def _data(e: Expr) -> Any:
    return e.data
