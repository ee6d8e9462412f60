"""All checks of one spec: obligations in parallel, failures explained, one finding per property.

Belongs here: what is run and how results add up. Never here: how one obligation is discharged
(`induction`), or how findings are shown (`report`).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Any

import z3
from joblib import Parallel, delayed, parallel_config

from checkers import artefacts
from checkers.counterexamples import (
    Searched,
    System,
    Unrolling,
    answer,
    explain,
    find,
    search,
    unroll,
)
from checkers.diagnostics import edges_beyond, overlap, unanswered, unreached
from checkers.edges import derive_steps
from checkers.induction import (
    DETERMINISM,
    INITIAL,
    LOCAL,
    STRUCTURAL,
    TOTALITY,
    InitialState,
    Obligation,
    Prover,
)
from checkers.reach import Reached, reach, standard_config
from checkers.story import Counterexample
from checkers.verdict import Finding, Report, Result, Verdict
from model import figures
from model.lang import Spec
from model.lang.load import load
from model.lang.spec import Statement
from model.smt.bounded import BoundedVocabulary, Scope
from model.smt.relation import SystemStep

EVENTS, RULE = "events", "rule "
"""Tasks: all events, or `rule ` and a transition's label; so no label can be taken for a word."""

FIGURE = "the figure"
POSSIBLE = "everything happens"
CASES = "no empty promise"
CURRENT = "derived files"
FIRES = "guards agree"
CONSISTENT = "it can begin"
RUN_TITLES = {
    FIGURE: "The derived coarse figure has just the published edges",
    CONSISTENT: "Some first state satisfies the assumptions",
    FIRES: "Each rule's guard can hold together with every proved property",
    POSSIBLE: "Every state, rule and reply is reached in a run",
    CURRENT: "The node, the pages and the figures are current",
    CASES: "Every property has a case in a run, and none breaks in it",
}
EXPLAINED = 3
"""How many failed obligations of one property get a counterexample."""
WITHOUT_LEMMAS = LOCAL | {TOTALITY}
"""What follows from guards alone: no lemma can be missing."""
SEARCHED = 40_000
"""How many steps of random runs look for a run that breaks what failed."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to check and with what means.

    `only`: names of properties, or empty for all; `timeout`: seconds of solver time for one try at
    an obligation; `run_seeds`: the seeds of the runs that reach for everything; `derived`: the
    spec is this repository's own, whose derived files must be current; `scope`: of the bounded
    reading, or None for the unbounded one. `depth`: how long a run the solver looks for that breaks
    what failed, 0 for none at all, and `run_seconds` for how long it looks.
    """

    only: frozenset[str] = frozenset()
    jobs: int = 2
    backend: str = "loky"
    timeout: float = 20.0
    run_seeds: tuple[int, ...] = (1,)
    run_steps: int = 60_000
    derived: bool = False
    scope: Scope | None = None
    depth: int = 0
    run_seconds: float = 40.0


Progress = Callable[[str, int, int], None]


@lru_cache(maxsize=4)
def _loaded(target: str) -> Spec:
    return load(target)


