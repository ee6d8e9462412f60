"""An exploration from options to result.

Belongs here: putting the parts together. Never here: any of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from checkers.explore import checkpoint
from checkers.explore.disk import FolderTrouble
from checkers.explore.ghosts import spoken_of
from checkers.explore.packing import OutOfBits
from checkers.explore.partitions import Lost
from checkers.explore.properties import BREAK, Properties
from checkers.explore.result import KEPT, Asking, Explored, conclude
from checkers.explore.runs import go
from checkers.explore.search import Interrupted, Limits, Search
from checkers.instances import Setting
from model.arrays import NoMeaning, TooLarge
from model.lang import Spec
from model.lang.spec import Statement

CHECKED_KINDS = ("safety", "lemma", "step", "sometimes")


class CannotExplore(Exception):
    """These bounds cannot be explored; the text says why and what to do."""

    def __init__(self, text: str, status: int = 3) -> None:
        """Say why."""
        super().__init__(text)
        self.status = status


@dataclass
class Options:
    """What was asked for; sizes in bytes, times in seconds, None: without bound."""

    crashes: int | None = None
    messages: int | None = None
    depth: int | None = None
    states: int | None = None
    timeout: float | None = None
    statements: list[Statement] = field(default_factory=list)
    stop: bool = True
    symmetry: bool = False
    jobs: int = 1
    backend: str = ""
    """The kind of workers, as joblib knows it; without one they are threads of this process."""
    library: Any = None
    """The library for arrays on a device (see `device.library`); without one it is NumPy."""
    memory: int | None = None
    folder: Path | None = None
    """Where states that are not in memory are put; without one in a temporary folder."""
    resume: Path | None = None
    progress: Callable[[Search, int], None] | None = None
    on_start: Callable[[Search], None] | None = None
    """Called with the search before it runs; setting its `interrupted` ends it."""


def chosen(spec: Spec, only: tuple[str, ...] = ()) -> list[Statement]:
    """Return the statements of these names, or all that an exploration asks."""
    found = spec.of_kind(*CHECKED_KINDS)
    return [s for s in found if not only or s.name in only]


def explore(
    spec: Spec, setting: Setting, options: Options | None = None, target: str = ""
) -> Explored:
    """Visit every reachable state. Raises `CannotExplore`."""
    asked = options if options is not None else Options()
    limits = Limits(asked.crashes, asked.messages, asked.depth, asked.states)
    ghosts = spoken_of(spec, asked.statements)
    try:
        search = Search(
            *(spec, setting.config, setting.bounds, limits, asked.jobs, ghosts, asked.symmetry),
            backend=asked.backend,
            xp=np if asked.library is None else asked.library,
            folder=asked.folder,
        )
    except (TooLarge, OutOfBits, NoMeaning) as error:
        raise _beyond(error) from None

    def ready(made: Search) -> None:
        if asked.timeout is not None:
            made.after_level.append(_until(time.perf_counter() + asked.timeout, asked.timeout))
        if asked.on_start is not None:
            asked.on_start(made)

    try:
        search.progress, search.level_words = asked.progress, []
        # Workers elsewhere leave every level in files, whose number is no matter of memory.
        search.most_kept = None if asked.backend else KEPT
        properties = Properties(search.world, asked.statements, asked.stop)
        properties.attach(search)
        search.memory = asked.memory
        if asked.resume is not None and asked.resume.exists():
            checkpoint.load(asked.resume, search, properties)
        ready(search)
        ambiguous, trouble = None, None
        try:
            ambiguous = go(search)
        except Interrupted:
            search.stopped = "interrupted"
        except (Lost, FolderTrouble) as error:
            trouble = error
        if ambiguous is not None:
            properties.place(search)
        # Those of a level that was given up come again with it.
        properties.broken = {n: b for n, b in properties.broken.items() if b.depth >= 0}
        over = search.complete or search.stopped == BREAK or ambiguous is not None
        kept = _keep(asked.resume, search, properties, over and trouble is None)
        if trouble is not None:
            raise _troubled(trouble, kept)
        asking = Asking(spec, setting, search, properties, target, ready)
        found = conclude(asking, ambiguous)
        found.notes += [kept] if kept else []
        return found
    except checkpoint.Unusable as error:
        raise CannotExplore(
            f"--resume {asked.resume}: {error}\n  fix: remove the file", 2
        ) from None
    except OSError as error:
        what = f"the disk: {error.strerror or error}"
        raise CannotExplore(f"{what}\n  fix: make room, or name another file") from None
    except (Lost, FolderTrouble) as error:
        raise _troubled(error) from None
    except (TooLarge, OutOfBits, NoMeaning) as error:
        raise _beyond(error) from None
    finally:
        search.close()


def _keep(path: Path | None, search: Search, properties: Properties, over: bool) -> str:
    """Write what is done, for another search to go on from; return what to tell of that."""
    if path is None:
        return ""
    if over:
        path.unlink(missing_ok=True)
        return ""
    if not search.standing:
        return ""
    checkpoint.save(path, search, properties)
    return f"{path} keeps what is done: the same command goes on from there"


def _troubled(error: Lost | FolderTrouble, kept: str = "") -> CannotExplore:
    if isinstance(error, Lost):
        what = f"a worker ended before its work did: {error}"
        fix = "see that there is memory enough for all workers, or ask for fewer --jobs"
    else:
        what = f"states cannot be kept in a folder: {error}"
        fix = "give --folder one with room, that may be written to and that all workers see"
    return CannotExplore(f"{what}\n  fix: {fix}" + (f"\n{kept}" if kept else ""))


def _beyond(error: Exception) -> CannotExplore:
    if isinstance(error, NoMeaning):
        return CannotExplore(f"{error}\n  fix: none; this spec is not explored yet")
    return CannotExplore(f"{error}\n  fix: choose a smaller --scope, or fewer --messages", 2)


def _until(end: float, seconds: float) -> Callable[[Search], None]:
    def heard(search: Search) -> None:
        if time.perf_counter() > end and not search.stopped:
            search.stopped = f"timeout={seconds:g} s"

    return heard
