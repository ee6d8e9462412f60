"""All mutants of a spec, judged in workers; what came out is kept from run to run.

Belongs here: which mutants are judged, by whom, and what is kept. Never here: judging one
(`killers`).

An outcome is kept under the fingerprint of the whole spec, scenarios included, of the mutant, and
of all the code that judges it, as soon as it is there: an interrupted run goes on where it was.
What is unknown is kept, too: it is counted in the solver's steps, and would be unknown again. The
proofs of the original are kept where `verify` keeps them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed, parallel_config

from checkers import tasks, workers
from checkers.cache.prints import ROOT, generation, sources
from checkers.cache.store import FOLDER, Store, digest
from checkers.mcdc import file
from checkers.mcdc.cases import Case
from checkers.mutation.baseline import Baseline, baseline
from checkers.mutation.bearing import Proofs
from checkers.mutation.killers import Killers
from checkers.mutation.mutant import Mutant
from checkers.mutation.mutants import chosen, mutants_of, sampled
from checkers.mutation.outcome import Fate, Outcome, outcome_of
from checkers.needs.kept import scenarios_told
from checkers.needs.without import Place
from checkers.solving import Limits
from checkers.tasks import Reading
from model.lang import Spec

CODE = ("model", "checkers")
"""The code that judges, and more: to ask again is cheaper than to believe what is old."""
BESIDE = (
    *("model/order", "model/promela", "model/tla"),
    *("checkers/bench", "checkers/cli", "checkers/simulation", "checkers/traces"),
    *("checkers/mutation/page.py", "checkers/mutation/showing.py"),
)
"""What of it judges no mutant, so that outcomes outlive its changes; a test holds it against what
judging imports. What a spec says is part of each outcome's own fingerprint."""
CHUNK = 20
"""So many mutants a worker is given at once, at most."""

Tell = Callable[[str, int, int], None]


class NotProved(Exception):
    """The original's own obligations fail: no mutant can be told from it."""

    def __init__(self, places: Sequence[Place]) -> None:
        """Tell which."""
        self.places = tuple(places)
        shown = ", ".join(f"{p} at {t}" for p, t in self.places[:3])
        super().__init__(f"{len(self.places)} obligations of the original are not proved: {shown}")


@dataclass(frozen=True)
class Options:
    """Which mutants to judge and with what means.

    `only`: operators, rows or names, or none for all; `sample`: about so many of them, evenly
    spread, or 0 for all; `budget`: seconds by the clock after which no mutant is begun, 0 for no
    such; `timeout`: solver seconds of one obligation of the original; `scope`: of the promises that
    are asked of what nothing cheaper kills, or None for not asking, with just these `requests`;
    `cache`: where outcomes are kept.
    """

    only: tuple[str, ...] = ()
    sample: int = 0
    jobs: int = 1
    backend: str = workers.FORK
    timeout: float = 40.0
    budget: float = 0.0
    scope: str | None = None
    requests: tuple[str, ...] = ()
    cache: Path | None = None


@dataclass
class Judged:
    """What came of the mutants of a spec.

    `all`: how many mutants there are; `chosen`: how many were asked for; `kept`: how many outcomes
    an earlier run had, which took `before` seconds of CPU time then; `cpu`: what the others took
    now; `cut`: why not all that were asked for are here; `broken`: that is what a worker died of.
    """

    spec: str
    all: int
    chosen: int
    outcomes: list[Outcome] = field(default_factory=list)
    kept: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    before: float = 0.0
    cut: str = ""
    broken: bool = False

    def of(self, fate: Fate) -> list[Outcome]:
        """Return the outcomes with a fate."""
        return [o for o in self.outcomes if o.fate is fate]

    def exit_status(self) -> int:
        """0: every mutant is killed or equivalent; 1: one survives; 3: something is not known."""
        if self.of(Fate.SURVIVED):
            return 1
        return 3 if self.cut or self.of(Fate.UNKNOWN) else 0


def mutate(source: str | Spec, options: Options, tell: Tell) -> Judged:
    """Judge the mutants of a spec. Raises `NotProved`, and what `load` raises."""
    return _Run(source, options, tell).run()


