"""What is known already of the questions of one spec.

Belongs here: when a kept fact answers a question. Never here: files, or fingerprints' making.

A fact of a question says that its goal follows, which statements and guards the proof used, and
what its quantifiers are like. All that was offered is in the question's fingerprint. What a proof
used is kept by fingerprints as well, and believed only where these are offered: a second lock on
the same door.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from checkers.cache.prints import Prints, generation, solvers
from checkers.cache.store import FOLDER, Fact, Store, digest
from checkers.questions import INITIAL, Question
from checkers.structure import AGREE, confirmation
from checkers.verdict import Alternation, Result, Verdict
from model.lang import Spec
from model.lang.spec import Transition

GIVEN = "given "
"""Begins the name of a hypothesis among what a proof used, as the solvers' side names it."""
_EXAMPLES = "examples"
"""The group of the examples; a task's name is never one word that is no task."""
_POSSIBLE = "possible"
"""The group of what transitions can do."""

Name = tuple[str, str]
"""An obligation: its property and its transition."""


@dataclass(slots=True)
class Split:
    """The questions of one task: what is known of them, and what is not.

    `questions`: all that a solver has to do with; `asked`: those without an answer; `proved`: those
    with an answer that has yet to be confirmed, each with what its proof used.
    """

    known: list[Result] = field(default_factory=list)
    questions: dict[Name, Question] = field(default_factory=dict)
    asked: frozenset[Name] = frozenset()
    proved: dict[Name, frozenset[str]] = field(default_factory=dict)


