"""Mutants of the generated node: which check notices that its code does not do what the spec says.

Belongs here: running a changed method, and asking the checks of the generated node. Never here:
which faults there are (`code`), or mutants of a spec.

That a generated file was edited is noticed at once by its digest; what is asked here is whether the
checks of its *behaviour* notice, as they must where the generator itself is wrong. The node's class
is given the changed method for a while. It is shown the cases of the event that it answers, those
of `conformance.exhaustive`, with what the reference evaluator says of them; a method that answers
no single event is shown some of every event, a start and restarts, snapshots to take over, and
messages that nobody sent. What passes all that is put to the translation's validation: it refutes
the changed code, or proves that it does the same.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from textwrap import indent
from typing import Any

from joblib import Parallel, delayed, parallel_config

from checkers import nodes, tasks, workers
from checkers.cache.store import Store, digest
from checkers.conformance.cases import CRASH, Case, EventCases
from checkers.conformance.comparison import Difference, Readings
from checkers.conformance.setting import Setting, setting
from checkers.mcdc.cases import run
from checkers.mutation.code import CodeMutant, code_mutants
from checkers.mutation.mutants import sampled
from checkers.mutation.outcome import (
    LOADING,
    NODE,
    STORED,
    VALIDATION,
    Fate,
    Outcome,
    outcome_of,
)
from checkers.mutation.running import (
    CHUNK,
    CODE,
    Judged,
    Options,
    Tell,
    judging,
    stored_cases,
    summing,
)
from checkers.solving import Limits, Portfolio
from checkers.tasks import Reading
from checkers.translation.obligations import START, WHOLE
from checkers.translation.package import MODULES
from checkers.translation.proving import Validation
from checkers.translation.replay import explain
from checkers.verdict import Result, Verdict
from model.lang import Spec
from model.python.node_file import handler_name

SECONDS = 10.0
"""How long the solvers may try one obligation about changed code."""
COMPARED = ("__init__", "durable", "restart")
"""The methods beside those that answer an event which the validation compares with the spec."""
AT_MOST = 400
"""How many cases of each event a method is shown that answers no single event."""


class Subject:
    """The generated node of a spec, one of its methods changed at a time."""

    def __init__(
        self, spec: Spec, package: str | None = None, values: Setting | None = None
    ) -> None:
        """Import the node. Raises `ModuleNotFoundError` or `KeyError` where there is none."""
        self.spec = spec
        self.package = package if package is not None else f"impl.{spec.name}"
        self.module = import_module(f"{self.package}.node")
        self.setting = values if values is not None else setting(spec.name)
        self.name = spec.process.__name__
        self.readings = Readings(spec, self.package)
        file = Path(str(self.module.__file__))
        self.file = "/".join(file.parts[-3:])
        self.text = file.read_text(encoding="utf-8")
        self.source = digest(self.text)
        self.mutants = {m.name: m for m in code_mutants(self.text, self.name, vars(self.module))}
        files = nodes.files(spec, own=self.package == "impl.order")
        read = {name: files.texts[name] for name in MODULES if name in files.texts}
        self.files = replace(files, texts=read)
        self._reads = cache(self._proved)
        self.cases = stored_cases(spec)
        self._cases = cache(self._cases_of)
        self.events = {handler_name(event): name for name, event in spec.events.items()}

    def outcome(self, m: CodeMutant) -> Outcome:
        """Return what becomes of a mutant."""
        started = time.process_time()
        fate, check, message = self._fate(m)
        where, spent = f"{self.file}:{m.line}", time.process_time() - started
        return Outcome(m.name, m.operator, m.method, where, m.told, fate, check, message, spent)

    def _fate(self, m: CodeMutant) -> tuple[Fate, str, str]:
        try:
            method = self._method(m)
        except Exception as error:  # whatever the changed code raises is a finding
            return Fate.KILLED, LOADING.name, f"{type(error).__name__}: {error}"
        with self._changed(m.method, method):
            message = self._of_stored_cases(m.method)
            if message:
                return Fate.KILLED, STORED.name, message
            message = self._wrong(m.method)
            if message:
                return Fate.KILLED, NODE.name, message
        return self._validated(m)

    # ------------------------------------------------------------ stored cases, and the solver

    def _of_stored_cases(self, method: str) -> str:
        """Return the first stored case that the node answers otherwise; nothing for none."""
        if not self.cases:
            return ""
        event = self.events.get(method)
        events = None if event is None else {event}  # what answers no single event may be in all
        found = run(self.module, stored=self.cases, spec=self.spec, events=events, stop=True)
        return f"case {found[0].number}: {_told(found[0].differences)}" if found else ""

    def _validated(self, m: CodeMutant) -> tuple[Fate, str, str]:
        """Ask the translation's validation of what all cases let pass: it proves, or it refutes."""
        event = self.events.get(m.method)
        parts = (event,) if event is not None else (WHOLE, START)
        why = self._reads(parts)
        if why:  # whatever is said of the mutant is no news
            return Fate.UNKNOWN, "", f"the validation of the node as it is: {why}"
        results = self._results({**self.files.texts, "node": self._source(m)}, parts)
        for r in results:
            if r.verdict is Verdict.REFUTED:
                return Fate.KILLED, VALIDATION.name, f"{r.transition}: {r.told or r.reason}"
        for r in results:
            if r.how == "reader" and r.verdict is not Verdict.PROVED:
                return Fate.KILLED, VALIDATION.name, r.reason
        if all(r.verdict is Verdict.PROVED for r in results):
            if event is None and m.method not in COMPARED:
                return Fate.UNKNOWN, "", f"the validation does not say what {m.method} must do"
            return Fate.EQUIVALENT, "", ""
        return Fate.UNKNOWN, "", next(r.reason for r in results if r.verdict is not Verdict.PROVED)

    def _results(self, texts: dict[str, str], parts: tuple[str, ...]) -> list[Result]:
        validation = Validation(self.spec, replace(self.files, texts=texts), explain)
        with Portfolio(Limits(SECONDS)) as portfolio:
            return [r for part in parts for r in validation.results(part, portfolio)]

    def _proved(self, parts: tuple[str, ...]) -> str:
        """Return why the node as it is does not pass in some parts; nothing where it does."""
        results = self._results(dict(self.files.texts), parts)
        return next((r.reason or "?" for r in results if r.verdict is not Verdict.PROVED), "")

    def _source(self, m: CodeMutant) -> str:
        """Return the whole source of the node with the changed method in it."""
        lines = self.text.splitlines()
        (old,) = (
            method
            for cls in ast.parse(self.text).body
            if isinstance(cls, ast.ClassDef) and cls.name == self.name
            for method in cls.body
            if isinstance(method, ast.FunctionDef) and method.name == m.method
        )
        first = min([old.lineno, *(d.lineno for d in old.decorator_list)])
        new = indent(m.make(), " " * old.col_offset).splitlines()
        return "\n".join([*lines[: first - 1], *new, *lines[old.end_lineno :], ""])

    # ------------------------------------------------------------ a changed method

    def _method(self, m: CodeMutant) -> Any:
        """Return the changed method, made where the node's own are."""
        held: dict[str, Any] = {}
        exec(compile(m.make(), f"{self.file} ({m.name})", "exec"), vars(self.module), held)
        return held[m.method]

    @contextmanager
    def _changed(self, name: str, method: Any) -> Iterator[None]:
        """Let the node's class have another method, in its tables of methods as well."""
        cls = getattr(self.module, self.name)
        old = vars(cls)[name]
        tables = [t for t in vars(self.module).values() if isinstance(t, dict)]
        held = [(t, key) for t in tables for key, value in t.items() if value is old]
        try:
            setattr(cls, name, method)
            for table, key in held:
                table[key] = method
            yield
        finally:
            setattr(cls, name, old)
            for table, key in held:
                table[key] = old

    def _wrong(self, method: str) -> str:
        """Return the first case that tells the node from the evaluator; nothing for none."""
        try:
            return next(self._differences(self.readings, method), "")
        except Exception as error:  # as above
            return f"{type(error).__name__}: {error}"

    def _differences(self, readings: Readings, method: str) -> Iterator[str]:
        """Yield how the node differs from the evaluator, in the cases that reach a method."""
        chosen, event = self.setting, self.events.get(method)
        config = readings.node.config(chosen.config)
        subject = readings.node.start(chosen.me, config)
        if event is None:
            found = readings.compare_start(chosen.me, chosen.config)
            if found:
                yield f"start: {_told(found)}"
                return
        for name in [event] if event is not None else [*self.spec.events, CRASH]:
            cases = self._cases(name)
            for case in cases if event is not None else _spread(cases):
                found = self._compare(readings, subject, case)
                if found:
                    yield f"{case.event}: {_told(found)}"
                    return
        if event is None:
            yield from self._misused(subject, config)

    def _misused(self, node: Any, config: Any) -> Iterator[str]:
        """Yield what is wrong with a node beside its answers: what it takes over, and refuses."""
        generated = self.readings.node
        other = generated.start(self.setting.me, config)
        for name in self.spec.events:
            for case in _spread(self._cases(name)):
                generated.put(node, case.before)
                other.restore(generated.variables(node))
                if generated.read_all(other) != generated.read_all(node):
                    yield f"restored from its snapshot, a node is another: {case.before}"
                    return
            if name in self.spec.messages:
                event = generated.plain.read_event(name, self._cases(name)[0].event.fields)
                with suppress(TypeError):
                    node.handle(event)
                    yield f"{name} is answered though nobody sent it"
                    return

    def _compare(self, readings: Readings, node: Any, case: Case) -> list[Difference]:
        readings.node.put(node, case.before)
        taken = readings.take(self.setting.config, node, case.before, case.event)
        if taken.torn:
            return []  # two rules answer: no state of a run
        if taken.outcome is None or taken.step is None:
            return taken.differences
        return readings.compare(self.setting.config, taken.step, taken.outcome).differences

    def _cases_of(self, event: str) -> list[Case]:
        return list(EventCases(self.spec, self.setting, event).cases())


