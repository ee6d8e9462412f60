"""Which candidates are inductive together: Houdini, asked lazily from the goals.

Belongs here: choosing and pruning candidates. Never here: making them (`mine`, `pdr`).

Houdini (Flanagan and Leino, 2001) starts from all candidates and drops each one that some step
does not keep, given the others that are left, until all are kept: what remains is the greatest
inductive subset. Here a candidate is asked about only when a proof has used it: the unsatisfiable
core of a goal's obligation names the candidates that the goal needs, and those are asked about
next. One that is not kept is dropped for good, and the proofs that used it are asked for again.
What is left when nothing is asked any more lies within the greatest inductive subset, and is what
the goals need of it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from checkers.induction import INITIAL
from checkers.strengthen.asker import Asker, Reply
from checkers.strengthen.mine import Candidate, Miner
from checkers.strengthen.source import Lemma
from model.lang.expr import Expr, Kind, show, walk
from model.lang.sorts import BOOL, RangeSort, SumSort
from model.lang.spec import Statement

Tell = Callable[[str], None]

FAILED_BEFORE = 5
"""How much farther a candidate is for each one dropped that concluded the same."""
MADE, INVENTING = 40, 8
"""How many candidates that a rule made are given at once, and how many of those that invent."""
STAGES = (15, 40, 150, 500, 1500)
"""How many candidates an obligation is given, the nearest first, until it is proved."""


@dataclass
class Standing:
    """A statement in the set under construction: what each of its steps rests on.

    `proofs`: for each step that may break it the candidates and statements its proof used.
    """

    statement: Statement
    lemma: Lemma | None
    proofs: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Outcome:
    """`kept`: the lemmas found; `failed`: the obligations of goals that nothing proves."""

    kept: list[Lemma]
    failed: list[tuple[str, str]]
    asked: int
    dropped: int


class Houdini:
    """Candidates pruned against the goals of one spec."""

    def __init__(
        self,
        asker: Asker,
        miner: Miner,
        goals: Sequence[Statement],
        declared: Sequence[Statement],
        tell: Tell,
    ) -> None:
        """Prepare; `declared` are the spec's own statements beside the goals: candidates, too."""
        self.asker, self.miner, self.tell = asker, miner, tell
        self.declared = {
            s.name: Lemma(s.name, s.formula, "declared") for s in declared if s.formula is not None
        }
        self.standing: dict[str, Standing] = {g.name: Standing(g, None) for g in goals}
        self.goals = [g.name for g in goals]
        self.dead: set[str] = set()
        self.failed: set[tuple[str, str]] = set()
        self.lemmas: dict[str, Lemma] = {}
        self._failures: Counter[str] = Counter()
        self._about: dict[str, str] = {}
        self._same = {_renamed(s.formula) for s in (*goals, *declared) if s.formula is not None}
        self._pools: dict[tuple[str, frozenset[str], frozenset[str]], list[Candidate]] = {}

    def run(self, more: Iterable[Lemma] = ()) -> Outcome:
        """Prove the goals by candidates, and those by candidates, until nothing is left to ask."""
        for lemma in more:
            self._enter(lemma)
        grown = -1
        self.failed = set()
        while True:
            todo = self._next()
            if todo is None:
                if not self.failed or len(self.standing) == grown:
                    break
                self.failed, grown = set(), len(self.standing)  # with what is known by now
                continue
            name, label = todo
            reply = self._prove(name, label)
            if reply is not None:
                self.standing[name].proofs[label] = reply.used
                for used in reply.used:
                    if used not in self.standing and used in self.lemmas:
                        self._enter(self.lemmas[used])
            elif self.standing[name].lemma is None:
                self.failed.add(todo)
                self.tell(f"{name} is not kept by {label} with any candidate so far")
            else:
                self._drop(name, label)
                self.failed = set()  # something else may be asked with other candidates now
        return self.outcome()

    def outcome(self) -> Outcome:
        """Return what is found by now; unless nothing is left to ask, it is no proof."""
        return Outcome(
            [s.lemma for s in self.needed() if s.lemma is not None],
            sorted(self.failed),
            self.asker.queries,
            len(self.dead),
        )

    def _enter(self, lemma: Lemma) -> None:
        self.lemmas[lemma.name] = lemma
        self.standing[lemma.name] = Standing(lemma.statement(), lemma)

    def needed(self) -> list[Standing]:
        """Return the goals and what their proofs use, and what those use."""
        names, todo = dict.fromkeys(self.goals), list(self.goals)
        while todo:
            for used in self.standing[todo.pop()].proofs.values():
                for u in used:
                    if u in self.standing and u not in names:
                        names[u] = None
                        todo.append(u)
        return [self.standing[n] for n in names]

    def settled(self) -> list[Statement]:
        """Return what is proved from nothing but what is proved: invariants whatever else comes."""
        done = {
            n
            for n, s in self.standing.items()
            if all(t in s.proofs for t in self._labels(s.statement))
        }
        while True:
            less = {
                n for n in done if all(set(u) <= done for u in self.standing[n].proofs.values())
            }
            if less == done:
                return [self.standing[n].statement for n in sorted(done)]
            done = less

    def _labels(self, statement: Statement) -> list[str]:
        labels = [t.label for t in self.asker.steps_of(statement)]
        return labels if statement.formula is None else [INITIAL, *labels]

    def _next(self) -> tuple[str, str] | None:
        """Return the next obligation that something needed has not answered for."""
        for one in reversed(self.needed()):
            name = one.statement.name
            for label in self._labels(one.statement):
                if label not in one.proofs and (name, label) not in self.failed:
                    return name, label
        return None

    def _drop(self, name: str, label: str) -> None:
        """Take a candidate away, and every proof that used it."""
        self.dead.add(name)
        self._failures[self._about.get(name, "")] += 1
        self.tell(f"dropped {name}: {label} breaks it")
        del self.standing[name]
        for other in self.standing.values():
            other.proofs = {t: u for t, u in other.proofs.items() if name not in u}

    # ------------------------------------------------------------ one obligation

    def _prove(self, name: str, label: str) -> Reply | None:
        """Return a proof from as few hypotheses as found, or None."""
        statement = self.standing[name].statement
        if label == INITIAL:
            reply = self.asker.initial(statement)
            return reply if reply.holds else None
        known = [s.statement for s in self.standing.values() if s.statement.formula is not None]
        near = {s.name: s for s in (statement, *known) if s.formula is not None}
        reply = self.asker.ask(label, statement, list(near.values()))
        if reply.holds:
            return self._fewer(label, statement, reply)
        given = dict(near)
        for own, lemma in self.declared.items():
            if own not in self.dead:
                self.lemmas[own] = lemma
                given[own] = lemma.statement()
        if len(given) > len(near):
            reply = self.asker.ask(label, statement, list(given.values()))
            if reply.holds:
                return self._fewer(label, statement, reply)
        for wide in (False, True):
            proof = self._from_pool(label, statement, near, given, wide)
            if proof is not None:
                return proof
        return None

    def _from_pool(
        self,
        label: str,
        statement: Statement,
        near: dict[str, Statement],
        declared: dict[str, Statement],
        wide: bool,
    ) -> Reply | None:
        """Prove an obligation by candidates, `wide` ones being about what is next to it, too."""
        given = dict(declared)
        pool = [c for c in self._pool(label, statement, wide) if c.lemma.name not in self.dead]
        pool.sort(key=lambda c: c.weight + FAILED_BEFORE * self._failures[c.about])
        for near_by, chosen in _groups(pool):
            more: dict[str, Statement] = {}
            for c in chosen:
                self.lemmas[c.lemma.name] = c.lemma
                self._about[c.lemma.name] = c.about
                if c.lemma.name not in self.dead:
                    more[c.lemma.name] = c.lemma.statement()
            if not chosen:
                continue
            if not near_by:
                given |= more
            base = {**near, **more} if near_by else given
            while (reply := self.asker.ask(label, statement, list(base.values()))).holds:
                proof = self._fewer(label, statement, reply)
                false = [u for u in proof.used if self._contradicted(u)]
                if not false:
                    return proof
                for name in false:
                    self.dead.add(name)
                    base.pop(name, None)
                    given.pop(name, None)
        return None

    def _contradicted(self, name: str) -> bool:
        """Tell whether a candidate not in use yet is false in some state of a run."""
        return name not in self.standing and not self.miner.survives(self.lemmas[name])

    def _pool(self, label: str, statement: Statement, wide: bool) -> list[Candidate]:
        seen, core = self.asker.around(label, statement), self.asker.core(label, statement)
        if wide:
            seen = self.asker.wider(seen)
        key = (label, seen, core)
        if key not in self._pools:
            found = self.miner.candidates(
                seen, core, self.asker.guard(label), self.asker.added(label)
            )
            self._pools[key] = [c for c in found if _renamed(c.lemma.formula) not in self._same]
        return self._pools[key]

    def _fewer(self, label: str, statement: Statement, reply: Reply) -> Reply:
        """Leave hypotheses out while the proof stays: odd ones first."""
        used = list(reply.used)
        settled = set(self.standing)
        for name in sorted(used, key=lambda n: (n in settled, -self._weight(n))):
            if name == statement.name:
                continue
            rest = [self._statement(n) for n in used if n != name]
            again = self.asker.ask(label, statement, rest)
            if again.holds:
                used = [n for n in used if n != name and n in again.used]
        return Reply(True, tuple(used))

    def _weight(self, name: str) -> int:
        lemma = self.lemmas.get(name)
        return len(repr(lemma.formula)) if lemma is not None else 0

    def _statement(self, name: str) -> Statement:
        if name in self.standing:
            return self.standing[name].statement
        return self.lemmas[name].statement()


