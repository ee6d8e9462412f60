"""What each lemma and each clause of a guard is needed for, asked of a whole spec.

Belongs here: which questions are asked, in what order, and what their answers add up to. Never
here: one question (`without`), the tests of a spec (`noticed`).

First everything is proved, as `verify` does and with what it keeps: with the same solvers and the
same time. The unsatisfiable core of each proof names the lemmas and clauses that it used. What is
in no core is not needed: the same proofs stand without it. A core is not minimal, so what is in
one is left out and its obligation asked again, the likely ones first, up to the first that fails.

Each thing is left out alone: two lemmas of which either is enough are both told as not needed. So
the lemmas that are not needed are left out all at once, too, and as many as can be are told.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

from checkers import tasks
from checkers.cache import Ledger
from checkers.edges import derive
from checkers.induction import ACTORS, DETERMINISM, INITIAL, ROLES
from checkers.needs.kept import Kept
from checkers.needs.noticed import Implied, Tests, implied
from checkers.needs.without import How, Left, Place, Without, clause_index
from checkers.possible import Possible
from checkers.solving import Limits
from checkers.tasks import EVENTS, RULE, Gathered, Reading, Source, Work
from checkers.verdict import Result, Verdict
from model.lang import Spec

Tell = Callable[[str], None]

PATIENCE = 4
"""After how many obligations that are left open these are asked in earnest, before any other."""


@dataclass
class LemmaNeed:
    """A lemma: the first obligation that fails without it, and how that one fails.

    `how`: `REFUTED` where a step breaks it then, replayed by the evaluator; `UNKNOWN` where it is
    not proved, and no such step was found; empty where nothing fails. `used`: how many proofs used
    it. `through`: where only lemmas that nothing needs need it, those. `noticed`: what else needs
    it, where no proof does.
    """

    name: str
    used: int
    first: Place | None
    how: str = ""
    through: tuple[str, ...] = ()
    noticed: str = ""

    @property
    def needed(self) -> bool:
        """Tell whether something fails without it, directly or through lemmas that are needed."""
        return (self.first is not None and not self.through) or bool(self.noticed)


@dataclass
class GuardNeed:
    """A clause of a rule's guard, and the first thing that notices when it is deleted.

    `by`: `proof` or the kind of test; `declaration` for a role that is declared with the event, and
    that the rule's own clauses imply; empty where nothing notices. `how` as for a lemma, where it
    is a proof. `implied`: where nothing notices, whether the clause follows from what is left.
    """

    rule: str
    index: int
    text: str
    by: str = ""
    noticed: str = ""
    how: str = ""
    used: int = 0
    implied: str = ""

    @property
    def told(self) -> str:
        """What it is needed for, in words."""
        return f"{self.how} {self.noticed}".strip() if self.by else f"NOT NEEDED, {self.implied}"


@dataclass
class Needs:
    """What is needed of a spec.

    `together`: lemmas that can all go at once; `unproved`: obligations not proved in any case.
    """

    lemmas: list[LemmaNeed] = field(default_factory=list)
    together: list[str] = field(default_factory=list)
    guards: list[GuardNeed] = field(default_factory=list)
    unproved: list[Place] = field(default_factory=list)
    asked: int = 0
    seconds: float = 0.0


# ---------------------------------------------------------------- in a worker


class _Same:
    """A spec as a key: the same object is the same spec."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.spec is self.spec

    def __hash__(self) -> int:
        return id(self.spec)


@lru_cache(maxsize=2)
def _asks(key: _Same, limits: Limits, refute: bool) -> Without:
    return Without(key.spec, limits, refute)


@lru_cache(maxsize=2)
def _tests(key: _Same) -> Tests:
    return Tests(key.spec)


@dataclass(frozen=True, slots=True)
class Asking:
    """How obligations are asked again: the bounds of each, and whether steps are looked for."""

    limits: Limits
    refute: bool = True


