"""The bounded reading: a fixed number of nodes, and few values of everything else.

Belongs here: finite sorts, sets as bit vectors, quantifiers spelled out. Never here: searching.

Nodes and atoms are finite enumerations, terms and numbers short bit vectors (a fresh value is the
next one), sets bit vectors over their elements, majorities are counted. The messages sent and the
ghosts are a few *rows*: each a flag and a tuple of constants. So every question is quantifier-free
and has a definite answer, and a model is a real state of the scope. It says nothing beyond it.

Where values have owners, the zero has none: the sort of nodes then has one element more, `nobody`,
that owns it. Nobody is no node: no quantifier runs over it, no set holds it, no message goes to it,
and `axioms` keep it out of everything that the state, the event and the configuration hold.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import z3

from model.lang import Spec
from model.lang.expr import Expr, Kind, walk
from model.lang.shapes import default_value
from model.lang.sorts import (
    BOOL,
    NODE,
    AtomSort,
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
from model.smt.translate import Translator, choose, owner_of
from model.smt.vocabulary import Value, Vocabulary, enumeration


@dataclass(frozen=True, slots=True)
class Scope:
    """How many nodes exactly, how many of each other atom at most, and bits of each order.

    `rows`: how many tuples each message and ghost may hold.
    """

    nodes: int
    atoms: int = 2
    bits: int = 2
    rows: int = 2

    def __str__(self) -> str:
        """Return the scope as reports show it."""
        plural = "s" if self.nodes != 1 else ""
        return (
            f"{self.nodes} node{plural}, at most {self.atoms} of each other atom, {2**self.bits}"
            f" values of each order, {self.rows} messages of a kind"
        )


class BoundedVocabulary(Vocabulary):
    """The symbols of one spec in a scope."""

    def __init__(self, spec: Spec, scope: Scope) -> None:
        """Declare the symbols."""
        self.scope = scope
        declared = (getattr(d, "sort", None) for d in spec.sorts.values())
        self._owned = [s for s in declared if isinstance(s, OrderSort) and s.owned]
        self._given: list[z3.ExprRef] = []
        super().__init__(spec)
        self.rows: dict[str, list[tuple[z3.BoolRef, list[Value]]]] = {}
        for name in spec.messages:
            self._make_rows(f"sent {name}", [NODE, NODE, *self.field_sorts(name)])
        for name, ghost in spec.ghosts.items():
            self._make_rows(f"ghost {name}", list(ghost.columns))

    def _make_rows(self, name: str, sorts: list[Sort]) -> None:
        self.rows[name] = [
            (
                z3.Bool(f"{name} {i}"),
                [self.constants(f"{name} {i} {j}", s) for j, s in enumerate(sorts)],
            )
            for i in range(self.scope.rows)
        ]

    def translator(self, state: Any, **given: Any) -> Translator:
        """Return a translator for this reading."""
        return BoundedTranslator(self, state, **given)

    # ------------------------------------------------------------ sorts

    def names(self, sort: AtomSort) -> tuple[str, ...]:
        """Return the names of the elements of an atom sort."""
        count = self.scope.nodes if sort == NODE else self.scope.atoms
        letter = "n" if sort == NODE else sort.name[0].lower()
        return tuple(f"{letter}{i + 1}" for i in range(count))

    def _enumeration(self, sort: AtomSort) -> tuple[z3.SortRef, tuple[z3.ExprRef, ...]]:
        names = self.names(sort)
        if sort == NODE and self._owned:
            names = (*names, "nobody")
        return enumeration(f"{sort.name}.bounded", names)

    @property
    def nobody(self) -> z3.ExprRef | None:
        """The owner of what nobody owns; None where nothing has an owner."""
        return self._enumeration(NODE)[1][-1] if self._owned else None

    def elements(self, sort: Sort) -> list[z3.ExprRef]:
        """Return every value of an unstructured sort (sets and orders included)."""
        match sort:
            case BoolSort():
                return [z3.BoolVal(False), z3.BoolVal(True)]
            case SumSort():
                return [self.constant(sort, leaf) for leaf in sort.leaves]
            case RangeSort():
                return [self.constant(sort, i) for i in range(sort.top + 1)]
            case AtomSort():
                return list(self._enumeration(sort)[1][: len(self.names(sort))])
            case OrderSort():
                return [z3.BitVecVal(i, self.scope.bits) for i in range(2**self.scope.bits)]
            case SetSort():
                width = len(self.elements(sort.of))
                return [z3.BitVecVal(i, width) for i in range(2**width)]
            case StructSort():
                return list(itertools.product(*(self.elements(part) for _, part in sort.parts)))
            case _:
                raise TypeError(f"{sort} is structured")

    def components(self, sort: Sort) -> list[tuple[str, Sort]]:
        """Return the unstructured parts of a sort; of a map, those of its value at each key."""
        if not isinstance(sort, MapSort):
            return super().components(sort)
        inner = super().components(sort.to)
        keys = range(len(self.elements(sort.key)))
        return [(f"[{i}]{suffix}", leaf) for i in keys for suffix, leaf in inner]

    def assemble(self, sort: Sort, terms: Iterator[z3.ExprRef]) -> Value:
        """Build a value from its components; a map is its values, in the order of the keys."""
        if not isinstance(sort, MapSort):
            return super().assemble(sort, terms)
        return tuple(self.assemble(sort.to, terms) for _ in self.elements(sort.key))

    def equal(self, sort: Sort, a: Value, b: Value) -> z3.BoolRef:
        """Return whether two values are equal; maps, if they are at every key."""
        if not isinstance(sort, MapSort):
            return super().equal(sort, a, b)
        return z3.And([self.equal(sort.to, x, y) for x, y in zip(a, b, strict=True)])

    def value_at(self, sort: MapSort, whole: Value, key: Value) -> Value:
        """Return the value at `key`, chosen among those at all keys."""
        *others, result = whole
        *names, _ = self.elements(sort.key)
        for name, value in zip(names, others, strict=True):
            result = choose(self.equal(sort.key, key, name), value, result)
        return result

    def sort(self, sort: Sort) -> z3.SortRef:
        """Return the finite Z3 sort."""
        match sort:
            case AtomSort():
                return self._enumeration(sort)[0]
            case OrderSort():
                return z3.BitVecSort(self.scope.bits)
            case SetSort():
                return z3.BitVecSort(len(self.elements(sort.of)))
            case _:
                return super().sort(sort)

    def constant(self, sort: Sort, value: Any) -> z3.ExprRef:
        """Return a constant; zero of an order is 0."""
        if isinstance(sort, OrderSort):
            return z3.BitVecVal(0, self.scope.bits)
        return super().constant(sort, value)

    def constants(self, name: str, sort: Sort) -> Value:
        """Return a value made of constants; its nodes are none but nodes."""
        value = super().constants(name, sort)
        if self._owned:
            self._given += self._nodes_in(sort, value)
        return value

    def _nodes_in(self, sort: Sort, value: Value) -> list[z3.ExprRef]:
        leaves = zip(self.components(sort), self.flat(value), strict=True)
        return [term for (_, leaf), term in leaves if leaf == NODE]

    # ------------------------------------------------------------ relations as rows

    def sent(self, message: str, args: list[Value]) -> z3.BoolRef:
        """Return whether one of the rows is the message."""
        sorts = [NODE, NODE, *self.field_sorts(message)]
        return self._among(f"sent {message}", sorts, args)

    def ghost(self, name: str, args: list[Value]) -> z3.BoolRef:
        """Return whether one of the rows is the tuple."""
        return self._among(f"ghost {name}", list(self.spec.ghosts[name].columns), args)

    def _among(self, name: str, sorts: list[Sort], args: list[Value]) -> z3.BoolRef:
        return z3.Or([z3.And(flag, self.match(sorts, args, row)) for flag, row in self.rows[name]])

    def match(self, sorts: list[Sort], a: list[Value], b: list[Value]) -> z3.BoolRef:
        """Return whether two tuples are equal."""
        return z3.And([self.equal(s, x, y) for s, x, y in zip(sorts, a, b, strict=True)])

    # ------------------------------------------------------------ operations

    def contains(self, sort: SetSort, whole: z3.ExprRef, element: z3.ExprRef) -> z3.BoolRef:
        """Return whether the bit of the element is set."""
        return z3.Or(
            [
                z3.And(element == x, z3.Extract(i, i, whole) == 1)
                for i, x in enumerate(self.elements(sort.of))
            ]
        )

    def bit(self, sort: SetSort, element: z3.ExprRef) -> z3.ExprRef:
        """Return the set of one element."""
        elements = self.elements(sort.of)
        width = len(elements)
        complete = sort.of != NODE or not self._owned  # the set of nobody is empty
        result: z3.ExprRef = z3.BitVecVal(1 << (width - 1) if complete else 0, width)
        for i in reversed(range(width - 1 if complete else width)):
            result = z3.If(element == elements[i], z3.BitVecVal(1 << i, width), result)
        return result

    def less(self, sort: Sort, a: Value, b: Value) -> z3.BoolRef:
        """Return whether `a < b`."""
        if isinstance(sort, OrderSort):
            return z3.ULT(a, b)
        return super().less(sort, a, b)

    def majority(self, some: SetSort, a: z3.ExprRef, whole: SetSort, b: z3.ExprRef) -> z3.BoolRef:
        """Count: twice the shared nodes are more than the whole."""
        weights = []
        for i in range(self.scope.nodes):
            inside = z3.Extract(i, i, b) == 1
            weights.append((z3.And(inside, z3.Extract(i, i, a) == 1), 2))
            weights.append((z3.Not(inside), 1))
        return z3.PbGe(weights, self.scope.nodes + 1)

    def axioms(self) -> list[tuple[str, z3.BoolRef]]:
        """Return that the zero of an owned order is nobody's, and that nobody is no node."""
        nobody = self.nobody
        if nobody is None:
            return []
        found: list[tuple[str, z3.BoolRef]] = []
        for sort in self._owned:
            zero, *rest = self.elements(sort)
            found.append((f"owner {sort.name}", self.owner(sort, zero) == nobody))
            found += [(f"owner {sort.name}", self.owner(sort, x) != nobody) for x in rest]
        held = [self.me, self.sender, *self._given]
        for name, decl in self.spec.variables.items():
            for node in self.elements(NODE):
                held += self._nodes_in(decl.sort, self.variable(name, node))
        return found + [("nobody", x != nobody) for x in {x.get_id(): x for x in held}.values()]

    def _least(self, sort: Sort) -> Value:
        """Return the value that a map has where none was put."""
        default = default_value(sort)
        assert default is not None
        return self.translator(self).value(default)

    # ------------------------------------------------------------ reading a model

    def read(self, model: z3.ModelRef, sort: Sort, value: Value) -> Any:
        """Return the plain value (as the evaluator has it) of a Z3 value in a model."""
        match sort:
            case StructSort():
                parts = zip(sort.parts, value, strict=True)
                return tuple(self.read(model, part, x) for (_, part), x in parts)
            case MapSort():
                least = self.read(model, sort.to, self._least(sort.to))
                keys = [self.read(model, sort.key, key) for key in self.elements(sort.key)]
                held = [self.read(model, sort.to, x) for x in value]
                pairs = zip(keys, held, strict=True)
                return frozenset((k, v) for k, v in pairs if v != least)
            case MaybeSort():
                known = z3.is_true(model.eval(value[0], model_completion=True))
                return self.read(model, sort.of, value[1]) if known else None
        found = model.eval(value, model_completion=True)
        match sort:
            case BoolSort():
                return z3.is_true(found)
            case OrderSort():
                rank = found.as_long()
                if not sort.owned:
                    return rank
                holder = self.read(model, NODE, self.owner(sort, found))
                return (rank, holder) if rank else (0, "")
            case SetSort():
                bits = found.as_long()
                return frozenset(
                    self.read(model, sort.of, x)
                    for i, x in enumerate(self.elements(sort.of))
                    if bits >> i & 1
                )
            case SumSort():
                names: tuple[Any, ...] = sort.leaves
            case RangeSort():
                names = tuple(range(sort.top + 1))
            case AtomSort():
                if sort == NODE and self.nobody is not None and found.eq(self.nobody):
                    return ""
                names = self.names(sort)
            case _:
                raise TypeError(str(sort))
        return names[[str(x) for x in self.elements(sort)].index(str(found))]