class Ledger:
    """The kept facts that bear on one spec, and what is learnt in this run."""

    def __init__(self, spec: Spec | Prints, folder: Path | None = None) -> None:
        """Prepare; `folder` is where the cache lies, by default below the working directory."""
        self.prints = spec if isinstance(spec, Prints) else Prints(spec)
        self.store = Store(folder if folder is not None else Path(FOLDER), generation())
        self._installed = {f"{name} {build}" for name, build in solvers().items()}
        self._keys: dict[int, tuple[Question, str | None]] = {}
        self._examples: dict[str, Fact] | None = None

    @property
    def trouble(self) -> str:
        """Return why nothing could be kept, if so."""
        return self.store.trouble

    # ------------------------------------------------------------ obligations

    def split(
        self, task: str, questions: Iterable[Question | Result], confirm: bool = False
    ) -> Split:
        """Return which questions of a task are answered already, and confirmed where asked for."""
        facts = self.store.read(task)
        confirmed = self.store.read(_confirmations(task)) if confirm else {}
        found, asked = Split(), set()
        for q in questions:
            if isinstance(q, Result):
                found.known.append(q)
                continue
            name, key = (q.property, q.transition), self.key(q)
            found.questions[name] = q
            kept = self._answer(q, facts.get(key or ""))
            if kept is None:
                asked.add(name)
                continue
            found.known.append(kept)
            if not confirm:
                continue
            agreed = self._answer(q, confirmed.get(key or ""))
            if agreed is None or not agreed.by.startswith("cvc5"):
                used = (*kept.guards, *(GIVEN + n for n in kept.uses))
                found.proved[name] = frozenset(used)
            else:
                found.known.append(
                    replace(
                        agreed,
                        property=AGREE,
                        transition=confirmation(*name),
                        verdict=Verdict.CHECKED,
                    )
                )
        found.asked = frozenset(asked)
        return found

    def learn(self, task: str, split: Split, new: Iterable[Result]) -> None:
        """Keep the proofs, and the confirmations, among new results of a task."""
        confirmed = {confirmation(*name): q for name, q in split.questions.items()}
        proofs: dict[str, Fact] = {}
        agreed: dict[str, Fact] = {}
        for r in new:
            if r.property == AGREE and r.verdict is Verdict.CHECKED:
                self._note(agreed, confirmed.get(r.transition), r)
            elif r.verdict is Verdict.PROVED and r.how == "solver":
                self._note(proofs, split.questions.get((r.property, r.transition)), r)
        for group, facts in ((task, proofs), (_confirmations(task), agreed)):
            if facts:
                self.store.add(group, facts)

    def _note(self, facts: dict[str, Fact], q: Question | None, r: Result) -> None:
        key, solver = (self.key(q) if q is not None else None), self._build(r.by)
        if q is None or key is None or solver is None or not set(r.uses) <= q.offered | q.later:
            return
        facts[key] = {
            "property": q.property,
            "transition": q.transition,
            "seconds": round(r.seconds, 4),
            "uses": {name: self.prints.statement(name) for name in r.uses},
            "guards": list(r.guards),
            "alternation": asdict(r.alternation) if r.alternation is not None else None,
            "by": r.by,
            "solver": solver,
        }

    def key(self, q: Question) -> str | None:
        """Return the fingerprint of a question; None where something in it has none."""
        known = self._keys.get(id(q))
        if known is None:
            made: str | None = None
            with suppress(TypeError):
                made = self.prints.question(q)
            known = self._keys[id(q)] = (q, made)
        return known[1]

    def _answer(self, q: Question, fact: Fact | None) -> Result | None:
        """Return the result that a fact gives, if all that it rests on is as it was."""
        if fact is None:
            return None
        try:
            uses, guards = dict(fact["uses"]), [str(g) for g in fact["guards"]]
            same = (
                (fact["property"], fact["transition"]) == (q.property, q.transition)
                and fact["solver"] in self._installed
                and set(uses) <= q.offered | q.later
                and all(self.prints.statement(name) == form for name, form in uses.items())
            )
            if not same:
                return None
            return Result(
                q.property,
                q.transition,
                Verdict.PROVED,
                "solver",
                float(fact["seconds"]),
                uses=tuple(sorted(uses)),
                guards=tuple(guards),
                alternation=_alternation(fact["alternation"]),
                by=str(fact["by"]),
                kept=True,
            )
        except (KeyError, TypeError, ValueError):
            return None

    # ------------------------------------------------------------ examples

    def example(self, row: str, transition: Transition | None) -> Result | None:
        """Return the kept result of a row that is shown by an example, if it still is one."""
        key, label = self._example(row, transition), _label(transition)
        if self._examples is None:
            self._examples = self.store.read(_EXAMPLES)
        fact = self._examples.get(key or "")
        with suppress(KeyError, TypeError, ValueError):
            if fact is not None and (fact["row"], fact["transition"]) == (row, label):
                seconds = float(fact["seconds"])
                return Result(row, label, Verdict.SHOWN, "solver", seconds, kept=True)
        return None

    def learn_examples(self, results: Iterable[Result]) -> None:
        """Keep the examples that were found."""
        facts: dict[str, Fact] = {}
        for r in results:
            transition = self.prints.spec.by_label.get(r.transition)
            key = self._example(r.property, transition)
            if r.verdict is not Verdict.SHOWN or key is None or r.transition != _label(transition):
                continue
            facts[key] = {"row": r.property, "transition": r.transition, "seconds": r.seconds}
        if facts:
            self.store.add(_EXAMPLES, facts)

    def _example(self, row: str, transition: Transition | None) -> str | None:
        """Return the fingerprint of a row's example: the whole of what it must satisfy."""
        prints, spec = self.prints, self.prints.spec
        with suppress(TypeError):
            form = prints.transition(transition)[0] if transition is not None else ""
            satisfied = [
                (s.name, prints.statement(s.name))
                for s in spec.of_kind("safety", "lemma", "assumption")
                if s.formula is not None and not s.prop.open
            ]
            return digest(repr((row, form, prints.world, prints.first_state, satisfied)))
        return None

    # ------------------------------------------------------------ what transitions can do

    def possible(self) -> dict[str, dict[str, bool]]:
        """Return what is known of what transitions can do, by label and by what was asked."""
        facts, found = self.store.read(_POSSIBLE), {}
        for t in self.prints.spec.transitions:
            fact = facts.get(self._possible_key(t) or "")
            answers = fact.get("can") if fact is not None and fact.get("of") == t.label else None
            if isinstance(answers, dict) and all(a is True or a is False for a in answers.values()):
                found[t.label] = answers
        return found

    def learn_possible(self, new: Mapping[str, Mapping[str, bool]]) -> None:
        """Keep answers about transitions, beside those that are kept already."""
        known, facts = self.possible(), {}
        for label, answers in new.items():
            key = self._possible_key(self.prints.spec.by_label[label])
            if key is not None:
                facts[key] = {"of": label, "can": {**known.get(label, {}), **answers}}
        if facts:
            self.store.add(_POSSIBLE, facts)

    def _possible_key(self, t: Transition) -> str | None:
        with suppress(TypeError):
            return self.prints.possible(t)
        return None

    def _build(self, by: str) -> str | None:
        """Return which build of which solver gave an answer."""
        name = (by.partition(",")[0].split() or [""])[0]
        found = [one for one in self._installed if one.split()[0] == name]
        return found[0] if found else None


def _alternation(told: dict[str, Any] | None) -> Alternation | None:
    if told is None:
        return None
    a, b = (tuple(map(str, told[name])) for name in ("cycle", "proof_cycle"))
    return Alternation(tuple((str(x), str(y)) for x, y in told["edges"]), a, b)


def _confirmations(task: str) -> str:
    return f"{task}, confirmed"


def _label(transition: Transition | None) -> str:
    return transition.label if transition is not None else INITIAL
