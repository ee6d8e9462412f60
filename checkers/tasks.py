"""The pieces that a verification is cut into; each runs in a worker, alone, and returns plain data.

Belongs here: what one piece of work does, and what it needs to start (its spec, its symbols).
Never here: which pieces are run (`verify`), what they add up to (`findings`), or how one obligation
is discharged (`induction`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import z3

from checkers import artefacts, nodes
from checkers.alternation import Alternations
from checkers.cache.prints import Prints, generation
from checkers.counterexamples import (
    Searched,
    System,
    Unrolling,
    explain,
    find,
    search,
    unroll,
)
from checkers.diagnostics import edges_beyond, unreached
from checkers.edges import derive
from checkers.induction import INITIAL, UNDECIDED, InitialState, Obligation, Prover, gave_up
from checkers.possible import Answered, Possible, Where
from checkers.questions import Question, Questions
from checkers.reach import Reached, reach, standard_config
from checkers.solving import Cause, Limits, Portfolio, files
from checkers.solving.confirm import Confirmer
from checkers.solving.query import Query
from checkers.structure import AGREE, CONSISTENT, FIGURE, FIRES, NODE, TITLES, confirmation
from checkers.translation.proving import Validation, query_of
from checkers.translation.replay import explain as explain_call
from checkers.translation.subset import OutsideSubset
from checkers.verdict import Finding, Result, Verdict
from checkers.writing import write_text
from model import figures
from model.lang import Spec, SpecError, SpecErrors
from model.lang.load import load
from model.smt import UnsupportedExpression
from model.smt.bounded import BoundedVocabulary, Scope
from model.smt.relation import SystemStep

Name = tuple[str, str]
"""An obligation: its property and its transition."""

EVENTS, RULE = "events", "rule "
"""Tasks: all events, or `rule ` and a transition's label; so no label can be taken for a word."""

EXAMPLE_MS = 20_000
"""How long one scope is searched for an example, in milliseconds."""


@dataclass(slots=True)
class Gathered:
    """What pieces of work found; adding two gives what both found.

    `task`: which obligations a piece was about, `possible`: what transitions can do, as far as it
    was not known; only a single piece has these.
    """

    results: list[Result] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    runs: list[Reached] = field(default_factory=list)
    stale: list[artefacts.Stale] = field(default_factory=list)
    unrolled: Unrolling | None = None
    searched: Searched | None = None
    possible: dict[str, dict[Where, bool]] = field(default_factory=dict)
    task: str = ""

    def add(self, other: Gathered) -> None:
        """Take in what another piece found."""
        self.results += other.results
        self.findings += other.findings
        self.runs += other.runs
        self.stale += other.stale
        self.unrolled = other.unrolled or self.unrolled
        self.searched = other.searched or self.searched


# ---------------------------------------------------------------- what a worker keeps


class Changed(Exception):
    """What a worker read is not what the run began with: somebody edits it. Nothing is decided."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A spec that a worker reads again: what names it, and what must come of that.

    `form` is the fingerprint of the spec, `code` that of the code which proves. Without these, an
    edit in the middle of a run would be proved, and kept as a proof of what was there before.
    """

    target: str
    form: str
    code: str


Source = str | Reading | Spec
"""What is checked: what `load` takes, a spec that was read, or one to be read again as it was."""


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


@lru_cache(maxsize=8)
def _questions(key: _Same, only: frozenset[str]) -> Questions:
    return Questions(key.spec, only or None)


@lru_cache(maxsize=2)
def _alternations(key: _Same) -> Alternations:
    return Alternations()


@lru_cache(maxsize=1)
def _portfolio(limits: Limits) -> Portfolio:
    return Portfolio(limits)


@lru_cache(maxsize=1)
def _confirmer(limits: Limits) -> Confirmer:
    return Confirmer(limits)


@lru_cache(maxsize=2)
def _validation(key: _Same, own: bool, form: str) -> Validation:
    found = nodes.files(key.spec, own)
    if nodes.form(found) != form:
        raise Changed(found.shown)
    return Validation(key.spec, found, explain_call)


@lru_cache(maxsize=4)
def _prints(key: _Same) -> Prints:
    return Prints(key.spec)


def prints(spec: Spec) -> Prints:
    """Return the fingerprints of a spec's parts, each made once in this process."""
    return _prints(_Same(spec))


