"""Whether a file of cases is what it says: judged again, without making a case anew.

Belongs here: what must hold of a file. Never here: reading it (`file`), or its coverage.

Every line must be as it was written, and the spec the one it was written for (`file`). Then the
evaluator is asked again about every case: that its values are of their sorts, that it shows what it
says, what the node answers. Every goal of the spec must be on some line. And the solver is asked
again about every proof, with just what that is said to use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from checkers.given import Given
from checkers.mcdc.cases import Case
from checkers.mcdc.file import BadFile, Stored, Wrong, read
from checkers.mcdc.goal import Goal
from checkers.mcdc.goals import goals_of
from checkers.mcdc.impossible import Impossible
from checkers.mcdc.make import Judge
from checkers.mcdc.restart import events_of
from model.evaluate import EvaluationError
from model.lang import Spec

Progress = Callable[[str, int, int], None]


def check(spec: Spec, path: Path, progress: Progress | None = None) -> Stored:
    """Return what a file holds, all of it judged again.

    Raises `BadFile` with the first line that is wrong, `FileNotFoundError` where there is none.
    """
    stored = read(spec, path)
    given = Given(spec)
    judge = Judge(spec, given)
    goals = {g.name: g for event in events_of(spec).values() for g in goals_of(spec, event)}
    told = dict.fromkeys([*stored.impossible, *stored.unknown])
    total = len(stored.cases) + len(stored.impossible) + len(stored.unlikely)
    done = 0

    def step() -> None:
        nonlocal done
        if progress is not None:
            progress("lines", done, total)
        done += 1

    for line, case in zip(stored.lines, stored.cases, strict=True):
        step()
        for reason in _wrong(judge, goals, case):
            raise BadFile(Wrong(line, reason))
        told |= dict.fromkeys(case.shows)
    for name in goals:
        if name not in told:
            raise BadFile(Wrong(1, f"no line tells whether this can be shown: {name}"))
    solver = Impossible(spec, given)
    for proofs in (stored.impossible, stored.unlikely):
        for name, proof in proofs.items():
            step()
            if name not in goals or not solver.holds(goals[name], proof):
                line = stored.line_of(name)
                raise BadFile(Wrong(line, f"its proof does not hold: {name}"))
    for name in told:
        if name not in goals:
            raise BadFile(Wrong(stored.line_of(name), f"the spec asks for no such thing: {name}"))
    return stored


def _wrong(judge: Judge, goals: dict[str, Goal], case: Case) -> Iterator[str]:
    """Yield what is wrong with a case."""
    try:
        judge.check(case.situation)
        outcome = judge.outcome(case.situation)
    except EvaluationError as error:
        yield str(error)
        return
    if outcome != case.outcome:
        yield f"the evaluator answers otherwise: as {outcome.transition}"
    if judge.breaks(case.situation) != case.breaks:
        yield f"it breaks {', '.join(judge.breaks(case.situation)) or 'nothing'}"
    if not case.shows:
        yield "it shows nothing"
    for name in case.shows:
        if name in goals and not judge.shows(case.situation, goals[name]):
            yield f"it does not show: {name}"