def _spread(cases: Sequence[Case]) -> Sequence[Case]:
    return cases[:: max(1, len(cases) // AT_MOST)]


def _told(found: Sequence[Difference]) -> str:
    said = found[0].says
    return f"{found[0].what}: " + ", ".join(f"{who}: {what}" for who, what in said.items())


# ---------------------------------------------------------------- all of them


def names(spec: Spec) -> set[str]:
    """Return what `--only` may name of a node's mutants."""
    subject = Subject(spec)
    found: set[str] = set()
    for m in subject.mutants.values():
        found |= {m.operator, m.method, m.name}
    return found


def mutate_node(source: str | Spec, options: Options, tell: Tell) -> Judged:
    """Judge the mutants of a spec's generated node."""
    started = time.perf_counter()
    spec = tasks.spec_of(source)
    read: Reading | Spec = tasks.reading(source) if isinstance(source, str) else source
    subject = _subject(read)
    every = list(subject.mutants.values())
    wanted = [m for m in every if not options.only or any(_named(m, n) for n in options.only)]
    wanted = sampled(wanted, options.sample)
    found = Judged(spec.name, len(every), len(wanted))
    store = None
    if options.cache is not None:
        store = Store(options.cache / "mutants", judging((*CODE, "impl")))
    form = digest(repr((tasks.prints(spec).whole(), subject.source)))
    known: dict[str, Outcome] = {}
    for method in dict.fromkeys(m.method for m in wanted) if store is not None else ():
        facts = store.read(f"node {method}") if store is not None else {}
        for m in wanted:
            with suppress(KeyError, TypeError, ValueError):
                if m.method == method:
                    known[m.name] = outcome_of(facts[digest(repr((form, m.name, m.told)))])
    left = [m.name for m in wanted if m.name not in known]
    jobs = min(options.jobs, len(left)) if isinstance(source, str) else 1
    size = 1 if jobs <= 1 else CHUNK
    until = started + options.budget if options.budget else 0.0
    calls = (delayed(judge)(read, left[i : i + size], until) for i in range(0, len(left), size))
    if jobs > 1 and options.backend == workers.FORK:
        workers.register()
    with (
        summing(found, options.budget, known, [m.name for m in wanted]),
        parallel_config(backend=options.backend if jobs > 1 else "sequential"),
    ):
        for some in Parallel(n_jobs=max(1, jobs), return_as="generator_unordered")(calls):
            for o in some:
                known[o.name] = o
                if store is not None:
                    key = digest(repr((form, o.name, o.told)))
                    store.add(f"node {o.at}", {key: o.data()})
                tell("mutants", len(known), len(wanted))
    return found


def _named(m: CodeMutant, name: str) -> bool:
    return name in (m.operator, m.method, m.name) or m.name.startswith(f"{name}/")


_ready: dict[object, Subject] = {}


def _subject(source: Reading | Spec) -> Subject:
    key = source if isinstance(source, Reading) else id(source)
    if key not in _ready:
        _ready.clear()
        _ready[key] = Subject(tasks.spec_of(source))
    return _ready[key]


def judge(source: Reading | Spec, names: Sequence[str], until: float) -> list[Outcome]:
    """Return what becomes of some mutants; of those that are not begun by `until`, nothing."""
    subject = _subject(source)
    found = []
    for name in names:
        if until and time.perf_counter() > until:
            break
        found.append(subject.outcome(subject.mutants[name]))
    return found
