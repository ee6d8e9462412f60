"""The names that generated code uses for what a spec declares.

Belongs here: naming, and finding what needs a name. Never here: the text of a file, or what an
expression means.
"""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from model.lang.declare import Case, Sum
from model.lang.expr import Expr, Kind, walk
from model.lang.sorts import (
    NODE,
    MapSort,
    MaybeSort,
    OrderSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)
from model.lang.spec import Spec, Transition

# Names of the generated files that no declaration may take.
FIXED_CLASSES = frozenset(
    {
        "Any",
        "BadValue",
        "Callable",
        "Clause",
        "Durable",
        "Enum",
        "Event",
        "Final",
        "Literal",
        "Maker",
        "Mapping",
        "Message",
        "NamedTuple",
        "Never",
        "Outcome",
        "Reader",
        "Reply",
        "Request",
        "Rule",
        "Send",
        "Timer",
        "TypeAlias",
    }
)
# Members of the generated class that no variable may take; it is then called `handle_`, say.
FIXED_MEMBERS = frozenset({"config", "durable", "handle", "me", "restart", "restore", "snapshot"})
# The longest name of a set made up from its members' names, together with its sum's.
LONGEST_NAME = 70


class GeneratorError(ValueError):
    """A spec that the generator cannot write code for; says where, why and what to do."""


def snake(name: str) -> str:
    """Return `OrderState` as `order_state`."""
    parts = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", name)
    return parts.lower()


def upper(name: str) -> str:
    """Return a name as a constant's: `Vote/staleTerm` as `VOTE_STALE_TERM`."""
    pieces = re.split(r"[^A-Za-z0-9]+", name.replace("@", "_on_").replace("/", "_"))
    return "_".join(snake(piece) for piece in pieces if piece).upper()


def leaf_identifier(leaf: str) -> str:
    """Return `LOCKED(VOTING)` as `LOCKED_VOTING`."""
    return re.sub(r"[^A-Za-z0-9]+", "_", leaf).strip("_").upper()