class BoundedTranslator(Translator):
    """Spells out quantifiers and computes sets."""

    v: BoundedVocabulary

    def _owner(self, e: Expr) -> z3.ExprRef:
        return owner_of(self, e)

    def value(self, e: Expr) -> Value:
        """Translate; nothing has a first-order obstacle here."""
        match e.kind:
            case Kind.PUT:
                assert isinstance(e.sort, MapSort)
                whole, key, item = (self.value(a) for a in e.args)
                names = self.v.elements(e.sort.key)
                return tuple(
                    choose(self.v.equal(e.sort.key, key, name), item, old)
                    for name, old in zip(names, whole, strict=True)
                )
            case Kind.EMPTY if isinstance(e.sort, MapSort):
                default = default_value(e.sort.to)
                assert default is not None
                return tuple(self.value(default) for _ in self.v.elements(e.sort.key))
            case Kind.SUBSET:
                inner, outer = (self.value(a) for a in e.args)
                return inner & ~outer == 0
            case Kind.EMPTY:
                return z3.BitVecVal(0, self.v.sort(e.sort).size())
            case Kind.ADD | Kind.REMOVE:
                assert isinstance(e.sort, SetSort)
                whole, bit = self.value(e.args[0]), self.v.bit(e.sort, self.value(e.args[1]))
                return whole | bit if e.kind is Kind.ADD else whole & ~bit
            case Kind.UNION:
                return self.value(e.args[0]) | self.value(e.args[1])
            case Kind.HAS:
                assert isinstance(e.args[0].sort, SetSort)
                return self.v.contains(e.args[0].sort, self.value(e.args[0]), self.value(e.args[1]))
            case _:
                return super().value(e)

    def value_at(self, whole: Expr, key: Value) -> Value:
        """Return the value of the map `whole` at `key`."""
        assert isinstance(whole.sort, MapSort)
        return self.v.value_at(whole.sort, self.value(whole), key)

    def contains(self, whole: Expr, x: Value) -> z3.BoolRef:
        """Return whether the set `whole` contains `x`."""
        assert isinstance(whole.sort, SetSort)
        return self.v.contains(whole.sort, self.value(whole), x)

    def _fresh(self, e: Expr) -> z3.ExprRef:
        key = ("fresh", id(e))
        if key not in self.made:
            assert isinstance(e.sort, OrderSort)
            base = self.value(e.args[0])
            following = base + 1
            self.made[key] = (following, e)
            self.side.append(following != 0)
            if e.sort.owned:
                self.side.append(self.v.owner(e.sort, following) == self.me)
        made: z3.ExprRef = self.made[key][0]
        return made

    # ------------------------------------------------------------ quantifiers

    def _quantifier(self, e: Expr) -> z3.BoolRef:
        positive = e.kind is Kind.EXISTS
        names, body = list(e.data), e.args[0]
        conjuncts, rest = _split(body, positive, names)
        cases = self._cases(names, conjuncts)
        found = []
        saved = dict(self.bound)
        for condition, binding in cases:
            self.bound = {**saved, **binding}
            left = [(n, s) for n, s in names if n not in binding]
            for values in itertools.product(*(self._all(s) for _, s in left)):
                self.bound.update({n: x for (n, _), x in zip(left, values, strict=True)})
                parts = [condition, *(self.value(c) for c in conjuncts)]
                if positive:
                    found.append(z3.And(*parts, *(self.value(r) for r in rest)))
                else:
                    found.append(z3.Implies(z3.And(parts), z3.Or([self.value(r) for r in rest])))
        self.bound = saved
        return z3.Or(found) if positive else z3.And(found)

    def _cases(
        self, names: list[tuple[str, Sort]], conjuncts: list[Expr]
    ) -> list[tuple[z3.BoolRef, dict[str, Value]]]:
        """Return ways to bind variables from the rows of the relations that must hold."""
        cases: list[tuple[z3.BoolRef, dict[str, Value]]] = [(z3.BoolVal(True), {})]
        wanted = {n for n, _ in names}
        for atom in conjuncts:
            if atom.kind not in (Kind.SENT, Kind.GHOST):
                continue
            covers = {n for n in _direct(atom) if n in wanted}
            if not covers:
                continue
            wanted -= covers
            cases = [
                (z3.And(condition, flag), {**binding, **self._bind(atom, row, covers)})
                for condition, binding in cases
                for flag, row in self._rows(atom)
            ]
        return cases

    def _rows(self, atom: Expr) -> list[tuple[z3.BoolRef, list[Value]]]:
        rows: Any = getattr(self.state, "rows_of", self.v_rows)(atom)
        made: list[tuple[z3.BoolRef, list[Value]]] = rows
        return made

    def v_rows(self, atom: Expr) -> list[tuple[z3.BoolRef, list[Value]]]:
        """Return the rows of the state before."""
        prefix = "sent" if atom.kind is Kind.SENT else "ghost"
        return self.v.rows[f"{prefix} {atom.data}"]

    def _bind(self, atom: Expr, row: list[Value], wanted: set[str]) -> dict[str, Value]:
        """Bind the variables that stand in the arguments, directly or as parts of a struct."""
        found: dict[str, Value] = {}

        def visit(arg: Expr, value: Value) -> None:
            if arg.kind is Kind.BOUND and arg.data in wanted:
                found.setdefault(arg.data, value)
            elif arg.kind is Kind.STRUCT:
                for inner, part in zip(arg.args, value, strict=True):
                    visit(inner, part)

        for arg, value in zip(atom.args, row, strict=True):
            visit(arg, value)
        return found

    def _all(self, sort: Sort) -> list[Value]:
        match sort:
            case StructSort():
                return list(itertools.product(*(self._all(s) for _, s in sort.parts)))
            case MaybeSort():
                inner = self._all(sort.of)
                return [(z3.BoolVal(False), inner[0]), *((z3.BoolVal(True), x) for x in inner)]
            case _:
                return list(self.v.elements(sort))


