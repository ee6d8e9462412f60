"""Whether a run from the first state breaks a property: two searches, one answer.

Belongs here: asking both, holding them against each other. Never here: either search.

The solver answers for all runs up to a length in a scope; random runs of the evaluator go deeper
and promise nothing. A run of either is shown only if the evaluator takes it again. Where the solver
excludes what the evaluator has just run, one of the engines is wrong, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from checkers.counterexamples.runs import FoundRun, Replayed, padded
from checkers.counterexamples.searching import Searched
from checkers.counterexamples.telling import tell
from checkers.counterexamples.unrolling import SCOPE, Unrolling
from checkers.story import Reachability
from model.evaluate import Evaluator
from model.evaluate.values import occurring
from model.lang import Spec
from model.lang.sorts import NODE, AtomSort, OrderSort
from model.smt.bounded import Scope


def answer(
    spec: Spec,
    names: Iterable[str],
    unrolled: Unrolling,
    searched: Searched,
    asked: int,
    target: str = "",
    scope: Scope = SCOPE,
) -> dict[str, Reachability]:
    """Return for each property what the two searches together say."""
    return {name: _one(spec, name, unrolled, searched, asked, target, scope) for name in names}


def _one(
    spec: Spec,
    name: str,
    unrolled: Unrolling,
    searched: Searched,
    asked: int,
    target: str,
    scope: Scope,
) -> Reachability:
    by_solver, by_runs = unrolled.runs.get(name), searched.runs.get(name)
    depth = unrolled.depth.get(name)
    notes = []
    stopped = unrolled.stops.get(name, unrolled.stopped)
    spent = unrolled.seconds + searched.seconds
    in_vain = "" if by_runs is not None else searched.told()
    made = Reachability(name, None, depth, asked, unrolled.scope, stopped, in_vain, seconds=spent)
    if by_solver is not None:
        told = tell(spec, by_solver, target, shortest=True)
        if not isinstance(told, str):
            return replace(made, run=told, stopped="", note=_disagreement(depth, told.steps))
        notes.append(f"a run of the solver does not replay ({told}): two engines DISAGREE")
    if by_runs is not None:
        told = tell(spec, by_runs, target)
        if isinstance(told, str):
            notes.append(f"a random run does not replay ({told}): two engines DISAGREE")
        else:
            if depth is not None and len(told.steps) <= depth and fits(spec, by_runs, scope):
                notes.append(
                    f"the solver excludes runs of {depth} steps or fewer in this scope, and the"
                    " evaluator takes this one: two engines DISAGREE, report this"
                )
            return replace(made, run=told, note="; ".join(notes))
    return replace(made, note="; ".join(notes))


def _disagreement(depth: int | None, steps: tuple[object, ...]) -> str:
    if depth is not None and len(steps) <= depth:
        return "the solver excluded this run before it found it: it contradicts itself, report this"
    return ""


def fits(spec: Spec, run: FoundRun, scope: Scope) -> bool:
    """Tell whether the evaluator takes the run, and finds all its values, within `scope`."""
    within = padded(run, scope.nodes)
    if within is None:
        return False
    replayed = Replayed(Evaluator(spec), within)
    if not replayed.broken:
        return False
    seen: dict[str, set[object]] = {}
    for state in replayed.states:
        for value, sort in state.values():
            for inner, part in occurring(value, sort):
                if isinstance(inner, OrderSort):
                    number = part[0] if inner.owned else part
                    if number >= 2**scope.bits:
                        return False
                elif isinstance(inner, AtomSort) and inner != NODE:
                    seen.setdefault(inner.name, set()).add(part)
    return all(len(values) <= scope.atoms for values in seen.values())