@lru_cache(maxsize=4)
def _form(key: _Same) -> str:
    try:
        return _prints(key).whole()
    except TypeError:  # something in it has no canonical form: nothing of it is kept either
        return ""


@lru_cache(maxsize=1)
def _code() -> str:
    return generation()


def reading(target: str, code: str = "") -> Reading:
    """Return a spec as it was read here, for workers to read again; `code` as it was then."""
    return Reading(target, _form(_Same(_loaded(target))), code or _code())


def spec_of(source: Source) -> Spec:
    """Return the spec that a source names; a worker reads it once.

    Raises:
        Changed: It is not what it was when the run began, or the code that proves is not.
    """
    if isinstance(source, str):
        return _loaded(source)
    if isinstance(source, Spec):
        return source
    try:
        spec = _loaded(source.target)
    except (SpecError, SpecErrors) as error:
        raise Changed(source.target) from error
    if _form(_Same(spec)) != source.form or _code() != source.code:
        raise Changed(source.target)
    return spec


# ---------------------------------------------------------------- proofs


def questions(spec: Spec, task: str, only: frozenset[str]) -> Iterator[Question | Result]:
    """Return what is asked in a task: of one transition, the initial state, or the events."""
    asked = _questions(_Same(spec), only)
    if task == INITIAL:
        return asked.of_initial_state()
    if task == EVENTS:
        return asked.of_events()
    return asked.of_transition(spec.by_label[task[len(RULE) :]])


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done with the obligations of a task.

    `only`: names of properties, or none for all; `limits`: of each obligation; `scope`: of the
    bounded reading, in which nothing but a frame is a proof, or None for the unbounded one;
    `wanted`: the obligations still to be discharged, by property and transition, or None for all;
    `confirm`: a second solver is asked about each proof; `proved`: what is proved already and only
    has to be confirmed, each with the names of the guards and hypotheses that its proof used.
    """

    only: frozenset[str]
    limits: Limits
    scope: Scope | None = None
    wanted: frozenset[Name] | None = None
    confirm: bool = False
    proved: dict[Name, frozenset[str]] = field(default_factory=dict)


def prove(source: Source, task: str, work: Work) -> Gathered:
    """Discharge the obligations of one task."""
    spec = spec_of(source)
    prover = _prover(_Same(spec), work.scope)
    asked = questions(spec, task, work.only)
    if work.wanted is not None:
        relevant = work.wanted | set(work.proved)
        asked = (q for q in asked if (q.property, q.transition) in relevant)
    alternations = _alternations(_Same(spec))
    results: list[Result] = []
    portfolio = _portfolio(work.limits)
    portfolio.forget()  # a proof's core does not depend on what this worker did before
    for o in prover.obligations(asked):
        if isinstance(o, Result):
            results.append(o)
            continue
        core = work.proved.get((o.property, o.transition))
        if core is None:
            answer = portfolio.ask(o.query())
            found, core = o.result(answer), frozenset(answer.core)
            if work.scope is not None:
                results.append(_bounded(found, work.scope))
                continue
            results.append(replace(found, alternation=alternations.of(o, found)))
            if found.verdict is not Verdict.PROVED:
                continue
        if work.confirm:
            name = confirmation(o.property, o.transition)
            results.append(_confirmed(o.query(), core, name, work.limits))
    alternations.forget()
    return Gathered(results, task=task)


def _confirmed(query: Query, core: frozenset[str], name: str, limits: Limits) -> Result:
    """Ask the second solver about a proof."""
    answer = _confirmer(limits).ask(query, core)
    verdict, reason = Verdict.CHECKED, ""
    if answer.follows is False:
        verdict = Verdict.REFUTED
        reason = "z3 proves it and cvc5 refutes it: one of the solvers is wrong, report this"
    elif answer.follows is None:
        verdict = UNDECIDED[answer.cause or Cause.INCOMPLETE]
        reason = f"cvc5 does not confirm it ({answer.reason})"
    return Result(
        AGREE,
        name,
        verdict,
        "solver",
        answer.seconds,
        reason,
        answer.hypotheses,
        answer.guards,
        by=answer.by,
    )


def node(
    source: Source, part: str, own: bool, form: str, limits: Limits, confirm: bool = False
) -> Gathered:
    """Compare one part of the spec's node with the rules; `form` is of its files as they were."""
    validation = _validation(_Same(spec_of(source)), own, form)
    portfolio = _portfolio(limits)
    portfolio.forget()

    def confirmed(query: Query, core: frozenset[str], name: str) -> Result:
        return _confirmed(query, core, confirmation(NODE, name), limits)

    results = validation.results(part, portfolio, confirmed if confirm else None)
    return Gathered(results, task=nodes.TASK + part)


