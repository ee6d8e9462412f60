"""What the things of a spec are called in TLA+, and the definitions that this needs.

Belongs here: sorts as sets, orders, tables of values, words for groups of cases; each is defined
when something first speaks of it. Never here: expressions (`terms`), actions, properties.

==============  ============================================================
`SumSort`       a set of strings, such as "LOCKED(VOTING)"
`RangeSort`     `0..top`
`AtomSort`      a constant set
`OrderSort`     a constant set of numbers; owned: pairs <<round, node>>
`StructSort`    records
`SetSort`       `SUBSET S`
`MapSort`       functions from all keys
`MaybeSort`     the set with the constant `None` beside it
==============  ============================================================
"""

from __future__ import annotations

from typing import Any

from model.lang.declare import one_line
from model.lang.expr import Expr
from model.lang.sorts import (
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
from model.lang.spec import Spec
from model.tla import layout
from model.tla.layout import Cases, Group, Infix, Junction, Quantified, Such, Tree, Word, conjoin
from model.tla.names import Names, camel, plain


class Vocabulary:
    """Names and definitions of one module."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.names = Names()
        self.constants: dict[str, str] = {}
        """By name: what it is. Those of the configuration come first."""
        self.definitions: list[tuple[str, list[str]]] = []
        """By name, in an order in which each mentions only those before: sorts, tables, orders."""
        self._tables: dict[tuple[Sort, tuple[Any, ...]], str] = {}
        for name in spec.variables:
            self.names.of("variable", name, plain(name))
        for name in spec.config.parts:
            self.names.of("config", name, plain(name), f"config_{plain(name)}")

    # ------------------------------------------------------------ plain names

    def variable(self, name: str) -> str:
        """Return a variable's name."""
        return self.names.known("variable", name)

    def ghost(self, name: str) -> str:
        """Return a ghost relation's name."""
        return self.names.of("ghost", name, plain(name), f"ghost_{plain(name)}")

    def config(self, name: str) -> str:
        """Return the name of a constant of the configuration."""
        found = self.names.known("config", name)
        self.constants.setdefault(found, self.spec.config.parts[name].doc)
        return found

    def none(self) -> str:
        """Return what stands for no value."""
        self.constants.setdefault("None", "no value; a model value")
        return "None"

    # ------------------------------------------------------------ sorts

    def sort(self, sort: Sort) -> str:
        """Return the name of the set of a sort's values."""
        if isinstance(sort, BoolSort):
            return "BOOLEAN"
        known = ("sort", sort)
        name = self.names.of(*known, plain(sort.name), f"{plain(sort.name)}Set")
        if not self._is_new(name):
            return name
        match sort:
            case AtomSort():
                what = "the nodes" if sort == NODE else self._doc(sort)
                self.constants[name] = what
            case OrderSort(owned=False):
                self.constants[name] = f"{self._doc(sort)} Nat, or the numbers from 0 to a bound"
            case OrderSort():
                self._define(name, sort, self._owned(name))
            case _:
                self._define(name, sort, self._set_of(sort))
        return name

    def _is_new(self, name: str) -> bool:
        return name not in self.constants and all(name != known for known, _ in self.definitions)

    def _doc(self, sort: Sort) -> str:
        declared = self.spec.sorts.get(sort.name) or self.spec.sums.get(sort.name)
        doc = declared.__doc__ if declared is not None else ""
        return one_line(doc) or f"the values of {sort.name}"

    def _define(self, name: str, sort: Sort, body: Tree) -> None:
        lines = [*layout.comment(self._doc(sort)), *layout.definition(name, body)]
        self.definitions.append((name, lines))

    def _owned(self, name: str) -> Tree:
        rounds = self.names.of("rounds", name, f"{name}Rounds")
        self.constants[rounds] = f"the rounds of a {name}: Nat, or from 0 to a bound"
        zero = self.zero_of(name)
        self.sort(NODE)
        pairs = Infix("\\X", Word(f"({rounds} \\ {{0}})"), Word(self.sort(NODE)), layout.SET)
        return Infix("\\cup", Group("{", (Word(zero),), "}"), pairs, layout.SET)

    def zero_of(self, name: str) -> str:
        """Return the name of the least element of an owned order, which nobody owns."""
        zero = self.names.of("zero", name, f"No{name}", f"Zero{name}")
        if self._is_new(zero):
            self.constants["Nobody"] = "owns the least element of an order; a model value"
            self.definitions.append((zero, [f"{zero} == <<0, Nobody>>"]))
        return zero

    def _set_of(self, sort: Sort) -> Tree:
        match sort:
            case SumSort():
                return Group("{", tuple(Word(f'"{leaf}"') for leaf in sort.leaves), "}")
            case RangeSort():
                return Word(f"0..{sort.top}")
            case StructSort():
                parts = tuple(Word(self.sort(part)) for _, part in sort.parts)
                return Group("[", parts, "]", tuple(f"{part} : " for part, _ in sort.parts))
            case SetSort():
                return Word(f"SUBSET {self.sort(sort.of)}")
            case MapSort():
                return Word(f"[{self.sort(sort.key)} -> {self.sort(sort.to)}]")
            case MaybeSort():
                return Word(f"{self.sort(sort.of)} \\cup {{{self.none()}}}")
        raise TypeError(f"{sort}: no set is known for a {type(sort).__name__}")

    def cases(self, sort: SumSort, pattern: str) -> str:
        """Return the name of the set of all leaves of a case with a payload, such as LOCKED."""
        name = self.names.of("cases", (sort, pattern), plain(pattern), f"All_{plain(pattern)}")
        if self._is_new(name):
            head = pattern.rstrip(")") + "("
            leaves = [leaf for leaf in sort.leaves if leaf.startswith(head)]
            body = Group("{", tuple(Word(f'"{leaf}"') for leaf in leaves), "}")
            self.definitions.append((name, layout.definition(name, body)))
        return name

    # ------------------------------------------------------------ orders

    def less(self, sort: Sort) -> str:
        """Return the operator that compares two values; `<` where they are numbers."""
        if isinstance(sort, RangeSort) or (isinstance(sort, OrderSort) and not sort.owned):
            return "<"
        name = self.names.of("less", sort, f"{plain(sort.name)}Less")
        if not self._is_new(name):
            return name
        if isinstance(sort, StructSort):
            body = self._by_parts(sort)
            what = f"The order of two values of {sort.name}: by their parts, the first first."
        else:
            self.constants["Rank"] = "the place of each node in the order of nodes: [Node -> Nat]"
            what = f"The order of two values of {sort.name}: by round, then by node."
            body = Junction(
                "\\/",
                (
                    Word("a[1] < b[1]"),
                    Word("a[1] = b[1] /\\ a # b /\\ Rank[a[2]] < Rank[b[2]]"),
                ),
            )
        lines = layout.definition(f"{name}(a, b)", body, listed=True)
        self.definitions.append((name, [*layout.comment(what), *lines]))
        return name

    def at_most(self, sort: Sort) -> str:
        """Return the operator for `at most`; `<=` where they are numbers."""
        less = self.less(sort)
        if less == "<":
            return "<="
        name = self.names.of("at most", sort, f"{plain(sort.name)}AtMost")
        if self._is_new(name):
            self.definitions.append((name, [f"{name}(a, b) == a = b \\/ {less}(a, b)"]))
        return name

    def _by_parts(self, sort: StructSort) -> Tree:
        rows: list[Tree] = []
        for at, (part, inner) in enumerate(sort.parts):
            equal: list[Tree] = [Word(f"a.{p} = b.{p}") for p, _ in sort.parts[:at]]
            last = compare(self.less(inner), Word(f"a.{part}"), Word(f"b.{part}"))
            rows.append(conjoin([*equal, last]))
        return Junction("\\/", tuple(rows)) if len(rows) > 1 else rows[0]

    # ------------------------------------------------------------ tables

    def table(self, expr: Expr, value: Any) -> str:
        """Return the name of the function that a MAP looks its argument up in.

        `value` writes a constant of the function's values.
        """
        source = expr.args[0].sort
        key = (source, (expr.sort, tuple(expr.data)))
        name = self._tables.get(key)
        if name is not None:
            return name
        name = self.names.of("table", key, _table_name(expr))
        self._tables[key] = name
        groups: dict[Any, list[Any]] = {}
        for leaf, held in expr.data:
            groups.setdefault(held, []).append(leaf)
        most = max(groups, key=lambda held: len(groups[held]))
        rows: list[tuple[Tree, Tree]] = []
        for held, leaves in groups.items():
            if held == most and len(groups) > 1:
                continue
            shown: list[Tree] = [value(source, leaf) for leaf in leaves]
            one = len(shown) == 1
            right = shown[0] if one else Group("{", tuple(shown), "}")
            test = Infix("=" if one else "\\in", Word("x"), right)
            rows.append((test, value(expr.sort, held)))
        body: Tree = Cases(tuple(rows), value(expr.sort, most)) if len(groups) > 1 else rows[0][1]
        domain = Word(f"x \\in {self.sort(source)}")
        self.definitions.append(
            (name, layout.definition(name, Such("[", domain, "|->", body, "]")))
        )
        return name

    # ------------------------------------------------------------ helpers

    def majority(self) -> str:
        """Return the operator that tells whether `some` has more than half of `all`."""
        name = "IsMajority"
        if self._is_new(name):
            lines = [
                *layout.comment("More than half of `all` is in `some`."),
                f"{name}(some, all) ==",
                "    2 * Cardinality(some \\cap all) > Cardinality(all)",
            ]
            self.definitions.append((name, lines))
        return name

    def up(self) -> str:
        """Return the operator for the next number of a range, or its top."""
        name = self.names.of("helper", "up", "Up")
        if self._is_new(name):
            self.definitions.append((name, [f"{name}(x, top) == IF x < top THEN x + 1 ELSE top"]))
        return name

    def sent(self) -> str:
        """Return the operator for the messages of one type."""
        return self.names.of("helper", "sent", "Sent", "AllSent")


def _table_name(expr: Expr) -> str:
    """Return a name for a table: `InLOCKED` is what is in LOCKED(...), `AsLOCKED` makes one."""
    case, arguments, rest = expr.label.partition("({0})")
    if not arguments or rest:
        return f"{camel(str(expr.sort))}Of"
    inside = case.removesuffix(".of")
    if inside == inside.upper():
        return f"{'As' if inside == case else 'In'}{plain(inside)}"
    return camel(case)


def compare(operator: str, a: Tree, b: Tree) -> Tree:
    """Return a comparison, by a sign or by an operator of its own."""
    if operator in ("<", "<="):
        return Infix(operator, a, b)
    return layout.apply(operator, a, b)


def exists(bounds: tuple[str, ...], body: Tree) -> Tree:
    """Return that there is something."""
    return Quantified("\\E", bounds, body)
