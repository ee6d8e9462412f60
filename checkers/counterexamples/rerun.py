"""What the program of a counterexample runs on: a system of generated nodes that is to break.

    run = Rerun("order", breaks="S2", nodes=["n1", "n2"], config={"members": {"n1"}, ...})
    run.timer("n1", "ElectionTimeout")
    run.deliver("RequestVote", "n1", "n2", term=(1, "n1"), accepted_at=((0, ""), 0))
    run.finish()

Belongs here: replaying a run on nodes that are what the spec gives now. Never here: comparing a
step (`conformance`, which does it after each), or finding the run.

The nodes are those in `impl/` where they are current; where they are not, or there are none, they
are generated in memory.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from checkers.conformance.replay import Replay, Subject
from checkers.counterexamples.breaking import broken_by, broken_in, is_of_states
from checkers.induction import DETERMINISM, TOTALITY
from model.evaluate import EvaluationError, Evaluator, Event
from model.lang import Spec
from model.lang.load import load
from model.lang.spec import Statement
from model.python import generate

Value = Any
CHANGED = "the spec or the run has changed since this program was written"


class Rerun(Replay):
    """A system in its first state, whose last step is to break the property `breaks`.

    Each step raises `Failure` if the readings of the spec differ on it, and `AssertionError` if
    the property is broken already; other properties may break on the way.
    """

    def __init__(
        self,
        spec: str | Spec,
        *,
        breaks: str,
        nodes: Iterable[str],
        config: Mapping[str, Value],
    ) -> None:
        """Start the nodes; `spec` is what `load` takes, or a spec."""
        self.breaks = breaks
        read = load(spec) if isinstance(spec, str) else spec
        subject = _Quiet(read, package_of(read))
        super().__init__(subject, nodes=nodes, config=config)
        self._evaluator = Evaluator(read)
        self.broken = ""
        if is_of_states(read, breaks):
            self.broken = broken_in(self._evaluator, read.statements[breaks], self.state) or ""

    def take(self, event: Event, *, known: bool = False) -> str:
        """Let `event` happen, compare, and look whether it breaks the property."""
        if self.broken:
            raise AssertionError(f"{self.breaks} is broken before {event}: {self.broken}")
        try:
            self._evaluator.check_event(self.state, event)
        except EvaluationError as error:
            at = len(self.history) + 1
            raise AssertionError(f"step {at} cannot happen: {error}; {CHANGED}") from None
        self.broken = broken_by(self._evaluator, self.breaks, self.state, event) or ""
        if self.broken and self.breaks in (DETERMINISM, TOTALITY):
            self.history.append(event)
            self.labels.append(self.breaks)
            return self.breaks  # what a node does about it is not said
        return super().take(event, known=True)

    def finish(self) -> str:
        """Return in words what is broken. Raises `AssertionError` if nothing is."""
        if not self.broken:
            raise AssertionError(
                f"{self.breaks} holds after all {len(self.history)} steps; {CHANGED}"
            )
        return self.broken


class _Quiet(Subject):
    """A spec of which nothing is checked after each step but that the readings agree."""

    def statements(self) -> Sequence[Statement]:  # type: ignore[override]
        return []


# ---------------------------------------------------------------- nodes


def package_of(spec: Spec) -> str:
    """Return the name of a package with the nodes that the spec gives now."""
    files = generate(spec)
    if _is_current(spec, files):
        return f"impl.{spec.name}"
    digest = sha256("".join(files.values()).encode()).hexdigest()[:12]
    package = f"generated_{spec.name}_{digest}"
    if package not in sys.modules:
        prefix = f"impl/{spec.name}/"
        texts = {path.removeprefix(prefix).removesuffix(".py"): t for path, t in files.items()}
        sys.meta_path.insert(0, _InMemory(package, texts))
        importlib.import_module(package)
    return package


def _is_current(spec: Spec, files: Mapping[str, str]) -> bool:
    try:
        found = importlib.util.find_spec(f"impl.{spec.name}")
    except ModuleNotFoundError:
        return False
    if found is None or found.origin is None:
        return False
    root = Path(found.origin).parents[2]
    paths = [(root / path, text) for path, text in files.items()]
    return all(p.is_file() and p.read_text(encoding="utf-8") == text for p, text in paths)


class _InMemory(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of one package in a dictionary."""

    def __init__(self, package: str, texts: Mapping[str, str]) -> None:
        self.package, self.texts = package, texts

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return where a module of the package is."""
        module = "__init__" if name == self.package else name.removeprefix(f"{self.package}.")
        if not name.startswith(self.package) or module not in self.texts:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=module == "__init__")

    def exec_module(self, module: ModuleType) -> None:
        """Run the text of a module."""
        name = module.__name__
        key = "__init__" if name == self.package else name.removeprefix(f"{self.package}.")
        exec(compile(self.texts[key], f"<{name}>", "exec"), module.__dict__)
