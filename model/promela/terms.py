"""The text of every kind of expression in Promela: all of them numbers.

Belongs here: one case for each `Kind`, and what can be computed beforehand. Never here: statements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from model.lang.expr import Expr, Kind, show
from model.lang.sorts import (
    NODE,
    AtomSort,
    MapSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)
from model.lang.spec import Spec
from model.promela.values import Numbers, TooLarge


class Unsupported(ValueError):
    """An expression that this generator has no text for."""


@dataclass(frozen=True)
class Term:
    """A number: its text, and its value where that is known beforehand."""

    text: str
    value: int | None = None

    def __str__(self) -> str:
        """Return the text."""
        return self.text


def known(value: int, text: str = "") -> Term:
    """Return a number whose value is known."""
    return Term(text or str(int(value)), int(value))


YES, NO = known(1), known(0)


@dataclass(frozen=True)
class Frame:
    """What an expression speaks of: the node that acts, the event, and the bound variables."""

    me: int = 0
    sender: Term = NO
    fields: Mapping[str, Term] = field(default_factory=dict)
    bound: Mapping[str, Term] = field(default_factory=dict)

    def binding(self, values: Mapping[str, Term]) -> Frame:
        """Return the frame with more bound variables."""
        return replace(self, bound={**self.bound, **values})


class Terms:
    """Writes expressions of one instance."""

    MOST_ATOMS = 4000
    """How many copies of a formula a quantifier may make before it is left out."""

    def __init__(
        self, spec: Spec, numbers: Numbers, table: Callable[[str, list[int]], str]
    ) -> None:
        self.spec = spec
        self.numbers = numbers
        self.table = table
        self.leaves = _leaf_names(spec)
        self._made = 0

    # ------------------------------------------------------------ names

    def leaf(self, sort: SumSort, leaf: str) -> Term:
        """Return a leaf by its name."""
        return known(sort.leaves.index(leaf), self.leaves[sort, leaf])

    def variable(self, name: str, node: int) -> str:
        """Return the name of a node's variable."""
        return f"{name}_{self.numbers.nodes[node]}"

    def message(self, name: str, places: list[Term]) -> Term:
        """Return the number of a message among those of its class: source, destination, fields."""
        sorts = [NODE, NODE, *(d.sort for d in self.spec.messages[name].parts.values())]
        found = NO
        for sort, place in zip(sorts, places, strict=True):
            found = _plus(_times(found, self.numbers.count(sort)), place)
        return found

    def messages(self, name: str) -> int:
        """Return how many different messages of a class there can be."""
        sorts = [NODE, NODE, *(d.sort for d in self.spec.messages[name].parts.values())]
        found = 1
        for sort in sorts:
            found *= self.numbers.count(sort)
        if found > 1 << 20:
            raise TooLarge(f"{name}: there are {found:,} different messages of it in this instance")
        return found

    # ------------------------------------------------------------ expressions

    def formula(self, e: Expr) -> Term:
        """Return a closed formula. Raises `TooLarge` where it would be too long."""
        self._made = 0
        return self.of(e, Frame())

    def of(self, e: Expr, f: Frame) -> Term:
        """Return an expression."""
        match e.kind:
            case Kind.CONST:
                return self._constant(e)
            case Kind.EMPTY | Kind.NONE:
                return NO
            case Kind.ME:
                return known(f.me)
            case Kind.SENDER:
                return f.sender
            case Kind.FIELD:
                return f.fields[e.data]
            case Kind.BOUND:
                return f.bound[e.data]
            case Kind.CONFIG:
                value = self.numbers.instance.config[e.data]
                return known(self.numbers.number(e.sort, value))
            case Kind.VAR:
                return self._variable(e, f)
            case Kind.FORALL | Kind.EXISTS:
                return self._quantified(e, f)
            case Kind.SENT:
                places = [self.of(a, f) for a in e.args]
                return Term(f"SENT({e.data}, {self.message(e.data, places)})")
            case Kind.AT if e.args[0].kind is Kind.CONFIG:
                return self._configured(e.args[0], self.of(e.args[1], f))
            case Kind.AND | Kind.OR:
                return self._junction(e, f)
            case Kind.IMPLIES:
                premise = self.of(e.args[0], f)
                if premise.value == 0:
                    return YES
                conclusion = self.of(e.args[1], f)
                return either(negation(premise), conclusion)
            case Kind.ITE:
                condition = self.of(e.args[0], f)
                if condition.value is not None:
                    return self.of(e.args[1 if condition.value else 2], f)
                then, other = self.of(e.args[1], f), self.of(e.args[2], f)
                return then if then == other else Term(f"({condition} -> {then} : {other})")
        return self._compound(e, [self.of(a, f) for a in e.args], f)

    def _constant(self, e: Expr) -> Term:
        if isinstance(e.sort, SumSort):
            return self.leaf(e.sort, e.data)
        return NO if isinstance(e.sort, OrderSort) else known(int(e.data))

    def _variable(self, e: Expr, f: Frame) -> Term:
        node = self.of(e.args[0], f)
        if node.value is not None:
            return Term(self.variable(e.data, node.value))
        text = "0"
        for at in range(len(self.numbers.nodes)):
            text = f"({node} == {at} -> {self.variable(e.data, at)} : {text})"
        return Term(text)

    def _configured(self, config: Expr, key: Term) -> Term:
        assert isinstance(config.sort, MapSort)
        held = self.numbers.map_values(config.sort, self.numbers.instance.config[config.data])
        if key.value is not None:
            return known(held[key.value])
        return self._looked_up(f"config_{config.data}", held, key)

    def _junction(self, e: Expr, f: Frame) -> Term:
        join = both if e.kind is Kind.AND else either
        stop = 0 if e.kind is Kind.AND else 1
        found = known(1 - stop)
        for argument in e.args:
            found = join(found, self.of(argument, f))
            if found.value == stop:
                break
        return found

    def _quantified(self, e: Expr, f: Frame) -> Term:
        join, found = (both, YES) if e.kind is Kind.FORALL else (either, NO)
        frames = [f]
        for name, sort in e.data:
            values = range(self.numbers.count(sort))
            self._made += len(frames) * len(values)
            if self._made > self.MOST_ATOMS:
                raise TooLarge(f"{show(e)}: it would be spelled out {self._made:,} times")
            frames = [g.binding({name: known(v)}) for g in frames for v in values]
        for frame in frames:
            found = join(found, self.of(e.args[0], frame))
        return found

    def _compound(self, e: Expr, a: list[Term], f: Frame) -> Term:
        n = len(self.numbers.nodes)
        match e.kind:
            case Kind.EQ:
                return _folded("==", a[0], a[1], lambda x, y: x == y)
            case Kind.LT:
                return _folded("<", a[0], a[1], lambda x, y: x < y)
            case Kind.LE:
                return _folded("<=", a[0], a[1], lambda x, y: x <= y)
            case Kind.NOT:
                return negation(a[0])
            case Kind.IS:
                return self._is(e, a[0])
            case Kind.MAP:
                return self._map(e, a[0])
            case Kind.UP:
                assert isinstance(e.sort, RangeSort)
                top = e.sort.top
                if a[0].value is not None:
                    return known(min(a[0].value + 1, top))
                return Term(f"({a[0]} < {top} -> {a[0]} + 1 : {top})")
            case Kind.SOME:
                return _plus(a[0], YES)
            case Kind.KNOWN:
                return _folded("!=", a[0], NO, lambda x, y: x != y)
            case Kind.FRESH:
                assert isinstance(e.sort, OrderSort)
                if e.sort.owned:
                    return Term(f"(({a[0]} + {n - 1}) / {n} * {n} + {f.me + 1})")
                return _plus(a[0], YES)
            case Kind.OWNER:
                if a[0].value is not None:
                    return known((a[0].value - 1) % n if a[0].value else n)
                return Term(f"({a[0]} -> ({a[0]} - 1) % {n} : {n})")
            case Kind.STRUCT:
                assert isinstance(e.sort, StructSort)
                found = NO
                for (_, inner), part in zip(e.sort.parts, a, strict=True):
                    found = _plus(_times(found, self.numbers.count(inner)), part)
                return found
            case Kind.GET:
                return self._part(e, a[0])
        return self._collection(e, a)

    def beyond(self, e: Expr, f: Frame) -> Term:
        """Return whether the value that a FRESH expression starts is none of the instance."""
        assert isinstance(e.sort, OrderSort)
        last = self.numbers.count(e.sort) - 1
        return _folded("<", known(last), self.of(e, f), lambda x, y: x < y)

    def _collection(self, e: Expr, a: list[Term]) -> Term:
        match e.kind:
            case Kind.HAS:
                if a[0].value == 0:
                    return NO
                return _bit(a[0], a[1])
            case Kind.ADD:
                return _folded("|", a[0], _shift(a[1]), lambda x, y: x | y)
            case Kind.REMOVE:
                if a[0].value is not None and a[1].value is not None:
                    return known(a[0].value & ~(1 << a[1].value))
                return Term(f"({a[0]} & ~{_shift(a[1])})")
            case Kind.UNION:
                return _folded("|", a[0], a[1], lambda x, y: x | y)
            case Kind.SUBSET:
                if a[0].value is not None and a[1].value is not None:
                    return known(not a[0].value & ~a[1].value)
                return Term(f"(({a[0]} & ~{a[1]}) == 0)")
            case Kind.MAJORITY:
                return self._majority(a[0], a[1])
            case Kind.AT | Kind.PUT:
                return self._entry(e, a)
        raise Unsupported(f"{show(e)}: no text is known for {e.kind}")

    def _entry(self, e: Expr, a: list[Term]) -> Term:
        sort = e.args[0].sort
        assert isinstance(sort, MapSort)
        width = self.numbers.width(sort.to)
        mask = (1 << width) - 1
        place = _times(a[1], width)
        if e.kind is Kind.AT:
            return Term(f"(({a[0]} >> {place}) & {mask})")
        return Term(f"(({a[0]} & ~({mask} << {place})) | ({a[2]} << {place}))")

    def _is(self, e: Expr, x: Term) -> Term:
        sort = e.args[0].sort
        assert isinstance(sort, SumSort)
        places = [sort.leaves.index(leaf) for leaf in sort.leaves if leaf in e.data]
        if x.value is not None:
            return known(x.value in places)
        if len(places) == len(sort.leaves):
            return YES
        if len(places) <= 2 and len(x.text) < 40:
            tests = [f"{x} == {self.leaf(sort, sort.leaves[at])}" for at in places]
            return Term(f"({' || '.join(tests)})")
        return Term(f"(({sum(1 << at for at in places)} >> {x}) & 1)")

    def _map(self, e: Expr, x: Term) -> Term:
        source = e.args[0].sort
        held = [0] * self.numbers.count(source)
        for leaf, value in e.data:
            held[self._place(source, leaf)] = self._place(e.sort, value)
        if x.value is not None:
            at = held[x.value]
            return (
                self.leaf(e.sort, e.sort.leaves[at]) if isinstance(e.sort, SumSort) else known(at)
            )
        return self._looked_up(e.label.partition("(")[0] or str(e.sort), held, x)

    def _looked_up(self, name: str, values: list[int], at: Term) -> Term:
        """Return an entry of a table: of a small one by shifting, else of an array.

        An array is part of each state, though it never changes: Spin cannot search in breadth
        where something is hidden.
        """
        width = max(1, max(values).bit_length())
        if width * len(values) <= 31:
            packed = sum(value << width * i for i, value in enumerate(values))
            return Term(f"(({packed} >> {_times(at, width)}) & {(1 << width) - 1})")
        return Term(f"{self.table(name, values)}[{at}]")

    @staticmethod
    def _place(sort: Sort, value: Any) -> int:
        return sort.leaves.index(value) if isinstance(sort, SumSort) else int(value)

    def _part(self, e: Expr, x: Term) -> Term:
        sort = e.args[0].sort
        assert isinstance(sort, StructSort)
        below, count = self.numbers.digit(sort, e.data)
        if x.value is not None:
            return known(x.value // below % count)
        first = sort.parts[0][0] == e.data
        text = f"{x} / {below}" if below > 1 else f"{x}"
        return Term(f"({text})" if first else f"({text} % {count})")

    def _majority(self, some: Term, whole: Term) -> Term:
        size = 1 << len(self.numbers.nodes)
        if size > 1 << 12:
            raise TooLarge(f"{len(self.numbers.nodes)} nodes: too many to count majorities of")
        counts = [at.bit_count() for at in range(size)]
        if whole.value is not None:
            if some.value is not None:
                both_in = (some.value & whole.value).bit_count()
                return known(2 * both_in > whole.value.bit_count())
            most = whole.value.bit_count()
            inside = self._looked_up("COUNT", counts, Term(f"({some} & {whole})"))
            return Term(f"(2 * {inside} > {most})")
        inside = self._looked_up("COUNT", counts, Term(f"({some} & {whole})"))
        return Term(f"(2 * {inside} > {self._looked_up('COUNT', counts, whole)})")


def negation(x: Term) -> Term:
    """Return a negation; of one, what is negated there: `!!` is an operator of its own."""
    if x.value is not None:
        return known(not x.value)
    return Term(x.text.removeprefix("!") if x.text.startswith("!") else f"!{x}")


def both(x: Term, y: Term) -> Term:
    """Return a conjunction."""
    return _joined("&&", x, y, 0)


def either(x: Term, y: Term) -> Term:
    """Return a disjunction."""
    return _joined("||", x, y, 1)


def _joined(sign: str, x: Term, y: Term, zero: int) -> Term:
    if x.value is not None or y.value is not None:
        first, other = (x, y) if x.value is not None else (y, x)
        return known(zero) if bool(first.value) == bool(zero) else other
    inner = f" {sign} "
    left = x.text[1:-1] if _is_list(x.text, inner) else x.text
    return Term(f"({left}{inner}{y})")


def _is_list(text: str, sign: str) -> bool:
    """Tell whether a text is one pair of parentheses around a list with this sign alone."""
    depth = 0
    other = " || " if sign == " && " else " && "
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and at < len(text) - 1:
            return False
        if depth == 1 and (text.startswith(other, at) or text.startswith(" -> ", at)):
            return False
    return depth == 0 and sign in text


def _folded(sign: str, x: Term, y: Term, compute: Callable[[int, int], int]) -> Term:
    if x.value is not None and y.value is not None:
        return known(compute(x.value, y.value))
    return Term(f"({x} {sign} {y})")


def _plus(x: Term, y: Term) -> Term:
    if x.value == 0:
        return y
    if y.value == 0:
        return x
    return _folded("+", x, y, lambda a, b: a + b)


def _times(x: Term, by: int) -> Term:
    if by == 1:
        return x
    return _folded("*", x, known(by), lambda a, b: a * b) if x.value != 0 else NO


def _shift(x: Term) -> Term:
    return known(1 << x.value) if x.value is not None else Term(f"(1 << {x})")


def _bit(whole: Term, at: Term) -> Term:
    if whole.value is not None and at.value is not None:
        return known(whole.value >> at.value & 1)
    return Term(f"(({whole} >> {at}) & 1)")


def _leaf_names(spec: Spec) -> dict[tuple[SumSort, str], str]:
    """Return a name for each leaf of each sum: the leaf's where that is free."""
    taken = {*spec.messages, "SENT", "SEND", "COUNT"}
    found: dict[tuple[SumSort, str], str] = {}
    for name, declared in spec.sums.items():
        sort: Any = declared.sort
        for leaf in sort.leaves:
            text = leaf.replace("(", "_").replace(")", "")
            if text in taken:
                text = f"{name}_{text}"
            taken.add(text)
            found[sort, leaf] = text
    return found


__all__ = ["AtomSort", "Frame", "SetSort", "Term", "Terms", "Unsupported", "known"]
