"""Fingerprints: from everything that an answer depends on to one short text.

Belongs here: what a question's answer depends on, in a canonical form. Never here: answers.

Two things are told apart wherever their meaning could differ. So the form of an expression holds
its kind, sort, data, children and the text it is shown as (which names constants in formulas), and
which `fresh` values are one and the same. Where a thing was written is left out: moving a rule
within a file changes nothing. What has no canonical form raises, and is then not kept.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from checkers.cache.store import digest
from checkers.given import Given
from checkers.questions import Question
from model.lang import Spec
from model.lang.expr import Expr, Kind
from model.lang.sorts import Sort
from model.lang.spec import Transition

ROOT = Path(__file__).resolve().parents[2]
PROVING = (
    *("model/__init__.py", "model/lang", "model/smt"),
    *("checkers/alternation.py", "checkers/fragment.py"),
    *("checkers/__init__.py", "checkers/cache", "checkers/induction.py", "checkers/questions.py"),
    *("checkers/given.py", "checkers/possible.py", "checkers/nodes.py", "checkers/translation"),
    *("checkers/solving", "checkers/story.py", "checkers/structure.py", "checkers/tasks.py"),
    *("checkers/verdict.py", "checkers/writing.py"),
)
"""The code that makes and discharges obligations, or tells what a transition can do; a test holds
it against what that imports."""
EVERYTHING = ("model", "checkers", "impl")
"""All code of the project."""

SHORT = 400
"""Letters from which on a form is told by its fingerprint, so that shared parts are told once."""

Fresh = dict[int, int]
"""The number of each `fresh` expression, by identity, in the order in which they are met."""


# ---------------------------------------------------------------- code and solvers


def of_files(paths: Iterable[Path], root: Path = ROOT) -> str:
    """Return the fingerprint of files: their names below `root` and their contents."""
    whole = blake2b(digest_size=16)
    for path in sorted(paths):
        content = path.read_bytes()
        whole.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()


def sources(parts: Iterable[str], root: Path = ROOT) -> list[Path]:
    """Return the source files of parts of the project: files, or folders of them."""
    found: list[Path] = []
    for part in parts:
        path = root / part
        found += path.rglob("*.py") if path.is_dir() else [path]
    return found


def solvers() -> dict[str, str]:
    """Return the solvers that are installed, with what tells one build from another."""
    found = {}
    for name, package in (("z3", "z3-solver"), ("cvc5", "cvc5")):
        try:
            found[name] = version(package)
        except PackageNotFoundError:
            continue
    if "z3" in found:
        found["z3"] += _library_of_z3()
    return found


def _library_of_z3() -> str:
    """Return size and time of the library: somebody may have put another in its place."""
    place = find_spec("z3")
    marks = [os.environ.get("Z3_LIBRARY_PATH", "")]
    for folder in (place.submodule_search_locations or []) if place is not None else []:
        for library in sorted(Path(folder).glob("lib/*z3*")):
            status = library.stat()
            marks.append(f"{library.name} {status.st_size} {status.st_mtime_ns}")
    return " ".join(["", *marks])


def generation(parts: Iterable[str] = PROVING) -> str:
    """Return the fingerprint of the code that finds facts out, and of what it runs on."""
    return digest(repr((of_files(sources(parts)), sys.version_info[:3], solvers())))


# ---------------------------------------------------------------- a spec


class Prints:
    """The fingerprints of one spec's parts; each is made once."""

    def __init__(self, spec: Spec) -> None:
        """Prepare for `spec`."""
        self.spec = spec
        self._forms: dict[int, tuple[Expr, str]] = {}  # holds the expression, so its id stays its
        self._sorts: dict[int, tuple[Sort, str]] = {}
        self._transitions: dict[str, tuple[str, Fresh]] = {}
        self._guards: dict[str, str] = {}
        self._statements: dict[str, str] = {}
        self._offered: dict[frozenset[str], str] = {}
        self._given = Given(spec)
        self.world = digest(self._world())
        self.first_state = digest(
            repr([(n, self.form(v.init, {})) for n, v in spec.variables.items()])
        )

    def _world(self) -> str:
        """Return what is declared: everything that a symbol or an axiom is made from."""
        spec = self.spec
        return repr(
            (
                spec.role_variable,
                self._sort(spec.process.sort),
                [(n, self._sort(v.sort)) for n, v in spec.variables.items()],
                [
                    (n, e.kind, [(f, self._sort(d.sort)) for f, d in e.parts.items()])
                    for n, e in spec.events.items()
                ],
                [(n, [self._sort(c) for c in g.columns]) for n, g in spec.ghosts.items()],
                [(n, self._sort(d.sort)) for n, d in spec.config.parts.items()],
                [
                    (n, self._sort(s.sort))
                    for n, s in spec.sorts.items()
                    if isinstance(getattr(s, "sort", None), Sort)
                ],
                sorted((self._sort(a), self._sort(b)) for a, b in spec.majorities),
            )
        )

    # ------------------------------------------------------------ expressions

    def _sort(self, sort: Sort) -> str:
        known = self._sorts.get(id(sort))
        if known is None:
            known = self._sorts[id(sort)] = (sort, digest(f"{type(sort).__name__} {sort!r}"))
        return known[1]

    def form(self, e: object, fresh: Fresh) -> str:
        """Return the canonical form of an expression; `fresh` numbers what is met in order."""
        if not isinstance(e, Expr):
            raise TypeError(f"{type(e).__name__} is no expression")
        known = self._forms.get(id(e))
        if known is not None:
            return known[1]
        met = len(fresh)
        told = str(fresh.setdefault(id(e), met)) if e.kind is Kind.FRESH else self._data(e.data)
        below = " ".join([self.form(a, fresh) for a in e.args])
        made = f"({e.kind.value} {self._sort(e.sort)} {told} {e.label!r} {below})"
        if "(fresh " not in made:  # its form is the same wherever it stands
            made = made if len(made) < SHORT else f"#{digest(made)}"
            self._forms[id(e)] = (e, made)
        return made

    def _data(self, data: Any) -> str:
        match data:
            case None | bool() | int() | str():
                return repr(data)
            case frozenset():
                return f"{{{','.join(sorted(map(self._data, data)))}}}"
            case tuple() | list():
                return f"[{','.join(map(self._data, data))}]"
            case Sort():
                return self._sort(data)
            case _:
                raise TypeError(f"{type(data).__name__} has no canonical form")

    # ------------------------------------------------------------ transitions and statements

    def transition(self, t: Transition) -> tuple[str, Fresh]:
        """Return the fingerprint of a transition, and the numbers of its fresh values."""
        if t.label not in self._transitions:
            fresh: Fresh = {}
            event = (t.event.__name__, t.event.kind) if t.event is not None else None
            parts: list[object] = [t.label, t.name, t.kind, event]
            parts.append([(c.text, c.kind, self.form(c.expr, fresh)) for c in t.clauses])
            parts.append([(n, self.form(e, fresh)) for n, e in t.updates.items()])
            for s in t.sends:
                fields = [(n, self.form(e, fresh)) for n, e in s.fields.items()]
                parts.append((s.message.__name__, self.form(s.to, fresh), fields))
            for g in t.ghosts:
                where = self.form(g.where, fresh) if g.where is not None else ""
                bound = self._data(tuple(g.bound))
                args = [self.form(a, fresh) for a in g.args]
                parts.append((g.relation.name, bound, where, args))
            if t.reply is not None:
                fields = [(n, self.form(e, fresh)) for n, e in t.reply.fields.items()]
                parts.append((t.reply.decl.__name__, fields))
            if t.kind == "refusal" and t.event is not None:
                parts.append(self._before_a_refusal(t))
            self._transitions[t.label] = (digest(repr(parts)), fresh)
        return self._transitions[t.label]

    def _before_a_refusal(self, t: Transition) -> list[str]:
        """Return the guards that must all be false where a refusal answers."""
        assert t.event is not None
        before = [self._guard(rule) for rule in self.spec.rules_of(t.event)]
        for other in self.spec.refusals_of(t.event):
            if other is t:
                break
            before.append(self._guard(other))
        return before

    def _guard(self, t: Transition) -> str:
        if t.label not in self._guards:
            fresh: Fresh = {}
            self._guards[t.label] = digest(repr([self.form(c.expr, fresh) for c in t.clauses]))
        return self._guards[t.label]

    def statement(self, name: str) -> str:
        """Return the fingerprint of what a statement says of a state, by its name."""
        if name not in self._statements:
            formula = self.spec.statements[name].formula
            self._statements[name] = digest(self.form(formula, {}))
        return self._statements[name]

    def possible(self, t: Transition) -> str:
        """Return the fingerprint of all questions about what `t` can do, with what they are given.

        A question is a role, a variable and its leaves, which are declared.
        """
        names = sorted(self._given.names(t))
        given = [(name, self.statement(name)) for name in names]
        return digest(repr(("possible", self.world, self.transition(t)[0], given)))

    def whole(self) -> str:
        """Return the fingerprint of the whole spec: of all that it declares, does and states."""
        stated = []
        for s in self.spec.statements.values():
            p = s.prop
            named = (p.kind, p.name, p.open, p.uses, p.after, p.by_name)
            of_states = self.statement(s.name) if s.formula is not None else ""
            of_steps = [
                (label, self.form(f, dict(self.transition(self.spec.by_label[label])[1])))
                for label, f in s.per_transition.items()
            ]
            of_runs: tuple[object, ...] = ()
            if s.promise is not None:
                said = [self.form(e, {}) for e in s.promise.expressions()]
                of_runs = (s.promise.shape, p.without, self._data(tuple(s.promise.bound)), said)
            stated.append((named, of_states, of_steps, of_runs))
        steps = [self.transition(t)[0] for t in self.spec.transitions]
        edges = [(t.variable, sorted(t.allowed())) for t in self.spec.edges]
        fair = [(f.strength, f.name, f.rule, sorted(f.unless)) for f in self.spec.fairness]
        return digest(repr((self.world, self.first_state, steps, stated, edges, fair)))

    # ------------------------------------------------------------ questions

    def question(self, q: Question) -> str:
        """Return the fingerprint of a question, with everything that it is offered."""
        parts: list[object] = [q.property, q.transition, q.when, self.world]
        parts.append((self._of_offered(q.offered), self._of_offered(q.later)))
        numbers: list[Fresh] = []
        for t in q.of:
            form, fresh = self.transition(t)
            parts.append(form)
            numbers.append(fresh)
        if len(numbers) == 1:
            parts.append(self.form(q.goal, dict(numbers[0])))
        else:
            parts.append(_shared(numbers))  # the goal of several is made of their guards
            if not numbers:
                parts.append(self.form(q.goal, {}))
        if q.when == "initially":
            parts.append(self.first_state)
        return digest(repr(parts))

    def _of_offered(self, names: frozenset[str]) -> str:
        if names not in self._offered:
            told = [(n, self.statement(n)) for n in sorted(names) if self._is_closed(n)]
            self._offered[names] = digest(repr(told))
        return self._offered[names]

    def _is_closed(self, name: str) -> bool:
        """Tell whether a statement speaks of a state: others are offered, and never assumed."""
        return self.spec.statements[name].formula is not None


def _shared(numbers: list[Fresh]) -> list[tuple[int, ...]]:
    """Return which fresh values several transitions share, by their numbers in each."""
    every = {i for fresh in numbers for i in fresh}
    rows = [tuple(fresh.get(i, -1) for fresh in numbers) for i in every]
    return sorted(row for row in rows if sum(n >= 0 for n in row) > 1)
