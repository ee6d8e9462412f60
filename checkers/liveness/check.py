"""Checking the promises of a spec in a bounded scope: what was found of each.

Belongs here: from a spec and a scope to verdicts. Never here: how a lasso is found (`lasso`) or
told (`telling`), or the command line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from checkers.explore.packing import OutOfBits
from checkers.explore.parts import Ambiguous
from checkers.liveness.arrays import ArrayExplored
from checkers.liveness.explored import Bounds, Explored
from checkers.liveness.fair import Condition, stranded
from checkers.liveness.graph import Mask
from checkers.liveness.lasso import Lasso, lasso
from checkers.liveness.meaning import Promises, asked_about, conditions, may_stop, reads
from checkers.story import ToldRun
from checkers.verdict import Verdict
from model.arrays import NoMeaning, TooLarge
from model.lang import Spec
from model.lang.expr import Kind
from model.lang.promises import CEASES, EVENTUALLY
from model.lang.spec import Statement

Tell = Callable[[str], None]
ARRAYS, EVALUATOR = "arrays", "evaluator"
"""The engines that explore a scope."""


@dataclass(frozen=True)
class Checked:
    """What was found of one promise.

    `due` is in how many states it waits to be kept. `run` is a lasso that breaks it, replayed by
    the evaluator, and `fair` says of each fair action why that run does not wrong it. `reason` says
    why a verdict is no more than UNKNOWN.
    """

    name: str
    title: str
    verdict: Verdict
    reason: str = ""
    due: int = 0
    run: ToldRun | None = None
    fair: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What was found in a scope: its size, and each promise.

    `cut` is in how many states something leads out of the scope; `unexplored` how many states were
    found and not looked at. `seconds` is CPU time.
    """

    spec: str
    bound: str
    states: int
    edges: int
    cut: int
    unexplored: int
    fairness: tuple[str, ...]
    checked: tuple[Checked, ...]
    seconds: float
    assumed: tuple[str, ...] = field(default=())

    def exit_status(self) -> int:
        """0: all hold within the bound; 1: one is refuted; 3: something is not known."""
        verdicts = {c.verdict for c in self.checked}
        if Verdict.REFUTED in verdicts:
            return 1
        return 0 if verdicts <= {Verdict.BOUND_REACHED} else 3


def check(
    spec: Spec,
    config: Mapping[str, Any],
    nodes: Sequence[str],
    bounds: Bounds,
    *,
    only: frozenset[str] = frozenset(),
    bound: str = "",
    tell: Tell = lambda text: None,
    engine: str = ARRAYS,
) -> Outcome:
    """Explore the scope and check the promises of `spec`, or those named."""
    started = time.process_time()
    asked = [s for s in spec.of_kind(EVENTUALLY) if not only or s.name in only]
    explored = explore(spec, config, nodes, bounds, tell=tell, engine=engine)
    tell(f"{explored.graph.count:,} states, {explored.graph.edges:,} steps: what is fair")
    fair = conditions(explored)
    promises = Promises(explored)
    idle: dict[tuple[str, ...], Mask] = {}
    checked = tuple(_check(explored, fair, promises, s, tell, idle) for s in asked)
    graph = explored.graph
    return Outcome(
        spec.name,
        bound,
        graph.count,
        graph.edges,
        int(graph.cut_states().sum()),
        explored.unexplored,
        tuple(
            dict.fromkeys(f"{f.strength} {f.name}" for f in spec.fairness if f.strength != CEASES)
        ),
        checked,
        time.process_time() - started,
        (*(s.prop.title for s in spec.of_kind("alive")), *_ceasing(spec)),
    )


def _ceasing(spec: Spec) -> list[str]:
    """Return in words what is assumed to cease, by the reasons that are given for it."""
    by_why: dict[str, list[str]] = {}
    for f in spec.fairness:
        if f.strength == CEASES:
            by_why.setdefault(f.why, []).append(f.name)
    return [
        f"accepted finitely often: {', '.join(names)}" + (f" ({why})" if why else "")
        for why, names in by_why.items()
    ]


def explore(
    spec: Spec,
    config: Mapping[str, Any],
    nodes: Sequence[str],
    bounds: Bounds,
    *,
    tell: Tell = lambda text: None,
    engine: str = ARRAYS,
) -> Explored:
    """Explore the scope, by arrays if that can be.

    Where what there is does not fit into arrays, by the evaluator; it also tells of two rules that
    answer one event.
    """
    ghosts = reads(spec, Kind.GHOST)

    def explored(kind: type[Explored]) -> Explored:
        return kind(
            spec,
            config,
            nodes,
            bounds,
            ghosts=ghosts,
            kept=asked_about(spec),
            may_stop=may_stop(spec, dict(config)),
            tell=lambda states, waiting: tell(f"{states:,} states, {waiting:,} wait"),
        )

    if engine == ARRAYS:
        try:
            return explored(ArrayExplored)
        except (NoMeaning, TooLarge, OutOfBits, Ambiguous) as error:
            tell(f"by the evaluator: {error}")
    return explored(Explored)


def _check(
    explored: Explored,
    declared: Sequence[Condition],
    promises: Promises,
    statement: Statement,
    tell: Tell,
    stranded_without: dict[tuple[str, ...], Mask],
) -> Checked:
    """Check a promise; what is found of its fairness is kept for those that assume the same."""
    name, title = statement.name, statement.prop.title
    promise = statement.promise
    assert promise is not None
    graph = explored.graph
    fair = [c for c in declared if c.action not in statement.prop.without]
    instances = promises.instances(
        statement, lambda at, count: tell(f"{name}: {at:,} of {count:,} states")
    )
    due = np.zeros(graph.count, bool)
    best: tuple[Lasso, dict[str, Any]] | None = None
    for at, instance in enumerate(instances):
        tell(f"{name}: {at:,} of {len(instances):,} cases")
        due |= ~instance.then if instance.when is None else instance.when
        found = lasso(graph, fair, promise.shape, instance.when, instance.then)
        if found is not None and (best is None or _length(found) < _length(best[0])):
            best = found, instance.values
    if best is not None:
        # It loads what draws and explains, which nothing needs where all is well.
        from checkers.liveness.telling import tell_lasso

        told = tell_lasso(explored, fair, statement, *best)
        if isinstance(told, str):
            reason = f"a lasso was found, and the evaluator does not confirm it: {told}"
            return Checked(name, title, Verdict.UNKNOWN, reason, int(due.sum()))
        return Checked(name, title, Verdict.REFUTED, "", int(due.sum()), told, told.fair)
    if explored.unexplored:
        reason = f"{explored.unexplored:,} states were found and not looked at"
        return Checked(name, title, Verdict.UNKNOWN, reason, int(due.sum()))
    if promise.when is not None and not due.any():
        reason = "in this scope it is never due: nothing was checked"
        return Checked(name, title, Verdict.UNKNOWN, reason)
    without = tuple(sorted({c.action for c in declared} & set(statement.prop.without)))
    if without not in stranded_without:
        tell(f"{name}: whether there are fair runs")
        stranded_without[without] = stranded(graph, fair)
    idle = int((due & stranded_without[without]).sum())
    if idle:
        reason = (
            f"in {idle:,} of the states where it is due no fair run goes on: what is declared fair"
            " cannot be served together there, so that it is kept says nothing"
        )
        return Checked(name, title, Verdict.UNKNOWN, reason, int(due.sum()))
    return Checked(name, title, Verdict.BOUND_REACHED, "", int(due.sum()))


def _length(found: Lasso) -> int:
    return len(found.stem) + len(found.loop)
