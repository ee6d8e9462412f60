"""Data of a spec and relations of its proof: tables, the published figure, ghosts.

Belongs here: what a spec declares as data. Never here: rules; they look the next step up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from model.lang.errors import SpecError, suggest
from model.lang.expr import Expr, Kind, Operators, lift, nearest
from model.lang.quantifiers import bind, free_variables
from model.lang.shapes import Case, Declared, Sum, sort_of
from model.lang.show import an, show
from model.lang.sorts import BOOL, MapSort, Sort
from model.lang.source import Span, caller
from model.lang.words import check_identifier, check_words


class Table:
    """Data with one row for each case of a sum; columns of sums can be looked up in expressions."""

    def __init__(
        self,
        name: str,
        key: type[Sum],
        columns: tuple[str, ...],
        rows: Mapping[Any, tuple[Any, ...]],
    ) -> None:
        """Make the table; every leaf of `key` needs exactly one row."""
        name = check_identifier(name, "Table(...)")
        self.name = name
        self.key = key
        self.span = caller()
        self.rows: dict[str, tuple[Any, ...]] = {}
        if not (isinstance(key, type) and issubclass(key, Sum)):
            text = f"{name}: {show(key)}"
            raise SpecError("ORD115", text, "a table has a row for each case of a sum")
        if not isinstance(columns, tuple | list):
            text, fix = f"{name}: {show(columns)}", 'write a tuple of names, as in ("next",)'
            raise SpecError("ORD115", text, "these are no columns", fix=fix)
        self.columns = tuple(check_identifier(c, f"{name}: column ...") for c in columns)
        if not isinstance(rows, Mapping):
            text, fix = f"{name}: {show(rows)}", "write {CASE: (value, ...), ...}"
            raise SpecError("ORD115", text, "these are no rows", fix=fix)
        for pattern, row in rows.items():
            if not isinstance(pattern, Case) or pattern.sum_sort != key.sort:
                reason, fix = f"the rows of {name} are cases of {key.sort}", "remove the row"
                where = nearest(pattern)
                raise SpecError("ORD102", show(pattern), reason, fix=fix, span=where)
            row = tuple(row) if isinstance(row, tuple | list) else (row,)
            if len(row) != len(columns):
                text, reason = f"{name}[{pattern}]", f"{len(row)} given for {len(columns)} columns"
                fix = f"give one value each for {', '.join(columns)}"
                raise SpecError("ORD115", text, reason, fix=fix)
            for leaf in sorted(pattern.leaves, key=key.sort.leaves.index):
                if leaf in self.rows:
                    fix = "keep one row for each case"
                    raise SpecError("ORD116", f"{name}[{leaf}]", "it has a row already", fix=fix)
                self.rows[leaf] = row
        missing = [leaf for leaf in key.sort.leaves if leaf not in self.rows]
        if missing:
            text = ", ".join(f"{name}[{leaf}]" for leaf in missing)
            raise SpecError("ORD115", text, "it has no row", fix=f"add a row for {missing[0]}")
        self.rows = {leaf: self.rows[leaf] for leaf in key.sort.leaves}

    def __repr__(self) -> str:
        """Return its name."""
        return self.name

    def look_up(self, column: str, key: Any, sort: type[Declared] | None = None) -> Expr:
        """Return the value of a column, as an expression; numbers need the `sort` of a range."""
        text = f"{self.name}.{column}"
        if column not in self.columns:
            fix = suggest(str(column), self.columns)
            raise SpecError("ORD101", text, f"{self.name} has no such column", fix=fix)
        at = self.columns.index(column)
        of = sort_of(sort, f"sort={show(sort)}") if sort is not None else None
        mapping: list[tuple[str, Any]] = []
        for leaf, row in self.rows.items():
            if of is None and not isinstance(row[at], Operators):
                reason = f"{self.name}[{leaf}] holds {show(row[at])}, which has no sort of its own"
                fix = f"write {self.name}.look_up({column!r}, ..., sort=Tries), with a range"
                raise SpecError("ORD102", text, reason, fix=fix)
            value = lift(row[at], of, f"{self.name}[{leaf}].{column}")
            if value.kind is not Kind.CONST:
                fix = "hold cases, numbers or truth values"
                raise SpecError("ORD115", text, f"{show(value)} is no constant", fix=fix)
            of = value.sort
            mapping.append((leaf, value.data))
        assert of is not None
        label = f"{self.name}.{column}({{0}})"
        where = lift(key, self.key.sort, f"the key of {self.name}")
        return Expr(Kind.MAP, of, (where,), tuple(mapping), label=label)


@dataclass(frozen=True, slots=True)
class GhostUpdate:
    """Tuples added to a ghost relation by a rule.

    Without `where` it is the one tuple `args`. With it, `args` is added for every value of the
    `bound` variables that satisfies `where`, a conjunction whose first part is a ghost atom that
    mentions all of them (so that an evaluator can enumerate them).
    """

    relation: Ghost
    args: tuple[Expr, ...]
    bound: tuple[tuple[str, Sort], ...] = ()
    where: Expr | None = None


@dataclass(frozen=True, slots=True)
class Ghost:
    """A relation that exists for the proof alone; tuples are only ever added.

    It never reaches the generated node, and no guard may read it.
    """

    name: str
    columns: tuple[Sort, ...]
    doc: str
    span: Span = field(default_factory=caller)

    def __call__(self, *args: Any) -> Expr:
        """Tell, in a property, whether the relation holds of `args`."""
        return Expr(Kind.GHOST, BOOL, self._lift(args), self.name)

    def add(self, *args: Any) -> GhostUpdate:
        """Return the update that adds a tuple."""
        return GhostUpdate(self, self._lift(args))

    def add_for(
        self, args: Callable[..., tuple[Any, ...]], where: Callable[..., Any], **sorts: Any
    ) -> GhostUpdate:
        """Return the update that adds `args(x)` for every `x` that satisfies `where(x)`.

        The first conjunct of `where` is a ghost atom that mentions every bound variable.
        """
        text = f"{self.name}.add_for({', '.join(f'{n}={show(s)}' for n, s in sorts.items())})"
        bind(args, sorts, text)
        bound = bind(where, sorts, text)
        condition = lift(where(**bound), BOOL, "`where`")
        first = condition.args[0] if condition.kind is Kind.AND else condition
        named = {node.data for node in free_variables(first, frozenset())}
        if first.kind is not Kind.GHOST or not set(sorts) <= named:
            reason = "its first conjunct is no ghost relation of every variable in it"
            fix = f"begin `where` with a ghost relation that mentions {', '.join(sorts)}"
            raise SpecError("ORD115", show(condition), reason, fix=fix)
        names = tuple((name, value.as_expr().sort) for name, value in bound.items())
        return GhostUpdate(self, self._lift(args(**bound)), names, condition)

    def _lift(self, args: tuple[Any, ...]) -> tuple[Expr, ...]:
        if len(args) != len(self.columns):
            text = f"{self.name}({', '.join(map(show, args))})"
            fix = f"give {', '.join(map(an, self.columns))}"
            reason = f"{len(args)} given for {len(self.columns)} columns"
            raise SpecError("ORD109", text, reason, fix=fix)
        places = enumerate(zip(args, self.columns, strict=True), start=1)
        return tuple(lift(a, s, f"column {i} of {self.name}") for i, (a, s) in places)


def ghost(name: str, *columns: type[Declared], doc: str) -> Ghost:
    """Declare a ghost relation over `columns`."""
    name, doc = check_identifier(name, "ghost(...)"), check_words(doc, "ghost(doc=...)", empty=True)
    sorts = tuple(sort_of(c, f"ghost({name!r}, {show(c)})") for c in columns)
    if any(isinstance(sort, MapSort) for sort in sorts):
        fix = "give a column for the key and one for the value"
        raise SpecError("ORD115", f"ghost({name!r})", "a column holds no map", fix=fix)
    return Ghost(name, sorts, doc)


@dataclass(frozen=True, slots=True)
class EdgeTable:
    """The published figure: between which cases of a state variable a rule may lead.

    Staying in one leaf is not an edge, and the environment (a crash) is drawn apart.
    """

    variable: str
    edges: tuple[tuple[Case, Case], ...]
    doc: str = ""
    span: Span = field(default_factory=caller)

    def __post_init__(self) -> None:
        """Refuse what is no name and no text."""
        check_identifier(self.variable, "EdgeTable(...)")
        said = check_words(self.doc, "EdgeTable(doc=...)", empty=True)
        object.__setattr__(self, "doc", said)
        if not isinstance(self.edges, tuple | list):
            text, fix = f"EdgeTable(edges={show(self.edges)})", "write ((CASE, CASE), ...)"
            raise SpecError("ORD115", text, "these are no edges", fix=fix)

    def allowed(self) -> frozenset[tuple[str, str]]:
        """Return the pairs of leaves that the table allows."""
        return frozenset((a, b) for x, y in self.edges for a in x.leaves for b in y.leaves)
