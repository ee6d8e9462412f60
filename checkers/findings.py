"""What results add up to: one finding per property, and what takes a proof back.

Belongs here: adding up, and passing failures on. Never here: running anything (`tasks`), or the
order in which things are run (`verify`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from checkers.artefacts import Stale
from checkers.diagnostics import overlap, unanswered
from checkers.induction import ACTORS, DETERMINISM, INITIAL, ROLES, STRUCTURAL, TOTALITY
from checkers.reach import Reached
from checkers.story import Reachability
from checkers.structure import AGREE, CASES, CONSISTENT, CURRENT, FIRES, NODE, POSSIBLE, TITLES
from checkers.verdict import Finding, Result, Verdict
from model.lang import Spec
from model.lang.spec import Statement

WORST_FIRST = (
    Verdict.REFUTED,
    Verdict.UNKNOWN,
    Verdict.OUT_OF_MEMORY,
    Verdict.TIMED_OUT,
    Verdict.BOUND_REACHED,
    Verdict.SHOWN,
    Verdict.CHECKED,
    Verdict.PROVED,
)
"""A finding has the worst verdict of its results."""


def of_results(spec: Spec, results: Iterable[Result], only: frozenset[str]) -> list[Finding]:
    """Return a finding for each statement and each structural row that was asked for."""
    by_name: dict[str, list[Result]] = defaultdict(list)
    for r in results:
        by_name[r.property].append(r)
    findings: list[Finding] = []
    for s in spec.of_kind("safety", "step", "lemma"):
        if only and s.name not in by_name and s.name not in only:
            continue
        findings.append(_of_statement(spec, s, by_name.get(s.name, [])))
    for name in (*STRUCTURAL, CONSISTENT, FIRES, AGREE, NODE):
        title = STRUCTURAL.get(name) or TITLES[name]
        if by_name[name] or name in only:  # a spec without messages has no sender to check
            findings.append(add_up(name, title, "structural", by_name[name]))
    for f in findings:
        for r in f.failures:
            if r.property == DETERMINISM and r.verdict is Verdict.REFUTED:
                f.diagnostics.append(overlap(spec, r))
            if r.property == TOTALITY:
                f.diagnostics.append(unanswered(spec, r))
            if r.told:
                f.diagnostics.append(r.told)
    return findings


def _of_statement(spec: Spec, s: Statement, results: list[Result]) -> Finding:
    prop = s.prop
    if prop.open:
        return Finding(s.name, prop.title, prop.kind, Verdict.OPEN, 0, 0, 0.0, prop.open)
    found = add_up(s.name, prop.title, prop.kind, results)
    if s.formula is None:
        wanted = set(s.per_transition)
    else:
        wanted = {INITIAL, *(t.label for t in spec.transitions)}
    missing = wanted - {r.transition for r in results}
    if missing and found.verdict is Verdict.PROVED:  # whatever happened to the task
        found.verdict = Verdict.UNKNOWN
        found.reason = f"not asked of every step: {', '.join(sorted(missing)[:3])}"
    return found


def add_up(name: str, title: str, kind: str, results: list[Result]) -> Finding:
    """Return the finding of one property: the worst of its results, and what they all used."""
    worst = min((r.verdict for r in results), key=WORST_FIRST.index, default=Verdict.UNKNOWN)
    failures = [r for r in results if not r.verdict.holds]
    failures.sort(key=lambda r: (WORST_FIRST.index(r.verdict), size(r)))
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


def guards_used(spec: Spec, results: Iterable[Result]) -> dict[str, list[dict[str, Any]]]:
    """Return for each rule its guards, each with how many proofs used it, by the solver's word.

    A guard that no proof used may still be needed by a test: `oathbound needs` asks these.
    """
    counts: Counter[tuple[str, int]] = Counter()
    for r in results:
        label = r.transition.partition(" / ")[0]  # of two rules for one event, the first
        if r.verdict is Verdict.PROVED:
            counts.update((label, int(g.split(":")[0].split()[1])) for g in r.guards)
    return {
        t.label: [
            {"guard": clause.text, "kind": clause.kind, "proofs": counts[t.label, i]}
            for i, clause in enumerate(t.clauses)
        ]
        for t in spec.transitions
        if t.kind == "rule"
    }


def size(result: Result) -> tuple[int, str]:
    """Return how long a result is to tell: the shortest is shown first."""
    return (len(result.transition), result.transition)


# ---------------------------------------------------------------- what is taken back


def take_back(findings: list[Finding], runs: list[Reached], assumptions: frozenset[str]) -> None:
    """Take back what a run breaks, and then whatever rests on something that does not hold.

    `assumptions` are taken for granted, and may be: some first state satisfies them all.
    """
    rest_on_each_other(findings, assumptions)  # so that what a run breaks was not proved anyway
    refute_what_runs_break(findings, runs)
    if any(f.name == CONSISTENT and not f.verdict.holds for f in findings):
        for f in findings:
            if f.verdict in (Verdict.PROVED, Verdict.BOUND_REACHED):
                f.verdict, f.shaky = Verdict.UNKNOWN, (CONSISTENT,)
                f.reason = "its proof rests on assumptions that nothing is known to satisfy"
    rest_on_each_other(findings, assumptions)


def refute_what_runs_break(findings: list[Finding], runs: list[Reached]) -> None:
    """What a run breaks is refuted, whatever else was found."""
    broken = {n: lines for r in runs for n, lines in r.broken.items()}
    for f in findings:
        if f.name not in broken:
            continue
        was = f.verdict
        f.verdict, f.shaky = Verdict.REFUTED, ()
        f.reason = "a run from the first state breaks it"
        if was is Verdict.PROVED:
            f.reason += "; proof and run DISAGREE: one of the engines is wrong, report this"
        f.diagnostics.append("\n".join(["the run:", *broken[f.name]]))


BREAKS = "a run from the first state that breaks "

WITHOUT_LEMMAS = frozenset({ROLES, ACTORS, TOTALITY})
"""What follows from guards alone: no lemma can be missing."""


def doubtful(spec: Spec, findings: list[Finding], runs: list[Reached]) -> list[str]:
    """Return what a run may break: what failed, the promises that rest on it, what runs broke."""
    broken = {name for r in runs for name in r.broken}
    asked = {*spec.statements, *STRUCTURAL}
    return [
        f.name
        for f in findings
        if f.name in asked
        and f.verdict is not Verdict.OPEN
        and ((not f.verdict.holds and not (f.shaky and f.kind == "lemma")) or f.name in broken)
    ]


def take_run(finding: Finding, reach: Reachability) -> None:
    """Note whether a run breaks it; if one does, it is refuted, and no other run is shown."""
    step = any(r.counterexample is not None for r in finding.failures)
    finding.reach = replace(reach, lemma=step and finding.name not in WITHOUT_LEMMAS)
    if reach.run is not None:
        if finding.verdict is not Verdict.REFUTED:
            finding.reason = "a run from the first state breaks it"
        finding.verdict, finding.shaky = Verdict.REFUTED, ()
        told = finding.diagnostics
        finding.diagnostics = [text for text in told if not text.startswith("the run:")]


def tell_runs_once(findings: list[Finding]) -> None:
    """Drop, of runs by chance, those of properties that a shorter run is shown for."""
    shown = (f.name for f in findings if f.reach is not None and f.reach.run is not None)
    heads = tuple(f"{BREAKS}{name}:" for name in shown)
    for f in findings:
        if f.name == CASES:
            f.diagnostics = [text for text in f.diagnostics if not text.startswith(heads)]


def rest_on_each_other(findings: list[Finding], assumptions: frozenset[str]) -> None:
    """Pass failures on: what assumed something that is not established is not so itself.

    What assumed something that holds in a scope holds in that scope.
    """
    verdicts = {f.name: f for f in findings}
    carries = (Verdict.PROVED, Verdict.BOUND_REACHED)
    while True:
        changed = False
        for f in findings:
            if f.verdict not in (*carries, Verdict.CHECKED):
                continue
            below = {u: verdicts.get(u) for u in f.rests_on if u not in assumptions}
            shaky = tuple(u for u, g in below.items() if g is None or g.verdict not in carries)
            bounded = [u for u, g in below.items() if g and g.verdict is Verdict.BOUND_REACHED]
            if shaky:
                f.verdict, f.shaky = Verdict.UNKNOWN, shaky
                f.reason = f"it rests on {', '.join(shaky)}"
                changed = True
            elif bounded and f.verdict is not Verdict.BOUND_REACHED:
                f.verdict = Verdict.BOUND_REACHED
                f.reason = f"it rests on what holds in the scope: {', '.join(bounded)}"
                changed = True
        if not changed:
            return


# ---------------------------------------------------------------- runs and files


def of_runs(runs: list[Reached]) -> list[Finding]:
    """Return what the runs reached, and of which statements they had a case."""
    seeds = ", ".join(str(r.seed) for r in runs)
    where = f"{sum(r.steps for r in runs):,} steps of runs with seeds {seeds}"
    missing = {
        "rule": set.intersection(*(set(r.missing_rules) for r in runs)),
        "state": set.intersection(*(set(r.missing_leaves) for r in runs)),
        "reply": set.intersection(*(set(r.missing_replies) for r in runs)),
    }
    possible = _shown(POSSIBLE, len(runs), sum(r.seconds for r in runs))
    told = [f"{kind} {name}" for kind, names in missing.items() for name in sorted(names)]
    if told:
        possible.verdict = Verdict.UNKNOWN
        why = [f"{r.reason}; " for r in runs if r.reason][:1]
        possible.reason = f"{''.join(why)}not reached within {where}: {', '.join(told)}"
    cases = _shown(CASES, len(runs), 0.0)
    without = set.intersection(*(set(r.missing_cases) for r in runs))
    broken = {n: lines for r in runs for n, lines in r.broken.items()}
    if broken:
        cases.verdict = Verdict.REFUTED
        cases.reason = f"broken in a run: {', '.join(sorted(broken))}"
        cases.diagnostics = [
            "\n".join([f"{BREAKS}{name}:", *lines]) for name, lines in sorted(broken.items())
        ]
    elif without:
        cases.verdict = Verdict.UNKNOWN
        cases.reason = f"no case within {where}: {', '.join(sorted(without))}"
    return [possible, cases]


def _shown(name: str, count: int, seconds: float) -> Finding:
    return Finding(name, TITLES[name], "structural", Verdict.SHOWN, count, 0, seconds)


def of_files(stale: list[Stale]) -> Finding:
    """Return whether the generated node, the pages and the figures are what the spec gives."""
    found = Finding(CURRENT, TITLES[CURRENT], "structural", Verdict.CHECKED, 1, 0, 0.0)
    if stale:
        found.verdict = Verdict.REFUTED
        told = "; ".join(f"{s.path} ({s.why})" for s in stale[:6])
        more = f"; and {len(stale) - 6} more" if len(stale) > 6 else ""
        found.reason = f"{told}{more}. Run `make generate figures`"
    return found