def _groups(pool: list[Candidate]) -> Iterator[tuple[bool, list[Candidate]]]:
    """Yield candidates to ask with: small groups by themselves (True), then ever more (False).

    Candidates that say that something exists make the solver invent things without end, when many
    of them are given at once; so those that a rule made are tried one by one.
    """
    made = [c for c in pool if c.made]
    plain = [c for c in made if not _invents(c.lemma.formula)][:MADE]
    yield True, plain
    for c in [c for c in made if _invents(c.lemma.formula)][:INVENTING]:
        yield True, [*plain, c]
    yield True, made[:MADE]
    for a, b in itertools.pairwise((0, *STAGES)):
        yield False, pool[a:b]


def _invents(formula: Expr) -> bool:
    """Tell whether a formula says that a node, a set or a number exists."""
    return any(
        not isinstance(sort, SumSort | RangeSort) and sort != BOOL
        for n in walk(formula)
        if n.kind is Kind.EXISTS
        for _, sort in n.data
    )


def _renamed(formula: Expr) -> str:
    """Return a formula's text with its variables numbered in the order they stand in it."""
    names: dict[str, str] = {}

    def visit(e: Expr) -> Expr:
        if e.kind is Kind.BOUND:
            names.setdefault(e.data, f"x{len(names)}")
            return Expr(e.kind, e.sort, (), names[e.data], e.span)
        return Expr(e.kind, e.sort, tuple(visit(a) for a in e.args), e.data, e.span)

    body = formula.args[0] if formula.kind is Kind.FORALL else formula
    return show(visit(body))