def write_texts(source: Source, task: str, only: frozenset[str], folder: Path) -> Gathered:
    """Write the obligations of a task into a folder, a file for each."""
    spec = spec_of(source)
    for o in _prover(_Same(spec)).obligations(questions(spec, task, only)):
        if isinstance(o, Obligation):
            text = files.text(o.query(), spec.title, o.property, o.transition)
            name = files.file_name(o.property, o.transition)
            write_text(folder / name, text)
    return Gathered()


def write_node_texts(source: Source, part: str, own: bool, form: str, folder: Path) -> Gathered:
    """Write what is shown of one part of the spec's node into a folder, a file for each."""
    spec = spec_of(source)
    validation = _validation(_Same(spec), own, form)
    with suppress(OutsideSubset, UnsupportedExpression):  # the row itself tells that
        for one in validation.shown(part):
            text = files.text(query_of(one), spec.title, NODE, one.name)
            name = files.file_name(NODE, one.name)
            write_text(folder / name, text)
    return Gathered()


def _bounded(result: Result, scope: Scope) -> Result:
    """Return a result of the bounded reading: what holds there is no proof."""
    if result.verdict is not Verdict.PROVED:
        return result
    reason = f"holds in the scope of {scope}"
    return replace(result, verdict=Verdict.BOUND_REACHED, reason=reason)


def explain_failure(source: Source, result: Result) -> Gathered:
    """Look for the smallest counterexample of a failed obligation; without one it stays failed."""
    spec = spec_of(source)
    found = find(spec, result.property, result.transition)
    if found is None:
        return Gathered([result])
    told = explain(spec, found)
    if not told.replayed:
        reason = "the solver's counterexample does not replay: two engines disagree"
        changed = replace(result, verdict=Verdict.UNKNOWN, reason=reason, counterexample=told)
    else:
        reason = "a step breaks it"
        changed = replace(result, verdict=Verdict.REFUTED, reason=reason, counterexample=told)
    return Gathered([changed])


SEARCHED = 40_000
"""How many steps of random runs look for a run that breaks what failed."""


def unroll_runs(source: Source, names: list[str], depth: int, seconds: float) -> Gathered:
    """Ask the solver for runs that break the properties `names`."""
    return Gathered(unrolled=unroll(spec_of(source), names, depth, seconds))


def search_runs(
    source: Source, names: list[str], rules: frozenset[str], seconds: float
) -> Gathered:
    """Look for runs that break the properties `names`; `rules` are those of the failed steps."""
    spec = spec_of(source)
    systems = [System(c, tuple(n)) for c, n in (standard_config(spec, k) for k in (1, 2, 3))]
    return Gathered(searched=search(spec, names, systems, SEARCHED, seconds, rules))


# ---------------------------------------------------------------- examples


def fires(source: Source, label: str) -> Gathered:
    """Find a bounded state with every proved property in which the rule's guard holds."""
    spec = spec_of(source)
    started = time.perf_counter()
    search = _Example(FIRES, label)
    for scope in (Scope(1, 1, 2, 1), Scope(2, 2, 2, 2), Scope(3, 2, 2, 3)):
        vocabulary = BoundedVocabulary(spec, scope)
        step = SystemStep(spec, spec.by_label[label], vocabulary)
        given = [
            step.before.formula(s.formula)
            for s in spec.of_kind("safety", "lemma", "assumption")
            if s.formula is not None and not s.prop.open
        ]
        if search.found([*step.assumptions(), *given, *(f for _, f in vocabulary.axioms())], scope):
            break
    reason = "its guard contradicts the proved properties in every scope tried (up to 3 nodes)"
    return search.told(reason, started)