class _Same:
    """A spec as a key: the same object is the same spec."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.spec is self.spec

    def __hash__(self) -> int:
        return id(self.spec)


@lru_cache(maxsize=2)
def _prover(key: _Same, scope: Scope | None = None) -> Prover:
    if scope is None:
        return Prover(key.spec)
    return Prover(key.spec, lambda spec: BoundedVocabulary(spec, scope))


def _spec(source: str | Spec) -> Spec:
    return _loaded(source) if isinstance(source, str) else source


# ---------------------------------------------------------------- tasks (each runs in a worker)


def _prove(
    source: str | Spec, task: str, only: frozenset[str], timeout: float, scope: Scope | None
) -> list[Result]:
    """Discharge the obligations of one transition, of the initial state, or of the events.

    With a `scope` it is the bounded reading, and nothing but a frame is a proof.
    """
    spec = _spec(source)
    prover = _prover(_Same(spec), scope)
    names = only or None
    obligations: Iterator[Obligation | Result]
    if task == INITIAL:
        obligations = prover.of_initial_state(names)
    elif task == EVENTS:
        obligations = prover.of_events(names)
    else:
        obligations = prover.of_transition(spec.by_label[task[len(RULE) :]], names)
    budget = int(timeout * 1000)
    results = [o if isinstance(o, Result) else o.discharge(budget) for o in obligations]
    if scope is None:
        return results
    return [
        _changed(r, Verdict.BOUND_REACHED, f"holds in the scope of {scope}")
        if r.verdict is Verdict.PROVED and r.how != "frame"
        else r
        for r in results
    ]


def _explain(source: str | Spec, result: Result) -> Result:
    """Look for the smallest counterexample of a failed obligation."""
    spec = _spec(source)
    found = find(spec, result.property, result.transition)
    if found is None:
        return _changed(result, Verdict.UNKNOWN, result.reason)
    told = explain(spec, found)
    if not told.replayed:
        reason = "the solver's counterexample does not replay: two engines disagree"
        return _changed(result, Verdict.UNKNOWN, reason, told)
    return _changed(result, Verdict.REFUTED, "a step breaks it", told)


def _unroll(source: str | Spec, names: list[str], depth: int, seconds: float) -> Unrolling:
    """Ask the solver for runs that break the properties `names`."""
    return unroll(_spec(source), names, depth, seconds)


def _search(
    source: str | Spec, names: list[str], rules: frozenset[str], seconds: float
) -> Searched:
    """Look for runs that break the properties `names`; `rules` are those of the failed steps."""
    spec = _spec(source)
    systems = [System(c, tuple(n)) for c, n in (standard_config(spec, k) for k in (1, 2, 3))]
    return search(spec, names, systems, SEARCHED, seconds, rules)


def _changed(
    result: Result, verdict: Verdict, reason: str, told: Counterexample | None = None
) -> Result:
    return Result(
        result.property,
        result.transition,
        verdict,
        result.how,
        result.seconds,
        reason,
        result.uses,
        result.guards,
        told,
    )


def _stale(source: str | Spec) -> list[artefacts.Stale]:
    """Compare what is checked in with what the spec gives now."""
    spec = _spec(source)
    return [*artefacts.stale_generated(spec), *artefacts.stale_figures(spec)]


def _reach(source: str | Spec, seed: int, steps: int) -> Reached:
    return reach(_spec(source), seed, steps)


def _fires(source: str | Spec, label: str) -> Result:
    """Find a bounded state with every proved property in which the rule's guard holds."""
    spec = _spec(source)
    started = time.perf_counter()
    for scope in (Scope(1, 1, 2, 1), Scope(2, 2, 2, 2), Scope(3, 2, 2, 3)):
        vocabulary = BoundedVocabulary(spec, scope)
        step = SystemStep(spec, spec.by_label[label], vocabulary)
        solver = z3.Solver()
        solver.set("timeout", 20_000)
        solver.add(*step.assumptions(), *(axiom for _, axiom in vocabulary.axioms()))
        for s in spec.of_kind("safety", "lemma", "assumption"):
            if s.formula is not None and not s.prop.open:
                solver.add(step.before.formula(s.formula))
        if solver.check() == z3.sat:
            spent = time.perf_counter() - started
            return Result(FIRES, label, Verdict.PROVED, "solver", spent)
    reason = "its guard contradicts the proved properties in every scope tried (up to 3 nodes)"
    return Result(FIRES, label, Verdict.UNKNOWN, "solver", time.perf_counter() - started, reason)


def _consistent(source: str | Spec) -> list[Result]:
    """Find a first state that satisfies the assumptions: from a contradiction all would follow."""
    spec = _spec(source)
    started = time.perf_counter()
    for scope in (Scope(2, 1, 1, 1), Scope(4, 2, 2, 1)):
        vocabulary = BoundedVocabulary(spec, scope)
        start = InitialState(spec, vocabulary)
        solver = z3.Solver()
        solver.set("timeout", 20_000)
        for s in spec.of_kind("assumption"):
            if s.formula is not None:
                solver.add(start.translator.formula(s.formula))
        solver.add(*start.side, *(axiom for _, axiom in vocabulary.axioms()))
        if solver.check() == z3.sat:
            spent = time.perf_counter() - started
            return [Result(CONSISTENT, INITIAL, Verdict.PROVED, "solver", spent)]
    reason = f"no configuration of {scope} satisfies the assumptions"
    spent = time.perf_counter() - started
    return [Result(CONSISTENT, INITIAL, Verdict.UNKNOWN, "solver", spent, reason)]


# ---------------------------------------------------------------- the whole