def first_failing(
    asks: Without, places: Iterable[Place], left: Left
) -> tuple[Place | None, How, list[Place]]:
    """Return the first obligation that fails without something, how, and those not asked.

    One that a step breaks is preferred to one that is merely not proved.
    """
    rest = list(places)
    while rest:
        undecided: list[Place] = []
        while rest and len(undecided) < PATIENCE:
            place = rest.pop(0)
            how = asks.soon(place, left)
            if how is How.REFUTED:
                return place, how, [*undecided, *rest]
            if how is How.OPEN:
                undecided.append(place)
        for at, place in enumerate(undecided, start=1):
            how = asks.late(place, left)
            if how is not How.PROVED:
                return place, how, [*undecided[at:], *rest]
    return None, How.PROVED, []


def of_lemma(
    source: Source, name: str, places: list[Place], asking: Asking
) -> tuple[str, Place | None, str, list[Place], int]:
    """Ask, without a lemma, the obligations whose proofs used it."""
    asks = _asks(_Same(tasks.spec_of(source)), asking.limits, asking.refute)
    before = asks.asked
    place, how, rest = first_failing(asks, places, Left(names=frozenset({name})))
    return name, place, how.value if place is not None else "", rest, asks.asked - before


def of_rule(
    source: Source, label: str, places: dict[int, list[Place]], asking: Asking
) -> tuple[list[GuardNeed], int]:
    """Ask, without each clause of a rule, the obligations that used it, and then the tests."""
    key = _Same(tasks.spec_of(source))
    asks = _asks(key, asking.limits, asking.refute)
    before, found = asks.asked, []
    for i, clause in enumerate(key.spec.by_label[label].clauses):
        one = GuardNeed(label, i, clause.text)
        place, how, _ = first_failing(asks, places.get(i, []), Left(clause=i))
        if place is not None:
            one.by, one.noticed, one.how = "proof", _broken(label, place), how.value
        else:
            noticed = _tests(key).notice(label, i)
            if noticed is not None:
                one.by, one.noticed = noticed.by, noticed.text
            else:
                found_out = implied(asks, label, i)
                if clause.kind != "guard" and found_out.clauses and not found_out.given:
                    one.by, one.noticed = "declaration", _declared(key.spec, label, found_out)
                else:
                    one.implied = str(found_out)
        found.append(one)
    return found, asks.asked - before


def _declared(spec: Spec, label: str, found: Implied) -> str:
    """Return why a declared role is not wanting: no rule can leave it out, nor wrote it."""
    event = spec.by_label[label].event
    assert event is not None
    return f"declared with {event.__name__}, and {found}"


def _broken(label: str, place: Place) -> str:
    if place[0] != DETERMINISM:
        return place[0]
    return f"{DETERMINISM}: {place[1].split(' / ')[1]} answers the same event"


# ---------------------------------------------------------------- the whole


def needs(
    source: str | Spec,
    tell: Tell,
    *,
    timeout: float = 40.0,
    jobs: int = 1,
    backend: str = "loky",
    guards: bool = True,
    lemmas: bool = True,
    rules: tuple[str, ...] = (),
    refute: bool = True,
    cache: Path | None = None,
) -> Needs:
    """Return what each lemma and each clause of a guard is needed for.

    Args:
        source: What `load` takes, or a spec (then in this process alone).
        tell: Is told what is going on.
        timeout: Solver seconds for one obligation, over all its tries.
        jobs: Parallel workers.
        backend: Of joblib.
        guards: Whether to look at guards.
        lemmas: Whether to look at lemmas.
        rules: The rules whose guards are looked at, or all.
        refute: Whether to look for steps that break an obligation.
        cache: The folder of what earlier runs have proved, if any.
    """
    asked = _Asked(source, tell, Asking(Limits(timeout), refute), jobs, backend, cache)
    return asked.needs(guards, lemmas, rules)


