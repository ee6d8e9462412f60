"""Who may import whom (house style): what makes the agreement of the parts evidence.

The table below is the one of the house style, with the files of this repository filled in. A part
that does not exist yet is no failure; an import that the table does not allow is one, also inside a
function or for types alone.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("model", "impl", "checkers")


@dataclass(frozen=True)
class Part:
    """A part of the project: where it lies, and what it may import beside itself.

    `parts` are other parts; `libraries` are packages from elsewhere, or None for any; `never` are
    modules of Python's own that it must do without.
    """

    modules: tuple[str, ...]
    parts: tuple[str, ...] = ()
    libraries: tuple[str, ...] | None = ()
    never: tuple[str, ...] = field(default=())


MODEL = (
    *("language", "order", "evaluator", "z3 generator", "python generator"),
    *("partial evaluation", "figures", "reference", "bounds", "arrays"),
    *("instance", "tla generator", "promela generator"),
)
ENGINES = (
    "counterexamples",
    "solving",
    "questions",
    "cache",
    "structure",
    "given",
    "induction",
    "possible",
    "edges",
    "reach",
    "instances",
    "conformance",
    "mcdc",
    "bench",
    "strengthen",
    "liveness",
    "explore",
    "translation",
    "translation replayed",
    "code reader",
    "traces",
    "simulation",
)

PARTS: dict[str, Part] = {
    # in model/
    "language": Part(("model.lang",)),
    "order": Part(("model.order",), parts=("language",)),
    "evaluator": Part(("model.evaluate",), parts=("language",)),
    "z3 generator": Part(("model.smt",), parts=("language",), libraries=("z3",)),
    "python generator": Part(("model.python",), parts=("language",)),
    "instance": Part(("model.instance",), parts=("language", "bounds")),
    "tla generator": Part(("model.tla",), parts=("language", "instance")),
    "promela generator": Part(("model.promela",), parts=("language", "instance")),
    "partial evaluation": Part(("model.partial",), parts=("language",)),
    "figures": Part(
        ("model.figures",),
        parts=("language", "partial evaluation"),
        libraries=("networkx", "graphviz", "pygraphviz"),
    ),
    "reference": Part(("model.reference",), parts=("language", "partial evaluation", "figures")),
    "bounds": Part(("model.bounds",), parts=("language",)),
    # Neither the evaluator nor a solver: that the three agree is evidence.
    "arrays": Part(("model.arrays",), parts=("language", "bounds"), libraries=("numpy",)),
    "model": Part(("model",)),
    # in impl/
    "generated node": Part(("impl.order",), never=("asyncio", "time", "random")),
    "runtime": Part(("impl",), parts=("generated node",), libraries=None),
    # in checkers/
    "verdict": Part(("checkers.verdict", "checkers.story")),
    # Everybody may read and write a whole file; what does so knows nobody.
    "files": Part(("checkers.reading", "checkers.writing"), libraries=()),
    "report": Part(
        (
            *("checkers.report", "checkers.alternation_text", "checkers.showing"),
            "checkers.progress",
        ),
        parts=("verdict", "files"),
        libraries=None,
    ),
    # How a question is put to solvers: of the project it knows the verdict's words alone.
    "solving": Part(("checkers.solving",), libraries=("z3", "cvc5")),
    "questions": Part(("checkers.questions",), parts=("verdict", "language")),
    # It loads no solver: what is known already is told at once.
    "cache": Part(
        ("checkers.cache",),
        parts=("verdict", "files", "questions", "given", "structure", "language"),
    ),
    "given": Part(("checkers.given",), parts=("language",)),
    "structure": Part(("checkers.structure",)),
    "induction": Part(
        ("checkers.induction",),
        parts=("verdict", "questions", "solving", *MODEL),
        libraries=None,
    ),
    # What failed in induction, explained: it asks an obligation again in the bounded reading, and
    # replays runs on generated nodes as conformance does.
    "counterexamples": Part(
        ("checkers.counterexamples",),
        parts=("verdict", "questions", "induction", "conformance", *MODEL, "generated node"),
        libraries=None,
    ),
    # It reads the generated code back: it knows neither the generator nor a spec.
    "code reader": Part(
        tuple(
            f"checkers.translation.{name}"
            for name in (
                *("subset", "package", "values", "forms", "operations", "things", "names"),
                *("expressions", "execute", "around", "beside", "quiet"),
            )
        ),
        libraries=("z3",),
    ),
    # It compares what was read with the rules as the Z3 model has them, and never with the
    # generator's own idea of them.
    "translation": Part(
        ("checkers.translation",),
        parts=("code reader", "verdict", "structure", "solving", "language", "z3 generator"),
        libraries=("z3",),
    ),
    # A difference is made a call of the real code, and of the evaluator.
    "translation replayed": Part(
        ("checkers.translation.replay", "checkers.translation.replay_plain"),
        parts=(
            *("code reader", "translation", "language", "z3 generator", "evaluator"),
            "conformance",
        ),
        libraries=("z3",),
    ),
    "possible": Part(
        ("checkers.possible",), parts=("given", "language", "z3 generator"), libraries=("z3",)
    ),
    "edges": Part(("checkers.edges",), parts=("verdict", "possible", *MODEL), libraries=None),
    "workers": Part(("checkers.workers",), libraries=("joblib",)),
    "instances": Part(("checkers.instances", "checkers.scope"), parts=MODEL),
    "reach": Part(
        ("checkers.reach", "checkers.cases", "checkers.scenarios"),
        parts=("verdict", "instances", *MODEL),
        libraries=None,
    ),
    "conformance": Part(
        ("checkers.conformance",),
        parts=("verdict", *MODEL, "generated node", "runtime"),
        libraries=None,
    ),
    # The solver makes cases of one node; the evaluator judges them, and a generated node is run on
    # them as conformance does.
    "mcdc": Part(
        ("checkers.mcdc",),
        parts=("files", "given", "cache", "conformance", *MODEL, "generated node"),
        libraries=("z3",),
    ),
    "bench": Part(
        ("checkers.bench",),
        parts=("verdict", "commands", *ENGINES, *MODEL, "generated node", "runtime"),
        libraries=None,
    ),
    # It looks for lemmas in runs, and has the prover confirm them: engines put together, like a
    # command.
    "strengthen": Part(
        ("checkers.strengthen",),
        parts=(
            *("verdict", "questions", "solving", "induction", "counterexamples"),
            *("edges", "reach", "report", *MODEL),
        ),
        libraries=None,
    ),
    # Arrays, and a kept library's strongly connected components. It takes the systems that runs by
    # chance are made of, and tells a lasso in the form that counterexamples have.
    "liveness": Part(
        ("checkers.liveness",),
        parts=("verdict", "reach", "instances", "counterexamples", "explore", *MODEL),
        libraries=("numpy", "scipy", "networkx"),
    ),
    # It visits every state of a bounded reading, and tells runs as the prover does.
    "explore": Part(
        ("checkers.explore",),
        parts=(
            *("verdict", "questions", "instances", "counterexamples", "report", "workers"),
            *("files", *MODEL),
        ),
        libraries=None,
    ),
    # It reads what nodes recorded, and knows no node: what a step should be, the evaluator says.
    "traces": Part(("checkers.traces",), parts=("verdict", *MODEL)),
    # It runs the generated nodes, spoken to as conformance does, and records what they do.
    "simulation": Part(
        ("checkers.simulation",),
        parts=("verdict", "files", "conformance", *MODEL, "generated node", "runtime"),
    ),
    # An engine that is not named above may import the model and the verdict, and no other engine.
    "engine": Part(("checkers",), parts=("verdict", *MODEL), libraries=None),
    # The obligation runner and the commands put the engines together.
    "commands": Part(
        (
            "checkers.__main__",
            "checkers.cli",
            "checkers.alternation",
            "checkers.findings",
            "checkers.mutation",
            "checkers.needs",
            "checkers.nodes",
            "checkers.streams",
            "checkers.tasks",
            "checkers.verify",
            "checkers.artefacts",
            "checkers.diagnostics",
        ),
        parts=(
            "commands",
            "workers",
            "verdict",
            "files",
            "report",
            "engine",
            *ENGINES,
            *MODEL,
            "generated node",
            "runtime",
        ),
        libraries=None,
    ),
}

# Never, whatever else the table allows.
FORBIDDEN = {
    "generated node": ("z3", *PACKAGES),
    "runtime": ("z3", "model", "checkers"),
    "report": ("z3", "model"),
}


def part_of(module: str) -> str | None:
    """Return the part that a module belongs to: the one with the longest prefix."""
    best, name = -1, None
    for part, row in PARTS.items():
        for prefix in row.modules:
            if (module == prefix or module.startswith(prefix + ".")) and len(prefix) > best:
                best, name = len(prefix), part
    return name


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(text: str, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """Yield line and full name of every module that a source imports, wherever in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.split(".") if is_package else module.split(".")[:-1]
                above = above[: len(above) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield node.lineno, full if is_module(full) else base


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def objection(part: str, imported: str) -> str | None:
    """Return why a part may not import a module, or None where it may."""
    row, top = PARTS[part], imported.partition(".")[0]
    if top in FORBIDDEN.get(part, ()) and part_of(imported) != part:
        return "never"
    if top in sys.stdlib_module_names:
        return "never" if top in row.never else None
    if top in PACKAGES:
        other = part_of(imported)
        # The packages themselves are empty.
        allowed = {part, *row.parts, "model"} | ({"runtime"} if imported == "impl" else set())
        return None if other in allowed else f"that is {other}"
    return None if row.libraries is None or top in row.libraries else "no library of its own"


def objections(text: str, module: str, is_package: bool = False) -> list[str]:
    part = part_of(module)
    assert part is not None, f"{module} belongs to no part: add it to the table"
    return [
        f"{module}:{line} ({part}) imports {imported}: {reason}"
        for line, imported in imports(text, module, is_package)
        if (reason := objection(part, imported)) is not None
    ]


FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert objections(text, module_of(path), path.name == "__init__.py") == []


def test_every_declared_dependency_is_used_and_pinned() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = {re.split(r"[<>=]", d)[0] for d in declared["project"]["dependencies"]}
    used = {
        imported.partition(".")[0]
        for path in FILES
        for _, imported in imports(path.read_text(encoding="utf-8"), module_of(path), False)
    }
    assert {n for n in names if n.removesuffix("-solver") not in used} == set()
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert {n for n in names if f"\n{n}==" not in locked} == set()


def test_packages_are_empty() -> None:
    """What imports a part gets no other part by way of the package around it."""
    for package in PACKAGES:
        text = (ROOT / package / "__init__.py").read_text(encoding="utf-8")
        assert all(isinstance(node, ast.Expr) for node in ast.parse(text).body)


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("model.lang.spec", "import z3"),
        ("model.lang.spec", "from model.order import spec"),
        ("model.lang.spec", "def f():\n    from model import smt"),
        ("model.order.states", "import numpy"),
        ("model.order.states", "from model.evaluate import Evaluator"),
        ("model.evaluate.node", "from model.smt.relation import relation"),
        ("model.evaluate.node", "from ..smt import relation"),
        ("model.smt.relation", "from model.evaluate import Evaluator"),
        ("model.arrays.rows", "from model.evaluate import Evaluator"),
        ("model.arrays.rows", "import z3"),
        ("model.smt.relation", "from impl.order.node import Node"),
        ("model.python.bodies", "import z3"),
        ("model.tla.terms", "from model.evaluate import Evaluator"),
        ("model.promela.terms", "from model.tla.layout import Tree"),
        ("model.figures.dot", "from checkers.verdict import Verdict"),
        ("impl.order.node", "import random"),
        ("impl.order.node", "import time as clock"),
        ("impl.order.node", "from model.lang import Spec"),
        ("impl.runtime.store", "from model.lang import Spec"),
        ("impl.runtime.store", "import z3"),
        ("checkers.report", "from checkers.induction import prove"),
        ("checkers.report", "from model.lang import Spec"),
        ("checkers.edges", "from checkers.induction import prove"),
        ("checkers.edges", "from checkers import reach"),
        ("checkers.liveness", "from checkers.cli import main"),
        ("checkers.liveness", "from impl.order.node import Node"),
        ("checkers.translation.execute", "from model.python.terms import Terms"),
        ("checkers.translation.execute", "from model.lang import Spec"),
        ("checkers.translation.meaning", "from model.python import generate"),
        ("checkers.translation.meaning", "from model.evaluate import Evaluator"),
        ("checkers.translation.replay", "from model.python import generate"),
        ("checkers.translation.proving", "from impl.order.node import Radiant"),
    ],
)
def test_the_table_forbids(module: str, text: str) -> None:
    assert len(objections(text, module)) == 1


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("model.lang.spec", "from model.lang import expr"),
        ("model.order.states", "from model.lang import Sum"),
        ("model.smt.relation", "import z3"),
        ("impl.order.node", "from impl.order.types import Term"),
        ("impl.order.node", "from .types import Term"),
        ("impl.runtime.store", "from impl.order.node import Node"),
        ("checkers.induction", "from checkers.verdict import Verdict"),
        ("checkers.verify", "from checkers import edges, induction"),
        ("checkers.conformance.replay", "from impl.order.node import Node"),
    ],
)
def test_the_table_allows(module: str, text: str) -> None:
    assert objections(text, module) == []
