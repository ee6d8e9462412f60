"""How long proofs take: from nothing, after a change, without one; and how that grows.

Belongs here: the order's obligations, discharged and timed. Never here: runs, figures and files,
which `verify` checks as well.

Each row is measured once: a proof takes seconds, and none is faster for having been made before.
The rates are obligations a second, those met by frame not counted; the notes tell the seconds. A
part of the rules, or of the properties, is each fourth, or each second one in the order of the
spec, so that easy and hard ones are in it as they are in the whole; there the seconds are of
processor time, since they are to be compared. All of it takes two minutes on two idle cores.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from checkers import tasks, verify
from checkers.bench.timing import Heard, Row, Section
from checkers.cli.verify import DEFAULT_BACKEND
from checkers.questions import INITIAL, STRUCTURAL
from checkers.solving import Limits
from checkers.verdict import Result
from model.lang import Spec
from model.lang.load import load

TARGET = "order"
"""The spec that is proved."""
CHANGED = "checkers.bench.proofs:changed"
"""The same with one rule written differently, as `load` finds it."""
EACH = {"a quarter": 4, "half": 2, "all": 1}
"""How much of the spec is proved: each fourth of its rules, each second, each."""


def changed() -> Spec:
    """Return the spec with the clauses of one rule in another order: that rule is another then."""
    spec = load(TARGET)
    rules = [t for t in spec.transitions if t.kind == "rule" and len(t.clauses) > 1]
    one = rules[len(rules) // 2]
    other = replace(one, clauses=(*one.clauses[1:], one.clauses[0]))
    return replace(spec, transitions=tuple(other if t is one else t for t in spec.transitions))


def bench(rounds: int, heard: Heard) -> Section:
    """Return the rates of proving; `rounds` says nothing here."""
    rows = []
    for row in chain(_after_changes(), _growth()):
        rows.append(row)
        heard(row)
    return Section("proofs", f"proofs of {TARGET}", "obligations/s", tuple(rows), _remarks(rows))


def _row(name: str, count: int, seconds: float, how: str) -> Row:
    return Row(name, count / seconds, f"{count:,} obligations in {seconds:.1f} s, {how}")


# ---------------------------------------------------------------- after changes


def _after_changes() -> Iterator[Row]:
    """Prove everything three times with one cache: empty, after a change, after none."""
    jobs = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        for name, source in (
            ("from nothing", TARGET),
            ("one rule changed", CHANGED),
            ("nothing changed", TARGET),
        ):
            names = frozenset({*load(source).statements, *STRUCTURAL})
            options = verify.Options(names, jobs, DEFAULT_BACKEND, cache=Path(folder))
            started = time.perf_counter()
            checks = verify.Verification(source, options, lambda *_: None)
            checks.run()
            spent = time.perf_counter() - started
            yield _row(name, _count(checks.gathered.results), spent, f"jobs: {jobs}")


def _count(results: list[Result]) -> int:
    return sum(r.how == "solver" for r in results)


# ---------------------------------------------------------------- growth


def _growth() -> Iterator[Row]:
    """Prove a part of the rules, and a part of the properties, in this process alone."""
    spec = load(TARGET)
    stated = [s.name for s in spec.of_kind("safety", "step", "lemma") if not s.prop.open]
    labels = [t.label for t in spec.transitions]
    for part, step in EACH.items():
        yield _share(spec, f"{part} of the rules", labels[::step], frozenset())
    for part, step in EACH.items():
        if step > 1:
            names = frozenset(stated[::step])
            yield _share(spec, f"{part} of the properties", labels, names)


def _share(spec: Spec, name: str, labels: list[str], only: frozenset[str]) -> Row:
    started = time.process_time()
    count = 0
    for task in (INITIAL, *(tasks.RULE + label for label in labels)):
        count += _count(tasks.prove(spec, task, tasks.Work(only, Limits())).results)
    return _row(name, count, time.process_time() - started, "of processor time")


def _remarks(rows: list[Row]) -> tuple[str, ...]:
    """Return how the time of an obligation changes from a quarter of the spec to all of it."""
    rate = {row.name: row.rate for row in rows}
    few, all_of_it = rate.get("a quarter of the rules"), rate.get("all of the rules")
    if not few or not all_of_it:
        return ()
    return (
        f"An obligation takes {1000 / few:.1f} ms among a quarter of the rules, and"
        f" {1000 / all_of_it:.1f} ms among all.",
    )
