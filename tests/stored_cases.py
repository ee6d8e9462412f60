"""The solver-made cases that tests look at: the order's from their file, those of small specs made.

Belongs here: what several test files share. Never here: a test.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from checkers.counterexamples.rerun import package_of
from checkers.mcdc import file
from checkers.mcdc.file import Stored
from checkers.mcdc.make import Made, Maker
from model.lang import Spec
from model.lang.load import load
from tests.generated_nodes import order_spec

ROOT = Path(__file__).resolve().parent.parent
PROTOCOLS = ROOT / "docs" / "protocols"


@functools.cache
def stored() -> Stored:
    return file.read(order_spec(), file.ORDER)


@functools.cache
def small(name: str) -> tuple[Spec, Made]:
    spec = load(str(PROTOCOLS / f"{name}.py"))
    return spec, Maker(spec).make()


@contextmanager
def node_of(spec: Spec) -> Iterator[ModuleType]:
    """Give the node that a spec generates, and forget it afterwards."""
    finders = list(sys.meta_path)
    package = package_of(spec)
    try:
        yield importlib.import_module(f"{package}.node")
    finally:
        sys.meta_path[:] = finders
        if package.startswith("generated_"):
            for name in [m for m in sys.modules if m.split(".")[0] == package]:
                del sys.modules[name]


def told(stored_: Stored | Made) -> set[str]:
    return {name for case in stored_.cases for name in case.shows}