def _direct(atom: Expr) -> set[str]:
    found: set[str] = set()
    stack = list(atom.args)
    while stack:
        arg = stack.pop()
        if arg.kind is Kind.BOUND:
            found.add(arg.data)
        elif arg.kind is Kind.STRUCT:
            stack += arg.args
    return found


def _split(
    body: Expr, positive: bool, names: list[tuple[str, Sort]]
) -> tuple[list[Expr], list[Expr]]:
    """Split a body into what must hold for a case to count, and what is asked of it.

    Existentials among the conditions are opened: their variables join `names`, renamed apart.
    """
    if positive:
        conditions, asked = _conjuncts(body), []
    elif body.kind is Kind.IMPLIES:
        conditions, asked = _conjuncts(body.args[0]), [body.args[1]]
        while asked[0].kind is Kind.IMPLIES:
            conditions += _conjuncts(asked[0].args[0])
            asked = [asked[0].args[1]]
    else:
        return [], [body]
    opened: list[Expr] = []
    while conditions:
        one = conditions.pop(0)
        if one.kind is Kind.EXISTS:
            renaming = {}
            for name, sort in one.data:
                fresh_name = f"{name}'{len(names)}"
                names.append((fresh_name, sort))
                renaming[name] = fresh_name
            conditions = _conjuncts(_rename(one.args[0], renaming)) + conditions
        else:
            opened.append(one)
    return opened, asked


def _conjuncts(e: Expr) -> list[Expr]:
    if e.kind is Kind.AND:
        return [c for a in e.args for c in _conjuncts(a)]
    return [e]


def _rename(e: Expr, names: dict[str, str]) -> Expr:
    if e.kind is Kind.BOUND and e.data in names:
        return Expr(Kind.BOUND, e.sort, (), names[e.data], e.span)
    if e.kind in (Kind.FORALL, Kind.EXISTS):
        names = {k: v for k, v in names.items() if k not in {n for n, _ in e.data}}
    if not e.args or not any(n.kind is Kind.BOUND for n in walk(e)):
        return e
    return Expr(e.kind, e.sort, tuple(_rename(a, names) for a in e.args), e.data, e.span)


__all__ = ["BOOL", "BoundedTranslator", "BoundedVocabulary", "Scope"]
