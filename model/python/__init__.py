"""The Python generator: a spec as a node that needs nothing but the standard library.

    files = generate(spec)          # path relative to the repository -> text
    state(files[path], found)       # is what is checked in current?

Belongs here: text, written from the expression tree. Never here: a solver, the evaluator, `impl`.

Reading order: `vocabulary` (names), `layout` (lines), `terms` (expressions), `blocks` and `bodies`
(handlers), then one module for each file that is written: `types_file`, `rules_file`, `node_file`,
`nearest_file`, `plain_file`, `wire_file`.
"""

from __future__ import annotations

import enum

from model.lang.digest import digest
from model.lang.spec import Spec
from model.python import nearest_file, node_file, plain_file, rules_file, types_file, wire_file
from model.python.layout import string
from model.python.source_file import import_lines, is_untouched, whole_file
from model.python.vocabulary import GeneratorError, Vocabulary


class State(enum.Enum):
    """How a checked-in file compares with what the generator writes; the value says so in words."""

    CURRENT = "current"
    MISSING = "missing"
    STALE = "stale: the spec or the generator has changed since it was written"
    EDITED = "edited by hand: change the spec instead"


def generate(spec: Spec) -> dict[str, str]:
    """Return the generated files of a spec: path relative to the repository, and text.

    The same spec gives the same text. Raises `GeneratorError` for names that clash.
    """
    vocabulary = Vocabulary(spec)
    package = f"impl/{spec.name}"
    return {
        f"{package}/__init__.py": _front(vocabulary),
        f"{package}/types.py": types_file.write(vocabulary),
        f"{package}/rules.py": rules_file.write(vocabulary),
        f"{package}/node.py": node_file.write(vocabulary),
        f"{package}/nearest.py": nearest_file.write(vocabulary),
        f"{package}/plain.py": plain_file.write(vocabulary),
        f"{package}/wire.py": wire_file.write(vocabulary),
    }


def state(wanted: str, found: str | None) -> State:
    """Return how a checked-in file's text (None: there is none) compares with `wanted`."""
    if found is None:
        return State.MISSING
    if found == wanted:
        return State.CURRENT
    return State.STALE if is_untouched(found) else State.EDITED


def _front(vocabulary: Vocabulary) -> str:
    spec = vocabulary.spec
    process = spec.process.__name__
    about = (
        f"`node` holds the class `{process}`, `types` its values, events and replies, `rules` what",
        "the spec says of each rule, `nearest` which clause refused, `plain` values as plain data,",
        "`wire` values as bytes.",
    )
    exported = ["Durable", spec.config.__name__, "Outcome", process]
    lines = [
        f"from .node import {process}",
        *import_lines(".types", exported[:-1]),
        "",
        "# The spec, and what its nodes do, digested: recordings name both.",
        f"SPEC = {string(spec.name)}",
        f"SPEC_DIGEST = {string(digest(spec))}",
        "",
        "__all__ = ["
        + ", ".join(string(n) for n in ("SPEC", "SPEC_DIGEST", *sorted(exported)))
        + "]",
    ]
    return whole_file(spec, f"{spec.title}: the generated node.", about, lines)


__all__ = ["GeneratorError", "State", "generate", "state"]