class Verification:
    """One run of all checks. `source` is what `load` takes, or a spec (then in one process)."""

    def __init__(self, source: str | Spec, options: Options, progress: Progress) -> None:
        """Prepare; raises what `load` raises."""
        self.source, self.options, self.progress = source, options, progress
        self.spec = _spec(source)
        self.results: list[Result] = []
        self.runs: list[Reached] = []
        self.stale: list[artefacts.Stale] = []

    def run(self) -> Report:
        """Run every check and return the report."""
        started = time.perf_counter()
        self._obligations()
        findings = self._findings()
        self._look_for_runs(findings)
        self._disagree(findings)
        if not self.options.only:
            told = {f.name for f in findings if f.reach is not None and f.reach.run is not None}
            findings += [*([self._figure()] if self.spec.edges else []), *self._runs(told)]
            if self.options.derived:
                findings.append(self._current())
        return Report(
            self.spec.name,
            findings,
            time.perf_counter() - started,
            self.options.jobs,
            {"z3": z3.get_version_string()},
            {"runs": [_run_facts(r) for r in self.runs]},
            bound=str(self.options.scope) if self.options.scope is not None else "",
        )

    def _parallel(self, what: str, calls: list[Any]) -> Iterator[Any]:
        """Run delayed calls, yielding results as they come; specs given as objects stay here."""
        jobs = self.options.jobs if isinstance(self.source, str) else 1
        total = len(calls)
        self.progress(what, 0, total)
        with parallel_config(backend=self.options.backend if jobs > 1 else "sequential"):
            results = Parallel(n_jobs=jobs, return_as="generator_unordered")(calls)
            for done, result in enumerate(results, start=1):
                self.progress(what, done, total)
                yield result

    def _obligations(self) -> None:
        only, source = self.options.only, self.source
        tasks = [t.label for t in self.spec.transitions]
        heavy = {t.label: len(t.updates) + 3 * len(t.sends) for t in self.spec.transitions}
        tasks.sort(key=lambda label: -heavy[label])  # long ones first: no straggler at the end
        tasks = [EVENTS, INITIAL, *(RULE + label for label in tasks)]
        calls: list[Any] = [
            delayed(_prove)(source, task, only, self.options.timeout, self.options.scope)
            for task in tasks
        ]
        calls.append(delayed(_consistent)(source))
        if not only:
            rules = [t.label for t in self.spec.transitions if t.kind == "rule"]
            calls += [delayed(_fire_result)(source, label) for label in rules]
            calls += [
                delayed(_reach)(source, seed, self.options.run_steps)
                for seed in self.options.run_seeds
            ]
            calls = calls[-len(self.options.run_seeds) :] + calls[: -len(self.options.run_seeds)]
            if self.options.derived:
                calls.insert(0, delayed(_stale)(source))
        for result in self._parallel("obligations", calls):
            if isinstance(result, Reached):
                self.runs.append(result)
            elif result and isinstance(result[0], artefacts.Stale):
                self.stale = result
            else:
                self.results += result
        self._close()
        self._explain_failures()

    def _close(self) -> None:
        """Prove what the asked properties' proofs assume, too, until nothing is merely assumed."""
        checked = set(self.options.only)
        while self.options.only:
            used = {u for r in self.results for u in r.uses}
            needed = frozenset(
                n for n in used - checked if self.spec.statements[n].prop.kind != "assumption"
            )
            if not needed:
                return
            checked |= needed
            tasks = [INITIAL, *(RULE + t.label for t in self.spec.transitions)]
            calls = [
                delayed(_prove)(self.source, task, needed, self.options.timeout, self.options.scope)
                for task in tasks
            ]
            for results in self._parallel("what they rest on", calls):
                self.results += results

    def _explain_failures(self) -> None:
        failed: dict[str, list[Result]] = defaultdict(list)
        for r in self.results:
            if r.verdict is Verdict.UNKNOWN and r.property not in (FIRES, CONSISTENT):
                failed[r.property].append(r)
        chosen = [r for rs in failed.values() for r in sorted(rs, key=_size)[:EXPLAINED]]
        if not chosen:
            return
        told = {}
        calls = [delayed(_explain)(self.source, r) for r in chosen]
        for result in self._parallel("counterexamples", calls):
            told[(result.property, result.transition)] = result
        self.results = [told.get((r.property, r.transition), r) for r in self.results]

    def _look_for_runs(self, findings: list[Finding]) -> None:
        """Look for runs from the first state that break what failed: twice, and compare.

        A promise whose proof rests on what failed is looked at too: it may not hold either.
        """
        failed = (Verdict.UNKNOWN, Verdict.REFUTED)
        broken = {name for r in self.runs for name in r.broken}
        asked = {
            f.name: f
            for f in findings
            if (f.verdict in failed and not (f.shaky and f.kind == "lemma")) or f.name in broken
            if f.name not in RUN_TITLES
        }
        names, depth, seconds = list(asked), self.options.depth, self.options.run_seconds
        if not names or not depth:
            return
        labels = (r.transition.split(" / ") for f in asked.values() for r in f.failures)
        calls = [
            delayed(_unroll)(self.source, names, depth, seconds),
            delayed(_search)(self.source, names, frozenset(chain(*labels)), seconds / 2),
        ]
        unrolled, searched = Unrolling(""), Searched()
        for found in self._parallel("runs", calls):
            if isinstance(found, Unrolling):
                unrolled = found
            else:
                searched = found
        target = self.source if isinstance(self.source, str) else ""
        told = answer(self.spec, names, unrolled, searched, depth, target)
        for name, finding in asked.items():
            found_step = name not in WITHOUT_LEMMAS and any(
                r.counterexample is not None for r in finding.failures
            )
            finding.reach = replace(told[name], lemma=found_step)
            if told[name].run is not None:
                finding.verdict, finding.shaky = Verdict.REFUTED, ()
                finding.reason = "a run from the first state breaks it"

    # ------------------------------------------------------------ adding up

    def _findings(self) -> list[Finding]:
        by_name: dict[str, list[Result]] = defaultdict(list)
        for r in self.results:
            by_name[r.property].append(r)
        findings: list[Finding] = []
        for s in self.spec.of_kind("safety", "step", "lemma"):
            if self.options.only and s.name not in by_name and s.name not in self.options.only:
                continue
            if s.prop.open:
                findings.append(
                    Finding(s.name, s.prop.title, s.prop.kind, Verdict.OPEN, 0, 0, 0.0, s.prop.open)
                )
            else:
                found = _add_up(s.name, s.prop.title, s.prop.kind, by_name.get(s.name, []))
                self._complete(s, found, by_name.get(s.name, []))
                findings.append(found)
        for name in (*STRUCTURAL, CONSISTENT, FIRES):
            title = STRUCTURAL.get(name) or RUN_TITLES[name]
            if by_name[name]:  # a spec without messages has no sender to check
                findings.append(_add_up(name, title, "structural", by_name[name]))
        for f in findings:
            for r in f.failures:
                if r.property == DETERMINISM and r.verdict is Verdict.REFUTED:
                    f.diagnostics.append(overlap(self.spec, r))
                if r.property == TOTALITY:
                    f.diagnostics.append(unanswered(self.spec, r))
        if any(f.name == CONSISTENT and f.verdict is not Verdict.PROVED for f in findings):
            for f in findings:
                if f.verdict is Verdict.PROVED:
                    f.verdict, f.shaky = Verdict.UNKNOWN, (CONSISTENT,)
                    f.reason = "its proof rests on assumptions that nothing is known to satisfy"
        assumptions = frozenset(s.name for s in self.spec.of_kind("assumption"))
        _rest_on_each_other(findings, assumptions)
        return findings

    def _complete(self, statement: Statement, found: Finding, results: list[Result]) -> None:
        """Take back a proof that some step has not answered for, whatever happened to its task."""
        if statement.formula is None:
            wanted = set(statement.per_transition)
        else:
            wanted = {INITIAL, *(t.label for t in self.spec.transitions)}
        missing = wanted - {r.transition for r in results}
        if missing and found.verdict is Verdict.PROVED:
            found.verdict = Verdict.UNKNOWN
            found.reason = f"not asked of every step: {', '.join(sorted(missing)[:3])}"

    def _disagree(self, findings: list[Finding]) -> None:
        """What a run breaks is refuted, whatever else was found."""
        broken = {n: lines for r in self.runs for n, lines in r.broken.items()}
        for f in findings:
            if f.name not in broken:
                continue
            was = f.verdict
            f.verdict, f.shaky = Verdict.REFUTED, ()
            f.reason = "a run from the first state breaks it"
            if was is Verdict.PROVED:
                f.reason += "; proof and run DISAGREE: one of the engines is wrong, report this"
            if f.reach is None or f.reach.run is None:
                f.diagnostics.append("\n".join(["the run:", *broken[f.name]]))

    def _figure(self) -> Finding:
        started = time.perf_counter()
        found = Finding(FIGURE, RUN_TITLES[FIGURE], "structural", Verdict.PROVED, 1, 0, 0.0)
        if self.spec.edges:
            steps = {t.variable: derive_steps(self.spec, t.variable) for t in self.spec.edges}
            edges = figures.assemble(self.spec, steps[self.spec.edges[0].variable])
            derived = figures.collapse(edges, self.spec)
            published = figures.published(self.spec)
            extra, missing = derived - published, published - derived
            found.diagnostics = [
                *edges_beyond(self.spec, steps),
                *unreached(self.spec, steps),
            ]
            if extra or missing or found.diagnostics:
                found.verdict = Verdict.REFUTED
                found.reason = "; ".join(
                    [f"not in the table: {a} -> {b}" for a, b in sorted(extra)]
                    + [f"no rule takes it: {a} -> {b}" for a, b in sorted(missing)]
                )
        found.seconds = time.perf_counter() - started
        return found

    def _runs(self, shown: set[str]) -> list[Finding]:
        """Return what the runs showed; `shown`: what is broken in a run told elsewhere."""
        seeds = ", ".join(str(r.seed) for r in self.runs)
        steps = sum(r.steps for r in self.runs)
        where = f"{steps:,} steps of runs with seeds {seeds}"
        missing = {
            "rule": set.intersection(*(set(r.missing_rules) for r in self.runs)),
            "state": set.intersection(*(set(r.missing_leaves) for r in self.runs)),
            "reply": set.intersection(*(set(r.missing_replies) for r in self.runs)),
        }
        spent = sum(r.seconds for r in self.runs)
        possible = Finding(
            POSSIBLE, RUN_TITLES[POSSIBLE], "structural", Verdict.PROVED, len(self.runs), 0, spent
        )
        told = [f"{kind} {name}" for kind, names in missing.items() for name in sorted(names)]
        if told:
            possible.verdict = Verdict.UNKNOWN
            possible.reason = f"not reached within {where}: {', '.join(told)}"
        cases = Finding(
            CASES, RUN_TITLES[CASES], "structural", Verdict.PROVED, len(self.runs), 0, 0.0
        )
        without = set.intersection(*(set(r.missing_cases) for r in self.runs))
        broken = sorted({name for r in self.runs for name in r.broken})
        if broken:
            cases.verdict = Verdict.REFUTED
            cases.reason = f"broken in a run: {', '.join(broken)}"
            cases.diagnostics = [
                "\n".join([f"a run from the first state that breaks {name}:", *lines])
                for name, lines in sorted(
                    {n: lines for r in self.runs for n, lines in r.broken.items()}.items()
                )
                if name not in shown
            ]
        elif without:
            cases.verdict = Verdict.UNKNOWN
            cases.reason = f"no case within {where}: {', '.join(sorted(without))}"
        return [possible, cases]

    def _current(self) -> Finding:
        """Tell whether the generated node, the pages and the figures are what the spec gives."""
        found = Finding(CURRENT, RUN_TITLES[CURRENT], "structural", Verdict.PROVED, 1, 0, 0.0)
        if self.stale:
            found.verdict = Verdict.REFUTED
            told = "; ".join(f"{s.path} ({s.why})" for s in self.stale[:6])
            more = f"; and {len(self.stale) - 6} more" if len(self.stale) > 6 else ""
            found.reason = f"{told}{more}. Run `make generate figures`"
        return found