class _Asked:
    """One run over a spec."""

    def __init__(
        self,
        source: str | Spec,
        tell: Tell,
        asking: Asking,
        jobs: int,
        backend: str,
        cache: Path | None,
    ) -> None:
        self.spec = tasks.spec_of(source)
        self.tell, self.asking, self.cache = tell, asking, cache
        self.ledger = Ledger(self.spec, cache) if cache is not None else None
        code = self.ledger.store.generation if self.ledger is not None else ""
        self.read: Reading | Spec = (
            tasks.reading(source, code) if isinstance(source, str) else source
        )
        self.jobs = jobs if isinstance(source, str) else 1
        self.backend = backend if self.jobs > 1 else "sequential"
        self.found = Needs()
        self.names = [s.name for s in self.spec.of_kind("lemma") if not s.prop.open]

    def needs(self, guards: bool, lemmas: bool, rules: tuple[str, ...]) -> Needs:
        started = time.perf_counter()
        labels = [t.label for t in self.spec.transitions if t.kind == "rule"]
        proofs = self._proofs([EVENTS, INITIAL, *(RULE + t.label for t in self.spec.transitions)])
        if lemmas:
            self._lemmas(proofs)
        if guards:
            self._guards(proofs, [label for label in labels if label in rules or not rules])
        if lemmas and guards and not rules and self.cache is not None:
            Kept(self.spec, self.cache).keep(self.found)
        self.found.seconds = time.perf_counter() - started
        return self.found

    # ------------------------------------------------------------ proofs

    def _proofs(self, names: list[str]) -> dict[Place, Result]:
        """Return the proofs of all obligations that a solver has to do with."""
        calls, results, splits = [], [], {}
        work = Work(frozenset(), self.asking.limits)
        for name in names:
            if self.ledger is None:
                calls.append(delayed(tasks.prove)(self.read, name, work))
                continue
            asked = tasks.questions(self.spec, name, frozenset())
            split = splits[name] = self.ledger.split(name, asked)
            results += split.known
            if split.asked:
                wanted = Work(frozenset(), self.asking.limits, wanted=split.asked)
                calls.append(delayed(tasks.prove)(self.read, name, wanted))
        gathered: Gathered
        for gathered in self._parallel("proofs", calls):
            results += gathered.results
            if self.ledger is not None:
                self.ledger.learn(gathered.task, splits[gathered.task], gathered.results)
        self.found.asked += sum(r.how == "solver" and not r.kept for r in results)
        self.found.unproved = [
            (r.property, r.transition) for r in results if r.verdict is not Verdict.PROVED
        ]
        return {
            (r.property, r.transition): r
            for r in results
            if r.how == "solver" and r.verdict is Verdict.PROVED
        }

    def _parallel(self, what: str, calls: list[Any]) -> Iterator[Any]:
        parallel = Parallel(n_jobs=self.jobs, backend=self.backend, return_as="generator_unordered")
        for done, one in enumerate(parallel(calls) if calls else (), start=1):
            self.tell(f"{what}: {done} of {len(calls)}")
            yield one

    # ------------------------------------------------------------ lemmas

    def _lemmas(self, proofs: dict[Place, Result]) -> None:
        users: dict[str, list[Place]] = {n: [] for n in self.names}
        for place, r in proofs.items():
            for name in r.uses:
                if name in users and name != r.property:  # a lemma may always assume itself
                    users[name].append(place)
        order = self._likely(proofs)
        left = {n: sorted(places, key=order) for n, places in users.items()}
        failing: dict[str, list[tuple[Place, str]]] = defaultdict(list)
        needed: set[str] = set()
        while True:
            # A lemma whose failure nobody misses goes on, with what is known to be needed.
            calls = []
            for name in self.names:
                wanted = left[name]
                if failing[name]:
                    wanted = [p for p in left[name] if p[0] in needed or p[0] not in users]
                if name not in needed and wanted:
                    calls.append(delayed(of_lemma)(self.read, name, wanted, self.asking))
                    left[name] = [p for p in left[name] if p not in wanted]
            if not calls:
                break
            for name, place, how, rest, asked in self._parallel("lemmas", calls):
                self.found.asked += asked
                left[name] += rest
                if place is not None:
                    failing[name].append((place, how))
            needed = self._needed(failing)
        for name in self.names:
            places = failing[name]
            good = [x for x in places if x[0][0] in needed or x[0][0] not in users]
            one = LemmaNeed(name, len(users[name]), None)
            if places:
                one.first, one.how = (good or places)[0]
                one.through = () if good else tuple(sorted({p[0] for p, _ in places}))
            if not one.needed:
                one.noticed = self._figure_without(name)
            self.found.lemmas.append(one)
        spare = [x.name for x in self.found.lemmas if not x.needed]
        self.found.together = self._together(users, spare)

    def _likely(self, proofs: dict[Place, Result]) -> Callable[[Place], tuple[Any, ...]]:
        """Return what sorts obligations: promises first, then those that used the least."""
        return lambda p: (p[0] in self.names, len(proofs[p].uses), len(proofs[p].guards), p)

    def _needed(self, failing: dict[str, list[tuple[Place, str]]]) -> set[str]:
        """Return the lemmas that something needs which is no lemma, or a lemma that is needed."""
        needed: set[str] = set()
        while True:
            more = {
                n
                for n, places in failing.items()
                if n not in needed
                and any(p[0] in needed or p[0] not in self.names for p, _ in places)
            }
            if not more:
                return needed
            needed |= more

    def _figure_without(self, name: str) -> str:
        """Return what the derived figure has without a lemma, and not with it."""
        bare = Possible(self.spec, without=frozenset({name}))
        for table in self.spec.edges:
            with_it = derive(self.spec, table.variable)
            if name in with_it.given:
                steps = derive(self.spec, table.variable, bare).steps
                for step in steps:
                    if step not in with_it.steps:
                        edge = f"{step.before} -> {step.after}"
                        return f"the figure gets {edge} by {step.label}"
        return ""

    def _together(self, users: dict[str, list[Place]], spare: list[str]) -> list[str]:
        """Return as many of `spare` as can go at once, asking all that used any again."""
        asks = _asks(_Same(self.spec), self.asking.limits, False)
        left = list(spare)
        places = {p: {n for n in spare if p in users[n]} for n in spare for p in users[n]}
        for place in sorted(places):
            while places[place] & set(left) and place[0] not in left:
                self.tell(f"without all {len(left)}: {place[0]} at {place[1]}")
                gone = Left(names=frozenset(left))
                how = asks.soon(place, gone)
                how = asks.late(place, gone) if how is How.OPEN else how
                if how is How.PROVED:
                    break
                left.remove(next(n for n in left if n in places[place]))
        return left

    # ------------------------------------------------------------ guards

    def _guards(self, proofs: dict[Place, Result], labels: list[str]) -> None:
        places: dict[str, dict[int, list[Place]]] = {x: defaultdict(list) for x in labels}
        used: Counter[tuple[str, int]] = Counter()
        order = self._likely(proofs)
        for place in sorted(proofs, key=lambda p: (p[0] not in (ACTORS, ROLES), order(p))):
            label = place[1].split(" / ")[0]
            if label not in places:
                continue
            for i in map(clause_index, proofs[place].guards):
                places[label][i].append(place)
                used[label, i] += 1
        for label in labels:
            for place in self._apart(label):
                for i in range(len(self.spec.by_label[label].clauses)):
                    places[label][i].append(place)
        calls = [delayed(of_rule)(self.read, x, dict(places[x]), self.asking) for x in labels]
        told: dict[str, list[GuardNeed]] = {}
        for guards, asked in self._parallel("rules", calls):
            self.found.asked += asked
            for one in guards:
                one.used = used[one.rule, one.index]
                told.setdefault(one.rule, []).append(one)
        self.found.guards = [one for label in labels for one in told.get(label, [])]

    def _apart(self, label: str) -> Iterator[Place]:
        """Yield that a rule and each earlier one of its event are apart: no core has its clauses.

        Of two rules the guard of the first is given, and the second's is in the goal.
        """
        event = self.spec.by_label[label].event
        assert event is not None
        for other in self.spec.rules_of(event):
            if other.label == label:
                return
            yield DETERMINISM, f"{label} / {other.label}"
