"""Which obligations a fault can reach: all others are proved as they were.

Belongs here: telling that from the rows and from what earlier proofs used. Never here: asking.

The proof of an obligation used some clauses of the rule's guard (its core); it stands whatever
becomes of the other clauses. A statement that reads nothing which the fault writes otherwise is
carried over the step as before. What is left out here is not asked, so a mutant may be said to
live that would be killed; none is said to be killed that is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checkers.mutation.mutant import Mutant
from checkers.needs.without import Place, clause_index
from checkers.questions import ACTORS, DETERMINISM, ROLES, TOTALITY, Question, Questions
from checkers.verdict import Result
from model.lang import Spec
from model.lang.expr import Expr, same
from model.lang.footprint import Footprint, reads
from model.lang.spec import Statement, Transition

Proofs = Mapping[Place, Result]
"""What a solver proved of the original, by property and transition."""


@dataclass(frozen=True)
class Difference:
    """How a row differs: places of clauses in the old guard, what it writes otherwise."""

    clauses: frozenset[int]
    added: bool
    writes: Footprint
    fresh: bool

    @property
    def guard(self) -> bool:
        """Tell whether it answers in other states."""
        return bool(self.clauses) or self.added


def difference(old: Transition, new: Transition) -> Difference:
    """Return how a row differs from what it was: what is the same is the same objects."""
    kept = {id(c.expr) for c in new.clauses}
    before = {id(c.expr) for c in old.clauses}
    variables = {
        n for n in {*old.updates, *new.updates} if old.updates.get(n) is not new.updates.get(n)
    }
    sent = [tuple(_sends(t)) for t in (old, new)]
    messages = {str(s[0]) for s in {*sent[0], *sent[1]} if s not in sent[0] or s not in sent[1]}
    if len(sent[0]) != len(sent[1]):
        messages |= {str(s[0]) for s in max(sent, key=len) if sent[0].count(s) != sent[1].count(s)}
    ghosts = {
        g.relation.name
        for one, other in ((old, new), (new, old))
        for g in one.ghosts
        if _ghost(g) not in [_ghost(x) for x in other.ghosts]
    }
    return Difference(
        frozenset(i for i, c in enumerate(old.clauses) if id(c.expr) not in kept),
        any(id(c.expr) not in before for c in new.clauses),
        Footprint(frozenset(variables), frozenset(messages), frozenset(ghosts)),
        {id(e) for e in old.fresh()} != {id(e) for e in new.fresh()},
    )


def _sends(t: Transition) -> Iterator[tuple[object, ...]]:
    for s in t.sends:
        yield (s.message.__name__, id(s.to), *((n, id(e)) for n, e in s.fields.items()))


def _ghost(g: object) -> tuple[object, ...]:
    return (g.relation.name, id(g.where), *map(id, g.args))  # type: ignore[attr-defined]


class Bearing:
    """What bears on the mutants of one spec."""

    def __init__(self, spec: Spec, proofs: Proofs) -> None:
        """Prepare; `proofs` are the original's."""
        self.spec, self.proofs = spec, proofs
        self._reads: dict[int, tuple[Expr, Footprint]] = {}

    def questions(self, m: Mutant, made: Spec) -> list[Question]:
        """Return the questions of the mutant that may have another answer than the original's."""
        changed = {
            s.name
            for s in made.statements.values()
            if s.formula is not self.spec.statements[s.name].formula
        }
        found = [q for t in made.transitions for q in self._of_row(made, t, changed)]
        if not m.local:
            found += [q for q in Questions(made).of_initial_state() if self._first(m, made, q)]
        found += self._apart(made)
        if m.order or any(t is None for t in m.rows.values()):
            found += [
                q
                for q in Questions(made, frozenset({TOTALITY})).of_events()
                if isinstance(q, Question)
            ]
        return sorted(found, key=self._likely)  # stable: rows stay together as far as that goes

    def _of_row(self, made: Spec, t: Transition, changed: set[str]) -> Iterator[Question]:
        old = self.spec.by_label.get(t.label)
        if old is None:
            return
        if old is t:
            names = {n for n in changed if made.statements[n].prop.kind in ("safety", "lemma")}
            # What a fault elsewhere does to a refusal: it answers in other states.
            names |= self._of_refusal(made, t)
        else:
            names = changed | set(self._touched(made, old, t))
        if names:
            for q in Questions(made, frozenset(names)).of_transition(t):
                if isinstance(q, Question):
                    yield q

    def _of_refusal(self, made: Spec, t: Transition) -> set[str]:
        if t.kind != "refusal" or not (t.updates or t.sends or t.ghosts) or t.event is None:
            return set()
        before = [*self.spec.rules_of(t.event), *self.spec.refusals_of(t.event)]
        now = [*made.rules_of(t.event), *made.refusals_of(t.event)]
        if all(a is b for a, b in zip(before, now, strict=False)) and len(before) == len(now):
            return set()
        return {p for (p, label), r in self.proofs.items() if label == t.label and r.guards}

    def _touched(self, made: Spec, old: Transition, new: Transition) -> Iterator[str]:
        """Yield the statements and structural properties whose obligation may fail now."""
        d = difference(old, new)
        every = d.fresh or (d.guard and old.kind == "refusal")
        for s in made.of_kind("safety", "lemma", "step"):
            if s.prop.open:
                continue
            formula = s.formula if s.formula is not None else s.per_transition.get(new.label)
            if formula is None:
                continue
            then = self.spec.statements[s.name].per_transition.get(new.label)
            read_anew = s.formula is None and formula is not then
            if (
                every
                or (read_anew and not _plain(formula, then))
                or self._meets(made, s, formula, d.writes)
                or (d.clauses and self._used(s.name, old, d.clauses))
            ):
                yield s.name
        if d.writes.messages or d.writes.variables or d.guard:
            yield ROLES
        if d.guard:
            yield ACTORS

    def _meets(self, made: Spec, s: Statement, formula: Expr, writes: Footprint) -> bool:
        if self._footprint(formula).meets(writes):
            return True
        after = (made.statements[n].formula for n in s.prop.after)
        return any(f is not None and self._footprint(f).meets(writes) for f in after)

    def _used(self, name: str, old: Transition, clauses: frozenset[int]) -> bool:
        proof = self.proofs.get((name, old.label))
        return proof is not None and any(clause_index(g) in clauses for g in proof.guards)

    def _footprint(self, formula: Expr) -> Footprint:
        known = self._reads.get(id(formula))
        if known is None or known[0] is not formula:
            known = self._reads[id(formula)] = (formula, reads(formula))
        return known[1]

    def _first(self, m: Mutant, made: Spec, q: Question) -> bool:
        """Tell whether a question about the first state may have another answer."""
        statement = made.statements[q.property]
        if statement.formula is not self.spec.statements[q.property].formula:
            return True
        names = {n for n, d in made.variables.items() if d.init is not self.spec.variables[n].init}
        return bool(self._footprint(q.goal).variables & names)

    def _apart(self, made: Spec) -> Iterator[Question]:
        """Yield that a rule which answers in other states is apart from others of its event."""
        for event in made.events.values():
            rules = made.rules_of(event)
            moved = {t.label for t in rules if self._moved(t)}
            for i, first in enumerate(rules):
                for second in rules[i + 1 :]:
                    if first.label in moved or second.label in moved:
                        yield Questions(made).apart(first, second)

    def _moved(self, t: Transition) -> bool:
        old = self.spec.by_label.get(t.label)
        return old is not None and old is not t and difference(old, t).guard

    def _likely(self, q: Question) -> tuple[object, ...]:
        """Sort what is likely to fail, and cheap to ask, first."""
        proof = self.proofs.get((q.property, q.transition))
        structural = q.property in (ROLES, ACTORS, TOTALITY)
        lemma = q.property in self.spec.statements and (
            self.spec.statements[q.property].prop.kind == "lemma"
        )
        size = (len(proof.uses), len(proof.guards)) if proof is not None else (0, 0)
        apart = q.property == DETERMINISM
        return (not structural, apart, lemma, size, q.property, q.transition)


def _plain(now: Expr, then: Expr | None) -> bool:
    """Tell whether what was read anew reads as before."""
    return then is not None and same(now, then)


__all__ = ["Bearing", "Difference", "Proofs", "difference"]
