"""What is derived from a spec and checked in: the node, the reference pages, the figures.

Belongs here: which files there are, writing them, telling stale from edited. Never here: what is
in them (the generators' business).
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from checkers.edges import Answers, derive_edges
from model import figures, python, reference
from model.lang import Spec

ROOT = Path(__file__).resolve().parent.parent
"""The repository: generated files lie where it says."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A derived file that is not what the spec gives now: path in the repository, and why."""

    path: str
    why: str


def generated_texts(spec: Spec) -> dict[str, str]:
    """Return the generated node and the reference pages, by path in the repository."""
    answers = Answers(spec)
    return {**python.generate(spec), **reference.generate(spec, can_answer=answers.can_answer)}


def stale_generated(spec: Spec, root: Path = ROOT) -> list[Stale]:
    """Return which generated files are missing, stale or edited by hand."""
    found = []
    node = set(python.generate(spec))
    for path, text in generated_texts(spec).items():
        file = root / path
        present = file.read_text(encoding="utf-8") if file.is_file() else None
        if path in node:
            state = python.state(text, present)
            if state is not python.State.CURRENT:
                found.append(Stale(path, state.value))
        elif present is None:
            found.append(Stale(path, "missing"))
        elif present != text:
            found.append(Stale(path, "not what the spec gives now"))
    return found


def stale_figures(spec: Spec, root: Path = ROOT) -> list[Stale]:
    """Return which figures are missing or drawn from another source."""
    if not spec.edges:
        return []
    texts = figures.sources(spec, derive_edges(spec))
    return [Stale(path, "not what the spec gives now") for path in figures.stale(texts, root)]


def write_generated(spec: Spec, root: Path = ROOT) -> list[str]:
    """Write the generated node and reference pages; return the paths that changed."""
    return _write({p: t.encode() for p, t in generated_texts(spec).items()}, root)


def write_figures(spec: Spec, root: Path = ROOT) -> list[str]:
    """Write the figures; return the paths that changed."""
    texts = figures.sources(spec, derive_edges(spec))
    wanted = {p: t.encode() for p, t in texts.items()}
    if figures.stale(texts, root):
        wanted.update(figures.drawings(texts))
    return _write(wanted, root)


def _write(wanted: dict[str, bytes], root: Path) -> list[str]:
    """Write each file whole or not at all, so that an interrupt leaves no half of one."""
    changed = []
    for path, content in wanted.items():
        file = root / path
        if file.is_file() and file.read_bytes() == content:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, file)
        changed.append(path)
    return changed
