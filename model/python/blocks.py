"""The plan of a handler: guards as nested blocks, and what is computed once before them.

Belongs here: which clauses rules share, and which expressions a local variable holds.
Never here: text (`node_file.py`, `nearest_file.py`).

Rules stay in the order of the spec; neighbours that begin with the same clauses share one `if`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from model.lang.expr import Expr, Kind
from model.lang.sorts import StructSort
from model.lang.spec import Clause, Transition
from model.python.terms import Key, key
from model.python.vocabulary import evaluated, snake

# What is worth a local variable where it is needed twice.
_HOISTED = frozenset(
    {
        Kind.STRUCT,
        Kind.FRESH,
        Kind.ADD,
        Kind.REMOVE,
        Kind.UNION,
        Kind.UP,
        Kind.MAJORITY,
        Kind.ITE,
    }
)
Path = tuple[int, ...]


@dataclass(frozen=True)
class Spot:
    """Where something is computed: before child `index` of the block at `block`."""

    block: Path
    index: int

    def common(self, other: Spot) -> Spot:
        """Return the last spot that comes before both."""
        shared = 0
        while (
            shared < min(len(self.block), len(other.block))
            and self.block[shared] == other.block[shared]
        ):
            shared += 1
        return Spot(self.block[:shared], min(self._index(shared), other._index(shared)))

    def _index(self, depth: int) -> int:
        return self.block[depth] if len(self.block) > depth else self.index


@dataclass
class Branch:
    """Clauses, and below them further branches or one transition."""

    clauses: tuple[Clause, ...]
    transition: Transition | None = None
    children: list[Branch] = field(default_factory=list)


@dataclass
class Local:
    """A local variable: what it holds and what it is called."""

    expr: Expr
    name: str


@dataclass
class Plan:
    """The blocks of one handler, and the locals to set at each spot, inner ones first."""

    branches: list[Branch]
    locals: dict[Spot, list[Local]]


def shared_blocks(transitions: Sequence[Transition], depth: int = 0) -> list[Branch]:
    """Return the transitions as branches; neighbours with the same next clauses share one."""
    out: list[Branch] = []
    at = 0
    while at < len(transitions):
        first = transitions[at]
        if len(first.clauses) == depth:
            out.append(Branch((), first))
            at += 1
            continue
        end = at + 1
        while end < len(transitions) and _shared(transitions[at : end + 1], depth) > 0:
            end += 1
        group = transitions[at:end]
        if len(group) == 1:
            out.append(Branch(first.clauses[depth:], first))
        else:
            shared = _shared(group, depth)
            below = shared_blocks(group, depth + shared)
            out.append(Branch(first.clauses[depth : depth + shared], None, below))
        at = end
    return out


def _shared(group: Sequence[Transition], depth: int) -> int:
    """Return how many clauses from `depth` on all of the group have in common."""
    count = 0
    while all(len(t.clauses) > depth + count for t in group):
        keys = {key(t.clauses[depth + count].expr) for t in group}
        if len(keys) > 1:
            break
        count += 1
    return count


def plan(branches: list[Branch], taken: Iterable[str]) -> Plan:
    """Return where each repeated expression is computed, with a name not in `taken`."""
    uses = _Uses()
    uses.add_branches(branches, ())
    return Plan(branches, uses.settle(set(taken)))


def plan_flat(exprs: Sequence[Expr], taken: Iterable[str]) -> list[Local]:
    """Return the locals of expressions that are evaluated one after the other."""
    uses = _Uses()
    for expr in exprs:
        uses.add(expr, Spot((), 0), top=False)
    return [local for found in uses.settle(set(taken)).values() for local in found]


class _Uses:
    """Where each expression is used, and what hints at a name for it."""

    def __init__(self) -> None:
        self.exprs: dict[Key, Expr] = {}
        self.spots: dict[Key, list[Spot]] = {}
        self.hints: dict[Key, list[str]] = {}
        self.forced: set[Key] = set()

    def add_branches(self, branches: list[Branch], block: Path) -> None:
        for index, branch in enumerate(branches):
            for clause in branch.clauses:
                self.add(clause.expr, Spot(block, index), top=False)
            inner = (*block, index)
            self.add_branches(branch.children, inner)
            if branch.transition is not None:
                spot = Spot(inner, 0) if branch.clauses else Spot(block, index)
                self.add_body(branch.transition, spot)

    def add_body(self, transition: Transition, spot: Spot) -> None:
        guards = len(transition.clauses)
        for name, value in transition.updates.items():
            self.hint(value, name)
            self.add(value, spot, top=True)
        for out in transition.sends:
            for name, value in out.fields.items():
                self.hint(value, name)
        if transition.reply is not None:
            for name, value in transition.reply.fields.items():
                self.hint(value, name)
        rest = list(evaluated(transition))[guards + len(transition.updates) :]
        for value in rest:
            self.add(value, spot, top=False)

    def hint(self, expr: Expr, name: str) -> None:
        inner = expr.args[0] if expr.kind is Kind.SOME else expr
        self.hints.setdefault(key(inner), []).append(name)

    def add(self, expr: Expr, spot: Spot, top: bool) -> None:
        """Note a use; `top` says that an `ite` may become an `if` statement here."""
        if expr.kind in _HOISTED:
            this = key(expr)
            seen = this in self.exprs
            self.exprs.setdefault(this, expr)
            self.spots.setdefault(this, []).append(spot)
            if expr.kind is Kind.ITE and not top and _has_ite(expr):
                self.forced.add(this)
                top = True
            if seen:
                return
        for at, arg in enumerate(expr.args):
            self.add(arg, spot, top=top and expr.kind is Kind.ITE and at > 0)

    def settle(self, taken: set[str]) -> dict[Spot, list[Local]]:
        chosen = [k for k, spots in self.spots.items() if len(spots) > 1 or k in self.forced]
        chosen.sort(key=lambda k: -_size(self.exprs[k]))
        places: dict[Key, Spot] = {}
        for this in chosen:
            spots = list(self.spots[this])
            for other, spot in places.items():
                if any(key(e) == this for e in _below(self.exprs[other])):
                    spots.append(spot)
            spot = spots[0]
            for one in spots[1:]:
                spot = spot.common(one)
            places[this] = spot
        found: dict[Spot, list[Local]] = {}
        for this in reversed(chosen):
            name = unused(self.name(this), taken)
            taken.add(name)
            found.setdefault(places[this], []).append(Local(self.exprs[this], name))
        return found

    def name(self, this: Key) -> str:
        expr = self.exprs[this]
        if isinstance(expr.sort, StructSort):
            return snake(expr.sort.name)
        if expr.kind is Kind.MAJORITY:
            return "has_majority"
        if this in self.hints:
            return self.hints[this][0]
        if expr.kind is Kind.REMOVE and expr.args[1].kind is Kind.ME:
            return "others"
        return snake(expr.sort.name)


def unused(name: str, taken: set[str]) -> str:
    """Return `name`, with a number where it is taken."""
    number, made = 2, name
    while made in taken:
        made, number = f"{name}_{number}", number + 1
    return made


def _size(expr: Expr) -> int:
    return 1 + sum(map(_size, expr.args))


def _below(expr: Expr) -> Iterator[Expr]:
    for arg in expr.args:
        yield arg
        yield from _below(arg)


def _has_ite(expr: Expr) -> bool:
    return any(e.kind is Kind.ITE for e in _below(expr))