def consistent(source: Source) -> Gathered:
    """Find a first state that satisfies the assumptions: from a contradiction all would follow."""
    spec = spec_of(source)
    started = time.perf_counter()
    search = _Example(CONSISTENT, INITIAL)
    for scope in (Scope(2, 1, 1, 1), Scope(4, 2, 2, 1)):
        vocabulary = BoundedVocabulary(spec, scope)
        start = InitialState(spec, vocabulary)
        given = [
            start.translator.formula(s.formula)
            for s in spec.of_kind("assumption")
            if s.formula is not None
        ]
        if search.found([*given, *start.side, *(f for _, f in vocabulary.axioms())], scope):
            break
    reason = f"no configuration of {scope} satisfies the assumptions"
    return search.told(reason, started)


class _Example:
    """A search for an example in ever larger scopes: one that exists, or none that was found."""

    def __init__(self, name: str, transition: str) -> None:
        self.name, self.transition = name, transition
        self.verdict = Verdict.UNKNOWN
        self.gave_up = ""

    def found(self, formulas: list[z3.BoolRef], scope: Scope) -> bool:
        solver = z3.Solver()
        solver.set("timeout", EXAMPLE_MS)
        solver.add(*formulas)
        answer = solver.check()
        if answer == z3.sat:
            self.verdict = Verdict.SHOWN
        elif answer == z3.unknown:  # a later, larger scope may still show one
            reason = solver.reason_unknown()
            self.verdict = gave_up(reason)
            self.gave_up = f"the solver gave up in the scope of {scope} ({reason})"
        return bool(answer == z3.sat)

    def told(self, none: str, started: float) -> Gathered:
        """Return the result; `none` says what it means that no scope has an example."""
        reason = "" if self.verdict is Verdict.SHOWN else self.gave_up or none
        spent = time.perf_counter() - started
        return Gathered([Result(self.name, self.transition, self.verdict, "solver", spent, reason)])


def run_about(source: Source, seed: int, steps: int) -> Gathered:
    """Run the reference evaluator until everything was reached, or for so many steps."""
    return Gathered(runs=[reach(spec_of(source), seed, steps)])


# ---------------------------------------------------------------- what is computed and compared


def derived(source: Source, known: Answered, own: bool) -> Gathered:
    """Derive the figure and compare it with the published one.

    With `own`, compare what is checked in as well, node, pages and figures, with what the spec
    gives now. `known`: answers about single transitions that are kept from earlier runs.
    """
    spec = spec_of(source)
    possible = Possible(spec, known)
    found = Gathered(findings=[_figure(spec, possible)] if spec.edges else [])
    if own:
        home = artefacts.home_of(spec, "order")
        found.stale += artefacts.stale_generated(spec, home, possible)
        found.stale += artefacts.stale_figures(spec, home, possible)
        found.stale += _stale_cases(spec)
    found.possible = possible.new
    return found


def _stale_cases(spec: Spec) -> list[artefacts.Stale]:
    """Return the file of the order's cases, if it is not of this spec or was changed by hand."""
    from checkers.mcdc.file import ORDER, why_stale

    why = why_stale(spec, ORDER)
    path = ORDER.relative_to(artefacts.ROOT).as_posix()
    return [artefacts.Stale(path, f"{why}; run `make cases`")] if why else []


def figure(source: Source, without: frozenset[str] = frozenset()) -> Gathered:
    """Derive the figure, not from the statements `without`; compare it with the published one."""
    spec = spec_of(source)
    return Gathered(findings=[_figure(spec, Possible(spec, without=without))])


def _figure(spec: Spec, possible: Possible) -> Finding:
    started = time.perf_counter()
    found = Finding(FIGURE, TITLES[FIGURE], "structural", Verdict.CHECKED, 1, 0, 0.0)
    by_variable = {t.variable: derive(spec, t.variable, possible) for t in spec.edges}
    steps = {variable: one.steps for variable, one in by_variable.items()}
    found.rests_on = tuple(sorted({name for one in by_variable.values() for name in one.given}))
    edges = figures.assemble(spec, steps[spec.edges[0].variable])
    drawn, published = figures.collapse(edges, spec), figures.published(spec)
    found.diagnostics = [*edges_beyond(spec, steps), *unreached(spec, steps)]
    if drawn != published or found.diagnostics:
        found.verdict = Verdict.REFUTED
        found.reason = "; ".join(
            [f"not in the table: {a} -> {b}" for a, b in sorted(drawn - published)]
            + [f"no rule takes it: {a} -> {b}" for a, b in sorted(published - drawn)]
        )
    found.seconds = time.perf_counter() - started
    return found
