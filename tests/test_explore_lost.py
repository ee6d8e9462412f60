"""What an exploration with workers does where a worker, its folder, or its owner is lost.

Stands for: "When a search outgrows memory it spills to disk; interrupted, it resumes": so that no
state is, and that who searched is told what to do.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from joblib import register_parallel_backend
from joblib.parallel import BACKENDS, ThreadingBackend

from checkers.cli import main
from checkers.explore import CannotExplore, Options, disk, explore, partitions, read_setting, spread
from checkers.explore.disk import (
    Disk,
    FolderTrouble,
    written,
)
from checkers.explore.explore import chosen
from checkers.explore.search import Limits, Search
from checkers.explore.store import Words
from tests.test_explore import PUBLISHED, TEXTBOOK, spec_of, wrong_consensus

COPIES = pytest.mark.skipif(sys.platform != "linux", reason="copies are for Linux")


@pytest.fixture(autouse=True)
def everything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "SMALL", 0)


def words(*numbers: int) -> Words:
    return np.array(numbers, np.uint64)


def options(**more: Any) -> Options:
    return Options(0, jobs=2, **more)


TASKS: dict[str, Callable[..., Any]] = {"expand": spread.expand, "merge": partitions.merge}


@dataclass
class Killed:
    """A task that ends its process at a depth, told by the names of files."""

    task: str
    depth: int

    def __call__(self, *given: Any) -> Any:
        if any(isinstance(g, str) and g.startswith(f"level{self.depth}.") for g in given):
            os.kill(os.getpid(), signal.SIGKILL)
        return TASKS[self.task](*given)


@COPIES
@pytest.mark.parametrize("task", ["expand", "merge"])
def test_where_a_worker_is_killed_the_search_goes_on_from_the_level_before(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, file = spec_of("two_phase_textbook"), tmp_path / "kept"
    setting = read_setting(spec, "peers=4")
    whole = explore(spec, setting, options())
    module: Any = spread if task == "expand" else partitions
    with monkeypatch.context() as patched:
        patched.setattr(module, task, Killed(task, 6))
        with pytest.raises(CannotExplore, match=r"a worker ended(.|\n)*goes on from there"):
            explore(spec, setting, options(backend="fork", resume=file, folder=tmp_path))
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]
    found = explore(spec, setting, options(backend="fork", resume=file))
    assert (found.levels, found.generated, found.rules) == (
        *(whole.levels, whole.generated),
        whole.rules,
    )
    assert not file.exists()


class Gone(Exception):
    """What some backend tells of a lost worker by."""


Gone.__module__ = "somebodys.cluster"


def test_a_worker_that_a_backend_tells_of_in_its_own_way_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_: Any) -> None:
        raise Gone("node7 does not answer")

    spec = spec_of("two_phase_textbook")
    setting = read_setting(spec, "peers=3")
    monkeypatch.setattr(spread, "expand", gone)
    with pytest.raises(CannotExplore, match=r"a worker ended .*Gone: node7 does not answer"):
        explore(spec, setting, options(backend="threading"))

    def mistaken(*_: Any) -> None:
        raise IndexError("ours")

    monkeypatch.setattr(spread, "expand", mistaken)
    with pytest.raises(IndexError):  # what is no loss is not told as one
        explore(spec, setting, options(backend="threading"))


class Idle(ThreadingBackend):  # type: ignore[misc]  # joblib has no types
    """Workers of whom one ends between two calls: the first task of the next is not taken."""

    calls = 0

    def start_call(self) -> None:
        Idle.calls += 1
        super().start_call()

    def submit(self, func: Any, callback: Any = None) -> Any:
        if Idle.calls == 9:
            raise BrokenProcessPool("the process pool is not usable anymore")
        return super().submit(func, callback)

    def apply_async(self, func: Any, callback: Any = None) -> Any:
        return self.submit(func, callback)


def test_a_worker_that_ends_while_it_has_nothing_to_do_is_lost_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is killed between two levels is told of as who is killed in one is."""
    spec, file = spec_of("two_phase_textbook"), tmp_path / "kept"
    setting = read_setting(spec, "peers=4")
    monkeypatch.setattr(Idle, "calls", 0)
    register_parallel_backend("tests", Idle)
    try:
        with pytest.raises(CannotExplore, match=r"a worker ended(.|\n)*goes on from there"):
            explore(spec, setting, options(backend="tests", resume=file, folder=tmp_path))
    finally:
        del BACKENDS["tests"]
    assert Idle.calls == 9
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]
    found = explore(spec, setting, options(resume=file))
    assert (found.distinct, found.generated) == PUBLISHED[4]


