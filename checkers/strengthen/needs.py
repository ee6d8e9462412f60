"""What can be left out: lemmas that no proof needs, and guards that no proof and no scenario needs.

Belongs here: asking obligations again without one hypothesis or one clause. Never here: what a
lemma should be (`search`), or the verdict on a property (`verify`).

The unsatisfiable core of an obligation names the lemmas and clauses that its proof used. What is
in no core is not needed: the same proof stands without it. A core is not minimal, so what is in
one is left out and the obligation asked again, once; only if that fails is it needed there.
`unknown` counts as failing, and is told apart from a counterexample that the evaluator replays.

Each thing is left out alone: two lemmas of which either is enough are both told as not needed. So
the lemmas that are not needed are left out all at once, too, and as many as can be are told.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import z3
from joblib import Parallel, delayed

from checkers import counterexamples
from checkers.edges import derive_steps
from checkers.induction import DETERMINISM, Obligation, Prover
from checkers.scenarios import play
from checkers.strengthen.asker import check
from checkers.strengthen.search import only
from model.evaluate import Checker, Evaluator
from model.evaluate.values import EvaluationError
from model.lang import Spec
from model.lang.errors import SpecError
from model.lang.load import load
from model.lang.spec import Statement, drop_clause

PLAIN_MS = 50
"""How long the guards alone are tried, as `induction` does."""
QUICK_MS = 250
"""How long an obligation is asked without something at first; proofs take some 10 ms."""

Tell = Callable[[str], None]
Place = tuple[str, str]
"""A property and a transition: an obligation."""


@dataclass
class Told:
    """What one transition's obligations (or one event's pairs of rules) say.

    `lemmas`: for each lemma the obligations that fail without it, each with the solver's word.
    `used` and `users`: how many and whose cores name it. `guards`: for each clause of the rule
    (its index) the first obligation that fails without it. `unproved`: obligations that are not
    proved at all.
    """

    label: str
    lemmas: dict[str, list[tuple[Place, str]]] = field(default_factory=dict)
    used: Counter[str] = field(default_factory=Counter)
    users: dict[str, list[Place]] = field(default_factory=dict)
    guards: dict[int, Place] = field(default_factory=dict)
    named: set[int] = field(default_factory=set)
    unproved: list[Place] = field(default_factory=list)
    asked: int = 0


@dataclass
class LemmaNeed:
    """A lemma: the obligations that fail without it, the first of them, and how that one fails.

    `how`: `REFUTED` where a step breaks the property then, replayed by the evaluator; `UNKNOWN`
    where the solver does not prove it, and no such step was found; empty where nothing fails.
    `through`: where only lemmas that nothing needs need it, those.
    """

    name: str
    fails: int
    used: int
    first: Place | None
    how: str = ""
    through: tuple[str, ...] = ()

    @property
    def needed(self) -> bool:
        """Tell whether some property's proof fails without it, directly or through lemmas."""
        return self.fails > 0 and not self.through


@dataclass
class GuardNeed:
    """A clause of a rule's guard, and the first thing that notices when it is deleted."""

    rule: str
    index: int
    text: str
    noticed: str = ""
    in_core: bool = False


@dataclass
class Needs:
    """What is needed of a spec.

    `together`: lemmas that can all go at once; `unproved`: obligations not proved in any case.
    """

    lemmas: list[LemmaNeed]
    together: list[str]
    guards: list[GuardNeed]
    unproved: list[Place]
    asked: int
    seconds: float


# ---------------------------------------------------------------- one obligation


@dataclass(frozen=True)
class Answer:
    """What the solver said; with `unsat`, the hypotheses and the clauses in the core."""

    word: str
    given: frozenset[str] = frozenset()
    guards: frozenset[int] = frozenset()

    @property
    def proved(self) -> bool:
        """Tell whether the obligation is discharged."""
        return self.word == "unsat"


def solve(
    o: Obligation,
    timeout_ms: int,
    lemmas: frozenset[str] = frozenset(),
    guard: int | None = None,
) -> Answer:
    """Discharge an obligation without some hypotheses or one clause, and return the core."""
    guards = [(i, f) for i, (_, f) in enumerate(o.guards) if i != guard]
    plain = z3.Solver()
    plain.set("timeout", PLAIN_MS)
    plain.set("unsat_core", True)
    for i, clause in guards:
        plain.assert_and_track(clause, f"guard {i}")
    plain.add(z3.Not(o.goal))
    if check(plain) == z3.unsat:
        return Answer("unsat", frozenset(), _indices(plain))
    solver = z3.Solver()
    solver.set("timeout", timeout_ms)
    solver.set("unsat_core", True)
    solver.add(*o.assumptions)
    for i, clause in guards:
        solver.assert_and_track(clause, f"guard {i}")
    named, definitions = o.given()
    solver.add(*definitions)
    for name, formula in named:
        if name not in lemmas:
            solver.assert_and_track(formula, f"given {name}")
    solver.add(z3.Not(o.goal))
    word = str(check(solver))
    if word != "unsat":
        return Answer(word)
    core = [str(c) for c in solver.unsat_core()]
    given = frozenset(c[6:] for c in core if c.startswith("given "))
    return Answer(word, given, _indices(solver))