def import_key(name: str) -> tuple[int, str]:
    """Return what sorts imported names: constants, classes, the rest; each by its letters."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, name.lower()


@dataclass(frozen=True)
class LeafSet:
    """A named set of leaves of a sum; `parts` are the names it is written with."""

    name: str
    sort: SumSort
    leaves: frozenset[str]
    doc: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lookup:
    """A named total map from the values of a sort to those of another."""

    name: str
    source: Sort
    result: Sort
    data: tuple[tuple[Any, Any], ...]


@dataclass
class Vocabulary:
    """Every name that the generated files of one spec share."""

    spec: Spec
    sorts: dict[str, Sort] = field(default_factory=dict)
    leaves: dict[tuple[str, str], str] = field(default_factory=dict)
    sets: dict[tuple[str, frozenset[str]], LeafSet] = field(default_factory=dict)
    lookups: dict[tuple[str, str, Any], Lookup] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    replies: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Name everything, in the order of declaration."""
        for sort in self.used_sorts():
            self.add_sort(sort)
        spec = self.spec
        for name in (*self.sorts, *spec.events, *spec.replies, spec.config.__name__):
            self.claim(name, "declaration")
        self.claim(spec.process.__name__, "process")
        for table in spec.tables.values():
            self.claim(row_class(table.name), f"table {table.name}")
            self.claim(upper(table.name), f"table {table.name}")
        self.name_leaves()
        self.name_groups()
        for sum_class in spec.sums.values():
            self.name_payloads(sum_class)
        for name, reply in spec.replies.items():
            if not reply.parts and not reply.refusal:
                constant = upper(name) if upper(name) not in self.taken else f"{upper(name)}_REPLY"
                self.claim(constant, f"reply {name}")
                self.replies[name] = constant
        for transition in self.transitions():
            constant = upper(transition.label)
            if constant in self.rules.values():
                raise GeneratorError(
                    f"{transition.label}: two rules would be called {constant}; rename one"
                )
            self.rules[transition.label] = constant
        for expr in self.expressions():
            for node in walk(expr):
                if node.kind is Kind.IS:
                    assert isinstance(node.args[0].sort, SumSort)
                    self.patterns(node.args[0].sort, node.data)
                if node.kind is Kind.MAP:
                    self.lookup(node)

    # ------------------------------------------------------------ what is there

    def transitions(self) -> Iterator[Transition]:
        """Yield what a node runs: all transitions but the environment's."""
        return (t for t in self.spec.transitions if t.event is not None)

    def expressions(self) -> Iterator[Expr]:
        """Yield every expression that a node evaluates, outermost ones only."""
        for decl in self.spec.variables.values():
            yield decl.init
        for t in self.transitions():
            yield from evaluated(t)

    def used_sorts(self) -> Iterator[Sort]:
        """Yield the sorts of everything declared."""
        spec = self.spec
        yield NODE
        declared = [spec.config.parts]
        declared += [event.parts for event in spec.events.values()]
        declared += [reply.parts for reply in spec.replies.values()]
        for variable in spec.variables.values():
            yield variable.sort
        for parts in declared:
            for part in parts.values():
                yield part.sort
        for table in spec.tables.values():
            yield table.key.sort
        for sum_class in spec.sums.values():
            yield sum_class.sort
        for expr in self.expressions():
            for node in walk(expr):
                yield node.sort

    def add_sort(self, sort: Sort) -> None:
        """Add a sort after the sorts that it is made from."""
        inner: Iterable[Sort] = ()
        match sort:
            case StructSort():
                inner = (part for _, part in sort.parts)
            case SetSort() | MaybeSort():
                inner = (sort.of,)
            case MapSort():
                inner = (sort.key, sort.to)
        for one in inner:
            self.add_sort(one)
        if sort.name not in ("Bool", "?"):
            self.sorts.setdefault(sort.name, sort)

    # ------------------------------------------------------------ naming

    def claim(self, name: str, what: str) -> None:
        """Take a name of the generated types; raise `GeneratorError` where it is taken."""
        if name in FIXED_CLASSES or keyword.iskeyword(name) or name in self.taken:
            other = self.taken.get(name, "the generated code")
            raise GeneratorError(f"{name}: this {what} has a name that {other} uses; rename it")
        self.taken[name] = what

    def name_leaves(self) -> None:
        """Name the leaves of sums; one that several sums share is told apart by its sum."""
        uses: dict[str, int] = {}
        for sort in self.sums():
            for leaf in sort.leaves:
                uses[leaf_identifier(leaf)] = uses.get(leaf_identifier(leaf), 0) + 1
        for sort in self.sums():
            for leaf in sort.leaves:
                plain = leaf_identifier(leaf)
                alone = uses[plain] == 1 and plain not in self.taken
                name = plain if alone else f"{upper(sort.name)}_{plain}"
                self.claim(name, f"leaf {leaf} of {sort.name}")
                self.leaves[sort.name, leaf] = name

    def sums(self) -> Iterator[SumSort]:
        """Yield the sums."""
        return (s for s in self.sorts.values() if isinstance(s, SumSort))

    def name_groups(self) -> None:
        """Name the cases with payloads, and the tuples of cases that a sum's own module names."""
        for sum_class in self.spec.sums.values():
            for head, leaves in case_groups(sum_class.sort).items():
                doc = f"All of `{head}`."
                self.add_set(leaf_identifier(head), sum_class.sort, leaves, doc)
        for sum_class in self.spec.sums.values():
            module = sys.modules.get(sum_class.__module__)
            for name, value in vars(module).items() if module is not None else ():
                leaves = leaves_of_tuple(value, sum_class)
                known = (sum_class.sort.name, leaves) in self.sets
                if len(leaves) > 1 and name.isupper() and not known:
                    self.add_set(name, sum_class.sort, leaves, f"The spec's own `{name}`.")

    def computes(self, kind: Kind) -> bool:
        """Tell whether a node evaluates an expression of this kind anywhere."""
        return any(node.kind is kind for expr in self.expressions() for node in walk(expr))

    def add_set(
        self, name: str, sort: SumSort, leaves: frozenset[str], doc: str, parts: Iterable[str] = ()
    ) -> LeafSet:
        """Name a set of leaves."""
        if name in self.taken:
            name = f"{upper(sort.name)}_{name}"
        self.claim(name, f"set of {sort.name}")
        made = LeafSet(name, sort, leaves, doc, tuple(parts))
        self.sets[sort.name, leaves] = made
        return made

    def name_payloads(self, sum_class: type[Sum]) -> None:
        """Name, for each case with a payload, the maps between it and its payload."""
        sort: SumSort = sum_class.sort
        for case in sum_class.cases:
            if case.payload is None:
                continue
            inner: SumSort = case.payload.sort
            wrap = tuple((leaf, f"{case.name}({leaf})") for leaf in inner.leaves)
            unwrap = tuple(
                (leaf, leaf[len(case.name) + 1 : -1] if leaf in case.leaves else inner.leaves[0])
                for leaf in sort.leaves
            )
            self.add_lookup(f"{upper(case.name)}_OF", inner, sort, wrap)
            self.add_lookup(f"{upper(case.name)}_PAYLOAD", sort, inner, unwrap)

    def add_lookup(self, name: str, source: Sort, result: Sort, data: Any) -> Lookup:
        """Name a map; a taken name is told apart by the source's."""
        if name in self.taken:
            name = f"{upper(source.name)}_{name}"
        number = 2
        base = name
        while name in self.taken:
            name, number = f"{base}_{number}", number + 1
        self.claim(name, f"map from {source.name}")
        made = Lookup(name, source, result, data)
        self.lookups[source.name, result.name, data] = made
        return made

    def lookup(self, expr: Expr) -> Lookup:
        """Return the named map of a MAP expression."""
        source = expr.args[0].sort
        known = self.lookups.get((source.name, expr.sort.name, expr.data))
        if known is not None:
            return known
        name = f"{upper(source.name)}_TO_{upper(expr.sort.name)}"
        for table in self.spec.tables.values():
            if table.key.sort != source:
                continue
            for at, column in enumerate(table.columns):
                if all(column_value(table.rows[key][at]) == value for key, value in expr.data):
                    name = f"{upper(table.name)}_{upper(column)}"
        return self.add_lookup(name, source, expr.sort, expr.data)

    # ------------------------------------------------------------ sets of leaves

    def patterns(self, sort: SumSort, leaves: frozenset[str]) -> list[tuple[str, bool]]:
        """Return at most two names that cover `leaves`, each with whether it is a set's.

        A set that needs more names is given one of its own.
        """
        known = self.sets.get((sort.name, leaves))
        if known is not None:
            return [(known.name, True)]
        found = self.cover(sort, leaves)
        if len(found) <= 2:
            return found
        own = "_OR_".join(name for name, _ in found)
        if len(own) + len(sort.name) > LONGEST_NAME:
            count = sum(1 for one in self.sets.values() if one.sort == sort)
            own = f"{upper(sort.name)}_SET_{count}"
        parts = [f"*{name}" if is_set else name for name, is_set in found]
        return [(self.add_set(own, sort, leaves, "", parts).name, True)]

    def cover(self, sort: SumSort, leaves: frozenset[str]) -> list[tuple[str, bool]]:
        """Return names that cover `leaves`: of the largest sets first, then of single leaves."""
        left = set(leaves)
        chosen: list[tuple[int, str, bool]] = []
        groups = [g for g in self.sets.values() if g.sort == sort and not g.parts]
        for group in sorted(groups, key=lambda g: -len(g.leaves)):
            if group.leaves <= left:
                first = min(map(sort.leaves.index, group.leaves))
                chosen.append((first, group.name, True))
                left -= group.leaves
        for leaf in left:
            chosen.append((sort.leaves.index(leaf), self.leaves[sort.name, leaf], False))
        return [(name, is_set) for _, name, is_set in sorted(chosen)]

    # ------------------------------------------------------------ other names

    def attribute(self, variable: str) -> str:
        """Return the attribute that holds a variable."""
        taken = variable in FIXED_MEMBERS or variable.startswith("on_")
        return f"{variable}_" if taken else variable

    def type_name(self, sort: Sort) -> str:
        """Return the annotation of a sort."""
        return "bool" if sort.name == "Bool" else sort.name