@pytest.mark.parametrize("later", ["", "threading"])
@pytest.mark.parametrize("first", ["", "threading"])
def test_whoever_began_anybody_goes_on(first: str, later: str, tmp_path: Path) -> None:
    """With the same counts, and the runs that were there to tell."""
    spec, file = wrong_consensus(), tmp_path / "kept"
    setting = read_setting(spec, "peers=3")
    more: dict[str, Any] = {"stop": False, "statements": chosen(spec)}
    whole = explore(spec, setting, options(**more))
    early = explore(spec, setting, options(**more, backend=first, resume=file, depth=5))
    assert early.depth == 5 and file.exists()
    found = explore(spec, setting, Options(0, jobs=3, **more, backend=later, resume=file))
    assert (found.levels, found.generated, found.cut) == (
        *(whole.levels, whole.generated),
        whole.cut,
    )
    assert [(a.name, a.verdict, a.reason) for a in found.asked] == [
        (a.name, a.verdict, a.reason) for a in whole.asked
    ]


def test_a_search_by_partitions_is_interrupted_again_and_again(tmp_path: Path) -> None:
    spec, file = spec_of("paxos"), tmp_path / "kept"
    setting = read_setting(spec, "peers=2,ballots=1")
    bounds: dict[str, Any] = {"messages": 8, "statements": chosen(spec)}
    whole = explore(spec, setting, options(**bounds))
    turns = 0
    while True:
        turns += 1

        def stop(search: Search) -> None:
            search.after_level.append(lambda s: setattr(s, "interrupted", True))

        asked = options(**bounds, backend="threading", resume=file, on_start=stop)
        found = explore(spec, setting, asked)
        if found.complete:
            break
        assert turns <= whole.depth + 2
    assert turns > 4
    assert (found.levels, found.generated) == (whole.levels, whole.generated)
    assert found.rules == whole.rules
    assert [a.verdict for a in found.asked] == [a.verdict for a in whole.asked]


