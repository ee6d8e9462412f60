"""The states seen, by partitions in files that workers take in turn.

Stands for: "When a search outgrows memory it spills to disk; interrupted, it resumes; `--backend`
runs the partitions on a cluster through the same seam as the proofs"; and "a hash that can lose
states silently is not allowed".
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checkers.explore import Options, explore, partitions, read_setting, spread
from checkers.explore.disk import (
    Disk,
    FolderTrouble,
    Level,
    Stretch,
    joined,
    merged,
    without,
    written,
)
from checkers.explore.explore import chosen
from checkers.explore.packing import Packing
from checkers.explore.partitions import Partitions, merge, placed
from checkers.explore.search import Limits, Search
from checkers.explore.store import Words
from checkers.verdict import Verdict
from tests.test_explore import PUBLISHED, spec_of, wrong_consensus
from tests.test_explore_workers import FORK, searched, told


@pytest.fixture(autouse=True)
def everything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "SMALL", 0)


def words(*numbers: int) -> Words:
    return np.array(numbers, np.uint64)


# ---------------------------------------------------------------- counts


@pytest.mark.parametrize("symmetry", [False, True])
def test_partitions_have_as_many_states_as_published(symmetry: bool) -> None:
    """And as a search in one process has, by depth; each state is in one partition, once."""
    spec = spec_of("two_phase_textbook")
    made = searched(spec, "peers=5", "threading", symmetry, crashes=0)
    assert made.partitions is not None
    if not symmetry:
        assert (made.distinct, made.generated) == PUBLISHED[5]
    assert told(made) == told(searched(spec, "peers=5", "", symmetry, crashes=0))
    held = np.concatenate(made.partitions.all_runs())
    assert len(np.unique(held)) == len(held) == made.distinct == made.partitions.count
    sizes = [sum(map(len, runs)) for runs in made.partitions.runs]
    assert min(sizes) > made.distinct / len(sizes) / 2


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", FORK])
@pytest.mark.parametrize("symmetry", [False, True])
def test_seven_resource_managers(backend: str, symmetry: bool) -> None:
    spec = spec_of("two_phase_textbook")
    made = searched(spec, "peers=7", backend, symmetry, crashes=0)
    if not symmetry:
        assert (made.distinct, made.generated) == PUBLISHED[7]
    assert told(made) == told(searched(spec, "peers=7", "", symmetry, crashes=0))


def tight(counts: list[int], extra: int = 0) -> Packing:
    """Return a packing that is soon full."""
    return Packing([count + 2 for count in counts], extra)


@pytest.mark.parametrize("symmetry", [False, True])
def test_a_wider_packing_moves_no_state_to_another_partition(
    symmetry: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of("two_phase_commit")
    right = told(searched(spec, "peers=2", "", symmetry, crashes=1))
    monkeypatch.setattr(Packing, "roomy", tight)
    repacked: list[Any] = []
    real = partitions.repack

    def heard(*given: Any) -> Stretch:
        repacked.append(given)
        return real(*given)

    monkeypatch.setattr(partitions, "repack", heard)
    made = searched(spec, "peers=2", "threading", symmetry, crashes=1)
    assert told(made) == right
    assert len(repacked) > 10
    assert made.partitions is not None
    for number, runs in enumerate(made.partitions.runs):
        for run in runs:
            held = run.read(made.partitions.folder)
            assert np.all(held[1:] > held[:-1])
            assert set(placed(held, made.packing, made.partitions.ways).tolist()) == {number}


@pytest.mark.parametrize("backend", ["threading", FORK])
@pytest.mark.parametrize("symmetry", [False, True])
def test_a_run_to_what_is_broken_is_as_short(
    backend: str, symmetry: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is found in the levels' files; no second search is made, however many states there are."""
    spec = wrong_consensus()
    setting = read_setting(spec, "peers=3")
    asked: dict[str, Any] = {"crashes": 0, "statements": chosen(spec), "symmetry": symmetry}
    asked["stop"] = False
    here = explore(spec, setting, Options(**asked))
    monkeypatch.setattr(importlib.import_module("checkers.explore.explore"), "KEPT", 1)
    monkeypatch.setattr("checkers.explore.result._again", None)
    there = explore(spec, setting, Options(**asked, jobs=2, backend=backend))
    for one, other in zip(here.asked, there.asked, strict=True):
        assert (one.name, one.verdict, one.reason) == (other.name, other.verdict, other.reason)
        assert (one.run and len(one.run.steps)) == (other.run and len(other.run.steps))
    assert "consistent" in [a.name for a in there.asked if a.verdict is Verdict.REFUTED]


# ---------------------------------------------------------------- files of words


def test_what_is_merged_is_all_there_is_once() -> None:
    r = random.Random(3)
    for _ in range(100):
        sets = [{r.randrange(200) for _ in range(r.randrange(60))} for _ in range(r.randrange(5))]
        arrays = [words(*sorted(s)) for s in sets]
        found = list(merged(arrays, block=r.choice([1, 3, 64, 500])))
        assert [n for block in found for n in block.tolist()] == sorted(set().union(*sets))


