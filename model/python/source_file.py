"""What every generated file has: its header, its imports, its digest.

Belongs here: the frame of a file. Never here: what is in it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from model.lang.source import Span
from model.lang.spec import Spec
from model.python.layout import WIDTH, docstring
from model.python.vocabulary import import_key

_ROOT = Path(__file__).resolve().parents[2]
_MARK = (
    "# Generated from the spec {name!r} by `oathbound generate`; change the spec, not this file.\n"
)
_DIGEST = re.compile(r"\A# Generated from [^\n]*\n# Digest of what follows: ([0-9a-f]{64})\n")


def place(span: Span) -> str:
    """Return `file:line` of a span, relative to the repository where it lies in it."""
    path = Path(span.file)
    try:
        shown = path.resolve().relative_to(_ROOT).as_posix()
    except ValueError:
        shown = path.name
    return f"{shown}:{span.line}" if span.line else shown


def digest(body: str) -> str:
    """Return the digest of a file's text below its header."""
    return hashlib.sha256(body.encode()).hexdigest()


def whole_file(spec: Spec, title: str, doc: Iterable[str], lines: Iterable[str]) -> str:
    """Return a file's text: the header with its digest, the module's docstring, the code."""
    head = docstring(title, title, 0, doc)
    body = "\n".join([*head, "", *lines]).rstrip("\n") + "\n"
    return f"{_MARK.format(name=spec.name)}# Digest of what follows: {digest(body)}\n{body}"


def is_untouched(text: str) -> bool | None:
    """Tell whether a generated file is as it was written; None where it has no header."""
    found = _DIGEST.match(text)
    return None if found is None else digest(text[found.end() :]) == found[1]


def import_lines(module: str, names: Iterable[str], indent: int = 0) -> list[str]:
    """Return the import of `names` from a module, in the linter's order."""
    ordered = sorted(set(names), key=import_key)
    if not ordered:
        return []
    space = " " * indent
    line = f"{space}from {module} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{space}from {module} import (", *(f"{space}    {n}," for n in ordered), f"{space})"]