class _Run:
    def __init__(self, source: str | Spec, options: Options, tell: Tell) -> None:
        self.options, self.tell = options, tell
        self.spec = tasks.spec_of(source)
        self.source: Reading | Spec = tasks.reading(source) if isinstance(source, str) else source
        self.jobs = options.jobs if isinstance(source, str) else 1
        self.store: Store | None = None
        self.form = ""
        if options.cache is not None:
            with suppress(TypeError):  # something in it has no canonical form: nothing is kept
                whole = (tasks.prints(self.spec).whole(), scenarios_told(self.spec), record())
                told = (*whole, options.scope, options.requests)
                self.form = digest(repr(told))
                self.store = Store(options.cache / "mutants", judging(CODE))

    def run(self) -> Judged:
        started = time.perf_counter()
        every = mutants_of(self.spec)
        wanted = sampled(chosen(every, self.options.only), self.options.sample)
        found = Judged(self.spec.name, len(every), len(wanted))
        known = self._known(wanted)
        left = [m for m in wanted if m.name not in known]
        with summing(found, self.options.budget, known, [m.name for m in wanted]):
            for outcome in self._judged(left, started) if left else ():
                known[outcome.name] = outcome
                self._keep(outcome)
                self.tell("mutants", len(known), len(wanted))
        return found

    def _judged(self, left: list[Mutant], started: float) -> Iterator[Outcome]:
        o = self.options
        if self.jobs > 1 and o.backend == workers.FORK:
            workers.register()
        base: Baseline = baseline(
            self.spec, self.source, Limits(o.timeout), (self.jobs, o.backend), o.cache, self.tell
        )
        if base.unproved:
            raise NotProved(base.unproved)
        jobs = min(self.jobs, len(left))
        size = 1 if jobs == 1 else max(1, min(CHUNK, len(left) // (4 * jobs)))
        names = [m.name for m in left]
        chunks = [names[i : i + size] for i in range(0, len(names), size)]
        until = started + o.budget if o.budget else 0.0
        if jobs > 1 and o.backend == workers.FORK:
            _prepared(self.source, base.proofs)  # the copies have it from the start
        asked = (o.scope, o.requests)
        calls = (delayed(judge)(self.source, base.proofs, c, until, asked) for c in chunks)
        with parallel_config(backend=o.backend if jobs > 1 else "sequential"):
            for some in Parallel(n_jobs=jobs, return_as="generator_unordered")(calls):
                yield from some

    # ------------------------------------------------------------ what is kept

    def _known(self, wanted: Sequence[Mutant]) -> dict[str, Outcome]:
        found: dict[str, Outcome] = {}
        if self.store is None:
            return found
        groups = {m.at: self.store.read(m.at) for m in wanted}
        for m in wanted:
            fact = groups[m.at].get(self._key(m.name, m.told))
            with suppress(KeyError, TypeError, ValueError):
                if fact is not None:
                    kept = outcome_of(fact)
                    if kept.name == m.name:
                        found[m.name] = replace(kept, where=m.where)
        return found

    def _keep(self, outcome: Outcome) -> None:
        if self.store is not None:
            key = self._key(outcome.name, outcome.told)
            self.store.add(outcome.at, {key: outcome.data()})

    def _key(self, name: str, told: str) -> str:
        return digest(repr((self.form, name, told)))


def judging(parts: Sequence[str]) -> str:
    """Return the fingerprint of the code that judges, and of what it runs on."""
    beside = set(sources(BESIDE))
    return generation(str(p.relative_to(ROOT)) for p in sources(parts) if p not in beside)


@contextmanager
def summing(
    found: Judged, budget: float, known: Mapping[str, Outcome], wanted: Sequence[str]
) -> Iterator[None]:
    """Sum up what `known` is when all is done, and why not all is there.

    A run that is interrupted, or loses a worker, has what it judged until then.
    """
    started = time.perf_counter()
    kept = set(known)
    try:
        yield
    except KeyboardInterrupt:
        found.cut = "interrupted"
    except BrokenProcessPool:  # loky's own kind is one, too
        found.cut, found.broken = "a worker was killed, perhaps for its memory", True
    found.outcomes = [known[name] for name in wanted if name in known]
    if len(found.outcomes) < len(wanted) and not found.cut:
        found.cut = f"out of time ({budget:g} s)"
    found.kept = sum(o.name in kept for o in found.outcomes)
    found.before = sum(o.seconds for o in found.outcomes if o.name in kept)
    found.cpu = sum(o.seconds for o in found.outcomes if o.name not in kept)
    found.seconds = time.perf_counter() - started


def record() -> str:
    """Return the fingerprint of the file of stored cases."""
    if not file.ORDER.is_file():
        return ""
    return digest(file.ORDER.read_text(encoding="utf-8", errors="backslashreplace"))


# ---------------------------------------------------------------- in a worker

_ready: dict[object, tuple[Killers, Mapping[str, Mutant]]] = {}
"""What this process has prepared, of one source at most."""


def _prepared(source: Any, proofs: Proofs) -> tuple[Killers, Mapping[str, Mutant]]:
    key = source if isinstance(source, Reading) else id(source)
    if key not in _ready:
        _ready.clear()
        spec = tasks.spec_of(source)
        made = {m.name: m for m in mutants_of(spec)}
        _ready[key] = Killers(spec, proofs, stored_cases(spec)), made
    return _ready[key]


def stored_cases(spec: Spec) -> tuple[Case, ...]:
    """Return the stored cases of a spec: the order's, while they are its own; of others none."""
    if file.why_stale(spec, file.ORDER):
        return ()
    return tuple(file.read(spec, file.ORDER).cases)


def judge(
    source: Reading | Spec,
    proofs: Proofs,
    names: Sequence[str],
    until: float,
    promises: tuple[str | None, tuple[str, ...]],
) -> list[Outcome]:
    """Return what becomes of some mutants; of those that are not begun by `until`, nothing."""
    killers, mutants = _prepared(source, proofs)
    killers.scope, killers.requests = promises
    found = []
    for name in names:
        if until and time.perf_counter() > until:
            break
        found.append(killers.outcome(mutants[name]))
    return found


DEFAULT_CACHE = Path(FOLDER)
