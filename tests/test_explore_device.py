"""A search whose arrays are of another library than NumPy, as on a device.

Stands for: "Where a GPU is at hand the same kernels run there (through an array library with the
same interface); without one everything works and is tested". The library here is array-api-strict
with a device of its own (`on_device`): it refuses whatever the array API standard does not have,
and whatever takes an array of a device for one of NumPy. No test needs a device, and none has been
run on one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from checkers.cli import main
from checkers.explore import Options, explore, read_setting, search
from checkers.explore.device import NoDevice, Sorted, library
from checkers.explore.explore import chosen
from checkers.explore.ghosts import spoken_of
from checkers.explore.search import Interrupted, Limits, Search
from checkers.verdict import Verdict
from model.arrays.library import count, counts, either, host, places
from model.lang.spec import drop_clause
from tests.on_device import away
from tests.test_explore import PUBLISHED, TEXTBOOK, drop_all_updates_to, spec_of
from tests.test_explore_workers import denied, told


def searched(name: str, scope: str, xp: Any, symmetry: bool = False, **limits: Any) -> Search:
    spec = spec_of(name)
    setting = read_setting(spec, scope)
    ghosts = spoken_of(spec, spec.of_kind("safety"))
    made = Search(
        *(spec, setting.config, setting.bounds, Limits(**limits), 1, ghosts, symmetry), xp=xp
    )
    made.run()
    return made


@pytest.mark.parametrize("managers", [3, 5])
def test_another_library_counts_what_is_published(
    managers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "DEVICE_CHUNK", 300)
    made = searched("two_phase_textbook", f"peers={managers}", away, crashes=0)
    assert (made.distinct, made.generated) == PUBLISHED[managers]
    assert isinstance(made.store, Sorted)
    assert made.store.nbytes == 8 * made.distinct


@pytest.mark.parametrize(
    ("name", "scope", "limits"),
    [
        ("paxos", "peers=2,ballots=1", {"crashes": 1, "messages": 7}),
        ("two_phase_commit", "peers=2", {"crashes": 1}),
        ("tutorial_lock", "peers=2,tickets=2", {"crashes": 1}),
        ("order", "radiants=1,terms=1", {"crashes": 0, "messages": 4}),
        ("two_phase_textbook", "peers=4", {"crashes": 0, "symmetry": True}),
    ],
)
def test_another_library_counts_what_numpy_counts(
    name: str, scope: str, limits: dict[str, Any]
) -> None:
    """Crashes, messages, ghosts, cuts, kinds of steps, states without a way on."""
    made = searched(name, scope, away, **limits)
    assert made.rows.kernels.xp is away, "guards and updates are computed there as well"
    assert told(made) == told(searched(name, scope, np, **limits))


def test_what_is_broken_is_found_by_another_library() -> None:
    """Statements of states; of steps; and of steps that read whole states."""
    textbook = drop_clause(spec_of("two_phase_textbook"), "decide", 2)
    order = drop_all_updates_to(spec_of("order"), "beacon")
    stated = order.statements | {"S9": denied(order.statements["S9"])}
    order = replace(order, statements=stated)
    steps = [stated["S3"], stated["S8"], stated["S9"]]
    states = textbook.of_kind("safety")
    cases = [(textbook, "peers=2", None, states), (order, "radiants=1", 2, steps)]
    for spec, scope, messages, asked in cases:
        options = Options(0, messages, statements=asked, stop=False, library=away)
        found = explore(spec, read_setting(spec, scope), options)
        broken = {a.name: a.run for a in found.asked if a.verdict is Verdict.REFUTED}
        assert set(broken) == ({"consistent"} if spec is textbook else {"S3", "S9"})
        assert all(run is not None and run.steps for run in broken.values())


def test_a_search_on_a_device_is_interrupted_and_goes_on(tmp_path: Path) -> None:
    """What it has seen comes back from the device into the file, and goes there again."""
    spec = spec_of("paxos")
    setting = read_setting(spec, "peers=2,ballots=1")
    statements, file = chosen(spec), tmp_path / "kept"
    whole = explore(spec, setting, Options(0, 7, statements=statements))
    for depth in (3, 5, None):
        options = Options(0, 7, depth, statements=statements, resume=file, library=away)
        found = explore(spec, setting, options)
    assert found.levels == whole.levels
    assert found.generated == whole.generated
    assert [a.verdict for a in found.asked] == [a.verdict for a in whole.asked]


def test_of_an_interrupted_level_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "DEVICE_CHUNK", 50)
    spec = spec_of("two_phase_textbook")
    setting = read_setting(spec, "peers=4")
    made = Search(spec, setting.config, setting.bounds, Limits(crashes=0), xp=away)
    made.after_level.append(lambda s: setattr(s, "interrupted", s.depth == 6))
    with pytest.raises(Interrupted):
        made.run()
    assert made.store.count == made.distinct


def test_states_are_merged_and_none_is_lost_or_told_twice() -> None:
    rng = np.random.default_rng(3)
    held = Sorted(away)
    seen: set[int] = set()
    for size in (0, 1, 7, 400, 300, 400):
        keys = rng.integers(0, 900, size, np.uint64)
        fresh = [key for found in held.add(keys) for key in found.tolist()]
        assert len(fresh) == len(set(fresh))
        assert set(fresh) == set(keys.tolist()) - seen
        seen |= set(fresh)
        assert held.keys().tolist() == sorted(seen)
    assert held.count == len(seen)


def test_the_library_refuses_what_a_device_would() -> None:
    """What the standard lacks, NumPy's own scalars, and NumPy's reading of its arrays."""
    column = away.asarray(np.arange(3))
    faults: list[Callable[[], Any]] = [
        lambda: column.astype(np.int64),
        lambda: np.where(column == 1, 2, 3),
        lambda: np.int64(1) << column,
        lambda: column + np.arange(3),
        lambda: np.arange(3)[column],
        lambda: away.bincount(column),
    ]
    for fault in faults:
        with pytest.raises((TypeError, AttributeError, RuntimeError)):
            fault()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 64, 101])
def test_what_the_standard_lacks_is_as_numpy_has_it(size: int) -> None:
    numbers = np.random.default_rng(size).integers(0, 5, size)
    bits = np.uint64(1) << numbers.astype(np.uint64) * np.uint64(15)
    there = away.asarray(bits)
    assert either(away, there) == either(np, bits) == int(np.bitwise_or.reduce(bits))
    assert counts(away, away.asarray(numbers)) == counts(np, numbers)
    assert count(away, there == 1) == count(np, bits == 1) == int((bits == 1).sum())
    assert host(places(away, there == 1)).tolist() == np.flatnonzero(bits == 1).tolist()


def test_without_a_device_the_command_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    command = ["explore", TEXTBOOK, "--scope", "peers=3", "--crashes", "0", "--device"]
    told_ = CliRunner().invoke(main, [*command, "gpu"])
    assert told_.exit_code == 2
    assert "error: --device gpu: no library for its arrays (" in told_.output
    assert "fix: pip install 'oathbound[gpu]'" in told_.output
    assert CliRunner().invoke(main, [*command, "cpu"]).exit_code == 0
    for more in (["--backend", "loky"], ["--memory", "9"]):
        told_ = CliRunner().invoke(main, [*command, "gpu", *more])
        assert told_.exit_code == 2
        assert f"error: {' '.join(more)}: --device gpu searches alone" in told_.output


def test_a_driver_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """CuPy may be there, and no device that it can use."""

    class Runtime:
        @staticmethod
        def getDeviceCount() -> int:  # as CuPy has it
            raise RuntimeError("no CUDA-capable device is detected")

    class Cupy:
        class cuda:
            runtime = Runtime

    for name in ("array_api_compat", "array_api_compat.cupy", "cupy"):
        monkeypatch.setitem(sys.modules, name, Cupy)
    monkeypatch.setattr(Cupy, "cupy", Cupy, raising=False)
    with pytest.raises(NoDevice, match=r"there is none that CuPy can use \(no CUDA-capable"):
        library("gpu")
    assert library("cpu") is np