def _indices(solver: z3.Solver) -> frozenset[int]:
    core = (str(c) for c in solver.unsat_core())
    return frozenset(int(c[6:]) for c in core if c.startswith("guard "))


# ---------------------------------------------------------------- one transition (in a worker)


@lru_cache(maxsize=2)
def _prover(target: str) -> Prover:
    return Prover(load(target))


def of_transition(
    source: str | Spec, label: str, timeout_ms: int, guards: bool = True, lemmas: bool = True
) -> Told:
    """Ask everything about one transition."""
    prover = _prover(source) if isinstance(source, str) else Prover(source)
    transition = prover.spec.by_label[label]
    found = (o for o in prover.of_transition(transition) if isinstance(o, Obligation))
    return _of_obligations(
        prover.spec, label, found, timeout_ms, guards and transition.kind == "rule", lemmas
    )


def of_event(source: str | Spec, name: str, timeout_ms: int) -> Told:
    """Ask which lemmas are needed to tell an event's rules apart."""
    prover = _prover(source) if isinstance(source, str) else Prover(source)
    rules = prover.spec.rules_of(prover.spec.events[name])
    pairs = (prover.apart(a, b) for i, a in enumerate(rules) for b in rules[i + 1 :])
    return _of_obligations(prover.spec, name, pairs, timeout_ms, False, True)


def _of_obligations(
    spec: Spec,
    label: str,
    obligations: Iterator[Obligation],
    timeout_ms: int,
    guards: bool,
    lemmas: bool,
) -> Told:
    told = Told(label)
    known = {s.name for s in spec.of_kind("lemma")}
    for o in obligations:
        place = (o.property, o.transition)
        answer = solve(o, timeout_ms)
        told.asked += 1
        if not answer.proved:
            told.unproved.append(place)
            continue
        for name in sorted(answer.given & known) if lemmas else ():
            if name == o.property:
                continue  # a lemma may always assume itself
            told.used[name] += 1
            told.users.setdefault(name, []).append(place)
            without = solve(o, QUICK_MS, frozenset({name}))
            told.asked += 1
            if without.word == "unknown" and name not in told.lemmas:
                without = solve(o, timeout_ms, frozenset({name}))
                told.asked += 1
            if not without.proved:
                told.lemmas.setdefault(name, []).append((place, without.word))
        told.named |= answer.guards
        for i in sorted(answer.guards - set(told.guards)) if guards else ():
            told.asked += 1
            answer = solve(o, QUICK_MS, guard=i)
            if answer.word == "unknown":
                answer = solve(o, timeout_ms, guard=i)
                told.asked += 1
            if not answer.proved:
                told.guards[i] = place
    return told


# ---------------------------------------------------------------- the whole


def needs(
    source: str | Spec,
    tell: Tell,
    *,
    timeout: float = 2.0,
    jobs: int = 1,
    backend: str = "loky",
    guards: bool = True,
    lemmas: bool = True,
    rules: tuple[str, ...] = (),
    refute: bool = True,
) -> Needs:
    """Return what each lemma and each clause of a guard is needed for.

    Args:
        source: What `load` takes, or a spec (then in this process alone).
        tell: Is told what is going on.
        timeout: Solver seconds for one question.
        jobs: Parallel workers.
        backend: Of joblib.
        guards: Whether to look at guards.
        lemmas: Whether to look at lemmas.
        rules: The rules whose guards are looked at, or all; lemmas are then those their steps use.
        refute: Whether to look for a counterexample to the first obligation that fails.
    """
    started = time.perf_counter()
    spec = load(source) if isinstance(source, str) else source
    ms = int(1000 * timeout)
    labels = list(rules) or [t.label for t in spec.transitions if t.kind != "refusal"]
    events = [] if rules or not lemmas else list(spec.events)
    calls: list[Any] = [delayed(of_transition)(source, x, ms, guards, lemmas) for x in labels]
    calls += [delayed(of_event)(source, x, ms) for x in events]
    many = jobs if isinstance(source, str) else 1
    parallel = Parallel(
        n_jobs=many, backend=backend if many > 1 else "sequential", return_as="generator_unordered"
    )
    told: list[Told] = []
    for one in parallel(calls):
        told.append(one)
        tell(f"{len(told)} of {len(calls)} steps and events: {one.label}")
    found = _lemmas(spec, told, refute, tell) if lemmas else []
    clauses = _guards(spec, {x.label: x for x in told}, labels, ms, tell) if guards else []
    spare = [x.name for x in found if not x.needed]
    together = _together(spec, told, spare, ms, tell)
    unproved = [p for x in told for p in x.unproved]
    asked = sum(x.asked for x in told)
    return Needs(found, together, clauses, unproved, asked, time.perf_counter() - started)


