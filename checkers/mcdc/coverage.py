"""What the cases of a spec cover: figures, and the names of what they do not.

Belongs here: counting, and the words for it. Never here: making cases (`make`), or the command.

A *condition* of a spec is a clause that has no `and` or `or` in it, a part of one that has, or a
part of what a choice asks. It is covered (modified condition/decision coverage) where it decides
both ways: for a clause, that the row answers and that the clause is alone false.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from typing import Any

from checkers.mcdc.file import Stored
from checkers.mcdc.goal import (
    ANSWERS,
    BEFORE,
    CHANGES,
    CHOICE,
    CLAUSE,
    CONDITION,
    KEEPS,
    NEEDED,
    READS,
    SENDS,
    TAKES,
    VALUE,
    Goal,
)
from checkers.mcdc.goals import goals_of
from checkers.mcdc.make import Made
from checkers.mcdc.restart import events_of
from model.lang import Spec

KINDS = {
    ANSWERS: "a row answers",
    CLAUSE: "a clause is alone false",
    NEEDED: "so it is where no rule before it answers",
    CONDITION: "a condition in a clause decides",
    VALUE: "a value that a condition asks for, or not, decides",
    BEFORE: "a row keeps a later one from answering",
    CHOICE: "a choice in what a row does decides",
    CHANGES: "what a row sets has another value than before",
    SENDS: "a message that a row sends goes to somebody",
    READS: "what a row reads is told from all else of its sort",
    TAKES: "what is put in or taken out makes a difference",
    KEEPS: "what a restart keeps has another value than at first",
}
"""The kinds of goals, in words."""
DECISIONS = frozenset({ANSWERS, CLAUSE, CONDITION, CHOICE})
"""What modified condition/decision coverage asks for; the others make the cases tell more."""


@dataclass
class Tally:
    """How many things there are, and what became of them.

    `odd`: covered, but in no state that a run can lead to.
    """

    wanted: int = 0
    covered: int = 0
    odd: int = 0
    impossible: int = 0
    unknown: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Return both together."""
        names = [f.name for f in fields(Tally)]
        return Tally(*(getattr(self, n) + getattr(other, n) for n in names))

    @property
    def complete(self) -> bool:
        """Everything is covered, or shown impossible."""
        return self.covered + self.impossible == self.wanted

    @property
    def share(self) -> str:
        """The share that is covered, of what is not shown impossible."""
        possible = self.wanted - self.impossible
        return "–" if not possible else f"{_floor(self.covered, possible)} %"


