"""Workers that are copies of this process: what they share with it, and how they end.

Stands for: all obligations run in parallel; a killed worker is no verdict, and hangs nothing.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from functools import cache
from typing import Any

import pytest
import z3
from joblib import Parallel, delayed, parallel_config

from checkers import workers
from checkers.solving.outside import Outside
from checkers.solving.query import Query
from checkers.solving.smtlib import script
from tests.test_imports import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="copies are for Linux")

LEARNT: dict[str, int] = {}


@pytest.fixture(autouse=True)
def registered() -> None:
    workers.register()


def results(calls: Iterable[Any], jobs: int = 2) -> list[Any]:
    with parallel_config(backend=workers.FORK):
        return list(Parallel(n_jobs=jobs, return_as="generator_unordered")(calls))


def learnt(name: str) -> tuple[int, int]:
    return LEARNT[name], os.getpid()


def test_a_worker_knows_what_was_learnt_before_it_began() -> None:
    LEARNT["n"] = 7
    told = results(delayed(learnt)("n") for _ in range(40))
    assert {n for n, _ in told} == {7}
    assert os.getpid() not in {pid for _, pid in told}
    LEARNT["n"] = 8  # and the next call has other workers
    assert {n for n, _ in results(delayed(learnt)("n") for _ in range(4))} == {8}


def test_what_a_task_raises_is_raised() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        results(delayed(learnt)("nowhere") for _ in range(9))


def test_a_killed_worker_is_told_and_the_next_call_works() -> None:
    with pytest.raises(BrokenProcessPool):
        results(delayed(os.kill)(*_itself()) for _ in range(3))
    assert results([delayed(abs)(-1)]) == [1]


def _itself() -> tuple[Any, int]:
    return _Pid(), signal.SIGKILL


class _Pid:
    """A process id that is looked up where it is used."""

    def __index__(self) -> int:
        return os.getpid()


def test_workers_end_with_their_owner() -> None:
    """An owner that is killed leaves nobody behind."""
    code = (
        "import os, time\n"
        "from joblib import Parallel, delayed, parallel_config\n"
        "from checkers import workers\n"
        "workers.register()\n"
        "def told(n):\n"
        "    os.write(1, b'%d\\n' % os.getpid())\n"  # one write: two print's may mix
        "    time.sleep(60)\n"
        "with parallel_config(backend='fork'):\n"
        "    Parallel(n_jobs=2)(delayed(told)(n) for n in range(2))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        pids = [int(owner.stdout.readline()) for _ in range(2)]
        owner.kill()
        assert eventually(lambda: not any(runs(pid) for pid in pids))


def runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(condition: Callable[[], bool]) -> bool:
    """Wait for a condition, for as long as a test may take."""
    while not condition():
        time.sleep(0.05)
    return True


# ---------------------------------------------------------------- what is not shared


@cache
def outside() -> Outside:
    return Outside(512)


def asked(holds: bool) -> tuple[bool | None, int]:
    x = z3.Int("x")
    goal = x > 0 if holds else x > 1
    query = Query((), (("guard", x > 0),), lambda: ((), ()), goal)
    answer = outside().ask("z3", {}, script(query), 60.0, "z3")
    process = outside()._process
    assert process is not None
    return answer.follows, process.pid


def test_a_copy_asks_no_process_of_its_original() -> None:
    """Two who write to one solver would get each other's answers: a false one might be believed."""
    with closing(outside()) as own:
        assert asked(True)[0] is True
        pid = own._process.pid if own._process is not None else 0
        told = results(delayed(asked)(n % 3 > 0) for n in range(24))
        assert [f for f, _ in told].count(True) == 16
        assert [f for f, _ in told].count(False) == 8
        assert pid not in {other for _, other in told}
        assert asked(False) == (False, pid), "the original goes on with its own"
    outside.cache_clear()


def test_a_copy_that_ends_leaves_the_solver_of_its_original_alone() -> None:
    with closing(outside()):
        _, pid = asked(True)
        copy = multiprocessing.get_context("fork").Process(target=lambda: outside().close())
        copy.start()
        copy.join()
        assert copy.exitcode == 0
        assert asked(True) == (True, pid)
    outside.cache_clear()
