"""What is proved of the original, and what each proof used: without it no mutant is judged.

Belongs here: the proofs of the original, from the cache as far as it has them. Never here: mutants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed, parallel_config

from checkers import tasks
from checkers.cache import Ledger
from checkers.induction import INITIAL
from checkers.mutation.bearing import Proofs
from checkers.needs.without import Place
from checkers.solving import Limits
from checkers.tasks import EVENTS, RULE, Gathered, Reading, Work
from checkers.verdict import Result, Verdict
from model.lang import Spec

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Baseline:
    """The original's proofs, and the obligations that are not proved."""

    proofs: Proofs
    unproved: tuple[Place, ...]


def baseline(
    spec: Spec,
    source: Reading | Spec,
    limits: Limits,
    workers: tuple[int, str],
    cache: Path | None,
    tell: Tell,
) -> Baseline:
    """Prove the original, as `verify` does and with what it keeps.

    `workers`: how many, and which backend of joblib.
    """
    results: list[Result] = []
    splits, calls = {}, []
    ledger = Ledger(tasks.prints(spec), cache) if cache is not None else None
    for name in [EVENTS, INITIAL, *(RULE + t.label for t in spec.transitions)]:
        wanted = None
        if ledger is not None:
            asked = tasks.questions(spec, name, frozenset())
            split = splits[name] = ledger.split(name, asked)
            results += split.known
            if not split.asked:
                continue
            wanted = split.asked
        calls.append(delayed(tasks.prove)(source, name, Work(frozenset(), limits, wanted=wanted)))
    for gathered in _done(calls, workers, tell):
        results += gathered.results
        if ledger is not None:
            ledger.learn(gathered.task, splits[gathered.task], gathered.results)
    return Baseline(
        {
            (r.property, r.transition): r
            for r in results
            if r.how == "solver" and r.verdict is Verdict.PROVED
        },
        tuple((r.property, r.transition) for r in results if r.verdict is not Verdict.PROVED),
    )


def _done(calls: list[Any], workers: tuple[int, str], tell: Tell) -> Iterator[Gathered]:
    jobs, backend = min(workers[0], len(calls)), workers[1]
    with parallel_config(backend=backend if jobs > 1 else "sequential"):
        found = Parallel(n_jobs=jobs, return_as="generator_unordered")(calls) if calls else ()
        for done, gathered in enumerate(found, start=1):
            tell("proofs of the original", done, len(calls))
            yield gathered