def _fire_result(source: str | Spec, label: str) -> list[Result]:
    return [_fires(source, label)]


def _size(result: Result) -> tuple[int, str]:
    return (len(result.transition), result.transition)


def _run_facts(run: Reached) -> dict[str, Any]:
    return {
        "seed": run.seed,
        "steps": run.steps,
        "nodes": run.nodes,
        "rules_fired": len(run.fired),
        "complete": run.complete(),
    }


_ORDER = (Verdict.REFUTED, Verdict.UNKNOWN, Verdict.BOUND_REACHED, Verdict.PROVED)


def _add_up(name: str, title: str, kind: str, results: list[Result]) -> Finding:
    worst = min((r.verdict for r in results), key=_ORDER.index, default=Verdict.UNKNOWN)
    failures = [r for r in results if r.verdict is not Verdict.PROVED]
    failures.sort(key=lambda r: (_ORDER.index(r.verdict), _size(r)))
    reason = "" if results else "no obligation was made for it"
    if failures:
        reason = f"{failures[0].transition}: {failures[0].reason}"
    uses = sorted({u for r in results for u in r.uses if u != name})
    return Finding(
        name,
        title,
        kind,
        worst,
        len(results),
        sum(r.how == "frame" for r in results),
        sum(r.seconds for r in results),
        reason,
        failures,
        tuple(uses),
    )


def _rest_on_each_other(findings: list[Finding], assumptions: frozenset[str]) -> None:
    """A proof that assumed what is not proved is none: pass failures on to what rests on them."""
    verdicts = {f.name: f for f in findings}
    while True:
        changed = False
        for f in findings:
            if f.verdict is not Verdict.PROVED:
                continue
            shaky = [
                u
                for u in f.rests_on
                if u not in assumptions
                and (u not in verdicts or verdicts[u].verdict is not Verdict.PROVED)
            ]
            if shaky:
                f.verdict = Verdict.UNKNOWN
                f.reason = f"its proof rests on {', '.join(shaky)}"
                f.shaky = tuple(shaky)
                changed = True
        if not changed:
            return