def _floor(part: int, whole: int) -> str:
    """Return a percentage that never rounds up to 100."""
    tenths = part * 1000 // whole
    return str(tenths // 10) if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"


@dataclass
class Event:
    """The coverage of one event: its rows, their clauses, the conditions, and all goals."""

    name: str
    rules: int
    refusals: int
    cases: int
    clauses: Tally
    conditions: Tally
    goals: Tally


@dataclass
class Coverage:
    """The coverage of one spec."""

    spec: str
    events: list[Event]
    kinds: dict[str, Tally]
    cases: int
    likely: int
    """Cases that satisfy all that is stated of one node."""
    impossible: dict[str, Any]
    unlikely: dict[str, Any]
    unknown: dict[str, str]
    what: dict[str, str]
    """The kind of each goal, by its name."""

    @property
    def clauses(self) -> Tally:
        """All clauses of all rows."""
        return sum((e.clauses for e in self.events), Tally())

    @property
    def conditions(self) -> Tally:
        """All conditions."""
        return sum((e.conditions for e in self.events), Tally())

    @property
    def goals(self) -> Tally:
        """All goals."""
        return sum((e.goals for e in self.events), Tally())


def coverage(spec: Spec, found: Made | Stored) -> Coverage:
    """Return what cases cover of a spec."""
    shown = {name for case in found.cases for name in case.shows}
    events, kinds = [], {kind: Tally() for kind in KINDS}
    what: dict[str, str] = {}
    for name, event in events_of(spec).items():
        goals = goals_of(spec, event)
        each = {goal.name: _tally(goal, shown, found) for goal in goals}
        what |= {goal.name: goal.what for goal in goals}
        for goal in goals:
            kinds[goal.what] += each[goal.name]
        clauses, conditions = _of_rows(spec, goals, each)
        rules, refusals = len(spec.rules_of(event)), len(spec.refusals_of(event))
        total = sum(each.values(), Tally())
        cases = sum(1 for c in found.cases if c.situation.event.name == name)
        events.append(Event(name, rules, refusals, cases, clauses, conditions, total))
    likely = sum(1 for case in found.cases if not case.breaks)
    return Coverage(
        spec.name,
        events,
        kinds,
        len(found.cases),
        likely,
        {n: p for n, p in found.impossible.items()},
        {n: p for n, p in found.unlikely.items()},
        dict(found.unknown),
        what,
    )


def _tally(goal: Goal, shown: Collection[str], found: Made | Stored) -> Tally:
    name = goal.name
    if name in shown:
        return Tally(1, 1, int(name in found.unlikely))
    impossible = name in found.impossible
    return Tally(1, 0, 0, int(impossible), int(not impossible))


def _of_rows(spec: Spec, goals: list[Goal], each: dict[str, Tally]) -> tuple[Tally, Tally]:
    """Return the tallies of clauses and of conditions."""
    clauses, conditions = Tally(), Tally()
    answers = {g.row: each[g.name] for g in goals if g.what == ANSWERS}
    compound = {(g.row, g.clause) for g in goals if g.what == CONDITION}
    sides: dict[Any, list[Tally]] = {}
    for goal in goals:
        if goal.what == CLAUSE:
            both = _both([answers[goal.row], each[goal.name]])
            clauses += both
            if (goal.row, goal.clause) not in compound:
                conditions += both
        elif goal.what in (CONDITION, CHOICE):
            key = (goal.row, goal.what, goal.clause, goal.text, goal.again)
            sides.setdefault(key, []).append(each[goal.name])
    for tallies in sides.values():
        conditions += _both(tallies)
    return clauses, conditions


def _both(sides: list[Tally]) -> Tally:
    """Return the tally of one thing that must be decided both ways."""
    if any(s.unknown for s in sides):
        return Tally(1, unknown=1)
    if any(s.impossible for s in sides):
        return Tally(1, impossible=1)
    return Tally(1, 1, int(any(s.odd for s in sides)))


# ---------------------------------------------------------------- words


def table(found: Coverage) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of the table by event; the last row holds the sums."""
    head = ["event", "rules", "refusals", "cases", "clauses", "conditions", "covered"]
    head += ["impossible", "unknown"]
    rows = [[e.name, *map(str, _cells(e))] for e in found.events]
    sums = [sum(column) for column in zip(*map(_cells, found.events), strict=True)]
    return head, [*rows, ["all", *map(str, sums)]]


def _cells(e: Event) -> list[int]:
    c = e.conditions
    return [
        *(e.rules, e.refusals, e.cases, e.clauses.wanted),
        *(c.wanted, c.covered, c.impossible, c.unknown),
    ]


def facts(found: Coverage) -> list[tuple[str, str]]:
    """Return the sums, each with its name."""
    odd = found.cases - found.likely
    told = [("cases", f"{found.cases:,}; {odd} of them in states that lemmas exclude from runs")]
    told += [("clauses", _sums(found.clauses)), ("conditions", _sums(found.conditions))]
    told += [(words, _sums(found.kinds[kind])) for kind, words in KINDS.items()]
    share = found.conditions.share
    told.append(("MC/DC", f"{share} of the conditions that are not shown impossible"))
    return told


def _sums(t: Tally) -> str:
    told = [f"{t.covered:,} of {t.wanted:,}"]
    told += [f"{t.odd} only where lemmas exclude it"] if t.odd else []
    told += [f"{t.impossible} impossible"] if t.impossible else []
    told += [f"{t.unknown} UNKNOWN"] if t.unknown else []
    return ", ".join(told)


def named(found: Coverage, everything: bool) -> Iterator[str]:
    """Yield what is impossible with its proof, and what is not known.

    With `everything` also what is not asked of modified condition/decision coverage, and what
    lemmas exclude.
    """
    for name, proof in found.impossible.items():
        if everything or found.what[name] in DECISIONS:
            yield f"impossible: {name}"
            yield f"  these exclude each other: {'; '.join(proof.used)}"
    for name, proof in found.unlikely.items() if everything else ():
        yield f"only where lemmas exclude it: {name}"
        yield f"  these exclude each other: {'; '.join((*proof.used, *proof.lemmas))}"
    for name, why in found.unknown.items():
        yield f"UNKNOWN: {name}"
        yield f"  {why}"


def as_json(found: Coverage) -> dict[str, Any]:
    """Return the coverage as plain data."""

    def data(t: Tally) -> dict[str, int]:
        return {f.name: getattr(t, f.name) for f in fields(Tally)}

    def proofs(of: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"goal": n, "since": [*p.used], "lemmas": [*p.lemmas]} for n, p in of.items()]

    return {
        "cases": found.cases,
        "clauses": data(found.clauses),
        "conditions": data(found.conditions),
        "goals": {kind: data(t) for kind, t in found.kinds.items()},
        "events": [
            {
                "event": e.name,
                "rules": e.rules,
                "refusals": e.refusals,
                "cases": e.cases,
                "clauses": data(e.clauses),
                "conditions": data(e.conditions),
                "goals": data(e.goals),
            }
            for e in found.events
        ],
        "impossible": proofs(found.impossible),
        "unlikely": proofs(found.unlikely),
        "unknown": [{"goal": n, "since": why} for n, why in found.unknown.items()],
    }