@pytest.mark.parametrize("how", [KeyboardInterrupt, Gone])
def test_an_interrupt_that_reaches_a_worker_first_is_one(
    how: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key is heard by all processes of a terminal; not all workers bear it."""
    spec, file = spec_of("two_phase_textbook"), tmp_path / "kept"
    setting = read_setting(spec, "peers=3")
    heard: list[Search] = []

    def task(*_: Any) -> None:
        heard[0].interrupted = True
        raise how

    def at_level(search: Search) -> None:
        heard.append(search)
        if search.depth == 4:
            monkeypatch.setattr(spread, "expand", task)

    asked = options(backend="sequential", resume=file)
    asked.on_start = lambda search: search.after_level.append(at_level)
    found = explore(spec, setting, asked)
    assert (found.stopped, found.depth) == ("interrupted", 4)
    monkeypatch.undo()
    assert explore(spec, setting, options(resume=file)).distinct == PUBLISHED[3][0]


@pytest.mark.parametrize("end", ["over", "interrupted", "broken", "wrong"])
def test_the_folder_is_left_as_it_was(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = wrong_consensus() if end == "broken" else spec_of("two_phase_textbook")
    more: dict[str, Any] = {"statements": chosen(spec)}
    seen: list[int] = []

    def at_level(search: Search) -> None:
        seen.append(len(list(tmp_path.glob("oathbound-explore-*/*"))))
        if end == "interrupted":
            search.interrupted = search.depth == 3
        if end == "wrong" and search.depth == 3:
            raise ZeroDivisionError

    more["on_start"] = lambda search: search.after_level.append(at_level)
    asked = options(**more, backend="threading", folder=tmp_path)
    setting = read_setting(spec, "peers=3")
    if end == "wrong":
        with pytest.raises(ZeroDivisionError):
            explore(spec, setting, asked)
    else:
        assert explore(spec, setting, asked).complete is (end == "over")
    assert max(seen) > 2
    assert not list(tmp_path.iterdir())


def test_nobody_adds_to_a_folder_that_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was given up may be at work still."""
    held, tried, real = Disk(tmp_path), [], shutil.rmtree
    written(held.folder, "first", words(1))

    def rmtree(path: str, **more: Any) -> None:
        with pytest.raises(FolderTrouble, match="No such file"):
            written(held.folder, "late", words(2))
        tried.append(path)
        real(path, **more)

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    late = pytest.raises(FolderTrouble, match="No such file")
    with late, disk.writing(held.folder, "open") as write:
        write(words(3))
        held.close()
    assert tried and not list(tmp_path.iterdir())


def test_files_that_nobody_needs_are_removed_level_by_level(tmp_path: Path) -> None:
    spec = spec_of("two_phase_textbook")
    setting = read_setting(spec, "peers=5")
    made = Search(
        *(spec, setting.config, setting.bounds, Limits(crashes=0), 2),
        backend="threading",
        folder=tmp_path,
    )
    made.run()
    assert made.partitions is not None
    files = list(Path(made.partitions.folder).iterdir())
    assert len(files) <= made.partitions.ways * 10
    assert sum(f.stat().st_size for f in files) == 8 * made.distinct
    made.close()
    assert not list(tmp_path.iterdir())


def test_a_copy_of_the_process_removes_nothing(tmp_path: Path) -> None:
    held = Disk(tmp_path)
    held.keep(words(1))
    disk._remove(held.folder, os.getpid() + 1)
    assert len(list(tmp_path.iterdir())) == 1
    held.close()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_a_worker_does_not_see_is_told(tmp_path: Path) -> None:
    """What was done by then cannot be kept: it was there."""
    spec = spec_of("two_phase_textbook")

    def away(search: Search) -> None:
        if search.depth == 4:
            assert search.partitions is not None
            shutil.rmtree(search.partitions.folder)

    asked = options(backend="threading", folder=tmp_path, resume=tmp_path / "kept")
    asked.on_start = lambda search: search.after_level.append(away)
    with pytest.raises(CannotExplore) as error:
        explore(spec, read_setting(spec, "peers=3"), asked)
    text = str(error.value)
    assert "states cannot be kept in a folder: " in text and "on " in text
    assert "No such file" in text and "fix: give --folder one with room" in text
    assert "keeps what is done" not in text
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_full_is_told_and_the_search_goes_on_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, file = spec_of("two_phase_textbook"), tmp_path / "kept"
    setting = read_setting(spec, "peers=4")
    whole = explore(spec, setting, options())
    real = disk.writing

    @contextmanager
    def full(folder: str, name: str) -> Iterator[Any]:
        with real(folder, name) as write:
            if name.startswith("level6."):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            yield write

    with monkeypatch.context() as patched:
        patched.setattr(partitions, "writing", full)
        with pytest.raises(CannotExplore, match=r"No space left(.|\n)*goes on from there"):
            explore(spec, setting, options(backend="threading", resume=file))
    found = explore(spec, setting, options(resume=file))
    assert (found.levels, found.generated) == (whole.levels, whole.generated)


def test_a_disk_that_is_full_in_the_middle_of_a_level_loses_no_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of threads with `--memory`, too: of the level that was begun nothing counts."""
    from checkers.explore import search as module

    monkeypatch.setattr(module, "CHUNK", 100)
    spec, file = spec_of("two_phase_textbook"), tmp_path / "kept"
    setting = read_setting(spec, "peers=5")
    real, kept = Disk.keep, []

    def full(where: Disk, states: Words) -> Words:
        kept.append(states)
        if len(kept) == 30:
            raise FolderTrouble("full")
        return real(where, states)

    with monkeypatch.context() as patched:
        patched.setattr(Disk, "keep", full)
        with pytest.raises(CannotExplore, match=r"full(.|\n)*"):
            explore(spec, setting, Options(0, memory=1, resume=file))
    found = explore(spec, setting, Options(0, resume=file))
    assert (found.distinct, found.generated) == PUBLISHED[5]


def test_what_was_not_asked_of_a_level_is_not_kept_as_asked(tmp_path: Path) -> None:
    """Where its files cannot be read by the owner, that asks."""
    spec, file = wrong_consensus(), tmp_path / "kept"

    def unreadable(search: Search) -> None:
        if search.depth == 3:
            raise FolderTrouble("gone for a while")

    asked = options(backend="threading", resume=file, statements=chosen(spec), stop=False)
    asked.on_start = lambda search: search.after_level.insert(0, unreadable)
    with pytest.raises(CannotExplore, match="gone for a while"):
        explore(spec, read_setting(spec, "peers=3"), asked)
    assert not file.exists()


# ---------------------------------------------------------------- the command


def test_the_command_says_where_files_are(tmp_path: Path) -> None:
    command = ["explore", TEXTBOOK, "--scope", "peers=3", "--crashes", "0", "--jobs", "2"]
    command += ["--backend", "threading"]
    found = CliRunner().invoke(main, [*command, "--folder", str(tmp_path)])
    assert found.exit_code == 0, found.output
    assert "288" in found.output and not list(tmp_path.iterdir())
    wrong = CliRunner().invoke(main, [*command, "--folder", str(tmp_path / "nowhere")])
    assert wrong.exit_code == 2
    assert "there is no such folder\n  fix: make it, where all workers see it" in wrong.output
    (tmp_path / "file").write_text("")
    wrong = CliRunner().invoke(main, [*command, "--folder", str(tmp_path / "file")])
    assert wrong.exit_code == 2 and "it is no folder" in wrong.output
    wrong = CliRunner().invoke(main, [*command, "--memory", "5"])
    assert wrong.exit_code == 2
    assert "--memory 5: with --backend all states seen are in files" in wrong.output


def test_a_folder_that_may_not_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> str:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(tmp_path))

    monkeypatch.setattr("tempfile.mkdtemp", refused)
    spec = spec_of("two_phase_textbook")
    with pytest.raises(
        CannotExplore, match=rf"{tmp_path}, on .*Permission denied\n  fix: give --f"
    ):
        explore(spec, read_setting(spec, "peers=2"), options(backend="threading", folder=tmp_path))
