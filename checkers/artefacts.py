"""What is derived from a spec and checked in: the node, the reference pages, the figures.

Belongs here: which files there are and where, writing them, telling stale from edited. Never here:
what is in them (the generators' business).

The order's files have their places in this repository. Those of any other spec lie together in one
folder: `<file>.derived` beside the spec's own file, unless another is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from checkers.edges import can_answer, derive_edges
from checkers.possible import Possible
from checkers.writing import replacing
from model import figures, python, reference
from model.lang import Spec

ROOT = Path(__file__).resolve().parent.parent
"""The repository: generated files lie where it says."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A derived file that is not what the spec gives now: path below its home, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Home:
    """Where a spec's derived files lie: below `root`, each kind in its folder.

    `sources` is the folder that places in the spec's source are shown relative to; it lies two
    folders up from the pages.
    """

    root: Path
    node: str
    pages: str
    figures: str
    sources: Path

    def placed(self, spec: Spec, files: Mapping[str, _Content]) -> dict[str, _Content]:
        """Return files by their path below `root`, where the generators name the order's places."""
        folders = {
            f"impl/{spec.name}/": self.node,
            "docs/reference/": self.pages,
            "docs/": self.figures,
        }
        found = {}
        for path, content in files.items():
            written, own = next((w, o) for w, o in folders.items() if path.startswith(w))
            found[own + path.removeprefix(written)] = content
        return found


_Content = TypeVar("_Content")


def home_of(spec: Spec, target: str, out: Path | None = None) -> Home:
    """Return where the derived files of the spec that `target` names lie, or are to lie."""
    if target == "order" and out is None:
        return Home(ROOT, f"impl/{spec.name}/", "docs/reference/", "docs/", ROOT)
    declared = Path(spec.process.span.file).absolute()
    root = (out or declared.parent / f"{declared.stem}.derived").absolute()
    return Home(root, f"{spec.name}/", "reference/", "", root.parent)


def generated_texts(
    spec: Spec, home: Home, possible: Possible | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the generated node and the reference pages, each by path below the home's root."""
    can = partial(can_answer, possible if possible is not None else Possible(spec))
    pages = reference.generate(spec, can_answer=can, root=home.sources)
    return home.placed(spec, python.generate(spec)), home.placed(spec, pages)


def stale_generated(spec: Spec, home: Home, possible: Possible | None = None) -> list[Stale]:
    """Return which generated files are missing, stale or edited by hand."""
    found = []
    node, pages = generated_texts(spec, home, possible)
    for path, text in {**node, **pages}.items():
        file = home.root / path
        present = _text(file)
        if path in node:
            state = python.state(text, present)
            if state is not python.State.CURRENT:
                found.append(Stale(path, state.value))
        elif present is None:
            found.append(Stale(path, "missing"))
        elif present != text:
            found.append(Stale(path, "not what the spec gives now"))
    return found


def _text(file: Path) -> str | None:
    """Return what a file holds, None where there is none; one that is no text is not current."""
    return file.read_bytes().decode("utf-8", "replace") if file.is_file() else None


def stale_figures(spec: Spec, home: Home, possible: Possible | None = None) -> list[Stale]:
    """Return which figures are missing or drawn from another source."""
    if not spec.edges:
        return []
    texts = home.placed(spec, figures.sources(spec, derive_edges(spec, possible)))
    return [Stale(path, "not what the spec gives now") for path in figures.stale(texts, home.root)]


def write_generated(spec: Spec, home: Home) -> list[str]:
    """Write the generated node and reference pages; return the paths that changed."""
    node, pages = generated_texts(spec, home)
    return _write({p: t.encode() for p, t in {**node, **pages}.items()}, home.root)


def write_figures(spec: Spec, home: Home) -> list[str]:
    """Write the figures; return the paths that changed."""
    texts = home.placed(spec, figures.sources(spec, derive_edges(spec)))
    wanted = {p: t.encode() for p, t in texts.items()}
    if figures.stale(texts, home.root):
        wanted.update(figures.drawings(texts))
    return _write(wanted, home.root)


def _write(wanted: dict[str, bytes], root: Path) -> list[str]:
    """Write each file whole or not at all, so that an interrupt leaves no half of one."""
    changed = []
    for path, content in wanted.items():
        file = root / path
        if file.is_file() and file.read_bytes() == content:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file, mode=0o644) as out:
            out.write(content)
        changed.append(path)
    return changed
