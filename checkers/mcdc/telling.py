"""What a test of one row has to show of what it does: each part of it makes a difference.

Belongs here: from what a row sets, sends, replies and, being a rule, asks to *goals*. Never here:
goals about which clause decides (`goals`), a restart (`restart`), or finding a state (`room`).

A case in which all values are alike passes a node that reads the wrong one. So for each row that
answers: each variable that it sets has another value than before; each message goes to somebody;
each variable, field or node that is read in what it does or asks is told from each other one of its
sort; and a set differs from what it would be without each thing that is put into it or taken out.
This is a form of weak mutation testing (W. E. Howden: Weak mutation testing and completeness of
test sets, IEEE TSE 8 (4), 1982), where the part and the whole are seen at once: what is told apart
here is set, sent, replied, or makes the row answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checkers.mcdc.goal import CHANGES, READS, SENDS, TAKES, Goal, Path, with_part
from model.lang import Spec
from model.lang.declare import Message
from model.lang.expr import Expr, Kind, negate, show
from model.lang.sorts import BOOL, NODE, MaybeSort, SetSort, Sort
from model.lang.spec import Transition

Wanted = tuple[tuple[Expr, bool], ...]

_READ = frozenset({Kind.VAR, Kind.FIELD, Kind.CONFIG, Kind.SENDER, Kind.ME})
_MAKES = frozenset({Kind.ADD, Kind.REMOVE, Kind.PUT, Kind.UNION})


@dataclass(frozen=True)
class _Place:
    """An expression of a row, what it is called, and what must hold for it to be seen."""

    name: str
    whole: Expr
    given: Wanted
    names: tuple[str, ...]
    clause: int | None = None
    wishes: tuple[Expr, ...] = ()


def tellings(spec: Spec, t: Transition, before: Sequence[Transition] = ()) -> Iterator[Goal]:
    """Yield the goals of what a rule does and asks; `before` are the rules that come before it."""
    taken = tuple((c.expr, True) for c in t.clauses)
    texts = tuple(c.text for c in t.clauses)
    quiet = tuple(negate(rule.guard) for rule in before)
    yield from _done(spec, t, taken, texts)
    for place in _asked(t, taken, texts, quiet):
        yield from _reads(spec, t, place)
        yield from _takes(t, place)


def refusal_tellings(
    spec: Spec, t: Transition, none: Wanted, names: tuple[str, ...]
) -> Iterator[Goal]:
    """Yield the goals of what a refusal does; `none` says that no row before it answers."""
    taken = (*none, *((c.expr, True) for c in t.clauses))
    yield from _done(spec, t, taken, (*names, *(c.text for c in t.clauses)))


def told_apart(spec: Spec, t: Transition, name: str, value: Expr) -> Iterator[Goal]:
    """Yield that what is read in a value is told from all else of its sort; `name` is the value."""
    yield from _reads(spec, t, _Place(name, value, (), ()))


def choices_in(e: Expr) -> Iterator[Expr]:
    """Yield the conditions of all choices in an expression."""
    if e.kind is Kind.ITE:
        yield e.args[0]
    for part in e.args:
        yield from choices_in(part)


def _done(spec: Spec, t: Transition, taken: Wanted, texts: tuple[str, ...]) -> Iterator[Goal]:
    """Yield the goals of what a row does where it answers."""
    me = Expr(Kind.ME, NODE)
    for name, value in t.updates.items():
        now = Expr(Kind.VAR, value.sort, (me,), name)
        changes = (*taken, (_equal(now, value), False))
        yield Goal(t.label, CHANGES, name, True, None, changes, (*texts, f"{name} changes"))
    for out in t.sends:
        heard = heard_by(out.to)
        if heard is not None:
            text = out.message.__name__
            told = (*texts, f"{show(out.to)} is somebody")
            yield Goal(t.label, SENDS, text, True, None, (*taken, (heard, True)), told)
    for place in _places(t, taken, texts):
        yield from _reads(spec, t, place)
        yield from _takes(t, place)


def heard_by(to: Expr) -> Expr | None:
    """Return that a message which goes to `to` goes to somebody; None where that is sure."""
    if isinstance(to.sort, SetSort):
        return negate(_equal(to, Expr(Kind.EMPTY, to.sort)))
    return Expr(Kind.KNOWN, BOOL, (to,)) if isinstance(to.sort, MaybeSort) else None


def _asked(
    t: Transition, taken: Wanted, texts: tuple[str, ...], quiet: tuple[Expr, ...]
) -> Iterator[_Place]:
    for at, clause in enumerate(t.clauses):
        others, rest = taken[:at] + taken[at + 1 :], texts[:at] + texts[at + 1 :]
        yield _Place(clause.text, clause.expr, others, rest, at, (clause.expr, *quiet))


def _places(t: Transition, taken: Wanted, texts: tuple[str, ...]) -> Iterator[_Place]:
    for name, value in t.updates.items():
        yield _Place(f"what {name} becomes", value, taken, texts)
    for out in t.sends:
        message = out.message.__name__
        yield _Place(f"to whom {message} goes", out.to, taken, texts)
        heard = heard_by(out.to)
        given = taken if heard is None else (*taken, (heard, True))
        names = texts if heard is None else (*texts, f"{show(out.to)} is somebody")
        for name, value in out.fields.items():
            yield _Place(f"{message}.{name}", value, given, names)
    if t.reply is not None:
        reply = t.reply.decl.__name__
        for name, value in t.reply.fields.items():
            yield _Place(f"{reply}.{name}", value, taken, texts)


def _reads(spec: Spec, t: Transition, place: _Place) -> Iterator[Goal]:
    """Yield that each thing that is read is told from each other one of its sort."""
    for path, part in _parts(place.whole):
        if part.kind in _READ:
            for other in _others(spec, t, part):
                instead = with_part(place.whole, path, other)
                text = f"{show(part)} from {show(other)} in {place.name}"
                yield _told(t, READS, text, place, instead, path)


def _takes(t: Transition, place: _Place) -> Iterator[Goal]:
    """Yield that what is put into a set or a map, or taken out of it, makes a difference."""
    for path, part in _parts(place.whole):
        if part.kind in _MAKES:
            for left in part.args if part.kind is Kind.UNION else part.args[:1]:
                instead = with_part(place.whole, path, left)
                text = f"{show(part)} from {show(left)} in {place.name}"
                yield _told(t, TAKES, text, place, instead, path)


def _told(t: Transition, what: str, text: str, place: _Place, instead: Expr, path: Path) -> Goal:
    wanted = (*place.given, (_equal(place.whole, instead), False))
    names = (*place.names, f"{show(place.whole)} is not {show(instead)}")
    return Goal(t.label, what, text, True, place.clause, wanted, names, place.wishes, path)


def _others(spec: Spec, t: Transition, part: Expr) -> Iterator[Expr]:
    """Yield all else of the same sort that could have been read there."""
    me = Expr(Kind.ME, NODE)
    if part.kind in (Kind.ME, Kind.SENDER):
        if t.event is not None and issubclass(t.event, Message):
            yield Expr(Kind.SENDER, NODE) if part.kind is Kind.ME else me
        return
    fields = t.event.parts if t.event is not None else {}
    sorts: dict[Kind, dict[str, Sort]] = {
        Kind.VAR: {n: d.sort for n, d in spec.variables.items()},
        Kind.FIELD: {n: d.sort for n, d in fields.items()},
        Kind.CONFIG: {n: d.sort for n, d in spec.config.parts.items()},
    }
    for kind, named in sorts.items():
        for name, sort in named.items():
            if sort == part.sort and (kind, name) != (part.kind, part.data):
                yield Expr(kind, sort, (me,) if kind is Kind.VAR else (), name)


def _parts(whole: Expr, path: Path = ()) -> Iterator[tuple[Path, Expr]]:
    """Yield every part with its path: none within a fresh value, and not the node of a variable."""
    yield path, whole
    if whole.kind not in (Kind.FRESH, Kind.VAR):
        for at, part in enumerate(whole.args):
            yield from _parts(part, (*path, at))


def _equal(a: Expr, b: Expr) -> Expr:
    return Expr(Kind.EQ, BOOL, (a, b))