@pytest.mark.parametrize("sparse", [1, 10**9])
def test_what_runs_hold_is_left_out(sparse: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a run is read in whole, or looked into here and there."""
    monkeypatch.setattr("checkers.explore.disk.SPARSE", sparse)
    r = random.Random(4)
    for _ in range(200):
        sets = [{r.randrange(300) for _ in range(r.randrange(90))} for _ in range(3)]
        keys, *runs = [words(*sorted(s)) for s in sets]
        left = without(keys, runs, block=r.choice([1, 7, 500]))
        assert left.tolist() == sorted(sets[0] - sets[1] - sets[2])


def test_a_level_in_files_is_cut_as_an_array_is(tmp_path: Path) -> None:
    folder = str(tmp_path)
    arrays = [words(*range(at, at + size)) for at, size in ((0, 5), (50, 0), (90, 7), (200, 1))]
    level = Level(folder, [written(folder, str(i), a) for i, a in enumerate(arrays)])
    whole = np.concatenate(arrays)
    assert len(level) == 13 and np.asarray(level).tolist() == whole.tolist()
    for low in range(15):
        for high in range(low, 15):
            assert level[low:high].tolist() == whole[low:high].tolist()
            assert joined(folder, level.cut(low, high)).tolist() == whole[low:high].tolist()


@pytest.mark.parametrize("bytes_left", [0, 8, 15, 24])
def test_a_file_that_is_not_what_was_written_loses_no_state(
    tmp_path: Path, bytes_left: int
) -> None:
    folder = str(tmp_path)
    held = written(folder, "run", words(1, 2))
    (tmp_path / "run").write_bytes(b"\0" * bytes_left)
    with pytest.raises(FolderTrouble, match=rf"run, on .*it has {bytes_left} bytes of 16"):
        held.read(folder)
    if bytes_left < 16:
        with pytest.raises(FolderTrouble, match="words are missing"):
            Level(folder, [held])[:]


def test_runs_are_few_however_many_levels_there_are(tmp_path: Path) -> None:
    folder, runs = str(tmp_path), list[Stretch]()
    for number in range(300):
        found = written(folder, f"found{number}", words(*range(3 * number, 3 * number + 5)))
        got = merge(folder, f"level{number}", [found], runs)
        assert len(got.fresh) == (3 if number else 5)
        runs = got.runs
        sizes = [len(run) for run in runs]
        assert all(one >= 2 * after for one, after in pairwise(sizes))
    assert sum(map(len, runs)) == 902
    assert len(runs) < 11


def test_a_task_of_partitions_with_nothing_to_add_is_none(tmp_path: Path) -> None:
    held = Disk(tmp_path)
    store = Partitions(held, 4)
    packing = Packing([8, 8])
    first = store.take(words(3, 9, 11), packing)
    assert sorted(first[:].tolist()) == [3, 9, 11]
    assert not len(store.take(words(3, 9), packing))
    assert store.take(words(3, 9, 12), packing)[:].tolist() == [12]
    assert store.count == 4 and store.nbytes == 32
    held.close()


# ---------------------------------------------------------------- tasks done twice


def test_a_task_that_is_done_twice_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a backend that takes a slow worker for a lost one; the later result is the one told."""
    done = {"expand": 0, "merge": 0}

    def twice(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def task(*given: Any) -> Any:
            done[name] += 1
            real(*given)
            return real(*given)

        return task

    monkeypatch.setattr(spread, "expand", twice("expand", spread.expand))
    monkeypatch.setattr(partitions, "merge", twice("merge", partitions.merge))
    made = searched(spec_of("two_phase_textbook"), "peers=4", "threading", crashes=0)
    assert (made.distinct, made.generated) == PUBLISHED[4]
    assert min(done.values()) > made.depth


def test_what_is_done_after_it_was_given_up_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """After each level all tasks there ever were are done again, as stragglers do them."""
    done: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
    results = [0, 0]

    def heard(real: Callable[..., Any]) -> Callable[..., Any]:
        def task(*given: Any) -> Any:
            done.append((real, given))
            return real(*given)

        return task

    def again(search: Search) -> None:
        for real, given in list(done):
            try:
                real(*given)
                results[0] += 1
            except FolderTrouble:  # what it reads is gone, and so is who asked
                results[1] += 1

    monkeypatch.setattr(partitions, "merge", heard(partitions.merge))
    monkeypatch.setattr(spread, "expand", heard(spread.expand))
    spec = spec_of("two_phase_textbook")
    setting = read_setting(spec, "peers=3")
    made = Search(spec, setting.config, setting.bounds, Limits(crashes=0), 2, backend="sequential")
    made.after_level.append(again)
    made.run()
    assert (made.distinct, made.generated) == PUBLISHED[3]
    assert min(results) > made.depth