def _lemmas(spec: Spec, told: list[Told], refute: bool, tell: Tell) -> list[LemmaNeed]:
    failing: dict[str, list[tuple[Place, str]]] = defaultdict(list)
    used: Counter[str] = Counter()
    for one in told:
        used += one.used
        for name, places in one.lemmas.items():
            failing[name] += places
    names = [s.name for s in spec.of_kind("lemma") if not s.prop.open]
    needed_by = {n: {place[0] for place, _ in failing[n]} for n in names}
    needed = {n for n in names if needed_by[n] - set(names)}
    while True:
        more = {n for n in names if n not in needed and needed_by[n] & needed}
        if not more:
            break
        needed |= more
    found = []
    for name in names:
        places = sorted(failing[name], key=lambda p: (p[0][0] in names, len(p[0][1]), p[0]))
        first = places[0][0] if places else None
        how = ""
        if first is not None:
            tell(f"without {name}: {first[0]} at {first[1]}")
            how = "REFUTED" if refute and _refuted(spec, name, first) else "UNKNOWN"
        through = () if name in needed or not places else tuple(sorted(needed_by[name]))
        found.append(LemmaNeed(name, len(places), used[name], first, how, through))
    return found


def _together(spec: Spec, told: list[Told], spare: list[str], ms: int, tell: Tell) -> list[str]:
    """Return as many of `spare` as can be left out at once, asking all that used any again."""
    prover, left = Prover(spec), list(spare)
    users: dict[Place, set[str]] = defaultdict(set)
    for one in told:
        for name, places in one.users.items():
            for place in places:
                users[place].add(name)
    failing: str | None = ""
    while left and failing is not None:
        failing = None
        for place in [p for p, names in users.items() if names & set(left) and p[0] not in left]:
            tell(f"without all {len(left)}: {place[0]} at {place[1]}")
            for o in _obligation(prover, place):
                if not solve(o, ms, frozenset(left)).proved:
                    failing = next(n for n in left if n in users[place])
                    break
            if failing is not None:
                left.remove(failing)
                break
    return left


def _obligation(prover: Prover, place: Place) -> Iterator[Obligation]:
    """Yield the obligation of that name."""
    name, step = place
    if name == DETERMINISM:
        first, second = (prover.spec.by_label[x] for x in step.split(" / "))
        yield prover.apart(first, second)
        return
    for o in prover.of_transition(prover.spec.by_label[step], frozenset({name})):
        if isinstance(o, Obligation) and o.property == name:
            yield o


def _refuted(spec: Spec, lemma: str, place: Place) -> bool:
    """Tell whether a step breaks the obligation without the lemma, by the evaluator's word."""
    rest = only(spec, [_unnamed(s, lemma) for n, s in spec.statements.items() if n != lemma])
    found = counterexamples.find(rest, *place, timeout_ms=5_000)
    return found is not None and counterexamples.explain(rest, found).replayed


def _unnamed(s: Statement, lemma: str) -> Statement:
    """Return the statement with a proof that does not name the lemma."""
    uses = None if s.prop.uses is None else tuple(n for n in s.prop.uses if n != lemma)
    after = tuple(n for n in s.prop.after if n != lemma)
    return replace(s, prop=replace(s.prop, uses=uses, after=after))


# ---------------------------------------------------------------- guards


def _guards(
    spec: Spec, told: dict[str, Told], labels: list[str], ms: int, tell: Tell
) -> list[GuardNeed]:
    found = []
    plays = _plays(spec)
    for label in labels:
        t = spec.by_label[label]
        if t.kind != "rule":
            continue
        for i, clause in enumerate(t.clauses):
            one = GuardNeed(label, i, clause.text, in_core=i in told[label].named)
            place = told[label].guards.get(i)
            if place is not None:
                one.noticed = f"{place[0]} fails"
            else:
                tell(f"{label} without {clause.text}")
                one.noticed = _noticed(spec, label, i, ms, plays)
            found.append(one)
    return found


def _noticed(spec: Spec, label: str, index: int, ms: int, plays: dict[str, list[str]]) -> str:
    """Return what else notices that a clause is deleted, or nothing."""
    changed = drop_clause(spec, label, index)
    prover = Prover(changed)
    t = changed.by_label[label]
    assert t.event is not None
    for other in changed.rules_of(t.event):
        if other.label != label and not solve(prover.apart(t, other), ms).proved:
            return f"{DETERMINISM} fails: {other.label} answers the same event"
    for table in spec.edges:
        if table.variable in t.updates:
            alone = replace(changed, transitions=(t,))
            for step in derive_steps(alone, table.variable):
                pair = (step.before, step.after)
                if not any(pair[0] in a.leaves and pair[1] in b.leaves for a, b in table.edges):
                    return f"the figure: {pair[0]} -> {pair[1]}"
    now = _plays(changed)
    for name, steps in plays.items():
        if now.get(name) != steps:
            return f"scenario {name} goes otherwise"
    return ""


def _plays(spec: Spec) -> dict[str, list[str]]:
    """Return for each scenario what answered each step, and what it broke."""
    evaluator, found = Evaluator(spec), {}
    for scenario in spec.scenarios:
        try:
            run = play(evaluator, scenario, Checker(evaluator, []))
            found[scenario.name] = [label for _, label in run.steps]
        except (SpecError, EvaluationError) as error:
            found[scenario.name] = [str(error)]
    return found