def evaluated(transition: Transition) -> Iterator[Expr]:
    """Yield the expressions of a transition that a node evaluates: all but the ghosts'."""
    yield from (c.expr for c in transition.clauses)
    yield from transition.updates.values()
    for out in transition.sends:
        yield out.to
        yield from out.fields.values()
    if transition.reply is not None:
        yield from transition.reply.fields.values()


def case_groups(sort: SumSort) -> dict[str, frozenset[str]]:
    """Return the cases that stand for several leaves, at every depth: `ERROR(RECOVERABLE)`."""
    groups: dict[str, set[str]] = {}
    for leaf in sort.leaves:
        heads = leaf.rstrip(")").split("(")
        for depth in range(1, len(heads)):
            head = "(".join(heads[:depth]) + ")" * (depth - 1)
            groups.setdefault(head, set()).add(leaf)
    return {head: frozenset(leaves) for head, leaves in groups.items() if len(leaves) > 1}


def leaves_of_tuple(value: object, sum_class: type[Sum]) -> frozenset[str]:
    """Return the leaves of a tuple of cases of this sum, or nothing for anything else."""
    if not isinstance(value, tuple) or not all(isinstance(x, Case) for x in value):
        return frozenset()
    if any(x.sum_sort != sum_class.sort for x in value):
        return frozenset()
    return frozenset(leaf for x in value for leaf in x.leaves)


def column_value(value: object) -> object:
    """Return a table's value as the data of an expression: a case as its leaf."""
    return next(iter(value.leaves)) if isinstance(value, Case) else value


def row_class(table: str) -> str:
    """Return the name of the class of a table's rows."""
    return "".join(word.capitalize() for word in table.split("_")) + "Row"


def order_zero(sort: OrderSort) -> str:
    """Return the text of an order's least element."""
    return f'{sort.name}(0, "")' if sort.owned else "0"
