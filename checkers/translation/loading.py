"""A node's files as a package in memory, to be run.

Belongs here: making the package, and forgetting it. Never here: reading its source, or calling it.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping
from hashlib import blake2b
from types import ModuleType

from checkers.translation.package import MODULES

_serial = itertools.count()


def load(files: Mapping[str, str]) -> str:
    """Make a package of a node's files, in memory; return the name it is imported by.

    Only files that the reader has read are ever run.
    """
    digest = blake2b(repr(sorted(files.items())).encode(), digest_size=6).hexdigest()
    name = f"node_read_{digest}_{next(_serial)}"
    package = ModuleType(name)
    package.__path__ = []
    package.__package__ = name
    sys.modules[name] = package
    try:
        for part in MODULES:
            if part == "__init__":  # it comes last, and is the package itself
                exec(
                    compile(files[part], f"{part}.py", "exec", dont_inherit=True), package.__dict__
                )
                continue
            module = ModuleType(f"{name}.{part}")
            module.__package__ = name
            sys.modules[module.__name__] = module
            setattr(package, part, module)
            exec(compile(files[part], f"{part}.py", "exec", dont_inherit=True), module.__dict__)
    except BaseException:
        unload(name)
        raise
    return name


def unload(name: str) -> None:
    """Forget a package that `load` made."""
    for known in [m for m in sys.modules if m == name or m.startswith(f"{name}.")]:
        del sys.modules[known]
