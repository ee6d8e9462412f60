"""All checks of one spec: which pieces of work there are, in which order, and the whole report.

Belongs here: what is run. Never here: what one piece does (`tasks`), how results add up
(`findings`), or how they are shown (`report`).
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed, parallel_config

from checkers import alternation, findings, nodes, tasks, workers
from checkers.cache import Ledger, Split
from checkers.cache.prints import solvers
from checkers.counterexamples import answer
from checkers.induction import DETERMINISM, INITIAL
from checkers.needs import kept
from checkers.reach import Reached
from checkers.solving import Limits
from checkers.structure import AGREE, CONSISTENT, FIGURE, FIRES, NODE
from checkers.tasks import EVENTS, RULE, Gathered, Reading, Work
from checkers.translation.proving import IMPOSSIBLE, NEVER, Files
from checkers.verdict import Finding, Report, Result, Verdict
from model.lang import Spec
from model.lang.promises import EVENTUALLY
from model.lang.spec import Transition
from model.python import GeneratorError
from model.smt.bounded import Scope

EXPLAINED = 3
"""How many failed obligations of one property get a counterexample."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to check and with what means.

    `only`: names of properties, or empty for all; `timeout`, `megabytes`: of solver time and memory
    for one obligation; `run_seeds`: the seeds of the runs that reach for everything; `derived`: the
    spec is this repository's own, whose derived files must be current; `scope`: of the bounded
    reading, or None for the unbounded one; `allow_open`: open properties may stay open; `confirm`:
    a second solver confirms each proof; `cache`: the folder of what earlier runs have proved;
    `smt2`: the folder that every obligation is written to, as a file; `depth`: how long a run the
    solver looks for that breaks what failed, 0 for none at all, `run_seconds`: for how long.
    """

    only: frozenset[str] = frozenset()
    jobs: int = 2
    backend: str = "loky"
    timeout: float = 40.0
    megabytes: int = 1024
    run_seeds: tuple[int, ...] = (1,)
    run_steps: int = 60_000
    derived: bool = False
    scope: Scope | None = None
    allow_open: bool = False
    confirm: bool = False
    cache: Path | None = None
    smt2: Path | None = None
    depth: int = 0
    run_seconds: float = 40.0

    def __post_init__(self) -> None:
        """Refuse threads: they would share solvers, and one's goal could prove another's."""
        if self.backend == workers.FORK:
            workers.register()
        if self.backend == "threading":
            raise ValueError("backend='threading': a solver is not for two threads at once")

    @property
    def limits(self) -> Limits:
        """The bounds of one obligation."""
        return Limits(self.timeout, self.megabytes)


Progress = Callable[[str, int, int], None]


class Verification:
    """One run of all checks. `source` is what `load` takes, or a spec (then in one process)."""

    def __init__(self, source: str | Spec, options: Options, progress: Progress) -> None:
        """Prepare; raises what `load` raises."""
        self.source, self.options, self.progress = source, options, progress
        self.spec = tasks.spec_of(source)
        self.gathered = Gathered()
        kept = options.cache if options.scope is None else None
        self.ledger = Ledger(tasks.prints(self.spec), kept) if kept is not None else None
        self._splits: dict[str, Split] = {}
        self._node: nodes.Kept | None = None
        self._no_node = ""

    @cached_property
    def read(self) -> Reading | Spec:
        """The spec for the workers, who must read the same."""
        if not isinstance(self.source, str):
            return self.source
        code = self.ledger.store.generation if self.ledger is not None else ""
        return tasks.reading(self.source, code)

    def run(self) -> Report:
        """Run every check and return the report."""
        started = time.perf_counter()
        if self.options.smt2 is not None:
            self._gather("files", self._texts(self.options.smt2))
        calls = [*self._of_the_whole(), *self._of_obligations(), *self._of_the_node()]
        self._gather("obligations", calls)
        self._examples()
        self._close()
        self._explain_failures()
        guards = findings.guards_used(self.spec, self.gathered.results)
        return Report(
            self.spec.name,
            self._findings(),
            time.perf_counter() - started,
            self.options.jobs,
            {name: build.split()[0] for name, build in solvers().items()},
            {
                "guards": guards,
                "needs": self._needs(guards),
                "runs": [_run_facts(r) for r in self.gathered.runs],
                "fragment": alternation.as_data(alternation.of_results(self.gathered.results)),
                "answers": _answers(self.gathered.results),
                "node": self._of_the_code(),
                "promised": [] if self.options.only else self._promised(),
            },
            bound=str(self.options.scope) if self.options.scope is not None else "",
            asked=self.options.only,
            allow_open=self.options.allow_open,
        )

    def _needs(self, guards: dict[str, list[dict[str, Any]]]) -> dict[str, Any] | None:
        """Return what the last `oathbound needs` told of this very spec, and note it at guards."""
        o = self.options
        if o.only or o.scope is not None:
            return None  # most proofs were not made here
        told = kept.Kept(self.spec, o.cache).told() if o.cache is not None else None
        return kept.in_report(guards, told)

    def _of_the_code(self) -> dict[str, Any]:
        """Return which rows of the spec its node need never answer, or why it has none."""
        of_node = [r for r in self.gathered.results if r.property == NODE]
        return {
            "none": self._no_node,
            "impossible": sorted(r.transition for r in of_node if r.reason == IMPOSSIBLE),
            "never": {r.transition: r.reason for r in of_node if r.reason.startswith(NEVER)},
        }

    def _promised(self) -> list[str]:
        """Return what the spec promises to happen: another engine checks that."""
        return [s.name for s in self.spec.of_kind(EVENTUALLY)]

    def _findings(self) -> list[Finding]:
        only, got = self.options.only, self.gathered
        found = [*findings.of_results(self.spec, got.results, only), *got.findings]
        assumptions = frozenset(s.name for s in self.spec.of_kind("assumption"))
        findings.take_back(found, got.runs, assumptions)
        self._look_for_runs(found)
        found = [self._without_what_fails(f, found) for f in found]
        if not only:
            found += findings.of_runs(got.runs)
            findings.tell_runs_once(found)
            if self.options.derived:
                found.append(findings.of_files(got.stale))
        return found

    def _without_what_fails(self, finding: Finding, found: list[Finding]) -> Finding:
        """Return the figure, derived again without what is not proved, if that is enough for it."""
        if finding.name != FIGURE or not finding.shaky or CONSISTENT in finding.shaky:
            return finding
        bad = frozenset(f.name for f in found if f.verdict is not Verdict.PROVED)
        (again,) = tasks.figure(self.spec, bad).findings
        return again if again.verdict is Verdict.CHECKED else finding

    # ------------------------------------------------------------ what is run

    def _of_the_whole(self) -> list[Any]:
        """Return the pieces of work about the whole spec; the longest come first."""
        if self.options.only:
            return []
        o, source = self.options, self.read
        calls = []
        if self.spec.edges or o.derived:
            known = self.ledger.possible() if self.ledger is not None else {}
            calls.append(delayed(tasks.derived)(source, known, o.derived))
        calls += [delayed(tasks.run_about)(source, seed, o.run_steps) for seed in o.run_seeds]
        return calls

    def _of_obligations(self) -> list[Any]:
        o, source = self.options, self.read
        labels = [t.label for t in self.spec.transitions]
        heavy = {t.label: len(t.updates) + 3 * len(t.sends) for t in self.spec.transitions}
        labels.sort(key=lambda label: -heavy[label])  # long ones first: no straggler at the end
        calls = self._proofs([EVENTS, INITIAL, *(RULE + label for label in labels)], o.only)
        if not self._is_kept(CONSISTENT, None):
            calls.append(delayed(tasks.consistent)(source))
        return calls

    def _of_the_node(self) -> list[Any]:
        """Return the calls that compare the node's code with the rules; take in what is kept."""
        o, found = self.options, self._files
        if found is None:
            return []
        if self.ledger is not None:
            self._node = nodes.Kept(self.ledger.store, self.ledger.prints, found)
        calls, form = [], nodes.form(found)
        for part in nodes.parts(self.spec):
            # A second solver's word on the node is not kept: it is asked about proofs made now.
            before = self._node if not o.confirm else None
            known = before.known(part) if before is not None else None
            if known is not None:
                self.gathered.results += known
            else:
                call = delayed(tasks.node)
                calls.append(call(self.read, part, o.derived, form, o.limits, o.confirm))
        return calls

    @cached_property
    def _files(self) -> Files | None:
        """The files of the node that is looked at; None where none is, or can be."""
        o = self.options
        if o.scope is not None or (o.only and NODE not in o.only):
            return None
        try:
            return nodes.files(self.spec, o.derived)
        except GeneratorError as error:
            self._no_node = str(error)
            return None

    def _is_kept(self, row: str, transition: Transition | None) -> bool:
        """Tell whether an example is kept from an earlier run, and take it in."""
        kept = self.ledger.example(row, transition) if self.ledger is not None else None
        self.gathered.results += [kept] if kept is not None else []
        return kept is not None

    def _texts(self, folder: Path) -> list[Any]:
        names = [EVENTS, INITIAL, *(RULE + t.label for t in self.spec.transitions)]
        only = self.options.only
        calls = [delayed(tasks.write_texts)(self.read, n, only, folder) for n in names]
        if self._files is not None:
            form, own = nodes.form(self._files), self.options.derived
            calls += [
                delayed(tasks.write_node_texts)(self.read, part, own, form, folder)
                for part in nodes.parts(self.spec)
            ]
        return calls

    def _proofs(self, names: list[str], only: frozenset[str]) -> list[Any]:
        """Return the calls that prove what is not kept from an earlier run; take in what is."""
        o, calls = self.options, []
        for name in names:
            work = Work(only, o.limits, o.scope, confirm=o.confirm)
            if self.ledger is not None:
                asked = tasks.questions(self.spec, name, only)
                split = self._splits[name] = self.ledger.split(name, asked, o.confirm)
                self.gathered.results += split.known
                if not split.asked and not split.proved:
                    continue
                work = replace(work, wanted=split.asked, proved=split.proved)
            calls.append(delayed(tasks.prove)(self.read, name, work))
        return calls

    def _examples(self) -> None:
        """Show of each rule that its guard agrees with what is proved: by a run, or by a search.

        In every state of a run all properties were checked, so a rule that fired there is shown.
        """
        if self.options.only:
            return
        fired = {label for run in self.gathered.runs for label in run.fired}
        calls = []
        for t in self.spec.transitions:
            if t.kind != "rule":
                continue
            if t.label in fired:
                self.gathered.results.append(Result(FIRES, t.label, Verdict.SHOWN, "run"))
            elif not self._is_kept(FIRES, t):
                calls.append(delayed(tasks.fires)(self.read, t.label))
        if calls:
            self._gather("rules that no run took", calls)

    def _close(self) -> None:
        """Prove what the asked properties' proofs assume, too, until nothing is merely assumed."""
        checked = set(self.options.only)
        while self.options.only:
            used = {u for r in self.gathered.results for u in r.uses}
            needed = frozenset(n for n in used - checked if not self._is_assumption(n))
            if not needed:
                return
            checked |= needed
            names = [INITIAL, *(RULE + t.label for t in self.spec.transitions)]
            if DETERMINISM in needed:
                names.insert(0, EVENTS)
            self._gather("what they rest on", self._proofs(names, needed))

    def _is_assumption(self, name: str) -> bool:
        stated = self.spec.statements.get(name)
        return stated is not None and stated.prop.kind == "assumption"

    def _explain_failures(self) -> None:
        failed: dict[str, list[Result]] = defaultdict(list)
        for r in self.gathered.results:
            if r.verdict.undecided and r.property not in (FIRES, CONSISTENT, AGREE, NODE):
                failed[r.property].append(r)
        chosen = [r for rs in failed.values() for r in sorted(rs, key=findings.size)[:EXPLAINED]]
        if not chosen:
            return
        told = {}
        calls = [delayed(tasks.explain_failure)(self.read, r) for r in chosen]
        for gathered in self._parallel("counterexamples", calls):
            told.update({(r.property, r.transition): r for r in gathered.results})
        results = self.gathered.results
        self.gathered.results = [told.get((r.property, r.transition), r) for r in results]

    def _look_for_runs(self, found: list[Finding]) -> None:
        """Look for runs from the first state that break what failed: twice, and compare.

        A promise whose proof rests on what failed is looked at too: it may not hold either.
        """
        names = findings.doubtful(self.spec, found, self.gathered.runs)
        depth, seconds = self.options.depth, self.options.run_seconds
        if not names or not depth:
            return
        asked = [f for f in found if f.name in names]
        labels = (r.transition.split(" / ") for f in asked for r in f.failures)
        calls = [
            delayed(tasks.unroll_runs)(self.read, names, depth, seconds),
            delayed(tasks.search_runs)(self.read, names, frozenset(chain(*labels)), seconds / 2),
        ]
        both = Gathered()
        for gathered in self._parallel("runs", calls):
            both.add(gathered)
        assert both.unrolled is not None and both.searched is not None
        target = self.source if isinstance(self.source, str) else ""
        told = answer(self.spec, names, both.unrolled, both.searched, depth, target)
        for finding in asked:
            findings.take_run(finding, told[finding.name])

    # ------------------------------------------------------------ running it

    def _gather(self, what: str, calls: list[Any]) -> None:
        for gathered in self._parallel(what, calls) if calls else ():
            self.gathered.add(gathered)
            if self.ledger is not None:  # at once, so that an interrupt loses little
                if gathered.task.startswith(nodes.TASK):
                    if self._node is not None:
                        self._node.learn(gathered.task[len(nodes.TASK) :], gathered.results)
                elif gathered.task:
                    self.ledger.learn(gathered.task, self._splits[gathered.task], gathered.results)
                elif gathered.possible:
                    self.ledger.learn_possible(gathered.possible)
                else:
                    self.ledger.learn_examples(gathered.results)

    def _parallel(self, what: str, calls: list[Any]) -> Iterator[Gathered]:
        """Run delayed calls, yielding results as they come; specs given as objects stay here."""
        total = len(calls)
        jobs = min(self.options.jobs, total) if isinstance(self.source, str) else 1
        self.progress(what, 0, total)
        with parallel_config(backend=self.options.backend if jobs > 1 else "sequential"):
            results = Parallel(n_jobs=jobs, return_as="generator_unordered")(calls)
            for done, gathered in enumerate(results, start=1):
                self.progress(what, done, total)
                yield gathered


def _answers(results: list[Result]) -> dict[str, Any]:
    """Return how many obligations each way to ask has proved, and how many were kept."""
    by = Counter(r.by for r in results if r.by and r.verdict.holds)
    return {"by": dict(sorted(by.items())), "kept": sum(r.kept for r in results)}


def _run_facts(run: Reached) -> dict[str, Any]:
    return {
        "seed": run.seed,
        "steps": run.steps,
        "nodes": run.nodes,
        "rules_fired": len(run.fired),
        "complete": run.complete(),
    }
