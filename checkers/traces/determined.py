"""What can be said of a system some of whose nodes were not recorded.

Belongs here: which statements stay false once they are found false of what is known. Never here:
finding out whether one is false (the evaluator's checker).

What is known of such a system is a part of it: some of its nodes, messages, ghosts and values. A
statement is *determined* if, whenever it is false of the part, it is false of the whole, too: what
could still be added (a message, a ghost's tuple, a node, a value) can only take something away from
it. `for all a, b: ~(herald(a) & herald(b))` is; `committed(r) -> there is a quorum that accepted r`
is not, since the quorum may be among those who were not recorded.

Nor is it known then what happened first: a node may have heard of a later step of another one, by
way of a third. So a known part of nodes, each as it was at some moment, need not be a part of any
one state. A statement is *settled* if that does not matter to it: it speaks of one node alone, or
of nothing but what was sent and remembered. A value that merely occurs, does so with some node at
some moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from checkers.traces.formulas import runs_through_what_occurs
from model.evaluate.search import FormulaCompiler
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.sorts import BoolSort, MaybeSort, RangeSort, Sort, StructSort, SumSort
from model.lang.spec import Statement

_BOTH = frozenset({True, False})


def determined(spec: Spec, statements: Iterable[Statement]) -> tuple[list[Statement], list[str]]:
    """Return what of `statements` is determined, and the names of those that lose something.

    Of a statement about steps, that is the steps of some rules.
    """
    tainted = _tainted(spec)
    kept: list[Statement] = []
    lost: list[str] = []
    for s in statements:
        if s.formula is not None:
            if _stays(s.formula, False, tainted):
                kept.append(s)
            else:
                lost.append(s.name)
            continue
        rest = {n: f for n, f in s.per_transition.items() if _stays(f, False, tainted)}
        if len(rest) < len(s.per_transition):
            lost.append(s.name)
        if rest:
            kept.append(replace(s, per_transition=rest))
    return kept, lost


def is_settled(spec: Spec, formula: Expr) -> bool:
    """Tell whether a formula that is false of nodes at different moments is false of some state."""
    ordered = {u.relation.name for t in spec.transitions for u in t.ghosts if u.where is not None}
    nodes: set[tuple[int, str]] = set()
    relations: set[str] = set()

    def visit(e: Expr, scope: dict[str, int]) -> None:
        match e.kind:
            case Kind.FORALL | Kind.EXISTS:
                scope = {**scope, **{name: id(e) for name, _ in e.data}}
            case Kind.SENT | Kind.GHOST:
                relations.add(e.data)
            case Kind.VAR | Kind.NEXT:
                at = e.args[0]
                name = str(at.data) if at.kind is Kind.BOUND else ""
                nodes.add((scope.get(name, 0), name))
            case _:
                pass
        for a in e.args:
            visit(a, scope)

    visit(formula, {})
    if relations & ordered:
        return False  # what such a ghost holds hangs on what happened first
    compiler = FormulaCompiler()
    compiler.compile(formula, {})
    if runs_through_what_occurs(compiler):
        return False
    return len(nodes) + bool(relations) <= 1


def _tainted(spec: Spec) -> frozenset[str]:
    """Return the ghosts that may get tuples, from what is known alone, that they do not get.

    That is so where a tuple is added because something is *not* there.
    """
    found: frozenset[str] = frozenset()
    while True:
        now = {
            update.relation.name
            for t in spec.transitions
            for update in t.ghosts
            if update.where is not None and not _stays(update.where, True, found)
        }
        if now <= found:
            return found
        found |= now


def _stays(formula: Expr, value: bool, tainted: frozenset[str]) -> bool:
    """Tell whether a formula with this value of the part has it of the whole, too."""

    def visit(e: Expr, signs: frozenset[bool]) -> bool:
        # `signs`: True where the formula gains by the truth of `e`, False where it loses.
        match e.kind:
            case Kind.SENT | Kind.GHOST:  # can only become true
                if signs != {value} or (e.kind is Kind.GHOST and e.data in tainted):
                    return False
            case Kind.EXISTS if any(_is_open(sort) for _, sort in e.data):  # likewise
                if signs != {value}:
                    return False
            case Kind.FORALL if any(_is_open(sort) for _, sort in e.data):  # can become false
                if signs != {not value}:
                    return False
            case Kind.VAR if e.args[0].kind not in (Kind.BOUND, Kind.ME):
                return False  # of a node that may be unknown
            case _:
                pass
        flipped = frozenset(not s for s in signs)
        for i, a in enumerate(e.args):
            match e.kind:
                case Kind.NOT:
                    inner = flipped
                case Kind.IMPLIES:
                    inner = flipped if i == 0 else signs
                case Kind.AND | Kind.OR | Kind.FORALL | Kind.EXISTS:
                    inner = signs
                case _:
                    inner = _BOTH
            if not visit(a, inner):
                return False
        return True

    return visit(formula, frozenset({True}))


def _is_open(sort: Sort) -> bool:
    """Tell whether there may be values of `sort` that are not known."""
    match sort:
        case BoolSort() | SumSort() | RangeSort():
            return False
        case StructSort():
            return any(_is_open(inner) for _, inner in sort.parts)
        case MaybeSort():
            return _is_open(sort.of)
        case _:
            return True
