"""Faults in one expression: for each of its parts, what somebody could have written instead.

Belongs here: which expressions take the place of one. Never here: where expressions stand (`rows`),
or what notices the change.

A part is replaced by something of its own sort, so that the language has nothing to object to. Only
what stands within a `fresh` is left alone: all occurrences of that are one value, and changing one
would make two of it (`rows` changes them together).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from model.lang import Spec
from model.lang.declare import Event, Message
from model.lang.expr import Expr, Kind, negate, same
from model.lang.sorts import (
    BOOL,
    NODE,
    BoolSort,
    MaybeSort,
    RangeSort,
    SetSort,
    Sort,
    SumSort,
    is_ordered,
)

OFF_BY_ONE = "off by one in a comparison"
TURNED = "comparison turned round"
NEGATE_PART = "negate a condition"
AND_OR = "swap and/or"
DROP_PART = "drop a part of a condition"
WIDEN = "widen a set of cases"
NARROW = "narrow a set of cases"
CONSTANT = "wrong constant"
OPERAND = "wrong operand"
BRANCH = "one branch always"
ELEMENT = "drop an element"
ADD_REMOVE = "swap add/remove"
QUORUM = "weaken a quorum"
STRONGER_QUORUM = "strengthen a quorum"
NOTHING = "forget who or what"
NO_STEP = "drop a step up"

Path = tuple[int, ...]
"""The way from an expression to one of its parts: which argument of which argument."""


@dataclass(frozen=True)
class Fault:
    """What stands in an expression now, and the kind of fault."""

    operator: str
    path: Path
    part: Expr
    instead: Expr

    @property
    def told(self) -> str:
        """What stood there and what stands there now."""
        return f"{self.part} -> {self.instead}"

    def of(self, whole: Expr) -> Expr:
        """Return the whole expression with the fault."""
        return put(whole, self.path, self.instead)


def put(whole: Expr, path: Path, instead: Expr) -> Expr:
    """Return an expression with another part at the end of a path; the rest is the same objects."""
    if not path:
        return instead
    args = list(whole.args)
    args[path[0]] = put(args[path[0]], path[1:], instead)
    return whole.with_args(tuple(args))


def part_at(whole: Expr, path: Path) -> Expr | None:
    """Return the part at the end of a path; None where there is none."""
    for at in path:
        if at >= len(whole.args):
            return None
        whole = whole.args[at]
    return whole


class Faults:
    """The faults of the expressions that answer one event of a spec."""

    def __init__(self, spec: Spec, event: type[Event] | None) -> None:
        """Prepare; `event` is what the row answers."""
        self.spec, self.event = spec, event

    def of(self, whole: Expr, *, effect: bool) -> Iterator[Fault]:
        """Yield the faults of an expression and all its parts, outermost first.

        With `effect` it is no condition of a guard but something that is set, sent or told.
        """
        for path, part in _parts(whole):
            seen: list[Expr] = [part]
            for operator, instead in self._instead(part, effect, path):
                if len(path) > 1 and operator == CONSTANT and len(seen) > 1:
                    continue  # one wrong constant is enough of what stands far inside
                if not any(same(instead, other) for other in seen):
                    seen.append(instead)
                    yield Fault(operator, path, part, instead)

    # ------------------------------------------------------------ one part

    def _instead(self, e: Expr, effect: bool, path: Path) -> Iterator[tuple[str, Expr]]:
        if path and e.sort == BOOL and e.kind is not Kind.CONST:
            yield NEGATE_PART, e.args[0] if e.kind is Kind.NOT else negate(e)
        made = _BY_KIND.get(e.kind)
        if made is not None:
            yield from made(e)
        if e.kind in (Kind.VAR, Kind.FIELD, Kind.ME, Kind.SENDER, Kind.CONFIG):
            yield from ((OPERAND, x) for x in self._operands(e, effect))

    def _operands(self, e: Expr, effect: bool) -> Iterator[Expr]:
        """Yield what could have been meant: the next of the same sort, and its namesake."""
        parts = self.event.parts if self.event is not None else {}
        me = Expr(Kind.ME, NODE, span=e.span)
        match e.kind:
            case Kind.VAR:
                names = [n for n, d in self.spec.variables.items() if d.sort == e.sort]
                for name in _after(names, e.data):
                    yield Expr(Kind.VAR, e.sort, e.args, name, e.span)
                if effect and e.data in parts and parts[e.data].sort == e.sort:
                    yield Expr(Kind.FIELD, e.sort, (), e.data, e.span)
            case Kind.FIELD:
                names = [n for n, d in parts.items() if d.sort == e.sort]
                for name in _after(names, e.data):
                    yield Expr(Kind.FIELD, e.sort, (), name, e.span)
                mine = self.spec.variables.get(e.data)
                if effect and mine is not None and mine.sort == e.sort:
                    yield Expr(Kind.VAR, e.sort, (me,), e.data, e.span)
            case Kind.CONFIG:
                names = [n for n, d in self.spec.config.parts.items() if d.sort == e.sort]
                for name in _after(names, e.data):
                    yield Expr(Kind.CONFIG, e.sort, (), name, e.span)
            case Kind.SENDER:
                yield me
            case Kind.ME if self.event is not None and issubclass(self.event, Message):
                yield Expr(Kind.SENDER, NODE, span=e.span)


def _parts(whole: Expr, path: Path = ()) -> Iterator[tuple[Path, Expr]]:
    """Yield every part that may be replaced, by its path: none within a fresh value."""
    yield path, whole
    if whole.kind in (Kind.FRESH, Kind.VAR):  # a variable is one node's: `me`, and no other's
        return
    for at, part in enumerate(whole.args):
        yield from _parts(part, (*path, at))


def _after(names: list[str], name: str) -> list[str]:
    """Return the next of several names, if there is another."""
    return [names[(names.index(name) + 1) % len(names)]] if len(names) > 1 else []


# ---------------------------------------------------------------- by kind

Instead = Iterator[tuple[str, Expr]]


def _like(e: Expr, kind: Kind, *args: Expr) -> Expr:
    return Expr(kind, e.sort, args, span=e.span)


def _less(e: Expr) -> Instead:
    other = Kind.LE if e.kind is Kind.LT else Kind.LT
    yield OFF_BY_ONE, Expr(other, BOOL, e.args, span=e.span, label=_written(e, other))
    yield TURNED, _like(e, e.kind, *reversed(e.args))


def _written(e: Expr, kind: Kind) -> str:
    """Return how a comparison is written that reads as this one does."""
    return {"": "", ">": ">=", ">=": ">"}.get(e.label, "") if kind is not e.kind else e.label


def _equal(e: Expr) -> Instead:
    if is_ordered(e.args[0].sort):
        yield OFF_BY_ONE, _like(e, Kind.LE, *e.args)
        yield OFF_BY_ONE, _like(e, Kind.LE, *reversed(e.args))


def _junction(e: Expr) -> Instead:
    yield AND_OR, _like(e, Kind.OR if e.kind is Kind.AND else Kind.AND, *e.args)
    for at in range(len(e.args)):
        left = (*e.args[:at], *e.args[at + 1 :])
        yield DROP_PART, left[0] if len(left) == 1 else _like(e, e.kind, *left)


def _implies(e: Expr) -> Instead:
    yield DROP_PART, e.args[1]


def _choice(e: Expr) -> Instead:
    yield BRANCH, e.args[1]
    yield BRANCH, e.args[2]


def _is(e: Expr) -> Instead:
    sort = e.args[0].sort
    assert isinstance(sort, SumSort)
    named = [leaf for leaf in sort.leaves if leaf in e.data]
    others = [leaf for leaf in sort.leaves if leaf not in e.data]

    def cases(leaves: frozenset[str]) -> Expr:
        return Expr(Kind.IS, BOOL, e.args, leaves, e.span)

    for leaf in _ends(others):
        yield WIDEN, cases(e.data | {leaf})
    for leaf in _ends(named) if len(named) > 1 else ():
        yield NARROW, cases(e.data - {leaf})
    for leaf in _ends(others) if len(named) == 1 else ():
        yield CONSTANT, cases(frozenset({leaf}))


def _ends(names: list[str]) -> list[str]:
    """Return the first and the last of some names."""
    return list(dict.fromkeys([*names[:1], *names[-1:]]))


def _constant(e: Expr) -> Instead:
    def value(data: object) -> tuple[str, Expr]:
        return CONSTANT, Expr(Kind.CONST, e.sort, (), data, e.span)

    match e.sort:
        case BoolSort():
            yield value(not e.data)
        case RangeSort():
            yield from (value(n) for n in (e.data - 1, e.data + 1) if 0 <= n <= e.sort.top)
        case SumSort():
            at, count = e.sort.leaves.index(e.data), len(e.sort.leaves)
            yield from (value(e.sort.leaves[(at + step) % count]) for step in (1, -1))


def _adding(e: Expr) -> Instead:
    yield ELEMENT, e.args[0]
    if e.kind is not Kind.UNION:
        other = Kind.REMOVE if e.kind is Kind.ADD else Kind.ADD
        yield ADD_REMOVE, _like(e, other, *e.args)


def _put(e: Expr) -> Instead:
    yield ELEMENT, e.args[0]


def _union(e: Expr) -> Instead:
    yield from ((ELEMENT, part) for part in e.args)


def _empty(e: Expr) -> Instead:
    if isinstance(e.sort, SetSort) and e.sort.of == NODE:
        yield CONSTANT, _like(e, Kind.ADD, e, Expr(Kind.ME, NODE, span=e.span))


def _majority(e: Expr) -> Instead:
    some, whole = e.args
    nobody = Expr(Kind.EMPTY, some.sort, span=e.span)
    yield QUORUM, negate(Expr(Kind.SUBSET, BOOL, (some, nobody), span=e.span))
    if some.sort == whole.sort:
        yield STRONGER_QUORUM, Expr(Kind.SUBSET, BOOL, (whole, some), span=e.span)


def _subset(e: Expr) -> Instead:
    """All of a set, as a quorum: any of it is a weaker one."""
    inner, outer = e.args
    nobody = Expr(Kind.EMPTY, outer.sort, span=e.span)
    if outer.kind is not Kind.EMPTY:
        yield QUORUM, negate(Expr(Kind.SUBSET, BOOL, (outer, nobody), span=e.span))
        if inner.sort == outer.sort and inner.sort.of == NODE:  # type: ignore[attr-defined]
            yield QUORUM, Expr(Kind.MAJORITY, BOOL, (outer, inner), span=e.span)


def _some(e: Expr) -> Instead:
    yield NOTHING, Expr(Kind.NONE, e.sort, span=e.span)


def _none(e: Expr) -> Instead:
    if _of_nodes(e.sort):
        yield CONSTANT, _like(e, Kind.SOME, Expr(Kind.ME, NODE, span=e.span))


def _of_nodes(sort: Sort) -> bool:
    return isinstance(sort, MaybeSort) and sort.of == NODE


def _up(e: Expr) -> Instead:
    yield NO_STEP, e.args[0]


_BY_KIND: dict[Kind, Callable[[Expr], Instead]] = {
    Kind.LT: _less,
    Kind.LE: _less,
    Kind.EQ: _equal,
    Kind.AND: _junction,
    Kind.OR: _junction,
    Kind.IMPLIES: _implies,
    Kind.ITE: _choice,
    Kind.IS: _is,
    Kind.CONST: _constant,
    Kind.EMPTY: _empty,
    Kind.ADD: _adding,
    Kind.REMOVE: _adding,
    Kind.PUT: _put,
    Kind.UNION: _union,
    Kind.MAJORITY: _majority,
    Kind.SUBSET: _subset,
    Kind.SOME: _some,
    Kind.NONE: _none,
    Kind.UP: _up,
}
