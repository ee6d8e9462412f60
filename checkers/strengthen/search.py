"""The whole search: runs, candidates, counterexamples to induction, and the proof of what is found.

Belongs here: the order of the stages, the budget of time, the verdict. Never here: how a stage
works.

The verdict is never the search's own: `confirm` gives the spec with the found lemmas to the
ordinary prover, and only what that proves is called inductive.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from checkers import counterexamples
from checkers.induction import INITIAL, Obligation, Prover
from checkers.solving import Portfolio
from checkers.story import Counterexample
from checkers.strengthen import minimise
from checkers.strengthen.asker import A_SECOND, Asker, Interrupted
from checkers.strengthen.houdini import Houdini
from checkers.strengthen.mine import Miner, symbols
from checkers.strengthen.pdr import Pdr
from checkers.strengthen.samples import EPISODES, Samples, sample
from checkers.strengthen.source import Lemma
from checkers.verdict import Result, Verdict
from model.lang import Spec
from model.lang.spec import Statement

Tell = Callable[[str], None]
EXPLAINED = 3
"""How many obligations that nothing proves get a counterexample to induction."""


@dataclass(frozen=True)
class Options:
    """`goals`: names of properties, or none for all that the spec promises.

    `alone`: forget every other property and lemma of the spec; `timeout`: seconds for the whole;
    `question`: how many times `asker.A_SECOND` steps one question to the solver may take; `pdr`:
    look for clauses, too; `seed` and `episodes`: of the random runs.
    """

    goals: tuple[str, ...] = ()
    alone: bool = False
    timeout: float = 300.0
    question: float = 1.0
    pdr: bool = True
    seed: int = 1
    episodes: int = EPISODES


@dataclass
class Found:
    """What the search has to say.

    `verdict`: PROVED (the goals and lemmas are inductive together, confirmed by the prover),
    REFUTED (a run breaks a goal) or UNKNOWN. `needed`: for each lemma an obligation that fails
    without it. `failed`: obligations that nothing proves, the first of them with the smallest step
    that breaks them. `interrupted`: whether time or a key ended it.
    """

    spec: Spec
    goals: list[str]
    verdict: Verdict = Verdict.UNKNOWN
    lemmas: list[Lemma] = field(default_factory=list)
    declared: list[str] = field(default_factory=list)
    needed: dict[str, tuple[str, str]] = field(default_factory=dict)
    failed: list[Result] = field(default_factory=list)
    runs: dict[str, list[str]] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)
    interrupted: str = ""
    confirmed: int = 0
    seconds: float = 0.0

    def exit_status(self) -> int:
        """0: the goals are inductive with what was found; 1: a goal is refuted; 3: not found."""
        return {Verdict.PROVED: 0, Verdict.REFUTED: 1}.get(self.verdict, 3)


class Search:
    """One search."""

    def __init__(self, spec: Spec, options: Options, tell: Tell) -> None:
        """Prepare. Raises `KeyError` for a goal the spec does not state."""
        self.options, self.tell = options, tell
        names = options.goals or tuple(
            s.name for s in spec.of_kind("safety", "step") if not s.prop.open
        )
        self.goals = [_asked(spec.statements[n]) for n in names]
        rest = [
            s
            for s in spec.of_kind("safety", "lemma")
            if s.name not in names and not s.prop.open and not options.alone
        ]
        self.spec = only(spec, [*self.goals, *rest], afresh=True)
        self.goals = [self.spec.statements[g.name] for g in self.goals]
        self.declared = [self.spec.statements[s.name] for s in rest]

    def run(self) -> Found:
        """Search until the goals are inductive, refuted, or nothing is left to try."""
        started = time.perf_counter()
        until = started + self.options.timeout
        found = Found(self.spec, [g.name for g in self.goals])
        samples = Samples()
        houdini: Houdini | None = None
        asker = Asker(self.spec, int(A_SECOND * self.options.question), until)
        try:
            if self._as_declared(found, until):
                found.seconds = time.perf_counter() - started
                return found
            self.tell("running")
            samples = sample(
                self.spec,
                self.goals,
                self.options.seed,
                self.options.episodes,
                self.options.timeout / 4,
            )
            found.tried.append(
                f"{samples.runs} runs, {samples.steps:,} steps: {len(samples.states)} states kept"
            )
            found.runs = samples.broken
            if samples.broken:
                found.verdict = Verdict.REFUTED
                found.seconds = time.perf_counter() - started
                return found
            miner = Miner(self.spec, samples.states, samples.more)
            houdini = Houdini(asker, miner, self.goals, self.declared, self.tell)
            houdini.run()
            self._blocked(asker, houdini, found)
            if not houdini.failed:
                self.tell("leaving out what is not needed")
                found.needed = minimise.minimise(asker, houdini)
        except (Interrupted, KeyboardInterrupt) as stop:
            word = "time is up" if isinstance(stop, Interrupted) else "interrupted"
            found.interrupted = word
        if houdini is not None:
            self._conclude(houdini, found)
        found.tried.append(f"{asker.queries:,} questions to the solver")
        found.seconds = time.perf_counter() - started
        return found

    def _as_declared(self, found: Found, until: float) -> bool:
        """Tell whether the goals are inductive already, with what the spec states beside them.

        The prover is asked, each proof with what it names (`uses=`, `after=`), of the goals and of
        all that their proofs rest on.
        """
        waiting, done = {g.name for g in self.goals}, set[str]()
        results: list[Result] = []
        while waiting:
            if time.perf_counter() > until:
                return False
            of_these = [self.spec.statements[n] for n in sorted(waiting)]
            results += proved(self.spec, of_these, self.tell, at_once=True)
            if any(r.verdict is not Verdict.PROVED for r in results):
                return False
            done |= waiting
            waiting = {u for r in results for u in r.uses} - done
            waiting = {n for n in waiting if self.spec.statements[n].prop.kind != "assumption"}
        found.verdict, found.confirmed = Verdict.PROVED, len(results)
        found.declared = sorted(done - {g.name for g in self.goals})
        found.tried.append("the spec's own proofs suffice: nothing was looked for")
        return True

    def _blocked(self, asker: Asker, houdini: Houdini, found: Found) -> None:
        """Look for clauses where candidates do not help."""
        if not self.options.pdr or not houdini.failed:
            return
        names = {name for name, _ in houdini.failed}
        goals = [g for g in self.goals if g.name in names]
        settled = houdini.settled()
        result = Pdr(self.spec, asker, houdini.miner, goals, settled, self.tell).run()
        word = f"{result.frames} frames, {result.cubes} states, {len(result.lemmas)} clauses"
        if result.trace:
            word += f"; no clauses exclude {' -> '.join(result.trace)}"
        elif result.why:
            word += f"; {result.why}"
        found.tried.append(word)
        if result.lemmas:
            houdini.run(result.lemmas)

    def _conclude(self, houdini: Houdini, found: Found) -> None:
        outcome = houdini.outcome()
        miner = houdini.miner
        found.tried.append(
            f"{miner.tried:,} conditions looked at in the runs,"
            f" {len(houdini.lemmas):,} candidates given to the solver, {outcome.dropped} dropped"
        )
        open_ = [
            (s.statement.name, t)
            for s in houdini.needed()
            for t in labels(houdini.asker, s.statement)
            if t not in s.proofs
        ]
        if open_:
            self._not_found(houdini, open_, found)
            return
        found.lemmas = [with_why(self.spec, x) for x in minimise.left(houdini)]
        found.declared = [x.name for x in outcome.kept if x.origin == "declared"]
        kept = [s.statement for s in houdini.needed()]
        try:
            results = confirm(self.spec, found.lemmas, kept, self.tell)
        except KeyboardInterrupt:
            found.lemmas = []  # nothing is shown that the prover did not prove
            found.interrupted = "interrupted while the prover was confirming what was found"
            return
        found.failed = [r for r in results if r.verdict is not Verdict.PROVED]
        found.confirmed = len(results) - len(found.failed)
        if results and not found.failed:
            found.verdict = Verdict.PROVED
        else:
            found.lemmas = []

    def _not_found(self, houdini: Houdini, open_: Sequence[tuple[str, str]], found: Found) -> None:
        """Say what holds, though it is not enough, and what still fails."""
        goals = {g.name for g in self.goals}
        asked = [o for o in open_ if o in houdini.failed]
        found.failed = [
            Result(n, t, Verdict.UNKNOWN, "solver", reason="not proved with anything found")
            for n, t in asked
        ]
        late = "its proof was not looked for yet, or rests on what is not proved yet"
        found.failed += [
            Result(n, t, Verdict.UNKNOWN, "solver", reason=late)
            for n, t in open_
            if n in goals and (n, t) not in asked
        ]
        settled = {s.name for s in houdini.settled()}
        inductive = [
            with_why(self.spec, s.lemma)
            for s in houdini.standing.values()
            if s.lemma is not None and s.lemma.origin != "declared" and s.statement.name in settled
        ]
        declared = [
            s.statement
            for s in houdini.standing.values()
            if s.statement.name in settled and (s.lemma is None or s.lemma.origin == "declared")
        ]
        found.tried.append(f"{len(houdini.standing) - len(settled)} candidates in use, not proved")
        try:
            results = confirm(self.spec, inductive, declared, self.tell)
            if all(r.verdict is Verdict.PROVED for r in results):
                found.lemmas, found.confirmed = inductive, len(results)
            if found.interrupted == "interrupted":
                return  # by a key: whoever pressed it waits
            self.tell("looking for the smallest steps that break them")
            with_all = with_lemmas(self.spec, found.lemmas)
            for i, r in enumerate(found.failed[:EXPLAINED]):
                found.failed[i] = replace(r, counterexample=_smallest(with_all, r))
            found.failed.sort(key=lambda r: r.counterexample is None)
        except KeyboardInterrupt:
            found.interrupted = found.interrupted or "interrupted"


def _smallest(spec: Spec, result: Result) -> Counterexample | None:
    """Return the smallest step that breaks an obligation, if the evaluator replays it."""
    found = counterexamples.find(spec, result.property, result.transition)
    told = None if found is None else counterexamples.explain(spec, found)
    return told if told is not None and told.replayed else None


def _asked(s: Statement, lemmas: tuple[str, ...] = ()) -> Statement:
    """Return a goal as a statement that must be proved, open or not, and may use the lemmas."""
    uses = None if s.prop.uses is None else (*s.prop.uses, *lemmas)
    return Statement(replace(s.prop, open="", uses=uses), s.formula, s.per_transition)


def only(spec: Spec, statements: Sequence[Statement], *, afresh: bool = False) -> Spec:
    """Return the spec that states these alone, apart from its assumptions.

    What a proof names and is no longer stated is not named any more; with `afresh`, such a proof
    may use whatever there is.
    """
    kept = {s.name: s for s in spec.of_kind("assumption")}
    kept |= {s.name: s for s in statements}
    for name, s in kept.items():
        uses = None if s.prop.uses is None else tuple(u for u in s.prop.uses if u in kept)
        after = tuple(a for a in s.prop.after if a in kept)
        if afresh and (uses, after) != (s.prop.uses, s.prop.after):
            uses = None
        kept[name] = replace(s, prop=replace(s.prop, uses=uses, after=after))
    return replace(spec, statements=kept)


def with_lemmas(spec: Spec, lemmas: Sequence[Lemma]) -> Spec:
    """Return the spec with lemmas added."""
    added = {x.name: x.statement() for x in lemmas}
    return replace(spec, statements={**spec.statements, **added})


def labels(asker: Asker, s: Statement) -> list[str]:
    """Return the steps that a statement has to answer for."""
    found = [t.label for t in asker.steps_of(s)]
    return [INITIAL, *found] if s.formula is not None else found


def confirm(
    spec: Spec, lemmas: Sequence[Lemma], statements: Sequence[Statement], tell: Tell
) -> list[Result]:
    """Prove `statements` and `lemmas` by the ordinary prover, assuming nothing but themselves."""
    names = tuple(x.name for x in lemmas)
    known = {s.name: _asked(s, names) for s in statements}
    known |= {x.name: x.statement() for x in lemmas}
    return proved(only(spec, list(known.values())), list(known.values()), tell)


def proved(
    spec: Spec, statements: Sequence[Statement], tell: Tell, *, at_once: bool = False
) -> list[Result]:
    """Ask the ordinary prover for these statements of `spec`; `at_once`: stop where one fails."""
    prover, results = Prover(spec), list[Result]()
    names = frozenset(s.name for s in statements)
    with Portfolio() as portfolio:
        for step in (None, *spec.transitions):
            if step is None:
                made: Iterable[Obligation | Result] = prover.of_initial_state(names)
            else:
                tell(f"proving: {step.label}")
                made = prover.of_transition(step, names)
            for o in made:
                results.append(o if isinstance(o, Result) else _discharged(o, portfolio))
                if at_once and results[-1].verdict is not Verdict.PROVED:
                    return results
    answered = {(r.property, r.transition) for r in results}
    for s in statements:
        wanted = set(s.per_transition) if s.formula is None else {t.label for t in spec.transitions}
        if s.formula is not None:
            wanted.add(INITIAL)
        for label in sorted(wanted):
            if (s.name, label) not in answered:
                reason = "no obligation was made for it"
                results.append(Result(s.name, label, Verdict.UNKNOWN, "solver", reason=reason))
    return results


def _discharged(o: Obligation, portfolio: Portfolio) -> Result:
    result = o.discharge(portfolio)
    if result.verdict is not Verdict.PROVED and "interrupt" in result.reason:
        raise KeyboardInterrupt  # the solver takes the key for itself
    return result


def with_why(spec: Spec, lemma: Lemma) -> Lemma:
    """Return the lemma with a sentence on why it holds, as far as a search can tell."""
    read = symbols(lemma.formula)
    writers = [
        t.name
        for t in spec.transitions
        if read
        & {
            *(f"var {n}" for n in t.updates),
            *(f"sent {s.message.__name__}" for s in t.sends),
            *(f"ghost {g.relation.name}" for g in t.ghosts),
        }
    ]
    made = [x.split(" ", 1)[1] for x in sorted(read) if not x.startswith("var ")]
    told = ", ".join(x.split(" ", 1)[1] for x in sorted(read) if x.startswith("var "))
    what = " or ".join(filter(None, [", ".join(made), told]))
    count = f"the {len(writers)} rules that write {what} keep it"
    if len(writers) == 1:
        count = f"{writers[0]}, the one rule that writes {what}, keeps it"
    elif not writers:
        count = "no rule writes what it speaks of"
    why = f"Found by search: it holds at first, and {count}."
    return replace(lemma, why=why)
